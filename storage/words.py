"""The words that leads are found by: of the person's names and addresses, and of all messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from leads.model import Message, PointKind
from storage.codec import fold

MOST = 500  # words of one text
LONGEST = 64  # letters of one word
BACKWARDS = "~"  # stands before a phone's digits, the last one first: so its end is the start of a word
_WHOLE = re.compile(r"[^\W_]+(?:[@._+-][^\W_]+)*")
_JOINED = re.compile(r"[@._+-]")
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
# Country codes of one and of two digits (ITU-T E.164); all others have three.
_COUNTRY = re.compile(r"^([17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})")


def wholes(text: str) -> list[str]:
    """What stands between spaces; an ideograph is a word of its own."""
    return _WHOLE.findall(_IDEOGRAPH.sub(r" \g<0> ", fold(text)))


def words(text: str) -> Iterator[str]:
    """Each part begins one, for beginnings are looked for: olga@example.org, example.org, org."""
    for whole in wholes(text):
        yield whole[:LONGEST]
        if not whole.isalnum():
            yield from (whole[joint.end() :][:LONGEST] for joint in _JOINED.finditer(whole))


def of_name(kind: str, value: str) -> set[str]:
    """Of a point of this kind, or of a name that is none. A phone is found with and without its country."""
    if kind != PointKind.PHONE:
        return set(islice(words(value), MOST))
    digits = value.removeprefix("+")
    return {digits, _COUNTRY.sub("", digits), BACKWARDS + digits[::-1]}


def of_message(row: Message) -> set[str]:
    text = " ".join([row.text, *row.former, *(str(value) for value in row.fields.values())])
    return set(islice(words(text), MOST))

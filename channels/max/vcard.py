"""Reads the card of a shared contact, and whether MAX vouches that its phone is the sender's own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.kit.verify import hmac_sha256, same

# A property's name, its parameters, its value; "item1.TEL" is a TEL too.
_LINE = re.compile(r"(?:[\w-]+\.)?(TEL|FN)(?:;[^:]*)?:(.*)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\,;:])")


@dataclass(frozen=True, slots=True)
class Card:
    """The first phone and the full name."""

    phone: str = ""
    name: str = ""


def read_card(vcard: str) -> Card:
    """RFC 6350 as far as a phone and a name go; folded lines are put together."""
    found: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]", "", _lines(vcard).replace("\r\n", "\n")).split("\n"):
        if fits := _LINE.fullmatch(line.strip()):
            found.setdefault(fits[1].upper(), _ESCAPED.sub(r"\1", fits[2]).strip())
    return Card(found.get("TEL", "").removeprefix("tel:"), found.get("FN", ""))


def is_vouched(vcard: str, proof: str, token: str) -> bool:
    """Whether `proof` is the HMAC of the card with the bot's token.

    MAX documents no formula. This one is what integrators report; only who knows the token can make a proof
    that fits, so were it another formula, no phone would count as the sender's own, and none wrongly.
    """
    return bool(vcard) and same(proof.lower(), hmac_sha256(token, _lines(vcard)).hex())


def _lines(vcard: str) -> str:
    """Some clients write line ends as backslash and letter."""
    return vcard.replace("\\r\\n", "\r\n").replace("\\n", "\n") if "\n" not in vcard else vcard

"""The words that leads are found by: of the person's names and addresses, and of all messages.

They are written together with what they stand in. What was edited is found by its former words too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from leads.model import Contact, ContactPoint, Identity, Lead, Message, PointKind
from storage.codec import fold, unpack
from storage.database import Database, Tx, marks
from storage.many import Statement
from storage.reads import some

MOST = 500  # words of one text
LONGEST = 64  # letters of one word
BACKWARDS = "~"  # stands before a phone's digits, the last one first: so its end is the start of a word
_WHOLE = re.compile(r"[^\W_]+(?:[@._+'-][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
# Country codes of one and of two digits (ITU-T E.164); all others have three.
_COUNTRY = re.compile(r"^([17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})")
_OF_LEADS = Statement(
    """
INSERT INTO lead_word (lead_id, word) SELECT n_lead, n_word FROM {given}
WHERE true ON CONFLICT DO NOTHING""",
    {"n_lead": "bigint", "n_word": "text"},
)
_OF_PEOPLE = Statement(
    """
INSERT INTO lead_word (lead_id, word) SELECT l.id, n_word FROM {given} JOIN lead l ON l.contact_id = n_contact
WHERE true ON CONFLICT DO NOTHING""",
    {"n_contact": "bigint", "n_word": "text"},
)
_KNOWN = """
SELECT id AS contact_id, '' AS kind, name AS value FROM contact WHERE id IN ({ids})
UNION ALL SELECT contact_id, '', name || ' ' || username FROM identity WHERE contact_id IN ({ids})
UNION ALL SELECT contact_id, kind, value FROM contact_point WHERE contact_id IN ({ids})"""
_WORDLESS = "SELECT CAST(value AS BIGINT) AS last FROM meta WHERE name = 'wordless'"
_LEADS = "SELECT id, contact_id FROM lead WHERE id > $1 AND id <= $2"
_GONE_TO = "UPDATE meta SET value = $1 WHERE name = 'wordless'"
_ALL_GONE = "DELETE FROM meta WHERE name = 'wordless'"
Word = tuple[int, str]  # and whose it is


def wholes(text: str) -> list[str]:
    """What stands between spaces; an ideograph is a word of its own."""
    return _WHOLE.findall(_IDEOGRAPH.sub(r" \g<0> ", fold(text)))


def words(text: str) -> Iterator[str]:
    """An address as a whole and in parts: olga@example.org, example.org, olga, example, org."""
    for whole in wholes(text):
        yield whole[:LONGEST]
        if not whole.isalnum():
            yield from (part[:LONGEST] for part in _PART.findall(whole))
            yield whole.partition("@")[2][:LONGEST] or whole[:LONGEST]


def phone_words(value: str) -> list[str]:
    """With and without the country, and backwards."""
    digits = value.removeprefix("+")
    return [digits, _COUNTRY.sub("", digits), BACKWARDS + digits[::-1]]


async def write(db: Database, tx: Tx, new: Sequence[Any], changed: Sequence[Any]) -> None:
    """After these rows of the domain were written."""
    people = [word for row in (*new, *changed) for word in _of_person(row)]
    told = [row for row in new if isinstance(row, Message)]
    told += [row for row in changed if isinstance(row, Message) and row.edited_at]
    returning = {row.contact_id for row in new if isinstance(row, Lead)}
    returning -= {row.id for row in new if isinstance(row, Contact)}
    await _put(db, tx, [*people, *await _known(db, tx, returning)], told)


async def _put(db: Database, tx: Tx, people: Iterable[Word], told: Iterable[Message]) -> None:
    await _OF_PEOPLE.run(db, tx, sorted(set(people)))
    await _OF_LEADS.run(db, tx, sorted({(row.lead_id, word) for row in told for word in _said(row)}))


def _of_person(row: Any) -> list[Word]:
    if isinstance(row, Contact):
        return _named(row.id, "", row.name)
    if isinstance(row, Identity):
        return _named(row.contact_id, "", f"{row.name} {row.username}")
    if isinstance(row, ContactPoint):
        return _named(row.contact_id, row.kind, row.value)
    return []


def _named(contact_id: int, kind: str, value: str) -> list[Word]:
    found = phone_words(value) if kind == PointKind.PHONE else islice(words(value), MOST)
    return [(contact_id, word) for word in found]


def _said(row: Message) -> Iterator[str]:
    return islice(words(" ".join([row.text, *(str(value) for value in row.fields.values())])), MOST)


async def _known(db: Database, tx: Tx | None, contacts: Iterable[int]) -> list[Word]:
    """Words of people who are stored already."""
    ids = sorted(contacts)
    found = await db.rows(marks(_KNOWN, 1, len(ids)), *ids, tx=tx) if ids else []
    return [word for row in found for word in _named(row["contact_id"], row["kind"], unpack(row["value"]))]


async def give(db: Database, limit: int) -> bool:
    """Words to `limit` of the leads that were stored before there were any; False when all have theirs."""
    row = await db.one(_WORDLESS)
    if row is None:
        return False
    first = max(row["last"] - limit, 0)
    leads = await db.rows(_LEADS, first, row["last"])
    told = await some(db, Message, lead_id__in=[lead["id"] for lead in leads])
    people = await _known(db, None, {lead["contact_id"] for lead in leads})

    async def put(tx: Tx) -> None:
        await _put(db, tx, people, told)
        await (db.rows(_GONE_TO, str(first), tx=tx) if first else db.rows(_ALL_GONE, tx=tx))

    await db.run(put)
    return True

"""Leads in lists: whose they are, and which ones hold certain words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from leads.model import Contact, ContactPoint, Lead, Manager, Message
from leads.ports import LeadLine
from storage.codec import fold, pack
from storage.database import Database, marks
from storage.reads import by_ids, some

PREVIEW = 200
WORDS = 5  # looked for at most
_OPEN = """
SELECT id FROM lead WHERE state IN ('waiting', 'assigned', 'active'){whose}
ORDER BY unanswered_since IS NULL, unanswered_since, opened_at, id
LIMIT $1 OFFSET $2"""
_NEWEST = """
SELECT (
    SELECT m.id FROM message m WHERE m.lead_id = l.id AND m.direction = 'in' ORDER BY m.id DESC LIMIT 1) AS id
FROM lead l WHERE l.id IN ({ids})"""
_FIND = "SELECT l.id FROM lead l WHERE {held} ORDER BY l.id DESC LIMIT $1"
_HOLDS = r"""(
    l.id = ${number}
    OR EXISTS (SELECT 1 FROM contact c WHERE c.id = l.contact_id AND c.search LIKE ${text} ESCAPE '\')
    OR EXISTS (SELECT 1 FROM identity i WHERE i.contact_id = l.contact_id
               AND i.search LIKE ${text} ESCAPE '\')
    OR EXISTS (SELECT 1 FROM contact_point p WHERE p.contact_id = l.contact_id
               AND (p.value LIKE ${text} ESCAPE '\' OR (p.kind = 'phone' AND p.value LIKE ${phone})))
    OR EXISTS (SELECT 1 FROM message m WHERE m.lead_id = l.id AND m.search LIKE ${text} ESCAPE '\'))"""


async def open_leads(
    db: Database, manager_id: int | None, limit: int, offset: int = 0
) -> tuple[LeadLine, ...]:
    """Longest unanswered first; None: everybody's."""
    whose = "" if manager_id is None else " AND manager_id = $3"
    args = [] if manager_id is None else [manager_id]
    found = await db.rows(_OPEN.replace("{whose}", whose), limit, offset, *args)
    return await _lines(db, [row["id"] for row in found])


async def find_leads(db: Database, words: str, limit: int) -> tuple[LeadLine, ...]:
    """Leads that hold every one of the words, newest first."""
    asked = _asked(words)
    if not asked:
        return ()
    held: list[str] = []
    args: list[int | str] = []
    for word in asked:
        at = len(args) + 2
        held.append(
            _HOLDS.replace("{number}", str(at)).replace("{text}", str(at + 1)).replace("{phone}", str(at + 2))
        )
        args += [_number(word), _like(word), _phone(word)]
    found = await db.rows(_FIND.replace("{held}", " AND ".join(held)), limit, *args)
    return await _lines(db, [row["id"] for row in found])


def _asked(words: str) -> list[str]:
    """Single words; a phone is one, however it is spaced."""
    text = fold(words).strip()
    if re.fullmatch(r"[+\d][\d\s().\-/]{4,}", text):
        return [re.sub(r"\s", "", text)]
    return text.split()[:WORDS]


def _number(word: str) -> int:
    """A lead's number, or one that no lead has."""
    digits = word.removeprefix("#").removeprefix("№").removeprefix("no")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _like(word: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", word)
    return f"%{pack(escaped)}%"


def _phone(word: str) -> str:
    """A pattern of its digits without the prefix dialled at home; empty, matching nothing, else."""
    digits = re.sub(r"[+().\-/]", "", word)
    if not (digits.isascii() and digits.isdigit() and len(digits) >= 4):
        return ""
    inside = digits.lstrip("0")
    return f"%{inside[1:] if len(inside) == 11 and inside[0] == '8' else inside}%"


async def _lines(db: Database, ids: Sequence[int]) -> tuple[LeadLine, ...]:
    if not ids:
        return ()
    leads = await by_ids(db, Lead, ids)
    contacts = await by_ids(db, Contact, [lead.contact_id for lead in leads.values()])
    owners = await by_ids(db, Manager, [lead.manager_id for lead in leads.values()])
    newest = await db.rows(marks(_NEWEST, 1, len(ids)), *ids)
    messages = await by_ids(db, Message, [row["id"] for row in newest])
    previews = {one.lead_id: one.text[:PREVIEW] for one in messages.values()}
    names = await _names(db, list(contacts.values()))
    return tuple(
        LeadLine(
            lead=leads[lead_id],
            name=names.get(leads[lead_id].contact_id, ""),
            preview=previews.get(lead_id, ""),
            manager_name=owners[owner].name if (owner := leads[lead_id].manager_id) else "",
        )
        for lead_id in ids
        if lead_id in leads
    )


async def _names(db: Database, contacts: Sequence[Contact]) -> dict[int, str]:
    """A contact's name, else an e-mail or phone of it."""
    names = {contact.id: contact.name for contact in contacts}
    nameless = [contact_id for contact_id, name in names.items() if not name]
    if nameless:
        points = await some(db, ContactPoint, "-id", contact_id__in=nameless)
        names |= {point.contact_id: point.value for point in points}
    return names

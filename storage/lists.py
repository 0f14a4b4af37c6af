"""Leads in lists: whose they are, and which ones hold certain words."""

from __future__ import annotations

from collections.abc import Sequence

from leads.model import Contact, ContactPoint, Lead, Manager, Message
from leads.ports import LeadLine
from storage import finding
from storage.database import Database, marks
from storage.reads import by_ids, some

PREVIEW = 200
_OPEN = """
SELECT id FROM lead WHERE state IN ('waiting', 'assigned', 'active'){whose}
ORDER BY unanswered_since IS NULL, unanswered_since, opened_at, id
LIMIT $1 OFFSET $2"""
_NEWEST = """
SELECT (
    SELECT m.id FROM message m WHERE m.lead_id = l.id AND m.direction = 'in' ORDER BY m.id DESC LIMIT 1) AS id
FROM lead l WHERE l.id IN ({ids})"""


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
    return await _lines(db, await finding.find(db, words, limit))


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

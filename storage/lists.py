"""Leads in lists: whose they are, and which ones hold certain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leads.model import Lead
from leads.ports import LeadLine
from storage import finding
from storage.codec import unpack
from storage.database import Database, marks
from storage.mapping import to_row

PREVIEW = 200
_OPEN = """
SELECT id FROM lead WHERE state IN ('waiting', 'assigned', 'active'){whose}
ORDER BY unanswered_since IS NULL, unanswered_since, opened_at, id
LIMIT $1 OFFSET $2"""
_LINES = """
SELECT l.*, c.name AS contact_name, m.name AS manager_name,
    (SELECT p.value FROM contact_point p WHERE p.contact_id = c.id ORDER BY p.id LIMIT 1) AS point,
    (SELECT i.text FROM message i WHERE i.lead_id = l.id AND i.direction = 'in'
     ORDER BY i.id DESC LIMIT 1) AS said
FROM lead l JOIN contact c ON c.id = l.contact_id LEFT JOIN manager m ON m.id = l.manager_id
WHERE l.id IN ({ids})"""


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
    found = await db.rows(marks(_LINES, 1, len(ids)), *ids) if ids else []
    lines = {row["id"]: _line(row) for row in found}
    return tuple(lines[lead_id] for lead_id in ids if lead_id in lines)


def _line(row: Mapping[str, Any]) -> LeadLine:
    """A contact without a name has that of an e-mail or phone."""
    return LeadLine(
        lead=to_row(Lead, row),
        name=unpack(row["contact_name"] or row["point"] or ""),
        preview=unpack(row["said"] or "")[:PREVIEW],
        manager_name=unpack(row["manager_name"] or ""),
    )

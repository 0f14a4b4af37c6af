"""Words of leads are written together with what they stand in; see `words.py`.

What was edited is found by its former words too, what was wiped is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from leads.model import Contact, ContactPoint, Identity, Lead, Message
from storage.codec import unpack
from storage.database import Database, Tx, marks
from storage.mapping import to_row
from storage.reads import some
from storage.words import of_message, of_name

_ONE = "INSERT INTO lead_word (lead_id, word) VALUES (?, ?) ON CONFLICT DO NOTHING"
_OF_NEW = "INSERT INTO lead_word (lead_id, word) SELECT * FROM unnest($1::bigint[], $2::text[])"
_OF_KNOWN = _OF_NEW + " ON CONFLICT DO NOTHING"
_KNOWN = """
SELECT id AS contact_id, '' AS kind, name AS value FROM contact WHERE id IN ({ids})
UNION ALL SELECT contact_id, '', name || ' ' || username FROM identity WHERE contact_id IN ({ids})
UNION ALL SELECT contact_id, kind, value FROM contact_point WHERE contact_id IN ({ids})"""
_LEADS_OF = "SELECT contact_id, id FROM lead WHERE contact_id IN ({ids})"
_UNLEARN = "DELETE FROM lead_word WHERE lead_id = $1"
_OF_LEAD = "SELECT contact_id FROM lead WHERE id = $1"
_SAID = "SELECT * FROM message WHERE lead_id = $1"
_WORDLESS = "SELECT CAST(value AS BIGINT) AS last FROM meta WHERE name = 'wordless'"
_LEADS = "SELECT id, contact_id FROM lead WHERE id > $1 AND id <= $2"
_GONE_TO = "UPDATE meta SET value = $1 WHERE name = 'wordless'"
_ALL_GONE = "DELETE FROM meta WHERE name = 'wordless'"
People = dict[int, set[str]]  # words of contacts


async def write(db: Database, tx: Tx, new: Sequence[Any], changed: Sequence[Any]) -> None:
    """After these rows of the domain were written."""
    opened = [row for row in new if isinstance(row, Lead)]
    strangers = {row.id for row in new if isinstance(row, Contact)}
    returning = {lead.contact_id for lead in opened} - strangers
    people = await _known(db, tx, returning)
    for row in (*new, *changed):
        _learn(people, row)
    for row in changed:
        if isinstance(row, Message) and row.deleted_at and not row.text:
            await _forget(db, tx, row.lead_id)
    told = [row for row in new if isinstance(row, Message)]
    told += [row for row in changed if isinstance(row, Message) and row.edited_at]
    leads = [(lead.contact_id, lead.id) for lead in opened if lead.contact_id in strangers]
    leads += await _leads_of(db, tx, people.keys() - strangers)
    await _insert(db, tx, _held(people, leads, told), new={lead.id for lead in opened})


async def _forget(db: Database, tx: Tx, lead_id: int) -> None:
    """A text was wiped: the lead is found by what is left, the messages of this transaction included."""
    await db.rows(_UNLEARN, lead_id, tx=tx)
    lead = [(row["contact_id"], lead_id) for row in await db.rows(_OF_LEAD, lead_id, tx=tx)]
    people = await _known(db, tx, {contact_id for contact_id, _ in lead})
    left = [to_row(Message, row) for row in await db.rows(_SAID, lead_id, tx=tx)]
    await _insert(db, tx, _held(people, lead, left))


def _learn(people: People, row: Any) -> None:
    if isinstance(row, Contact):
        people.setdefault(row.id, set()).update(of_name("", row.name))
    elif isinstance(row, Identity):
        people.setdefault(row.contact_id, set()).update(of_name("", f"{row.name} {row.username}"))
    elif isinstance(row, ContactPoint):
        people.setdefault(row.contact_id, set()).update(of_name(row.kind, row.value))


async def _known(db: Database, tx: Tx | None, contacts: Collection[int]) -> People:
    """What is stored of them."""
    people: People = {}
    for row in await _among(db, tx, _KNOWN, contacts):
        found = of_name(row["kind"], unpack(row["value"]))
        people.setdefault(row["contact_id"], set()).update(found)
    return people


async def _leads_of(db: Database, tx: Tx | None, contacts: Collection[int]) -> list[tuple[int, int]]:
    return [(row["contact_id"], row["id"]) for row in await _among(db, tx, _LEADS_OF, contacts)]


async def _among(db: Database, tx: Tx | None, sql: str, ids: Collection[int]) -> list[dict[str, Any]]:
    return await db.rows(marks(sql, 1, len(ids)), *sorted(ids), tx=tx) if ids else []


def _held(people: People, leads: Iterable[tuple[int, int]], told: Iterable[Message]) -> set[tuple[int, str]]:
    held = {(lead_id, word) for contact_id, lead_id in leads for word in people.get(contact_id, ())}
    return held | {(row.lead_id, word) for row in told for word in of_message(row)}


async def _insert(db: Database, tx: Tx, held: Collection[tuple[int, str]], new: Collection[int] = ()) -> None:
    """Leads that are `new` hold none yet: PostgreSQL need not look for what is there."""
    rows = sorted(held)
    if db.sqlite:
        if rows:
            await tx.execute_many(_ONE, list(map(list, rows)))
        return
    of_new, of_known = [row for row in rows if row[0] in new], [row for row in rows if row[0] not in new]
    for sql, mine in ((_OF_NEW, of_new), (_OF_KNOWN, of_known)):
        if mine:
            await db.rows(sql, *map(list, zip(*mine, strict=True)), tx=tx)


async def give(db: Database, limit: int) -> bool:
    """Words to `limit` of the leads that were stored before there were any; False when all have theirs."""
    row = await db.one(_WORDLESS)
    if row is None:
        return False
    first = max(row["last"] - limit, 0)
    found = await db.rows(_LEADS, first, row["last"])
    leads = [(lead["contact_id"], lead["id"]) for lead in found]
    told = await some(db, Message, lead_id__in=[lead["id"] for lead in found])
    people = await _known(db, None, {lead["contact_id"] for lead in found})

    async def put(tx: Tx) -> None:
        await _insert(db, tx, _held(people, leads, told))
        await (db.rows(_GONE_TO, str(first), tx=tx) if first else db.rows(_ALL_GONE, tx=tx))

    await db.run(put)
    return True

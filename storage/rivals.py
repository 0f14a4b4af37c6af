"""Two decisions about one person, made at once by two processes: the second one must have seen the first."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from leads.changes import Changes
from leads.errors import Conflict
from leads.model import ContactPoint
from storage.database import Database, Tx
from storage.many import Statement

# Until the commit, and in one order, so that no two transactions wait for each other. These are locks of a
# transaction, which poolers keep; a lock of a session would not do.
_HOLD = (
    "SELECT pg_advisory_xact_lock(k) FROM (SELECT k FROM unnest($1::bigint[]) AS w (k) ORDER BY k) AS sorted"
)
_NEWEST = Statement(
    """SELECT n_of, (SELECT p.contact_id FROM contact_point p WHERE p.kind = n_kind AND p.value = n_value
    ORDER BY p.id DESC LIMIT 1) AS contact_id FROM {given}""",
    {"n_of": "bigint", "n_kind": "text", "n_value": "text"},
)


async def check(db: Database, tx: Tx, batch: Sequence[Changes]) -> None:
    """Raise `Conflict` when somebody unknown to a decision has one of its new phones or e-mails by now."""
    asked = [
        (of, row.kind.value, row.value)
        for of, changes in enumerate(batch)
        if changes.knew is not None
        for row in changes.put
        if isinstance(row, ContactPoint) and row.id < 0
    ]
    values = {(kind, value) for _, kind, value in asked}
    if len(values) < len(asked):
        raise Conflict("two decisions about one person")
    if asked and not db.sqlite:  # SQLite writes one transaction after the other anyway
        await db.rows(_HOLD, [_number(*value) for value in values], tx=tx)
    for found in await _NEWEST.run(db, tx, asked):
        knew = batch[found["n_of"]].knew or frozenset()
        if found["contact_id"] is not None and found["contact_id"] not in knew:
            raise Conflict(f"contact {found['contact_id']} came up meanwhile")


def _number(kind: str, value: str) -> int:
    digest = blake2b(f"{kind}:{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)

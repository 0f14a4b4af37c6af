"""Adding and removing managers by command."""

from __future__ import annotations

from dataclasses import replace

from leads.changes import Changes
from leads.model import Manager, Role
from storage.commit import commit
from storage.database import Database
from storage.reads import first


async def add_manager(
    db: Database, telegram_id: int, name: str, role: Role, team: str, *, on_shift: bool
) -> Manager:
    """Add a person, or give one who is known this name, role and team; one who was removed is back."""
    known = await first(db, Manager, telegram_id=telegram_id)
    made = Manager(-1, telegram_id, name, role, team, on_shift=on_shift)
    if known is not None:
        shift = known.on_shift if known.active else on_shift
        made = replace(known, name=name, role=role, team=team, active=True, on_shift=shift)
    ids = await commit(db, Changes(put=(made,)))
    return replace(made, id=ids[made.id])


async def remove_manager(db: Database, telegram_id: int) -> Manager | None:
    """Take a person off the desk, kept for the history; None when nobody active has this id."""
    known = await first(db, Manager, telegram_id=telegram_id, active=True)
    if known is None:
        return None
    gone = replace(known, active=False)
    await commit(db, Changes(put=(gone,)))
    return gone

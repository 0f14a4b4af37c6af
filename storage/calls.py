"""How the store's methods reach the database: errors in our words, clashes tried again, calls in groups."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from leads.changes import Changes
from leads.errors import Conflict, StoreUnavailable
from leads.events import Receipt
from leads.ports import LeadSnapshot
from storage import commit, inbox, lead_snapshots
from storage.batcher import Batcher
from storage.database import Database
from storage.taking import Taking

P = ParamSpec("P")
T = TypeVar("T")
CLASHES = 5  # how often an act that no reader decided upon is done again after PostgreSQL undid it
CALLS_AT_ONCE = 200
ITEMS_AT_ONCE = 1000  # one call may bring many
CHANGES_AT_ONCE = 200
LEADS_AT_ONCE = 100
POSTGRES_WRITERS = 2  # while one waits for the disk, the other one works


async def do(
    db: Database, act: Callable[Concatenate[Database, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    with db.entered():
        return await act(db, *args, **kwargs)


async def insist(
    db: Database, act: Callable[Concatenate[Database, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """For acts that decide nothing: the same again after a clash."""
    for _ in range(CLASHES):
        try:
            return await do(db, act, *args, **kwargs)
        except Conflict:
            continue
    raise StoreUnavailable("too many clashes")


def group_commit(db: Database) -> Batcher[Taking, Receipt]:
    """Accepts calls: what queued while the last transaction ran goes into the next one."""

    async def together(batch: Sequence[Taking]) -> Sequence[Receipt | Exception]:
        return await accept_many(db, batch)

    return Batcher(
        together,
        at_once=CALLS_AT_ONCE,
        writers=1 if db.sqlite else POSTGRES_WRITERS,
        size=lambda taking: len(taking.items),
        size_at_once=ITEMS_AT_ONCE,
    )


def group_changes(db: Database) -> Batcher[Changes, commit.Ids]:
    """The same for the domain's decisions."""

    async def together(batch: Sequence[Changes]) -> Sequence[commit.Ids | Exception]:
        return await do(db, commit.commit_many, batch)

    return Batcher(together, at_once=CHANGES_AT_ONCE, writers=1 if db.sqlite else POSTGRES_WRITERS)


def group_leads(db: Database) -> Batcher[int, LeadSnapshot | None]:
    """And for reading leads, which everything at the desk begins with."""

    async def together(ids: Sequence[int]) -> Sequence[LeadSnapshot | None]:
        return await do(db, lead_snapshots.lead_many, ids)

    return Batcher(together, at_once=LEADS_AT_ONCE, writers=1 if db.sqlite else POSTGRES_WRITERS)


async def accept_many(db: Database, batch: Sequence[Taking]) -> Sequence[Receipt | Exception]:
    """One bad call refuses nobody else: when a batch fails, each call is stored on its own."""
    try:
        return await do(db, inbox.accept, batch)
    except StoreUnavailable:
        raise
    except Exception:
        return [await _accept_one(db, taking) for taking in batch]


async def _accept_one(db: Database, taking: Taking) -> Receipt | Exception:
    try:
        return (await insist(db, inbox.accept, [taking]))[0]
    except Exception as error:
        return error

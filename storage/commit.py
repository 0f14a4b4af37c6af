"""The one way to write the domain: `Changes`, each all or nothing; many of them share a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from itertools import chain, groupby, zip_longest
from typing import Any, get_args

from leads.changes import Changes, Row, ToCustomer, ToManager, Trouble, TurnTaken
from leads.errors import StoreUnavailable
from leads.model import Entry, Manager
from storage import claims, indexing, outbox, rivals
from storage.bulk import BULK
from storage.codec import micros, pack
from storage.database import Database, Tx, marks
from storage.many import Statement, numbers

_FOREIGN = frozenset({"chat_id", "topic_id", "card_id", "desk_id", "telegram_id", "external_id"})
_CANCEL = "UPDATE reminder SET state = 'cancelled' WHERE state = 'waiting' AND id IN ({ids}) RETURNING id"
_DEAD_TO = (
    "SELECT id FROM outbox WHERE lane = 'managers' AND state = 'dead' AND chat_id IN ({ids}) ORDER BY id"
)
_FORMER = "SELECT id FROM manager WHERE telegram_id = $1 AND active = 0"
_TURNS = Statement(
    "UPDATE manager SET last_lead_at = n_at FROM {given} WHERE id = n_id",
    {"n_id": "bigint", "n_at": "bigint"},
)
_TROUBLES = Statement(
    "UPDATE source SET trouble = n_why FROM {given} WHERE id = n_id",
    {"n_id": "bigint", "n_why": "text"},
)

# By kind, the fields that name rows of ours.
_NAMING = {
    kind: [
        field.name
        for field in fields(kind)
        if field.name in {"id", "via"} or (field.name.endswith("_id") and field.name not in _FOREIGN)
    ]
    for kind in get_args(Row)
}

Ids = dict[int, int]
Step = tuple[type, bool]  # rows of which kind, and whether they are new
Run = tuple[Step, list[Any]]


async def commit(db: Database, changes: Changes) -> Ids:
    """Write all or nothing; the true id of each negative one."""
    (ids,) = await _together(db, [changes])
    return ids


async def commit_many(db: Database, batch: Sequence[Changes]) -> list[Ids | Exception]:
    """Write them together, or by halves when that fails; for each its ids, or why it was not written."""
    if not batch:
        return []
    try:
        with db.entered():
            return list(await _together(db, batch))
    except StoreUnavailable:
        raise
    except Exception as error:
        if len(batch) == 1:
            return [error]
    half = len(batch) // 2
    return [*await commit_many(db, batch[:half]), *await commit_many(db, batch[half:])]


async def _together(db: Database, batch: Sequence[Changes]) -> list[Ids]:
    ids, queues = await db.run(lambda tx: write(db, tx, batch))
    db.announce(queues)
    return ids


async def write(db: Database, tx: Tx, batch: Sequence[Changes]) -> tuple[list[Ids], list[str]]:
    """Write inside a transaction; the true ids, and the queues that got rows.

    The rows of each `Changes` keep their order; those of different ones that are alike go together.
    """
    await rivals.check(db, tx, batch)  # before any row is locked
    # Who lost the lease has nothing to write.
    queues = await claims.settle(db, tx, [changes.settle for changes in batch if changes.settle])
    ids = await _number(db, tx, batch)
    runs = [_runs(changes, known) for changes, known in zip(batch, ids, strict=True)]
    for runs_now in zip_longest(*runs):
        await _write_alike(db, tx, [run for run in runs_now if run])
    await indexing.write(db, tx, *_new_and_changed(chain(*runs)))
    entries = [
        resolved(row, known)
        for changes, known in zip(batch, ids, strict=True)
        for row in changes.put
        if isinstance(row, Entry)
    ]
    await BULK[Entry].insert(db, tx, entries)
    queues += await outbox.append(db, tx, _to_send(batch, ids))
    await _end(db, tx, _CANCEL, [reminder for changes in batch for reminder in changes.cancel])
    dead = await _end(db, tx, _DEAD_TO, [chat for changes in batch for chat in changes.revive])
    revived = [await claims.revive(db, tx, "outbox", row["id"]) for row in dead]
    return ids, [*queues, *(queue for queue in revived if queue)]


async def _end(db: Database, tx: Tx, sql: str, ids: Sequence[int]) -> list[dict[str, Any]]:
    return await db.rows(marks(sql, 1, len(ids)), *ids, tx=tx) if ids else []


async def _number(db: Database, tx: Tx, batch: Sequence[Changes]) -> list[Ids]:
    """The true ids of all rows that have one, those of new ones included."""
    kinds = [type(row) for changes in batch for row in changes.put if _new(row)]
    free = await numbers(db, tx, [BULK[kind].name for kind in kinds]) if kinds else {}
    found = []
    for changes in batch:
        ids: Ids = {}
        for row in changes.put:
            if not isinstance(row, ToManager | ToCustomer | TurnTaken | Trouble):
                ids[row.id] = next(free[BULK[type(row)].name]) if _new(row) else row.id
            if isinstance(row, Manager) and row.id < 0:
                former = await db.one(_FORMER, row.telegram_id, tx=tx)  # removed once, and here again
                ids[row.id] = former["id"] if former else ids[row.id]
        found.append(ids)
    return found


def _runs(changes: Changes, ids: Ids) -> list[Run]:
    """The rows of the domain in their order, alike ones together."""
    rows = [row for row in changes.put if not isinstance(row, Entry | ToManager | ToCustomer)]
    return [
        (step, [resolved(row, ids) for row in alike])
        for step, alike in groupby(rows, lambda row: (type(row), _new(row)))
    ]


def _new_and_changed(runs: Iterable[Run]) -> tuple[list[Any], list[Any]]:
    found: dict[bool, list[Any]] = {True: [], False: []}
    for (_, new), rows in runs:
        found[new] += rows
    return found[True], found[False]


async def _write_alike(db: Database, tx: Tx, runs: Sequence[Run]) -> None:
    steps: dict[Step, list[Any]] = {}
    for step, rows in runs:
        steps.setdefault(step, []).extend(rows)
    for (kind, new), rows in steps.items():
        if kind is TurnTaken:
            await _TURNS.run(db, tx, sorted({row.manager_id: micros(row.at) for row in rows}.items()))
        elif kind is Trouble:
            await _TROUBLES.run(db, tx, sorted({row.source_id: pack(row.why) for row in rows}.items()))
        elif new and kind is Manager:
            await _put_managers(db, tx, rows)
        elif new:
            await BULK[kind].insert(db, tx, rows)
        else:
            await BULK[kind].replace(db, tx, rows)


async def _put_managers(db: Database, tx: Tx, rows: Sequence[Manager]) -> None:
    for row in rows:
        back = await db.one(_FORMER, row.telegram_id, tx=tx)
        await (BULK[Manager].replace if back else BULK[Manager].insert)(db, tx, [row])


def _to_send(batch: Sequence[Changes], ids: Sequence[Ids]) -> list[outbox.Effect]:
    found: list[outbox.Effect] = []
    for changes, known in zip(batch, ids, strict=True):
        cause = outbox.cause_of(changes.settle)
        bodies = [resolved(row, known) for row in changes.put if isinstance(row, ToManager | ToCustomer)]
        found += [outbox.Effect(body, cause, n) for n, body in enumerate(bodies)]
    return found


def _new(row: Any) -> bool:
    return bool(getattr(row, "id", 0) < 0)


def resolved(row: Any, ids: Mapping[int, int]) -> Any:
    """The row with true ids: its own, and where it names rows that are stored with it."""
    changed: dict[str, Any] = {}
    for name in _NAMING[type(row)]:
        value = getattr(row, name)
        if _negative(value):
            if value not in ids:
                raise LookupError(f"{type(row).__name__}.{name}: no row {value} stands before it")
            changed[name] = ids[value]
    if isinstance(row, ToManager):
        changed["args"] = {key: _true(arg, ids) for key, arg in row.args.items()}
    return replace(row, **changed) if changed else row


def _negative(value: Any) -> bool:
    return isinstance(value, int) and value < 0


def _true(value: Any, ids: Mapping[int, int]) -> Any:
    return ids.get(value, value) if _negative(value) else value

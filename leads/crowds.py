"""Many events at once: read together, decided one after the other, written together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from leads.changes import Arrived, Changes, Rules
from leads.errors import Conflict
from leads.intake import ask, decide_in_turn, give, left_waiting, take_in
from leads.ports import Asked, Store
from leads.routing import Turns

Failures = dict[int, Exception | None]  # by inbox id


async def take_in_many(
    store: Store, batch: Sequence[Arrived], now: datetime, rules: Rules, turns: Turns
) -> list[Exception | None]:
    """`take_in` for events of different conversations; for each why it failed, if it did.

    Events that may be of one person never share a transaction: the second must see what the first one wrote.
    """
    failures: Failures = {}
    waiting = [ask(arrived, rules) for arrived in batch]
    while waiting:
        these, waiting = _strangers(waiting)
        failures |= await _together(store, these, now, rules, turns)
    return [failures[arrived.inbox_id] for arrived in batch]


async def _together(
    store: Store, batch: Sequence[Asked], now: datetime, rules: Rules, turns: Turns
) -> Failures:
    failures: Failures = {}
    decided: list[tuple[Arrived, Changes]] = []
    for asked, snapshot in zip(batch, await store.intake_snapshots(batch), strict=True):
        arrived = asked.arrived
        try:
            decided.append((arrived, decide_in_turn(snapshot, arrived, now, rules, turns)))
        except Exception as error:
            failures[arrived.inbox_id] = error
    results = await store.commit_many([changes for _, changes in decided])
    for (arrived, changes), result in zip(decided, results, strict=True):
        try:
            await _finish(store, arrived, changes, result, now, rules, turns)
        except Exception as error:
            failures[arrived.inbox_id] = error
        else:
            failures[arrived.inbox_id] = None
    return failures


async def _finish(
    store: Store,
    arrived: Arrived,
    changes: Changes,
    result: Mapping[int, int] | Exception,
    now: datetime,
    rules: Rules,
    turns: Turns,
) -> None:
    """Decide anew when somebody was faster; find a manager for what was left waiting."""
    if isinstance(result, Conflict):
        await take_in(store, arrived, now, rules, turns)
    elif isinstance(result, Exception):
        raise result
    else:
        await give(store, left_waiting(changes, result), now)


def _strangers(batch: Sequence[Asked]) -> tuple[list[Asked], list[Asked]]:
    """The first event of each person, and the others; who shares a key with one that waits, waits too."""
    met: set[object] = set()
    first: list[Asked] = []
    later: list[Asked] = []
    for asked in batch:
        event, source_id = asked.arrived.event, asked.arrived.source_id
        keys: set[object] = {*asked.phones, *asked.emails, (source_id, event.conv)}
        if event.sender.external_id:
            keys.add((source_id, "sender", event.sender.external_id))
        (later if met & keys else first).append(asked)
        met |= keys
    return first, later

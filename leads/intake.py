"""What an event of a customer means: contact, lead, message, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from leads import afterwards, assigning, identity
from leads.changes import Arrived, Changes, Rules, Settle, TurnTaken
from leads.events import Kind
from leads.model import Lead, LeadState, PointKind
from leads.opening import Opening
from leads.ports import Asked, IntakeSnapshot, Store
from leads.routing import Turns
from leads.writing import Writing, thrice

OPENING = frozenset({Kind.MESSAGE, Kind.FORM, Kind.LEAD_AD, Kind.CALL, Kind.CLICK})


async def take_in(
    store: Store, arrived: Arrived, now: datetime, rules: Rules, turns: Turns | None = None
) -> None:
    """Decide upon one event and commit it with its inbox row settled. `turns` are those of the process."""
    turns = turns or Turns()
    asked = ask(arrived, rules)

    async def once() -> list[int]:
        snapshot = await store.intake_snapshot(arrived, asked.phones, asked.emails)
        changes = decide_in_turn(snapshot, arrived, now, rules, turns)
        return left_waiting(changes, await store.commit(changes))

    await give(store, await thrice(once), now)


def ask(arrived: Arrived, rules: Rules) -> Asked:
    """What must be known to decide upon the event."""
    keys = identity.keys_of(arrived.event, rules.country)
    phones = tuple(key.value for key in keys if key.kind is PointKind.PHONE)
    return Asked(arrived, phones, tuple(key.value for key in keys if key.kind is PointKind.EMAIL))


def decide_in_turn(
    snapshot: IntakeSnapshot, arrived: Arrived, now: datetime, rules: Rules, turns: Turns
) -> Changes:
    """Decide with the turns of this process, and note whose turn it was."""
    seen = replace(snapshot, managers=turns.seen(snapshot.managers))
    changes = decide(seen, arrived, now, rules)
    for row in changes.put:
        if isinstance(row, TurnTaken):
            turns.take(row.manager_id, now)
    return changes


def left_waiting(changes: Changes, ids: Mapping[int, int]) -> list[int]:
    leads = [row for row in changes.put if isinstance(row, Lead) and row.state is LeadState.WAITING]
    return [ids.get(lead.id, lead.id) for lead in leads]


async def give(store: Store, lead_ids: Sequence[int], now: datetime) -> None:
    """Somebody may have come on shift between the reading and the commit."""
    for lead_id in lead_ids:
        await assigning.give(store, lead_id, now)


def decide(snapshot: IntakeSnapshot, arrived: Arrived, now: datetime, rules: Rules) -> Changes:
    """All that one event changes.

    What looks like spam is parked when it is stored, so here comes only what a person replayed: it counts.
    """
    settle = Settle("inbox", arrived.inbox_id, arrived.attempt)
    if arrived.event.kind not in OPENING:
        return afterwards.decide(snapshot, arrived, now, rules)
    keys = identity.keys_of(arrived.event, rules.country)
    match = identity.match(snapshot.candidates, arrived.channel, arrived.event.sender.external_id)
    return Opening(snapshot, arrived, now, rules, keys, match, Writing()).decide(settle)

"""What an event of a customer means: contact, lead, message, and who hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from leads import afterwards, assigning, identity
from leads.changes import Arrived, Changes, Rules, Settle, TurnTaken
from leads.events import Kind
from leads.model import Lead, LeadState, PointKind
from leads.opening import Opening
from leads.ports import IntakeSnapshot, Store
from leads.routing import Turns
from leads.writing import Writing, thrice

OPENING = frozenset({Kind.MESSAGE, Kind.FORM, Kind.LEAD_AD, Kind.CALL, Kind.CLICK})


async def take_in(
    store: Store, arrived: Arrived, now: datetime, rules: Rules, turns: Turns | None = None
) -> None:
    """Decide upon one event and commit it with its inbox row settled. `turns` are those of the process."""
    turns = turns or Turns()
    keys = identity.keys_of(arrived.event, rules.country)
    phones = [key.value for key in keys if key.kind is PointKind.PHONE]
    emails = [key.value for key in keys if key.kind is PointKind.EMAIL]

    async def once() -> list[int]:
        snapshot = await store.intake_snapshot(arrived, phones, emails)
        snapshot = replace(snapshot, managers=turns.seen(snapshot.managers))
        changes = decide(snapshot, arrived, now, rules)
        for row in changes.put:
            if isinstance(row, TurnTaken):
                turns.take(row.manager_id, now)
        ids = await store.commit(changes)
        leads = [row for row in changes.put if isinstance(row, Lead) and row.state is LeadState.WAITING]
        return [ids.get(lead.id, lead.id) for lead in leads]

    for lead_id in await thrice(once):
        # Somebody may have come on shift between the reading and the commit.
        await assigning.give(store, lead_id, now)


def decide(snapshot: IntakeSnapshot, arrived: Arrived, now: datetime, rules: Rules) -> Changes:
    """All that one event changes.

    What looks like spam is parked when it is stored, so here comes only what a person replayed: it counts.
    """
    settle = Settle("inbox", arrived.inbox_id, arrived.attempt)
    if arrived.event.kind not in OPENING:
        return afterwards.decide(snapshot, arrived, now)
    keys = identity.keys_of(arrived.event, rules.country)
    match = identity.match(snapshot.candidates, arrived.channel, arrived.event.sender.external_id)
    return Opening(snapshot, arrived, now, rules, keys, match, Writing()).decide(settle)

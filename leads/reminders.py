"""Follow-ups: set, done, put off, and fired when they come due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from leads import desk
from leads.assigning import give
from leads.changes import Act, Rules, ToManager, View
from leads.errors import Conflict, Refused
from leads.journal import Word
from leads.model import Manager, Reminder, ReminderKind, ReminderState
from leads.ports import LeadSnapshot, Store
from leads.routing import heads
from leads.windows import next_edge
from leads.writing import Writing

LATE = timedelta(seconds=60)
_OVER = frozenset({ReminderState.DONE, ReminderState.CANCELLED})


async def remind(store: Store, act: Act, lead_id: int, due_at: datetime, text: str) -> None:
    """A follow-up goes with the lead, unless somebody else set it for themselves.

    Refused: refused-past, refused-closed, refused-not-yours.
    """
    if due_at <= act.now:
        raise Refused("refused-past")
    snapshot = await desk.opened(store, act, lead_id, own=True)
    whose = None if snapshot.lead.manager_id == act.by.id else act.by.id
    w = Writing()
    w.put(
        Reminder(
            w.new_id(),
            lead_id,
            ReminderKind.MANUAL,
            due_at,
            manager_id=whose,
            text=text.strip(),
            created_at=act.now,
        )
    )
    w.note(act.now, Word.REMIND, lead=lead_id, manager=act.by.id, due=due_at.isoformat())
    desk.refresh(w, snapshot, snapshot.lead)
    await store.commit(w.changes(act.settle, act.also))


async def done(store: Store, act: Act, reminder_id: int) -> None:
    """Pressed twice is done once. Refused: refused-no-reminder, refused-not-yours."""
    reminder, snapshot = await _asked(store, act, reminder_id)
    w = Writing()
    if reminder.state is ReminderState.WAITING:
        w.cancel(reminder_id)
    elif reminder.state is ReminderState.FIRED:
        w.put(replace(reminder, state=ReminderState.DONE))
    if reminder.state not in _OVER:
        w.note(act.now, Word.DONE, lead=reminder.lead_id, manager=act.by.id, reminder=reminder_id)
        desk.refresh(w, snapshot, snapshot.lead)
    await store.commit(w.changes(act.settle, act.also))


async def snooze(store: Store, act: Act, reminder_id: int, until: datetime) -> None:
    """Refused: refused-past, refused-no-reminder (done or cancelled, too), refused-closed, -not-yours."""
    reminder, snapshot = await _asked(store, act, reminder_id)
    if reminder.state in _OVER:
        raise Refused("refused-no-reminder")
    if not snapshot.lead.open:
        raise Refused("refused-closed", lead=reminder.lead_id)
    if until <= act.now:
        raise Refused("refused-past")
    w = Writing()
    w.put(replace(reminder, state=ReminderState.WAITING, due_at=until, fired_at=None, late=False))
    until_text = until.isoformat()
    w.note(
        act.now,
        Word.SNOOZED,
        lead=reminder.lead_id,
        manager=act.by.id,
        reminder=reminder_id,
        until=until_text,
    )
    desk.refresh(w, snapshot, snapshot.lead)
    await store.commit(w.changes(act.settle, act.also))


async def _asked(store: Store, act: Act, reminder_id: int) -> tuple[Reminder, LeadSnapshot]:
    reminder = await store.reminder(reminder_id)
    if reminder is None:
        raise Refused("refused-no-reminder")
    snapshot = await desk.found(store, act, reminder.lead_id)
    if reminder.manager_id != act.by.id and not desk.may(snapshot.lead, act.by):
        raise Refused("refused-not-yours", manager=snapshot.manager.name if snapshot.manager else "")
    return reminder, snapshot


async def fire_due(store: Store, now: datetime, rules: Rules, limit: int = 100) -> int:
    """Fire what is due, longest ago first; return how many were dealt with (call again until 0).

    A due first answer is also the last chance of a lead that was left waiting: it is routed anew.
    """
    dealt = 0
    for reminder in await store.due_reminders(now, limit):
        snapshot = await store.lead_snapshot(reminder.lead_id)
        if (
            snapshot
            and snapshot.lead.open
            and snapshot.manager is None
            and await give(store, snapshot.lead.id, now)
        ):
            snapshot = await store.lead_snapshot(reminder.lead_id)
        window = reminder.kind is ReminderKind.WINDOW
        w = _shown_anew(reminder, snapshot, rules, now) if window else fired(reminder, snapshot, now)
        try:
            await store.commit(w.changes())
        except Conflict:
            continue  # somebody else fired, cancelled or snoozed it meanwhile
        dealt += 1
    return dealt


def fired(reminder: Reminder, snapshot: LeadSnapshot | None, now: datetime) -> Writing:
    """A notice to everybody concerned, or nothing when the reason for it is gone."""
    w = Writing()
    first = reminder.kind is not ReminderKind.MANUAL
    answered = snapshot is None or snapshot.lead.unanswered_since is None
    if snapshot is None or not snapshot.lead.open or (first and answered):
        w.cancel(reminder.id)
        return w
    late = now - reminder.due_at > LATE
    w.put(replace(reminder, state=ReminderState.FIRED, fired_at=now, late=late))
    args = {"reminder": reminder.id}
    for who in _concerned(reminder, snapshot):
        w.put(ToManager(View.REMINDER, who.telegram_id, snapshot.lead.id, args=args))
    w.note(
        now, Word.REMINDED, lead=snapshot.lead.id, reminder=reminder.id, kind=reminder.kind.value, late=late
    )
    return w


def _shown_anew(reminder: Reminder, snapshot: LeadSnapshot | None, rules: Rules, now: datetime) -> Writing:
    """Nobody is disturbed: the cards tell anew how long the reply window is open, until time changes nothing.

    The customer may have written meanwhile, which nobody told this reminder: then it is simply early.
    """
    w = Writing()
    edge = next_edge(snapshot.conversations, rules, now) if snapshot else None
    if snapshot is None or not snapshot.lead.open:
        w.cancel(reminder.id)
        return w
    w.put(replace(reminder, due_at=edge) if edge else replace(reminder, state=ReminderState.DONE))
    desk.refresh(w, snapshot, snapshot.lead)
    return w


def _concerned(reminder: Reminder, snapshot: LeadSnapshot) -> tuple[Manager, ...]:
    """Whose reminder it is, else who has the lead, else the heads; and never nobody."""
    above = heads(snapshot.managers)
    whose = next((one for one in snapshot.managers if one.id == reminder.manager_id), snapshot.manager)
    if reminder.kind is ReminderKind.FIRST_ANSWER_HEAD:
        return above or ((whose,) if whose else ())
    return (whose,) if whose else above

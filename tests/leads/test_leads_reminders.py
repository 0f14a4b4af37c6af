from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from desks import MINUTE, Desk

from leads import desk as acts
from leads import reminders, reply
from leads.changes import View
from leads.errors import Refused
from leads.model import Lead, LeadState, Manager, Message, Reminder, ReminderKind, ReminderState, Role


async def started() -> tuple[Desk, Manager, Manager]:
    desk = Desk()
    ann, hal = desk.manager("Ann"), desk.manager("Hal", Role.HEAD)
    await desk.writes("kim", "one")
    desk.store.sent.clear()
    return desk, ann, hal


async def set_for(desk: Desk, by: Manager, **later: float) -> Reminder:
    due = desk.now + timedelta(**later)
    await reminders.remind(desk.store, desk.act(by), desk.lead().id, due, " call back ")
    made: Reminder = desk.store.all(Reminder)[-1]
    return made


async def fire(desk: Desk, limit: int = 100) -> int:
    return await reminders.fire_due(desk.store, desk.now, desk.rules, limit)


def noticed(desk: Desk) -> list[tuple[int, int]]:
    return [(row.chat_id, row.args["reminder"]) for row in desk.store.shown(View.REMINDER)]


async def refusal(act: Any) -> str:
    with pytest.raises(Refused) as caught:
        await act
    return caught.value.reason


def stored(desk: Desk, reminder: Reminder) -> Reminder:
    found: Reminder = desk.store.tables[Reminder][reminder.id]
    return found


async def test_a_reminder_fires_once_on_time() -> None:
    desk, ann, _ = await started()
    reminder = await set_for(desk, ann, minutes=10)
    assert (reminder.text, reminder.manager_id) == ("call back", None)
    desk.later(minutes=9)
    assert await fire(desk) == 0
    desk.later(minutes=1)
    assert [await fire(desk), await fire(desk)] == [1, 0]
    assert noticed(desk) == [(ann.telegram_id, reminder.id)]
    fired = stored(desk, reminder)
    assert (fired.state, fired.fired_at, fired.late) == (ReminderState.FIRED, desk.now, False)


async def test_after_a_stop_every_due_one_fires_once_late_ones_first() -> None:
    desk, ann, _ = await started()
    made = [await set_for(desk, ann, minutes=minutes) for minutes in (5, 3, 12)]
    desk.later(minutes=13)
    while await fire(desk, limit=2):
        pass
    assert noticed(desk) == [(ann.telegram_id, made[place].id) for place in (1, 0, 2)]
    assert [stored(desk, one).late for one in made] == [True, True, False]


async def test_one_fired_by_somebody_else_meanwhile_is_not_fired_again() -> None:
    desk, ann, _ = await started()
    first = await set_for(desk, ann, minutes=1)
    second = await set_for(desk, ann, minutes=2)
    desk.later(minutes=3)

    def other_process() -> None:
        desk.store.tables[Reminder][first.id] = replace(first, state=ReminderState.FIRED)

    desk.store.before_commit = other_process
    assert await fire(desk) == 1
    assert noticed(desk) == [(ann.telegram_id, second.id)]


async def test_the_first_answer_is_asked_of_the_manager_then_of_the_head() -> None:
    desk, ann, hal = await started()
    desk.later(minutes=15)
    await fire(desk)
    assert [chat for chat, _ in noticed(desk)] == [ann.telegram_id]
    desk.later(minutes=15)
    await fire(desk)
    assert [chat for chat, _ in noticed(desk)] == [ann.telegram_id, hal.telegram_id]


async def test_an_answered_lead_reminds_nobody_even_if_the_cancel_was_lost() -> None:
    desk, ann, _ = await started()
    await reply.send(desk.store, desk.act(ann), desk.lead().id, desk.draft(ann, "yes"))
    for one in desk.store.all(Reminder):
        desk.store.add(replace(one, state=ReminderState.WAITING))
    desk.later(hours=1)
    assert await fire(desk) == 2
    assert not noticed(desk)
    assert {one.state for one in desk.store.all(Reminder)} == {ReminderState.CANCELLED}


async def test_a_closed_lead_reminds_nobody() -> None:
    desk, ann, _ = await started()
    reminder = await set_for(desk, ann, minutes=5)
    await acts.close(desk.store, desk.act(ann), desk.lead().id, LeadState.LOST, "")
    desk.later(hours=1)
    assert await fire(desk) == 0
    assert stored(desk, reminder).state is ReminderState.CANCELLED


async def test_a_reminder_goes_with_the_lead_unless_a_head_set_it_for_herself() -> None:
    desk, ann, hal = await started()
    bob = desk.manager("Bob")
    anns, hals = await set_for(desk, ann, minutes=5), await set_for(desk, hal, minutes=6)
    await acts.take(desk.store, desk.act(bob), desk.lead().id)
    desk.later(minutes=10)
    await fire(desk)
    assert noticed(desk) == [(bob.telegram_id, anns.id), (hal.telegram_id, hals.id)]


async def test_a_waiting_lead_is_routed_at_the_latest_when_its_answer_is_due() -> None:
    desk = Desk()
    hal = desk.manager("Hal", Role.HEAD)
    await desk.writes("kim")
    desk.later(minutes=15)
    await fire(desk)
    assert [chat for chat, _ in noticed(desk)] == [hal.telegram_id]
    ann = desk.manager("Ann")
    desk.later(minutes=15)
    await fire(desk)
    assert desk.lead().manager_id == ann.id
    assert [row.chat_id for row in desk.store.shown(View.CARD)] == [ann.telegram_id]


async def test_snoozing_and_finishing() -> None:
    desk, ann, _ = await started()
    reminder = await set_for(desk, ann, minutes=2)
    desk.later(minutes=2)
    await fire(desk)
    await reminders.snooze(desk.store, desk.act(ann), reminder.id, desk.now + 5 * MINUTE)
    again = stored(desk, reminder)
    assert (again.state, again.fired_at, again.due_at) == (ReminderState.WAITING, None, desk.now + 5 * MINUTE)
    desk.later(minutes=5)
    await fire(desk)
    assert noticed(desk) == [(ann.telegram_id, reminder.id)] * 2
    for _ in range(2):
        await reminders.done(desk.store, desk.act(ann), reminder.id)
    assert stored(desk, reminder).state is ReminderState.DONE
    assert desk.store.words().count("done") == 1
    later = desk.now + MINUTE
    late_wish = reminders.snooze(desk.store, desk.act(ann), reminder.id, later)
    assert await refusal(late_wish) == "refused-no-reminder"


async def test_done_before_it_fires_means_it_never_does() -> None:
    desk, ann, _ = await started()
    reminder = await set_for(desk, ann, minutes=2)
    await reminders.done(desk.store, desk.act(ann), reminder.id)
    desk.later(minutes=5)
    assert await fire(desk) == 0


async def test_what_is_refused() -> None:
    desk, ann, _ = await started()
    bob = desk.manager("Bob")
    number = desk.lead().id
    past = reminders.remind(desk.store, desk.act(ann), number, desk.now, "x")
    assert await refusal(past) == "refused-past"
    theirs = reminders.remind(desk.store, desk.act(bob), number, desk.now + MINUTE, "x")
    assert await refusal(theirs) == "refused-not-yours"
    reminder = await set_for(desk, ann, minutes=2)
    assert await refusal(reminders.done(desk.store, desk.act(bob), reminder.id)) == "refused-not-yours"
    assert await refusal(reminders.done(desk.store, desk.act(ann), 999)) == "refused-no-reminder"
    backwards = reminders.snooze(desk.store, desk.act(ann), reminder.id, desk.now)
    assert await refusal(backwards) == "refused-past"
    assert stored(desk, reminder) == reminder
    assert len(desk.store.all(Lead)) == len(desk.store.all(Message)) == 1
    assert {o.kind for o in desk.store.all(Reminder)} == set(ReminderKind) - {ReminderKind.WINDOW}

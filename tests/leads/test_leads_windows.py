"""The reply window: what is open until when, and how a card is kept from telling what is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from desks import CHAT, NOON, RULES, Desk
from hypothesis import given
from hypothesis import strategies as st
from test_leads_delivery import Vendor, deliver

from leads import desk as acts
from leads import reminders, reply, revising, windows
from leads.changes import ToManager, View
from leads.journal import Word
from leads.model import (
    Conversation,
    LeadState,
    Manager,
    Message,
    MessageState,
    Reminder,
    ReminderKind,
    ReminderState,
)

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
STRICT = replace(CHAT, reply_window=DAY)
LATE = replace(STRICT, late=WEEK)
MOMENTS = st.timedeltas(min_value=-timedelta(days=9), max_value=timedelta(days=9))


def ruled(**can: object) -> Desk:
    return Desk(rules=replace(RULES, can={**RULES.can, **can}))  # type: ignore[dict-item]


async def started(**can: object) -> tuple[Desk, Manager]:
    desk = ruled(**can)
    ann = desk.manager("Ann")
    await desk.writes("kim", "one")
    desk.store.sent.clear()
    return desk, ann


def way(last_in_at: datetime | None, number: int = 1, channel: str = "chat") -> Conversation:
    return Conversation(number, 1, 1, channel, "c", "t", NOON, last_in_at=last_in_at)


@given(st.lists(MOMENTS, max_size=4), MOMENTS)
def test_edges_come_one_by_one_until_time_changes_nothing(heard: list[timedelta], at: timedelta) -> None:
    rules = replace(RULES, can={"chat": LATE})
    ways = [way(NOON + one, number) for number, one in enumerate(heard)]
    now, seen = NOON + at, 0
    while edge := windows.next_edge(ways, rules, now):
        assert edge > now
        before = [(windows.is_shut(one, rules, now), windows.is_late(one, rules, now)) for one in ways]
        # Nothing changes between two edges.
        later = edge - timedelta(microseconds=1)
        assert before == [
            (windows.is_shut(one, rules, later), windows.is_late(one, rules, later)) for one in ways
        ]
        now, seen = edge, seen + 1
    assert seen <= len(ways) * (len(windows.LEFT) + 1)


def test_what_has_no_window_has_no_edge() -> None:
    assert windows.next_edge([way(NOON)], RULES, NOON) is None
    assert windows.next_edge([way(None, channel="other"), way(NOON, channel="gone")], RULES, NOON) is None
    assert windows.next_edge([way(NOON, channel="other")], RULES, NOON) == NOON + 12 * HOUR


def waiting(desk: Desk) -> list[Reminder]:
    every = [one for one in desk.store.all(Reminder) if one.kind is ReminderKind.WINDOW]
    return [one for one in every if one.state is ReminderState.WAITING]


async def fire(desk: Desk) -> list[View]:
    """What is shown of everything due by now; the first answer's reminders aside."""
    desk.store.sent.clear()
    while await reminders.fire_due(desk.store, desk.now, desk.rules):
        pass
    return [row.view for row in desk.store.shown() if row.view is not View.REMINDER]


async def test_the_card_is_told_anew_as_the_window_runs_out_and_nobody_is_disturbed() -> None:
    desk, _ = await started(chat=STRICT)
    edges = []
    while waiting(desk):
        (one,) = waiting(desk)
        edges.append(one.due_at - NOON)
        desk.now = one.due_at
        assert await fire(desk) == [View.CARD_EDIT]
    assert edges == [DAY - left for left in windows.LEFT]
    assert desk.store.words().count(Word.REMINDED) == 2  # of the first answer


async def test_a_customer_who_writes_again_moves_the_edges_with_one_reminder_and_no_further_edit() -> None:
    desk, _ = await started(chat=STRICT)
    desk.later(hours=5)
    await desk.writes("kim", "two")
    assert [row.view for row in desk.store.shown()] == [View.CUSTOMER]
    (one,) = waiting(desk)
    assert one.due_at == NOON + 12 * HOUR
    desk.now = one.due_at  # early by now: the window shuts five hours later
    await fire(desk)
    assert waiting(desk)[0].due_at == NOON + 17 * HOUR


@pytest.mark.parametrize("hours", [13, 25])
async def test_a_window_that_opens_wide_again_is_told_on_the_card(hours: int) -> None:
    desk, _ = await started(chat=LATE)
    desk.later(hours=hours)
    await fire(desk)
    desk.store.sent.clear()
    await desk.writes("kim", "two")
    assert {row.view for row in desk.store.shown()} == {View.CUSTOMER, View.CARD_EDIT}
    (one,) = waiting(desk)
    assert desk.now < one.due_at <= desk.now + 12 * HOUR


async def test_of_a_closed_lead_no_card_is_told() -> None:
    desk, ann = await started(chat=STRICT)
    await acts.close(desk.store, desk.act(ann), desk.lead().id, LeadState.WON, "")
    assert not waiting(desk)
    desk.later(hours=30)
    assert await fire(desk) == []


async def test_channels_without_a_window_pay_nothing() -> None:
    desk, _ = await started()
    assert not waiting(desk)


async def says(desk: Desk, by: Manager, text: str) -> Message:
    await reply.send(desk.store, desk.act(by), desk.lead().id, desk.draft(by, text))
    message: Message = desk.store.all(Message)[-1]
    return message


def told(desk: Desk) -> list[ToManager]:
    return [row for row in desk.store.shown(View.SAY) if row.args["key"] == "late-answer"]


async def test_a_late_answer_is_marked_and_said_once_each_time_the_window_shuts() -> None:
    desk, ann = await started(chat=LATE)
    await says(desk, ann, "in time")
    desk.later(hours=25)
    await says(desk, ann, "late")
    await says(desk, ann, "later")
    assert [row.outgoing.late for row in desk.store.to_customers()] == [False, True, True]
    (said,) = told(desk)
    assert said.args["until_at"] == (NOON + WEEK).isoformat()
    await desk.writes("kim", "two")
    await says(desk, ann, "in time")
    desk.later(hours=25)
    await says(desk, ann, "late again")
    assert [row.outgoing.late for row in desk.store.to_customers()][3:] == [False, True]
    assert len(told(desk)) == 2
    desk.later(days=8)
    assert (await says(desk, ann, "too late")).error == "window_closed"


async def test_an_open_way_goes_before_one_that_is_late() -> None:
    desk, ann = await started(chat=LATE, other=replace(CHAT, reply_window=2 * DAY))
    desk.later(hours=25)
    thread = replace(desk.store.only(Conversation), id=0, source_id=3, channel="other", thread="kim-there")
    desk.store.add(replace(thread, last_in_at=desk.now - 30 * HOUR, conv="there"))
    await says(desk, ann, "hi")
    assert desk.store.to_customers()[-1].outgoing.recipient == "kim-there"


async def test_what_failed_at_the_window_goes_late_when_it_is_tried_again() -> None:
    desk, ann = await started(chat=LATE)
    message = await says(desk, ann, "hi")
    desk.store.add(replace(message, state=MessageState.FAILED, error="window_closed"))
    desk.later(hours=25)
    await revising.try_again(desk.store, desk.act(ann), message.id)
    assert desk.store.to_customers()[-1].outgoing.late


@pytest.mark.parametrize(("hours", "late"), [(23, False), (25, True), (24 * 8, False)])
async def test_what_waited_until_the_window_shut_goes_late(hours: int, late: bool) -> None:
    """The source stood still meanwhile; when it is too late for a person too, the vendor says so."""
    desk, ann = await started(chat=LATE)
    await says(desk, ann, "in time")
    (row,) = desk.rows()
    desk.later(hours=hours)
    vendor = Vendor()
    await deliver(desk, row, vendor)
    assert [one.outgoing.late for one in vendor.got] == [late]

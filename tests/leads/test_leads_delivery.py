from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from desks import Desk
from hypothesis import given
from hypothesis import strategies as st

from leads import delivery, reply, revising
from leads.changes import End, Outbound, Row, Settle, ToCustomer, ToManager, View
from leads.delivery import GiveUp, RetryAfter, after_failure
from leads.errors import Conflict, LostLease, StoreUnavailable
from leads.events import SendCode, SendError, Sent
from leads.journal import Word
from leads.model import DeskMessage, DeskUse, Entry, Manager, Message, MessageState, Role

JITTER = st.floats(0, 1, exclude_max=True)
FINAL = [
    code for code in SendCode if code not in {SendCode.RETRY, SendCode.UNAVAILABLE, SendCode.MISCONFIGURED}
]


@given(st.integers(1, 10_000), st.integers(0, 100), JITTER)
def test_an_outage_never_counts_never_ends_and_never_pauses_long(
    attempt: int, tries: int, jitter: float
) -> None:
    verdict = after_failure(SendError(SendCode.UNAVAILABLE), attempt, tries, jitter=jitter)
    assert isinstance(verdict, RetryAfter)
    assert not verdict.counts
    assert timedelta(seconds=0.5) <= verdict.after <= timedelta(seconds=30)


@given(st.none() | st.floats(0.1, 5000), st.integers(1, 50), JITTER)
def test_a_429_waits_as_long_as_it_was_told_and_never_counts(
    retry_after: float | None, attempt: int, jitter: float
) -> None:
    error = SendError(SendCode.RETRY, retry_after=retry_after)
    verdict = after_failure(error, attempt, 99, jitter=jitter)
    assert isinstance(verdict, RetryAfter)
    assert not verdict.counts
    assert verdict.after >= timedelta(seconds=retry_after or 1)


@given(st.sampled_from(FINAL), st.integers(1, 50), JITTER)
def test_what_the_vendor_refuses_is_given_up_with_its_words(
    code: SendCode, attempt: int, jitter: float
) -> None:
    verdict = after_failure(SendError(code, "no such chat"), attempt, 0, jitter=jitter)
    assert verdict == GiveUp(f"{code.value}: no such chat")


@given(JITTER)
def test_our_own_failures_count_wait_longer_each_time_and_end(jitter: float) -> None:
    verdicts = [after_failure(KeyError("x"), 1, tries, jitter=jitter) for tries in range(5)]
    waits = [one.after for one in verdicts if isinstance(one, RetryAfter)]
    assert len(waits) == 4
    assert waits == sorted(waits)
    assert all(one.counts for one in verdicts if isinstance(one, RetryAfter))
    assert verdicts[-1] == GiveUp("KeyError: 'x'")


async def replied(text: str = "yes") -> tuple[Desk, Manager, list[Outbound]]:
    desk = Desk()
    ann = desk.manager("Ann")
    desk.manager("Olga", Role.OWNER)
    await desk.writes("kim")
    await reply.send(desk.store, desk.act(ann), desk.lead().id, desk.draft(ann, text))
    rows = desk.rows()
    desk.store.sent.clear()
    return desk, ann, rows


class Vendor:
    """Takes what it is given, or fails with what is in `errors` first."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.got: list[ToCustomer] = []

    async def send(self, row: Outbound) -> Sent:
        assert isinstance(row.body, ToCustomer)
        self.got.append(row.body)
        if self.errors:
            raise self.errors.pop(0)
        return Sent(f"o{len(self.got)}")


async def deliver(desk: Desk, row: Outbound, vendor: Vendor) -> SendCode | None:
    return await delivery.deliver(desk.store, row, vendor.send, desk.now, desk.rules)


def answer(desk: Desk) -> Message:
    message: Message = desk.store.all(Message)[-1]
    return message


async def test_what_went_is_noted_and_shown_once_all_its_parts_went() -> None:
    desk, ann, rows = await replied("word " * 2000)
    vendor = Vendor()
    states = []
    for row in rows:
        assert await deliver(desk, row, vendor) is None
        states.append(answer(desk).state)
    assert states == [MessageState.QUEUED, MessageState.QUEUED, MessageState.SENT]
    assert answer(desk).external_id == "o1"
    (state,) = desk.store.shown(View.STATE)
    assert (state.chat_id, state.coalesce) == (ann.telegram_id, f"state:{answer(desk).id}")
    assert [one.end for one in desk.store.settled[-3:]] == [End.DONE] * 3
    assert desk.store.words().count("sent") == 1


@pytest.mark.parametrize("code", [SendCode.UNAVAILABLE, SendCode.RETRY, SendCode.MISCONFIGURED])
async def test_an_outage_leaves_the_reply_queued(code: SendCode) -> None:
    desk, _, (row,) = await replied()
    assert await deliver(desk, row, Vendor(SendError(code))) is code
    settle = desk.store.settled[-1]
    assert (settle.end, settle.counts, settle.id) == (End.AGAIN, False, row.id)
    assert settle.after
    assert answer(desk).state is MessageState.QUEUED
    assert not desk.store.sent


@pytest.mark.parametrize("code", FINAL)
async def test_a_refusal_is_shown_to_its_author_and_the_customer_waits_again(code: SendCode) -> None:
    desk, ann, (row,) = await replied()
    assert await deliver(desk, row, Vendor(SendError(code, "sorry"))) is code
    message = answer(desk)
    assert (message.state, message.error, message.error_detail) == (MessageState.FAILED, code.value, "sorry")
    shown = [(one.view, one.chat_id) for one in desk.store.shown()]
    assert shown == [(View.STATE, ann.telegram_id), (View.CARD_EDIT, ann.telegram_id)]
    assert desk.store.settled[-1].end is End.PARKED
    assert desk.lead().unanswered_since == desk.lead().last_in_at


async def test_parts_behind_a_failed_one_are_not_sent_and_go_when_it_is_tried_again() -> None:
    desk, ann, rows = await replied("word " * 2000)
    vendor = Vendor()
    await deliver(desk, rows[0], vendor)
    vendor.errors.append(SendError(SendCode.BLOCKED))
    for row in rows[1:]:
        await deliver(desk, row, vendor)
    assert [one.part for one in vendor.got] == [0, 1]
    await revising.try_again(desk.store, desk.act(ann), answer(desk).id)
    for row in desk.rows():
        await deliver(desk, row, vendor)
    assert [one.part for one in vendor.got] == [0, 1, 1, 2]
    assert (answer(desk).state, answer(desk).error) == (MessageState.SENT, "")
    # The parked row, revived by hand afterwards, has nothing left to send.
    await deliver(desk, rows[1], vendor)
    assert len(vendor.got) == 4


async def test_a_reply_that_went_is_not_sent_again_by_hand() -> None:
    desk, ann, (row,) = await replied()
    vendor = Vendor(SendError(SendCode.BLOCKED))
    await deliver(desk, row, vendor)
    assert desk.lead().unanswered_since
    await revising.try_again(desk.store, desk.act(ann), answer(desk).id)
    assert desk.lead().unanswered_since is None
    await deliver(desk, desk.rows()[-1], vendor)
    await deliver(desk, row, vendor)
    assert len(vendor.got) == 2
    assert answer(desk).external_id == "o2"


async def test_an_edit_finds_the_vendors_id_when_it_is_sent() -> None:
    desk, ann, (row,) = await replied("yse")
    place = desk.store.only(DeskMessage)
    await revising.edit(desk.store, desk.act(ann), place, desk.draft(ann, "yes"))
    (change,) = desk.rows()
    vendor = Vendor()
    await deliver(desk, row, vendor)
    await deliver(desk, change, vendor)
    assert [(one.outgoing.target, one.outgoing.text) for one in vendor.got] == [("", "yse"), ("o1", "yes")]
    assert (answer(desk).text, answer(desk).external_id) == ("yes", "o1")


async def test_a_refused_edit_is_said_and_leaves_the_reply_sent() -> None:
    desk, ann, (row,) = await replied("yse")
    vendor = Vendor()
    await deliver(desk, row, vendor)
    place = desk.store.only(DeskMessage)
    await revising.edit(desk.store, desk.act(ann), place, desk.draft(ann, "yes"))
    vendor.errors.append(SendError(SendCode.PERMANENT, "too old"))
    await deliver(desk, desk.rows()[0], vendor)
    assert answer(desk).state is MessageState.SENT
    said = desk.store.shown(View.SAY)[-1]
    assert (said.chat_id, said.reply_to) == (ann.telegram_id, place.desk_id)
    assert said.args == {"key": "edit-failed", "code": "permanent", "detail": "too old"}


async def test_an_edit_of_what_never_went_is_dropped() -> None:
    desk, ann, (row,) = await replied("yse")
    await revising.edit(desk.store, desk.act(ann), desk.store.only(DeskMessage), desk.draft(ann, "yes"))
    (change,) = desk.rows()
    vendor = Vendor(SendError(SendCode.BLOCKED))
    await deliver(desk, row, vendor)
    await deliver(desk, change, vendor)
    assert len(vendor.got) == 1
    assert desk.store.settled[-1].reason == "superseded"


async def test_a_state_that_came_while_sending_is_not_taken_back() -> None:
    desk, _, (row,) = await replied()

    async def send(row: Outbound) -> Sent:
        desk.store.add(replace(answer(desk), state=MessageState.DELIVERED))
        return Sent("o1")

    await delivery.deliver(desk.store, row, send, desk.now, desk.rules)
    assert (answer(desk).state, answer(desk).external_id) == (MessageState.DELIVERED, "o1")


async def test_our_own_failure_counts_and_at_last_is_visible() -> None:
    desk, ann, (row,) = await replied()
    await deliver(desk, row, Vendor(RuntimeError("bug")))
    assert (desk.store.settled[-1].end, desk.store.settled[-1].counts) == (End.AGAIN, True)
    assert answer(desk).state is MessageState.QUEUED
    assert not desk.store.sent
    await deliver(desk, replace(row, tries=delivery.TOLD_AFTER), Vendor(RuntimeError("bug")))
    (said,) = desk.store.shown(View.SAY)
    assert said.args == {"key": "reply-late", "detail": "RuntimeError"}
    assert (said.chat_id, said.reply_to) == (ann.telegram_id, desk.store.only(DeskMessage).desk_id)
    assert answer(desk).state is MessageState.QUEUED
    await deliver(desk, replace(row, tries=len(delivery.THREE_DAYS)), Vendor(RuntimeError("bug")))
    assert desk.store.settled[-1].end is End.PARKED
    assert answer(desk).state is MessageState.FAILED


def test_a_customers_message_is_tried_for_three_days() -> None:
    verdicts = [
        after_failure(KeyError("x"), 1, tries, jitter=0.5, pauses=delivery.THREE_DAYS) for tries in range(99)
    ]
    waits = [one.after for one in verdicts if isinstance(one, RetryAfter)]
    assert waits == sorted(waits)
    assert timedelta(days=3) <= sum(waits, timedelta()) <= timedelta(days=3.5)
    assert all(isinstance(one, GiveUp) for one in verdicts[len(waits) :])


def test_who_looks_after_the_destination_decides_when_an_outage_is_tried_again() -> None:
    error = SendError(SendCode.UNAVAILABLE, retry_after=0.0)
    assert after_failure(error, 9, 9, jitter=0.9) == RetryAfter(timedelta(), False)


@pytest.mark.parametrize("error", [LostLease(), StoreUnavailable()])
async def test_what_is_not_about_the_message_passes_through(error: Exception) -> None:
    desk, _, (row,) = await replied()
    count = len(desk.store.settled)
    with pytest.raises(type(error)):
        await deliver(desk, row, Vendor(error))
    assert len(desk.store.settled) == count


class Screen:
    def __init__(self, *results: Exception | Sequence[Row]) -> None:
        self.results = list(results)

    async def render(self, row: Outbound) -> Sequence[Row]:
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


async def show(desk: Desk, row: Outbound, *results: Exception | Sequence[Row]) -> SendCode | None:
    return await delivery.show(desk.store, row, Screen(*results).render, desk.now, desk.rules)


def to(manager: Manager, view: View = View.SAY) -> Outbound:
    now = Desk().now
    return Outbound(9, 1, 0, now, ToManager(view, manager.telegram_id, args={"key": "taken"}))


async def test_what_was_shown_is_remembered() -> None:
    desk, ann, _ = await replied()
    entry = Entry(-1, desk.now, Word.SHOWN, desk.lead().id)
    assert await show(desk, to(ann), [entry]) is None
    assert desk.store.words()[-1] == "shown"
    assert desk.store.settled[-1].end is End.DONE


async def test_what_was_shown_but_cannot_be_remembered_is_not_shown_again() -> None:
    desk, ann, _ = await replied()
    place = desk.store.only(DeskMessage)
    twice = DeskMessage(-1, place.chat_id, place.desk_id, place.lead_id, DeskUse.OTHER)
    entry = Entry(-2, desk.now, Word.SHOWN, desk.lead().id)
    assert await show(desk, to(ann), [twice, entry]) is None
    assert (desk.store.settled[-1].end, desk.store.words()[-1]) == (End.DONE, "shown")
    assert len(desk.store.all(DeskMessage)) == 1


async def test_who_blocked_the_bot_is_said_to_the_heads_once_and_routed_around() -> None:
    desk, ann, _ = await replied()
    olga = desk.store.all(Manager)[1]
    for _ in range(2):
        assert await show(desk, to(ann), SendError(SendCode.BLOCKED)) is SendCode.BLOCKED
    assert [one.end for one in desk.store.settled[-2:]] == [End.PARKED] * 2
    assert desk.store.words().count("unreachable") == 1
    (said,) = desk.store.shown()
    assert (said.chat_id, said.args) == (olga.telegram_id, {"key": "manager-unreachable", "name": "Ann"})
    assert desk.store.all(Manager)[0].unreachable_since == desk.now
    bob = desk.manager("Bob", last_lead_at=desk.now)
    await desk.writes("pat")
    assert desk.store.shown(View.CARD)[-1].chat_id == bob.telegram_id


async def test_an_owner_who_cannot_be_reached_hears_nothing_of_it() -> None:
    desk, _, _ = await replied()
    olga = desk.store.all(Manager)[1]
    await show(desk, to(olga), SendError(SendCode.BLOCKED))
    assert not desk.store.sent


async def test_a_wrong_desk_token_parks_nothing() -> None:
    desk, ann, _ = await replied()
    await show(desk, to(ann, View.CARD), SendError(SendCode.MISCONFIGURED))
    settle = desk.store.settled[-1]
    assert (settle.end, settle.counts) == (End.AGAIN, False)


async def test_a_conflict_is_not_taken_for_a_refusal() -> None:
    desk, ann, _ = await replied()
    with pytest.raises(Conflict):
        await show(desk, to(ann), Conflict())
    assert desk.store.all(Manager)[0].unreachable_since is None


async def test_an_event_that_we_fail_at_is_said_to_the_heads() -> None:
    desk, _, _ = await replied()
    olga = desk.store.all(Manager)[1]
    desk.store.leases["inbox", 77] = 5
    await delivery.park(desk.store, Settle("inbox", 77, 5, End.PARKED, "KeyError: 'x'"), None)
    assert desk.store.settled[-1].reason == "KeyError: 'x'"
    (said,) = desk.store.shown()
    assert (said.chat_id, said.args) == (olga.telegram_id, {"key": "event-parked", "id": "77"})


async def test_an_update_that_we_fail_at_is_said_to_its_writer() -> None:
    desk, ann, _ = await replied()
    desk.store.leases["inbox", 78] = 5
    await delivery.park(desk.store, Settle("inbox", 78, 5, End.PARKED, "KeyError: 'x'"), ann.telegram_id)
    (said,) = desk.store.shown()
    assert (said.chat_id, said.args) == (ann.telegram_id, {"key": "went-wrong"})


def test_that_others_were_faster_is_no_failure_unless_it_never_ends() -> None:
    soon = after_failure(Conflict("lead 1"), 3, 0, jitter=0.5)
    assert isinstance(soon, RetryAfter)
    assert not soon.counts
    assert soon.after < timedelta(seconds=1)
    mistake = after_failure(Conflict("lead 1"), delivery.MAX_CONFLICTS, 0, jitter=0.5)
    assert isinstance(mistake, RetryAfter)
    assert mistake.counts

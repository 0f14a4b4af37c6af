from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from desks import NOON, Desk

from leads import desk as acts
from leads import reply
from leads.changes import End, Settle, ToManager, View
from leads.errors import LostLease, Refused
from leads.model import (
    Contact,
    Conversation,
    DeskMessage,
    DeskThread,
    DeskUse,
    Direction,
    Lead,
    LeadState,
    Manager,
    Message,
    Reminder,
    ReminderState,
    Role,
)


async def started() -> tuple[Desk, Manager, Manager]:
    """Kim's lead is Ann's, shown in topic 7; Bob is on shift, too."""
    desk = Desk()
    ann, bob = desk.manager("Ann"), desk.manager("Bob")
    await desk.writes("kim", "one")
    desk.remember(ann, desk.lead(), topic=7)
    desk.store.sent.clear()
    return desk, ann, bob


def views(desk: Desk, manager: Manager) -> list[View]:
    return [row.view for row in desk.store.shown() if row.chat_id == manager.telegram_id]


async def test_taking_moves_the_lead_and_tells_who_had_it() -> None:
    desk, ann, bob = await started()
    await desk.writes("kim", "two")
    desk.store.sent.clear()
    await acts.take(desk.store, desk.act(bob), desk.lead().id)
    lead = desk.lead()
    assert (lead.manager_id, lead.state, lead.routed["why"]) == (bob.id, LeadState.ACTIVE, "taken")
    assert views(desk, bob) == [View.CARD, View.CUSTOMER]
    assert views(desk, ann) == [View.MOVED, View.CARD_EDIT]
    moved = desk.store.shown(View.MOVED)[0]
    assert (moved.topic_id, moved.args) == (7, {"to": bob.id, "by": bob.id})
    assert not desk.store.only(DeskThread).active
    assert desk.store.only(Contact).manager_id == bob.id
    await desk.writes("kim", "three")
    assert views(desk, bob)[-1] is View.CUSTOMER
    assert views(desk, ann) == [View.MOVED, View.CARD_EDIT]


async def test_taking_ones_own_lead_refreshes_its_card_once() -> None:
    desk, ann, _ = await started()
    for _ in range(2):
        await acts.take(desk.store, desk.act(ann), desk.lead().id)
    assert desk.lead().state is LeadState.ACTIVE
    assert views(desk, ann) == [View.CARD_EDIT]
    assert desk.lead().version == 1


async def test_a_lead_that_comes_back_is_not_announced_twice() -> None:
    desk, ann, bob = await started()
    await acts.take(desk.store, desk.act(bob), desk.lead().id)
    desk.remember(bob, desk.lead())
    await desk.writes("kim", "two")
    desk.store.sent.clear()
    await acts.hand_over(desk.store, desk.act(bob), desk.lead().id, ann.id)
    assert views(desk, ann) == [View.LEAD, View.CARD_EDIT, View.CUSTOMER]
    assert desk.store.shown(View.LEAD)[0].topic_id == 7
    assert [one.active for one in desk.store.all(DeskThread)] == [True, False]


async def test_who_gets_it_back_sees_only_what_was_not_shown_to_them() -> None:
    desk, ann, bob = await started()
    first = desk.store.only(Message)
    desk.remember_message(ann, desk.lead(), first.id, 901)
    await acts.take(desk.store, desk.act(bob), desk.lead().id)
    await desk.writes("kim", "two")
    desk.store.sent.clear()
    await acts.hand_over(desk.store, desk.act(bob), desk.lead().id, ann.id)
    second = desk.store.all(Message)[-1]
    assert [row.args["message"] for row in desk.store.shown(View.CUSTOMER)] == [second.id]


async def test_who_gets_a_lead_is_not_shown_what_was_answered_already() -> None:
    desk, ann, bob = await started()
    await desk.writes("kim", "two")
    await reply.send(desk.store, desk.act(ann), desk.lead().id, desk.draft(ann, "yes"))
    desk.later(minutes=1)
    await desk.writes("kim", "three")
    desk.store.sent.clear()
    await acts.take(desk.store, desk.act(bob), desk.lead().id)
    newest = desk.store.all(Message)[-1]
    assert [row.args["message"] for row in desk.store.shown(View.CUSTOMER)] == [newest.id]


async def test_anybody_may_act_on_a_lead_that_nobody_has() -> None:
    desk = Desk()
    ann = desk.manager("Ann", on_shift=False)
    await desk.writes("kim")
    await acts.note(desk.store, desk.act(ann), desk.lead().id, "a friend of mine")
    await acts.close(desk.store, desk.act(ann), desk.lead().id, LeadState.LOST, "")
    assert not desk.lead().open


async def test_handing_over_to_nobody_in_particular_asks_whose_turn_it_is() -> None:
    desk, ann, bob = await started()
    await acts.hand_over(desk.store, desk.act(ann), desk.lead().id, None)
    assert desk.lead().manager_id == bob.id
    assert (desk.lead().state, desk.lead().routed) == (
        LeadState.ASSIGNED,
        {"why": "handed_over", "by": ann.id},
    )


async def refusal(act: Any) -> str:
    with pytest.raises(Refused) as caught:
        await act
    return caught.value.reason


async def test_refused_hand_overs_change_nothing() -> None:
    desk, ann, bob = await started()
    number, before = desk.lead().id, desk.lead()
    assert await refusal(acts.hand_over(desk.store, desk.act(ann), number, 999)) == "refused-no-manager"
    assert (
        await refusal(acts.hand_over(desk.store, desk.act(ann), number, ann.id)) == "refused-already-theirs"
    )
    desk.store.tables[Manager][bob.id] = replace(bob, on_shift=False)
    assert await refusal(acts.hand_over(desk.store, desk.act(ann), number, None)) == "refused-nobody-on-shift"
    assert await refusal(acts.take(desk.store, desk.act(ann), 999)) == "refused-no-lead"
    assert desk.lead() == before
    assert not desk.store.sent


async def test_another_managers_lead_is_closed_and_noted_only_by_heads() -> None:
    desk, _, bob = await started()
    hal = desk.manager("Hal", Role.HEAD)
    number = desk.lead().id
    assert await refusal(acts.note(desk.store, desk.act(bob), number, "hm")) == "refused-not-yours"
    closing = acts.close(desk.store, desk.act(bob), number, LeadState.LOST, "")
    assert await refusal(closing) == "refused-not-yours"
    await acts.note(desk.store, desk.act(hal), number, "call first")
    await acts.close(desk.store, desk.act(hal), number, LeadState.WON, "")
    assert desk.lead().state is LeadState.WON


async def test_a_note_stays_at_the_desk() -> None:
    desk, ann, _ = await started()
    place = acts.Place(ann.telegram_id, 55, 7)
    await acts.note(desk.store, desk.act(ann), desk.lead().id, "likes tea", place)
    message, kept = desk.store.all(Message)[-1], desk.store.only(DeskMessage)
    assert (message.direction, message.text) == (Direction.NOTE, "likes tea")
    assert (kept.desk_id, kept.message_id, kept.use) == (55, message.id, DeskUse.NOTE)
    assert not desk.store.sent
    assert desk.lead().unanswered_since == NOON
    assert await refusal(acts.note(desk.store, desk.act(ann), desk.lead().id, " ")) == "refused-empty"


@pytest.mark.parametrize("state", [LeadState.WON, LeadState.LOST, LeadState.SPAM])
async def test_closing_ends_the_reminders_and_further_acts_are_refused(state: LeadState) -> None:
    desk, ann, bob = await started()
    number = desk.lead().id
    await acts.close(desk.store, desk.act(ann), number, state, "price")
    lead = desk.lead()
    assert (lead.state, lead.closed_at, lead.close_reason) == (state, NOON, "price")
    assert {one.state for one in desk.store.all(Reminder)} == {ReminderState.CANCELLED}
    assert views(desk, ann) == [View.CARD_EDIT]
    assert await refusal(acts.take(desk.store, desk.act(bob), number)) == "refused-closed"
    assert await refusal(acts.note(desk.store, desk.act(ann), number, "x")) == "refused-closed"
    assert await refusal(acts.close(desk.store, desk.act(ann), number, state, "")) == "refused-closed"
    await acts.reopen(desk.store, desk.act(ann), number)
    assert (desk.lead().state, desk.lead().closed_at, desk.lead().manager_id) == (
        LeadState.ACTIVE,
        None,
        ann.id,
    )


async def test_an_open_state_closes_nothing() -> None:
    desk, ann, _ = await started()
    with pytest.raises(ValueError, match="does not close"):
        await acts.close(desk.store, desk.act(ann), desk.lead().id, LeadState.ACTIVE, "")


async def test_a_second_open_lead_of_one_customer_is_refused() -> None:
    desk, ann, _ = await started()
    first = desk.lead()
    await acts.close(desk.store, desk.act(ann), first.id, LeadState.WON, "")
    desk.later(days=3)
    await desk.writes("kim", "again")
    assert await refusal(acts.reopen(desk.store, desk.act(ann), first.id)) == "refused-another-open"
    assert [one.open for one in desk.store.all(Lead)] == [False, True]


async def test_reopening_a_lead_of_somebody_who_left_makes_it_ones_own() -> None:
    desk, ann, _ = await started()
    hal = desk.manager("Hal", Role.HEAD)
    await acts.close(desk.store, desk.act(ann), desk.lead().id, LeadState.WON, "")
    desk.store.tables[Manager][ann.id] = replace(ann, active=False)
    desk.store.sent.clear()
    await acts.reopen(desk.store, desk.act(hal), desk.lead().id)
    assert (desk.lead().manager_id, desk.lead().state) == (hal.id, LeadState.ACTIVE)
    assert [row.chat_id for row in desk.store.shown()] == [hal.telegram_id]
    assert not desk.store.only(DeskThread).active


async def test_a_way_is_chosen_among_the_customers_own() -> None:
    desk, ann, _ = await started()
    way = desk.store.only(Conversation)
    await acts.choose_conversation(desk.store, desk.act(ann), desk.lead().id, way.id)
    assert desk.lead().via == way.id
    other = acts.choose_conversation(desk.store, desk.act(ann), desk.lead().id, 999)
    assert await refusal(other) == "refused-no-way"
    await acts.choose_conversation(desk.store, desk.act(ann), desk.lead().id, None)
    assert desk.lead().via is None


async def test_an_act_settles_its_update_and_brings_its_answer_along() -> None:
    desk, ann, _ = await started()
    answer = ToManager(View.SAY, ann.telegram_id, args={"key": "taken"})
    act = replace(desk.act(ann, update=77), also=(answer,))
    await acts.take(desk.store, act, desk.lead().id)
    assert desk.store.settled[-1] == Settle("inbox", 77, 1, End.DONE)
    assert desk.store.sent[-1] == answer
    desk.store.leases["inbox", 78] = 2
    lost = replace(desk.act(ann, update=78), also=(answer,))
    with pytest.raises(LostLease):
        await acts.close(desk.store, lost, desk.lead().id, LeadState.WON, "")
    assert desk.lead().open


async def test_two_who_take_at_once_end_with_one_manager_and_one_who_was_told() -> None:
    desk, ann, bob = await started()
    cid = desk.manager("Cid")
    number = desk.lead().id

    def bob_was_faster() -> None:
        lead = desk.lead()
        desk.store.tables[Lead][number] = replace(lead, manager_id=bob.id, version=lead.version + 1)

    desk.store.before_commit = bob_was_faster
    await acts.take(desk.store, desk.act(cid), number)
    assert desk.lead().manager_id == cid.id
    assert [row.chat_id for row in desk.store.shown(View.MOVED)] == [bob.telegram_id]
    assert ann.telegram_id not in {row.chat_id for row in desk.store.shown()}

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from desks import NOON, Desk, chat_event

from leads import desk as desk_acts
from leads import people
from leads.changes import End, View
from leads.errors import Conflict
from leads.events import Attachment, Attribution, Inbound, Kind, MediaKind, Sender
from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    Identity,
    Lead,
    LeadState,
    Link,
    LinkBy,
    Manager,
    Message,
    Reminder,
    ReminderKind,
    ReminderState,
    Role,
)


async def test_a_first_message_becomes_a_lead_with_a_card_and_two_reminders() -> None:
    desk = Desk()
    ann = desk.manager("Ann")
    await desk.writes("kim", "Do you ship to Riga?", attribution=Attribution({"utm_source": "ad"}))
    lead, contact = desk.lead(), desk.store.only(Contact)
    assert (lead.state, lead.manager_id, lead.unanswered_since) == (LeadState.ASSIGNED, ann.id, NOON)
    assert lead.routed == {"why": "round_robin", "among": [ann.id]}
    assert (contact.name, contact.manager_id, contact.first_touch) == ("kim", ann.id, lead.attribution)
    assert desk.store.only(Message).text == "Do you ship to Riga?"
    assert desk.store.only(Conversation).thread == "kim"
    assert desk.store.only(Link).by is LinkBy.NEW
    assert [(row.view, row.chat_id, row.lead_id) for row in desk.store.shown()] == [
        (View.CARD, ann.telegram_id, lead.id)
    ]
    due = {one.kind: one.due_at - NOON for one in desk.store.all(Reminder)}
    assert due == {
        ReminderKind.FIRST_ANSWER: timedelta(minutes=15),
        ReminderKind.FIRST_ANSWER_HEAD: timedelta(minutes=30),
    }
    assert desk.store.words(lead.id) == ["received", "routed", "announced"]
    assert [one.end for one in desk.store.settled] == [End.DONE]


async def test_later_messages_are_shown_each_and_make_no_second_card() -> None:
    desk = Desk()
    ann = desk.manager("Ann")
    for text in ("one", "two", "three"):
        await desk.writes("kim", text)
        desk.later(minutes=1)
    texts = {one.id: one.text for one in desk.store.all(Message)}
    assert len(desk.store.shown(View.CARD)) == 1
    shown = desk.store.shown(View.CUSTOMER)
    assert [texts[row.args["message"]] for row in shown] == ["two", "three"]
    assert {row.chat_id for row in shown} == {ann.telegram_id}
    assert not desk.store.shown(View.CARD_EDIT)
    assert desk.lead().unanswered_since == NOON


async def test_two_first_messages_at_once_make_one_lead() -> None:
    for _ in range(20):
        desk = Desk()
        desk.manager("Ann")
        await asyncio.gather(desk.writes("kim", "one"), desk.writes("kim", "two"))
        assert len(desk.store.all(Lead)) == len(desk.store.all(Contact)) == 1
        assert [row.view for row in desk.store.shown()] == [View.CARD, View.CUSTOMER]


async def test_a_change_meanwhile_is_decided_anew_three_times_at_most() -> None:
    desk = Desk()
    desk.manager("Ann")
    await desk.writes("kim", "one")
    times = 0

    def meddle() -> None:
        nonlocal times
        times += 1
        lead = desk.lead()
        desk.store.tables[Lead][lead.id] = replace(lead, version=lead.version + 1)
        desk.store.before_commit = meddle

    desk.store.before_commit = meddle
    with pytest.raises(Conflict):
        await desk.writes("kim", "two")
    assert times == 3
    desk.store.before_commit = None
    assert len(desk.store.all(Message)) == 1


async def test_a_form_joins_the_open_lead_of_that_person_and_adds_what_is_new() -> None:
    desk = Desk()
    desk.manager("Ann")
    await desk.fills(email="kim@example.com", name="Kim")
    desk.later(minutes=1)
    await desk.fills(email="KIM@example.com", phone="29123456", name="Someone")
    assert len(desk.store.all(Lead)) == 1
    assert desk.store.only(Contact).name == "Kim"
    assert {one.value for one in desk.store.all(ContactPoint)} == {"kim@example.com", "+37129123456"}
    assert [one.by for one in desk.store.all(Link)] == [LinkBy.NEW, LinkBy.EMAIL]
    assert [row.view for row in desk.store.shown()] == [View.CARD, View.CUSTOMER, View.CARD_EDIT]


async def test_a_chat_with_the_same_phone_is_the_same_person_and_a_second_chat_is_not() -> None:
    desk = Desk()
    desk.manager("Ann")
    await desk.fills(phone="29123456", name="Kim")
    own = Attachment(MediaKind.CONTACT, data={"phone": "+37129123456", "own": "1"})
    await desk.writes("kim", attachments=(own,))
    assert len(desk.store.all(Contact)) == 1
    await desk.writes("pat", attachments=(own,))
    first, second = desk.store.all(Contact)
    assert [one.contact_id for one in desk.store.all(Identity)] == [first.id, second.id]
    apart = desk.store.all(Link)[-1]
    assert (apart.by, apart.contact_id, apart.others) == (LinkBy.KEPT_APART, second.id, (first.id,))
    assert len(desk.store.all(Lead)) == 2


async def test_somebody_elses_phone_in_a_shared_contact_joins_nobody() -> None:
    desk = Desk()
    desk.manager("Ann")
    await desk.fills(phone="29123456")
    friends = Attachment(MediaKind.CONTACT, data={"phone": "+37129123456", "own": ""})
    await desk.writes("kim", attachments=(friends,))
    assert len(desk.store.all(Contact)) == 2


async def test_an_impossible_phone_stays_with_the_message_as_text() -> None:
    desk = Desk()
    desk.manager("Ann")
    await desk.fills(phone="ask my sister", name="Kim")
    assert desk.store.only(Message).fields == {"phone": "ask my sister"}
    assert not desk.store.all(ContactPoint)


async def test_first_touch_stays_and_last_touch_moves() -> None:
    desk = Desk()
    desk.manager("Ann")
    for source in ("ad", "", "mail"):
        touch = Attribution({"utm_source": source}) if source else Attribution()
        await desk.writes("kim", attribution=touch)
    contact = desk.store.only(Contact)
    assert (contact.first_touch.params, contact.last_touch.params) == (
        {"utm_source": "ad"},
        {"utm_source": "mail"},
    )


async def test_leads_go_round_and_back_to_the_contacts_own_manager() -> None:
    desk = Desk()
    ann, bob = desk.manager("Ann"), desk.manager("Bob")
    for who in ("kim", "pat"):
        await desk.writes(who)
        desk.later(minutes=1)
    kims, pats = desk.store.all(Lead)
    assert [kims.manager_id, pats.manager_id] == [ann.id, bob.id]
    await desk_acts.close(desk.store, desk.act(bob), pats.id, LeadState.WON, "")
    desk.later(hours=25)
    await desk.writes("pat", "again")
    newest = desk.store.all(Lead)[-1]
    assert (newest.manager_id, newest.routed["why"]) == (bob.id, "own_manager")
    assert newest.contact_id == pats.contact_id


async def test_an_off_said_meanwhile_is_not_undone_by_a_lead() -> None:
    desk = Desk()
    ann = desk.manager("Ann")

    def off() -> None:
        desk.store.tables[Manager][ann.id] = replace(ann, on_shift=False)

    desk.store.before_commit = off
    await desk.writes("kim")
    stored = desk.store.only(Manager)
    assert (stored.on_shift, stored.last_lead_at) == (False, NOON)


async def test_nobody_on_shift_the_lead_waits_and_heads_are_told() -> None:
    desk = Desk()
    ann = desk.manager("Ann", on_shift=False)
    owner, head = desk.manager("Olga", Role.OWNER), desk.manager("Hal", Role.HEAD)
    await desk.writes("kim", "one")
    await desk.writes("kim", "two")
    assert (desk.lead().state, desk.lead().manager_id) == (LeadState.WAITING, None)
    rows = desk.store.shown()
    assert [row.view for row in rows] == [View.UNROUTED, View.UNROUTED]
    assert {row.chat_id for row in rows} == {owner.telegram_id, head.telegram_id}
    assert len(desk.store.all(Reminder)) == 2
    await people.shift(desk.store, desk.act(ann), True)
    texts = {one.id: one.text for one in desk.store.all(Message)}
    mine = [row for row in desk.store.shown() if row.chat_id == ann.telegram_id]
    assert [row.view for row in mine] == [View.CARD, View.CUSTOMER]
    assert texts[mine[1].args["message"]] == "two"


async def test_who_comes_on_shift_while_a_lead_is_being_routed_gets_it() -> None:
    desk = Desk()
    ann = desk.manager("Ann", on_shift=False)

    def on() -> None:
        desk.store.tables[Manager][ann.id] = replace(ann, on_shift=True)

    desk.store.before_commit = on
    await desk.writes("kim")
    assert (desk.lead().state, desk.lead().manager_id) == (LeadState.ASSIGNED, ann.id)
    assert len(desk.store.shown(View.CARD)) == 1


@pytest.mark.parametrize(("hours", "reopened"), [(0, True), (24, True), (24.1, False)])
async def test_who_writes_within_a_day_of_closing_reopens_the_lead(hours: float, reopened: bool) -> None:
    desk = Desk()
    ann = desk.manager("Ann")
    await desk.writes("kim")
    first = desk.lead()
    await desk_acts.close(desk.store, desk.act(ann), first.id, LeadState.LOST, "price")
    desk.later(hours=hours)
    await desk.writes("kim", "changed my mind")
    leads = desk.store.all(Lead)
    assert [one.open for one in leads] == ([True] if reopened else [False, True])
    if reopened:
        assert (leads[0].closed_at, leads[0].close_reason) == (None, "")
        assert leads[0].unanswered_since == desk.now
        assert len(desk.store.shown(View.CARD)) == 1
        assert desk.store.shown()[-2:][0].view is View.CUSTOMER
        waiting = [o for o in desk.store.all(Reminder) if o.state is ReminderState.WAITING]
        assert len(waiting) == 2
    else:
        assert len(desk.store.shown(View.CARD)) == 2


async def test_a_spammer_stays_silent_counted_and_parked_for_good() -> None:
    desk = Desk()
    ann = desk.manager("Ann")
    await desk.writes("kim", "buy pills")
    lead = desk.lead()
    await desk_acts.close(desk.store, desk.act(ann), lead.id, LeadState.SPAM, "")
    shown = len(desk.store.shown())
    for _ in range(2):
        desk.later(hours=30)
        await desk.writes("kim", "more pills")
    assert len(desk.store.shown()) == shown
    assert desk.lead().state is LeadState.SPAM
    assert desk.store.words(lead.id).count("silenced") == 2
    assert [(one.end, one.reason) for one in desk.store.settled[-2:]] == [(End.PARKED, "spam")] * 2
    await desk_acts.reopen(desk.store, desk.act(ann), lead.id)
    await desk.writes("kim", "I am no robot")
    assert desk.store.shown()[-1].view is View.CUSTOMER


async def test_a_lead_whose_manager_left_waits_or_goes_to_another() -> None:
    desk = Desk()
    ann = desk.manager("Ann")
    owner = desk.manager("Olga", Role.OWNER)
    await desk.writes("kim")
    desk.store.tables[Manager][ann.id] = replace(ann, active=False, on_shift=False)
    await desk.writes("kim", "anybody?")
    assert desk.lead().state is LeadState.WAITING
    assert [row.chat_id for row in desk.store.shown(View.UNROUTED)] == [owner.telegram_id]
    bob = desk.manager("Bob")
    await desk.writes("kim", "hello?")
    assert desk.lead().manager_id == bob.id
    mine = [row.view for row in desk.store.shown() if row.chat_id == bob.telegram_id]
    assert mine == [View.CARD, View.CUSTOMER, View.CUSTOMER]


async def test_a_lead_whose_manager_left_goes_to_who_is_on_shift_without_alarm() -> None:
    desk = Desk()
    ann, bob = desk.manager("Ann"), desk.manager("Bob")
    desk.manager("Olga", Role.OWNER)
    await desk.writes("kim")
    desk.store.tables[Manager][ann.id] = replace(ann, active=False, on_shift=False)
    await desk.writes("kim", "anybody?")
    assert desk.lead().manager_id == bob.id
    assert not desk.store.shown(View.UNROUTED)


async def test_what_a_person_replays_counts_although_it_looked_like_spam() -> None:
    desk = Desk()
    desk.manager("Ann")
    await desk.writes("kim", suspicion="honeypot")
    assert desk.lead().open


async def test_the_vendors_time_is_believed_but_not_from_the_future() -> None:
    desk = Desk()
    desk.manager("Ann")
    await desk.writes("kim", at=NOON - timedelta(hours=2))
    assert desk.lead().unanswered_since == NOON - timedelta(hours=2)
    await desk.writes("pat", at=NOON + timedelta(days=9))
    assert desk.store.all(Message)[-1].at == NOON


async def test_a_message_that_answers_another_names_it() -> None:
    desk = Desk()
    desk.manager("Ann")
    await desk.writes("kim", "one", message_id="x1")
    await desk.writes("kim", "two", reply_to="x1")
    first, second = desk.store.all(Message)
    assert second.reply_to_id == first.id


async def test_an_anonymous_form_is_a_lead_of_its_own_each_time() -> None:
    desk = Desk()
    desk.manager("Ann")
    for number in range(2):
        await desk.comes(Inbound(Kind.FORM, Sender(), f"event:{number}", fields={"wish": "a call"}), "form")
    assert len(desk.store.all(Lead)) == 2
    assert desk.store.all(Message)[0].fields == {"wish": "a call"}


async def test_writing_again_lifts_the_block() -> None:
    desk = Desk()
    desk.manager("Ann")
    await desk.writes("kim")
    await desk.comes(chat_event("kim", kind=Kind.BLOCKED))
    assert desk.store.only(Identity).blocked_at == NOON
    await desk.writes("kim")
    assert desk.store.only(Identity).blocked_at is None

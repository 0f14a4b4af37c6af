"""What decisions are made upon, read back as it was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from storage_scene import MINUTE, NOW, a_lead, door, event, manager, put, received

from leads.changes import Arrived
from leads.events import Attachment, Attribution, Kind, MediaKind, Span
from leads.journal import Word
from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    DeskMessage,
    DeskThread,
    DeskUse,
    Direction,
    Entry,
    Invite,
    Lead,
    LeadState,
    Link,
    LinkBy,
    Message,
    MessageState,
    PointKind,
    Reminder,
    ReminderKind,
    ReminderState,
    Role,
)
from storage.store import Store


async def arrived(store: Store, **given: object) -> Arrived:
    source = await store.source("shop") or await door(store)
    await received(store, source, event("now", **given))
    return next(row for row in await store.claim_events("me", 50) if row.event.event_id == "now")


async def test_a_stranger_has_no_candidates_and_all_managers_are_seen(store: Store) -> None:
    await put(store, manager(1, "Ann"))
    await put(store, manager(2, "Gone", active=False))
    seen = await store.intake_snapshot(await arrived(store), [], [])
    assert seen.candidates == ()
    assert seen.conversation is None
    assert [one.name for one in seen.managers] == ["Ann"]


async def test_candidates_come_by_strength_then_activity(store: Store) -> None:
    source = await door(store)
    lead = await put(store, *a_lead(source))
    made = []
    for number, (kind, value, active) in enumerate(
        [
            (PointKind.PHONE, "+4912345678", NOW),
            (PointKind.EMAIL, "a@example.org", NOW),
            (PointKind.EMAIL, "a@example.org", NOW + MINUTE),
        ]
    ):
        contact = Contact(-1, f"other {number}", NOW, active)
        ids = await put(store, contact, ContactPoint(-2, -1, kind, value))
        made.append(ids[-1])
    now = await arrived(store)
    seen = await store.intake_snapshot(now, ["+4912345678", "+1"], ["a@example.org"])
    assert [one.contact.id for one in seen.candidates] == [lead[-1], made[2], made[1], made[0]]
    assert [one.by for one in seen.candidates] == [
        LinkBy.IDENTITY,
        LinkBy.EMAIL,
        LinkBy.EMAIL,
        LinkBy.PHONE,
    ]
    assert [one.value for one in seen.candidates[1:]] == ["a@example.org", "a@example.org", "+4912345678"]
    assert seen.candidates[0].identities[0].username == "olga_s"
    assert seen.candidates[0].open_lead is not None
    assert seen.candidates[0].open_lead.id == lead[-4]


async def test_the_newest_closed_lead_and_no_open_one(store: Store) -> None:
    source = await door(store)
    ids = await put(store, *a_lead(source, state=LeadState.LOST, closed_at=NOW))
    newer = Lead(-1, ids[-1], source.id, "telegram", LeadState.WON, NOW, closed_at=NOW + MINUTE)
    newest = (await put(store, newer))[-1]
    (candidate,) = (await store.intake_snapshot(await arrived(store), [], [])).candidates
    assert candidate.open_lead is None
    assert candidate.last_lead is not None
    assert candidate.last_lead.id == newest


async def test_an_edit_finds_its_message_lead_threads_and_reminders(store: Store) -> None:
    source = await door(store)
    ids = await put(
        store,
        *a_lead(source),
        DeskThread(-6, -4, chat_id=-100500, topic_id=7, card_id=8),
        DeskThread(-7, -4, chat_id=5, active=False),
        Reminder(-8, -4, ReminderKind.FIRST_ANSWER, NOW),
        Reminder(-9, -4, ReminderKind.MANUAL, NOW, state=ReminderState.DONE),
    )
    now = await arrived(store, conv="c-u1", message_id="m1", reply_to="m1")
    seen = await store.intake_snapshot(now, [], [])
    assert seen.conversation is not None
    assert seen.conversation.id == ids[-3]
    assert seen.target is not None
    assert seen.target.id == ids[-5]
    assert seen.replied == seen.target
    assert seen.target_lead is not None
    assert seen.target_lead.id == ids[-4]
    assert [one.id for one in seen.threads] == [ids[-6]]
    assert seen.threads[0].chat_id == -100500
    assert [one.id for one in seen.reminders] == [ids[-8]]


async def test_a_message_of_another_conversation_is_not_meant(store: Store) -> None:
    source = await door(store)
    await put(store, *a_lead(source))
    seen = await store.intake_snapshot(await arrived(store, conv="else", message_id="m1"), [], [])
    assert seen.target is None


async def test_every_row_comes_back_as_it_was_written(store: Store) -> None:
    """Text with NUL, lone surrogates and our own escape mark; moments to the microsecond; nested values."""
    odd = "NUL \0, half \ud83d, mark \uf8f0 0041 \uf8f00041, 🙂, \u202eright\u202c, <b>&amp;</b>"
    source = await door(store)
    at = NOW + timedelta(microseconds=1)
    boss = await put(store, manager(1, odd, role=Role.HEAD, last_lead_at=at, on_shift=False))
    touch = Attribution({"utm_source": odd}, page=odd, ad="7")
    rows = (
        Contact(-1, odd, at, at, "ru", boss[-1], touch, Attribution(), 0),
        ContactPoint(-2, -1, PointKind.PHONE, "+1", raw=odd),
        *(row for row in a_lead(source)[1:2]),
        Link(-3, -1, LinkBy.KEPT_APART, at, -2, odd, (5, 6)),
        Conversation(-4, -1, source.id, "telegram", "c\0", odd, at, last_in_at=at),
        Lead(
            -5,
            -1,
            source.id,
            "telegram",
            LeadState.ACTIVE,
            at,
            boss[-1],
            routed={"why": "round_robin", "of": [1, {"a": None}]},
            attribution=touch,
            via=-4,
            close_reason=odd,
        ),
        Message(
            -6,
            -5,
            Direction.OUT,
            at,
            MessageState.FAILED,
            -4,
            boss[-1],
            odd,
            (Span("link", 0, 3, url="https://example.org/?a=1"),),
            (Attachment(MediaKind.FILE, "ref", odd, "text/plain", 3, data={"a": odd}),),
            {"b": odd, "a": 1},
            "ext",
            None,
            "blocked",
            odd,
            (odd, "two"),
            at,
            at,
            "👍",
        ),
        Reminder(-7, -5, ReminderKind.MANUAL, at, manager_id=boss[-1], text=odd, created_at=at),
        Entry(-8, at, "noted", lead_id=-5, data={"words": odd, "n": [1]}),
    )
    ids = await put(store, *rows)
    seen = await store.lead_snapshot(ids[-5])
    assert seen is not None
    assert seen.contact == replace(rows[0], id=ids[-1])
    assert seen.points == (replace(rows[1], id=seen.points[0].id, contact_id=ids[-1]),)
    assert seen.lead == replace(rows[5], id=ids[-5], contact_id=ids[-1], via=ids[-4])
    assert seen.conversations == (replace(rows[4], id=ids[-4], contact_id=ids[-1]),)
    assert seen.others == (5, 6)
    assert seen.sources == {source.id: "shop"}
    assert seen.manager is not None
    assert seen.manager.name == odd
    assert seen.manager.last_lead_at == at
    assert await store.message(ids[-6]) == replace(
        rows[6], id=ids[-6], lead_id=ids[-5], conversation_id=ids[-4]
    )
    assert seen.reminders == (replace(rows[7], id=ids[-7], lead_id=ids[-5]),)
    (entry,) = await store.journal(ids[-5])
    assert entry == replace(rows[8], id=entry.id, lead_id=ids[-5])


async def test_first_and_last_message_are_the_customers(store: Store) -> None:
    source = await door(store)
    ids = await put(store, *a_lead(source, text="first"))
    for number, (direction, text) in enumerate([("in", "second"), ("out", "answer"), ("note", "psst")]):
        at = NOW + MINUTE * number
        await put(store, Message(-1, ids[-4], Direction(direction), at, text=text))
    seen = await store.lead_snapshot(ids[-4])
    assert seen is not None
    assert seen.first_message is not None
    assert seen.first_message.text == "first"
    assert seen.last_message is not None
    assert seen.last_message.text == "second"
    assert [one.text for one in await store.messages(ids[-4], limit=3)] == ["second", "answer", "psst"]
    assert await store.lead_snapshot(ids[-4] + 1) is None


async def test_conversations_come_newest_inbound_first(store: Store) -> None:
    source = await door(store)
    ids = await put(store, *a_lead(source))
    first = Conversation(-1, ids[-1], source.id, "web_form", "f1", "", NOW - MINUTE, last_in_at=NOW + MINUTE)
    form = (await put(store, first))[-1]
    seen = await store.lead_snapshot(ids[-4])
    assert seen is not None
    assert [one.id for one in seen.conversations] == [form, ids[-3]]


@pytest.mark.parametrize(
    ("topic", "reply", "found"),
    [(7, None, True), (7, 999, True), (None, 8, True), (None, 44, True), (9, None, False), (9, 44, True)],
)
async def test_the_lead_at_a_place(store: Store, topic: int | None, reply: int | None, found: bool) -> None:
    source = await door(store)
    ids = await put(
        store,
        *a_lead(source),
        DeskThread(-6, -4, chat_id=5, topic_id=7, card_id=8),
        DeskMessage(-7, 5, 44, -4, DeskUse.CUSTOMER, message_id=-5),
    )
    assert await store.lead_at(5, topic, reply) == (ids[-4] if found else None)
    assert await store.lead_at(6, topic, reply) is None


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.REACTION, Kind.CLICK, Kind.EDIT])
async def test_a_later_part_of_a_reply_is_found_by_its_own_id(store: Store, kind: Kind) -> None:
    source = await door(store)
    ids = await put(store, *a_lead(source))
    long = Message(-1, ids[-4], Direction.OUT, NOW, conversation_id=ids[-3], external_id="o1")
    (number,) = (await put(store, long)).values()
    data = {"message": number, "part": 1, "external_id": "o2"}
    await put(store, Entry(-1, NOW, Word.WENT, ids[-4], data=data))
    await received(store, source, replace(event("e", "c-u1", message_id="o2", reply_to="o2"), kind=kind))
    (claimed,) = await store.claim_events("test", 1)
    seen = await store.intake_snapshot(claimed, (), ())
    assert seen.replied
    assert seen.replied.id == number
    assert (seen.target and seen.target.id, seen.target_part) == (
        (None, 0) if kind is Kind.EDIT else (number, 1)
    )
    assert seen.target_lead is None if kind is Kind.EDIT else seen.target_lead


async def test_topic_wins_over_the_message_replied_to(store: Store) -> None:
    source = await door(store)
    one = await put(store, *a_lead(source), DeskThread(-6, -4, chat_id=5, topic_id=7))
    two = await put(
        store, *a_lead(source, external_id="u2"), DeskMessage(-6, 5, 44, -4, DeskUse.CARD, message_id=-5)
    )
    assert await store.lead_at(5, 7, 44) == one[-4]
    assert await store.lead_at(5, None, 44) == two[-4]
    found = await store.desk_message(5, 44)
    assert found is not None
    assert await store.desk_messages_of(two[-5]) == (found,)
    assert found.use is DeskUse.CARD


async def test_due_reminders_and_waiting_leads_are_oldest_first(store: Store) -> None:
    source = await door(store)
    ids = await put(store, *a_lead(source))
    later = await put(store, *a_lead(source, external_id="u2", opened_at=NOW - MINUTE))
    for due in (2, 0, 1, 9):
        await put(store, Reminder(-1, ids[-4], ReminderKind.MANUAL, NOW + MINUTE * due))
    due_now = await store.due_reminders(NOW + 2 * MINUTE, 10)
    assert [one.due_at for one in due_now] == [NOW, NOW + MINUTE, NOW + 2 * MINUTE]
    assert len(await store.due_reminders(NOW + 2 * MINUTE, 2)) == 2
    assert await store.reminder(due_now[0].id) == due_now[0]
    assert [lead.id for lead in await store.waiting_leads(5)] == [later[-4], ids[-4]]


async def test_a_removed_manager_is_nobody_until_added_again(store: Store) -> None:
    first = (await put(store, manager(9, "Ann")))[-1]
    ann = await store.manager_by_telegram(9)
    assert ann is not None
    await put(store, replace(ann, active=False))
    assert await store.manager_by_telegram(9) is None
    assert await store.managers() == ()
    assert (await put(store, manager(9, "Ann again", role=Role.HEAD)))[-1] == first
    again = await store.manager_by_telegram(9)
    assert again is not None
    assert again.role is Role.HEAD


async def test_an_invite_is_found_by_its_hash(store: Store) -> None:
    ids = await put(store, Invite(-1, "ab" * 32, Role.MANAGER, NOW, NOW + MINUTE))
    found = await store.invite("ab" * 32)
    assert found == Invite(ids[-1], "ab" * 32, Role.MANAGER, NOW, NOW + MINUTE)
    assert await store.invite("cd" * 32) is None

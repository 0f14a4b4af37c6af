from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from desks import NOON, Desk, chat_event

from leads import afterwards, reply
from leads import desk as desk_acts
from leads.changes import End, View
from leads.events import Attachment, Kind, MediaKind
from leads.journal import Word
from leads.model import (
    PRESSED,
    Contact,
    Direction,
    Entry,
    Identity,
    Lead,
    LeadState,
    Manager,
    Message,
    MessageState,
    Reminder,
    ReminderState,
)


async def worked() -> tuple[Desk, Manager]:
    """A lead of Ann's with one message, c1, of Kim's."""
    desk = Desk()
    ann = desk.manager("Ann")
    await desk.writes("kim", "one", message_id="c1")
    desk.store.sent.clear()
    return desk, ann


async def answered(state: MessageState = MessageState.SENT) -> tuple[Desk, Message]:
    """The same after Ann's answer, o1."""
    desk, ann = await worked()
    await reply.send(desk.store, desk.act(ann), desk.lead().id, desk.draft(ann, "yes"))
    message = desk.store.all(Message)[-1]
    desk.store.sent.clear()
    kept = desk.store.add(replace(message, external_id="o1", state=state))
    return desk, kept


async def test_an_edit_keeps_the_former_text_and_shows_the_new_one() -> None:
    desk, ann = await worked()
    for text in ("two", "three"):
        await desk.comes(chat_event("kim", text, Kind.EDIT, message_id="c1"))
    message = desk.store.only(Message)
    assert (message.text, message.former, message.edited_at) == ("three", ("one", "two"), NOON)
    assert [(row.view, row.chat_id, row.args) for row in desk.store.shown()] == [
        (View.CUSTOMER_EDIT, ann.telegram_id, {"message": message.id})
    ] * 2


async def test_an_edit_that_changes_nothing_is_no_news_nor_is_a_moving_location() -> None:
    desk, _ = await worked()
    await desk.comes(chat_event("kim", "one", Kind.EDIT, message_id="c1"))
    assert desk.store.only(Message).edited_at is None
    here = Attachment(MediaKind.LOCATION, data={"latitude": "1", "longitude": "2"})
    there = Attachment(MediaKind.LOCATION, data={"latitude": "1", "longitude": "3"})
    await desk.writes("kim", "", message_id="c2", attachments=(here,))
    desk.store.sent.clear()
    await desk.comes(chat_event("kim", "", Kind.EDIT, message_id="c2", attachments=(there,)))
    assert desk.store.all(Message)[-1].attachments == (there,)
    assert not desk.store.sent


@pytest.mark.parametrize("kind", [Kind.DELETE, Kind.REACTION, Kind.STATUS])
async def test_what_names_an_unknown_message_is_settled_with_a_word(kind: Kind) -> None:
    desk, _ = await worked()
    await desk.comes(chat_event("kim", "x", kind, message_id="nobody-knows"), tries=1)
    assert desk.store.settled[-1].end is End.DONE
    assert desk.store.words()[-1] == "ignored"
    assert not desk.store.sent


async def test_an_edit_of_an_unknown_message_is_parked_for_its_text() -> None:
    desk, _ = await worked()
    await desk.comes(chat_event("kim", "new words", Kind.EDIT, message_id="nobody-knows"))
    settle = desk.store.settled[-1]
    assert settle.end is End.PARKED
    assert "not known" in settle.reason


async def test_a_deletion_is_told_once() -> None:
    desk, _ = await worked()
    for _ in range(2):
        await desk.comes(chat_event("kim", kind=Kind.DELETE, message_id="c1"))
    message = desk.store.only(Message)
    assert message.deleted_at == NOON
    (row,) = desk.store.shown(View.CUSTOMER_EVENT)
    assert row.args == {"event": "deleted", "message": message.id}


async def test_a_reaction_to_an_answer_is_told_and_may_be_withdrawn() -> None:
    desk, message = await answered()
    for emoji in ("👍", "👍", ""):
        await desk.comes(chat_event("kim", emoji, Kind.REACTION, message_id="o1"))
    assert desk.store.all(Message)[-1].reaction == ""
    rows = desk.store.shown(View.CUSTOMER_EVENT)
    assert [row.args["text"] for row in rows] == ["👍", ""]
    assert {row.args["message"] for row in rows} == {message.id}


@pytest.mark.parametrize(
    ("before", "told", "after"),
    [
        ("sent", "delivered", "delivered"),
        ("sent", "read", "read"),
        ("read", "delivered", "read"),
        ("delivered", "delivered", "delivered"),
        ("queued", "sent", "sent"),
        ("sent", "failed", "failed"),
        ("read", "failed", "read"),
        ("failed", "delivered", "delivered"),
        ("sent", "teleported", "sent"),
    ],
)
async def test_states_only_go_forward(before: str, told: str, after: str) -> None:
    desk, message = await answered(MessageState(before))
    await desk.comes(chat_event("kim", told, Kind.STATUS, message_id="o1", fields={"detail": "no route"}))
    stored = await desk.store.message(message.id)
    assert stored is not None
    assert stored.state.value == after
    assert (stored.error_detail == "no route") == (after == "failed")
    rows = desk.store.shown(View.STATE)
    assert len(rows) == (before != after)
    assert all(row.coalesce == f"state:{message.id}" for row in rows)


async def test_a_customers_own_message_has_no_state() -> None:
    desk, _ = await worked()
    await desk.comes(chat_event("kim", "read", Kind.STATUS, message_id="c1"))
    assert desk.store.only(Message).state is MessageState.RECEIVED


async def test_blocking_and_unblocking_are_told_to_who_has_the_lead() -> None:
    desk, ann = await worked()
    for kind in (Kind.BLOCKED, Kind.BLOCKED, Kind.UNBLOCKED):
        await desk.comes(chat_event("kim", kind=kind))
    rows = desk.store.shown(View.CUSTOMER_EVENT)
    assert [(row.chat_id, row.args) for row in rows] == [
        (ann.telegram_id, {"event": "blocked"}),
        (ann.telegram_id, {"event": "unblocked"}),
    ]
    assert desk.store.only(Identity).blocked_at is None


async def test_a_stranger_who_opens_or_blocks_the_chat_is_no_lead() -> None:
    desk = Desk()
    desk.manager("Ann")
    for kind in (Kind.UNBLOCKED, Kind.BLOCKED):
        await desk.comes(chat_event("kim", kind=kind))
    assert not desk.store.all(Contact)
    assert not desk.store.sent
    assert [one.end for one in desk.store.settled] == [End.DONE, End.DONE]


async def test_an_echo_answers_an_open_lead_and_never_makes_one() -> None:
    desk, _ = await worked()
    await desk.comes(chat_event("kim", "from the phone", Kind.ECHO, message_id="p1"), tries=1)
    message, lead = desk.store.all(Message)[-1], desk.lead()
    assert (message.direction, message.state) == (Direction.OUT, MessageState.SENT)
    assert (lead.answered_at, lead.unanswered_since) == (NOON, None)
    assert {one.state for one in desk.store.all(Reminder)} == {ReminderState.CANCELLED}
    await desk.comes(chat_event("pat", "from the phone", Kind.ECHO, message_id="p2"), tries=1)
    assert len(desk.store.all(Lead)) == 1


async def test_the_echo_of_our_own_answer_is_nothing_new() -> None:
    desk, _ = await answered()
    count = len(desk.store.all(Message))
    await desk.comes(chat_event("kim", "yes", Kind.ECHO, message_id="o1"))
    assert len(desk.store.all(Message)) == count


async def test_an_echo_that_overtakes_our_own_note_of_the_answer_waits_for_it() -> None:
    desk, _ = await answered()
    count = len(desk.store.all(Message))
    await desk.comes(chat_event("kim", "yes", Kind.ECHO, message_id="o2"))
    assert (desk.store.settled[-1].end, desk.store.settled[-1].after) == (End.AGAIN, timedelta(seconds=1))
    assert len(desk.store.all(Message)) == count


async def test_an_echo_is_shown_to_whoever_works_the_lead() -> None:
    desk, ann = await worked()
    desk.store.sent.clear()
    await desk.comes(chat_event("kim", "from the phone", Kind.ECHO, message_id="p1"), tries=1)
    (shown,) = desk.store.shown(View.CUSTOMER)
    assert (shown.chat_id, shown.args) == (ann.telegram_id, {"message": desk.store.all(Message)[-1].id})


@pytest.mark.parametrize("kind", [Kind.ECHO, Kind.STATUS])
async def test_a_further_part_of_a_reply_is_known_too(kind: Kind) -> None:
    desk, _ = await answered()
    ours = desk.store.all(Message)[-1]
    went = {"message": ours.id, "part": 2, "external_id": "o3"}
    desk.store.add(Entry(0, desk.now, Word.WENT, ours.lead_id, data=went))
    count = len(desk.store.all(Message))
    await desk.comes(chat_event("kim", "read", kind, message_id="o3"))
    assert len(desk.store.all(Message)) == count
    state = desk.store.all(Message)[-1].state
    assert state is (MessageState.READ if kind is Kind.STATUS else ours.state)


async def test_what_was_answered_elsewhere_is_changed_and_taken_back_there() -> None:
    desk, _ = await worked()
    await desk.comes(chat_event("kim", "from teh phone", Kind.ECHO, message_id="p1"), tries=1)
    fields = {"verb": "edit"}
    await desk.comes(chat_event("kim", "from the phone", Kind.ECHO, message_id="p1", fields=fields))
    message = desk.store.all(Message)[-1]
    assert (message.text, message.former) == ("from the phone", ("from teh phone",))
    gone = {"verb": "delete"}
    await desk.comes(chat_event("kim", "", Kind.ECHO, message_id="p1", fields=gone))
    await desk.comes(chat_event("kim", "", Kind.ECHO, message_id="p9", fields=gone), tries=1)
    assert desk.store.all(Message)[-1].deleted_at == desk.now
    assert len(desk.store.all(Message)) == 2


async def test_an_echo_leaves_a_waiting_leads_messages_to_be_shown() -> None:
    desk = Desk()
    desk.manager("Ann", on_shift=False)
    await desk.writes("kim", "one")
    await desk.comes(chat_event("kim", "from the phone", Kind.ECHO, message_id="p1"), tries=1)
    assert desk.lead().unanswered_since == NOON


async def test_a_spammers_later_edits_are_kept_but_shown_to_nobody() -> None:
    desk, ann = await worked()
    await desk_acts.close(desk.store, desk.act(ann), desk.lead().id, LeadState.SPAM, "")
    desk.store.sent.clear()
    await desk.comes(chat_event("kim", "pills", Kind.EDIT, message_id="c1"))
    assert desk.store.only(Message).text == "pills"
    assert not desk.store.sent


async def comes_status(desk: Desk, state: str, **fields: str) -> Message:
    await desk.comes(chat_event("kim", state, Kind.STATUS, message_id="o1", fields=fields))
    message: Message = desk.store.all(Message)[-1]
    return message


async def test_a_state_that_comes_before_the_sending_was_noted_is_looked_at_once_more() -> None:
    desk, _ = await worked()
    event = chat_event("kim", "delivered", Kind.STATUS, message_id="o1")
    await desk.comes(event)
    settle = desk.store.settled[-1]
    assert (settle.end, settle.counts, settle.after) == (End.AGAIN, True, afterwards.AGAIN_AFTER)
    assert "ignored" not in desk.store.words()


@pytest.mark.parametrize(
    ("told", "kept"),
    [("window_closed", "window_closed"), ("blocked", "blocked"), ("", "permanent"), ("odd", "permanent")],
)
async def test_a_reply_that_fails_in_the_end_says_why_and_the_customer_waits(told: str, kept: str) -> None:
    desk, _ = await answered()
    assert desk.lead().unanswered_since is None
    message = await comes_status(desk, "failed", code=told, detail="re-engagement message")
    assert (message.state, message.error, message.error_detail) == (
        MessageState.FAILED,
        kept,
        "re-engagement message",
    )
    assert desk.lead().unanswered_since == desk.lead().last_in_at
    shown = [(row.view, row.args.get("queued")) for row in desk.store.shown()]
    assert shown == [(View.STATE, None), (View.CARD_EDIT, None)]
    assert desk.store.words()[-1] == "failed"


async def test_an_older_word_does_not_mend_a_failure_but_a_newer_one_does() -> None:
    desk, _ = await answered()
    await comes_status(desk, "failed", code="permanent")
    assert (await comes_status(desk, "sent")).state is MessageState.FAILED
    assert (await comes_status(desk, "delivered")).state is MessageState.DELIVERED
    assert (await comes_status(desk, "failed")).state is MessageState.DELIVERED


@pytest.mark.parametrize("keep", [True, False])
async def test_what_the_customer_deletes_is_kept_unless_told_otherwise(keep: bool) -> None:
    desk, ann = await worked()
    desk.rules = replace(desk.rules, keep_deleted=keep)
    file = Attachment(MediaKind.PHOTO, ref="p")
    await desk.writes("kim", "secret", message_id="c2", attachments=(file,), fields={"a": "b"})
    await desk.comes(chat_event("kim", "more secret", Kind.EDIT, message_id="c2", attachments=(file,)))
    desk.store.sent.clear()
    await desk.comes(chat_event("kim", kind=Kind.DELETE, message_id="c2"))
    message = desk.store.all(Message)[-1]
    assert message.deleted_at == NOON
    said = (message.text, message.former, message.attachments, dict(message.fields))
    assert said == (("more secret", ("secret",), (file,), {"a": "b"}) if keep else ("", (), (), {}))
    views = [(row.view, row.chat_id) for row in desk.store.shown()]
    card = [] if keep else [(View.CARD_EDIT, ann.telegram_id)]
    assert views == [(View.CUSTOMER_EVENT, ann.telegram_id), *card]


@pytest.mark.parametrize("fields", [{"title": "Oak, oiled"}, {}])
async def test_a_pressed_button_is_a_message_that_answers_ours(fields: dict[str, str]) -> None:
    desk, offer = await answered()
    assert desk.lead().unanswered_since is None
    await desk.comes(chat_event("kim", "oak", Kind.CLICK, message_id="o1", fields=fields))
    click = desk.store.all(Message)[-1]
    assert (click.text, click.fields) == (fields.get("title", "oak"), {PRESSED: "oak"})
    # The vendor's id stays ours: what comes about it later means our own message.
    assert (click.external_id, click.reply_to_id) == ("", offer.id)
    assert desk.lead().unanswered_since == NOON
    assert [row.view for row in desk.store.shown()] == [View.CUSTOMER]


async def test_a_button_that_nobody_knows_is_a_message_too() -> None:
    desk, _ = await worked()
    await desk.comes(chat_event("pat", "GET_STARTED", Kind.CLICK, message_id="c9"))
    click = desk.store.all(Message)[-1]
    assert (click.text, click.external_id, click.reply_to_id) == ("GET_STARTED", "c9", None)
    assert len(desk.store.all(Lead)) == 2

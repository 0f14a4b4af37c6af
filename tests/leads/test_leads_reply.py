from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from desks import CHAT, NOON, Desk, chat_event
from hypothesis import given
from hypothesis import strategies as st

from leads import desk as acts
from leads import reply, revising
from leads.changes import ToManager, View
from leads.errors import Refused
from leads.events import Attachment, Kind, MediaKind, Span
from leads.journal import Word
from leads.model import (
    Conversation,
    DeskMessage,
    DeskUse,
    Direction,
    Entry,
    Lead,
    LeadState,
    Manager,
    Message,
    MessageState,
    Reminder,
    ReminderState,
    Role,
)
from leads.parts import parts_of
from leads.split import utf16_len

PHOTO = Attachment(MediaKind.PHOTO, ref="desk:p")
STICKER = Attachment(MediaKind.STICKER, ref="desk:s")


async def started(channel: str = "chat") -> tuple[Desk, Manager]:
    desk = Desk()
    ann = desk.manager("Ann")
    await desk.writes("kim", "one", channel, message_id="c1")
    desk.remember(ann, desk.lead(), topic=7)
    desk.store.sent.clear()
    return desk, ann


async def says(desk: Desk, by: Manager, text: str, **more: Any) -> None:
    await reply.send(desk.store, desk.act(by), desk.store.all(Lead)[-1].id, desk.draft(by, text, **more))


async def kept(desk: Desk, by: Manager, text: str) -> str:
    """Why a reply failed without being tried; it is shown and can be tried again."""
    waiting = desk.lead().unanswered_since
    rows = len(desk.store.to_customers())
    desk.store.sent = [row for row in desk.store.sent if not isinstance(row, ToManager)]
    await says(desk, by, text)
    message = desk.store.all(Message)[-1]
    assert (message.state, message.text) == (MessageState.FAILED, text)
    assert [row.args for row in desk.store.shown()] == [{"message": message.id}]
    assert (len(desk.store.to_customers()), desk.lead().unanswered_since) == (rows, waiting)
    assert desk.store.words()[-1] == Word.FAILED
    error: str = message.error
    return error


async def refused(act: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        await act
    return caught.value


async def test_a_reply_is_queued_with_its_text_frozen_and_the_lead_is_answered() -> None:
    desk, ann = await started()
    desk.later(minutes=5)
    bold = (Span("bold", 0, 3),)
    await says(desk, ann, "yes we do", spans=bold, topic_id=7)
    (row,) = desk.store.to_customers()
    message, place = desk.store.all(Message)[-1], desk.store.only(DeskMessage)
    assert (row.outgoing.recipient, row.outgoing.text, row.outgoing.spans) == ("kim", "yes we do", bold)
    assert (row.message_id, row.source_id, row.conv, row.part, row.parts) == (message.id, 1, "chat:kim", 0, 1)
    assert (message.direction, message.state, message.manager_id) == (
        Direction.OUT,
        MessageState.QUEUED,
        ann.id,
    )
    assert (place.use, place.message_id, place.topic_id) == (DeskUse.REPLY, message.id, 7)
    lead = desk.lead()
    assert (lead.state, lead.answered_at, lead.unanswered_since) == (LeadState.ACTIVE, desk.now, None)
    assert {one.state for one in desk.store.all(Reminder)} == {ReminderState.CANCELLED}
    state = desk.store.shown(View.STATE)[0]
    assert (state.chat_id, state.args) == (ann.telegram_id, {"message": message.id, "queued": True})
    first_answer = lead.answered_at
    desk.later(minutes=5)
    await says(desk, ann, "and more")
    assert desk.lead().answered_at == first_answer


async def test_a_note_never_leaves() -> None:
    desk, ann = await started()
    await says(desk, ann, "// 👍 likes tea", spans=(Span("bold", 0, 5), Span("italic", 6, 5)))
    note = desk.store.all(Message)[-1]
    assert (note.direction, note.text) == (Direction.NOTE, "👍 likes tea")
    assert note.spans == (Span("bold", 0, 2), Span("italic", 3, 5))
    assert not desk.store.sent
    assert desk.lead().unanswered_since == NOON


async def test_another_managers_reply_takes_the_lead() -> None:
    desk, ann = await started()
    bob = desk.manager("Bob")
    await says(desk, bob, "I know this one")
    assert (desk.lead().manager_id, desk.lead().state) == (bob.id, LeadState.ACTIVE)
    assert [row.chat_id for row in desk.store.shown(View.MOVED)] == [ann.telegram_id]
    assert [row.chat_id for row in desk.store.shown(View.CARD)] == [bob.telegram_id]
    assert len(desk.store.to_customers()) == 1


async def test_a_closed_lead_gets_no_reply() -> None:
    desk, ann = await started()
    await acts.close(desk.store, desk.act(ann), desk.lead().id, LeadState.WON, "")
    error = await refused(says(desk, ann, "one more thing"))
    assert error.reason == "refused-closed"
    assert not desk.store.to_customers()


async def test_a_form_with_only_a_phone_says_so_and_queues_nothing() -> None:
    desk = Desk()
    ann = desk.manager("Ann")
    await desk.fills(phone="29123456", name="Kim")
    before = desk.lead()
    error = await refused(says(desk, ann, "hello"))
    assert (error.reason, error.args_) == ("refused-no-way", {"phone": "+371 29 123 456", "email": ""})
    assert desk.lead() == before
    assert not desk.store.to_customers()


async def test_a_form_is_answered_in_the_persons_chat() -> None:
    desk, ann = await started()
    own = Attachment(MediaKind.CONTACT, data={"phone": "+37129123456", "own": "1"})
    await desk.writes("kim", attachments=(own,))
    desk.later(minutes=1)
    await desk.fills(phone="29123456")
    form = desk.store.all(Message)[-1]
    desk.remember_message(ann, desk.lead(), form.id, 910)
    await says(desk, ann, "got your form", quoted=910)
    (row,) = desk.store.to_customers()
    assert (row.outgoing.recipient, row.outgoing.reply_to) == ("kim", "")


async def two_chats() -> tuple[Desk, Manager]:
    """One person, first in `other`, then in `chat`."""
    desk = Desk()
    ann = desk.manager("Ann")
    own = Attachment(MediaKind.CONTACT, data={"phone": "+37129123456", "own": "1"})
    await desk.writes("kim-there", "one", "other", attachments=(own,), message_id="t1")
    desk.later(minutes=1)
    await desk.writes("kim", "two", attachments=(own,), message_id="c1")
    assert len(desk.store.all(Lead)) == 1
    return desk, ann


async def test_the_newest_way_the_chosen_way_and_the_quoted_way() -> None:
    desk, ann = await two_chats()
    there, here = desk.store.all(Conversation)
    await says(desk, ann, "newest")
    await acts.choose_conversation(desk.store, desk.act(ann), desk.lead().id, there.id)
    await says(desk, ann, "chosen")
    second = desk.store.all(Message)[1]
    desk.remember_message(ann, desk.lead(), second.id, 920)
    await says(desk, ann, "quoted", quoted=920)
    assert [row.conv for row in desk.store.to_customers()] == [here.conv, there.conv, here.conv]
    assert [row.outgoing.reply_to for row in desk.store.to_customers()] == ["", "", "c1"]


async def test_a_reply_to_the_card_says_only_which_lead_is_meant() -> None:
    desk, ann = await two_chats()
    first = desk.store.all(Message)[0]
    desk.store.add(DeskMessage(0, ann.telegram_id, 900, desk.lead().id, DeskUse.CARD, first.id))
    await says(desk, ann, "to the card", quoted=900)
    assert desk.store.to_customers()[-1].conv == desk.store.all(Conversation)[1].conv
    assert desk.store.all(Message)[-1].reply_to_id is None


async def test_a_quoted_message_of_another_lead_is_not_answered_here() -> None:
    desk, ann = await started()
    await desk.writes("pat", "other", message_id="p1")
    kims, pats = desk.store.all(Lead)
    desk.remember_message(ann, kims, desk.store.all(Message)[0].id, 930)
    await reply.send(desk.store, desk.act(ann), pats.id, desk.draft(ann, "hi", quoted=930))
    (row,) = desk.store.to_customers()
    assert (row.outgoing.recipient, row.outgoing.reply_to) == ("pat", "")
    assert desk.store.all(Message)[-1].reply_to_id is None


async def test_a_shut_way_is_passed_over_but_not_when_it_was_chosen() -> None:
    desk, ann = await two_chats()
    there, here = desk.store.all(Conversation)
    await desk.comes(chat_event("kim", kind=Kind.BLOCKED))
    await says(desk, ann, "elsewhere")
    assert desk.store.to_customers()[-1].conv == there.conv
    await acts.choose_conversation(desk.store, desk.act(ann), desk.lead().id, here.id)
    assert await kept(desk, ann, "here") == "blocked"


async def test_after_the_window_nothing_can_be_sent() -> None:
    desk, ann = await started("other")
    desk.later(hours=23)
    await says(desk, ann, "in time")
    desk.later(hours=2)
    assert await kept(desk, ann, "too late") == "window_closed"


async def test_unknown_media_and_empty_replies_are_refused() -> None:
    desk, ann = await started()
    video = Attachment(MediaKind.VIDEO, ref="desk:v")
    error = await refused(says(desk, ann, "look", attachments=(video,)))
    assert (error.reason, error.args_) == ("refused-media", {"kind": "video"})
    assert (await refused(says(desk, ann, " \n"))).reason == "refused-empty"
    assert not desk.store.sent


async def test_a_long_reply_goes_in_parts_in_order() -> None:
    desk, ann = await started()
    await says(desk, ann, "word " * 2000, quoted=None)
    rows = desk.store.to_customers()
    assert [(row.part, row.parts) for row in rows] == [(0, 3), (1, 3), (2, 3)]
    assert "".join(row.outgoing.text for row in rows) == "word " * 2000
    assert len({row.message_id for row in rows}) == 1


@given(
    st.text(alphabet="ab 👍", max_size=80),
    st.lists(st.sampled_from([PHOTO, STICKER]), max_size=3),
    st.integers(4, 30),
    st.integers(0, 20),
)
def test_parts_keep_all_files_and_words_within_the_limits(
    text: str, files: list[Attachment], limit: int, caption: int
) -> None:
    parts = parts_of(text, (), tuple(files), replace(CHAT, text_limit=limit, caption_limit=caption))
    assert [part.attachment for part in parts if part.attachment] == files
    assert "".join("".join(part.text for part in parts).split()) == "".join(text.split())
    for part in parts:
        assert part.text.strip() or part.attachment
        if part.attachment and part.text:
            assert part.attachment is not STICKER
            assert not caption or utf16_len(part.text) <= caption
        elif part.text:
            assert utf16_len(part.text) <= limit


async def sent(desk: Desk, external_id: str = "o1", state: MessageState = MessageState.SENT) -> Message:
    message = desk.store.all(Message)[-1]
    kept: Message = desk.store.add(replace(message, external_id=external_id, state=state))
    return kept


async def edits(desk: Desk, by: Manager, text: str) -> None:
    place = desk.store.all(DeskMessage)[-1]
    await revising.edit(desk.store, desk.act(by), place, desk.draft(by, text))


async def test_an_edit_goes_behind_the_reply_and_keeps_the_former_text() -> None:
    desk, ann = await started()
    await says(desk, ann, "yse")
    await edits(desk, ann, "yes")
    first, second = desk.store.to_customers()
    assert (first.outgoing.target, first.outgoing.text) == ("", "yse")
    assert (second.outgoing.target, second.outgoing.text) == (revising.NOT_SENT_YET, "yes")
    assert second.conv == first.conv
    message = desk.store.all(Message)[-1]
    assert (message.text, message.former, message.state) == ("yes", ("yse",), MessageState.QUEUED)
    await sent(desk)
    await edits(desk, ann, "yes!")
    await edits(desk, ann, "yes!")
    assert [row.outgoing.target for row in desk.store.to_customers()[2:]] == ["o1"]


async def test_an_edit_that_meets_the_news_of_the_sending_changes_what_went(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk, ann = await started()
    await says(desk, ann, "yse")
    read = desk.store.message

    async def read_too_early(message_id: int) -> Message | None:
        monkeypatch.undo()
        found = await read(message_id)
        assert found
        desk.store.add(replace(found, external_id="o1", state=MessageState.SENT, version=found.version + 1))
        return found

    monkeypatch.setattr(desk.store, "message", read_too_early)
    await edits(desk, ann, "yes")
    message = desk.store.all(Message)[-1]
    assert (message.text, message.external_id, message.state) == ("yes", "o1", MessageState.SENT)
    assert [row.outgoing.target for row in desk.store.to_customers()] == ["", "o1"]


async def test_edits_that_cannot_be_are_refused() -> None:
    desk, ann = await started("other")
    await says(desk, ann, "yse")
    error = await refused(edits(desk, ann, "yes"))
    assert (error.reason, error.args_) == ("refused-no-edits", {"channel": "other"})
    desk, ann = await started()
    await says(desk, ann, "yse")
    assert (await refused(edits(desk, ann, "// oops"))).reason == "refused-edit-note"
    assert (await refused(edits(desk, ann, "x" * 5000))).reason == "refused-edit-parts"
    assert (await refused(edits(desk, ann, " "))).reason == "refused-empty"
    assert (await refused(edits(desk, desk.manager("Bob"), "no"))).reason == "refused-not-yours"
    assert len(desk.store.to_customers()) == 1
    await says(desk, ann, "word " * 2000)
    assert (await refused(edits(desk, ann, "short"))).reason == "refused-edit-parts"


async def test_an_edited_note_stays_a_note() -> None:
    desk, ann = await started()
    await says(desk, ann, "// tea")
    await edits(desk, ann, "coffee")
    note = desk.store.all(Message)[-1]
    assert (note.direction, note.text, note.former) == (Direction.NOTE, "coffee", ("tea",))
    assert not desk.store.to_customers()


async def test_a_failed_reply_goes_once_more_and_an_edit_of_it_goes_anew() -> None:
    desk, ann = await started()
    await says(desk, ann, "hi")
    message = await sent(desk, "", MessageState.FAILED)
    await revising.try_again(desk.store, desk.act(ann), message.id)
    assert [row.outgoing.text for row in desk.store.to_customers()] == ["hi", "hi"]
    assert desk.store.all(Message)[-1].state is MessageState.QUEUED
    assert desk.store.words().count("retried") == 1
    assert (
        await refused(revising.try_again(desk.store, desk.act(ann), message.id))
    ).reason == "refused-not-failed"
    await sent(desk, "", MessageState.FAILED)
    await edits(desk, ann, "hello")
    last = desk.store.to_customers()[-1].outgoing
    assert (last.text, last.target) == ("hello", "")


async def test_trying_again_starts_at_the_part_that_failed() -> None:
    desk, ann = await started()
    await says(desk, ann, "word " * 2000)
    message = await sent(desk, "o1", MessageState.FAILED)
    data = {"message": message.id, "part": 1}
    desk.store.add(Entry(0, desk.now, Word.FAILED, desk.lead().id, data=data))
    await revising.try_again(desk.store, desk.act(ann), message.id)
    assert [row.part for row in desk.store.to_customers()] == [0, 1, 2, 1, 2]


async def test_trying_again_through_a_shut_way_is_refused() -> None:
    desk, ann = await started()
    await says(desk, ann, "hi")
    message = await sent(desk, "", MessageState.FAILED)
    await desk.comes(chat_event("kim", kind=Kind.BLOCKED))
    assert (
        await refused(revising.try_again(desk.store, desk.act(ann), message.id))
    ).reason == "refused-blocked"
    assert (await desk.store.message(message.id)) == message


async def test_a_head_who_only_notes_takes_nothing() -> None:
    desk, ann = await started()
    hal = desk.manager("Hal", Role.HEAD)
    await says(desk, hal, "// call them")
    assert desk.lead().manager_id == ann.id
    assert desk.now - NOON == timedelta()

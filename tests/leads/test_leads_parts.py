"""In which parts a reply goes: by bytes too, with choices, with a template."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desks import CHAT, NOON, Desk
from hypothesis import given
from hypothesis import strategies as st

from leads import reply, revising
from leads.errors import Refused
from leads.events import Attachment, Button, Capabilities, MediaKind, Template
from leads.model import Conversation, DeskMessage, DeskUse, Direction, Lead, Manager, Message, MessageState
from leads.parts import CHOICE_LIMIT, choices_of, composed, fields_of, parts_of
from leads.split import split, utf8_len, utf16_len
from leads.templates import blanks, filled, key_of, template_of

BUTTONS = replace(CHAT, buttons=3)
OFFER = Template("offer", "en", "Dear {{1}}, {{2}} € for {{1}}.", ("Kim", "600"))


@given(st.text(max_size=200), st.integers(0, 40), st.integers(4, 60))
def test_parts_fit_in_units_and_in_bytes_and_lose_nothing(text: str, units: int, size: int) -> None:
    parts = [part for part, _ in split(text, (), units if units > 1 else 0, size)]
    assert all(utf8_len(part) <= size for part in parts)
    assert units < 2 or all(utf16_len(part) <= units for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_text_of_many_bytes_is_cut_where_units_would_not_cut_it() -> None:
    can = Capabilities(text_limit=100, text_bytes=11, caption_limit=100, media=frozenset({MediaKind.PHOTO}))
    assert [part.text for part in parts_of("щётка щётка", (), (), can)] == ["щётка ", "щётка"]
    photo = Attachment(MediaKind.PHOTO, ref="desk:p")
    parts = parts_of("щётка щётка", (), (photo,), can)
    assert [(bool(part.attachment), part.text) for part in parts] == [
        (True, ""),
        (False, "щётка "),
        (False, "щётка"),
    ]


def message(text: str, **more: object) -> Message:
    made = Message(1, 1, Direction.OUT, NOON, MessageState.QUEUED, text=text)
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("choices", "buttons"),
    [
        (("White", "Oak"), True),
        (("a", "b", "c"), True),
        (("a", "b", "c", "d"), False),
        (("Oak", "x" * (CHOICE_LIMIT + 1)), False),
        (("Oak", "🌳" * 11), False),
    ],
)
def test_choices_are_buttons_where_they_fit_else_numbered(choices: tuple[str, ...], buttons: bool) -> None:
    (part,) = composed(message("Which?", fields=fields_of(choices)), BUTTONS)
    if buttons:
        assert (part.text, part.buttons) == ("Which?", tuple(Button(one, one) for one in choices))
    else:
        numbered = [f"{number}. {one}" for number, one in enumerate(choices, 1)]
        assert (part.text, part.buttons) == ("\n".join(["Which?", *numbered]), ())


def test_choices_stand_under_the_last_part_and_never_under_a_file() -> None:
    can = replace(BUTTONS, text_limit=10)
    parts = composed(message("one two three four", fields=fields_of(("a", "b"))), can)
    assert [bool(part.buttons) for part in parts] == [False, True]
    photo = Attachment(MediaKind.PHOTO, ref="desk:p")
    (part,) = composed(message("Which?", fields=fields_of(("a",)), attachments=(photo,)), BUTTONS)
    assert (part.text, part.attachment, part.buttons) == ("Which?\n1. a", photo, ())


def test_a_template_reads_filled_in_and_comes_back_from_what_is_kept() -> None:
    assert (blanks(OFFER), filled(OFFER)) == (2, "Dear Kim, 600 € for Kim.")
    assert filled(replace(OFFER, params=("Kim",))) == "Dear Kim, {{2}} € for Kim."
    assert blanks(replace(OFFER, body="{{ x }} {{}} {1}")) == 0
    assert template_of(fields_of(template=OFFER)["template"]) == OFFER
    assert key_of(OFFER) == key_of(replace(OFFER, params=())) != key_of(replace(OFFER, language="ru"))


async def asked(**more: object) -> tuple[Desk, Manager]:
    desk = Desk()
    desk.rules = replace(
        desk.rules,
        can={**desk.rules.can, "chat": BUTTONS, "other": replace(desk.rules.can["other"], templates=True)},
    )
    ann = desk.manager("Ann")
    await desk.writes("kim", "one", "other")
    return desk, ann


async def test_a_template_goes_through_a_window_that_is_over_and_becomes_what_stood_there() -> None:
    desk, ann = await asked()
    desk.later(hours=30)
    way = desk.store.only(Conversation)
    desk.store.add(DeskMessage(0, ann.telegram_id, 700, desk.lead().id, DeskUse.QUESTION))
    draft = reply.Draft(filled(OFFER), ann.telegram_id, 700, template=OFFER, via=way.id)
    await reply.send(desk.store, desk.act(ann), desk.lead().id, draft)
    (row,) = desk.store.to_customers()
    assert (row.outgoing.text, row.outgoing.template, row.outgoing.late) == (filled(OFFER), OFFER, False)
    place = desk.store.only(DeskMessage)
    assert (place.use, place.message_id) == (DeskUse.REPLY, row.message_id)
    assert desk.lead().unanswered_since is None


async def test_a_failed_reply_goes_whole_through_another_conversation_and_its_template_as_text() -> None:
    desk, ann = await asked()
    there = desk.store.only(Conversation)
    draft = replace(desk.draft(ann, filled(OFFER)), template=OFFER, via=there.id)
    await reply.send(desk.store, desk.act(ann), desk.lead().id, draft)
    failed = desk.store.all(Message)[-1]
    desk.store.add(
        replace(failed, state=MessageState.FAILED, error="blocked", external_id="o1", error_detail="no")
    )
    here = desk.store.add(replace(there, id=0, source_id=1, channel="chat", conv="chat:kim", thread="kim"))
    await revising.try_again(desk.store, desk.act(ann), failed.id, here.id)
    row = desk.store.to_customers()[-1]
    assert (row.conv, row.outgoing.text, row.outgoing.template) == ("chat:kim", filled(OFFER), None)
    again = desk.store.all(Message)[-1]
    assert (again.state, again.conversation_id, again.external_id) == (MessageState.QUEUED, here.id, "")
    with pytest.raises(Refused) as refused:
        await revising.try_again(desk.store, desk.act(ann), failed.id, here.id)
    assert refused.value.reason == "refused-not-failed"


async def test_an_edit_changes_choices_too_and_keeps_them_when_it_fails() -> None:
    desk, ann = await asked()
    await desk.writes("kim", "one")
    draft = replace(desk.draft(ann, "Which?"), choices=("White", "Oak"))
    await reply.send(desk.store, desk.act(ann), desk.store.all(Lead)[-1].id, draft)
    kept = desk.store.all(Message)[-1]
    assert choices_of(kept) == ("White", "Oak")
    place = desk.store.all(DeskMessage)[-1]
    await revising.edit(desk.store, desk.act(ann), place, replace(draft, choices=("White", "Ash")))
    row = desk.store.to_customers()[-1]
    assert [one.text for one in row.outgoing.buttons] == ["White", "Ash"]
    assert row.outgoing.target == revising.NOT_SENT_YET
    rows = len(desk.store.to_customers())
    await revising.edit(desk.store, desk.act(ann), place, replace(draft, choices=("White", "Ash")))
    assert len(desk.store.to_customers()) == rows

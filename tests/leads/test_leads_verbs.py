"""Taking back, reacting, marking as read: what goes to the vendor, and who hears of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desks import CHAT, RULES, Desk, chat_event
from test_leads_delivery import Vendor, answer, deliver

from leads import gestures, reply, revising
from leads.changes import End, ToCustomer, View
from leads.errors import Refused
from leads.events import Kind, SendCode, SendError, Verb
from leads.journal import Word
from leads.model import DeskMessage, DeskUse, Manager, Message, MessageState

FULL = replace(CHAT, text_limit=20, deletes=True, reactions=True, read_marks=True)


async def started(**can: object) -> tuple[Desk, Manager]:
    desk = Desk(rules=replace(RULES, can={**RULES.can, "chat": replace(FULL, **can)}))  # type: ignore[arg-type]
    ann = desk.manager("Ann")
    await desk.writes("kim", "one", message_id="c1")
    desk.store.sent.clear()
    return desk, ann


async def says(desk: Desk, by: Manager, text: str = "yes") -> DeskMessage:
    """A reply, and where it stands."""
    await reply.send(desk.store, desk.act(by), desk.lead().id, desk.draft(by, text))
    place: DeskMessage = desk.store.all(DeskMessage)[-1]
    return place


def verbs(desk: Desk) -> list[tuple[Verb, str]]:
    return [(row.outgoing.verb, row.outgoing.target) for row in desk.store.to_customers()]


async def refused(desk: Desk, by: Manager, place: DeskMessage | None) -> str:
    with pytest.raises(Refused) as caught:
        await revising.unsend(desk.store, desk.act(by), place)
    return caught.value.reason


async def test_a_reply_is_marked_as_read_before_it_goes_in_an_order_of_its_own() -> None:
    desk, ann = await started()
    await says(desk, ann)
    await says(desk, ann, "and more")
    read, first, second = desk.store.to_customers()
    assert (read.outgoing.verb, read.outgoing.target, read.outgoing.recipient) == (Verb.READ, "c1", "kim")
    assert first.outgoing.verb is second.outgoing.verb is Verb.SEND
    assert read.conv != first.conv == second.conv
    await desk.writes("kim", "two", message_id="c2")
    await says(desk, ann)
    assert verbs(desk)[3:] == [(Verb.READ, "c2"), (Verb.SEND, "")]


@pytest.mark.parametrize("code", list(SendCode))
async def test_a_mark_that_fails_is_nobodys_trouble(code: SendCode) -> None:
    desk, ann = await started()
    await says(desk, ann)
    mark, row = desk.rows()
    desk.store.sent.clear()
    before = answer(desk)
    await deliver(desk, mark, Vendor(SendError(code, "no")))
    assert (desk.store.settled[-1].end, desk.store.settled[-1].id) == (End.DONE, mark.id)
    assert not desk.store.sent
    assert answer(desk) == before
    await deliver(desk, row, Vendor())
    assert answer(desk).state is MessageState.SENT


async def test_a_long_reply_is_taken_back_part_by_part() -> None:
    desk, ann = await started()
    place = await says(desk, ann, "one two three four five six")
    vendor = Vendor()
    for row in desk.rows():
        await deliver(desk, row, vendor)
    assert [one.outgoing.verb for one in vendor.got] == [Verb.READ, Verb.SEND, Verb.SEND]
    desk.store.sent.clear()
    await revising.unsend(desk.store, desk.act(ann), place)
    rows = desk.rows()
    desk.store.sent.clear()
    for row in rows:
        assert answer(desk).deleted_at is None
        await deliver(desk, row, vendor)
    assert [(one.outgoing.verb, one.outgoing.target) for one in vendor.got[3:]] == [
        (Verb.DELETE, "o2"),
        (Verb.DELETE, "o3"),
    ]
    assert answer(desk).deleted_at == desk.now
    assert answer(desk).text == "one two three four five six"
    assert [(row.view, row.reply_to, row.args.get("key")) for row in desk.store.shown()] == [
        (View.STATE, None, None),
        (View.SAY, place.desk_id, "taken-back"),
    ]
    assert await refused(desk, ann, place) == "refused-taken-back"
    for row in rows:  # asked for twice before the first was done
        await deliver(desk, row, vendor)
    assert len(vendor.got) == 5


async def test_a_later_part_that_fails_in_the_end_is_tried_again_from_there() -> None:
    desk, ann = await started(read_marks=False)
    await says(desk, ann, "one two three four five six seven eight nine ten")
    vendor = Vendor()
    for row in desk.rows():
        await deliver(desk, row, vendor)
    assert len(vendor.got) == 3
    event = chat_event("kim", "failed", Kind.STATUS, message_id="o2", fields={"code": "permanent"})
    await desk.comes(event)
    failed = answer(desk)
    assert (failed.state, failed.error) == (MessageState.FAILED, "permanent")
    desk.store.sent.clear()
    await revising.try_again(desk.store, desk.act(ann), failed.id)
    assert [row.part for row in desk.store.to_customers()] == [1, 2]


async def test_a_reply_that_is_still_on_its_way_is_taken_back_once_it_went() -> None:
    desk, ann = await started(read_marks=False)
    place = await says(desk, ann)
    await revising.unsend(desk.store, desk.act(ann), place)
    sending, taking = desk.rows()
    assert sending.body.conv == taking.body.conv  # type: ignore[union-attr]
    vendor = Vendor()
    await deliver(desk, sending, vendor)
    await deliver(desk, taking, vendor)
    assert [one.outgoing.target for one in vendor.got] == ["", "o1"]


async def test_what_cannot_be_taken_back_is_refused() -> None:
    desk, ann = await started()
    place = await says(desk, ann)
    assert await refused(desk, ann, None) == "refused-unsend-what"
    assert await refused(desk, ann, replace(place, use=DeskUse.CUSTOMER)) == "refused-unsend-what"
    assert await refused(desk, desk.manager("Bob"), place) == "refused-not-yours"
    desk.store.add(replace(answer(desk), state=MessageState.FAILED))
    assert await refused(desk, ann, place) == "refused-unsend-failed"
    desk, ann = await started(deletes=False)
    place = await says(desk, ann)
    assert await refused(desk, ann, place) == "refused-no-deletes"
    assert Word.TAKEN_BACK not in desk.store.words()


async def test_what_was_taken_back_is_not_changed_any_more() -> None:
    desk, ann = await started()
    place = await says(desk, ann)
    desk.store.add(replace(answer(desk), external_id="o1", deleted_at=desk.now))
    with pytest.raises(Refused) as caught:
        await revising.edit(desk.store, desk.act(ann), place, desk.draft(ann, "no"))
    assert caught.value.reason == "refused-taken-back"


async def test_a_refusal_to_take_back_is_told_under_the_reply() -> None:
    desk, ann = await started(read_marks=False)
    place = await says(desk, ann)
    await revising.unsend(desk.store, desk.act(ann), place)
    sending, taking = desk.rows()
    await deliver(desk, sending, Vendor())
    desk.store.sent.clear()
    await deliver(desk, taking, Vendor(SendError(SendCode.PERMANENT, "too old")))
    (said,) = desk.store.shown()
    assert (said.view, said.reply_to) == (View.SAY, place.desk_id)
    assert said.args == {"key": "unsend-failed", "code": "permanent", "detail": "too old"}
    assert (answer(desk).state, answer(desk).deleted_at) == (MessageState.SENT, None)


async def seen(desk: Desk, by: Manager) -> DeskMessage:
    """Where the customer's message is shown."""
    return desk.remember_message(by, desk.lead(), desk.store.all(Message)[0].id, 910)


async def test_a_reaction_goes_to_the_customers_message_and_back() -> None:
    desk, ann = await started()
    place = await seen(desk, ann)
    for emoji in ("🎉", ""):
        await gestures.react(desk.store, desk.act(ann), place, emoji)
    rows = [row.outgoing for row in desk.store.to_customers()]
    assert [(row.verb, row.target, row.text) for row in rows] == [
        (Verb.REACT, "c1", "🎉"),
        (Verb.REACT, "c1", ""),
    ]
    before = desk.store.all(Message)
    for row in desk.rows():
        await deliver(desk, row, Vendor())
    assert desk.store.all(Message) == before
    assert desk.lead().unanswered_since  # it is no answer


async def test_a_refused_reaction_is_told_where_it_was_put() -> None:
    desk, ann = await started()
    place = await seen(desk, ann)
    await gestures.react(desk.store, desk.act(ann), place, "🗿")
    await deliver(desk, desk.rows()[0], Vendor(SendError(SendCode.PERMANENT, "REACTION_INVALID")))
    said = desk.store.shown()[-1]
    assert (said.args["key"], said.reply_to) == ("reaction-failed", place.desk_id)


async def test_what_is_not_the_customers_takes_no_reaction() -> None:
    desk, ann = await started()
    own = await says(desk, ann)
    desk.store.sent.clear()
    card = replace(await seen(desk, ann), use=DeskUse.CARD)
    for place in (own, card, replace(card, use=DeskUse.OTHER, message_id=None)):
        await gestures.react(desk.store, desk.act(ann, update=7), place, "🎉")
    assert not desk.store.sent
    assert [one.id for one in desk.store.settled[-3:]] == [7, 7, 7]


async def test_that_a_channel_has_no_reactions_is_said_once() -> None:
    desk, ann = await started(reactions=False)
    place = await seen(desk, ann)
    told = []
    for emoji in ("", "🎉", "", "🎉"):
        await gestures.react(desk.store, desk.act(ann), place, emoji)
        told.append(len(desk.store.shown()))
    assert told == [0, 1, 1, 1]
    (said,) = desk.store.shown()
    assert said.args == {"key": "no-reactions", "channel": "chat"}
    assert not [row for row in desk.store.sent if isinstance(row, ToCustomer)]


async def test_reactions_of_strangers_and_to_who_shut_us_out_are_refused() -> None:
    desk, ann = await started()
    place = await seen(desk, ann)
    for act, reason in (
        (desk.act(desk.manager("Bob")), "refused-not-yours"),
        (desk.act(ann), "refused-blocked"),
    ):
        if reason == "refused-blocked":
            await desk.comes(chat_event("kim", kind=Kind.BLOCKED))
        with pytest.raises(Refused) as caught:
            await gestures.react(desk.store, act, place, "🎉")
        assert caught.value.reason == reason

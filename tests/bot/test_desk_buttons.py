"""The card's buttons: what they do, to whom, and what old ones say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiogram.filters.callback_data import CallbackData
from desk_scene import ANN, BOB, Scene

from bot.callbacks import Back, Close, CloseMenu, HandOver, Note, Reopen, Take, TryAgain, Verdict, Via, Why
from leads.changes import Changes, View
from leads.model import Conversation, LeadState, MessageState
from sandbox.faults import Fault
from texts import catalogue


async def test_take(scene: Scene) -> None:
    await scene.presses(BOB, Take(lead=scene.lead))
    lead = await scene.lead_now()
    assert (lead.manager_id, lead.state) == (scene.bob.id, LeadState.ACTIVE)
    assert scene.toast
    assert scene.toast["text"] == catalogue("ru").say("taken")
    assert {row.chat_id for row in scene.to_managers(View.MOVED)} == {ANN}


async def test_hand_over_by_menu(scene: Scene) -> None:
    menu = await scene.shows(ANN, HandOver(lead=scene.lead))
    await scene.presses(ANN, HandOver(lead=scene.lead), under=menu)
    to_bob = HandOver(lead=scene.lead, to=scene.bob.id)
    assert scene.buttons(ANN, menu) == [to_bob.pack(), Back(lead=scene.lead).pack()]
    assert scene.outbox == []
    await scene.presses(ANN, to_bob, under=menu)
    assert (await scene.lead_now()).manager_id == scene.bob.id
    assert scene.toast
    assert scene.toast["text"] == catalogue("en").say("handed-over", manager="Боб")
    assert {row.chat_id for row in scene.to_managers(View.CARD)} == {BOB}
    assert HandOver(lead=scene.lead).pack() in scene.buttons(ANN, menu)


async def test_nobody_to_hand_over_to(scene: Scene) -> None:
    await scene.store.commit(Changes(put=(replace(scene.bob, active=False),)))
    await scene.presses(ANN, HandOver(lead=scene.lead))
    assert scene.toast
    assert scene.toast["show_alert"]
    assert "/invite" in scene.toast["text"]


async def test_note_says_how(scene: Scene) -> None:
    await scene.presses(ANN, Note(lead=scene.lead))
    assert scene.outbox == []
    assert scene.toast
    assert "//" in scene.toast["text"]


@pytest.mark.parametrize(
    ("verdict", "reason"), [(Verdict.WON, Why.NONE), (Verdict.LOST, Why.PRICE), (Verdict.SPAM, Why.NONE)]
)
async def test_close_by_menu_and_reopen(scene: Scene, verdict: Verdict, reason: Why) -> None:
    menu = await scene.shows(ANN, CloseMenu(lead=scene.lead))
    await scene.presses(ANN, CloseMenu(lead=scene.lead), under=menu)
    if verdict is Verdict.LOST:
        await scene.presses(ANN, CloseMenu(lead=scene.lead, lost=True), under=menu)
    button = Close(lead=scene.lead, state=verdict, reason=reason)
    assert button.pack() in scene.buttons(ANN, menu)
    await scene.presses(ANN, button, under=menu)
    lead = await scene.lead_now()
    assert (lead.state.value, lead.close_reason) == (verdict.value, reason.value)
    assert scene.buttons(ANN, menu) == [Reopen(lead=scene.lead).pack()]
    await scene.presses(ANN, Reopen(lead=scene.lead), under=menu)
    assert (await scene.lead_now()).open


async def test_back_from_a_menu(scene: Scene) -> None:
    menu = await scene.shows(ANN, Back(lead=scene.lead))
    await scene.presses(ANN, Back(lead=scene.lead), under=menu)
    assert Take(lead=scene.lead).pack() in scene.buttons(ANN, menu)
    assert scene.outbox == []


async def test_which_way_replies_go(scene: Scene) -> None:
    snapshot = await scene.store.lead_snapshot(scene.lead)
    assert snapshot
    now = scene.desk.now()
    other = Conversation(
        -1, snapshot.contact.id, scene.source, "telegram", "other", "other", now, last_in_at=now
    )
    way = (await scene.store.commit(Changes(put=(other,))))[-1]
    await scene.presses(ANN, Via(lead=scene.lead, conversation=way))
    assert (await scene.lead_now()).via == way
    assert scene.toast
    assert "Telegram" in scene.toast["text"]


async def test_a_failed_reply_is_tried_again(scene: Scene) -> None:
    await scene.answers_card("Hello!")
    (row,) = scene.to_customers
    message = await scene.store.message(row.message_id)
    assert message
    await scene.store.commit(Changes(put=(replace(message, state=MessageState.FAILED, error="permanent"),)))
    notice = await scene.shows(ANN, TryAgain(message=message.id))
    await scene.presses(ANN, TryAgain(message=message.id), under=notice)
    assert [again.outgoing.text for again in scene.to_customers] == ["Hello!"]
    assert scene.buttons(ANN, notice) == []
    await scene.presses(ANN, TryAgain(message=message.id))
    assert (scene.said, scene.to_customers) == (["refused-not-failed"], [])


@pytest.mark.parametrize("kind", [Take, HandOver, Note, CloseMenu])
async def test_old_buttons_on_a_closed_lead_get_a_sentence(scene: Scene, kind: type[CallbackData]) -> None:
    await scene.change_lead(state=LeadState.LOST, closed_at=scene.desk.now())
    await scene.presses(ANN, kind(lead=scene.lead))
    assert scene.said == ["refused-closed"]
    assert scene.toast
    assert scene.toast["text"] == ""


@pytest.mark.parametrize("kind", [Note, CloseMenu, Reopen])
async def test_some_buttons_are_for_whoever_has_the_lead(scene: Scene, kind: type[CallbackData]) -> None:
    await scene.presses(BOB, kind(lead=scene.lead))
    assert scene.said == ["refused-not-yours"]
    assert scene.to_managers(View.SAY)[0].args["manager"] == "Ann"


async def test_when_telegram_takes_no_toast_the_act_stays(scene: Scene) -> None:
    for method in ("answerCallbackQuery", "editMessageReplyMarkup"):
        scene.world.faults.add(Fault("error", method=method, description="Bad Request: query is too old"))
    await scene.presses(BOB, Take(lead=scene.lead))
    assert (await scene.lead_now()).manager_id == scene.bob.id
    assert scene.toast is None

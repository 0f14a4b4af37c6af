"""Buttons, deletions and reactions of the customers' bot, against the stand-in that is strict as Telegram."""

from __future__ import annotations

import json

import pytest
from test_telegram_sandbox import ANNA, NOW, PNG, Shop, media, opened, shop, shops

from channels import telegram
from channels.kit.contract import Answered, Outcome
from leads.events import Attachment, Button, Call, Kind, MediaKind, SendCode, Verb
from sandbox.faults import Fault

__all__ = ["opened", "shop", "shops"]
CHOICES = (Button("White", "white"), Button("Дуб " * 10, "дуб" * 30), Button("See", url="https://a.example/"))


def keyboard(shop: Shop, message_id: str) -> list[dict[str, str]]:
    rows = shop.seen(message_id).get("reply_markup", {}).get("inline_keyboard", [])
    assert all(len(row) == 1 for row in rows)
    return [row[0] for row in rows]


async def test_choices_stand_under_texts_and_files_and_survive_an_edit(opened: Shop) -> None:
    text = await opened.send("Which?", buttons=CHOICES)
    file = await opened.send(
        "Which?", media(PNG, "a.png"), attachment=Attachment(MediaKind.PHOTO), buttons=CHOICES
    )
    await opened.send("Which one?", verb=Verb.EDIT, target=text, buttons=CHOICES[:2])
    assert [one["text"] for one in keyboard(opened, file)] == ["White", ("Дуб " * 10), "See"]
    assert [one["text"] for one in keyboard(opened, text)] == ["White", ("Дуб " * 10)]
    shown = keyboard(opened, file)
    assert (shown[0]["callback_data"], shown[2]["url"]) == ("white", "https://a.example/")
    assert len(shown[1]["callback_data"].encode()) <= 64
    await opened.send("Never mind", verb=Verb.EDIT, target=text)
    assert keyboard(opened, text) == []


async def test_a_pressed_button_comes_back_and_its_spinner_stops(opened: Shop) -> None:
    await opened.poll()
    offer = await opened.send("Which?", buttons=CHOICES)
    press = opened.world.user_presses(opened.bot, ANNA, int(offer), "white")
    (click,) = await opened.poll()
    assert (click.kind, click.text, click.message_id) == (Kind.CLICK, "white", offer)
    assert opened.world.callbacks[press].answer == {"text": "", "show_alert": False}


async def test_a_press_is_not_lost_when_its_spinner_cannot_be_stopped(opened: Shop) -> None:
    await opened.poll()
    offer = await opened.send("Which?", buttons=CHOICES)
    opened.world.user_presses(opened.bot, ANNA, int(offer), "white")
    opened.world.faults.add(Fault("server_error", method="answerCallbackQuery", times=1))
    assert [item.text for item in await opened.poll()] == ["white"]


@pytest.mark.parametrize(
    ("outcome", "stops"), [("accepted", True), ("duplicate", True), ("unavailable", False)]
)
def test_a_webhook_s_answer_stops_the_spinner_once_the_press_is_stored(outcome: str, stops: bool) -> None:
    body = {"update_id": 1, "callback_query": {"id": "77", "from": {"id": 1, "first_name": "A"}, "data": "x"}}
    for raw, mine in ((body, True), ({"update_id": 1, "message": {"text": '"callback_query"'}}, False)):
        call = Call("POST", {}, {}, json.dumps(raw).encode(), NOW)
        reply = telegram.answer(None, call, Answered(Outcome(outcome)))  # type: ignore[arg-type]
        method = {"method": "answerCallbackQuery", "callback_query_id": "77"}
        assert (json.loads(reply.body) == method) is (stops and mine)
        assert (reply.status == 200) is (outcome != "unavailable")


async def test_ours_is_taken_back_once_and_for_all(opened: Shop) -> None:
    sent = await opened.send("600 €")
    for _ in range(2):
        assert await opened.send("", verb=Verb.DELETE, target=sent) == sent
    assert opened.replies() == []
    old = await opened.send("an old one")
    opened.world.clock = lambda: NOW.replace(day=18)
    assert await opened.fails("", verb=Verb.DELETE, target=old) is SendCode.PERMANENT


async def test_a_reaction_is_put_changed_and_taken_away(opened: Shop) -> None:
    theirs = opened.world.user_sends(opened.bot, ANNA, text="I take it")["message_id"]
    for emoji in ("🎉", "👍", ""):
        await opened.send(emoji, verb=Verb.REACT, target=str(theirs))
        given = opened.world.chat(opened.bot, ANNA).reactions[theirs][opened.bot.id]
        assert [one["emoji"] for one in given] == ([emoji] if emoji else [])
    assert await opened.fails("🪑", verb=Verb.REACT, target=str(theirs)) is SendCode.PERMANENT


@pytest.mark.parametrize("verb", [Verb.DELETE, Verb.REACT, Verb.EDIT])
async def test_what_names_no_message_is_refused_here(opened: Shop, verb: Verb) -> None:
    assert await opened.fails("👍", verb=verb, target="@somebody") is SendCode.PERMANENT
    assert await opened.fails("👍", verb=Verb.READ, target="1") is SendCode.PERMANENT

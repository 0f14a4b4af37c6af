"""Customers' messages, edits and acts in the thread; the state of replies."""

from __future__ import annotations

from dataclasses import replace

import pytest
from showing_scene import ANN, Scene

from leads.changes import View
from leads.events import SendCode
from leads.model import DeskUse, LeadState, MessageState
from leads.split import utf16_len

NASTY = "<b>not bold</b> *md* \u202ertl\u202c &amp; 👩‍👩‍👧‍👦 𝒳"


@pytest.fixture
async def topic(scene: Scene) -> int:
    await scene.show(View.CARD)
    return scene.topics()[0].thread_id


async def test_a_message_is_a_new_one_of_its_own_with_the_very_text(scene: Scene, topic: int) -> None:
    message = await scene.writes(NASTY)
    assert await scene.show(View.CUSTOMER, args={"message": message}) == [None]
    shown = scene.bots()[-1]
    assert shown["text"] == NASTY.replace("\u202e", "").replace("\u202c", "")  # Telegram takes those away
    assert "entities" not in shown
    assert shown["message_thread_id"] == topic
    (place,) = await scene.store.desk_messages_of(message)
    assert (place.chat_id, place.desk_id, place.topic_id) == (ANN, shown["message_id"], topic)
    assert (await scene.journal())[-1]["message"] == message


async def test_a_message_comes_before_its_card_when_the_card_was_lost(scene: Scene) -> None:
    message = await scene.writes("Hello?")
    await scene.show(View.CUSTOMER, args={"message": message})
    await scene.show(View.CARD)
    assert [each.splitlines()[0] for each in scene.texts()] == ["🆕 #1 · Clara Oswald", "Hello?"]


async def test_100_kilobytes_arrive_in_parts_in_their_order(scene: Scene, topic: int) -> None:
    words = " ".join(f"w{number}😀" for number in range(9000))
    message = await scene.writes(words)
    await scene.show(View.CUSTOMER, args={"message": message})
    parts = scene.texts()[1:]
    assert all(utf16_len(each) <= 4096 for each in parts)
    assert " ".join(parts).split() == words.split()
    assert len(await scene.store.desk_messages_of(message)) == len(parts)


async def test_a_429_in_the_middle_repeats_no_part(scene: Scene, topic: int) -> None:
    scene.world.faults.per_chat = 1
    message = await scene.writes("x" * 4096 * 8)
    assert await scene.show(View.CUSTOMER, args={"message": message}) == [SendCode.RETRY]
    for _ in range(20):
        if await scene.later(seconds=3) == [None]:
            break
    assert [len(each) for each in scene.texts()[1:]] == [4096] * 8


async def test_it_answers_what_the_customer_answered(scene: Scene, topic: int) -> None:
    first = await scene.writes("Red or blue?")
    await scene.show(View.CUSTOMER, args={"message": first})
    reply, desk = await scene.answers(topic=topic)
    for replied in (first, reply, scene.first):
        answer = await scene.writes("This one", reply_to_id=replied)
        await scene.show(View.CUSTOMER, args={"message": answer})
    quoted = [each["reply_to_message"]["message_id"] for each in scene.bots()[-3:]]
    card, shown = [each["message_id"] for each in scene.bots()[:2]]
    assert quoted == [shown, desk, card]


async def test_an_edit_stands_under_the_message_that_was_changed(scene: Scene, topic: int) -> None:
    message = await scene.writes("one shed")
    await scene.show(View.CUSTOMER, args={"message": message})
    shown = scene.bots()[-1]["message_id"]
    stored = await scene.store.message(message)
    assert stored
    await scene.put(replace(stored, text="two sheds", former=("one shed",)))
    await scene.show(View.CUSTOMER_EDIT, args={"message": message})
    edit = scene.bots()[-1]
    assert edit["text"].splitlines()[1:] == ["Before", "one shed", "Now", "two sheds"]
    assert edit["reply_to_message"]["message_id"] == shown
    place = await scene.store.desk_message(ANN, edit["message_id"])
    assert place
    assert (place.use, place.message_id) == (DeskUse.CUSTOMER, message)


async def test_what_the_customer_did_is_told_without_noise(scene: Scene, topic: int) -> None:
    reply, desk = await scene.answers(topic=topic)
    args = {"event": "reaction", "message": reply, "text": "❤"}
    await scene.show(View.CUSTOMER_EVENT, args=args)
    await scene.show(View.CUSTOMER_EVENT, args={"event": "blocked"})
    reaction, blocked = scene.bots()[-2:]
    assert reaction["text"] == "Clara Oswald reacted with ❤"
    assert reaction["reply_to_message"]["message_id"] == desk
    assert blocked["text"].startswith("🚫 Clara Oswald has blocked us.")


async def test_a_taken_back_reaction_is_no_news(scene: Scene, topic: int) -> None:
    before = len(scene.chat())
    await scene.show(View.CUSTOMER_EVENT, args={"event": "reaction", "message": scene.first, "text": ""})
    assert len(scene.chat()) == before


@pytest.mark.parametrize(
    ("state", "emoji"),
    [
        (MessageState.QUEUED, "✍"),
        (MessageState.SENT, "👌"),
        (MessageState.DELIVERED, "👍"),
        (MessageState.READ, "👀"),
        (MessageState.FAILED, "💔"),
    ],
)
async def test_a_reply_wears_its_state(scene: Scene, topic: int, state: MessageState, emoji: str) -> None:
    reply, desk = await scene.answers(state, topic)
    assert await scene.show(View.STATE, args={"message": reply}) == [None]
    assert scene.reaction(desk) == emoji


async def test_a_failure_is_told_in_words_until_it_is_mended(scene: Scene, topic: int) -> None:
    reply, desk = await scene.answers(MessageState.FAILED, topic, error="blocked", error_detail="Forbidden")
    await scene.show(View.STATE, args={"message": reply})
    words = scene.bots()[-1]
    assert words["text"].startswith("💔 Not delivered to Clara Oswald\nThe customer has blocked us.")
    assert words["reply_to_message"]["message_id"] == desk
    assert words["message_thread_id"] == topic
    (button,) = words["reply_markup"]["inline_keyboard"][0]
    assert button["text"] == "🔁 Try again"

    stored = await scene.store.message(reply)
    assert stored
    await scene.put(replace(stored, state=MessageState.SENT))
    await scene.show(View.STATE, args={"message": reply})
    assert scene.reaction(desk) == "👌"
    assert words["message_id"] not in [each["message_id"] for each in scene.bots()]
    await scene.show(View.STATE, args={"message": reply})
    assert [each.method for each in scene.world.log].count("deleteMessage") == 1


async def test_a_second_failure_is_told_anew_and_once(scene: Scene, topic: int) -> None:
    reply, _ = await scene.answers(MessageState.FAILED, topic, error="blocked")
    await scene.show(View.STATE, args={"message": reply})
    await scene.show(View.STATE, args={"message": reply})
    failures = [each for each in scene.texts() if each.startswith("💔")]
    assert len(failures) == 1


async def test_a_reply_that_the_manager_deleted_fails_in_words_all_the_same(scene: Scene, topic: int) -> None:
    reply, desk = await scene.answers(MessageState.FAILED, topic, error="too_long")
    scene.world.chat(scene.telegram, ANN).delete(desk)
    assert await scene.show(View.STATE, args={"message": reply}) == [None]
    assert "too long for this channel" in scene.texts()[-1]


async def test_formatting_that_telegram_refuses_costs_the_formatting_only(scene: Scene) -> None:
    scene.fault("error", method="sendMessage", description="Bad Request: can't parse entities", times=1)
    assert await scene.show(View.CARD) == [None]
    (card,) = scene.bots()
    assert card["text"].startswith("🆕 #1")
    assert not [each for each in card.get("entities", []) if each["type"] == "bold"]
    scene.fault("error", method="editMessageText", description="Bad Request: can't parse entities", times=1)
    await scene.change_lead(state=LeadState.ACTIVE)
    assert await scene.show(View.CARD_EDIT) == [None]
    assert scene.texts()[0].startswith("💬 #1")


@pytest.mark.parametrize(
    ("code", "description", "became"),
    [
        (403, "Forbidden: bot was blocked by the user", SendCode.BLOCKED),
        (400, "Bad Request: chat not found", SendCode.BLOCKED),
        (401, "Unauthorized", SendCode.MISCONFIGURED),
        (500, "Internal Server Error", SendCode.UNAVAILABLE),
        (502, "Bad Gateway", SendCode.UNAVAILABLE),
        (400, "Bad Request: message is too long", SendCode.TOO_LONG),
        (400, "Bad Request: BUTTON_DATA_INVALID", SendCode.PERMANENT),
    ],
)
async def test_how_telegrams_refusals_end(
    scene: Scene, topic: int, code: int, description: str, became: SendCode
) -> None:
    scene.fault("error", method="sendMessage", code=code, description=description, times=1)
    message = await scene.writes("Hello?")
    # A blocked desk is told to the heads as well.
    assert (await scene.show(View.CUSTOMER, args={"message": message}))[0] == became


async def test_a_429_tells_how_long_to_wait(scene: Scene, topic: int) -> None:
    scene.fault("too_many", method="sendMessage", retry_after=7, times=1)
    message = await scene.writes("Hello?")
    assert await scene.show(View.CUSTOMER, args={"message": message}) == [SendCode.RETRY]
    assert await scene.later(seconds=6) == []
    assert await scene.later(seconds=2) == [None]
    assert scene.texts()[-1] == "Hello?"


async def test_a_row_about_nothing_is_given_up(scene: Scene) -> None:
    assert await scene.show(View.CARD, lead=404) == [SendCode.PERMANENT]
    assert await scene.show(View.CUSTOMER, args={"message": 404}) == [SendCode.PERMANENT]

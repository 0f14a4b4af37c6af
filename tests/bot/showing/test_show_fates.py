"""What the desk shows of a reply's fate, of a pressed button, and of what was deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from showing_scene import ANN, RULES, Scene, new_lead

from leads.changes import View
from leads.events import Attachment, Capabilities, MediaKind
from leads.journal import Word
from leads.model import PRESSED, Conversation, DeskMessage, DeskUse, MessageState, PointKind

WINDOW = Capabilities(text_limit=4096, reply_window=timedelta(days=1), templates=True)
TEMPLATE = {"name": "offer", "language": "en", "body": "Dear {{1}}.", "params": []}


@pytest.fixture
async def topic(scene: Scene) -> int:
    await scene.show(View.CARD)
    return scene.topics()[0].thread_id


def rule(scene: Scene, **changes: object) -> None:
    scene.out = replace(scene.out, rules=replace(RULES, **changes))  # type: ignore[arg-type]


def labels(message: dict[str, object]) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])  # type: ignore[attr-defined]
    return [one["text"] for row in rows for one in row]


async def test_a_reply_that_fails_at_once_is_told_once(scene: Scene, topic: int) -> None:
    """Both rows are shown when it has failed already."""
    reply, desk = await scene.answers(MessageState.FAILED, topic, error="blocked")
    await scene.show(View.STATE, args={"message": reply, "queued": True})
    assert not [text for text in scene.texts() if text.startswith("💔")]
    await scene.show(View.STATE, args={"message": reply})
    assert scene.reaction(desk) == "💔"
    sent = [one for one in scene.world.log if one.method == "sendMessage" and "💔" in one.summary]
    assert len(sent) == 1


async def test_a_reply_that_was_taken_back_says_so_whatever_became_of_it(scene: Scene, topic: int) -> None:
    reply, desk = await scene.answers(MessageState.READ, topic, deleted_at=scene.clock())
    await scene.show(View.STATE, args={"message": reply})
    assert scene.reaction(desk) == "👻"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            "window_closed",
            [
                "🔁 Try again",
                "📋 Templates · Telegram",
                "💬 Send via Telegram",
                "☎️ Copy +371 20 001 122 to call",
            ],
        ),
        ("blocked", ["🔁 Try again", "💬 Send via Telegram", "☎️ Copy +371 20 001 122 to call"]),
        ("permanent", ["🔁 Try again", "💬 Send via Telegram", "☎️ Copy +371 20 001 122 to call"]),
        ("too_long", ["🔁 Try again"]),
        ("unavailable", ["🔁 Try again"]),
    ],
)
async def test_a_failure_names_the_ways_out(
    scene: Scene, topic: int, error: str, expected: list[str]
) -> None:
    rule(scene, can={"telegram": WINDOW})
    await new_lead(scene, points=((PointKind.PHONE, "+37120001122"),))
    await scene.show(View.CARD)
    contact = (await scene.snapshot()).contact.id
    await scene.put(
        Conversation(-1, contact, scene.shop, "telegram", "other", "78", scene.clock(), None, scene.clock())
    )
    reply, _ = await scene.answers(MessageState.FAILED, scene.topics()[-1].thread_id, error=error)
    await scene.show(View.STATE, args={"message": reply})
    assert labels(scene.bots()[-1]) == expected


async def test_a_pressed_button_is_shown_in_words(scene: Scene, topic: int) -> None:
    message = await scene.writes("Oak", fields={PRESSED: "oak", "colour": "brown"})
    await scene.show(View.CUSTOMER, args={"message": message})
    assert scene.texts()[-1] == "colour: brown\n🔘 pressed: Oak"


async def test_what_is_not_kept_goes_from_the_desk_too(scene: Scene, topic: int) -> None:
    rule(scene, keep_deleted=False)
    scene.files.held["p"] = b"%PDF"
    paper = Attachment(MediaKind.FILE, ref="p", name="plan.pdf")
    said, seen = await scene.writes("secret"), await scene.writes(attachments=(paper,))
    for message in (said, seen):
        await scene.show(View.CUSTOMER, args={"message": message})
    assert "document" in scene.bots()[-1]
    for message in (said, seen):
        stored = await scene.store.message(message)
        assert stored
        await scene.put(replace(stored, text="", attachments=(), deleted_at=scene.clock()))
        await scene.show(View.CUSTOMER_EVENT, args={"event": "deleted", "message": message})
    assert scene.texts()[1:] == ["🗑 Clara Oswald deleted this message, and its text is not kept."]
    assert not [one for one in scene.bots() if "document" in one]


async def test_what_is_kept_is_only_marked(scene: Scene, topic: int) -> None:
    message = await scene.writes("secret")
    await scene.show(View.CUSTOMER, args={"message": message})
    await scene.show(View.CUSTOMER_EVENT, args={"event": "deleted", "message": message})
    assert scene.texts()[1:] == ["secret", "🗑 Clara Oswald deleted this message."]


async def test_what_was_deleted_before_it_was_shown_is_shown_as_deleted(scene: Scene, topic: int) -> None:
    message = await scene.writes("", deleted_at=scene.clock())
    await scene.show(View.CUSTOMER, args={"message": message})
    assert scene.texts()[-1].startswith("🗑 Clara Oswald deleted this message")


async def test_a_template_is_asked_about_and_then_shown_and_remembered(scene: Scene, topic: int) -> None:
    for params in ([], ["Kim"]):
        args = {"via": scene.chat_with, "template": TEMPLATE | {"params": params}}
        await scene.show(View.TEMPLATE, args=args, topic_id=topic)
    question, preview = scene.bots()[-2:]
    assert question["text"].endswith("Answer this message with the value for {{1}}.")
    assert "Dear Kim." in preview["text"]
    assert labels(preview) == ["📨 Send", "Another template"]
    for shown in (question, preview):
        place = await scene.store.desk_message(ANN, shown["message_id"])
        assert place
        assert (place.use, place.lead_id, place.topic_id) == (DeskUse.QUESTION, scene.lead, topic)
    kept = await scene.journal(Word.TEMPLATE)
    assert [(one["desk_id"], one["template"]["params"]) for one in kept] == [
        (question["message_id"], []),
        (preview["message_id"], ["Kim"]),
    ]


async def test_a_sent_template_wears_its_state(scene: Scene, topic: int) -> None:
    await scene.show(View.TEMPLATE, args={"via": scene.chat_with, "template": TEMPLATE | {"params": ["Kim"]}})
    preview = scene.bots()[-1]["message_id"]
    reply, _ = await scene.answers(MessageState.SENT, topic)
    place = await scene.store.desk_message(ANN, preview)
    assert isinstance(place, DeskMessage)
    await scene.put(replace(place, use=DeskUse.REPLY, message_id=reply))
    await scene.show(View.STATE, args={"message": reply})
    assert scene.reaction(preview) == "👌"

"""A lead is announced by one card, in a topic of its own; what was deleted comes back; nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from showing_scene import ANN, BOB, EVE, Scene, new_lead

from app.morning import sketch
from leads.changes import Changes, View
from leads.events import Attachment, MediaKind, SendCode
from leads.model import LeadState

GONE = "Bad Request: message thread not found"


async def announced(scene: Scene) -> None:
    await scene.show(View.CARD)


async def test_a_card_opens_a_topic_and_is_remembered(scene: Scene) -> None:
    await announced(scene)
    (topic,) = scene.topics()
    (card,) = scene.bots()
    assert topic.name == "🆕 #1 Clara Oswald"
    assert card["message_thread_id"] == topic.thread_id
    assert card["text"].startswith("🆕 #1 · Clara Oswald\nFor Ann")
    assert card["link_preview_options"] == {"is_disabled": True}
    (thread,) = (await scene.snapshot()).threads
    assert (thread.chat_id, thread.topic_id, thread.card_id) == (ANN, topic.thread_id, card["message_id"])
    assert await scene.store.lead_at(ANN, topic.thread_id, None) == scene.lead
    assert await scene.store.lead_at(ANN, None, card["message_id"]) == scene.lead
    assert await scene.journal() == [
        {"chat": ANN, "topic": topic.thread_id, "desk_id": card["message_id"], "message": scene.first}
    ]


async def test_it_is_announced_once_whatever_is_asked(scene: Scene) -> None:
    await announced(scene)
    await announced(scene)
    assert len(scene.bots()) == len(scene.topics()) == 1
    assert len(await scene.journal()) == 1


async def test_a_crash_after_the_topic_makes_no_second_one(scene: Scene) -> None:
    scene.fault("server_error", method="sendMessage", times=1)
    assert await scene.show(View.CARD) == [SendCode.UNAVAILABLE]
    assert len(scene.topics()) == 1
    assert await scene.later(minutes=1) == [None]
    assert len(scene.bots()) == len(scene.topics()) == 1


async def test_a_lost_answer_repeats_one_message_at_most(scene: Scene) -> None:
    scene.fault("drop_after_effect", method="sendMessage", times=1)
    assert await scene.show(View.CARD) == [SendCode.UNAVAILABLE]
    assert await scene.later(minutes=1) == [None]
    assert len(scene.bots()) == 2
    assert len(scene.topics()) == 1


async def test_every_manager_reads_their_own_language(scene: Scene) -> None:
    await scene.show(View.CARD, BOB)
    assert "Для: Ann · ждёт ответа · сегодня 11:00" in scene.texts(BOB)[0]


async def test_a_long_first_message_and_its_files_follow_the_card(scene: Scene) -> None:
    scene.files.held = {"a": b"%PDF", "b": b"%PDF"}
    files = tuple(Attachment(MediaKind.FILE, ref=ref, name=f"{ref}.pdf") for ref in "ab")
    await new_lead(scene, text="word " * 2000, attachments=files)
    await announced(scene)
    card, *rest = scene.bots()
    assert [each["document"]["file_name"] for each in rest[-2:]] == ["a.pdf", "b.pdf"]
    said = card["text"] + "".join(each.get("text", "") for each in rest)
    assert said.count("word") == 2000
    assert {each["message_thread_id"] for each in rest} == {scene.topics()[0].thread_id}
    assert scene.files.asked == [("a", scene.shop), ("b", scene.shop)]


async def test_what_follows_the_card_goes_on_where_it_stopped(scene: Scene) -> None:
    scene.files.held = {"a": b"%PDF", "b": b"%PDF"}
    files = tuple(Attachment(MediaKind.FILE, ref=ref, name=f"{ref}.pdf") for ref in "ab")
    await new_lead(scene, attachments=files)
    scene.fault("error", method="sendDocument", times=1, code=500)
    assert await scene.show(View.CARD) == [SendCode.UNAVAILABLE]
    assert len(scene.bots()) == 1
    await scene.later(minutes=1)
    assert [each.get("document", {}).get("file_name") for each in scene.bots()] == [None, "a.pdf", "b.pdf"]


async def test_an_edit_changes_the_card_and_the_topics_name_in_place(scene: Scene) -> None:
    await announced(scene)
    await scene.change_lead(state=LeadState.ACTIVE)
    await scene.show(View.CARD_EDIT)
    await scene.show(View.CARD_EDIT)
    (card,) = scene.bots()
    assert card["text"].startswith("💬 #1 · Clara Oswald\nAnn is on it")
    assert scene.topics()[0].name == "💬 #1 Clara Oswald"
    renames = [each for each in scene.world.log if each.method == "editForumTopic"]
    assert len(renames) == 1


async def test_an_edit_without_a_card_does_nothing(scene: Scene) -> None:
    assert await scene.show(View.CARD_EDIT) == [None]
    assert scene.chat() == []


async def test_a_deleted_topic_is_made_again_with_card_and_history(scene: Scene) -> None:
    await announced(scene)
    for text in ("How much?", "Are you there?"):
        await scene.show(View.CUSTOMER, args={"message": await scene.writes(text)})
    scene.world.user_deletes_topic(scene.telegram, ANN, scene.topics()[0].thread_id)
    await scene.show(View.CUSTOMER, args={"message": await scene.writes("Hello?")})
    (topic,) = scene.topics()
    card, history, last = scene.bots()
    assert {each["message_thread_id"] for each in (card, history, last)} == {topic.thread_id}
    assert card["text"].startswith("🆕 #1")
    assert "How much?" in history["text"]
    assert "Are you there?" in history["text"]
    assert last["text"] == "Hello?"
    assert [each.active for each in (await scene.snapshot()).threads].count(True) == 1


async def test_a_message_that_lands_in_the_main_chat_is_taken_back(scene: Scene) -> None:
    await announced(scene)
    old = scene.topics()[0].thread_id
    scene.world.user_deletes_topic(scene.telegram, ANN, old)
    scene.fault("lost_topic", times=1)
    await scene.show(View.CUSTOMER, args={"message": await scene.writes("Hello?")})
    (topic,) = scene.topics()
    assert topic.thread_id != old
    assert [each["message_thread_id"] for each in scene.bots()] == [topic.thread_id] * 2
    assert scene.texts()[-1] == "Hello?"


async def test_a_deleted_card_comes_back(scene: Scene) -> None:
    await announced(scene)
    scene.world.chat(scene.telegram, ANN).delete(scene.bots()[0]["message_id"])
    await scene.show(View.CARD_EDIT)
    (card,) = scene.bots()
    (thread,) = (await scene.snapshot()).threads
    assert thread.card_id == card["message_id"]


async def test_a_deleted_topic_comes_back_by_an_edit_only_while_the_lead_is_open(scene: Scene) -> None:
    await announced(scene)
    scene.world.user_deletes_topic(scene.telegram, ANN, scene.topics()[0].thread_id)
    await scene.change_lead(state=LeadState.ACTIVE)
    await scene.show(View.CARD_EDIT)
    assert [each.name for each in scene.topics()] == ["💬 #1 Clara Oswald"]
    scene.world.user_deletes_topic(scene.telegram, ANN, scene.topics()[0].thread_id)
    await scene.change_lead(state=LeadState.WON, closed_at=scene.clock())
    await scene.show(View.CARD_EDIT)
    assert scene.topics() == []


@pytest.mark.parametrize("topics", [False])
async def test_without_topics_everything_answers_the_card(scene: Scene) -> None:
    await announced(scene)
    await scene.show(View.CUSTOMER, args={"message": await scene.writes("Hello?")})
    card, message = scene.bots()
    assert "message_thread_id" not in card
    assert message["reply_to_message"]["message_id"] == card["message_id"]
    assert message["text"] == "Clara Oswald · #1\nHello?"
    assert await scene.store.lead_at(ANN, None, message["message_id"]) == scene.lead


async def test_where_topics_fail_as_such_the_chat_is_the_place(scene: Scene) -> None:
    scene.fault("error", method="createForumTopic", description="Bad Request: the chat is not a forum")
    await announced(scene)
    (card,) = scene.bots()
    assert "message_thread_id" not in card


async def test_where_no_topic_takes_messages_the_chat_is_the_place(scene: Scene) -> None:
    scene.fault("error", method="sendMessage", description=GONE, times=2)
    await announced(scene)
    (card,) = scene.bots()
    assert "message_thread_id" not in card
    (active,) = [each for each in (await scene.snapshot()).threads if each.active]
    assert (active.topic_id, active.card_id) == (None, card["message_id"])


async def test_the_next_manager_reads_what_was_said(scene: Scene) -> None:
    await announced(scene)
    await scene.writes("How much?")
    topic = scene.topics()[0].thread_id
    await scene.answers(topic=topic)
    await scene.change_lead(unanswered_since=None, manager_id=scene.bob)
    await scene.show(View.CARD, BOB)
    card, history = scene.bots(BOB)
    assert card["text"].startswith("🆕 #1")
    assert history["text"].splitlines()[1:] == [
        "Клиент, сегодня 11:00: How much?",
        "Мы, сегодня 11:00: On it",
    ]


async def test_messages_that_come_by_themselves_are_no_history(scene: Scene) -> None:
    await announced(scene)
    await scene.writes("How much?")
    await scene.change_lead(manager_id=scene.bob)
    await scene.show(View.CARD, BOB)
    assert len(scene.bots(BOB)) == 1


async def test_the_former_managers_card_is_refreshed_after_the_lead_has_left(scene: Scene) -> None:
    await announced(scene)
    (thread,) = (await scene.snapshot()).threads
    await scene.put(replace(thread, active=False))
    await scene.change_lead(manager_id=scene.bob, state=LeadState.ACTIVE)
    await scene.show(View.MOVED, topic_id=thread.topic_id, args={"to": scene.bob, "by": scene.eve})
    await scene.show(View.CARD_EDIT)
    card, moved = scene.bots()
    assert "Боб is on it" in card["text"]
    assert moved["text"] == "↪️ #1 Clara Oswald is with Боб now; Eve handed it over."
    assert moved["message_thread_id"] == thread.topic_id


async def test_a_lead_that_comes_back_gets_a_fresh_card(scene: Scene) -> None:
    await announced(scene)
    topic = scene.topics()[0].thread_id
    await scene.show(View.LEAD, topic_id=topic)
    old, fresh = scene.bots()
    assert fresh["message_thread_id"] == topic
    (thread,) = (await scene.snapshot()).threads
    assert thread.card_id == fresh["message_id"] != old["message_id"]


async def test_a_lead_asked_for_is_shown_where_it_was_asked(scene: Scene) -> None:
    await announced(scene)
    await scene.writes("How much?")
    asked = scene.world.user_sends(scene.telegram, EVE, text="/lead 1")
    place = {"topic_id": asked["message_thread_id"], "reply_to": asked["message_id"]}
    await scene.show(View.LEAD, EVE, **place)
    card, history = scene.bots(EVE)
    assert card["message_thread_id"] == asked["message_thread_id"]
    assert card["reply_to_message"]["message_id"] == asked["message_id"]
    assert "How much?" in history["text"]
    assert await scene.store.lead_at(EVE, None, card["message_id"]) == scene.lead


async def test_whose_lead_it_is_has_a_face_where_the_vendor_gave_one(scene: Scene) -> None:
    await announced(scene)
    (identity,) = (await scene.snapshot()).identities
    await scene.store.commit(Changes(put=(replace(identity, avatar="a" * 64),)))
    scene.files.held[""] = sketch(80, 60)
    await scene.show(View.LEAD, EVE, args={"face": True})
    face, card, *_ = scene.bots(EVE)
    assert "photo" in face
    assert card["text"].startswith("🆕 #1")
    assert scene.files.asked == [("", scene.shop)]

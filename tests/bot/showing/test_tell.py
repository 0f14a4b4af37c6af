"""Answers, lists, reminders: where they come out, and when they have lost their point."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from showing_scene import ANN, BOB, EVE, Scene, new_lead

from leads.changes import View
from leads.model import LeadState, Reminder, ReminderKind, ReminderState

STRANGER = 700


async def reminder(scene: Scene, kind: ReminderKind = ReminderKind.MANUAL, **more: object) -> int:
    made = Reminder(-1, scene.lead, kind, scene.clock(), ReminderState.FIRED, text="call back")
    return (await scene.put(replace(made, **more)))[-1]  # type: ignore[arg-type]


async def test_a_sentence_comes_where_it_was_asked(scene: Scene) -> None:
    asked = scene.world.user_sends(scene.telegram, ANN, text="/remind")
    topic, desk = asked["message_thread_id"], asked["message_id"]
    await scene.show(View.SAY, lead=None, topic_id=topic, reply_to=desk, args={"key": "remind-usage"})
    (answer,) = scene.bots()
    assert answer["text"].startswith("Say when and what about: /remind 2h call back")
    assert (answer["message_thread_id"], answer["reply_to_message"]["message_id"]) == (topic, desk)


async def test_a_sentence_for_a_deleted_topic_comes_into_the_chat(scene: Scene) -> None:
    await scene.show(View.CARD)
    topic = scene.topics()[0].thread_id
    scene.world.user_deletes_topic(scene.telegram, ANN, topic)
    await scene.show(View.SAY, topic_id=topic, reply_to=1, args={"key": "noted"})
    assert scene.texts() == ["Noted; only the desk sees it"]
    assert [each.active for each in (await scene.snapshot()).threads] == [False]


async def test_a_sentence_about_a_lead_comes_into_its_thread(scene: Scene) -> None:
    await scene.show(View.CARD)
    await scene.show(View.SAY, args={"key": "taken"})
    said = scene.bots()[-1]
    assert said["message_thread_id"] == scene.topics()[0].thread_id
    assert await scene.store.lead_at(ANN, None, said["message_id"]) == scene.lead


async def test_a_stranger_is_answered_in_their_own_language(scene: Scene) -> None:
    scene.world.add_user(STRANGER, "Zoe", language_code="ru")
    scene.world.user_starts(scene.telegram, STRANGER)
    args = {"key": "stranger", "language": "ru"}
    await scene.show(View.SAY, STRANGER, lead=None, args=args)
    assert scene.texts(STRANGER)[-1].startswith("Здравствуйте! Это рабочее место команды")


async def test_help_and_invitations(scene: Scene) -> None:
    await scene.show(View.HELP, BOB, lead=None)
    args = {"link": "https://t.me/desk_bot?start=abc", "role": "head"}
    await scene.show(View.INVITE, EVE, lead=None, args=args)
    assert scene.texts(BOB)[0].startswith("Как здесь всё устроено")
    (invitation,) = scene.bots(EVE)
    assert "https://t.me/desk_bot?start=abc" in invitation["text"]
    (button,) = invitation["reply_markup"]["inline_keyboard"][0]
    assert button["copy_text"] == {"text": "https://t.me/desk_bot?start=abc"}


async def test_a_reminder_comes_into_the_leads_thread_or_the_chat(scene: Scene) -> None:
    await scene.show(View.CARD)
    args = {"reminder": await reminder(scene)}
    await scene.show(View.REMINDER, ANN, args=args)
    await scene.show(View.REMINDER, EVE, args=args)
    mine, heads = scene.bots(ANN)[-1], scene.bots(EVE)[-1]
    assert mine["message_thread_id"] == scene.topics()[0].thread_id
    assert "message_thread_id" not in heads
    assert mine["text"].startswith("⏰ Reminder: #1 Clara Oswald\nWaiting since today 11:00")
    assert await scene.store.lead_at(EVE, None, heads["message_id"]) == scene.lead


@pytest.mark.parametrize("state", [ReminderState.DONE, ReminderState.CANCELLED])
async def test_a_reminder_that_was_dealt_with_is_not_shown(scene: Scene, state: ReminderState) -> None:
    assert await scene.show(View.REMINDER, args={"reminder": await reminder(scene, state=state)}) == [None]
    assert scene.chat() == []


async def test_a_late_reminder_says_so(scene: Scene) -> None:
    due = scene.clock() - timedelta(days=1)
    await scene.show(View.REMINDER, args={"reminder": await reminder(scene, due_at=due, late=True)})
    assert "Late: this was due yesterday 11:00" in scene.texts()[0]


async def test_the_head_hears_of_a_lead_that_nobody_gets(scene: Scene) -> None:
    await scene.change_lead(state=LeadState.WAITING, manager_id=None)
    await scene.show(View.UNROUTED, EVE)
    (told,) = scene.bots(EVE)
    assert told["text"].splitlines() == [
        "⏳ Nobody is on shift for a new lead",
        "#1 Clara Oswald",
        "Hello, how much is a big garden shed?",
        "Take it, hand it over, or ask somebody to say /on",
    ]
    assert await scene.store.lead_at(EVE, None, told["message_id"]) == scene.lead


async def test_the_head_does_not_hear_of_it_when_somebody_has_it_by_now(scene: Scene) -> None:
    await scene.show(View.UNROUTED, EVE)
    assert scene.chat(EVE) == []


async def test_own_leads_and_the_waiting_ones(scene: Scene) -> None:
    await new_lead(scene, name="Rose")
    await scene.change_lead(state=LeadState.WAITING, manager_id=None)
    await new_lead(scene, name="Amy")
    await scene.change_lead(manager_id=scene.bob)
    await scene.show(View.LEADS, ANN, lead=None, args={"page": 0})
    own, waiting = scene.texts()[0].split("\n\n")
    assert "#1 Clara Oswald" in own
    assert "#2 Rose" in waiting
    assert "Amy" not in own + waiting


async def test_a_head_sees_everybodys_leads(scene: Scene) -> None:
    await new_lead(scene, name="Amy")
    await scene.change_lead(manager_id=scene.bob)
    await scene.show(View.LEADS, EVE, lead=None)
    (page,) = scene.texts(EVE)
    assert "#1 Clara Oswald · Ann" in page
    assert "#2 Amy · Боб" in page


async def test_many_leads_have_pages(scene: Scene) -> None:
    for number in range(9):
        await new_lead(scene, name=f"Customer {number}")
    await scene.show(View.LEADS, ANN, lead=None, args={"page": 0})
    await scene.show(View.LEADS, ANN, lead=None, args={"page": 1})
    first, second = scene.texts()
    numbers = [f"#{number} " in first for number in range(1, 11)]
    assert numbers.count(True) == 8
    assert [f"#{number} " in second for number in range(1, 11)] == [not each for each in numbers]


async def test_leads_are_found_by_words(scene: Scene) -> None:
    await scene.show(View.FOUND, ANN, lead=None, args={"words": "garden"})
    await scene.show(View.FOUND, ANN, lead=None, args={"words": "zebra"})
    hit, nothing = scene.texts()
    assert "#1 Clara Oswald" in hit
    assert nothing.startswith("🔍 Nothing found for “zebra”.")

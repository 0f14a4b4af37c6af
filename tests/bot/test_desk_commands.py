"""Commands: what they answer, where, and what wrong use gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from databases import Clock
from desk_scene import ANN, BOB, Scene, add_lead

from bot.callbacks import Leads, Open, Remind, ReminderDone, ReminderSnooze, RemindMenu, When
from leads.changes import View
from leads.model import LeadState, Reminder, ReminderState
from leads.reminders import fire_due
from texts import catalogue


async def reminders(scene: Scene) -> tuple[Reminder, ...]:
    snapshot = await scene.store.lead_snapshot(scene.lead)
    assert snapshot
    return snapshot.reminders


@pytest.mark.parametrize(
    ("text", "view", "args"),
    [
        ("/help", View.HELP, {}),
        ("/HELP@desk_bot", View.HELP, {}),
        ("/leads", View.LEADS, {"page": 0}),
        ("/find  Clara \n +371", View.FOUND, {"words": "Clara +371"}),
    ],
)
async def test_answers_come_where_they_were_asked(
    scene: Scene, text: str, view: View, args: dict[str, object]
) -> None:
    asked = await scene.says(BOB, text)
    (row,) = scene.outbox
    assert row == scene.to_managers(view)[0]
    assert (row.chat_id, row.reply_to, row.topic_id, row.args) == (BOB, asked["message_id"], None, args)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("/find", "find-usage"),
        ("/lead", "lead-usage"),
        ("/lead 999", "lead-not-found"),
        ("/lead Clara", "lead-not-found"),
        ("/lead 99999999999999999999", "lead-not-found"),
        ("/invite", "refused-invite-role"),
        ("/price list", "unknown-command"),
        ("/remind", "remind-usage"),
        ("/remind 2h call", "remind-where"),
        ("/remind 12", "remind-not-understood"),
        ("/remind 1 yesterday", "remind-not-understood"),
        ("/on", "shift-on"),
        ("/off", "shift-off"),
        ("hello", "not-a-lead"),
        ("/ 5", "not-a-lead"),
    ],
)
async def test_one_sentence(scene: Scene, text: str, key: str) -> None:
    await scene.says(BOB, text)
    assert scene.said == [key]
    assert len(scene.outbox) == 1


async def test_a_lead_by_number_and_by_place(scene: Scene) -> None:
    for text in (f"/lead {scene.lead}", f"/lead #{scene.lead}"):
        await scene.says(BOB, text)
        assert [row.lead_id for row in scene.to_managers(View.LEAD)] == [scene.lead]
    await scene.answers_card("/lead")
    assert [row.lead_id for row in scene.to_managers(View.LEAD)] == [scene.lead]


async def test_pages_and_opening_by_buttons(scene: Scene) -> None:
    shown = await scene.shows(BOB, Leads(page=2))
    await scene.presses(BOB, Leads(page=2), under=shown)
    assert [row.args for row in scene.to_managers(View.LEADS)] == [{"page": 2}]
    await scene.presses(BOB, Open(lead=scene.lead))
    assert [row.lead_id for row in scene.to_managers(View.LEAD)] == [scene.lead]
    await scene.presses(BOB, Open(lead=404))
    assert scene.said == ["lead-not-found"]


async def test_shifts(scene: Scene) -> None:
    for person in (ANN, BOB):
        await scene.says(person, "/off")
        manager = await scene.store.manager_by_telegram(person)
        assert manager
        assert not manager.on_shift
    waiting = await add_lead(scene, None, "Dora")
    await scene.says(BOB, "/on")
    assert [row.lead_id for row in scene.to_managers(View.CARD)] == [waiting]
    assert (await scene.lead_now()).manager_id == scene.bob.id


async def test_only_known_roles_can_be_invited(scene: Scene) -> None:
    await scene.says(ANN, "/invite owner")
    assert scene.said == ["invite-usage"]
    await scene.says(ANN, "/invite")
    (invite,) = scene.to_managers(View.INVITE)
    assert invite.args["role"] == "manager"
    assert "{" not in invite.args["link"]


@pytest.mark.parametrize(
    ("words", "due", "text"),
    [
        ("2h call back", datetime(2026, 3, 2, 11, 0, tzinfo=UTC), "call back"),
        ("завтра 10:00 счёт\nи акт", datetime(2026, 3, 3, 8, 0, tzinfo=UTC), "счёт\nи акт"),  # Riga is UTC+2
        ("15m", datetime(2026, 3, 2, 9, 15, tzinfo=UTC), ""),
    ],
)
async def test_reminders_at_the_leads_place(scene: Scene, words: str, due: datetime, text: str) -> None:
    await scene.answers_card(f"/remind {words}")
    (reminder,) = await reminders(scene)
    assert (reminder.due_at, reminder.text) == (due, text)
    (row,) = scene.to_managers(View.SAY)
    assert row.args["key"] == ("reminder-set" if text else "reminder-set-plain")
    assert row.args["due_at"] == due.isoformat()


async def test_a_reminder_by_number(scene: Scene) -> None:
    await scene.says(ANN, f"/remind {scene.lead} 2h call back")
    (reminder,) = await reminders(scene)
    assert reminder.text == "call back"
    await scene.says(ANN, "/remind 404 2h call back")
    assert scene.said == ["refused-no-lead"]


async def test_presets_put_the_cards_buttons_back(scene: Scene) -> None:
    texts = catalogue("en")
    card = await scene.shows(ANN, RemindMenu(lead=scene.lead))
    await scene.presses(ANN, RemindMenu(lead=scene.lead), under=card)
    assert Remind(lead=scene.lead, preset=When.NINE).pack() in scene.buttons(ANN, card)
    for preset, due in (
        (When.HALF_HOUR, timedelta(minutes=30)),
        (When.HOUR, timedelta(hours=1)),
        (When.THREE_HOURS, timedelta(hours=3)),
        (When.NINE, timedelta(hours=22)),  # tomorrow 9:00 in Riga
    ):
        menu = await scene.shows(ANN, Remind(lead=scene.lead, preset=preset))
        await scene.presses(ANN, Remind(lead=scene.lead, preset=preset), under=menu)
        at = scene.desk.now() + due
        assert (await reminders(scene))[-1].due_at == at
        assert RemindMenu(lead=scene.lead).pack() in scene.buttons(ANN, menu)
        assert scene.toast
        assert scene.toast["text"] == texts.say(
            "reminder-set-plain", due_at=texts.moment(at, "Europe/Riga", scene.desk.now())
        )


async def test_the_buttons_of_a_reminder(scene: Scene, clock: Clock) -> None:
    await scene.answers_card("/remind 15m call back")
    clock.move(timedelta(minutes=20))
    await fire_due(scene.store, clock(), scene.desk.rules)
    (reminder,) = await reminders(scene)
    snooze = ReminderSnooze(reminder=reminder.id, preset=When.HOUR)
    notice = await scene.shows(ANN, snooze)
    await scene.presses(ANN, snooze, under=notice)
    later = await scene.store.reminder(reminder.id)
    assert later
    assert later.due_at == scene.desk.now() + timedelta(hours=1)
    assert scene.buttons(ANN, notice) == []
    clock.move(timedelta(hours=1))
    await fire_due(scene.store, clock(), scene.desk.rules)
    await scene.presses(ANN, ReminderDone(reminder=reminder.id))
    ended = await scene.store.reminder(reminder.id)
    assert ended
    assert ended.state is ReminderState.DONE


async def test_no_reminder_about_a_closed_lead(scene: Scene) -> None:
    await scene.change_lead(state=LeadState.WON, closed_at=scene.desk.now())
    await scene.answers_card("/remind 2h call back")
    assert scene.said == ["refused-closed"]
    await scene.presses(ANN, RemindMenu(lead=scene.lead))
    assert scene.said == ["refused-closed"]

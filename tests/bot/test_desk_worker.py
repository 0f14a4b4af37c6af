"""Who is let in, what is settled how, and that every update ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from databases import Clock
from desk_scene import ANN, BOB, EVE, Scene

from bot.callbacks import Note, Take
from bot.setup import first_owner_link
from bot.turn import SENTENCES, Strangers
from bot.worker import handle
from leads.changes import Changes, DeskUpdate, View
from leads.errors import StoreUnavailable
from leads.model import Role


def message(number: int, **more: Any) -> dict[str, Any]:
    person = {"id": ANN, "is_bot": False, "first_name": "Ann", "language_code": "en"}
    chat = {"id": ANN, "type": "private"}
    return {
        "update_id": number,
        "message": {"message_id": number, "date": 1, "from": person, "chat": chat, **more},
    }


async def ends(scene: Scene) -> list[tuple[str, str]]:
    """State and reason of each row of the inbox."""
    rows = await scene.store._db.rows("SELECT state, reason FROM inbox ORDER BY id")
    return [(row["state"], row["reason"]) for row in rows]


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 900, "business_message": {"message_id": 1}},
        {"update_id": 900, "never_heard_of": {"x": 1}},
        {"update_id": 900},
        message(900, text="/help", chat={"id": -1005, "type": "supergroup", "title": "Team"}),
        message(900, pinned_message=message(1, text="x")["message"]),
        message(900, text="/help", **{"from": {"id": ANN, "is_bot": True, "first_name": "Ann"}}),
    ],
)
async def test_what_is_not_for_us_ends_without_a_word(scene: Scene, update: dict[str, Any]) -> None:
    await scene.handled(update)
    assert scene.outbox == []
    assert await ends(scene) == [("done", "")]


@pytest.mark.parametrize(
    ("update", "why"),
    [
        ({"update_id": 900, "message": {"message_id": 1}}, "this update cannot be read: message.date"),
        ({"update_id": 900, "message": "text"}, "this update cannot be read: message"),
        ({"update_id": -7, "unreadable": "<html>"}, "the body posted by Telegram is no JSON object"),
    ],
)
async def test_what_cannot_be_read_is_parked_and_stops_nobody(
    scene: Scene, update: dict[str, Any], why: str
) -> None:
    await scene.handled(update, message(901, text="/help"))
    (state, reason), after = await ends(scene)
    assert (state, after) == ("dead", ("done", ""))
    assert reason.startswith(why)
    assert scene.to_managers(View.HELP)


async def test_whoever_lost_the_lease_writes_nothing(scene: Scene) -> None:
    await scene.store.accept_updates("100", [message(900, text="/help")], None)
    (claimed,) = await scene.store.claim_updates("slow", 1)
    await handle(replace(claimed, attempt=claimed.attempt - 1), scene.desk)
    assert await scene.store.claim_outbox("managers", "test", 10) == []
    await handle(claimed, scene.desk)
    assert len(await scene.store.claim_outbox("managers", "test", 10)) == 1


async def test_a_broken_store_is_the_callers_business(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(changes: Changes) -> None:
        raise StoreUnavailable("no disk")

    monkeypatch.setattr(scene.store, "commit", down)
    update = DeskUpdate(1, 1, 0, message(900, text="/help"), scene.desk.now())
    with pytest.raises(StoreUnavailable):
        await handle(update, scene.desk)


async def test_a_stranger_gets_one_sentence_a_day_and_no_data(scene: Scene, clock: Clock) -> None:
    await scene.says(EVE, "/start")
    (row,) = scene.to_managers(View.SAY)
    assert (row.chat_id, row.args) == (EVE, {"key": "stranger", "language": "ru"})
    for text in ("hello?", f"/lead {scene.lead}", "/leads", "/find Clara", "/start"):
        await scene.says(EVE, text)
        assert scene.outbox == []
    clock.move(timedelta(days=1))
    await scene.says(EVE, "hello again")
    assert scene.said == ["stranger"]


async def test_a_strangers_buttons_and_edits_do_nothing(scene: Scene) -> None:
    await scene.presses(EVE, Take(lead=scene.lead))
    assert (scene.outbox, scene.toast) == ([], None)
    assert (await scene.lead_now()).manager_id == scene.ann.id
    hello = await scene.says(EVE, "hello")
    scene.world.user_edits(scene.telegram, EVE, hello["message_id"], text="changed")
    scene.world.user_blocks(scene.telegram, EVE)
    await scene.now_handled()
    assert scene.outbox == []


async def test_invitations_cannot_be_guessed(scene: Scene) -> None:
    for _ in range(SENTENCES):
        await scene.says(EVE, "/start guess")
        assert scene.said[0].startswith("refused-")
        assert scene.to_managers(View.SAY)[0].args["language"] == "ru"
    await scene.says(EVE, "/start guess")
    assert scene.outbox == []


def test_strangers_are_remembered_within_bounds() -> None:
    strangers, today = Strangers(room=2), Clock()().date()
    for chat in (1, 2, 3, 3):
        strangers.count(chat, today)
    assert [strangers.times(chat, today) for chat in (1, 2, 3)] == [0, 1, 2]
    assert strangers.times(3, today + timedelta(days=1)) == 0


async def test_the_first_link_makes_an_owner(scene: Scene) -> None:
    for manager in (scene.ann, scene.bob):
        await scene.store.commit(Changes(put=(replace(manager, active=False),)))
    link = await first_owner_link(scene.bot, scene.store, scene.desk.now())
    assert link
    assert link.startswith("https://t.me/desk_bot?start=")
    scene.world.user_starts(scene.telegram, EVE, link.partition("start=")[2])
    await scene.now_handled()
    owner = await scene.store.manager_by_telegram(EVE)
    assert owner
    assert (owner.role, owner.name, owner.language) == (Role.OWNER, "Eve", "ru")
    assert scene.said == ["welcome-owner"]
    assert scene.to_managers(View.HELP)[0].chat_id == EVE
    assert await first_owner_link(scene.bot, scene.store, scene.desk.now()) is None


async def test_an_invitation_works_once(scene: Scene) -> None:
    await scene.says(ANN, "/invite head")
    (invite,) = scene.to_managers(View.INVITE)
    assert invite.args["role"] == "head"
    token = invite.args["link"].removeprefix("https://t.me/desk_bot?start=")
    await scene.says(EVE, f"/start {token}")
    assert scene.said == ["welcome-head"]
    head = await scene.store.manager_by_telegram(EVE)
    assert head
    assert head.role is Role.HEAD
    scene.world.add_user(777, "Late")
    await scene.says(777, f"/start {token}")
    assert [key.startswith("refused-") for key in scene.said] == [True]
    assert await scene.store.manager_by_telegram(777) is None


async def test_a_manager_who_comes_back_is_greeted_and_can_be_reached(scene: Scene) -> None:
    scene.world.user_blocks(scene.telegram, BOB)
    await scene.now_handled()
    bob = await scene.store.manager_by_telegram(BOB)
    assert bob
    assert bob.unreachable_since == scene.desk.now()
    (told,) = scene.to_managers(View.SAY)
    assert (told.chat_id, told.args) == (ANN, {"key": "manager-unreachable", "name": "Боб"})
    scene.world.user_starts(scene.telegram, BOB)
    await scene.now_handled()
    bob = await scene.store.manager_by_telegram(BOB)
    assert bob
    assert bob.unreachable_since is None
    assert scene.said == ["welcome-back"]


async def test_who_leaves_once_more_is_not_taken_for_back(scene: Scene) -> None:
    await scene.store.commit(Changes(put=(replace(scene.bob, unreachable_since=scene.desk.now()),)))
    scene.world.user_blocks(scene.telegram, BOB)
    await scene.now_handled()
    bob = await scene.store.manager_by_telegram(BOB)
    assert bob
    assert bob.unreachable_since
    assert scene.outbox == []


async def test_a_managers_language_follows_telegrams(scene: Scene) -> None:
    person = scene.world.add_user(BOB, "Bob", language_code="en")
    scene.world.chat(scene.telegram, BOB).user = person
    await scene.says(BOB, "/off")
    bob = await scene.store.manager_by_telegram(BOB)
    assert bob
    assert (bob.language, bob.on_shift) == ("en", False)


async def test_a_button_that_is_too_old_still_acts(scene: Scene) -> None:
    press = {"id": "gone", "chat_instance": "1", "data": Take(lead=scene.lead).pack()}
    person = {"id": BOB, "is_bot": False, "first_name": "Боб", "language_code": "ru"}
    old = {"message_id": 5, "date": 0, "chat": {"id": BOB, "type": "private"}}  # inaccessible
    await scene.handled({"update_id": 900, "callback_query": {**press, "from": person, "message": old}})
    assert (await scene.lead_now()).manager_id == scene.bob.id


async def test_a_button_is_answered_although_the_rules_say_no(scene: Scene) -> None:
    await scene.presses(BOB, Note(lead=404))
    assert scene.said == ["refused-no-lead"]
    assert scene.toast is not None

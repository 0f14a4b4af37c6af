"""What was shown is remembered before anything else is done, and with the row that asked for it."""

from __future__ import annotations

import pytest
from showing_scene import ANN, Scene

from bot.kept import Kept
from leads.changes import Changes, View
from leads.events import Attachment, MediaKind, SendCode
from leads.model import DeskMessage, DeskThread, DeskUse


@pytest.fixture
def commits(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> list[Changes]:
    made: list[Changes] = []
    real = scene.store.commit

    async def commit(changes: Changes) -> dict[int, int]:
        made.append(changes)
        return await real(changes)

    monkeypatch.setattr(scene.store, "commit", commit)
    return made


async def test_a_row_is_stored_once_and_then_replaced(scene: Scene) -> None:
    kept = Kept()
    thread = kept.put(DeskThread(0, scene.lead, ANN))
    thread = kept.put(DeskThread(thread.id, scene.lead, ANN, card_id=5))
    kept.put(DeskMessage(0, ANN, 5, scene.lead, DeskUse.CARD))
    await kept.store(scene.store)
    (stored,) = (await scene.snapshot()).threads
    assert stored.card_id == 5
    kept.put(DeskThread(thread.id, scene.lead, ANN, card_id=5, active=False))
    (gone,) = kept.taken()
    assert gone.id == stored.id
    assert kept.taken() == ()


@pytest.mark.parametrize("topics", [False])
async def test_a_card_is_one_transaction(scene: Scene, commits: list[Changes]) -> None:
    await scene.show(View.CARD)
    asked, shown = commits
    assert asked.settle is None
    assert shown.settle
    assert {type(row).__name__ for row in shown.put} == {"DeskThread", "DeskMessage", "Entry"}
    assert await scene.store.lead_at(ANN, None, scene.bots()[0]["message_id"]) == scene.lead


async def test_a_topic_is_stored_before_its_card_is_sent(scene: Scene, commits: list[Changes]) -> None:
    await scene.show(View.CARD)
    _, opened, shown = commits
    assert [type(row) for row in opened.put] == [DeskThread]
    assert shown.settle


@pytest.mark.parametrize("topics", [False])
async def test_what_came_before_a_failure_is_remembered(scene: Scene) -> None:
    scene.files.held["f"] = b"%PDF"
    message = await scene.writes("look", attachments=(Attachment(MediaKind.FILE, "f", "a.pdf"),) * 2)
    scene.fault("server_error", method="sendDocument", times=1)
    args = {"message": message}
    assert await scene.show(View.CUSTOMER, args=args) == [SendCode.UNAVAILABLE]
    before = len(scene.bots())
    assert await scene.later(minutes=1) == [None]
    assert len(scene.bots()) == before + 2

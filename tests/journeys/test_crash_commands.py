"""Commands beside the running service: doors and people that come and go, receipts, and trying again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from journeys.company import ANTON, DESK_TOKEN, IRINA, JONAS, SHOP_TOKEN, TOMAS
from journeys.process import Town, rows, town

pytestmark = pytest.mark.timeout(600)  # each start imports Telegram's library, slowly on a busy machine
SECOND_TOKEN = "100200302:next-token-for-tests-only-000000"


@pytest.fixture
async def it(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(database_url, tmp_path) as made:
        await made.service.start()
        yield made
        assert made.service.errors() == []


async def test_doors_and_people_that_come_while_it_runs(it: Town) -> None:
    assert await it.post("too early", key="second") == 404
    added = await it.service.does("source", "add", "web_form", "--key", "second", "--set", "min_seconds=0")
    assert "/in/web_form/second" in added
    assert await it.post("Oak table", key="second", name="Dana", phone="+37061234567") == 200
    second = it.world.add_bot(SECOND_TOKEN, "second_bot", "Second")
    await it.service.does("source", "add", "telegram", "--key", "bot", "--set", f"token={SECOND_TOKEN}")
    it.world.user_starts(second, JONAS)
    it.world.user_sends(second, JONAS, text="Pine shelf")
    await it.sees("Oak table")
    await it.sees("Pine shelf")

    await it.service.does("manager", "add", str(IRINA), "--name", "Irina")
    it.world.user_starts(it.desk, IRINA)
    assert await it.post("Elm bench", name="Jonas", phone="+37061234568") == 200
    await it.sees("Elm bench")
    assert any("Elm bench" in text for text in it.at_desk_of(IRINA))  # Tomas has had his turn

    listed = await it.service.does("source", "list")
    assert {line.split()[1] for line in listed.splitlines()} == {"form", "shop", "second", "bot"}
    await it.service.does("source", "remove", "second")
    await it.until_closed("second")
    for secret in (DESK_TOKEN, SHOP_TOKEN, SECOND_TOKEN):
        assert all(secret not in line["message"] for line in it.service.log)


async def test_the_receipt_of_a_lead(it: Town) -> None:
    it.world.user_starts(it.shop, ANTON)
    it.world.user_sends(it.shop, ANTON, text="Pine shelf")
    card = await it.sees("Pine shelf")
    it.world.user_sends(it.desk, TOMAS, text="Of course", thread_id=card["message_thread_id"])
    await it.until(lambda: it.read_by(ANTON))
    await it.drained()
    receipt = await it.service.does("journal", "1")
    steps = ["received", "stored", "routed", "shown", "answered", "sent"]
    found = [line.split()[2] for line in receipt.splitlines()]
    assert [step for step in dict.fromkeys(found) if step in steps] == steps
    assert "why=round_robin" in receipt
    assert "Pine shelf" not in receipt


async def test_what_was_parked_is_shown_and_replayed(it: Town) -> None:
    assert await it.post("Oak table", name="Dana", phone="+37061234567", _gotcha="cheap") == 200
    await it.drained()
    assert it.shown("Oak table") == 0
    (line,) = (await it.service.does("parked", "list")).splitlines()
    number = line.split()[0]
    assert "form" in line
    assert "Oak table" in await it.service.does("parked", "show", number)
    assert "One event" in await it.service.does("parked", "replay", number)
    await it.sees("Oak table")
    assert (await it.service.command("parked", "replay", number)).code == 1
    assert "Nothing is parked" in await it.service.does("parked", "list")


async def test_what_was_given_up_is_shown_and_sent_again(it: Town) -> None:
    it.world.user_starts(it.shop, ANTON)
    it.world.user_sends(it.shop, ANTON, text="Pine shelf")
    card = await it.sees("Pine shelf")
    await it.drained()
    it.world.chat(it.shop, ANTON).blocked = True  # as if Telegram had not told us
    it.world.user_sends(it.desk, TOMAS, text="Of course", thread_id=card["message_thread_id"])
    await it.sees("Not delivered")
    (line,) = (await it.service.does("outbox", "list")).splitlines()
    assert "blocked" in line
    it.world.chat(it.shop, ANTON).blocked = False
    assert "One message" in await it.service.does("outbox", "retry", line.split()[0])
    await it.until(lambda: it.read_by(ANTON) == ["Of course"])
    await it.drained()
    assert "Nothing" in await it.service.does("outbox", "list")


async def test_a_second_service_on_one_file_is_refused(tmp_path: Path) -> None:
    async with town(f"sqlite://{tmp_path}/frontdesk.db", tmp_path) as it:
        await it.service.start()
        second = await it.service.command("run")
        assert second.code == 1
        assert "Another `frontdesk run`" in second.err
        assert len(second.err.splitlines()) == 1
        await it.service.ready()
        assert await it.service.stop() == 0
        assert re.search("goes out at the next start", it.service.log[-1]["message"])
        assert await rows(it.database_url, "SELECT count(*) FROM source") == [(2,)]


async def test_a_stop_while_starting_is_heard(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path) as it:
        await it.service.start()  # listening, but Telegram's library is hardly imported
        assert await it.post("Oak table", name="Dana", phone="+37061234567") == 200
        assert await it.service.stop() == 0
        with pytest.raises(aiohttp.ClientError):
            await it.post("Elm bench")
        await it.service.start()
        await it.sees("Oak table")

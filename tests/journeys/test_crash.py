"""kill -9 and SIGTERM: what was acknowledged is stored and shown, in order, and hardly ever twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random

import aiohttp
import pytest
from journeys.company import ANTON, TOMAS
from journeys.crowd import Crowd
from journeys.process import Town, town

from sandbox.faults import Fault

pytestmark = pytest.mark.timeout(600)  # each start imports Telegram's library, slowly on a busy machine
PASS_THREE_HOURS = "UPDATE reminder SET due_at = due_at - 10800000000"  # microseconds
PASS_AN_HOUR = "UPDATE reminder SET due_at = due_at - 3600000000 WHERE state = 'waiting'"


async def test_killed_between_acknowledgement_and_card(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path) as it:
        await it.service.start()
        assert await it.post("Oak table", name="Dana", phone="+37061234567") == 200
        await it.service.kill()
        repeats = await it.in_flight()
        await it.service.start()
        await it.until(lambda: it.shown("Oak table"))
        await it.drained()
        assert 1 <= it.shown("Oak table") <= 1 + repeats


async def killed_again_and_again(it: Town, kills: int, rng: Random) -> dict[str, int]:
    """Now soon after the start, now when Telegram has been written to; the moment itself is chance.

    What was found, in numbers.
    """
    crowd = Crowd(it, rng)
    crowd.arrives()
    repeats = 0
    for number in range(kills):
        await it.service.start()
        begin, wanted = it.sent(), rng.randint(1, 8)
        posts = crowd.posts(forms=3)
        crowd.writes()
        if number % 4 == 3:
            await it.until(lambda begin=begin, wanted=wanted: it.sent() >= begin + wanted)  # type: ignore[misc]
        else:
            await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(rng.uniform(0, 0.05))
        await it.service.kill()
        await asyncio.gather(*posts)
        repeats += await it.in_flight()
        await it.rows(PASS_AN_HOUR)  # so that whatever waits for an answer comes due at the next start
    await it.service.start()
    await asyncio.gather(*crowd.posts(forms=1))
    assert not crowd.owed
    again = await crowd.everything_is_shown(repeats)
    crowd.order_is_kept()
    reminders = await crowd.each_reminder_fired_once()
    assert it.service.errors() == []
    return {
        "kills": kills,
        "acknowledged": len(crowd.acknowledged),
        "lost": 0,
        "out_of_order": 0,
        "repeats": again,
        "sends_in_flight": repeats,
        "reminders": reminders,
    }


async def test_twenty_kills_under_load(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path) as it:
        await killed_again_and_again(it, 20, Random(20))


@pytest.mark.soak
@pytest.mark.timeout(4000)
@pytest.mark.parametrize("seed", range(10))
async def test_two_hundred_kills_under_load(
    database_url: str, tmp_path: Path, seed: int, tell: Callable[..., None]
) -> None:
    """Twenty at a time: about a minute each."""
    async with town(database_url, tmp_path) as it:
        tell(**await killed_again_and_again(it, 20, Random(seed)))


async def test_killed_at_every_named_point(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path) as it:
        await it.service.start(FRONTDESK_TEST_KILL="after_commit")
        with pytest.raises(aiohttp.ClientError):
            await it.post("Oak table", name="Dana", phone="+37061234567")
        await it.service.ended()
        assert await it.rows("SELECT state FROM inbox WHERE lane = 'customers'") == [("ready",)]

        it.world.user_starts(it.shop, ANTON)
        it.world.user_sends(it.shop, ANTON, text="Pine shelf")
        await it.service.launch(FRONTDESK_TEST_KILL="before_done")
        await it.service.ended()
        assert await it.rows("SELECT id FROM lead") == []

        await it.service.launch(FRONTDESK_TEST_KILL="after_show")
        await it.service.ended()
        assert await it.in_flight()

        await it.service.start(FRONTDESK_TEST_KILL="after_send")
        assert await it.post("Oak table", name="Dana", phone="+37061234567") == 200  # its sender tries again
        shelf = await it.sees("Pine shelf")
        await it.sees("Oak table")
        it.world.user_sends(it.desk, TOMAS, text="Of course", thread_id=shelf["message_thread_id"])
        await it.service.ended()
        assert it.read_by(ANTON) == ["Of course"]

        await it.service.start()
        await it.drained()
        assert it.read_by(ANTON) in (["Of course"], ["Of course"] * 2)
        assert it.shown("Oak table") + it.shown("Pine shelf") <= 3
        assert await it.rows("SELECT count(*) FROM lead") == [(2,)]


async def test_killed_between_a_reply_and_its_sending(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path) as it:
        it.world.user_starts(it.shop, ANTON)
        it.world.user_sends(it.shop, ANTON, text="Pine shelf")
        await it.service.start()
        shelf = await it.sees("Pine shelf")
        it.world.faults.add(Fault("hang", times=1, bot=it.shop.username, method="sendMessage"))
        it.world.user_sends(it.desk, TOMAS, text="Of course", thread_id=shelf["message_thread_id"])
        await it.until(lambda: not it.world.faults.rules)
        await it.service.kill()
        assert it.read_by(ANTON) == []
        await it.service.start()
        await it.until(lambda: it.read_by(ANTON))
        await it.drained()
        assert it.read_by(ANTON) == ["Of course"]


async def test_killed_as_soon_as_telegram_takes_us_at_our_word(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path) as it:
        await it.service.start()
        it.world.user_starts(it.shop, ANTON)
        it.world.user_sends(it.shop, ANTON, text="Pine shelf")
        await it.confirmed(it.shop)
        await it.service.kill()
        await it.service.start()
        shelf = await it.sees("Pine shelf")
        it.world.user_sends(it.desk, TOMAS, text="Of course", thread_id=shelf["message_thread_id"])
        await it.confirmed(it.desk)
        await it.service.kill()
        repeats = await it.in_flight()
        await it.service.start()
        await it.until(lambda: it.read_by(ANTON))
        await it.drained()
        assert len(it.read_by(ANTON)) <= 1 + repeats


async def test_reminders_that_came_due_while_we_were_away(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path) as it:
        await it.service.start()
        assert await it.post("Oak table", name="Dana", phone="+37061234567") == 200
        card = await it.sees("Oak table")
        remind = "/remind 2h send the price list"
        it.world.user_sends(it.desk, TOMAS, text=remind, thread_id=card["message_thread_id"])
        await it.sees("I will remind you")
        assert await it.service.stop() == 0
        # The clock of another process cannot be moved, so the hours that pass are taken off the rows.
        await it.rows(PASS_THREE_HOURS)
        for _ in range(2):
            await it.service.start()
            await it.sees("Reminder: #1 Dana")
            await it.sees("waiting for a first answer")
            await it.drained()
            await it.service.kill()
        for words in ("Reminder: #1 Dana", "waiting for a first answer", "has had no answer"):
            (notice,) = [text for text in it.at_desk() if words in text]
            assert "Late" in notice
        assert set(await it.rows("SELECT state, late FROM reminder")) == {("fired", 1)}


async def test_stopped_under_load(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path) as it:
        crowd = Crowd(it, Random(1))
        crowd.arrives()
        await it.service.start()
        await it.service.says("managers' desk is")
        posts = crowd.posts(forms=40)
        crowd.writes()
        await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        async with asyncio.timeout(10):
            assert await it.service.stop() == 0
        await asyncio.gather(*posts)
        assert await it.in_flight() == 0
        await it.service.start()
        await asyncio.gather(*crowd.posts(forms=1))
        await crowd.everything_is_shown(repeats=0)
        assert it.service.errors() == []

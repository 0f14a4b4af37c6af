"""Rows that cannot be handled, or that kill whoever handles them: parked, seen by people, in nobody's way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from journeys.company import ANTON, JONAS, OWNER, TOMAS, Company, opened
from journeys.process import Town, rows, town

from app.killpoints import POISON
from bot import showing
from leads import intake
from leads.delivery import DEATHS

QUEUES = {"customers_in": "inbox", "customers_out": "outbox", "managers_out": "outbox"}
DUE_NOW = "UPDATE {table} SET run_at = 0 WHERE state = 'ready' AND run_at <> 0"
FREE = "UPDATE inbox SET state = 'ready', run_at = 0, lease_owner = NULL WHERE state = 'leased'"
DIED_MORE_OFTEN = "UPDATE inbox SET begun = {died} WHERE begun = 3".replace("{died}", str(DEATHS - 1))


def chokes(real: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but what it is given must hold no poison. Works for coroutines too: it fails at the call."""

    def choking(*given: Any, **more: Any) -> Any:
        if POISON in str(given):
            raise RuntimeError("choked")
        return real(*given, **more)

    return choking


async def given_up(company: Company, queue: str) -> None:
    """Wait until a row is dead; the pauses between the tries are taken off the rows."""
    due_now = DUE_NOW.replace("{table}", QUEUES[queue])
    async with asyncio.timeout(60):
        while not await company.parked():
            await rows(company.settings.database_url, due_now)
            for wake in company.runtime.store.on_commit:
                wake(queue)
            await asyncio.sleep(0.02)


async def test_an_event_that_we_always_fail_at(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        with monkeypatch.context() as broken:
            broken.setattr("leads.intake.decide", chokes(intake.decide))
            company.writes(JONAS, POISON)
            company.writes(JONAS, "Are you there?")
            company.writes(ANTON, "Pine shelf")
            await company.sees(TOMAS, "Pine shelf")  # before the other was tried again even once
            await given_up(company, "customers_in")
            await company.sees(TOMAS, "Are you there?")  # its own conversation goes on as well
            told = await company.sees(OWNER, "could not be taken in")
            assert sum("row 1 failed" in line for line in caplog.messages) <= 5
        (parked,) = await company.runtime.store.parked()
        assert (parked.reason, parked.tries) == ("RuntimeError: choked", 5)
        assert f"parked show {parked.id}" in str(told)
        assert await company.runtime.store.replay(parked.id)
        assert not await company.runtime.store.replay(parked.id)
        await company.sees(TOMAS, POISON)
        await company.settled()
        assert sum(POISON in text for text in company.texts_at_desk(TOMAS)) == 1


async def test_a_reply_that_we_always_fail_to_send(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For three days; then its author sees why, and can try again."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(JONAS, "Hello")
        company.writes(ANTON, "Pine shelf")
        jonas, anton = await company.sees(TOMAS, "Hello"), await company.sees(TOMAS, "Pine shelf")
        with monkeypatch.context() as broken:
            telegram = company.runtime.channels["telegram"]
            broken.setattr(telegram, "send", chokes(telegram.send))
            written = company.says(TOMAS, POISON, at=jonas)
            company.says(TOMAS, "Next", at=jonas)
            company.says(TOMAS, "Of course", at=anton)
            await company.reads(ANTON, "Of course")
            await given_up(company, "customers_out")
            await company.marked(TOMAS, written, "💔")
            await company.reads(JONAS, "Next")
        told = await company.sees(TOMAS, "Not delivered to Jonas")
        assert "choked" in str(told)
        company.press(TOMAS, told, "Try again")
        await company.reads(JONAS, POISON)
        await company.settled()
        assert company.read_by(JONAS) == ["Next", POISON]


async def test_a_message_that_we_always_fail_to_show(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(JONAS, "Hello")
        await company.sees(TOMAS, "Hello")
        with monkeypatch.context() as broken:
            broken.setattr(showing, "customer_message", chokes(showing.customer_message))
            company.writes(JONAS, POISON)
            company.writes(JONAS, "Are you there?")
            company.writes(ANTON, "Pine shelf")
            await company.sees(TOMAS, "Pine shelf")
            await given_up(company, "managers_out")
            await company.sees(TOMAS, "Are you there?")
        assert await company.runtime.store.retry_all() == 1
        await company.sees(TOMAS, POISON)
        await company.settled()
        assert sum(POISON in text for text in company.texts_at_desk(TOMAS)) == 1


async def dies(it: Town) -> None:
    assert await it.service.ended() == -signal.SIGKILL


async def test_an_event_that_kills_whoever_takes_it_in(tmp_path: Path) -> None:
    """What was in hand beside it goes on; the tenth death is the last one. The pauses before are left out."""
    texts = (POISON, "Oak table", "Pine shelf")
    async with town(f"sqlite://{tmp_path}/f.db", tmp_path) as it:
        await it.service.start(FRONTDESK_TEST_KILL="by_poison")
        await it.service.says("managers' desk is")  # so that there is an owner to be told
        await asyncio.gather(*(it.post(text, name="Dana") for text in texts), return_exceptions=True)
        await dies(it)
        for _ in range(2):
            await it.service.launch(FRONTDESK_TEST_KILL="by_poison")
            await dies(it)
        await it.rows(DIED_MORE_OFTEN)
        await it.rows(FREE)
        await it.service.launch(FRONTDESK_TEST_KILL="by_poison")
        await dies(it)
        assert await it.rows("SELECT begun FROM inbox WHERE begun > 2") == [(DEATHS,)]
        await it.rows(FREE)
        await it.service.start()
        assert [await it.post(text, name="Dana") for text in texts] == [
            200
        ] * 3  # who got no answer asks again
        for words in ("Oak table", "Pine shelf", "could not be taken in"):
            await it.sees(words)
        await it.drained()
        ((number, reason),) = await it.rows("SELECT id, reason FROM inbox WHERE state = 'dead'")
        assert reason == f"Deadly: {DEATHS} processes died with it in hand"
        assert it.shown(POISON) == 0
        await it.service.does("parked", "replay", str(number))
        await it.sees(POISON)
        assert (await it.service.command("parked", "replay", str(number))).code == 1
        await it.drained()
        assert it.shown(POISON) == 1

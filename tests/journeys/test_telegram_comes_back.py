"""After an outage of any length and kind both bots are asked again at once; what waited comes in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from journeys.company import ANTON, TOMAS, Company, opened

from sandbox.faults import Fault, Kind
from sandbox.model import Json

BOTS = ("desk_bot", "shop_bot")
MANY = 10**6
SOON = 10.0  # seconds; a silent poll alone would take 30 or more. The soak test prints what it really takes


@asynccontextmanager
async def nothing_works(company: Company, kind: Kind, seconds: float) -> AsyncIterator[None]:
    """All calls of both bots; ends when each was polled and looked at in vain, and not before `seconds`."""
    faults = [
        Fault(kind, times=MANY, bot=bot, method=method)
        for bot in BOTS
        for method in ("getMe", "getUpdates", None)
    ]
    company.world.faults.rules += faults
    yield
    # Polls that fail are asked again and again; one that is silent is waited for, and looked after.
    wanted = {"getMe": 3, "getUpdates": 1} if kind == "hang" else {"getUpdates": 4}
    watched = [(fault, wanted[fault.method]) for fault in faults if fault.method in wanted]
    begin = time.monotonic()
    async with asyncio.timeout(seconds + 60):
        while any(MANY - (fault.times or 0) < count for fault, count in watched) or (
            time.monotonic() - begin < seconds
        ):
            await asyncio.sleep(0.02)
    for fault in faults:
        company.world.faults.rules.remove(fault)


async def comes_back(company: Company, kind: Kind, seconds: float = 0) -> float:
    """How long it took until a word from either side came to the other."""
    company.writes(ANTON, "Hello")
    card: Json = await company.sees(TOMAS, "Hello")
    await company.settled()
    async with nothing_works(company, kind, seconds):
        # A poll that is open already brings these, the next one meets the outage.
        company.writes(ANTON, "Question 1")
        company.says(TOMAS, "Answer 1", at=card)
    begin = time.monotonic()
    async with asyncio.timeout(SOON):
        company.writes(ANTON, "Question 2")
        company.says(TOMAS, "Answer 2", at=card)
        await company.sees(TOMAS, "Question 2")
        await company.reads(ANTON, "Answer 2")
    took = time.monotonic() - begin
    await company.settled()
    assert [text for text in company.texts_at_desk(TOMAS) if "Question" in text] == [
        "Question 1",
        "Question 2",
    ]
    assert company.read_by(ANTON) == ["Answer 1", "Answer 2"]
    return took


@pytest.mark.parametrize("kind", ["server_error", "hang"])
async def test_both_sides_are_heard_again_at_once(database_url: str, kind: Kind) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        await comes_back(company, kind)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seconds", [5, 600])
@pytest.mark.parametrize("kind", ["server_error", "hang", "too_many"])
async def test_both_sides_are_heard_again_however_long_it_was(
    database_url: str, kind: Kind, seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        took = await comes_back(company, kind, seconds)
    with capsys.disabled():
        print(f"\n{kind} for {seconds} s: both sides heard again after {took:.1f} s")  # noqa: T201

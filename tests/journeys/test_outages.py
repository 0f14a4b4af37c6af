"""Telegram fails, is silent or asks for patience: nothing is lost, the order stays, the others go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from databases import Postgres
from journeys.company import (
    ANTON,
    IRINA,
    JONAS,
    SECOND_SHOP,
    SECOND_TOKEN,
    TOMAS,
    Company,
    make_world,
    opened,
)

from sandbox.faults import Fault, Kind
from sandbox.model import Json, LogEntry
from scheduler.clock import Clock

COUNT = 4
SENDING = ("sendMessage", "editMessageText", "setMessageReaction", "createForumTopic", "editForumTopic")
DESK, SHOP, SECOND = "desk_bot", "shop_bot", "second_shop_bot"
ROOMY = "bot=1000,chat=1000,group=60000"


@contextmanager
def outage(
    company: Company, kind: Kind, *bots: str, retry_after: int = 1, seconds: float = 1.0
) -> Iterator[list[Fault]]:
    """Neither sending nor looking works for these bots; their updates still come."""
    faults = [
        Fault(kind, bot=bot, method=method, retry_after=retry_after, seconds=seconds)
        for bot in bots
        for method in (*SENDING, "getMe")
    ]
    company.world.faults.rules += faults
    yield faults
    for fault in faults:
        company.world.faults.rules.remove(fault)


def calls(company: Company, bot: str, *methods: str, failed: bool = True) -> list[LogEntry]:
    """The calls of these methods that failed, or went."""
    return [
        one
        for one in company.world.log
        if one.bot == bot and one.method in methods and (one.status != 200) is failed
    ]


async def logged(caplog: pytest.LogCaptureFixture, words: str, times: int = 1) -> None:
    async with asyncio.timeout(30):
        while sum(words in line for line in caplog.messages) < times:
            await asyncio.sleep(0.02)


async def a_chat(company: Company, customer: int = ANTON) -> Json:
    """A customer wrote; the card at the manager's desk, with nothing left to do."""
    company.writes(customer, f"Hello from {customer}")
    card = await company.sees(TOMAS, f"Hello from {customer}")
    await company.settled()
    return card


async def talk(company: Company, card: Json, begin: int) -> None:
    """Both sides write, and a form comes in, for each number."""
    for number in range(begin, COUNT):
        company.says(TOMAS, f"Answer {number}", at=card)
        company.writes(ANTON, f"Question {number}")
        assert (await company.post_form(name=f"Ada {number}", email=f"ada{number}@example.com"))[0] == 200


def questions(company: Company) -> list[str]:
    return [text for text in company.texts_at_desk(TOMAS) if text.startswith("Question")]


async def all_came(company: Company) -> None:
    """Everything once and in its order; nothing was given up."""
    await company.reads(ANTON, f"Answer {COUNT - 1}")
    await company.sees(TOMAS, f"Question {COUNT - 1}")
    await company.until(lambda: len(company.cards(TOMAS)) == COUNT + 1)
    await company.settled()
    assert company.read_by(ANTON) == [f"Answer {number}" for number in range(COUNT)]
    assert questions(company) == [f"Question {number}" for number in range(COUNT)]
    assert await company.parked() == 0


async def test_while_telegram_fails_one_row_tries_and_then_all_go(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await a_chat(company)
        with outage(company, "server_error", DESK, SHOP):
            company.says(TOMAS, "Answer 0", at=card)
            company.writes(ANTON, "Question 0")
            assert (await company.post_form(name="Ada 0", email="ada0@example.com"))[0] == 200
            await company.until(lambda: calls(company, DESK, "getMe") and calls(company, SHOP, "getMe"))
            tried = [len(calls(company, bot, *SENDING)) for bot in (DESK, SHOP)]
            await talk(company, card, 1)
            for bot in (DESK, SHOP):
                await company.until(lambda bot=bot: len(calls(company, bot, "getMe")) >= 3)  # type: ignore[misc]
            assert [len(calls(company, bot, *SENDING)) for bot in (DESK, SHOP)] == tried
            assert tried[1] == 1
        await all_came(company)


async def test_where_only_sending_fails_there_is_one_try_a_second(database_url: str) -> None:
    """Looking succeeds, so each second one row is sent and refused."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await a_chat(company)
        fault = company.world.faults.add(Fault("server_error", bot=DESK, method="sendMessage"))
        company.writes(ANTON, "Question 0")
        await company.until(lambda: calls(company, DESK, "sendMessage"))
        looks = len(calls(company, DESK, "getMe", failed=False))
        await talk(company, card, 1)
        await company.until(lambda: len(calls(company, DESK, "sendMessage")) >= 4)
        tries = len(calls(company, DESK, "sendMessage")) - 1
        assert len(calls(company, DESK, "getMe", failed=False)) - looks >= tries
        company.world.faults.rules.remove(fault)
        await company.sees(TOMAS, f"Question {COUNT - 1}")
        await company.settled()
        assert questions(company) == [f"Question {number}" for number in range(COUNT)]
        assert await company.parked() == 0


async def test_when_telegram_was_silent_all_goes_as_soon_as_it_answers(
    database_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The silent calls are not waited for: what they carried is sent once more, and came once."""
    monkeypatch.setattr("bot.calls.TEXT_SECONDS", 600)
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await a_chat(company)
        with outage(company, "hang", DESK, SHOP):
            await talk(company, card, 0)
            await logged(caplog, "is away", 2)
        await all_came(company)
        assert sum("is back" in line for line in caplog.messages) == 2


async def test_patience_asked_of_every_chat(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,), send_rates=ROOMY) as company:
        card = await a_chat(company)
        with outage(company, "too_many", DESK, SHOP):
            await talk(company, card, 0)
            for bot in (DESK, SHOP):
                await company.until(lambda bot=bot: len(calls(company, bot, *SENDING)) >= 2)  # type: ignore[misc]
        await all_came(company)


async def test_patience_asked_of_one_chat_stops_no_other(database_url: str) -> None:
    async with opened(database_url, send_rates=ROOMY) as company:
        company.world.faults.add(Fault("too_many", bot=DESK, chat_id=TOMAS, retry_after=60))
        for number in range(2 * COUNT):
            await company.post_form(name=f"Ada {number}", email=f"ada{number}@example.com")
            if number == 0:
                await company.until(lambda: refusals(company))
        await company.until(lambda: len(company.cards(IRINA)) == COUNT)
        assert len(refusals(company)) == 1
        assert await company.parked() == 0


def refusals(company: Company) -> list[LogEntry]:
    return [one for one in company.world.log if one.status == 429 and f"chat {TOMAS}" in one.summary]


async def test_with_budgets_telegram_need_not_refuse(database_url: str) -> None:
    """A burst of replies to one customer, and of cards to one manager."""
    async with opened(database_url, managers=(TOMAS,), send_rates="bot=100,chat=6,group=60") as company:
        card = await a_chat(company)
        company.world.faults.per_chat = 12
        await talk(company, card, 0)
        for number in range(10):
            company.says(TOMAS, f"More {number}", at=card)
        await company.reads(ANTON, "More 9")
        await company.sees(TOMAS, f"Question {COUNT - 1}")
        assert company.read_by(ANTON)[-10:] == [f"More {number}" for number in range(10)]
        assert [one for one in company.world.log if one.status == 429] == []


async def test_a_source_that_is_away_holds_no_other(database_url: str) -> None:
    """An outage, then a token that is no longer good: each stops that one source."""
    async with opened(database_url, managers=(TOMAS,), more=(SECOND_SHOP,)) as company:
        company.writes(JONAS, "Hello from the second", bot=company.second)
        second = await company.sees(TOMAS, "Hello from the second")
        first = await a_chat(company)
        with outage(company, "server_error", SECOND):
            company.says(TOMAS, "Later", at=second)
            await company.until(lambda: calls(company, SECOND, "getMe"))
            company.says(TOMAS, "At once", at=first)
            await company.reads(ANTON, "At once")
            assert company.got(JONAS, company.second) == []
        await company.until(lambda: company.got(JONAS, company.second))
        bot = company.world.bots.pop(SECOND_TOKEN)
        kept = company.says(TOMAS, "Refused", at=second)
        await company.sees(TOMAS, "Not sent yet: the channel refuses our access")
        company.says(TOMAS, "Still here", at=first)
        await company.reads(ANTON, "Still here")
        company.world.bots[SECOND_TOKEN] = bot
        await company.marked(TOMAS, kept, "👌")
        assert len(company.got(JONAS, company.second)) == 2


async def test_a_stop_during_an_outage_loses_nothing(database_url: str) -> None:
    clock = Clock()
    world = make_world(clock, topics=True)
    async with opened(database_url, managers=(TOMAS,), clock=clock, world=world, fresh=True) as company:
        card = await a_chat(company)
        with outage(company, "server_error", DESK, SHOP):
            await talk(company, card, 0)
            await company.until(lambda: calls(company, SHOP, "getMe") and calls(company, DESK, "getMe"))
            await company.runtime.runner.close(within=20)
            assert not any(depth.leased for depth in (await company.runtime.store.counts()).values())
    async with opened(database_url, managers=(TOMAS,), clock=clock, world=world) as company:
        await all_came(company)


LONG = 600.0  # seconds
KINDS: tuple[Kind, ...] = ("server_error", "too_many", "slow", "hang")


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_ten_minutes_without_telegram(
    database_server: Postgres | None, tmp_path: Path, tell: Callable[..., None]
) -> None:
    """It fails, asks for patience, answers too late or not at all: four companies at a time, 11 minutes."""
    urls = [
        await database_server.fresh() if database_server else f"sqlite://{tmp_path}/{kind}.db"
        for kind in KINDS
    ]
    found = await asyncio.gather(*map(long_outage, urls, KINDS))
    tell(lost=0, out_of_order=0, **dict(zip(KINDS, found, strict=True)))


async def long_outage(url: str, kind: Kind) -> str:
    """How soon both bots sent again, and how much of what they sent had come before."""
    async with opened(url, managers=(TOMAS,), send_rates=ROOMY) as company:
        card = await a_chat(company)
        with outage(company, kind, DESK, SHOP, seconds=2 * LONG):
            await talk(company, card, 0)
            await asyncio.sleep(LONG)
        ended = time.monotonic()
        marks = [len(calls(company, bot, *SENDING, failed=False)) for bot in (DESK, SHOP)]
        for bot, mark in zip((DESK, SHOP), marks, strict=True):
            await company.until(
                lambda bot=bot, mark=mark: len(calls(company, bot, *SENDING, failed=False)) > mark  # type: ignore[misc]
            )
        back = time.monotonic() - ended
        await company.reads(ANTON, f"Answer {COUNT - 1}")
        await company.sees(TOMAS, f"Question {COUNT - 1}")
        await company.settled()
        answers, asked = company.read_by(ANTON), questions(company)
        assert list(dict.fromkeys(answers)) == [f"Answer {number}" for number in range(COUNT)]
        assert list(dict.fromkeys(asked)) == [f"Question {number}" for number in range(COUNT)]
        assert await company.parked() == 0
        again = len(answers) + len(asked) - 2 * COUNT
        return f"back in {back:.1f} s, {again} repeated"

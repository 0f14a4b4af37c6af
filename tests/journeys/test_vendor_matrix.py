"""Whatever a vendor answers: the row ends as it should, the manager sees it, and nothing else waits for it.

A channel that sends joins by a test of its own: how a text goes through it, how its vendor words an error.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from journeys.company import ANTON, TOMAS, Company, make_world, opened, said
from journeys.vendor import Misdeed, Vendor, vendor

from channels.kit import telegram_api as api
from sandbox import server
from scheduler.clock import Clock

pytestmark = pytest.mark.timeout(300)
HTML = b"<html><body>Bad Gateway</body></html>"
Worded = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """A misdeed and what shall become of the message: it is read so often, or it is given up for a reason."""

    name: str
    misdeed: Callable[[Worded], Misdeed | None]
    at_most: int = 1
    reason: str = ""

    def set(self, worded: Worded) -> dict[bytes, Misdeed]:
        """What to do to the call that holds the case's name."""
        misdeed = self.misdeed(worded)
        return {f"{self.name}!".encode(): misdeed} if misdeed else {}


def refused(status: int) -> Callable[[Worded], Misdeed]:
    return lambda worded: Misdeed(status, worded(status))


def other(**given: object) -> Callable[[Worded], Misdeed]:
    return lambda _: Misdeed(**given)  # type: ignore[arg-type]


CASES = (
    Case("case-well", lambda _: None),
    Case("case-400", refused(400), 0, "permanent"),
    Case("case-401", refused(401)),
    Case("case-403", refused(403), 0, "blocked"),
    Case("case-409", refused(409)),
    Case("case-429", refused(429)),
    Case("case-500", refused(500)),
    Case("case-html-502", other(status=502, body=HTML, kind="text/html")),
    Case("case-slow", other(effect=True, silent=0.7)),
    # From here on nobody can know whether it was taken: rather twice than never.
    Case("case-time-out", other(effect=True, silent=3.0), 2),
    Case("case-cut", other(effect=True, cut=True), 2),
    Case("case-half-json", other(effect=True, body=b'{"ok": true, "result": {"message_id"'), 2),
    Case("case-html", other(effect=True, body=HTML, kind="text/html"), 2),
    Case("case-huge", other(effect=True, body=b'{"ok": true, "result": "' + b"x" * 2**25 + b'"}'), 2),
)


def telegram(status: int) -> bytes:
    said = {"ok": False, "error_code": status, "description": f"refused with {status}"}
    return json.dumps(said | ({"parameters": {"retry_after": 1}} if status == 429 else {})).encode()


@pytest.fixture
async def it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Company, Vendor]]:
    """A company whose calls to Telegram pass a vendor of ill will; a call may take two seconds."""
    monkeypatch.setitem(api.call.__kwdefaults__, "seconds", 2.0)
    monkeypatch.setattr("bot.calls.TEXT_SECONDS", 2)
    clock = Clock()
    world = make_world(clock, topics=True)
    database = f"sqlite://{tmp_path}/f.db"
    given: dict[str, Any] = {"managers": (TOMAS,), "clock": clock, "world": world, "fresh": True}
    async with (
        server.running(world) as url,
        vendor(url) as between,
        opened(database, telegram_api=between.url, **given) as company,
    ):
        yield company, between


async def ended(company: Company, case: Case, came: Callable[[], int]) -> None:
    """It came, not too often, or it is given up for its reason; nothing is left to do."""
    try:
        await company.settled()
    except TimeoutError:
        pytest.fail(f"{case.name} is not over: {await company.runtime.store.counts()}")
    assert bool(case.at_most) <= came() <= case.at_most, case.name
    reasons = [one.reason.partition(":")[0] for one in await company.runtime.store.outbox_dead()]
    done = CASES[: CASES.index(case) + 1]
    assert set(reasons) <= {one.reason for one in done if one.reason}, case.name
    assert not case.reason or reasons[0] == case.reason, case.name


async def test_replies_to_customers(it: tuple[Company, Vendor]) -> None:
    company, between = it
    company.writes(ANTON, "Hello")
    neighbour = await company.sees(TOMAS, "Hello")
    for number, case in enumerate(CASES):
        customer, text = 300 + number, f"Answer {case.name}!"
        company.world.add_user(customer, f"Customer {number}", language_code="en")
        company.writes(customer, f"Question {number}.")
        card = await company.sees(TOMAS, f"Question {number}.")
        between.misdeeds |= case.set(telegram)
        written = company.says(TOMAS, text, at=card)
        company.says(TOMAS, f"Meanwhile {number}.", at=neighbour)
        await company.reads(ANTON, f"Meanwhile {number}.")
        await company.marked(TOMAS, written, "👌" if case.at_most else "💔")
        await ended(company, case, partial(times_read, company, customer, text))
        if case.reason:
            told = await company.sees(TOMAS, f"Not delivered to Customer {number}")
            assert case.name.removeprefix("case-") in said(told)


async def test_news_for_managers(it: tuple[Company, Vendor]) -> None:
    """That the bot's token is refused, or that a manager shut it out, is told of elsewhere."""
    company, between = it
    for number, case in enumerate(case for case in CASES if case.reason in {"", "permanent"}):
        between.misdeeds |= case.set(telegram)
        assert (await company.post_form(message=f"News {case.name}!"))[0] == 200
        assert (await company.post_form(message=f"Meanwhile {number}."))[0] == 200
        await company.sees(TOMAS, f"Meanwhile {number}.")
        await ended(company, case, partial(times_shown, company, f"News {case.name}!"))


def times_read(company: Company, customer: int, text: str) -> int:
    return company.read_by(customer).count(text)


def times_shown(company: Company, text: str) -> int:
    return sum(text in one for one in company.texts_at_desk(TOMAS))

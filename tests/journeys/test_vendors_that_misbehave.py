"""An expired token, and files that cannot be had: told in words, and in nobody else's way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from journeys.company import OWNER, TOMAS, said
from journeys.test_every_channel import meanwhile
from journeys.vendors import KEY, PLAN, Trade, trading

from app.sources import plain
from channels.kit.discover import channels
from sandbox.vendors.faults import Fault, Kind
from sandbox.vendors.serving import names
from sandbox.vendors.stage import Answer

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(params=names())
async def trade(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trade]:
    async with trading(tmp_path, request.param) as trade:
        yield trade


MENDED = {
    "whatsapp": ("sandbox.vendors.whatsapp.api.TOKEN", "token"),
    "vk": ("sandbox.vendors.vk.words.TOKEN", "token"),
    "line": ("sandbox.vendors.line.TOKEN", "access_token"),
}
FILES: dict[str, tuple[Kind, Answer | None]] = {
    "page": ("refuse", Answer(200, b"<html>gone</html>", {"Content-Type": "text/html"})),
    "gone": ("refuse", Answer(404)),
    "huge": ("refuse", Answer(200, bytes((50 << 20) + 1), {"Content-Type": "image/png"})),
    "hangs": ("hang", None),
}


@pytest.mark.parametrize("trade", MENDED, indirect=True)
async def test_an_expired_token_stops_one_door_until_it_is_rotated(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, name = trade.company, trade.vendor.stage.name
    card = await trade.asks("Hello")
    place, setting = MENDED[name]
    monkeypatch.setattr(place, "new-token-for-tests-only-0123456789abcdef")
    for words in ("First", "Second", "Third"):
        written_by = company.says(TOMAS, words, at=card)
    await company.sees(OWNER, "refuses us")
    await meanwhile(trade)
    assert (trade.got(), await company.parked()) == ([], 0)
    given = trade.vendor.settings() | {setting: "new-token-for-tests-only-0123456789abcdef"}
    settings = channels()[name].settings.model_validate(given)
    await company.runtime.store.rotate(KEY, plain(settings), company.clock.now())
    await trade.goes(written_by)
    await company.sees(OWNER, "takes us again")
    await trade.settled()
    assert [note.text for note in trade.got()] == ["First", "Second", "Third"]
    told = [text for text in company.texts_at_desk(OWNER) if "refuses us" in text]
    assert (len(told), await company.parked()) == (1, 0)


@pytest.mark.parametrize("why", FILES)
async def test_a_file_that_cannot_be_had_is_told_and_nobody_waits(
    trade: Trade, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything at the vendor is so; a neighbour is answered meanwhile."""
    company, vendor = trade.company, trade.vendor
    monkeypatch.setattr("bot.media.FETCH_SECONDS", 1)
    await trade.asks("Hello")
    kind, answer = FILES[why]
    vendor.stage.faults.add(Fault(kind, "", None, answer))
    vendor.writes(trade.ona, "Like this" if vendor.captions else "", media=PLAN)
    vendor.writes(trade.ona, "Did you get it?")
    await meanwhile(trade)
    told = said(await company.sees(TOMAS, "could not be shown"))
    await company.sees(TOMAS, "Did you get it?")
    assert ("Like this" in told) == vendor.captions
    assert "Photo" in told
    assert await company.parked() == 0

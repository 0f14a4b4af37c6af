"""What every channel's journey does not have: Twilio's late refusals and its opt-out words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from journeys.company import TOMAS
from journeys.vendors import Trade, trading

from sandbox.vendors.stage import File
from sandbox.vendors.twilio import ACCOUNT, SENDER, TOKEN


@pytest.fixture
async def trade(tmp_path: Path) -> AsyncIterator[Trade]:
    async with trading(tmp_path, "twilio") as trade:
        yield trade


async def test_a_closed_window_is_told_after_it_was_taken(trade: Trade) -> None:
    """Twilio says yes, and a moment later why it was no."""
    company = trade.company
    card = await trade.asks("Hello")
    trade.vendor.ages(trade.ona, timedelta(hours=25))
    written = company.says(TOMAS, "Sorry for the delay", at=card)
    await company.marked(TOMAS, written, "💔")
    await company.sees(TOMAS, "Not delivered to Ona")
    again = await trade.asks("No matter")
    await trade.answers("Thank you", again)
    assert [note.text for note in trade.got()] == ["Thank you"]


async def test_an_approved_text_goes_through_a_closed_window(trade: Trade) -> None:
    company = trade.company
    card = await trade.asks("Hello")
    trade.vendor.ages(trade.ona, timedelta(hours=25))
    company.says(TOMAS, "Sorry for the delay", at=card)
    told = await company.sees(TOMAS, "Not delivered to Ona")
    company.press(TOMAS, told, "Templates")
    await company.until(lambda: "follow_up" in str(company.now(TOMAS, told)))
    company.press(TOMAS, told, "follow_up · en")
    question = await company.sees(TOMAS, "Hello {{1}}, may we go on about your order {{2}}?")
    company.says(TOMAS, "Ona\n№ 5", reply_to=question["message_id"])
    preview = await company.sees(TOMAS, "This is what the customer will read.")
    company.press(TOMAS, preview, "Send")
    await trade.gets("Hello Ona, may we go on about your order № 5?")


async def test_a_stop_is_shown_and_closes_the_way_until_a_start(trade: Trade) -> None:
    company, vendor = trade.company, trade.vendor
    card = await trade.asks("Hello")
    vendor.blocks(trade.ona)
    await company.sees(TOMAS, "STOP")
    await trade.settled()
    company.says(TOMAS, "Wait", at=card)
    await trade.settled()
    assert trade.got() == []
    vendor.unblocks(trade.ona)
    await company.sees(TOMAS, "START")
    await trade.settled()
    await trade.answers("Welcome back", card)
    assert [note.text for note in trade.got()] == ["Welcome back"]


async def test_every_kind_of_file_comes_in(trade: Trade) -> None:
    company, vendor = trade.company, trade.vendor
    await trade.asks("Hello")
    vendor.writes(trade.ona, media=File("file", "plan.pdf", "application/pdf", b"%PDF-1.4"))
    await company.sees_kind(TOMAS, "document")
    place = {"latitude": "56.946285", "longitude": "24.105078"}
    vendor.writes(trade.ona, media=File("location", facts=place))
    await company.sees_kind(TOMAS, "location")
    await trade.settled()
    assert await company.parked() == 0


async def test_a_call_that_was_signed_for_another_address_is_refused(trade: Trade) -> None:
    company, stage = trade.company, trade.vendor.stage
    right, stage.hook = stage.hook, f"{company.runtime.url}/in/twilio/another"
    (push,) = trade.vendor.wrote(trade.chat, trade.vendor.writes(trade.ona, "Hello"))
    stage.hook = right
    async with company.http.post(right, data=push.body, headers=push.headers) as answer:
        assert answer.status == 401
    assert await company.open_leads() == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"To": "whatsapp:+19999999999"}, 21211),
        ({"To": "+12025550101"}, 21211),
        ({"From": "+12025550199"}, 63007),
        ({"Body": ""}, 21619),
        ({"Body": "x" * 1601}, 21617),
        ({"MediaUrl": "http://127.0.0.1:1/a.jpg"}, 21620),
        ({"StatusCallback": "desk"}, 21609),
    ],
)
async def test_the_stand_in_refuses_what_twilio_refuses(
    trade: Trade, changed: dict[str, str], code: int
) -> None:
    url = f"{trade.vendor.stage.base}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    form = {"To": trade.ona.id, "From": SENDER, "Body": "Hi"} | changed
    headers = {
        "Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    async with trade.company.http.post(url, data=urlencode(form), headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, code)
    assert trade.got() == []

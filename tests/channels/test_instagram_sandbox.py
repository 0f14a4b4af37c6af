"""Comments against the stand-in: public, answered once and in private, and the person goes on in the chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from journeys.company import TOMAS, said
from journeys.vendors import Trade, trading

from sandbox.vendors.instagram import Instagram

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def trade(tmp_path: Path) -> AsyncIterator[Trade]:
    async with trading(tmp_path, "instagram") as trade:
        yield trade


async def test_a_comment_becomes_a_chat(trade: Trade) -> None:
    company, vendor = trade.company, cast(Instagram, trade.vendor)
    vendor.comment(trade.ona, "How much is the oak table?")
    card = await company.sees(TOMAS, "How much is the oak table?")
    assert "public_comment: FEED" in said(card)
    await trade.answers("600 €", card)
    assert trade.times("600 €") == 1
    asked = await trade.asks("And with delivery?")
    await trade.answers("Free", asked)
    await trade.settled()
    assert [note.text for note in trade.got()] == ["600 €", "Free"]
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


async def test_a_comment_is_answered_once_and_not_for_ever(trade: Trade) -> None:
    company, vendor = trade.company, cast(Instagram, trade.vendor)
    comment = vendor.comment(trade.ona, "How much?")
    card = await company.sees(TOMAS, "How much?")
    await trade.answers("600 €", card)
    second = company.says(TOMAS, "plus delivery", at=card)
    await company.marked(TOMAS, second, "💔")
    assert trade.times("plus delivery") == 0
    comment.answered, comment.at = False, comment.at - timedelta(days=8)
    third = company.says(TOMAS, "or without", at=card)
    await company.marked(TOMAS, third, "💔")
    assert [note.text for note in trade.got()] == ["600 €"]

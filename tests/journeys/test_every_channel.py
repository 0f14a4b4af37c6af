"""Each channel against a strict stand-in of its vendor: both ways, and whatever the vendor does wrong.

A channel joins by its stand-in in sandbox/vendors; nothing is listed here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from journeys.company import ANTON, OWNER, TOMAS, said
from journeys.vendors import PLAN, Trade, shown_bytes, trading

from leads.events import MediaKind
from sandbox.vendors.faults import Fault, Kind
from sandbox.vendors.serving import names

pytestmark = pytest.mark.timeout(180)
AFTER_THE_EFFECT: tuple[Kind, ...] = ("lost", "html", "huge", "cut")


@pytest.fixture(params=names())
async def trade(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trade]:
    async with trading(tmp_path, request.param) as trade:
        yield trade


async def test_what_a_customer_does_is_seen(trade: Trade) -> None:
    company, vendor = trade.company, trade.vendor
    note = vendor.writes(trade.ona, "Good morning, is the oak table still there?")
    card = await company.sees(TOMAS, "is the oak table still there?")
    vendor.writes(trade.ona, "A plan" if vendor.captions else "", media=PLAN)
    photo = await company.sees_kind(TOMAS, "photo")
    assert shown_bytes(company, photo, "photo") == PLAN.data
    assert said(photo) == ("A plan" if vendor.captions else "")
    assert photo["message_thread_id"] == card["message_thread_id"]
    if vendor.has("edited"):
        vendor.edits(trade.ona, note, "Good morning, is the ash table still there?")
        await company.sees(TOMAS, "ash table")
    await trade.settled()
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


async def test_who_it_is_is_known(trade: Trade) -> None:
    """From the message itself, or from what the vendor tells when it is asked."""
    card = await trade.asks("Hello")
    await trade.company.turns(TOMAS, card, "Ona")


async def test_what_a_manager_sends_is_got(trade: Trade) -> None:
    company = trade.company
    card = await trade.asks("Hello")
    answered = company.says(TOMAS, "Good morning! 600 €, 2 weeks & free delivery <today>", at=card)
    await trade.gets("Good morning! 600 €, 2 weeks & free delivery <today>")
    await trade.goes(answered)
    if MediaKind.PHOTO in trade.can.media:
        photo = company.says(TOMAS, photo=PLAN.data, caption="Like this one", at=card)
        await trade.goes(photo)
        got = [note for note in trade.got() if note.media]
        assert [(note.media.kind, note.media.data) for note in got if note.media] == [("photo", PLAN.data)]
        assert trade.times("Like this one") == 1
    await trade.settled()
    assert company.mark(TOMAS, answered) == ("👍" if trade.vendor.has("delivered") else "👌")
    assert len(trade.got()) == len({note.text for note in trade.got()})
    assert await company.parked() == 0


async def test_what_becomes_of_it_is_shown(trade: Trade) -> None:
    company, vendor = trade.company, trade.vendor
    card = await trade.asks("Hello")
    written = await trade.answers("One moment", card)
    if vendor.has("was_read"):
        vendor.reads(trade.ona)
        await company.marked(TOMAS, written, "👀")
    if vendor.has("failed"):
        trade.chat.away = True
        late = await trade.answers("Are you still there?", card)
        await trade.settled()
        vendor.fails(trade.ona, await trade.gets("Are you still there?"))
        await company.marked(TOMAS, late, "💔")
        await company.sees(TOMAS, "Not delivered to")
    await trade.settled()
    assert await company.parked() == 0


async def test_the_companys_own_words_elsewhere_make_no_lead(trade: Trade) -> None:
    company, vendor = trade.company, trade.vendor
    if not vendor.has("answered_in_app"):
        pytest.skip("this vendor does not tell")
    vendor.answers_in_app(vendor.enters(2, "Petras Jonaitis"), "We are closed today")
    await trade.asks("Hello")
    vendor.answers_in_app(trade.ona, "I am on the phone with you")
    await trade.settled()
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


@pytest.mark.parametrize("why", ["too_many", "server_error"])
async def test_a_refusal_for_now_is_waited_for(trade: Trade, why: str) -> None:
    """A neighbour of another channel gets an answer meanwhile."""
    company = trade.company
    card = await trade.asks("Hello")
    away = trade.refuses(why, "patience", times=None)
    written = company.says(TOMAS, "A little patience", at=card)
    await meanwhile(trade)
    assert trade.times("A little patience") == 0
    trade.vendor.stage.faults.rules.remove(away)
    await trade.goes(written)
    await trade.settled()
    assert (trade.times("A little patience"), await company.parked()) == (1, 0)


@pytest.mark.parametrize("kind", AFTER_THE_EFFECT)
async def test_an_answer_that_is_lost_costs_nothing_but_a_repetition(trade: Trade, kind: Kind) -> None:
    """Where the vendor takes our key, not even that."""
    card = await trade.asks("Hello")
    trade.vendor.stage.faults.add(Fault(kind, "certainly"))
    await trade.answers("It is certainly there", card)
    await trade.settled()
    assert not trade.vendor.stage.faults.rules
    assert 1 <= trade.times("It is certainly there") <= (1 if trade.vendor.idempotent else 2)
    assert await trade.company.parked() == 0


@pytest.mark.parametrize("why", ["window_closed", "blocked", "too_long", "bad_media"])
async def test_a_refusal_for_good_is_told(trade: Trade, why: str) -> None:
    """The vendor's refusal is the first that we hear of it."""
    company = trade.company
    if why not in trade.vendor.refusals:
        pytest.skip("this vendor does not refuse so")
    card = await trade.asks("Hello")
    trade.refuses(why, "goodbye", times=None)
    written = company.says(TOMAS, "Well then, goodbye", at=card)
    await company.marked(TOMAS, written, "💔")
    await company.sees(TOMAS, "Not delivered to")
    await meanwhile(trade)
    assert trade.times("Well then, goodbye") == 0
    assert [one.reason.partition(":")[0] for one in await company.runtime.store.outbox_dead()] == [why]


async def test_a_refused_token_stops_this_door_alone(trade: Trade) -> None:
    """The owner is told, nothing is lost, and what waited goes out when the token is taken again."""
    company = trade.company
    card = await trade.asks("Hello")
    away = trade.refuses("misconfigured", "", times=None)
    written = company.says(TOMAS, "As soon as we may", at=card)
    await company.sees(OWNER, "refuses us")
    await meanwhile(trade)
    assert trade.times("As soon as we may") == 0
    trade.vendor.stage.faults.rules.remove(away)
    await trade.goes(written)
    await company.sees(OWNER, "takes us again")
    await trade.settled()
    assert (trade.times("As soon as we may"), await company.parked()) == (1, 0)


async def test_who_is_blocked_is_not_reached_until_they_let_us_in_again(trade: Trade) -> None:
    company, vendor = trade.company, trade.vendor
    if not vendor.has("blocked") or "blocked" not in vendor.refusals:
        pytest.skip("nobody is blocked here, or nobody is told")
    card = await trade.asks("Hello")
    vendor.blocks(trade.ona)
    await trade.settled()
    company.says(TOMAS, "Have I said something?", at=card)
    await trade.settled()
    assert trade.got() == []
    vendor.unblocks(trade.ona)
    again = await trade.asks("I am back")
    await trade.answers("So am I", again)
    assert trade.times("So am I") == 1


async def test_a_window_that_closed_is_told(trade: Trade) -> None:
    """The vendor counts otherwise than we do: what it says is what counts."""
    company = trade.company
    if "window_closed" not in trade.vendor.refusals:
        pytest.skip("this vendor has no window")
    card = await trade.asks("Hello")
    trade.vendor.ages(trade.ona, timedelta(days=8))
    written = company.says(TOMAS, "Sorry for the delay", at=card)
    await company.marked(TOMAS, written, "💔")
    await company.sees(TOMAS, "Not delivered to")
    again = await trade.asks("No matter")
    await trade.answers("Thank you", again)
    assert [note.text for note in trade.got()] == ["Thank you"]


async def meanwhile(trade: Trade) -> None:
    """Anton of the other channel asks and gets his answer."""
    company = trade.company
    company.writes(ANTON, "And what about me?")
    asked = await company.sees(TOMAS, "And what about me?")
    company.says(TOMAS, "You are next", at=asked)
    await company.reads(ANTON, "You are next")

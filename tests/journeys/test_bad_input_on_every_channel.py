"""Whatever comes in at a channel's door, on each channel: the good is kept, the bad is in nobody's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from journeys.bent import Change, at, bent, caught, joined, posted, written
from journeys.bent import Path as Place
from journeys.company import METRICS_TOKEN, TOMAS, said
from journeys.test_what_an_operator_sees import seen
from journeys.vendors import Trade, trading
from pydantic import SecretStr

from app.replay import replay
from channels.kit.errors import Malformed
from sandbox.vendors.serving import names

pytestmark = pytest.mark.timeout(180)
META: Place = ("entry", 0, "messaging")
CLOUD: Place = ("entry", 0, "changes", 0, "value", "messages")
BATCHES: dict[str, Place] = {
    "whatsapp": CLOUD,
    "messenger": META,
    "instagram": META,
    "line": ("events",),
}
READERS = {
    "whatsapp": "channels.whatsapp.inbound._message",
    "messenger": "channels.kit.meta_chat._read",
    "instagram": "channels.kit.meta_chat._read",
    "line": "channels.line.inbound._read",
}
POISON = "Nobody can read this"


@pytest.fixture(params=names())
async def trade(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trade]:
    async with trading(tmp_path, request.param, metrics_token=SecretStr(METRICS_TOKEN)) as trade:
        yield trade


# ── batches ────────────────────────────────────────


@pytest.mark.parametrize("trade", BATCHES, indirect=True)
async def test_a_bad_item_of_a_batch_is_parked_and_can_be_replayed(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our reader chokes on the one in the middle; when it is mended, that one comes as well."""
    company, name = trade.company, trade.vendor.stage.name
    batch = joined(trade, BATCHES[name], [written(trade, text) for text in ("First", POISON, "Last")])
    module, _, function = READERS[name].rpartition(".")
    real = getattr(__import__(module, fromlist=[function]), function)

    def chokes(*given: Any) -> Any:
        if POISON in str(given):
            raise Malformed("choked")
        return real(*given)

    with monkeypatch.context() as broken:
        broken.setattr(READERS[name], chokes)
        assert await posted(trade, batch) == [200]
        card = await company.sees(TOMAS, "First")
        await company.sees(TOMAS, "Last")
        await company.settled()
        [parked] = await company.runtime.store.parked()
        assert parked.reason == "choked"
        assert parked.raw is not None
        assert POISON.encode() in parked.raw
        again = await replay(company.runtime.store, company.settings, None)
        assert (again.replayed, [why for _, why in again.unread]) == (0, ["choked"])
    again = await replay(company.runtime.store, company.settings, None)
    assert (again.replayed, again.unread) == (1, [])
    late = await company.sees(TOMAS, POISON)
    assert late["message_thread_id"] == card["message_thread_id"]
    await company.settled()
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


@pytest.mark.parametrize("trade", BATCHES, indirect=True)
async def test_odd_items_of_a_batch_cost_nothing(trade: Trade) -> None:
    """What is no item at all is parked too, each on its own."""
    company, name = trade.company, trade.vendor.stage.name
    odd = ["?", 7, {}, [], None]
    batch = joined(trade, BATCHES[name], [written(trade, "First"), written(trade, "Last")], odd)
    assert await posted(trade, batch, batch) == [200, 200]
    for words in ("First", "Last"):
        await company.sees(TOMAS, words)
    await company.settled()
    assert len(await company.open_leads()) == 1
    assert await company.parked() == len(odd)


# ── what nobody has told us of ────────────────────────────────────────

NEW = "hologram"
EVENTS: dict[str, Place] = {
    "whatsapp": ("entry", 0, "changes", 0, "field"),
    "vk": ("type",),
    "max": ("update_type",),
    "viber": ("event",),
    "line": ("events", 0, "type"),
}


def of_a_new_kind(name: str) -> Change:
    """An event that the vendor has invented since."""

    def change(told: Any) -> None:
        if name in EVENTS:
            at(told, EVENTS[name][:-1])[EVENTS[name][-1]] = NEW
        elif name == "twilio":
            told |= {"MessageStatus": NEW, "SmsStatus": NEW}
        else:
            event = at(told, (*META, 0))
            event[NEW] = event.pop("message")

    return change


async def test_an_unknown_event_is_counted_and_taken(trade: Trade) -> None:
    company, name = trade.company, trade.vendor.stage.name
    card = await trade.asks("Hello")
    push = bent(trade.vendor, written(trade, "No message any more"), of_a_new_kind(name))
    before = len(company.at_desk(TOMAS))
    assert await posted(trade, push) == [200]
    await company.settled()
    why = f"status_{NEW}" if name == "twilio" else NEW
    assert (await seen(company))("frontdesk_ignored_total", channel=name, why=why) == 1
    assert (len(company.at_desk(TOMAS)), await company.parked()) == (before, 0)
    await trade.answers("Good day", card)


MESSAGES: dict[str, tuple[Place, dict[str, Any]]] = {
    "whatsapp": ((*CLOUD, 0), {"type": NEW, NEW: {}, "text": None}),
    "messenger": ((*META, 0, "message"), {"text": "", "attachments": [{"type": NEW, "payload": {}}]}),
    "instagram": ((*META, 0, "message"), {"text": "", "attachments": [{"type": NEW, "payload": {}}]}),
    "vk": (("object", "message"), {"text": "", "attachments": [{"type": NEW, NEW: {}}]}),
    "max": (("message", "body"), {"text": "", "attachments": [{"type": NEW}]}),
    "viber": (("message",), {"type": NEW, "text": ""}),
    "line": (("events", 0, "message"), {"type": NEW, "text": ""}),
    "twilio": ((), {"MessageType": NEW, "Body": ""}),
}


@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
async def test_an_unknown_message_is_shown_in_words(trade: Trade, first: bool) -> None:
    """It may be all that a customer ever sends."""
    company = trade.company
    place, other = MESSAGES[trade.vendor.stage.name]
    if not first:
        await trade.asks("Hello")
    push = bent(trade.vendor, written(trade, "What it was"), lambda told: at(told, place).update(other))
    assert await posted(trade, push) == [200]
    await company.sees(TOMAS, NEW)
    await company.settled()
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


# ── again, at once, out of order ────────────────────────────────────────


async def test_two_quick_first_messages_make_one_lead(trade: Trade) -> None:
    company = trade.company
    pushes = [written(trade, "First"), written(trade, "Second")]
    await asyncio.gather(*(posted(trade, push) for push in pushes))
    first, second = await company.sees(TOMAS, "First"), await company.sees(TOMAS, "Second")
    assert first["message_thread_id"] == second["message_thread_id"]
    await company.settled()
    assert (len(await company.open_leads()), len(company.cards(TOMAS))) == (1, 1)


async def test_a_call_twenty_times_at_once_is_one_message(trade: Trade) -> None:
    company = trade.company
    await trade.asks("Hello")
    push = written(trade, "Only once")
    answers = await asyncio.gather(*(posted(trade, push) for _ in range(20)))
    assert answers == [[200]] * 20
    await company.sees(TOMAS, "Only once")
    await company.settled()
    assert sum("Only once" in text for text in company.texts_at_desk(TOMAS)) == 1
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
async def test_an_edit_may_come_before_what_it_edits(trade: Trade, first: bool) -> None:
    """It is parked, and goes in when it is tried again."""
    company, vendor = trade.company, trade.vendor
    if not vendor.has("edited"):
        pytest.skip("nobody edits here")
    if not first:
        await trade.asks("Hello")
    original = written(trade, "The oak table")
    note = trade.chat.notes[-1]
    edit = caught(vendor, lambda: vendor.edits(trade.ona, note, "The ash table"))
    await posted(trade, *edit, original)
    await company.sees(TOMAS, "The oak table")
    await company.settled()
    [parked] = await company.runtime.store.parked()
    assert parked.reason == "edit of a message that is not known here"
    assert await company.runtime.store.replay(parked.id)
    await company.sees(TOMAS, "The ash table")
    await company.settled()
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


async def test_what_was_never_seen_is_taken_back(trade: Trade) -> None:
    company, vendor = trade.company, trade.vendor
    if not vendor.has("deleted"):
        pytest.skip("nobody takes anything back here")
    written(trade, "Never told")
    gone = caught(vendor, lambda: vendor.deletes(trade.ona, trade.chat.notes[-1]))
    await posted(trade, *gone)
    await company.settled()
    assert (await company.open_leads(), await company.parked()) == ([], 0)
    await trade.asks("Hello")
    await posted(trade, *gone)
    await company.settled()
    assert await company.parked() == 0
    assert not any("Never told" in text for text in company.texts_at_desk(TOMAS))


# ── odd people ────────────────────────────────────────

TURNS = "\u202e"  # what is written backwards deceives: that sign alone is left out
NAME = f"{TURNS}anO <b>Ona</b> 👨\u200d👩\u200d👧"
ODD = (
    "<b>not bold</b> &amp; <script>alert(1)</script>",
    f"\u200fשלום\u200e mixed مرحبا {TURNS}gnorw",
    "👨\u200d👩\u200d👧\u200d👦 🏳\u200d🌈 é é",
    "before\x00after",
    "oak " * 2500 + "the end",
)


async def test_whatever_is_written_stands_there_as_it_was(trade: Trade) -> None:
    company, vendor = trade.company, trade.vendor
    odd = vendor.enters(2, NAME)
    for text in ODD:
        vendor.writes(odd, text)
        await company.sees(TOMAS, shown(text)[-1].split()[-1])
    await trade.settled()
    told = "".join("".join(text.split()) for text in company.texts_at_desk(TOMAS))
    for text in ODD:
        assert all("".join(part.split()) in told for part in shown(text)), text[:20]
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)
    card = next(one for one in company.at_desk(TOMAS) if said(one).startswith("🆕"))
    await company.until(lambda: "<b>Ona</b>" in said(company.now(TOMAS, card)))
    company.says(TOMAS, "Good day", at=card)
    await company.until(lambda: [note.text for note in vendor.chat(odd).of("company")] == ["Good day"])


def shown(text: str) -> list[str]:
    """What no database keeps parts it."""
    return text.replace(TURNS, "").split("\x00")

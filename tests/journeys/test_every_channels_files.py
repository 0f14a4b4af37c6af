"""Files of every kind that a vendor has, both ways: the bytes that were sent are the bytes that are got.

Where a vendor gives or takes no such file, a link stands for it, and leads to it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from journeys.company import TOMAS, Company, said
from journeys.vendors import PLAN, Trade, shown_bytes, trading

from leads.events import MediaKind
from sandbox import voice
from sandbox.model import Json
from sandbox.vendors.serving import names
from sandbox.vendors.stage import File, Note

pytestmark = pytest.mark.timeout(180)
FILM = struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 512, b"isom") + bytes(4000)
PAPER = b"%PDF-1.4\n" + b"an offer\n" * 100
FROM_CUSTOMERS = {
    "photo": PLAN,
    "video": File("video", "room.mp4", "video/mp4", FILM),
    "voice": File("voice", "voice.ogg", "audio/ogg", voice.silence()),
    "audio": File("audio", "song.ogg", "audio/ogg", voice.silence(1)),
    "file": File("file", "plan.pdf", "application/pdf", PAPER),
}
FROM_MANAGERS: dict[MediaKind, dict[str, Any]] = {
    MediaKind.VIDEO: {"video": FILM},
    MediaKind.VOICE: {"voice": voice.silence()},
    MediaKind.FILE: {"document": ("offer.pdf", "application/pdf", PAPER)},
}
AT_DESK = ("photo", "video", "voice", "audio", "document", "video_note", "animation")


@pytest.fixture(params=names())
async def trade(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trade]:
    async with trading(tmp_path, request.param) as trade:
        yield trade


async def test_what_customers_send(trade: Trade) -> None:
    company, vendor = trade.company, trade.vendor
    await trade.asks("Hello")
    for kind, file in FROM_CUSTOMERS.items():
        if kind in vendor.sends:
            vendor.writes(trade.ona, media=file)
            await company.until(lambda kind=kind, file=file: shown(company, kind, file))  # type: ignore[misc]
            assert not [text for text in company.texts_at_desk(TOMAS) if "could not be shown" in text]
    if "location" in vendor.sends:
        place = {"latitude": "54.687", "longitude": "25.28"}
        vendor.writes(trade.ona, media=File("location", facts=place))
        point = await company.sees_kind(TOMAS, "location")
        assert point["location"]["latitude"] == pytest.approx(54.687)
    if "contact" in vendor.sends:
        vendor.writes(trade.ona, media=File("contact", facts={"name": "Petras", "phone": "+37061234567"}))
        await company.sees_one(TOMAS, lambda one: one.get("contact") or "61234567" in heard(company, one))
    await trade.settled()
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


async def test_what_managers_send(trade: Trade) -> None:
    company = trade.company
    card = await trade.asks("Hello")
    for kind, content in FROM_MANAGERS.items():
        if kind not in trade.can.media:
            continue
        written = company.says(TOMAS, at=card, **content)
        await trade.goes(written)
        [sent] = content.values()
        data = sent[2] if isinstance(sent, tuple) else sent
        assert await bytes_of(trade, trade.got()[-1]) == data, kind
    await trade.settled()
    assert await company.parked() == 0


def data_of(company: Company, message: Json) -> list[bytes]:
    return [shown_bytes(company, message, kind) for kind in AT_DESK if kind in message]


def heard(company: Company, message: Json) -> str:
    """The words of a message, and those of the file in it."""
    return said(message) + "".join(data.decode(errors="replace") for data in data_of(company, message))


def shown(company: Company, kind: str, file: File) -> bool:
    """The manager has the file, or a link to it, or was told that it could not be had."""
    return any(
        file.data in data_of(company, one)
        or f"{kind}: https://" in said(one)
        or "could not be shown" in said(one)
        for one in company.at_desk(TOMAS)
    )


async def bytes_of(trade: Trade, note: Note) -> bytes:
    """What is in the file, or behind the link."""
    if note.media:
        return note.media.data
    [link] = re.findall(r"https?://\S+", note.text)
    return (await trade.vendor.stage.fetch(link))[1]

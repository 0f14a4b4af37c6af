"""The stand-in of Meta's chats refuses what Meta refuses; the webhook is registered through it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from answering import media
from journeys.company import TOMAS
from journeys.vendors import KEY, Trade, trading

from channels.kit.contract import Channel, Source
from channels.kit.discover import load
from leads.events import Attachment, Button, MediaKind, Outgoing, SendCode, SendError, Verb
from sandbox.vendors.meta_chats import SECRET, Chats

pytestmark = pytest.mark.timeout(180)


@dataclass
class Desk:
    """The channel as the product uses it, beside the product."""

    trade: Trade
    channel: Channel
    source: Source
    http: aiohttp.ClientSession

    async def send(self, text: str = "", **more: Any) -> str:
        """The id; or the code and what Meta said, of a refusal."""
        outgoing = Outgoing(more.pop("to", self.trade.ona.id), text, **more)
        try:
            sent = await self.channel.send(self.http, self.source, outgoing, more.get("media"))
        except SendError as error:
            return f"{error.code} {error.detail}"
        return sent.external_id

    async def raw(self, body: Any, owner: str = "") -> str:
        """What Meta says to a body that our channel would not send."""
        vendor = cast(Chats, self.trade.vendor)
        url = f"{vendor.stage.base}/v26.0/{owner or vendor.owner}/messages"
        head = {"Authorization": f"Bearer {vendor.token}"}
        async with self.http.post(url, json=body, headers=head) as answer:
            told = await answer.json()
        return str(told.get("message_id") or told["error"]["message"])


@pytest.fixture(params=["messenger", "instagram"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    name: str = request.param
    channel = load(name)
    async with trading(tmp_path, name) as trade, aiohttp.ClientSession() as http:
        settings = channel.settings.model_validate(trade.vendor.settings())
        source = Source(1, name, KEY, settings, api_base=trade.vendor.stage.base)
        yield Desk(trade, channel, source, http)


async def test_the_webhook_registers_and_is_seen_to_be_there(desk: Desk) -> None:
    channel, vendor = desk.channel, desk.trade.vendor
    url = vendor.stage.hook
    vendor.stage.hook = ""
    cast(Chats, vendor).subscribed.clear()
    assert await channel.registered(desk.http, desk.source, url) != ""
    await channel.register(desk.http, desk.source, url)
    vendor.stage.hook = url
    assert await channel.registered(desk.http, desk.source, url) == ""
    assert await channel.probe(desk.http, desk.source)
    if desk.channel.name == "messenger":
        with pytest.raises(SendError, match="verification failed"):
            await channel.register(desk.http, desk.source, url.replace(KEY, "nowhere"))
        assert "pushes to" in await channel.registered(desk.http, desk.source, "https://other.example")


async def test_who_wrote_is_told_and_who_did_not_is_not(desk: Desk) -> None:
    assert (await desk.channel.profile(desk.http, desk.source, desk.trade.ona.id)).name == ""
    await desk.trade.asks("Hello")
    assert (await desk.channel.profile(desk.http, desk.source, desk.trade.ona.id)).name == "Ona Petraitė"


async def test_a_person_may_answer_for_seven_days(desk: Desk) -> None:
    assert (await desk.send("hi")).startswith("window_closed")
    await desk.trade.asks("Hello")
    assert desk.trade.chat.note(await desk.send("hi"))
    desk.trade.vendor.ages(desk.trade.ona, timedelta(hours=25))
    assert (await desk.send("hi")).startswith("window_closed")
    assert desk.trade.chat.note(await desk.send("sorry", late=True))
    desk.trade.vendor.ages(desk.trade.ona, timedelta(days=7))
    assert (await desk.send("sorry", late=True)).startswith("window_closed")


async def test_strangers_and_wrong_tokens_are_refused(desk: Desk) -> None:
    await desk.trade.asks("Hello")
    assert (await desk.send("hi", to="1")).startswith(SendCode.BLOCKED)
    wrong = desk.source.settings.model_copy(update={"token": type(desk.source.settings.token)("wrong")})
    good, desk.source = desk.source, Source(1, "x", KEY, wrong, api_base=desk.source.api_base)
    assert (await desk.send("hi")).startswith(SendCode.MISCONFIGURED)
    desk.source = good
    assert SECRET not in await desk.send("hi")


ODD: list[dict[str, Any]] = [
    {"message": {}},
    {"message": {"text": ""}},
    {"message": {"text": "я" * 2001}},
    {"message": {"text": "a", "attachment": {"type": "image", "payload": {"url": "https://x"}}}},
    {"message": {"attachment": {"type": "image", "payload": {}}}},
    {"message": {"attachment": {"type": "gif", "payload": {"url": "https://x"}}}},
    {
        "message": {
            "text": "a",
            "quick_replies": [{"content_type": "text", "title": "x" * 21, "payload": "y"}],
        }
    },
    {
        "message": {
            "text": "a",
            "quick_replies": [{"content_type": "text", "title": "x", "payload": "y"}] * 14,
        }
    },
    {"message": {"text": "a"}, "messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"},
    {"message": {"text": "a"}, "messaging_type": "RESPONSE", "tag": "HUMAN_AGENT"},
    {"message": {"text": "a"}, "messaging_type": ""},
    {"message": {"text": "a"}, "sender_action": "typing_on"},
    {"message": {"text": "a"}, "hidden": 1},
    {"sender_action": "wave", "messaging_type": None},
]


async def test_what_meta_refuses_is_refused(desk: Desk) -> None:
    await desk.trade.asks("Hello")
    body = {"recipient": {"id": desk.trade.ona.id}, "messaging_type": "RESPONSE"}
    for odd in ODD:
        given = {key: value for key, value in (body | odd).items() if value is not None}
        assert "(#100)" in await desk.raw(given), odd
    assert "(#100)" in await desk.raw(body | {"message": {"text": "a"}}, owner="17")
    assert desk.trade.got() == []
    assert desk.trade.chat.note(await desk.raw(body | {"message": {"text": "a"}}))


async def test_a_choice_comes_back_and_actions_are_seen(desk: Desk) -> None:
    trade = desk.trade
    await trade.asks("Hello")
    heart = trade.chat.notes[0]
    mid = await desk.send("Shall we?", buttons=(Button("Yes", "yes:1"), Button("No")))
    note = trade.chat.note(mid)
    assert note is not None
    trade.vendor.presses(trade.ona, note, "Yes")
    await trade.company.sees(TOMAS, "Yes")
    await desk.send("❤️", verb=Verb.REACT, target=heart.id)
    assert heart.reactions["company"] in {"❤️", "love"}
    await desk.send("", verb=Verb.REACT, target=heart.id)
    await desk.send(verb=Verb.READ, target=heart.id)
    await desk.channel.typing(desk.http, desk.source, trade.ona.id)
    assert ("company" in heart.reactions, bool(trade.chat.read_at), bool(trade.chat.typing_at)) == (
        False,
        True,
        True,
    )
    await trade.settled()
    assert await trade.company.parked() == 0


async def test_files_and_pages_with_buttons_go_as_meta_wants_them(desk: Desk) -> None:
    if desk.channel.name != "messenger":
        pytest.skip("uploads are Messenger's")
    await desk.trade.asks("Hello")
    outgoing = Outgoing(desk.trade.ona.id, attachment=Attachment(MediaKind.FILE), key="k")
    sent = await desk.channel.send(desk.http, desk.source, outgoing, media("План дома.pdf"))
    note = desk.trade.chat.note(sent.external_id)
    assert note is not None
    assert note.media is not None
    assert (note.media.kind, note.media.name, note.media.data) == ("file", "file.pdf", b"abc")
    link = Button("Prices", url="https://shop.example")
    templated = desk.trade.chat.note(await desk.send("See", buttons=(link, Button("Call me", "call"))))
    assert templated is not None
    desk.trade.vendor.presses(desk.trade.ona, templated, "Call me")
    await desk.trade.company.sees(TOMAS, "Call me")

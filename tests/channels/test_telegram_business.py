"""A manager's own account against the Bot API's stand-in, which refuses what Telegram refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from answering import flow

from channels import telegram_business as business
from channels.kit.contract import Ignored, Item, Source
from leads.events import (
    Attachment,
    Button,
    Call,
    Inbound,
    Kind,
    Media,
    MediaKind,
    Outgoing,
    SendCode,
    SendError,
    Span,
    Verb,
)
from sandbox import connected
from sandbox.business import RIGHTS, Account
from sandbox.faults import Fault
from sandbox.model import Bot, Json
from sandbox.server import running
from sandbox.world import World
from scheduler.clock import real_now

MORNING = datetime(2026, 1, 15, 10, tzinfo=UTC)
TOKEN = "4200000009:AAcanaryTokenThatNobodyMaySee_01234"
ANNA, BORIS, LEA, MAX = 812, 813, 500, 501
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x3c\0\0\0\x28"


@dataclass
class Office:
    """Lea's account, connected to a bot, and the source that serves it."""

    world: World
    bot: Bot
    lea: Account
    source: Source
    http: aiohttp.ClientSession
    at: list[datetime]
    cursor: str = ""

    def asks(self, text: str | None = "Hello", **content: Any) -> Json:
        return connected.customer_sends(self.world, self.lea, ANNA, text=text, **content)

    async def poll(self) -> list[Item]:
        calls, self.cursor = await business.poll(self.http, self.source, self.cursor, real_now)
        return [item for call in calls for item in business.parse(self.source, call)]

    async def events(self) -> list[Inbound]:
        return [item for item in await self.poll() if isinstance(item, Inbound)]

    async def does(
        self,
        text: str = "",
        *,
        to: int = ANNA,
        account: Account | None = None,
        media: Media | None = None,
        **more: Any,
    ) -> str:
        outgoing = Outgoing(f"{(account or self.lea).id}:{to}", text, **more)
        return (await business.send(self.http, self.source, outgoing, media)).external_id

    async def fails(self, text: str = "Hi", **more: Any) -> SendError:
        with pytest.raises(SendError) as caught:
            await self.does(text, **more)
        assert TOKEN.partition(":")[2] not in str(caught.value)
        return caught.value

    def seen(self, message_id: str, customer: int = ANNA) -> Json:
        return self.lea.chats[customer].messages[int(message_id)]


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    at = [MORNING]
    world = World(lambda: at[0])
    world.add_user(ANNA, "Anna", "K", "anna_k", "ru")
    world.add_user(BORIS, "Boris")
    world.add_user(LEA, "Lea", username="lea_sells")
    world.add_user(MAX, "Max")
    bot = world.add_bot(TOKEN, "alder_bot", "Alder & Finch", business=True)
    settings = business.settings.model_validate({"token": TOKEN, "secret": "s" * 32})
    async with running(world) as url, aiohttp.ClientSession() as http:
        lea = connected.connects(world, bot, LEA)
        yield Office(world, bot, lea, Source(1, "telegram_business", "lea", settings, api_base=url), http, at)


def media(raw: bytes, name: str = "a.png", mime: str = "image/png") -> Media:
    return Media(name, mime, len(raw), flow(raw))


# --- what happens in the account's chats --------------------------------------------------------------------


async def test_a_whole_visit_is_read_in_order(office: Office) -> None:
    world, lea = office.world, office.lea
    asked = office.asks("Сколько стоит?")
    connected.edits(world, lea, asked["message_id"], "Сколько стоит 3 м?")
    connected.owner_sends(world, lea, ANNA, text="250 €")
    connected.owner_sends(world, lea, ANNA, text="We are closed", automatic=True)
    answer = await office.does("Or 240 €")
    office.asks("Беру", reply_to=int(answer))
    connected.deletes(world, lea, ANNA, asked["message_id"], int(answer))
    events = await office.events()
    kinds = [Kind.MESSAGE, Kind.EDIT, Kind.ECHO, Kind.MESSAGE, Kind.DELETE, Kind.DELETE]
    assert [event.kind for event in events] == kinds
    assert [event.text for event in events[:4]] == ["Сколько стоит?", "Сколько стоит 3 м?", "250 €", "Беру"]
    assert {(event.conv, event.thread) for event in events} == {("bc_1:812",) * 2}
    assert {event.sender.external_id for event in events} == {str(ANNA)}
    assert events[3].reply_to == answer
    assert [event.message_id for event in events[4:]] == [str(asked["message_id"]), answer]
    assert len({event.event_id for event in events}) == len(events)


async def test_two_accounts_of_one_bot_keep_their_customers_apart(office: Office) -> None:
    theirs = connected.connects(office.world, office.bot, MAX)
    office.asks("to Lea")
    connected.customer_sends(office.world, theirs, ANNA, text="to Max")
    assert [(event.text, event.conv) for event in await office.events()] == [
        ("to Lea", "bc_1:812"),
        ("to Max", "bc_2:812"),
    ]
    await office.does("from Max", account=theirs)
    (answer,) = [one for one in theirs.chats[ANNA].messages.values() if one["from"]["id"] == MAX]
    assert (answer["text"], answer["sender_business_bot"]["id"]) == ("from Max", office.bot.id)


async def test_what_becomes_of_the_connection_is_counted(office: Office) -> None:
    connected.allows(office.world, office.lea, RIGHTS - {"can_reply"})
    connected.disconnects(office.world, office.lea)
    office.world.user_starts(office.bot, BORIS)
    whys = [item.why for item in await office.poll() if isinstance(item, Ignored)]
    # Before the first poll Telegram sends what every bot gets.
    assert whys == [
        *("account_connected", "account_without_can_reply", "account_disconnected"),
        "chat_with_the_bot",
    ]


async def test_files_come_with_their_bytes(office: Office) -> None:
    office.asks(None, photo=PNG, caption="This one")
    office.asks(None, document=("План.pdf", "application/pdf", b"%PDF"))
    photo, document = await office.events()
    assert (photo.text, photo.attachments[0].kind) == ("This one", MediaKind.PHOTO)
    for event, raw in ((photo, PNG), (document, b"%PDF")):
        got = await business.fetch_media(office.http, office.source, event.attachments[0])
        assert b"".join([chunk async for chunk in got.chunks]) == raw


# --- what we do in the account's name -----------------------------------------------------------------------


async def test_the_customer_reads_the_owners_words(office: Office) -> None:
    asked = office.asks()
    sent = await office.does("<b>250 €</b>", spans=(Span("bold", 3, 5),), reply_to=str(asked["message_id"]))
    message = office.seen(sent)
    assert (message["from"]["id"], message["text"]) == (LEA, "<b>250 €</b>")
    assert message["entities"] == [{"type": "bold", "offset": 3, "length": 5}]
    assert message["reply_to_message"]["message_id"] == asked["message_id"]
    assert [event.text for event in await office.events()] == ["Hello"]  # ours is no news


@pytest.mark.parametrize("kind", sorted(business.can.media))
async def test_files_go_with_name_and_caption(office: Office, kind: MediaKind) -> None:
    office.asks()
    sent = await office.does("вот", attachment=Attachment(kind), media=media(PNG))
    message = office.seen(sent)
    assert message["caption"] == "вот"
    assert {MediaKind.FILE: "document"}.get(kind, kind.value) in message


async def test_ours_can_be_changed_and_taken_back(office: Office) -> None:
    office.asks()
    text = await office.does("250")
    file = await office.does("250", attachment=Attachment(MediaKind.PHOTO), media=media(PNG))
    for sent, where in ((text, "text"), (file, "caption")):
        for _ in range(2):  # the second time nothing changes
            assert await office.does("240", verb=Verb.EDIT, target=sent) == sent
        assert office.seen(sent)[where] == "240"
        for _ in range(2):  # gone already is gone
            await office.does(verb=Verb.DELETE, target=sent)
        assert int(sent) in office.lea.chats[ANNA].deleted


async def test_a_choice_under_our_message_comes_back(office: Office) -> None:
    office.asks()
    await office.poll()
    choices = (Button("White", "c:1"), Button("Our site", url="https://example.com/"))
    offer = await office.does("Which colour?", buttons=choices)
    press = connected.customer_presses(office.world, office.lea, ANNA, int(offer), "c:1")
    (event,) = await office.events()
    assert (event.kind, event.text, event.fields) == (Kind.CLICK, "c:1", {"title": "White"})
    assert (event.conv, event.message_id) == ("bc_1:812", offer)
    assert office.world.callbacks[press].answer == {"text": "", "show_alert": False}


async def test_read_and_typing_show(office: Office) -> None:
    asked = office.asks()
    await office.does(verb=Verb.READ, target=str(asked["message_id"]))
    await business.typing(office.http, office.source, "bc_1:812")
    await business.typing(office.http, office.source, "nonsense")
    assert office.lea.read == {ANNA: asked["message_id"]}
    assert office.lea.chats[ANNA].action == ("typing", MORNING)


# --- what keeps us from it ----------------------------------------------------------------------------------


async def test_after_a_day_only_the_owner_can_answer(office: Office) -> None:
    asked = office.asks()
    office.at[0] += timedelta(hours=24)
    assert await office.does("in time")
    office.at[0] += timedelta(seconds=1)
    assert (await office.fails()).code is SendCode.WINDOW_CLOSED
    assert (
        await office.fails(verb=Verb.READ, target=str(asked["message_id"]))
    ).code is SendCode.WINDOW_CLOSED
    office.asks("Anybody there?")
    assert await office.does("Yes")
    assert business.can.reply_window == timedelta(hours=24)


async def test_an_account_that_forbids_to_reply_is_named_and_waited_for(office: Office) -> None:
    office.asks()
    connected.allows(office.world, office.lea, RIGHTS - {"can_reply"})
    error = await office.fails()
    assert error.code is SendCode.MISCONFIGURED
    assert error.detail.startswith("@lea_sells does not let the bot reply to messages: allow it at Settings")
    connected.allows(office.world, office.lea, RIGHTS)
    assert await office.does("at last")


@pytest.mark.parametrize(
    ("verb", "missing", "words"),
    [
        (Verb.READ, {"can_read_messages"}, "mark messages as read"),
        (Verb.DELETE, {"can_delete_sent_messages", "can_delete_all_messages"}, "delete messages"),
    ],
)
async def test_another_missing_right_costs_that_act_alone(
    office: Office, verb: Verb, missing: set[str], words: str
) -> None:
    asked = office.asks()
    sent = await office.does("Hi")
    connected.allows(office.world, office.lea, RIGHTS - missing)
    target = sent if verb is Verb.DELETE else str(asked["message_id"])
    error = await office.fails(verb=verb, target=target)
    assert (error.code, words in error.detail) == (SendCode.PERMANENT, True)
    assert await office.does("still here")


async def test_an_account_that_left_is_told_and_holds_up_nobody(office: Office) -> None:
    office.asks()
    connected.disconnects(office.world, office.lea)
    left = await office.fails()
    assert left.code is SendCode.PERMANENT
    assert left.detail.startswith("@lea_sells has disconnected the bot")
    again = connected.connects(office.world, office.bot, LEA)
    connected.customer_sends(office.world, again, ANNA, text="Hello again")
    assert await office.does("Welcome", account=again)
    unknown = await office.fails(account=replace(office.lea, id="bc_99"))
    assert (unknown.code, "not connected any more" in unknown.detail) == (SendCode.PERMANENT, True)


async def test_a_chat_that_the_account_keeps_back_says_nothing_of_the_account(office: Office) -> None:
    office.asks()
    error = await office.fails(to=BORIS)
    assert (error.code, "BUSINESS_PEER_INVALID" in error.detail) == (SendCode.PERMANENT, True)


async def test_other_failures_are_those_of_every_telegram(office: Office) -> None:
    office.asks()
    assert (await office.fails("x" * 4097)).code is SendCode.TOO_LONG
    assert (await office.fails(verb=Verb.EDIT, target="999")).code is SendCode.PERMANENT
    assert (await office.fails(verb=Verb.REACT, target="1")).code is SendCode.PERMANENT
    photo = Attachment(MediaKind.PHOTO)
    assert (await office.fails("", attachment=photo, media=media(b"no image"))).code is SendCode.BAD_MEDIA
    office.world.faults.add(Fault("too_many", times=1, retry_after=7))
    slow = await office.fails()
    assert (slow.code, slow.retry_after) == (SendCode.RETRY, 7)
    office.world.faults.add(Fault("server_error", times=1))
    assert (await office.fails()).code is SendCode.UNAVAILABLE


@pytest.mark.parametrize("thread", ["", "812", ":812", "bc_1:", "bc_1:@anna", "bc_1:8 12"])
async def test_only_a_connection_and_a_number_are_a_place(office: Office, thread: str) -> None:
    with pytest.raises(SendError) as caught:
        await business.send(office.http, office.source, Outgoing(thread, "Hi"), None)
    assert caught.value.code is SendCode.PERMANENT
    assert not office.world.log


async def test_what_telegram_does_not_explain_stays_as_it_was(office: Office) -> None:
    """The question how the account stands may itself fail, or be answered by an older server."""
    office.asks()
    refusal = "Bad Request: message can't be edited"
    office.world.faults.add(Fault("error", method="sendMessage", code=400, description=refusal))
    error = await office.fails()
    assert (error.code, refusal in error.detail) == (SendCode.PERMANENT, True)
    office.world.faults.add(Fault("server_error", method="getBusinessConnection"))
    assert (await office.fails()).detail == error.detail


# --- set-up -------------------------------------------------------------------------------------------------


async def test_a_bot_without_business_mode_is_found(office: Office) -> None:
    assert await business.probe(office.http, office.source) == "@alder_bot"
    office.bot.business = False
    with pytest.raises(SendError) as caught:
        await business.probe(office.http, office.source)
    assert (caught.value.code, "Business Mode" in caught.value.detail) == (SendCode.MISCONFIGURED, True)
    del office.world.bots[TOKEN]
    assert (await office.fails()).code is SendCode.MISCONFIGURED


async def test_the_webhook_brings_what_is_asked_for_and_is_checked(office: Office) -> None:
    arrived: asyncio.Queue[str] = asyncio.Queue()

    async def receive(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call("POST", headers, {}, await request.read(), MORNING)
        business.verify(office.source, call)
        for item in business.parse(office.source, call):
            await arrived.put(item.text if isinstance(item, Inbound) else "-")
        return web.Response()

    app = web.Application()
    app.router.add_post("/in/telegram_business/lea", receive)
    async with TestServer(app) as server:
        url = str(server.make_url("/in/telegram_business/lea"))
        assert await business.registered(office.http, office.source, url) == "no webhook is set"
        await business.register(office.http, office.source, url)
        assert await business.registered(office.http, office.source, url) == ""
        elsewhere = await business.registered(office.http, office.source, url + "x")
        assert elsewhere == f"the webhook leads to {url}"
        office.bot.updates.allow(["business_message"])
        missing = await business.registered(office.http, office.source, url)
        assert missing.startswith("these updates are not asked for: business_connection")
        office.bot.updates.allow(None)
        office.asks("pushed")
        while await arrived.get() != "pushed":
            pass

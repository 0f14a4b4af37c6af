"""The playground's server side: what the page is told, and what its acts do to the world."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSServerHandshakeError, web

from sandbox.api import make_app
from sandbox.model import Json
from sandbox.playground import PlaygroundConfig, attach
from sandbox.server import start
from sandbox.world import World

SHOP, DESK = "100:shop", "200:desk"
ANNA, MANAGER = 701, 501
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 17, 20, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class Page:
    """A page's socket: acts go out, `until` reads snapshots till one fits."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.last: Json = {}

    async def act(self, do: str, **more: Any) -> None:
        await self.socket.send_json({"do": do, **more})

    async def until(self, fits: Any) -> Json:
        while not (self.last and fits(self.last)):
            message = await self.socket.receive_json(timeout=10)
            if message["type"] == "snapshot":
                self.last = message
        return self.last

    async def refusal(self) -> str:
        while (message := await self.socket.receive_json(timeout=10))["type"] != "refused":
            pass
        return str(message["why"])


class Stage:
    def __init__(self, *, topics: bool = True) -> None:
        self.clock = Clock()
        self.world = World(self.clock.now)
        self.shop = self.world.add_bot(SHOP, "shop_bot", "Shop")
        self.desk = self.world.add_bot(DESK, "desk_bot", "Desk", topics=topics)
        self.world.add_user(ANNA, "Anna", "Reyes")
        self.world.add_user(MANAGER, "Marta", "Owens")
        self.config = PlaygroundConfig(
            title="Test",
            form_url="http://127.0.0.1:9/in/web_form/demo",
            customer_bots=[SHOP],
            desk_bot=DESK,
            managers=[MANAGER],
            customers=[ANNA],
            now=self.clock.now,
            advance=self.clock.advance,
            timezone="Europe/Vilnius",
        )
        self.url = ""
        self.http: ClientSession

    def app(self) -> web.Application:
        app = make_app(self.world)
        attach(app, self.world, config=self.config)
        return app

    @asynccontextmanager
    async def page(self) -> AsyncIterator[Page]:
        async with self.http.ws_connect(f"{self.url}/ws", headers={"Origin": self.url}) as socket:
            yield Page(socket)

    async def bot_calls(self, token: str, method: str, **arguments: Any) -> Any:
        async with self.http.post(f"{self.url}/bot{token}/{method}", json=arguments) as answer:
            return (await answer.json()).get("result")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    running = await start(stage.world, app=stage.app())
    stage.url = running.url
    try:
        async with ClientSession() as stage.http:
            yield stage
    finally:
        await running.close()


def anna(snapshot: Json) -> Json:
    return next(person for person in snapshot["customers"] if person["id"] == ANNA)


def manager(snapshot: Json) -> Json:
    return snapshot["managers"][0]  # type: ignore[no-any-return]


async def test_the_page_and_its_files_are_locked_down(stage: Stage) -> None:
    async with stage.http.get(stage.url) as page:
        assert page.content_type == "text/html"
        policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "connect-src 'self' http://127.0.0.1:9;" in policy
    async with stage.http.get(f"{stage.url}/static/app.js") as script:
        assert "javascript" in script.content_type
        assert script.headers["X-Content-Type-Options"] == "nosniff"
    async with stage.http.get(f"{stage.url}/static/..%2Fworld.py") as outside:
        assert outside.status == 404


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
async def test_another_site_cannot_open_the_socket(stage: Stage, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    with pytest.raises(WSServerHandshakeError) as refused:
        await stage.http.ws_connect(f"{stage.url}/ws", headers=headers)
    assert refused.value.status == 403


async def test_a_page_gets_the_world_at_once_and_after_each_change(stage: Stage) -> None:
    async with stage.page() as page:
        first = await page.until(lambda _: True)
        assert first["clock"] == {
            "now": "2026-03-17T20:30:00+00:00",
            "timezone": "Europe/Vilnius",
            "movable": True,
        }
        assert first["bots"]["200"] == {"username": "desk_bot", "name": "Desk", "topics": True}
        assert anna(first)["name"] == "Anna Reyes"
        assert anna(first)["messages"] == []
        stage.world.user_sends(stage.shop, ANNA, text="Hi")
        shown = await page.until(lambda seen: anna(seen)["messages"])
    message = anna(shown)["messages"][0]
    assert (message["text"], message["mine"], message["author"]) == ("Hi", True, "Anna Reyes")


async def test_what_a_visitor_writes_reaches_the_bot(stage: Stage) -> None:
    async with stage.page() as page:
        await page.act("send", user=ANNA, bot=100, thread=None, text="Hello <b>")
        sent = anna(await page.until(lambda seen: anna(seen)["messages"]))["messages"][0]
        await page.act("edit", user=ANNA, bot=100, message=sent["id"], text="Hello!")
        await page.until(lambda seen: anna(seen)["messages"][0]["edited"])
        await page.act("contact", user=ANNA, bot=100)
        shown = anna(await page.until(lambda seen: len(anna(seen)["messages"]) == 2))["messages"]
    assert shown[0]["text"] == "Hello!"
    assert shown[1]["media"]["note"] == "+447700900701"
    updates = await stage.bot_calls(SHOP, "getUpdates", timeout=0)
    assert updates[0]["message"]["text"] == "Hello <b>"
    assert updates[1]["edited_message"]["text"] == "Hello!"
    assert updates[2]["message"]["contact"]["user_id"] == ANNA


async def test_a_picture_is_shown_and_a_document_is_only_saved(stage: Stage) -> None:
    html = base64.b64encode(b"<script>alert(1)</script>").decode()
    where = {"user": ANNA, "bot": 100, "thread": None}
    async with stage.page() as page:
        photo = base64.b64encode(PNG).decode()
        await page.act("file", **where, kind="photo", name="p", mime="image/png", data=photo, caption="See")
        await page.act("file", **where, kind="document", name="a.html", mime="text/html", data=html)
        shown = anna(await page.until(lambda seen: len(anna(seen)["messages"]) == 2))["messages"]
    assert shown[0]["text"] == "See"
    assert (shown[1]["media"]["name"], shown[1]["media"]["size"]) == ("a.html", 25)
    async with stage.http.get(f"{stage.url}/{shown[0]['media']['url']}") as picture:
        assert (picture.content_type, await picture.read()) == ("image/png", PNG)
    async with stage.http.get(f"{stage.url}/{shown[1]['media']['url']}") as document:
        assert document.content_type == "application/octet-stream"
        assert document.headers["Content-Disposition"] == "attachment"
        assert document.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in document.headers["Content-Security-Policy"]
    async with stage.http.get(f"{stage.url}/media/200/{shown[0]['media']['url'].split('/')[-1]}") as other:
        assert other.status == 404


async def test_a_manager_presses_reacts_and_deletes_the_topic(stage: Stage) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Take", "callback_data": "take", "style": "success"}]]}
    stage.world.chat(stage.desk, MANAGER).started = True
    topic = await stage.bot_calls(DESK, "createForumTopic", chat_id=MANAGER, name="#1 Anna")
    thread = topic["message_thread_id"]
    card = {"chat_id": MANAGER, "message_thread_id": thread, "text": "Card", "reply_markup": keyboard}
    message_id = (await stage.bot_calls(DESK, "sendMessage", **card))["message_id"]
    where = {"user": MANAGER, "bot": 200}
    async with stage.page() as page:
        seen = manager(await page.until(lambda seen: manager(seen)["topics"]))
        assert seen["topics"] == [{"id": thread, "name": "#1 Anna", "mine": False}]
        shown = next(message for message in seen["messages"] if message["id"] == message_id)
        assert shown["thread"] == thread
        key = shown["buttons"][0][0]
        assert (key["text"], key["style"], key["data"]) == ("Take", "success", "take")

        await page.act("press", **where, message=message_id, data="take")
        [update] = await stage.bot_calls(DESK, "getUpdates", timeout=10)
        query = update["callback_query"]["id"]
        await stage.bot_calls(
            DESK, "answerCallbackQuery", callback_query_id=query, text="Yours", show_alert=True
        )
        answered = await page.until(lambda seen: seen["answers"])
        assert answered["answers"] == [{"id": query, "user": MANAGER, "text": "Yours", "alert": True}]

        await page.act("react", **where, message=message_id, emoji="🔥")
        await page.until(
            lambda seen: manager(seen)["messages"][-1]["reactions"] == [{"emoji": "🔥", "mine": True}]
        )
        await page.act("delete_topic", **where, thread=thread)
        gone = manager(await page.until(lambda seen: not manager(seen)["topics"]))
    assert gone["messages"] == []


async def test_blocking_and_a_new_customer(stage: Stage) -> None:
    async with stage.page() as page:
        await page.act("block", user=ANNA, bot=100)
        await page.until(lambda seen: anna(seen)["blocked"])
        await page.act("send", user=ANNA, bot=100, thread=None, text="Hi")
        assert "blocked" in await page.refusal()
        await page.act("unblock", user=ANNA, bot=100)
        await page.until(lambda seen: not anna(seen)["blocked"])
        await page.act("new_customer")
        grown = await page.until(lambda seen: len(seen["customers"]) == 2)
        new = grown["customers"][1]["id"]
        await page.act("send", user=new, bot=100, thread=None, text="I am new")
        await page.until(lambda seen: seen["customers"][1]["messages"])
    assert stage.world.chats[100, new].messages


async def test_the_clock_moves_to_nine_of_the_companys_tomorrow(stage: Stage) -> None:
    async with stage.page() as page:
        await page.act("advance", minutes=15)
        await page.until(lambda seen: seen["clock"]["now"] == "2026-03-17T20:45:00+00:00")
        await page.act("advance", tomorrow=True)
        # 22:45 in Vilnius is still the 17th; the 18th, 9:00 there is 7:00 UTC.
        await page.until(lambda seen: seen["clock"]["now"] == "2026-03-18T07:00:00+00:00")


@pytest.mark.parametrize(("switch", "status"), [("500", 500), ("429", 429)])
async def test_a_fault_switch_breaks_the_api_until_it_is_off(stage: Stage, switch: str, status: int) -> None:
    async with stage.page() as page:
        await page.act("fault", kind=switch, on=True)
        await page.until(lambda seen: seen["faults"][switch])
        await stage.bot_calls(DESK, "getMe")
        await page.act("fault", kind=switch, on=False)
        await page.until(lambda seen: not seen["faults"][switch])
        await stage.bot_calls(DESK, "getMe")
        shown = await page.until(lambda seen: len(seen["log"]) == 2)
    assert [call["status"] for call in shown["log"]] == [status, 200]
    assert shown["log"][0]["method"] == "getMe"


async def test_the_lost_answer_is_lost_once(stage: Stage) -> None:
    stage.world.user_starts(stage.desk, MANAGER)
    async with stage.page() as page:
        await page.act("fault", kind="lost", on=True)
        await page.until(lambda seen: seen["faults"]["lost"])
        with pytest.raises(ClientError, match="disconnected"):
            await stage.bot_calls(DESK, "sendMessage", chat_id=MANAGER, text="Once")
        shown = await page.until(lambda seen: not seen["faults"]["lost"])
    assert "Once" in [message["text"] for message in manager(shown)["messages"]]


@pytest.mark.parametrize(
    "nonsense",
    [
        "not json",
        "[]",
        '{"do": "rule the world"}',
        '{"do": "send"}',
        '{"do": "send", "user": 701, "bot": 999, "text": "x"}',
        '{"do": "send", "user": 701, "bot": 100, "text": ""}',
        '{"do": "send", "user": 12345, "bot": 100, "text": "x"}',
        '{"do": "press", "user": 701, "bot": 100, "message": 1, "data": "x"}',
        '{"do": "advance", "minutes": "soon"}',
        '{"do": "file", "user": 701, "bot": 100, "kind": "photo", "name": "", "mime": "", "data": "%"}',
        '{"do": "fault", "kind": "earthquake", "on": true}',
    ],
)
async def test_nonsense_is_refused_and_the_page_goes_on(stage: Stage, nonsense: str) -> None:
    async with stage.page() as page:
        await page.socket.send_str(nonsense)
        assert await page.refusal()
        await page.act("send", user=ANNA, bot=100, thread=None, text="Still here")
        await page.until(lambda seen: anna(seen)["messages"])


async def test_only_the_newest_messages_are_sent_to_the_page(stage: Stage) -> None:
    for number in range(250):
        stage.world.user_sends(stage.shop, ANNA, text=f"message {number}")
    async with stage.page() as page:
        shown = anna(await page.until(lambda _: True))["messages"]
    assert [shown[0]["text"], shown[-1]["text"], len(shown)] == ["message 50", "message 249", 200]


async def test_a_clock_that_cannot_be_moved_says_so(stage: Stage) -> None:
    fixed = PlaygroundConfig("Test", "/in/web_form/demo", [SHOP], DESK, [], [], now=stage.clock.now)
    app = web.Application()
    attach(app, stage.world, config=fixed)
    running = await start(stage.world, app=app)
    try:
        async with stage.http.ws_connect(f"{running.url}/ws", headers={"Origin": running.url}) as socket:
            page = Page(socket)
            assert (await page.until(lambda _: True))["clock"]["movable"] is False
            await page.act("advance", minutes=15)
            assert "cannot be moved" in await page.refusal()
    finally:
        await running.close()


async def test_closing_the_server_ends_the_pages_and_stops_listening(stage: Stage) -> None:
    app = web.Application()
    attach(app, stage.world, config=stage.config)
    running = await start(stage.world, app=app)
    listeners = len(stage.world.listeners)
    async with stage.http.ws_connect(f"{running.url}/ws", headers={"Origin": running.url}) as socket:
        await Page(socket).until(lambda _: True)
        await running.close()
        assert (await socket.receive(timeout=10)).type.name in {"CLOSE", "CLOSING", "CLOSED"}
    assert len(stage.world.listeners) == listeners - 1


def test_every_sentence_stands_in_both_languages() -> None:
    from sandbox.playground import STATIC

    source = (STATIC / "words.js").read_text(encoding="utf-8")
    english, russian = (_keys(source, name) for name in ("EN", "RU"))
    assert english == russian
    assert len(english) > 50


def _keys(source: str, name: str) -> set[str]:
    body = source.split(f"const {name} = {{")[1].split("\n};", maxsplit=1)[0]
    return {line.split(":")[0].strip() for line in body.splitlines() if line.startswith("  ") and ":" in line}

"""The control surface, as a test in another process uses it."""

import pytest
from aiogram import Bot as Client
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import ClientSession
from sandbox_cast import ANN, Clock

from sandbox.client import Remote
from sandbox.model import Bot, Impossible
from sandbox.server import start
from sandbox.world import World


@pytest.fixture
def remote(http: ClientSession, url: str, bot: Bot) -> Remote:
    return Remote(http, url)


async def test_a_whole_conversation_from_outside(remote: Remote, url: str) -> None:
    me = await remote.add_bot("300:t", "shop_bot", "Shop")
    await remote.add_user(7, "Eve", username="eve")
    await remote.act("shop_bot", 7, "starts", payload="ads7")
    question = await remote.act("shop_bot", 7, "sends", text="price?")
    shop = Client("300:t", session=AiohttpSession(api=TelegramAPIServer.from_base(url)))
    await shop.send_message(7, "a hundred", reply_to_message_id=question["message_id"])
    await shop.session.close()
    chat = await remote.chat("shop_bot", 7)
    assert [message["text"] for message in chat["messages"]] == ["/start ads7", "price?", "a hundred"]
    assert chat["messages"][-1]["from"] == me
    assert (await remote.bot("shop_bot"))["pending"] == 2


async def test_acts_of_every_kind(remote: Remote, tg: Client, bot: Bot) -> None:
    chat = await remote.chat("desk_bot", ANN)
    assert (chat["started"], chat["messages"]) == (False, [])
    sent = await remote.act("desk_bot", ANN, "sends", document=("a.txt", "text/plain", b"\x00\xff"))
    document = sent["document"]
    async with remote.http.get(f"{remote.url}/sandbox/bots/desk_bot/file/{document['file_id']}") as answer:
        assert await answer.read() == b"\x00\xff"
    topic = sent["message_thread_id"]
    text = await remote.act("desk_bot", ANN, "sends", text="hi", thread_id=topic)
    await remote.act("desk_bot", ANN, "edits", message_id=text["message_id"], text="hello")
    await remote.act("desk_bot", ANN, "reacts", message_id=text["message_id"], emoji="👍")
    chat = await remote.chat("desk_bot", ANN)
    assert chat["history"][str(text["message_id"])][0]["text"] == "hi"
    assert chat["reactions"][str(text["message_id"])] == [
        {"user_id": ANN, "reactions": [{"type": "emoji", "emoji": "👍"}]}
    ]
    await remote.act("desk_bot", ANN, "deletes_topic", thread_id=topic)
    await remote.act("desk_bot", ANN, "blocks")
    chat = await remote.chat("desk_bot", ANN)
    assert (chat["blocked"], chat["topics"][0]["deleted"], chat["messages"]) == (True, True, [])
    await remote.act("desk_bot", ANN, "unblocks")
    assert (await remote.chat("desk_bot", ANN))["blocked"] is False


async def test_a_press_and_its_answer(remote: Remote, world: World, bot: Bot, tg: Client) -> None:
    markup = {"inline_keyboard": [[{"text": "Take", "callback_data": "take"}]]}
    world.chat(bot, ANN).post(bot.as_user(), {"text": "card", "reply_markup": markup})
    press = await remote.act("desk_bot", ANN, "presses", message_id=1, data="take")
    assert await remote.callback_answer(press) is None
    await tg.answer_callback_query(press, "taken")
    assert await remote.callback_answer(press) == {"text": "taken", "show_alert": False}


async def test_faults_from_outside(remote: Remote, world: World) -> None:
    faults = await remote.fault("too_many", times=3, method="sendMessage", retry_after=9)
    assert faults["rules"][0]["retry_after"] == 9
    faults = await remote.switch(per_chat=1.0, webhook_duplicate=True)
    assert (world.faults.per_chat, world.faults.webhook_duplicate) == (1.0, True)
    assert (await remote.clear_faults())["rules"] == []
    assert world.faults.per_chat is None
    for wrong in (remote.fault("explode"), remote.fault("hang", often=True), remote.switch(rules=1)):
        with pytest.raises(ValueError, match="400"):
            await wrong


async def test_the_log_can_be_narrowed(remote: Remote, tg: Client, clock: Clock) -> None:
    await tg.get_me()
    await tg.get_webhook_info()
    (entry,) = await remote.log(method="getMe")
    assert entry == {
        "at": clock.at.isoformat(),
        "bot": "desk_bot",
        "method": "getMe",
        "summary": "",
        "status": 200,
    }
    assert len(await remote.log(bot="desk_bot")) == 2


async def test_what_cannot_be_done_is_said(remote: Remote) -> None:
    with pytest.raises(Impossible, match="no such button"):
        await remote.act("desk_bot", ANN, "presses", message_id=1, data="x")
    for wrong, status in (
        (remote.act("desk_bot", 999, "sends", text="x"), "404"),
        (remote.act("no_bot", ANN, "sends", text="x"), "404"),
        (remote.act("desk_bot", ANN, "dances"), "404"),
        (remote.act("desk_bot", ANN, "sends", words="x"), "400"),
        (remote.act("desk_bot", ANN, "sends", photo="not base64"), "400"),
    ):
        with pytest.raises(ValueError, match=status):
            await wrong


async def test_a_port_that_is_taken_is_an_error_at_once(world: World) -> None:
    first = await start(world)
    with pytest.raises(OSError, match="address already in use"):
        await start(world, port=int(first.url.rpartition(":")[2]))
    await first.close()

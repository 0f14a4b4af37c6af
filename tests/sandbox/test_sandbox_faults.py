"""What the stand-in does wrong when it is told to."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from aiogram import Bot as Client
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from sandbox_cast import ANN, BOB, Clock, Until

from sandbox.chat import Chat
from sandbox.faults import Fault
from sandbox.model import Bot
from sandbox.world import World


@pytest.fixture(autouse=True)
def chat(world: World, bot: Bot) -> Chat:
    for person in (ANN, BOB):
        world.chat(bot, person).started = True
    return world.chat(bot, ANN)


async def outcome(call: Awaitable[Any]) -> str:
    try:
        await call
    except Exception as error:
        return type(error).__name__
    return "sent"


async def test_too_many_says_how_long_and_only_so_often(world: World, tg: Client, chat: Chat) -> None:
    world.faults.add(Fault("too_many", times=2, retry_after=7))
    for _ in range(2):
        with pytest.raises(TelegramRetryAfter) as refused:
            await tg.send_message(ANN, "hello")
        assert refused.value.retry_after == 7
    await tg.send_message(ANN, "hello")
    assert len(chat.messages) == 1


async def test_server_errors_and_errors_of_choice_have_no_effect(
    world: World, tg: Client, chat: Chat
) -> None:
    world.faults.add(Fault("server_error", times=1))
    with pytest.raises(TelegramServerError, match="Internal Server Error"):
        await tg.send_message(ANN, "hello")
    world.faults.add(Fault("server_error", times=1, code=502))
    with pytest.raises(TelegramServerError, match="Bad Gateway"):
        await tg.send_message(ANN, "hello")
    world.faults.add(Fault("error", times=1, code=403, description="Forbidden: user is deactivated"))
    with pytest.raises(TelegramForbiddenError, match="user is deactivated"):
        await tg.send_message(ANN, "hello")
    world.faults.add(Fault("error", times=1, description="Bad Request: TOPIC_CLOSED"))
    with pytest.raises(TelegramBadRequest, match="TOPIC_CLOSED"):
        await tg.send_message(ANN, "hello")
    assert not chat.messages


@pytest.mark.parametrize(
    ("rule", "met"),
    [
        (Fault("server_error", method="sendmessage"), True),
        (Fault("server_error", method="sendPhoto"), False),
        (Fault("server_error", chat_id=ANN), True),
        (Fault("server_error", chat_id=BOB), False),
        (Fault("server_error", bot="desk_bot"), True),
        (Fault("server_error", bot="shop_bot"), False),
    ],
)
async def test_rules_meet_only_what_they_name(world: World, tg: Client, rule: Fault, met: bool) -> None:
    world.faults.add(rule)
    assert await outcome(tg.send_message(ANN, "hello")) == ("TelegramServerError" if met else "sent")


async def test_the_answer_may_be_lost_after_the_effect(world: World, tg: Client, chat: Chat) -> None:
    world.faults.add(Fault("drop_after_effect", times=1, method="sendMessage"))
    with pytest.raises(TelegramNetworkError):
        await tg.send_message(ANN, "hello")
    assert [message["text"] for message in chat.messages.values()] == ["hello"]
    assert (world.log[-1].method, world.log[-1].status) == ("sendMessage", 0)


async def test_a_hanging_call_has_no_effect_and_no_answer(world: World, tg: Client, chat: Chat) -> None:
    world.faults.add(Fault("hang", times=1))
    with pytest.raises(TelegramNetworkError):
        await tg.send_message(ANN, "hello", request_timeout=1)
    assert not chat.messages
    await tg.send_message(ANN, "hello")


async def test_a_slow_answer_comes_after_the_effect(
    world: World, tg: Client, chat: Chat, until: Until
) -> None:
    world.faults.add(Fault("slow", times=1, seconds=30))
    slow = asyncio.create_task(tg.send_message(ANN, "slow"))
    await until(lambda: chat.messages)
    quick = await tg.send_message(ANN, "quick")
    assert quick.message_id == 2
    assert not slow.done()
    slow.cancel()


async def test_a_message_to_a_deleted_topic_may_land_in_the_main_chat(
    world: World, tg: Client, chat: Chat
) -> None:
    topic = await tg.create_forum_topic(ANN, "Lead 7")
    await tg.delete_forum_topic(ANN, topic.message_thread_id)
    world.faults.add(Fault("lost_topic"))
    sent = await tg.send_message(ANN, "hello", message_thread_id=topic.message_thread_id)
    assert sent.message_thread_id is None


async def test_real_buckets_per_chat(world: World, tg: Client, clock: Clock) -> None:
    world.faults.per_chat = 0.5
    for _ in range(5):
        await tg.send_message(ANN, "burst")
    with pytest.raises(TelegramRetryAfter) as refused:
        await tg.send_message(ANN, "one too many")
    assert refused.value.retry_after == 3
    await tg.send_message(BOB, "another chat")
    await tg.send_chat_action(ANN, "typing")
    clock.advance(seconds=3)
    await tg.send_message(ANN, "again")
    world.faults.clear()
    await tg.send_message(ANN, "no limit")


async def test_the_log_tells_method_chat_words_and_status(world: World, tg: Client, clock: Clock) -> None:
    await tg.send_message(ANN, "hello")
    await tg.get_updates()
    assert await outcome(tg.send_message(999, "nobody")) == "TelegramBadRequest"
    entries = [(entry.at, entry.bot, entry.method, entry.summary, entry.status) for entry in world.log]
    assert entries == [
        (clock.at, "desk_bot", "sendMessage", "chat 501 · hello", 200),
        (clock.at, "desk_bot", "sendMessage", "chat 999 · nobody · Bad Request: chat not found", 400),
    ]

"""How updates reach a bot: the long poll and the webhook."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiogram import Bot as Client
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError
from aiohttp import web
from sandbox_cast import ANN, BOB, Clock, Until

from sandbox.model import Bot, Json
from sandbox.world import World


@dataclass
class Hook:
    """A bot's own server: the bodies it got, and what it answers (200 when nothing else is planned)."""

    url: str = ""
    got: list[Json] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    plan: list[int] = field(default_factory=list)
    refuse_chat: int = 0

    async def take(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.got.append(update)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        if self.refuse_chat and update["message"]["chat"]["id"] == self.refuse_chat:
            return web.Response(status=500)
        return web.Response(status=self.plan.pop(0) if self.plan else 200)

    @property
    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.got]


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


@pytest.fixture(autouse=True)
def plain(bot: Bot) -> None:
    bot.topics = False


def say(world: World, bot: Bot, *texts: str, person: int = ANN) -> None:
    for text in texts:
        world.user_sends(bot, person, text=text)


async def test_updates_stay_until_confirmed_by_offset(world: World, bot: Bot, tg: Client) -> None:
    say(world, bot, "a", "b", "c")
    assert [update.update_id for update in await tg.get_updates(limit=2)] == [1, 2]
    assert [update.update_id for update in await tg.get_updates(offset=2)] == [2, 3]
    assert [update.update_id for update in await tg.get_updates(offset=-1)] == [3]
    assert await tg.get_updates(offset=4) == []


async def test_a_long_poll_ends_with_the_first_update(
    world: World, bot: Bot, tg: Client, until: Until
) -> None:
    poll = asyncio.create_task(tg.get_updates(timeout=30))
    await _waiting(bot)
    say(world, bot, "at last")
    (update,) = await poll
    assert update.message is not None
    assert update.message.text == "at last"


async def _waiting(bot: Bot) -> None:
    """Until a long poll is parked at the stand-in."""
    async with asyncio.timeout(10):
        while bot.updates.waiting is False:
            await asyncio.sleep(0)


async def test_a_newer_poll_ends_the_older_one(world: World, bot: Bot, tg: Client) -> None:
    older = asyncio.create_task(tg.get_updates(timeout=30))
    await _waiting(bot)
    say_later = asyncio.create_task(tg.get_updates(timeout=30))
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await older
    await _waiting(bot)
    say(world, bot, "hello")
    assert len(await say_later) == 1


async def test_a_short_poll_ends_by_itself(tg: Client) -> None:
    assert await tg.get_updates(timeout=1) == []


async def test_only_allowed_kinds_are_kept(world: World, bot: Bot, tg: Client) -> None:
    await tg.get_updates(allowed_updates=["edited_message"])
    say(world, bot, "a")
    world.user_edits(bot, ANN, 1, text="b")
    assert [update.event_type for update in await tg.get_updates()] == ["edited_message"]
    await tg.get_updates(offset=2, allowed_updates=[])
    say(world, bot, "c")
    assert [update.event_type for update in await tg.get_updates()] == ["message"]


async def test_the_webhook_gets_everything_in_order_with_its_secret(
    world: World, bot: Bot, tg: Client, hook: Hook, until: Until
) -> None:
    say(world, bot, "a", "b")
    await tg.set_webhook(hook.url, secret_token="s3cret")
    await until(lambda: not bot.updates.pending)
    say(world, bot, "c")
    await until(lambda: not bot.updates.pending)
    assert hook.texts == ["a", "b", "c"]
    assert set(hook.secrets) == {"s3cret"}


async def test_a_delivery_is_repeated_until_2xx_and_the_failure_is_shown(
    world: World, bot: Bot, tg: Client, hook: Hook, until: Until, clock: Clock
) -> None:
    hook.plan = [500, 302, 204]
    await tg.set_webhook(hook.url)
    say(world, bot, "a", "b")
    await until(lambda: not bot.updates.pending)
    assert hook.texts == ["a", "a", "a", "b"]
    info = await tg.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 302 Found"
    assert info.last_error_date == clock.at


async def test_one_failing_chat_does_not_hold_up_another(
    world: World, bot: Bot, tg: Client, hook: Hook, until: Until
) -> None:
    hook.refuse_chat = ANN
    await tg.set_webhook(hook.url)
    say(world, bot, "from ann")
    say(world, bot, "from bob", "again", person=BOB)
    await until(lambda: len(bot.updates.pending) == 1)
    assert (await tg.get_webhook_info()).pending_update_count == 1
    hook.refuse_chat = 0
    await until(lambda: not bot.updates.pending)
    assert [text for text in hook.texts if text != "from ann"] == ["from bob", "again"]


async def test_nobody_home_is_an_error_too(world: World, bot: Bot, tg: Client, until: Until) -> None:
    await tg.set_webhook("http://127.0.0.1:9/hook")
    say(world, bot, "a")
    await until(lambda: bot.webhook and bot.webhook.last_error_message)
    assert (await tg.get_webhook_info()).last_error_message == "Connection failed: ClientConnectorError"


async def test_webhook_and_poll_exclude_each_other(world: World, bot: Bot, tg: Client, hook: Hook) -> None:
    poll = asyncio.create_task(tg.get_updates(timeout=30))
    await _waiting(bot)
    hook.plan = [503] * 99
    await tg.set_webhook(hook.url)
    with pytest.raises(TelegramConflictError, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(TelegramConflictError, match="can't use getUpdates method while webhook is active"):
        await tg.get_updates()
    say(world, bot, "kept")
    await tg.delete_webhook()
    assert len(await tg.get_updates()) == 1
    await tg.set_webhook(hook.url, drop_pending_updates=True)
    await tg.set_webhook("")
    assert await tg.get_updates() == []
    assert (await tg.get_webhook_info()).url == ""


@pytest.mark.parametrize(
    ("address", "secret", "why"),
    [
        ("ftp://x.example", None, "invalid webhook URL specified"),
        ("https://x.example", "no spaces", "secret token contains unallowed characters"),
    ],
)
async def test_bad_webhooks_are_refused(tg: Client, address: str, secret: str | None, why: str) -> None:
    with pytest.raises(TelegramBadRequest, match=why):
        await tg.set_webhook(address, secret_token=secret)


async def test_duplicated_and_reordered_deliveries(
    world: World, bot: Bot, tg: Client, hook: Hook, until: Until
) -> None:
    world.faults.webhook_duplicate = True
    await tg.set_webhook(hook.url)
    say(world, bot, "a")
    await until(lambda: len(hook.got) == 2)
    world.faults.clear()
    world.faults.webhook_reorder = True
    say(world, bot, "b", "c")
    await until(lambda: len(hook.got) == 4)
    assert hook.texts == ["a", "a", "c", "b"]

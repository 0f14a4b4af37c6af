"""Bringing the managers' desk up. Importing this imports Telegram's library, which is slow: do it late.

Telegram may be away or refuse: customers are served meanwhile, every failure is said once, and tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from app.inbound import or_stopped
from app.killpoints import dies_after
from app.post import DeskPost
from app.queues import Queues
from app.runtime import Runtime
from app.sending import THE_BOT, lane_to_managers
from bot.calls import Fetch
from bot.hello import introduce, there
from bot.intake import register_webhook
from bot.notifier import Notifier, render
from bot.polling import poll
from bot.rates import rates
from bot.setup import Desk, build_dispatcher, first_owner_link, make_bot
from bot.turn import Templates
from bot.watching import Watch
from bot.worker import handle
from leads import people
from leads.changes import Rules
from leads.events import SendCode, SendError
from leads.model import Role
from scheduler.destinations import Destinations
from scheduler.runner import Loop
from texts import catalogue

log = logging.getLogger(__name__)

TRY_AGAIN = 1.0  # seconds
REFUSED_AGAIN = 10.0
LOOK_AGAIN = 30.0  # seconds between two looks at what the bot's chats can do


@dataclass(slots=True)
class Topics:
    """Whether the bot's private chats have topics; an owner may switch that at any time."""

    on: bool = False

    def __call__(self) -> bool:
        return self.on


async def keep_desk(
    runtime: Runtime,
    stop: asyncio.Event,
    beat: Callable[[], None],
    *,
    post: DeskPost,
    queues: Queues,
    fetch: Fetch,
    templates: Templates,
    rules: Rules,
    now: Callable[[], datetime],
) -> None:
    """Connect the desk, start its loops, and look again and again at what its bot can do."""
    topics = Topics()
    bot = make_bot(post.token, runtime.settings.telegram_api)
    runtime.on_close(bot.session.close)
    destinations = Destinations(lambda _: there(bot), partial(queues.wake, "managers_out"))
    runtime.on_close(destinations.close)
    runtime.metrics.destinations["managers_out"] = destinations.away
    budgets = rates(runtime.settings.send_budgets)
    lane = lane_to_managers(runtime.store, destinations, runtime.leases, budgets)
    notifier = Notifier(
        bot=bot,
        store=runtime.store,
        rules=rules,
        rates=budgets,
        fetch=fetch,
        topics=topics,
        clock=now,
        watch=partial(lane.answered, THE_BOT),
    )
    lane.forget = partial(_forget, notifier)
    desk = Desk(bot, runtime.store, rules, now, build_dispatcher(), templates=templates)
    if not await _introduced(runtime, desk, topics, stop, beat):
        return
    runtime.run(queues.desk_in(partial(handle, desk=desk)))
    show = dies_after(runtime.settings.test_kill, "after_show", partial(render, notifier))
    runtime.run(queues.managers_out(lane, show, budgets.close))
    updates = _updates(runtime, desk, post, partial(destinations.polled, THE_BOT))
    runtime.runner.start("desk_updates", runtime.leases.loop(f"poll:desk:{post.bot_id}", updates))
    while not stop.is_set():
        beat()
        await or_stopped(asyncio.sleep(LOOK_AGAIN), stop)
        with suppress(SendError):
            seen = await or_stopped(introduce(bot), stop)
            topics.on = seen.topics if seen else topics.on


def _forget(notifier: Notifier, _: int) -> None:
    """Another process sends now: it learns what may be spent, and gives topics their names."""
    notifier.rates.forget()
    notifier.names.clear()


def _updates(runtime: Runtime, desk: Desk, post: DeskPost, watch: Watch) -> Loop:
    """Ask for updates, or have them sent to our address."""

    async def updates(stop: asyncio.Event, beat: Callable[[], None]) -> None:
        settings = runtime.settings
        if not settings.public_url:
            api = settings.telegram_api
            await poll(runtime.http, api, post.token, post.cursor, post.accept, stop, beat, watch)
            return
        await register_webhook(desk.bot, f"{settings.public_url}/desk/{post.path}", post.header)
        while not stop.is_set():  # a loop that says nothing would count as hanging
            beat()
            await or_stopped(asyncio.sleep(LOOK_AGAIN), stop)

    return updates


async def _introduced(
    runtime: Runtime, desk: Desk, topics: Topics, stop: asyncio.Event, beat: Callable[[], None]
) -> bool:
    """Wait until Telegram knows our bot; False when stopped before."""
    texts = catalogue(runtime.settings.language)
    said = None
    while not stop.is_set():
        beat()
        try:
            me = await or_stopped(introduce(desk.bot), stop)
        except SendError as error:
            refused = error.code is SendCode.MISCONFIGURED
            if error.code is not said:
                said = error.code
                key = "run-desk-wrong-token" if refused else "run-desk-unreachable"
                log.warning("%s", texts.say(key, why=error.detail))
            await or_stopped(asyncio.sleep(REFUSED_AGAIN if refused else TRY_AGAIN), stop)
            continue
        if me is None:
            return False
        topics.on = me.topics
        log.info("%s", texts.say("run-desk-ready", username=me.username))
        await _own(runtime, desk)
        return True
    return False


async def _own(runtime: Runtime, desk: Desk) -> None:
    """The owner is whom the settings name, else whoever opens the printed link first."""
    texts = catalogue(runtime.settings.language)
    for telegram_id in runtime.settings.owner_id:
        if await runtime.store.manager_by_telegram(telegram_id) is None:
            name = texts.say("owner-name")
            await people.add(runtime.store, telegram_id, name, desk.now(), desk.rules, role=Role.OWNER)
    for one in await runtime.store.managers():
        if one.unreachable_since:
            log.warning("%s", texts.say("check-unreachable", name=one.name))
    link = await first_owner_link(desk.bot, runtime.store, desk.now())
    if link:
        log.warning("%s", texts.say("run-owner-link", link=link))

"""Bringing the managers' desk up. Importing this imports Telegram's library, which is slow: do it late.

Telegram may be away or refuse: customers are served meanwhile, every failure is said once, and tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from app.inbound import or_stopped
from app.outbound import Senders
from app.post import DeskPost
from app.queues import Queues
from app.runtime import Runtime
from bot.hello import hello
from bot.intake import register_webhook
from bot.polling import poll
from bot.setup import Desk, build_dispatcher, first_owner_link, make_bot, set_commands
from bot.worker import handle
from leads.changes import Rules
from leads.events import SendCode, SendError
from texts import catalogue

log = logging.getLogger(__name__)

TRY_AGAIN = 10.0  # seconds


async def start_desk(
    runtime: Runtime,
    *,
    post: DeskPost,
    queues: Queues,
    senders: Senders,
    rules: Rules,
    now: Callable[[], datetime],
) -> None:
    """Start the loop that connects the desk; returns at once."""

    async def connect(stop: asyncio.Event, beat: Callable[[], None]) -> None:
        desk = await _connected(runtime, post, rules, now, stop, beat)
        if desk is None:
            return
        _start_queues(runtime, desk, queues, senders)
        await _take_updates(runtime, desk, post, stop, beat)

    runtime.runner.start("desk", connect)


async def _connected(
    runtime: Runtime,
    post: DeskPost,
    rules: Rules,
    now: Callable[[], datetime],
    stop: asyncio.Event,
    beat: Callable[[], None],
) -> Desk | None:
    """The desk, once Telegram knows its bot; None when stopped before."""
    texts = catalogue(runtime.settings.language)
    bot = make_bot(post.token, runtime.settings.telegram_api)
    runtime.on_close(bot.session.close)
    said = None
    while not stop.is_set():
        beat()
        try:
            me = await hello(bot)
            await set_commands(bot)
        except SendError as error:
            if error.code is not said:
                said = error.code
                refused = error.code is SendCode.MISCONFIGURED
                key = "run-desk-wrong-token" if refused else "run-desk-unreachable"
                log.warning("%s", texts.say(key, why=error.detail))
            await or_stopped(asyncio.sleep(TRY_AGAIN), stop)
            continue
        log.info("%s", texts.say("run-desk-ready", username=me.username))
        if not runtime.settings.owner_id:
            link = await first_owner_link(bot, runtime.store, now())
            if link:
                log.warning("%s", texts.say("run-owner-link", link=link))
        return Desk(bot, runtime.store, rules, now, build_dispatcher())
    return None


def _start_queues(runtime: Runtime, desk: Desk, queues: Queues, senders: Senders) -> None:
    runtime.run(queues.desk_in(partial(handle, desk=desk)))


async def _take_updates(
    runtime: Runtime, desk: Desk, post: DeskPost, stop: asyncio.Event, beat: Callable[[], None]
) -> None:
    """By webhook when the internet reaches us, else by polling."""
    if runtime.settings.public_url:
        await register_webhook(desk.bot, f"{runtime.settings.public_url}/desk/{post.path}", post.header)
        return
    await poll(runtime.http, runtime.settings.telegram_api, post.token, post.cursor, post.accept, stop)

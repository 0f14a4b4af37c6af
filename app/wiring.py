"""Joins the rooms: settings in, a `Runtime` out. Rooms that are slow to import are imported when needed."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import aiohttp

from app.asking import Asking
from app.files import Files, desk_source
from app.importing import imported
from app.inbound import accept
from app.killpoints import dies_after, dies_before, dies_of_poison
from app.limits import IntakeLimits
from app.logs import Redactor
from app.measuring import measure
from app.metrics import Metrics
from app.outbound import Senders
from app.post import DeskPost
from app.queues import Queues
from app.registering import Registering
from app.rules import rules_of
from app.runtime import Runtime
from app.sending import Lane, lane_to_customers
from app.settings import Settings
from app.singles import Leases, leases_of
from app.sources import Sources, secrets_of
from app.troubles import Troubles
from app.unsent import GivenUp
from app.web import Web, make_handler
from channels.kit.discover import channels as all_channels
from leads import reminders
from leads.changes import Rules
from scheduler.clock import Clock, real_now
from scheduler.destinations import AWAY_OR_WRONG, Destinations
from scheduler.drains import Drain
from scheduler.runner import Runner
from scheduler.ticks import Tick
from storage.lifecycle import open_store
from storage.store import Store

ROLES = frozenset({"web", "work", "desk", "clock"})
REMINDERS_EVERY = 0.5  # seconds
FORGET_EVERY = 3600.0
CLOCK = "clock"  # the lease of whoever ticks
PROFILES_EVERY = 1.0
REAP_EVERY = 3.0
UNSENT_EVERY = 30.0
WORDS_EVERY = 5.0
REMINDERS_AT_ONCE = 100


async def build(
    settings: Settings, *, roles: frozenset[str] = ROLES, clock: Clock, redact: Redactor
) -> Runtime:
    """Open the store and put a service together; nothing runs before `Runtime.start`."""
    channels = all_channels()
    secret = settings.secret.get_secret_value() if settings.secret else None
    store = await open_store(
        settings.database_url,
        state=settings.state_folder,
        secret=secret,
        now=clock.now,
        lease_now=real_now,
        wakes=True,
    )
    if store.sole:
        await store.release_all()  # whoever held these is gone
    http = aiohttp.ClientSession()
    metrics = Metrics()
    sources = Sources(store, channels, settings, redact, clock.now)
    rules = rules_of(settings)
    owner = _owner()
    leases = leases_of(store, owner)
    queues = Queues(store, metrics, rules, clock.now, owner, sources.channel_of)
    token = settings.desk_token.get_secret_value() if settings.desk_token else ""
    vendors = _vendors(settings, store, http, sources, queues, leases, clock)
    metrics.destinations["customers_out"] = vendors.destinations.away
    post = DeskPost(store, token)
    for known in (*secrets_of(settings), post.path, post.header):
        redact.learn(known)
    runtime = Runtime(
        settings=settings,
        roles=roles,
        store=store,
        http=http,
        channels=channels,
        sources=sources,
        metrics=metrics,
        now=clock.now,
        runner=Runner(),
        leases=leases,
        destinations=vendors.destinations,
        troubles=vendors.troubles,
        registering=Registering(http, vendors.troubles, settings.public_url),
        drains=_drains(settings, roles, queues, vendors),
        ticks=_ticks(settings, roles, store, clock, rules, leases, vendors.asking),
    )
    runtime.on_close(vendors.destinations.close)
    runtime.on_close(runtime.registering.close)
    runtime.answer = make_handler(_web(runtime, post if token else None))
    if token and "desk" in roles:
        given = {
            "post": post,
            "queues": queues,
            "fetch": vendors.files.incoming,
            "templates": vendors.asking.templates,
            "rules": rules,
            "now": clock.now,
        }
        runtime.start_desk = partial(_start_desk, runtime, given)
    return runtime


@dataclass(frozen=True, slots=True)
class _Vendors:
    """What speaks to the customers' vendors."""

    files: Files
    asking: Asking
    senders: Senders
    destinations: Destinations
    troubles: Troubles
    lane: Lane


def _vendors(
    settings: Settings,
    store: Store,
    http: aiohttp.ClientSession,
    sources: Sources,
    queues: Queues,
    leases: Leases,
    clock: Clock,
) -> _Vendors:
    channels, token = all_channels(), settings.desk_token
    telegram = channels["telegram"]
    desk = desk_source(telegram, token.get_secret_value(), settings.telegram_api) if token else None
    files = Files(http, channels, sources, store.files, desk, settings.public_url)
    senders = Senders(http, channels, sources, files, settings.send_budgets)
    back = partial(queues.wake, "customers_out")
    destinations = Destinations(senders.look, back, standstill=AWAY_OR_WRONG)
    sources.on_change.append(destinations.look_again)
    return _Vendors(
        files=files,
        asking=Asking(http, channels, sources, store, files, clock.now),
        senders=senders,
        destinations=destinations,
        troubles=Troubles(store, sources),
        lane=lane_to_customers(store, destinations, leases, senders.forget),
    )


def _owner() -> str:
    """What this process is called in leases: two containers may have the same name and the same number."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def _web(runtime: Runtime, post: DeskPost | None) -> Web:
    """The HTTP application's parts; the managers' webhook is one of them when the internet reaches us."""
    settings, store, metrics = runtime.settings, runtime.store, runtime.metrics
    hooked = post if settings.public_url else None
    return Web(
        channels=runtime.channels,
        sources=runtime.sources,
        accept=dies_after(settings.test_kill, "after_commit", partial(accept, store, metrics)),
        limits=IntakeLimits(settings.intake_rates),
        metrics=metrics,
        now=runtime.now,
        problems=runtime.problems,
        lent=store.files.lent,
        measure=partial(measure, store, metrics, runtime.now, settings.state_folder),
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else "",
        trusted_proxies=settings.trusted_proxies,
        desk_path=hooked.path if hooked else "",
        desk_hook=hooked.hook if hooked else None,
    )


def _start_desk(runtime: Runtime, given: Mapping[str, Any]) -> None:
    async def keep(stop: asyncio.Event, beat: Callable[[], None]) -> None:
        desk = await imported("app.desk")
        await desk.keep_desk(runtime, stop, beat, **given)

    runtime.runner.start("desk", keep)


def _drains(settings: Settings, roles: frozenset[str], queues: Queues, vendors: _Vendors) -> list[Drain[Any]]:
    if "work" not in roles:
        return []
    lane, senders = vendors.lane, vendors.senders
    send = dies_after(settings.test_kill, "after_send", partial(senders.send, lane.answered))
    send = partial(vendors.troubles.watched, send)
    first = dies_of_poison(settings.test_kill)
    take_in = dies_before(settings.test_kill, "before_done", queues.customers_in(first))
    return [take_in, queues.customers_out(lane, send, senders.ending)]


def _ticks(
    settings: Settings,
    roles: frozenset[str],
    store: Store,
    clock: Clock,
    rules: Rules,
    leases: Leases,
    asking: Asking,
) -> list[Tick]:
    if "clock" not in roles:
        return []
    only = partial(leases.only, CLOCK)

    async def fire() -> None:
        while await reminders.fire_due(store, clock.now(), rules, REMINDERS_AT_ONCE):
            pass

    async def forget() -> None:
        await store.purge(clock.now(), timedelta(days=settings.keep_days))

    async def give_words() -> None:
        while await store.give_words():
            pass

    return [
        Tick("reminders", REMINDERS_EVERY, only(fire)),
        Tick("profiles", PROFILES_EVERY, only(asking.meet)),
        Tick("reap", REAP_EVERY, only(store.reap)),
        Tick("unsent", UNSENT_EVERY, only(GivenUp(store, clock.now).tell)),
        Tick("forget", FORGET_EVERY, only(forget)),
        Tick("words", WORDS_EVERY, only(give_words)),
    ]

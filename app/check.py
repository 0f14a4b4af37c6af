"""What `frontdesk check` says: what is configured, what is missing, whether each source answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from app.commands.common import Console
from app.files import desk_source
from app.sources import Sources
from channels.kit.contract import Channel, Source
from channels.kit.discover import channels, offers
from leads.events import SendCode, SendError
from leads.model import Role
from scheduler.clock import real_now
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Line:
    verdict: str  # ok, bad or note
    text: str


async def report(console: Console, store: Store, *, repair: bool = False) -> list[Line]:
    """Every line of the report; one that is bad makes the whole unfit. `repair` mends registrations."""
    async with aiohttp.ClientSession() as http:
        lines = [Line("ok", console.texts.say("check-database", url=shown(console.settings.database_url)))]
        lines.append(await _desk(console, http))
        lines += [line async for line in _people(console, store)]
        lines += [line async for line in _sources(console, store, http, repair)]
        lines += await _left_over(console, store)
    return lines


def shown(url: str) -> str:
    """A database address without its user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


async def _desk(console: Console, http: aiohttp.ClientSession) -> Line:
    token = console.settings.desk_token
    if token is None:
        return Line("bad", console.texts.say("check-no-token"))
    telegram = channels()["telegram"]
    source = desk_source(telegram, token.get_secret_value(), console.settings.telegram_api)
    try:
        username = await telegram.probe(http, source)
    except SendError as error:
        refused = error.code is SendCode.MISCONFIGURED
        key = "check-desk-refused" if refused else "check-desk-away"
        return Line("bad", console.texts.say(key, why=error.detail))
    return Line("ok", console.texts.say("check-desk", username=username.removeprefix("@")))


async def _people(console: Console, store: Store) -> AsyncIterator[Line]:
    managers = await store.managers()
    if not console.settings.owner_id and not any(one.role is Role.OWNER for one in managers):
        yield Line("bad", console.texts.say("check-no-owner"))
    shift = sum(one.on_shift for one in managers)
    yield Line("note", console.texts.say("check-managers", count=len(managers), shift=shift))
    for one in managers:
        if one.unreachable_since:
            yield Line("bad", console.texts.say("check-unreachable", name=one.name))


async def _sources(
    console: Console, store: Store, http: aiohttp.ClientSession, repair: bool
) -> AsyncIterator[Line]:
    sources = Sources(store, channels(), console.settings, console.redact, real_now)
    await sources.refresh()
    if not sources.all():
        yield Line("note", console.texts.say("check-no-sources"))
    for source in sources.all():
        channel = channels()[source.channel]
        answers = await _answers(console, channel, source, http)
        yield answers
        if why := sources.trouble(source.id):
            yield Line("note", _of(console, "check-source-stopped", source, why=why))
        if answers.verdict == "ok":
            for line in await _pushed(console, channel, source, http, repair):
                yield line
        if not channel.signed(source):
            yield Line("note", _of(console, "check-source-unsigned", source))


async def _answers(console: Console, channel: Channel, source: Source, http: aiohttp.ClientSession) -> Line:
    if not offers(channel, "probe"):
        return Line("ok", _of(console, "check-source", source, who="none"))
    try:
        who = await channel.probe(http, source)
    except SendError as error:
        return Line("bad", _of(console, "check-source-bad", source, why=error.detail or error.code.value))
    return Line("ok", _of(console, "check-source", source, who=who))


async def _pushed(
    console: Console, channel: Channel, source: Source, http: aiohttp.ClientSession, repair: bool
) -> list[Line]:
    """Whether the vendor's news come here; nothing where nobody can ask that."""
    if not console.settings.public_url:
        alone = offers(channel, "registered") and not channel.can.polling
        return [Line("bad", _of(console, "check-source-unreachable", source))] if alone else []
    if not offers(channel, "registered"):
        return []
    url = f"{console.settings.public_url}/in/{source.channel}/{source.key}"
    try:
        why = await channel.registered(http, source, url)
        if why and repair and offers(channel, "register"):
            await channel.register(http, source, url)
            why = await channel.registered(http, source, url)
            if not why:
                return [Line("ok", _of(console, "check-webhook-mended", source))]
    except SendError as error:
        why = error.detail or error.code.value
    if not why:
        return [Line("ok", _of(console, "check-webhook", source))]
    key = "check-webhook-bad" if offers(channel, "register") else "check-webhook-by-hand"
    return [Line("bad", _of(console, key, source, why=why, url=url))]


async def _left_over(console: Console, store: Store) -> list[Line]:
    counts = await store.counts()
    parked = sum(depth.dead for queue, depth in counts.items() if queue.endswith("_in"))
    unsent = sum(depth.dead for queue, depth in counts.items() if queue.endswith("_out"))
    found = [("check-parked", parked), ("check-unsent", unsent)]
    return [Line("note", console.texts.say(key, count=count)) for key, count in found if count]


def _of(console: Console, key: str, source: Source, **args: object) -> str:
    shown_key = source.key if len(source.key) < 16 else f"{source.key[:6]}…"
    return console.texts.say(key, key=shown_key, channel=source.channel, **args)

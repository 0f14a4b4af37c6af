"""`frontdesk source`: the doors that are open."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from typing import Annotated, Any, TextIO

import typer
from pydantic import ValidationError

from app.commands.common import WRONG_USE, Console, command, opened
from app.sources import complaint, new_key, plain
from channels.kit.contract import Channel
from channels.kit.discover import ROOM, channels, offers
from scheduler.clock import real_now
from storage.errors import KeyTaken, UnknownSource

cli = typer.Typer(help="The doors that are open.", no_args_is_help=True)

Set = Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE, may come several times.")]


@cli.command()
def add(
    channel: str,
    key: Annotated[str, typer.Option(help="The path key; random when left out.")] = "",
    values: Set = None,
) -> None:
    """Open a source and print the address to paste at the vendor."""

    async def do(console: Console) -> None:
        name = key or new_key()
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
            raise console.no("source-bad-key", WRONG_USE)
        settings = _checked(console, _channel(console, channel), channel, _pairs(console, values or []))
        async with opened(console.settings) as store:
            try:
                await store.add_source(channel, name, settings)
            except KeyTaken:
                raise console.no("source-exists", key=name) from None
        _print_address(console, channel, name)
        _print_secrets(console, channel, settings)

    command(do)


@cli.command()
def about(channel: str) -> None:
    """What a channel needs, and the steps at its vendor."""

    async def do(console: Console) -> None:
        found = _channel(console, channel)
        _print_needed(console, channel, found, sys.stdout)
        print()
        print((ROOM / channel / "README.md").read_text("utf-8"))

    command(do)


@cli.command("list")
def list_() -> None:
    """Show the open sources."""

    async def do(console: Console) -> None:
        async with opened(console.settings) as store:
            rows = await store.sources()
        if not rows:
            console.say("source-none")
        for row in rows:
            print(f"{row.channel:12} {row.key:34} {address(console, row.channel, row.key)}")

    command(do)


@cli.command()
def rotate(
    key: str,
    values: Set = None,
    until: Annotated[str, typer.Option(help="How long the old secret is good; a day when left out.")] = "",
) -> None:
    """Give a source new secrets; the old ones stay good for a while."""

    async def do(console: Console) -> None:
        end = console.date(until) if until else real_now() + timedelta(days=1)
        async with opened(console.settings) as store:
            row = await store.source(key)
            if row is None:
                raise console.no("source-unknown", key=key)
            channel = _channel(console, row.channel)
            given = _pairs(console, values or [])
            kept = {name: value for name, value in row.settings.items() if name not in fresh(channel)}
            settings = _checked(console, channel, row.channel, kept | given)
            await store.rotate(key, settings, end)
        console.say("source-rotated", key=key, until=console.moment(end))

    command(do)


@cli.command()
def remove(key: str) -> None:
    """Close a source; what it brought stays."""

    async def do(console: Console) -> None:
        async with opened(console.settings) as store:
            try:
                await store.remove_source(key)
            except UnknownSource:
                raise console.no("source-unknown", key=key) from None
        console.say("source-removed", key=key)

    command(do)


def fresh(channel: Channel) -> set[str]:
    """The settings that the channel makes up by itself when they are left out: rotating renews these."""
    return {name for name, field in channel.settings.model_fields.items() if field.default_factory}


def address(console: Console, channel: str, key: str) -> str:
    base = console.settings.public_url or f"http://{console.settings.host}:{console.settings.port}"
    return f"{base}/in/{channel}/{key}"


def _print_address(console: Console, channel: str, key: str) -> None:
    if channels()[channel].can.polling and not console.settings.public_url:
        console.say("source-polled", key=key)
        return
    console.say("source-added", key=key)
    print(f"\n  {address(console, channel, key)}\n")
    if not console.settings.public_url:
        console.say("source-local")


def _print_secrets(console: Console, name: str, settings: dict[str, Any]) -> None:
    """What was made up here and is wanted at the vendor, unless we register there by ourselves."""
    channel = channels()[name]
    made = sorted(fresh(channel))
    if made and not channel.can.polling and not (console.settings.public_url and offers(channel, "register")):
        console.say("source-paste")
        for one in made:
            print(f"  {one} = {settings[one]}")


def _print_needed(console: Console, name: str, channel: Channel, to: TextIO) -> None:
    print(console.texts.say("source-settings", channel=name), file=to)
    for field, info in channel.settings.model_fields.items():
        must = console.texts.say("source-must" if info.is_required() else "source-may")
        print(f"  {field:20} {must}  {info.description or ''}".rstrip(), file=to)


def _channel(console: Console, name: str) -> Channel:
    found = channels().get(name)
    if found is None:
        raise console.no("source-no-channel", WRONG_USE, channel=name, channels=", ".join(channels()))
    return found


def _pairs(console: Console, values: list[str]) -> dict[str, Any]:
    pairs = {}
    for value in values:
        name, equals, content = value.partition("=")
        if not equals:
            raise console.no("source-bad-setting", WRONG_USE, problem=value)
        pairs[name] = content
    return pairs


def _checked(console: Console, channel: Channel, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The settings as the channel wants them; nothing else is stored."""
    desk = console.settings.desk_token
    if desk and desk.get_secret_value() in given.values():
        raise console.no("source-desk-token", WRONG_USE)
    fields = channel.settings.model_fields
    missing = [field for field, info in fields.items() if info.is_required() and field not in given]
    if missing or set(given) - set(fields):
        _print_needed(console, name, channel, sys.stderr)
        raise console.no("source-needs", WRONG_USE, channel=name, fields=", ".join(missing) or "none")
    try:
        return plain(channel.settings.model_validate(given))
    except ValidationError as error:
        raise console.no("source-bad-setting", WRONG_USE, problem=complaint(error)) from None

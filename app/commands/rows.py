"""`frontdesk parked`, `outbox` and `journal`: what did not go through, and the receipts."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from app.commands.common import DONE, NO, WRONG_USE, Console, Id, command, opened
from leads.changes import ToManager
from scheduler.clock import real_now
from storage.rows import Parked, Unsent

parked = typer.Typer(help="Events that wait for a person.", no_args_is_help=True)
outbox = typer.Typer(help="Messages that were given up.", no_args_is_help=True)

SomeId = Annotated[int | None, typer.Argument(min=1, max=2**63 - 1)]
Everything = Annotated[bool, typer.Option("--all", help="Every one of them.")]
MAX_ROWS = 200
RECEIPT = {"received": ("received", "stored"), "replied": ("answered",)}  # nothing is received unless stored


@parked.command("list")
def parked_list() -> None:
    """Show the parked events and why."""

    async def do(console: Console) -> None:
        async with opened(console.settings) as store:
            rows = await store.parked(MAX_ROWS)
        if not rows:
            console.say("parked-none")
        for row in rows:
            print(f"{row.id:<8} {console.moment(row.stored_at)}  {row.source_key:20} {row.reason}")

    command(do)


@parked.command("show")
def parked_show(event_id: Id) -> None:
    """Show one parked event whole."""

    async def do(console: Console) -> None:
        async with opened(console.settings) as store:
            row = await store.parked_one(event_id)
        if row is None:
            raise console.no("parked-unknown", id=event_id)
        print(f"{row.id}  {console.moment(row.stored_at)}  {row.source_key}\n{row.reason}\n")
        if row.raw is not None:
            print(row.raw.decode("utf-8", "replace"))
        else:
            print(json.dumps(_plain(row), ensure_ascii=False, indent=2, default=str))

    command(do)


@parked.command("replay")
def parked_replay(event_id: SomeId = None, everything: Everything = False) -> None:
    """Try parked events again."""

    async def do(console: Console) -> None:
        from app.replay import replay

        if event_id is None and not everything:
            raise console.no("give-id-or-all", WRONG_USE)
        async with opened(console.settings) as store:
            result = await replay(store, console.settings, event_id)
        if event_id is not None and result.unknown:
            raise console.no("parked-unknown", id=event_id)
        for unread, why in result.unread:
            console.say("parked-still", id=unread, why=why)
        console.say("parked-replayed", count=result.replayed)

    command(do)


@outbox.command("list")
def outbox_list() -> None:
    """Show the messages that were given up and why."""

    async def do(console: Console) -> None:
        async with opened(console.settings) as store:
            rows = await store.outbox_dead(MAX_ROWS)
        if not rows:
            console.say("outbox-none")
        for row in rows:
            print(f"{row.id:<8} {console.moment(row.stored_at)}  {_whom(row):12} {row.reason}")

    command(do)


@outbox.command("retry")
def outbox_retry(row_id: SomeId = None, everything: Everything = False) -> None:
    """Send given-up messages again."""

    async def do(console: Console) -> None:
        if row_id is None and not everything:
            raise console.no("give-id-or-all", WRONG_USE)
        async with opened(console.settings) as store:
            count = await store.retry_all() if row_id is None else int(await store.retry(row_id))
        if row_id is not None and not count:
            raise console.no("outbox-unknown", id=row_id)
        console.say("outbox-retried", count=count)

    command(do)


def journal(lead: Id) -> None:
    """Print the receipt of one lead: received → stored → routed (why) → shown → answered."""

    async def do(console: Console) -> None:
        async with opened(console.settings) as store:
            entries = await store.journal(lead)
        if not entries:
            raise console.no("lead-unknown", id=lead)
        for entry in entries:
            for word in RECEIPT.get(entry.kind, (entry.kind,)):
                data = "  ".join(f"{name}={value}" for name, value in entry.data.items())
                print(f"{console.moment(entry.at)}  {word:12} {data}")

    command(do)


def verify() -> None:
    """Check the promises over the whole database."""

    async def do(console: Console) -> int:
        async with opened(console.settings) as store:
            found = await store.watching.promises(real_now())
        broken = {name: ids for name, ids in found.items() if ids}
        for name, ids in broken.items():
            console.say_broken(name, ids)
        console.say("verify-no" if broken else "verify-yes")
        return NO if broken else DONE

    command(do)


def _plain(row: Parked) -> object:
    return dict(row.update or {}) if row.event is None else dataclasses.asdict(row.event)


def _whom(row: Unsent) -> str:
    return "manager" if isinstance(row.body, ToManager) else "customer"

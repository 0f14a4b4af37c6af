"""`frontdesk manager`: who works the desk."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.common import Console, Id, command, opened
from app.rules import rules_of
from leads import people
from leads.model import Role
from scheduler.clock import real_now

cli = typer.Typer(help="Who works the desk.", no_args_is_help=True)


@cli.command()
def add(
    telegram_id: Id,
    name: Annotated[str, typer.Option(help="How colleagues see them.")],
    role: Role = Role.MANAGER,
    team: str = "",
) -> None:
    """Add a person by their Telegram user id."""

    async def do(console: Console) -> None:
        async with opened(console.settings) as store:
            if await store.manager_by_telegram(telegram_id):
                raise console.no("manager-exists", id=telegram_id)
            rules = rules_of(console.settings)
            await people.add(store, telegram_id, name, real_now(), rules, role=role, team=team)
        console.say("manager-added", name=name, role=role.value)

    command(do)


@cli.command("list")
def list_() -> None:
    """Show who works the desk."""

    async def do(console: Console) -> None:
        async with opened(console.settings) as store:
            managers = await store.managers()
        if not managers:
            console.say("manager-none")
        for manager in managers:
            state = "unreachable" if manager.unreachable_since else "on" if manager.on_shift else "off"
            words = console.texts.say(f"manager-list-{state}")
            print(
                f"{manager.telegram_id:<14} {manager.role.value:8} {words:20} {manager.name}  {manager.team}"
            )

    command(do)


@cli.command()
def remove(telegram_id: Id) -> None:
    """Remove a person; their open leads wait for somebody else."""

    async def do(console: Console) -> None:
        async with opened(console.settings) as store:
            if not await people.remove(store, telegram_id, real_now(), rules_of(console.settings)):
                raise console.no("manager-unknown", id=telegram_id)
        console.say("manager-removed", id=telegram_id)

    command(do)

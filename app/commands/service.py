"""`frontdesk run`, `demo`, `check`, `migrate` and `secret`."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from app.commands.common import NO, WRONG_USE, Console, command, opened, stopping
from scheduler.clock import Clock
from storage.lifecycle import service_lock

log = logging.getLogger("frontdesk")


def run(
    roles: Annotated[
        str, typer.Option(help="web, work, desk and clock, with commas between them.")
    ] = "web,work,desk,clock",
) -> None:
    """The service; all roles unless told."""

    async def do(console: Console) -> int:
        from app.wiring import ROLES

        wanted = frozenset(part.strip() for part in roles.split(",") if part.strip())
        if not wanted or wanted - ROLES:
            raise console.no("run-roles", WRONG_USE, roles=", ".join(sorted(wanted - ROLES)) or "–")
        if "desk" in wanted and not console.settings.desk_token:
            raise console.no("run-no-token")
        return await serve(console, wanted)

    command(do)


async def serve(console: Console, roles: frozenset[str]) -> int:
    """Run until SIGINT or SIGTERM."""
    from app.wiring import build

    settings = console.settings
    stop = stopping()
    with service_lock(settings.database_url):
        runtime = await build(settings, roles=roles, clock=Clock(), redact=console.redact)
        try:
            try:
                await runtime.start()
            except OSError as error:
                host, port, why = settings.host, settings.port, error.strerror or str(error)
                raise console.no("run-cannot-listen", host=host, port=str(port), why=why) from None
            if runtime.url:
                log.info("%s", console.texts.say("run-listening", url=runtime.url))
            await stop.wait()
        finally:
            await runtime.close()
    log.info("%s", console.texts.say("run-bye"))
    return 0


def demo(port: Annotated[int, typer.Option(help="Where the playground listens.")] = 8080) -> None:
    """The service with a sandbox instead of Telegram, and a sample morning. Needs no token."""
    from app.demo import demo_settings, play

    async def do(console: Console) -> int:
        return await play(console, port)

    command(do, demo_settings())


def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Tell vendors our address where they push elsewhere.")
    ] = False,
) -> None:
    """Say what is configured, what is missing, and whether each source answers."""

    async def do(console: Console) -> int:
        from app.check import report

        async with opened(console.settings) as store:
            lines = await report(console, store, repair=repair)
        for line in lines:
            console.say(f"check-{line.verdict}", what=line.text)
        fit = all(line.verdict != "bad" for line in lines)
        console.say("check-fit" if fit else "check-unfit")
        return 0 if fit else NO

    command(do)


def migrate() -> None:
    """Bring the database up to date."""

    async def do(console: Console) -> None:
        async with opened(console.settings):
            pass

    command(do)


def secret() -> None:
    """Print a new FRONTDESK_SECRET."""
    from cryptography.fernet import Fernet

    print(Fernet.generate_key().decode())

"""`frontdesk copy`: everything to another database, for moving from SQLite to PostgreSQL."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from typing import Annotated, Any

import typer

from app.commands.common import DONE, WRONG_USE, Answer, Console, command
from app.settings import Settings
from scheduler.clock import real_now
from storage.errors import AlreadyRunning, CopyDiffers, NotEmpty


def copy(
    to: Annotated[str, typer.Option(help="The address of the other database, which must be empty.")],
) -> None:
    """Copy everything to another database, and verify it."""

    async def do(console: Console) -> int:
        from app.check import shown
        from storage import copying

        here = console.settings
        if to == here.database_url:
            raise console.no("copy-itself", WRONG_USE)
        try:
            with Bars() as bars:
                rows = await copying.copy(here.database_url, to, bars.show)
        except (AlreadyRunning, NotEmpty, CopyDiffers) as error:
            raise _refusal(console, error, shown(to)) from None
        except asyncio.CancelledError:  # Ctrl+C
            raise console.no("copy-cut", url=shown(to)) from None
        console.say("copy-done", rows=sum(rows.values()), tables=len(rows), url=shown(to))
        broken = await copying.broken(to, real_now())
        for name, ids in broken.items():
            console.say_broken(name, ids)
        console.say("copy-broken" if broken else "verify-yes")
        console.say("copy-next", url=shown(to))
        _say_what_is_left(console, here.model_copy(update={"database_url": to}))
        return DONE

    command(do)


class Bars:
    """A bar for each table where somebody looks on, else a line."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._table = ""
        self._bar: Any = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def show(self, table: str, done: int, total: int) -> None:
        if table != self._table:
            self._open.close()
            self._table = table
            label = f"{table:14} {total:9}"
            self._bar = self._open.enter_context(
                typer.progressbar(length=total, label=label, file=sys.stderr)
            )
        self._bar.update(done - self._bar.pos)


def _refusal(console: Console, error: Exception, url: str) -> Answer:
    if isinstance(error, AlreadyRunning):
        return console.no("copy-running")
    key = "copy-not-empty" if isinstance(error, NotEmpty) else "copy-differs"
    return console.no(key, url=url, table=str(error))


def _say_what_is_left(console: Console, there: Settings) -> None:
    """The database is not all: its key and the files lie beside it."""
    here = console.settings
    if here.secret:
        console.say("copy-secret-stays")
    else:
        console.say("copy-secret-file", file=here.state_folder / "key")
    if there.state_folder.resolve() == here.state_folder.resolve():
        console.say("copy-files-stay", folder=here.state_folder / "blobs")
    else:
        console.say("copy-files", folder=here.state_folder / "blobs", new=there.state_folder / "blobs")
    console.say("copy-then")

"""What every command does: settings, logs, the store, words, exit codes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from app.logs import Redactor, set_up_logs
from app.settings import Settings, SettingsError, load_settings
from leads.errors import StoreUnavailable
from scheduler.clock import real_now
from storage.errors import AlreadyRunning, StorageError
from storage.lifecycle import open_store
from storage.store import Store
from texts import Texts, catalogue

T = TypeVar("T")

DONE, NO, WRONG_USE = 0, 1, 2
Id = Annotated[int, typer.Argument(min=1, max=2**63 - 1)]  # what the databases can count to


class Answer(Exception):
    """Ends a command with a sentence and an exit code."""

    def __init__(self, text: str, code: int = NO) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Console:
    """One command's surroundings."""

    settings: Settings
    texts: Texts
    redact: Redactor

    def say(self, key: str, /, **args: object) -> None:
        print(self.texts.say(key, **args))

    def say_broken(self, promise: str, ids: Iterable[int]) -> None:
        what = self.texts.say(f"verify-{promise}")
        self.say("verify-broken", what=what, ids=", ".join(map(str, ids)))

    def no(self, key: str, code: int = NO, /, **args: object) -> Answer:
        return Answer(self.texts.say(key, **args), code)

    def moment(self, at: datetime) -> str:
        return at.astimezone(ZoneInfo(self.settings.timezone)).strftime("%Y-%m-%d %H:%M:%S")

    def date(self, value: str) -> datetime:
        """A date or time in the company's zone, as aware UTC."""
        try:
            given = datetime.fromisoformat(value)
        except ValueError:
            raise self.no("bad-date", WRONG_USE, value=value) from None
        zone = given.tzinfo or ZoneInfo(self.settings.timezone)
        return given.replace(tzinfo=zone).astimezone(UTC)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The store, migrated."""
    secret = settings.secret.get_secret_value() if settings.secret else None
    store = await open_store(
        settings.database_url, state=settings.state_folder, secret=secret, now=real_now, lease_now=real_now
    )
    try:
        yield store
    finally:
        await store.close()


def command(do: Callable[[Console], Awaitable[int | None]], settings: Settings | None = None) -> None:
    """Run one command to its exit code; what went wrong is one sentence, never a traceback."""
    try:
        console = console_for(settings or load_settings())
        code = asyncio.run(_awaited(do(console)))
    except Answer as answer:
        print(answer, file=sys.stderr)
        code = answer.code
    except AlreadyRunning:
        print(console.texts.say("already-running"), file=sys.stderr)
        code = NO
    except (SettingsError, StorageError) as error:
        print(error, file=sys.stderr)
        code = NO
    except StoreUnavailable as error:
        print(console.texts.say("store-away", why=str(error)), file=sys.stderr)
        code = NO
    raise typer.Exit(code or DONE)


def console_for(settings: Settings) -> Console:
    redact = set_up_logs()
    for secret in (settings.desk_token, settings.secret, settings.metrics_token):
        if secret:
            redact.learn(secret.get_secret_value())
    return Console(settings, catalogue(settings.language), redact)


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


def stopping() -> asyncio.Event:
    """Set at SIGINT or SIGTERM; from now on these end the service in order."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop

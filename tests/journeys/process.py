"""The service as an operator has it: a process of its own, that is killed, stopped and started again.

People and Telegram live in the test's process, so they stay while the service is away.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from databases import SECRET
from journeys import promises
from journeys.company import DESK_TOKEN, IRINA, OWNER, SHOP_TOKEN, TOMAS, make_world, said

from sandbox import server
from sandbox.model import Bot, Json
from sandbox.world import World
from scheduler.clock import Clock

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
UNFINISHED = "SELECT id FROM {table} WHERE state IN ('ready', 'leased')"
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Service:
    """`frontdesk run` and the short commands, all in one folder with one environment."""

    folder: Path
    environment: dict[str, str]
    roles: str = "web,work,desk,clock"
    url: str = ""
    log: list[Line] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None
    _reading: asyncio.Task[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def launch(self, **more: str) -> None:
        """Start without waiting; `more` are further variables of the environment."""
        self.process = await self._exec(
            "run", "--roles", self.roles, stderr=asyncio.subprocess.PIPE, more=more
        )
        self._reading = asyncio.create_task(self._read())

    async def start(self, **more: str) -> None:
        """Returns when the service is ready."""
        begin = len(self.log)
        await self.launch(**more)
        if "web" in self.roles:
            line = await self.says("Listening on", begin)
            self.url = str(line["message"]).rpartition(" ")[2]
            await self.ready()
        else:
            await self.says("managers' desk is", begin)

    async def ready(self) -> None:
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/health/ready") as answer:
            assert answer.status == 200, await answer.text()

    async def says(self, words: str, begin: int = 0) -> Line:
        """The first line of the log, from that one on, that holds the words."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self._news.clear()
                for line in self.log[begin:]:
                    if words in line["message"]:
                        return line
                assert self._reading, "the service is not running"
                assert not self._reading.done(), f"it ended without saying {words!r}: {self.log[begin:]}"
                await self._news.wait()

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    async def ended(self) -> int:
        assert self.process
        assert self._reading
        async with asyncio.timeout(PATIENCE):
            code = await self.process.wait()
            await self._reading
        self.process = None
        return code

    async def command(self, *words: str) -> Done:
        """A short command, beside the running service or without it."""
        process = await self._exec(*words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        async with asyncio.timeout(PATIENCE):
            out, err = await process.communicate()
        return Done(process.returncode or 0, out.decode(), err.decode())

    async def does(self, *words: str) -> str:
        """A command that must succeed; what it printed."""
        done = await self.command(*words)
        assert done.code == 0, f"{words}: {done}"
        return done.out

    def errors(self) -> list[Line]:
        return [line for line in self.log if line["level"] == "error" or "traceback" in line]

    async def _exec(
        self,
        *words: str,
        stdout: int = asyncio.subprocess.DEVNULL,
        stderr: int,
        more: dict[str, str] | None = None,
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "app", *words),
            cwd=self.folder,
            env=self.environment | (more or {}),
            stdout=stdout,
            stderr=stderr,
            limit=2**20,
        )

    async def _read(self) -> None:
        assert self.process
        assert self.process.stderr
        async for line in self.process.stderr:
            try:
                self.log.append(json.loads(line))
            except ValueError:
                self.log.append({"level": "plain", "message": line.decode().rstrip()})
            self._news.set()
        self._news.set()


@dataclass
class Town:
    """The people around one service."""

    world: World
    desk: Bot
    shop: Bot
    service: Service
    http: aiohttp.ClientSession
    database_url: str
    services: list[Service] = field(default_factory=list)
    """all that were started; the first of them is `service`"""
    _turns: Iterator[int] = field(default_factory=count)

    def another(self, roles: str) -> Service:
        """One more, on the same database."""
        made = Service(self.service.folder, self.service.environment, roles)
        self.services.append(made)
        return made

    async def post(self, text: str, key: str = "form", **fields: str) -> int:
        """A form; `text` is also its idempotency key. Raises `aiohttp.ClientError` when the service dies."""
        address = f"{self._door()}/in/web_form/{key}"
        headers = {"Idempotency-Key": text}
        async with self.http.post(address, json={"message": text} | fields, headers=headers) as answer:
            return answer.status

    def _door(self) -> str:
        """Those that run take turns."""
        urls = [one.url for one in self.services if one.process and one.url] or [self.service.url]
        return urls[next(self._turns) % len(urls)]

    def at_desk(self) -> list[str]:
        """What the managers were shown, each in the order in which it came."""
        return [said(message) for message in self._at_desk()]

    def at_desk_of(self, manager: int) -> list[str]:
        return [said(message) for message in self._at_desk(manager)]

    def _at_desk(self, *whose: int) -> list[Json]:
        chats = [self.world.chat(self.desk, one) for one in whose or (OWNER, TOMAS, IRINA)]
        messages = [message for chat in chats for message in chat.messages.values()]
        return [message for message in messages if message["from"]["is_bot"] and said(message)]

    def read_by(self, customer: int) -> list[str]:
        messages = self.world.chat(self.shop, customer).messages.values()
        return [said(message) for message in messages if message["from"]["is_bot"]]

    def shown(self, words: str) -> int:
        """How many messages at the desk hold the words."""
        return sum(words in text for text in self.at_desk())

    def sent(self) -> int:
        """How many messages there have been at the desk."""
        return sum(self.world.chat(self.desk, one).last_id for one in (OWNER, TOMAS, IRINA))

    async def sees(self, words: str) -> Json:
        """The message at a manager's desk that holds the words."""
        found: Json = await self.until(lambda: next((m for m in self._at_desk() if words in said(m)), None))
        return found

    async def until(self, holds: Callable[[], Any]) -> Any:
        """Wait until it holds; what it returned."""
        changed = asyncio.Event()
        self.world.listeners.append(changed.set)
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := holds()):
                    changed.clear()
                    await changed.wait()
                return found
        finally:
            self.world.listeners.remove(changed.set)

    async def confirmed(self, bot: Bot) -> None:
        """Wait until Telegram has been told that all of this bot's updates arrived."""
        async with asyncio.timeout(PATIENCE):
            while bot.updates.pending:
                await asyncio.sleep(0.002)

    async def until_closed(self, key: str) -> None:
        """Wait until the door is shut."""
        async with asyncio.timeout(PATIENCE):
            while await self.post("is it open?", key=key) != 404:
                await asyncio.sleep(0.1)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the database; the service need not run."""
        return await rows(self.database_url, sql)

    async def drained(self) -> None:
        """Wait until nothing is left to do."""
        async with asyncio.timeout(PATIENCE):
            for table in ("inbox", "outbox"):
                while await self.rows(UNFINISHED.replace("{table}", table)):
                    await asyncio.sleep(0.05)

    async def in_flight(self, pid: int | str = "%") -> int:
        """The sends that a killed service had begun, or was about to begin."""
        ((found,),) = await self.rows(
            f"SELECT count(*) FROM outbox WHERE state = 'leased' AND lease_owner LIKE '%:{pid}:%'"  # noqa: S608
        )
        return int(found)


async def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    if url.startswith("sqlite://"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"), timeout=10)) as database, database:
            return list(database.execute(sql))
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


@asynccontextmanager
async def town(database_url: str, folder: Path, *, managers: Sequence[int] = (TOMAS,)) -> AsyncIterator[Town]:
    """Doors and people come through the real commands; the service is not started yet."""
    world = make_world(Clock(), topics=True)
    telegram = await server.start(world)
    service = Service(folder, environment(database_url, telegram.url))
    services = [service]
    async with aiohttp.ClientSession() as http:
        try:
            await furnish(service, managers)
            bots = world.bots[DESK_TOKEN], world.bots[SHOP_TOKEN]
            made = Town(world, *bots, service, http, database_url, services)
            for number in (OWNER, *managers):
                world.user_starts(made.desk, number)
            yield made
        finally:
            for one in services:
                if one.process:
                    await one.kill()
            await telegram.close()
    await promises.kept(database_url, Clock())


def environment(database_url: str, telegram: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_RUNTIME_DIR") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "FRONTDESK_DATABASE_URL": database_url,
        "FRONTDESK_DESK_TOKEN": DESK_TOKEN,
        "FRONTDESK_OWNER_ID": str(OWNER),
        "FRONTDESK_TELEGRAM_API": telegram,
        "FRONTDESK_SECRET": SECRET,
        "FRONTDESK_PORT": "0",
        "FRONTDESK_SEND_RATES": "off",
        "FRONTDESK_INTAKE_RATES": "off",
    }


async def furnish(service: Service, managers: Sequence[int]) -> None:
    await service.does("source", "add", "web_form", "--key", "form", "--set", "min_seconds=0")
    await service.does("source", "add", "telegram", "--key", "shop", "--set", f"token={SHOP_TOKEN}")
    for number in managers:
        await service.does("manager", "add", str(number), "--name", {TOMAS: "Tomas", IRINA: "Irina"}[number])

"""Wake-ups between the processes of one PostgreSQL: one NOTIFY for all that was committed in a while.

A hint and no more: what is missed here is found by the next poll. The connections are this module's own, for
a NOTIFY inside of each transaction makes all commits wait for one another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import asyncpg

from storage.backends import CONNECT_SECONDS, POSTGRES_SETTINGS
from storage.claims import QUEUES

log = logging.getLogger(__name__)

CHANNEL = "frontdesk"
DEBOUNCE = 0.02  # seconds
AGAIN_AFTER = 1.0  # seconds


class Wakes:
    """Tells other processes of our commits, and `woken` of theirs."""

    def __init__(self, dsn: str, woken: Callable[[str], None]) -> None:
        self._dsn = dsn
        self._woken = woken
        self._mine = 0  # the connection that tells: what comes from it is known here
        self._due: set[str] = set()
        self._more = asyncio.Event()
        self._tasks = [asyncio.create_task(self._kept(part)) for part in (self._tell, self._listen)]

    def tell(self, queue: str) -> None:
        self._due.add(queue)
        self._more.set()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _kept(self, part: Callable[[asyncpg.Connection[Any]], Any]) -> None:
        """Do the part on a connection, and on a new one when that is lost."""
        while True:
            try:
                connection = await asyncpg.connect(
                    self._dsn, timeout=CONNECT_SECONDS, server_settings=POSTGRES_SETTINGS
                )
                try:
                    await part(connection)
                finally:
                    connection.terminate()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.debug("wake-ups are lost for a while: %s", type(error).__name__)
            await asyncio.sleep(AGAIN_AFTER)

    async def _tell(self, connection: asyncpg.Connection[Any]) -> None:
        self._mine = connection.get_server_pid()
        while True:
            await self._more.wait()
            await asyncio.sleep(DEBOUNCE)
            self._more.clear()
            queues, self._due = ",".join(sorted(self._due)), set()
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, queues, timeout=5)

    async def _listen(self, connection: asyncpg.Connection[Any]) -> None:
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        await connection.add_listener(CHANNEL, self._heard)
        for queue in QUEUES.values():  # whatever was told while we did not listen
            self._woken(queue)
        await gone.wait()

    def _heard(self, _connection: object, pid: int, _channel: str, payload: object) -> None:
        if pid != self._mine:
            for queue in set(str(payload).split(",")) & set(QUEUES.values()):
                self._woken(queue)

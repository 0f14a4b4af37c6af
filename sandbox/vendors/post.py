"""Webhook calls to the product: in order within a lane, side by side across lanes, until they are taken."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession, ClientTimeout

from sandbox.vendors.stage import Push, Stage

FIRST_RETRY, LONGEST_RETRY = 0.05, 2.0
ANSWER_WITHIN = ClientTimeout(total=15)


@dataclass(slots=True)
class Post:
    """One vendor's. Needs a running loop; `close` at the end."""

    stage: Stage
    lanes: dict[str, deque[Push]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _http: ClientSession | None = None

    def send(self, push: Push) -> None:
        """Put it into its lane."""
        if push.lane in self.lanes:
            self.lanes[push.lane].append(push)
            return
        self.lanes[push.lane] = deque([push])
        task = asyncio.get_running_loop().create_task(self._serve(push.lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def http(self) -> ClientSession:
        """One session for everything that this vendor fetches and posts."""
        if self._http is None or self._http.closed:
            self._http = ClientSession()
        return self._http

    async def delivered(self) -> None:
        """Wait until every lane is empty."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http:
            await self._http.close()

    async def _serve(self, lane: str) -> None:
        waiting = self.lanes[lane]
        while waiting:
            await self._deliver(waiting[0])
            waiting.popleft()
        del self.lanes[lane]

    async def _deliver(self, push: Push) -> None:
        pause, tries = FIRST_RETRY, 0
        while not await self._call(push):
            tries += 1
            if tries == push.tries:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY)
        if self.stage.faults.duplicate:
            await self._call(push)

    async def _call(self, push: Push) -> bool:
        url = push.url or self.stage.hook
        if not url:
            return False
        status, said = 0, b""
        try:
            async with self.http().post(
                url, data=push.body, headers=push.headers, timeout=ANSWER_WITHIN, allow_redirects=False
            ) as answer:
                status, said = answer.status, await answer.read()
        except (ClientError, TimeoutError, ValueError):
            status = 0
        self.stage.log(self.stage.name, "webhook", push.body[:60].decode(errors="replace"), status)
        self.stage.changed()
        return push.taken(status, said)

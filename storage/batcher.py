"""What queued while the last batch was under way goes into the next one, and is answered after it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar, cast

from leads.errors import StoreUnavailable

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """`together` answers each of a batch with its result or its error; what it raises is everybody's error.

    A batch ends at `at_once` things, or when their `size` comes to `size_at_once`; `writers` batches may be
    under way side by side.
    """

    def __init__(
        self,
        together: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        *,
        at_once: int,
        writers: int = 1,
        size: Callable[[T], int] = lambda _: 0,
        size_at_once: int = 1,
    ) -> None:
        self._together = together
        self._at_once = at_once
        self._writers = writers
        self._size = size
        self._size_at_once = size_at_once
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._writing: set[asyncio.Task[None]] = set()

    async def put(self, thing: T) -> R:
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((thing, answer))
        if len(self._writing) < self._writers:
            # Nobody's transaction is inherited: the task works for all who wait.
            task = asyncio.create_task(self._write(), context=Context())
            self._writing.add(task)
        return await answer

    async def close(self) -> None:
        """Let what runs finish."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _write(self) -> None:
        batch: list[tuple[T, asyncio.Future[R]]] = []
        try:
            while batch := self._batch():
                await self._answer(batch)
        finally:
            # At once, not when the task is found done: who comes in between must start another writer.
            self._writing.discard(cast(asyncio.Task[None], asyncio.current_task()))
            if batch:  # stopped halfway: nobody waits for ever, nor for a writer who is gone
                stranded = [] if self._writing else list(self._waiting)
                for _, answer in (*batch, *stranded):
                    answer.cancel()

    def _batch(self) -> list[tuple[T, asyncio.Future[R]]]:
        batch: list[tuple[T, asyncio.Future[R]]] = []
        size = 0
        while self._waiting and len(batch) < self._at_once and size < self._size_at_once:
            thing, answer = self._waiting.popleft()
            if not answer.done():  # its caller has gone
                batch.append((thing, answer))
                size += self._size(thing)
        return batch

    async def _answer(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._together([thing for thing, _ in batch])
        except StoreUnavailable as error:
            results = [StoreUnavailable(*error.args) for _ in batch]
        except Exception as error:
            results = [error for _ in batch]
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

"""Group commit: what queued while the last transaction ran goes into the next one.

The disk's flush is shared by all who wait for it, and nobody is answered before it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import cast

from leads.errors import StoreUnavailable
from leads.events import Receipt
from storage.taking import Taking

AT_ONCE = 200  # calls
ITEMS_AT_ONCE = 1000  # one call may bring many

Commit = Callable[[Sequence[Taking]], Awaitable[list[Receipt]]]
Waiting = tuple[Taking, asyncio.Future[Receipt]]


class Batcher:
    """`commit` stores a batch in one transaction; `insist` does so with one call that a batch failed with."""

    def __init__(self, commit: Commit, insist: Commit, *, writers: int) -> None:
        self._commit = commit
        self._insist = insist
        self._writers = writers
        self._waiting: deque[Waiting] = deque()
        self._writing: set[asyncio.Task[None]] = set()

    async def put(self, taking: Taking) -> Receipt:
        """The receipt, once it is committed."""
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((taking, answer))
        if len(self._writing) < self._writers:
            # Nobody's transaction or name is inherited: the task works for all who wait.
            task = asyncio.create_task(self._write(), context=Context())
            self._writing.add(task)
        return await answer

    async def close(self) -> None:
        """Let what runs finish."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _write(self) -> None:
        batch: list[Waiting] = []
        try:
            while batch := self._batch():
                await self._together(batch)
        finally:
            # At once, not when the task is found done: who comes in between must start another writer.
            self._writing.discard(cast(asyncio.Task[None], asyncio.current_task()))
            for _, answer in batch:
                answer.cancel()  # nobody waits for ever when we are stopped halfway

    def _batch(self) -> list[Waiting]:
        batch: list[Waiting] = []
        items = 0
        while self._waiting and len(batch) < AT_ONCE and items < ITEMS_AT_ONCE:
            taking, answer = self._waiting.popleft()
            if not answer.done():  # its caller has gone
                batch.append((taking, answer))
                items += len(taking.items)
        return batch

    async def _together(self, batch: Sequence[Waiting]) -> None:
        try:
            receipts = await self._commit([taking for taking, _ in batch])
        except StoreUnavailable as error:
            for _, answer in batch:
                _fail(answer, StoreUnavailable(*error.args))
        except Exception:
            for taking, answer in batch:
                await self._alone(taking, answer)
        else:
            for (_, answer), receipt in zip(batch, receipts, strict=True):
                if not answer.done():
                    answer.set_result(receipt)

    async def _alone(self, taking: Taking, answer: asyncio.Future[Receipt]) -> None:
        """One bad call refuses nobody else."""
        try:
            (receipt,) = await self._insist([taking])
        except Exception as error:
            _fail(answer, error)
        else:
            if not answer.done():
                answer.set_result(receipt)


def _fail(answer: asyncio.Future[Receipt], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)

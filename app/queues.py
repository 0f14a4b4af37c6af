"""The drains of this process: which queue is handled by which use-case, and what a failure becomes."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Literal, TypeVar

from app.metrics import Metrics
from app.sending import Lane
from leads import crowds, delivery
from leads.changes import Arrived, Changes, DeskUpdate, End, Outbound, Row, Rules, Settle, ToCustomer
from leads.errors import Conflict, LostLease, StoreUnavailable
from leads.events import SendCode, Sent
from leads.routing import Turns
from scheduler.drains import Drain
from storage.batcher import Batcher
from storage.store import Store

log = logging.getLogger(__name__)

R = TypeVar("R", Arrived, DeskUpdate, Outbound)
Now = Callable[[], datetime]

AT_ONCE = 32
EVENTS_AT_ONCE = 128  # they are read, decided and written together
CUSTOMERS_AT_ONCE = 64
MANAGERS_AT_ONCE = 128  # most of them wait for a budget when there is much to say


class Queues:
    """Builds the drains over one store; `owner` names this process in the leases."""

    def __init__(
        self,
        store: Store,
        metrics: Metrics,
        rules: Rules,
        now: Now,
        owner: str,
        channel_of: Callable[[int], str],
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._rules = rules
        self._now = now
        self._turns = Turns()
        self._owner = owner
        self._channel_of = channel_of
        self._wakes: dict[str, asyncio.Event] = {}
        store.on_commit.append(self.wake)

    def customers_in(self, first: Callable[[Arrived], None] = lambda _: None) -> Drain[Arrived]:
        async def together(rows: Sequence[Arrived]) -> Sequence[Exception | None]:
            return await crowds.take_in_many(self._store, rows, self._now(), self._rules, self._turns)

        batcher = Batcher(together, at_once=EVENTS_AT_ONCE)

        async def handle(row: Arrived) -> None:
            delivery.refuse_deadly(row)
            first(row)
            await batcher.put(row)

        drain = self._drain(
            "customers_in", self._store.claim_events, handle, "inbox", lambda row: row.inbox_id
        )
        return replace(drain, at_once=EVENTS_AT_ONCE)

    def desk_in(self, act: Callable[[DeskUpdate], Awaitable[None]]) -> Drain[DeskUpdate]:
        async def handle(row: DeskUpdate) -> None:
            delivery.refuse_deadly(row)
            await act(row)

        return self._drain("desk_in", self._store.claim_updates, handle, "inbox", lambda row: row.inbox_id)

    def customers_out(
        self, lane: Lane, send: Callable[[Outbound], Awaitable[Sent]], ending: Callable[[], None]
    ) -> Drain[Outbound]:
        act = partial(delivery.deliver, self._store)
        return replace(self._sending("customers", lane, act, send), at_once=CUSTOMERS_AT_ONCE, ending=ending)

    def managers_out(
        self, lane: Lane, render: Callable[[Outbound], Awaitable[Sequence[Row]]], ending: Callable[[], None]
    ) -> Drain[Outbound]:
        act = partial(delivery.show, self._store)
        return replace(self._sending("managers", lane, act, render), at_once=MANAGERS_AT_ONCE, ending=ending)

    def wake(self, queue: str) -> None:
        """There may be rows to claim."""
        if queue in self._wakes:
            self._wakes[queue].set()

    def _sending(
        self,
        name: str,
        lane: Lane,
        act: Callable[..., Awaitable[SendCode | None]],
        send: Callable[[Outbound], Awaitable[object]],
    ) -> Drain[Outbound]:
        async def tried(row: Outbound) -> object:
            delivery.refuse_deadly(row)
            return await lane.tried(row, send)

        async def handle(row: Outbound) -> None:
            try:
                failed = await act(row, tried, self._now(), self._rules, jitter=random.random())
            finally:
                lane.done(row)
            self._metrics.sends.labels(name, failed or "sent").inc()
            if not failed:
                took = (self._now() - row.created_at).total_seconds()
                self._metrics.send_seconds.labels(name, self._channel(row)).observe(max(took, 0))

        return self._drain(f"{name}_out", lane.claim, handle, "outbox", lambda row: row.id)

    def _channel(self, row: Outbound) -> str:
        return self._channel_of(row.body.source_id) if isinstance(row.body, ToCustomer) else "telegram"

    def _drain(
        self,
        name: str,
        claim: Callable[[str, int], Awaitable[Sequence[R]]],
        handle: Callable[[R], Awaitable[None]],
        table: Literal["inbox", "outbox"],
        id_of: Callable[[R], int],
    ) -> Drain[R]:
        async def failed(row: R, error: Exception) -> None:
            await self._failed(name, table, row, error)

        async def renew(rows: Sequence[R]) -> None:
            await self._store.renew(table, [id_of(row) for row in rows], self._owner)

        wake = self._wakes[name] = asyncio.Event()
        return Drain(name, partial(claim, self._owner), handle, failed, renew, wake, at_once=AT_ONCE)

    async def _failed(self, name: str, table: Literal["inbox", "outbox"], row: Any, error: Exception) -> None:
        row_id = row.id if table == "outbox" else row.inbox_id
        if isinstance(error, LostLease | StoreUnavailable):
            log.warning("%s: row %s goes to whoever claims it next: %s", name, row_id, type(error).__name__)
            return
        verdict = delivery.after_failure(error, row.attempt, row.tries, jitter=random.random())
        if isinstance(error, Conflict) and isinstance(verdict, delivery.RetryAfter):
            log.warning("%s: row %s comes again: others were faster", name, row_id)
        else:
            log.error("%s: row %s failed", name, row_id, exc_info=error)
        if isinstance(verdict, delivery.RetryAfter):
            again = Settle(table, row_id, row.attempt, End.AGAIN, after=verdict.after, counts=verdict.counts)
            await self._store.commit(Changes(settle=again))
            return
        parked = Settle(table, row_id, row.attempt, End.PARKED, reason=verdict.reason)
        if table == "inbox":
            await delivery.park(self._store, parked, _chat_of(row))
        else:
            await self._store.commit(Changes(settle=parked))


def _chat_of(row: Arrived | DeskUpdate) -> int | None:
    """The private chat in which a manager's update was made; its id is the person's."""
    if isinstance(row, Arrived):
        return None
    parts = [part for part in row.update.values() if isinstance(part, Mapping)]
    return next((part["from"]["id"] for part in parts if "from" in part), 0) or None

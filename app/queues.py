"""The drains of this process: which queue is handled by which use-case, and what a failure becomes."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal, TypeVar

from app.metrics import Metrics
from leads import delivery, intake
from leads.changes import Arrived, Changes, DeskUpdate, End, Outbound, Row, Rules, Settle
from leads.errors import LostLease, StoreUnavailable
from leads.events import Sent
from scheduler.drains import Drain
from storage.store import Store

log = logging.getLogger(__name__)

R = TypeVar("R", Arrived, DeskUpdate, Outbound)
Now = Callable[[], datetime]

AT_ONCE = 32


class Queues:
    """Builds the drains over one store; `owner` names this process in the leases."""

    def __init__(self, store: Store, metrics: Metrics, rules: Rules, now: Now, owner: str) -> None:
        self._store = store
        self._metrics = metrics
        self._rules = rules
        self._now = now
        self._owner = owner
        self._wakes: dict[str, asyncio.Event] = {}
        store.on_commit.append(self._woken)

    def customers_in(self) -> Drain[Arrived]:
        async def handle(row: Arrived) -> None:
            await intake.take_in(self._store, row, self._now(), self._rules)

        return self._drain(
            "customers_in", self._store.claim_events, handle, "inbox", lambda row: row.inbox_id
        )

    def desk_in(self, handle: Callable[[DeskUpdate], Awaitable[None]]) -> Drain[DeskUpdate]:
        return self._drain("desk_in", self._store.claim_updates, handle, "inbox", lambda row: row.inbox_id)

    def customers_out(self, send: Callable[[Outbound], Awaitable[Sent]]) -> Drain[Outbound]:
        async def handle(row: Outbound) -> None:
            failed = await delivery.deliver(
                self._store, row, send, self._now(), self._rules, jitter=random.random()
            )
            self._metrics.sends.labels("customers", failed or "sent").inc()

        claim = partial(self._store.claim_outbox, "customers")
        return self._drain("customers_out", claim, handle, "outbox", lambda row: row.id)

    def managers_out(self, render: Callable[[Outbound], Awaitable[Sequence[Row]]]) -> Drain[Outbound]:
        async def handle(row: Outbound) -> None:
            failed = await delivery.show(
                self._store, row, render, self._now(), self._rules, jitter=random.random()
            )
            self._metrics.sends.labels("managers", failed or "sent").inc()

        claim = partial(self._store.claim_outbox, "managers")
        return self._drain("managers_out", claim, handle, "outbox", lambda row: row.id)

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

    def _woken(self, queue: str) -> None:
        if queue in self._wakes:
            self._wakes[queue].set()

    async def _failed(self, name: str, table: Literal["inbox", "outbox"], row: Any, error: Exception) -> None:
        row_id = row.id if table == "outbox" else row.inbox_id
        if isinstance(error, LostLease | StoreUnavailable):
            log.warning("%s: row %s goes to whoever claims it next: %s", name, row_id, type(error).__name__)
            return
        log.error("%s: row %s failed", name, row_id, exc_info=error)
        verdict = delivery.after_failure(error, row.attempt, row.tries, jitter=random.random())
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

"""What may be claimed for sending now: nothing for those who are away or have enough in hand already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from bot.rates import Rates
from leads.changes import Changes, End, Outbound, Settle, ToCustomer
from scheduler.destinations import Destinations
from storage.store import Store

T = TypeVar("T")

THE_BOT = 0  # the managers' bot as a destination
A_SOURCE_AT_ONCE = 16
A_CHAT_AT_ONCE = 8  # where there are budgets: who waits for one chat's must not take the place of all others
NO_LIMIT = 10_000


class Take(Protocol):
    """`Store.claim_outbox` of one queue."""

    async def __call__(
        self, owner: str, limit: int, *, only: Collection[int] = (), without: Collection[int] = ()
    ) -> Sequence[Outbound]: ...


def _nobody() -> frozenset[int]:
    return frozenset()


@dataclass(slots=True)
class Lane:
    """One queue of the outbox. A *place* is what a claim can leave out: a source, or a manager's chat."""

    take: Take
    give_back: Callable[[Outbound], Awaitable[object]]
    destinations: Destinations
    one_bot: bool  # all places are chats of one bot, which is there or not
    at_once: int  # of one place
    closed: Callable[[], frozenset[int]] = _nobody
    """the places to be left alone for now"""
    _held: Counter[int] = field(default_factory=Counter)

    async def claim(self, owner: str, limit: int) -> Sequence[Outbound]:
        """Rows that may be sent now, with one of each destination that is away, once a second."""
        rows = [row for key in self.destinations.due() for row in await self._probe(owner, key)]
        if self.one_bot and self.destinations.away():
            return rows
        while len(rows) < limit:
            size = min(self.at_once, limit - len(rows))
            more = await self.take(owner, size, without=self._left_out())
            self._held.update(_place(row) for row in more)
            rows += more
            if len(more) < size:
                break
        return rows

    async def tried(self, row: Outbound, send: Callable[[Outbound], Awaitable[T]]) -> T:
        """Send a claimed row, unless it turns out that its destination is away."""
        key = THE_BOT if self.one_bot else _place(row)
        return await self.destinations.tried(key, row.id, lambda: send(row))

    def done(self, row: Outbound) -> None:
        """It is in hand no more."""
        place = _place(row)
        self._held[place] -= 1
        if self._held[place] <= 0:
            del self._held[place]

    async def _probe(self, owner: str, key: int) -> Sequence[Outbound]:
        """One row to try; a second one is looked at, for the first may be what is wrong."""
        only = () if self.one_bot else (key,)
        rows = await self.take(owner, 2, only=only, without=self.closed())
        chosen = self.destinations.choose(key, [row.id for row in rows]) if rows else 0
        for row in rows:
            if row.id != chosen:
                await self.give_back(row)
        tries = [row for row in rows if row.id == chosen]
        self._held.update(_place(row) for row in tries)
        return tries

    def _left_out(self) -> frozenset[int]:
        full = {place for place, held in self._held.items() if held >= self.at_once}
        away = _nobody() if self.one_bot else self.destinations.away()
        return self.closed() | away | full


def _place(row: Outbound) -> int:
    return row.body.source_id if isinstance(row.body, ToCustomer) else row.body.chat_id


def lane_to_customers(store: Store, destinations: Destinations) -> Lane:
    """A source that is slow or away leaves room for the others."""
    take, back = partial(store.claim_outbox, "customers"), partial(_give_back, store)
    return Lane(take, back, destinations, one_bot=False, at_once=A_SOURCE_AT_ONCE)


def lane_to_managers(store: Store, destinations: Destinations, rates: Rates) -> Lane:
    """All through one bot; a chat that Telegram has closed is left alone."""
    take, back = partial(store.claim_outbox, "managers"), partial(_give_back, store)
    at_once = A_CHAT_AT_ONCE if rates.limited else NO_LIMIT
    return Lane(take, back, destinations, one_bot=True, at_once=at_once, closed=rates.closed)


async def _give_back(store: Store, row: Outbound) -> None:
    settle = Settle("outbox", row.id, row.attempt, End.AGAIN, counts=False)
    await store.commit(Changes(settle=settle))

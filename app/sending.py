"""What may be claimed for sending now: nothing for those who are away or have enough in hand already.

Where several processes run, each destination is sent to by the one that holds its lease.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from app.singles import Leases
from bot.rates import Rates
from leads.changes import Changes, End, Outbound, Settle, ToCustomer
from leads.events import SendCode, SendError
from scheduler.destinations import Call, Destinations
from storage.leases import sender
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


def _nothing(destination: int) -> None:
    pass


@dataclass(slots=True)
class Lane:
    """One queue of the outbox. A *place* is what a claim can leave out: a source, or a manager's chat."""

    take: Take
    give_back: Callable[[Outbound], Awaitable[object]]
    destinations: Destinations
    leases: Leases
    one_bot: bool  # all places are chats of one bot, which is there or not
    at_once: int  # of one place
    closed: Callable[[], frozenset[int]] = _nobody
    """the places to be left alone for now"""
    forget: Callable[[int], None] = _nothing
    """drop what was learned about a destination: somebody else learns now"""
    _held: Counter[int] = field(default_factory=Counter)

    async def claim(self, owner: str, limit: int) -> Sequence[Outbound]:
        """Rows that may be sent now, with one of each destination that is away, once a second."""
        rows = [row for key in self.destinations.due() for row in await self._probe(owner, key)]
        if self.one_bot and self.destinations.away():
            return rows
        while len(rows) < limit:
            size = min(self.at_once, limit - len(rows))
            found = await self.take(owner, size, without=self._left_out())
            more = await self._ours(found)
            self._held.update(_place(row) for row in more)
            rows += more
            if len(more) < size:
                break
        return rows

    async def tried(self, row: Outbound, send: Callable[[Outbound], Awaitable[T]]) -> T:
        """Send a claimed row, unless it turns out that its destination is away."""
        self._check(self._key(row))
        return await self.destinations.tried(self._key(row), row.id, lambda: send(row))

    async def answered(self, key: int, call: Call[T]) -> T:
        """One call of a try, which may have waited for its budget, or slept with the whole process."""
        self._check(key)
        return await self.destinations.answered(key, call)

    def done(self, row: Outbound) -> None:
        """It is in hand no more."""
        place = _place(row)
        self._held[place] -= 1
        if self._held[place] <= 0:
            del self._held[place]

    async def _probe(self, owner: str, key: int) -> Sequence[Outbound]:
        """One row to try; a second one is looked at, for the first may be what is wrong."""
        only = () if self.one_bot else (key,)
        rows = await self._ours(await self.take(owner, 2, only=only, without=self.closed()))
        chosen = self.destinations.choose(key, [row.id for row in rows]) if rows else 0
        for row in rows:
            if row.id != chosen:
                await self.give_back(row)
        tries = [row for row in rows if row.id == chosen]
        self._held.update(_place(row) for row in tries)
        return tries

    async def _ours(self, rows: Sequence[Outbound]) -> list[Outbound]:
        """Those to destinations whose lease is ours, or was free; the others go back."""
        names = {self._key(row): sender(self._key(row)) for row in rows}
        ours = await self.leases.ours(*names.values())
        for key, name in names.items():
            self.leases.on_lost.setdefault(name, partial(self.forget, key))
        for row in rows:
            if names[self._key(row)] not in ours:
                await self.give_back(row)
        return [row for row in rows if names[self._key(row)] in ours]

    def _check(self, key: int) -> None:
        if not self.leases.sure(sender(key)):
            raise SendError(SendCode.UNAVAILABLE, "another process sends there now", retry_after=0.0)

    def _key(self, row: Outbound) -> int:
        return THE_BOT if self.one_bot else _place(row)

    def _left_out(self) -> frozenset[int]:
        full = {place for place, held in self._held.items() if held >= self.at_once}
        away = _nobody() if self.one_bot else self.destinations.away()
        return self.closed() | away | full


def _place(row: Outbound) -> int:
    return row.body.source_id if isinstance(row.body, ToCustomer) else row.body.chat_id


def lane_to_customers(
    store: Store, destinations: Destinations, leases: Leases, forget: Callable[[int], None] = _nothing
) -> Lane:
    """A source that is slow or away leaves room for the others."""
    take, back = partial(store.claim_outbox, "customers"), partial(_give_back, store)
    return Lane(take, back, destinations, leases, one_bot=False, at_once=A_SOURCE_AT_ONCE, forget=forget)


def lane_to_managers(
    store: Store,
    destinations: Destinations,
    leases: Leases,
    rates: Rates,
    forget: Callable[[int], None] = _nothing,
) -> Lane:
    """All through one bot; a chat that Telegram has closed is left alone."""
    take, back = partial(store.claim_outbox, "managers"), partial(_give_back, store)
    at_once = A_CHAT_AT_ONCE if rates.limited else NO_LIMIT
    return Lane(
        take, back, destinations, leases, one_bot=True, at_once=at_once, closed=rates.closed, forget=forget
    )


async def _give_back(store: Store, row: Outbound) -> None:
    settle = Settle("outbox", row.id, row.attempt, End.AGAIN, counts=False)
    await store.commit(Changes(settle=settle))

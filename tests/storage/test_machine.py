"""The queue against a model of it: received, claimed, finished, failed, expired, replayed in any order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from databases import SECRET, Clock, Postgres
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from storage_scene import CALL, door, event

from leads.changes import Changes, End, Settle
from leads.errors import LostLease
from storage.lifecycle import open_store
from storage.store import Store

T = TypeVar("T")
LEASE = timedelta(seconds=10)
convs = st.sampled_from("abc")
picks = st.integers(min_value=0, max_value=99)


@dataclass
class Item:
    """What the model knows of one row."""

    id: int
    name: str
    conv: str
    run_at: datetime
    state: str = "ready"
    attempt: int = 0
    begun: int = 0
    lease_until: datetime | None = None


class Queue(RuleBasedStateMachine):
    """Opens a database of its own at its start; `address` gives it one."""

    address: Callable[[], Awaitable[str]]
    folder: Path

    @initialize()
    def start(self) -> None:
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.items: list[Item] = []
        self.lost: list[tuple[int, int]] = []
        self.store: Store = self.run(self.opened())
        self.source = self.run(door(self.store))

    async def opened(self) -> Store:
        url = await self.address()
        clock = self.clock
        return await open_store(url, state=self.folder, secret=SECRET, now=clock, lease_now=clock)

    def run(self, act: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await act

        return self.runner.run(awaited())

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.run(self.store.close())
            self.runner.close()

    def of(self, state: str) -> list[Item]:
        return [item for item in self.items if item.state == state]

    def settle(self, item: Item, end: End, **more: object) -> None:
        settle = Settle("inbox", item.id, item.attempt, end, **more)  # type: ignore[arg-type]
        self.run(self.store.commit(Changes(settle=settle)))
        self.lost.append((item.id, item.attempt))
        item.lease_until, item.begun = None, 0

    @rule(conv=convs, count=st.integers(1, 3))
    def receive(self, conv: str, count: int) -> None:
        names = [f"e{len(self.items) + n}" for n in range(count)]
        events = [event(name, conv) for name in names]
        receipt = self.run(self.store.accept(self.source.id, CALL, events))
        assert receipt.fresh == count
        for row_id, name in zip(receipt.ids, names, strict=True):
            self.items.append(Item(row_id, name, conv, self.clock()))

    @precondition(lambda self: self.items)
    @rule(pick=picks)
    def receive_again(self, pick: int) -> None:
        item = self.items[pick % len(self.items)]
        receipt = self.run(self.store.accept(self.source.id, CALL, [event(item.name, item.conv)]))
        assert (receipt.ids, receipt.fresh) == ((item.id,), 0)

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        unfinished = [item for item in self.items if item.state in {"ready", "leased"}]
        heads = {item.conv: item for item in reversed(unfinished)}.values()
        due = [item for item in heads if item.state == "ready" and item.run_at <= self.clock()]
        fit = [item for item in due if item.begun < 2 or item is self.suspect()]
        expected = sorted(fit, key=lambda item: item.id)[:limit]
        claimed = self.run(self.store.claim_events("me", limit))
        assert [row.inbox_id for row in claimed] == [item.id for item in expected]
        for row, item in zip(claimed, expected, strict=True):
            item.state, item.attempt, item.lease_until = "leased", item.attempt + 1, self.clock() + LEASE
            item.begun += 1
            assert (row.attempt, row.begun, row.event.event_id) == (item.attempt, item.begun, item.name)

    def suspect(self) -> Item | None:
        """Whose turn it is among those that were claimed twice and never settled; one at a time."""
        if any(item.begun > 2 for item in self.of("leased")):
            return None
        suspects = [i for i in self.of("ready") if i.begun > 1 and i.run_at <= self.clock()]
        return min(suspects, key=lambda item: (item.run_at, item.id), default=None)

    @precondition(lambda self: self.of("leased"))
    @rule(pick=picks)
    def finish(self, pick: int) -> None:
        item = self.of("leased")[pick % len(self.of("leased"))]
        self.settle(item, End.DONE)
        item.state = "done"

    @precondition(lambda self: self.of("leased"))
    @rule(pick=picks, seconds=st.integers(0, 20))
    def fail(self, pick: int, seconds: int) -> None:
        item = self.of("leased")[pick % len(self.of("leased"))]
        item.run_at = self.clock() + timedelta(seconds=seconds)
        self.settle(item, End.AGAIN, after=timedelta(seconds=seconds))
        item.state = "ready"

    @precondition(lambda self: self.of("leased"))
    @rule(pick=picks)
    def park(self, pick: int) -> None:
        item = self.of("leased")[pick % len(self.of("leased"))]
        self.settle(item, End.PARKED, reason="boom")
        item.state = "dead"

    @precondition(lambda self: self.lost)
    @rule()
    def finish_too_late(self) -> None:
        for row_id, attempt in self.lost[-8:]:
            with pytest.raises(LostLease):
                self.run(self.store.commit(Changes(settle=Settle("inbox", row_id, attempt))))

    @rule(seconds=st.integers(1, 15))
    def time_passes(self, seconds: int) -> None:
        self.clock.move(timedelta(seconds=seconds))
        late = [i for i in self.of("leased") if i.lease_until and i.lease_until < self.clock()]
        assert self.run(self.store.reap()) == len(late)
        self.free(late)

    @rule()
    def crash_and_start_again(self) -> None:
        leased = self.of("leased")
        assert self.run(self.store.release_all()) == len(leased)
        self.free(leased)

    def free(self, items: list[Item]) -> None:
        for item in items:
            item.state, item.lease_until = "ready", None
            if item.begun > 1:
                item.run_at = self.clock() + timedelta(seconds=min(2 ** (item.begun - 2), 1024))
            self.lost.append((item.id, item.attempt))

    @precondition(lambda self: self.of("dead"))
    @rule(pick=picks)
    def replay(self, pick: int) -> None:
        item = self.of("dead")[pick % len(self.of("dead"))]
        assert self.run(self.store.replay(item.id))
        assert not self.run(self.store.replay(item.id))
        item.state, item.run_at, item.begun = "ready", self.clock(), 0

    @invariant()
    def nothing_vanishes_and_each_row_is_in_one_state(self) -> None:
        if not hasattr(self, "store"):
            return
        rows = self.run(self.store._db.rows("SELECT id, state, attempt FROM inbox ORDER BY id"))
        assert [(row["id"], row["state"], row["attempt"]) for row in rows] == [
            (item.id, item.state, item.attempt) for item in self.items
        ]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_queue_is_as_its_model(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    server: Postgres | None = request.getfixturevalue("postgres_server") if kind == "postgres" else None
    numbers = iter(range(10_000))

    class OnThis(Queue):
        folder = tmp_path

        async def address(self) -> str:
            return await server.fresh() if server else f"sqlite://{tmp_path / f'{next(numbers)}.db'}"

    run_state_machine_as_test(
        OnThis,
        settings=settings(
            max_examples=8 if server else 15,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

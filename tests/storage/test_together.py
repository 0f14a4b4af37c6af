"""Commits and reads of leads that come together are done together, and each gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from storage_scene import NOW, a_lead, door, manager, put

from leads.changes import Changes
from leads.errors import Conflict
from leads.model import Direction, Message
from storage.database import Database
from storage.store import Store


@pytest.fixture
def trips(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The transactions and the reads of many rows that the database was asked for."""
    made: list[str] = []

    def counted(name: str) -> Callable[..., Awaitable[Any]]:
        real = getattr(Database, name)

        async def count(self: Database, act: Any) -> Any:
            made.append(name)
            return await real(self, act)

        return count

    for name in ("run", "look"):
        monkeypatch.setattr(Database, name, counted(name))
    return made


async def test_commits_share_transactions(store: Store, trips: list[str]) -> None:
    made = await asyncio.gather(*(put(store, manager(number)) for number in range(1, 31)))
    assert len({ids[-1] for ids in made}) == 30
    assert len(trips) <= 3
    assert len(await store.managers()) == 30


async def test_one_that_fails_is_alone_with_it(store: Store, trips: list[str]) -> None:
    await put(store, manager(7))
    wrong = Changes(put=(Message(-1, 999, Direction.IN, NOW),))  # there is no such lead
    changes = [Changes(put=(manager(number),)) for number in range(10, 40)]
    tried = await asyncio.gather(
        *(store.commit(each) for each in (*changes[:9], wrong, *changes[9:])), return_exceptions=True
    )
    assert [type(one) for one in tried if isinstance(one, Exception)] == [Conflict]
    assert isinstance(tried[9], Conflict)
    assert len(await store.managers()) == 31
    assert len(trips) < 20


async def test_leads_are_read_together_as_alone(store: Store, trips: list[str]) -> None:
    source = await door(store)
    await put(store, manager())
    ids = [(await put(store, *a_lead(source, f"text {n}", external_id=f"u{n}")))[-4] for n in range(6)]
    await put(store, Message(-1, ids[2], Direction.IN, NOW, text="newest"))
    await put(store, Message(-1, ids[2], Direction.OUT, NOW, text="ours"))
    alone = [await store.lead_snapshot(lead_id) for lead_id in ids]
    trips.clear()
    together = await asyncio.gather(*(store.lead_snapshot(lead_id) for lead_id in (*ids, 999, ids[0])))
    assert together == [*alone, None, alone[0]]
    assert len(trips) <= 3
    assert [one and one.first_message and one.first_message.text for one in alone] == [
        f"text {n}" for n in range(6)
    ]
    third = alone[2]
    assert third is not None
    assert third.last_message is not None
    assert third.last_message.text == "newest"
    assert len(third.managers) == 1


async def test_a_lead_is_read_as_it_was_committed_before(store: Store) -> None:
    source = await door(store)

    async def written_and_read(number: int) -> str:
        ids = await put(store, *a_lead(source, f"text {number}", external_id=f"u{number}"))
        found = await store.lead_snapshot(ids[-4])
        assert found is not None
        assert found.last_message is not None
        return found.last_message.text

    read = await asyncio.gather(*(written_and_read(number) for number in range(20)))
    assert read == [f"text {number}" for number in range(20)]

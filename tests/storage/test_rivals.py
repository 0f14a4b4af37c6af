"""Two first messages of one person, taken in at the same moment by two processes."""

from __future__ import annotations

import asyncio

import pytest
from databases import OpenStore
from storage_scene import MINUTE, NOW, door, event, put, received

from leads.changes import Arrived, Changes, Rules, Settle
from leads.errors import Conflict
from leads.events import Sender
from leads.intake import ask, decide_in_turn, take_in
from leads.model import Contact, ContactPoint, PointKind
from leads.routing import Turns
from storage.snapshots import MATCHES
from storage.store import Store

PHONE = "+37061234567"
RULES = Rules()


async def first_messages(store: Store, people: int, *, email: bool = False) -> list[tuple[Arrived, Arrived]]:
    """For each person one event through each of two doors."""
    doors = [await door(store, key) for key in ("shop", "site")]
    for number in range(people):
        phone = f"+3706{1234567 + number}"
        sender = {"email": f"one{number}@example.org"} if email else {"phone": phone}
        for at, source in enumerate(doors):
            await received(
                store,
                source,
                event(f"e{number}-{at}", f"c{number}-{at}", sender=Sender("", "Olga", **sender)),
            )
    rows = await store.claim_events("me", 100)
    pairs: dict[str, list[Arrived]] = {}
    for row in sorted(rows, key=lambda row: row.event.event_id):
        pairs.setdefault(row.event.event_id.split("-")[0], []).append(row)
    return [(one, other) for one, other in pairs.values()]


async def decided(store: Store, arrived: Arrived) -> Changes:
    asked = ask(arrived, RULES)
    snapshot = await store.intake_snapshot(arrived, asked.phones, asked.emails)
    return decide_in_turn(snapshot, arrived, NOW, RULES, Turns())


async def contacts(store: Store) -> int:
    (row,) = await store._db.rows("SELECT count(*) AS n FROM contact")
    return int(row["n"])


@pytest.mark.parametrize("email", [False, True])
async def test_who_did_not_see_the_other_one_decides_anew(store: Store, email: bool) -> None:
    ((one, other),) = await first_messages(store, 1, email=email)
    first, second = await decided(store, one), await decided(store, other)
    await store.commit(first)
    with pytest.raises(Conflict):
        await store.commit(second)
    await store.commit(await decided(store, other))
    assert await contacts(store) == 1


async def test_together_in_one_batch_they_are_told_apart_from_strangers(store: Store) -> None:
    (mine, others) = await first_messages(store, 2)
    changes = [await decided(store, row) for row in (*mine, others[0])]
    first, second, stranger = await store.commit_many(changes)
    assert isinstance(second, Conflict)
    assert not isinstance(first, Exception)
    assert not isinstance(stranger, Exception)
    assert await contacts(store) == 2


async def test_one_person_through_two_processes_is_one_contact(open_store: OpenStore) -> None:
    here, there = await open_store(), await open_store()
    pairs = await first_messages(here, 12)
    await asyncio.gather(
        *(take_in(here, one, NOW, RULES) for one, _ in pairs),
        *(take_in(there, other, NOW, RULES) for _, other in pairs),
    )
    assert await contacts(here) == len(pairs)
    (row,) = await here._db.rows("SELECT count(*) AS n FROM lead")
    assert row["n"] == len(pairs)


async def test_who_shares_a_phone_and_was_seen_stands_in_nobodys_way(store: Store) -> None:
    elder = await put(
        store, Contact(-1, "Elder", NOW - MINUTE, NOW), ContactPoint(-2, -1, PointKind.PHONE, PHONE)
    )
    point = ContactPoint(-2, -1, PointKind.PHONE, PHONE)
    row = (Contact(-1, "Child", NOW, NOW), point)
    with pytest.raises(Conflict):
        await put(store, *row, knew=frozenset())
    await put(store, *row, knew=frozenset({elder[-1]}))
    await put(store, *row)  # who was not asked for does not mind
    assert await contacts(store) == 3


async def test_a_phone_that_very_many_share_crowds_out_nobody(store: Store) -> None:
    source = await door(store)
    own, shared = "+37061111111", "+37062222222"
    elder = await put(store, Contact(-1, "Elder", NOW, NOW), ContactPoint(-2, -1, PointKind.PHONE, own))
    for _ in range(2 * MATCHES + 1):
        await put(store, Contact(-1, "Guest", NOW, NOW), ContactPoint(-2, -1, PointKind.PHONE, shared))
    await received(
        store, source, event("e1", sender=Sender("", "Elder", phone=own), fields={"mobile": shared})
    )
    (row,) = await store.claim_events("me", 10)
    asked = ask(row, RULES)
    snapshot = await store.intake_snapshot(row, asked.phones, asked.emails)
    assert elder[-1] in {one.contact.id for one in snapshot.candidates}
    await store.commit(decide_in_turn(snapshot, row, NOW, RULES, Turns()))


async def test_a_conflict_settles_nothing(store: Store) -> None:
    ((one, other),) = await first_messages(store, 1)
    second = await decided(store, other)
    await store.commit(await decided(store, one))
    with pytest.raises(Conflict):
        await store.commit(second)
    await store.commit(Changes(settle=Settle("inbox", other.inbox_id, other.attempt)))

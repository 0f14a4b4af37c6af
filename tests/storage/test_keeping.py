"""Leases, forgetting, and checking the promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from databases import Clock
from storage_scene import CALL, MINUTE, NOW, a_lead, door, event, manager, put, received

from leads.changes import Changes, End, Settle, ToManager, View
from leads.model import Entry, LeadState, Reminder, ReminderKind
from storage.store import Store

DAY = timedelta(days=1)


async def test_a_lease_has_one_holder(store: Store, clock: Clock) -> None:
    assert await store.lease(["reaper", "poller"], "a", 10) == {"reaper", "poller"}
    assert await store.lease(["reaper", "other"], "b", 10) == {"other"}
    clock.move(timedelta(seconds=9))
    assert await store.lease(["reaper"], "a", 10) == {"reaper"}
    clock.move(timedelta(seconds=9))
    assert await store.lease(["reaper", "poller"], "b", 10) == {"poller"}
    clock.move(timedelta(seconds=2))
    assert await store.lease(["reaper"], "b", 10) == {"reaper"}
    await store.release_leases("a")
    assert await store.lease(["reaper", "poller"], "a", 10) == set()
    await store.release_leases("b")
    assert await store.lease(["reaper", "poller"], "a", 10) == {"reaper", "poller"}
    assert await store.lease([], "a", 10) == set()


async def test_what_is_finished_is_forgotten_in_time_and_nothing_else(store: Store, clock: Clock) -> None:
    source = await door(store)
    form = replace(event(), content_key="h1")
    ids = await received(store, source, *(event(f"e{n}", f"c{n}") for n in range(3)), form)
    parked = await store.accept(source.id, CALL, [], [(b"\xff", "bad")])
    claimed = await store.claim_events("me", 9)
    notice = ToManager(View.SAY, 1)
    await put(store, notice, settle=Settle("inbox", ids[0], claimed[0].attempt))
    (sent,) = await store.claim_outbox("managers", "me", 9)
    await put(store, settle=Settle("outbox", sent.id, sent.attempt))
    clock.move(29 * DAY)
    await store.commit(Changes(settle=Settle("inbox", ids[1], claimed[1].attempt)))
    assert await store.purge(clock(), 30 * DAY, 2) == 2  # only what was seen, past its window
    clock.move(2 * DAY)
    assert await store.purge(clock(), 30 * DAY, 2) == 3  # an event, a message, the call of the four
    left = await store._db.rows("SELECT id FROM inbox ORDER BY id")
    assert [row["id"] for row in left] == [*ids[1:], *parked.ids]
    assert await store.raw_of(parked.ids[0]) is not None
    assert await store.purge(clock(), 30 * DAY, 2) == 0


async def test_spam_is_forgotten_and_what_waits_for_a_person_is_not(store: Store, clock: Clock) -> None:
    source = await door(store)
    spam = [event(f"e{n}", f"c{n}", suspicion="honeypot") for n in range(5)]
    receipt = await store.accept(source.id, CALL, spam, [(b"\xff", "bad")])
    *kept, unreadable = receipt.ids
    assert await store.replay(kept[0])
    (row,) = await store.claim_events("me", 9)
    await store.commit(Changes(settle=Settle("inbox", row.inbox_id, row.attempt, End.PARKED, "boom")))
    clock.move(29 * DAY)
    assert await store.purge(clock(), 30 * DAY, 2) == 1  # only what was seen, past its window
    clock.move(2 * DAY)
    assert await store.purge(clock(), 30 * DAY, 2) == 4
    assert {row.id for row in await store.parked()} == {kept[0], unreadable}
    assert await store.raw_of(unreadable) is not None
    assert await broken(store, clock) == {}


async def test_no_step_holds_anybody_up(store: Store, clock: Clock) -> None:
    """However much there is to forget, a statement takes no more than it was told to."""
    source = await door(store)
    await store.accept(source.id, CALL, [event(f"e{n}", f"c{n}", suspicion="x") for n in range(7)])
    clock.move(31 * DAY)
    taken: list[int] = []
    rows = type(store._db).rows

    async def counted(self: Any, sql: str, *args: Any, **more: Any) -> list[dict[str, Any]]:
        found = await rows(self, sql, *args, **more)
        taken.append(len(found))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(store._db), "rows", counted)
        assert await store.purge(clock(), 30 * DAY, 3) == 8
    assert max(taken) == 3


async def broken(store: Store, clock: Clock) -> dict[str, tuple[int, ...]]:
    return {name: ids for name, ids in (await store.watching.promises(clock())).items() if ids}


async def test_a_sound_database_keeps_every_promise(store: Store, clock: Clock) -> None:
    source = await door(store)
    assert await broken(store, clock) == {}
    ids = await received(store, source, event("e1"), event("e2"))
    (row,) = await store.claim_events("me", 9)
    told = Entry(-9, NOW, "received", lead_id=-4, inbox_id=ids[0])
    await put(store, *a_lead(source), told, settle=Settle("inbox", ids[0], row.attempt))
    assert await broken(store, clock) == {}


async def test_each_broken_promise_is_told_with_its_ids(store: Store, clock: Clock) -> None:
    source = await door(store)
    ids = await received(store, source, *(event(f"e{n}") for n in range(4)))
    known = await put(store, manager(), *a_lead(source)[:3])
    lead = replace(a_lead(source)[3], contact_id=known[-1], via=None, state=LeadState.ASSIGNED)  # type: ignore[call-arg]
    reminder = Reminder(-6, -4, ReminderKind.MANUAL, NOW + MINUTE)
    fired = [Entry(-n, NOW, "reminded", lead_id=-4, data={"reminder": 5}) for n in (7, 8)]
    known = await put(store, lead, reminder, *fired)
    await store._db.rows("UPDATE inbox SET state = 'done' WHERE id = $1", ids[1])
    await store._db.rows("UPDATE inbox SET state = 'done', ended_at = 1 WHERE id = $1", ids[2])
    clock.move(timedelta(hours=1))
    assert await broken(store, clock) == {
        "stuck-inbox": (ids[0], ids[3]),
        "order-inbox": (ids[1], ids[2]),
        "ends-inbox": (ids[1],),
        "vanished-inbox": (ids[1], ids[2]),
        "unshown": (known[-4],),
        "fired-twice": (known[-4],),
        "unfired": (known[-6],),
    }

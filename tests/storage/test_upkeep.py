"""What operators see and do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from databases import Clock
from storage_scene import CALL, NOW, door, event, put, received

from leads.changes import Changes, End, Settle, ToManager, View
from leads.events import Receipt
from storage import upkeep
from storage.rows import Depth, RawPiece
from storage.store import Store


async def park(store: Store, reason: str = "boom") -> int:
    (row,) = await store.claim_events("me", 1)
    await store.commit(Changes(settle=Settle("inbox", row.inbox_id, row.attempt, End.PARKED, reason)))
    return row.inbox_id


async def test_replaying_is_idempotent(store: Store) -> None:
    source = await door(store)
    await received(store, source, event("e1"))
    parked_id = await park(store)
    found = await store.parked_one(parked_id)
    assert found is not None
    assert (found.event, found.reason, found.source_key) == (event("e1"), "boom", "shop")
    told: list[str] = []
    store.on_commit.append(told.append)
    assert [await store.replay(parked_id) for _ in range(3)] == [True, False, False]
    assert told == ["customers_in"]
    assert await store.parked_one(parked_id) is None
    (row,) = await store.claim_events("me", 9)
    assert (row.inbox_id, row.attempt, row.tries) == (parked_id, 2, 0)
    assert await store.replay(parked_id) is False
    await store.commit(Changes(settle=Settle("inbox", row.inbox_id, row.attempt)))
    assert await store.replay(parked_id) is False


async def test_all_are_replayed_but_the_unreadable_ones(store: Store) -> None:
    source = await door(store)
    spam = [event(f"e{n}", f"c{n}", suspicion="honeypot") for n in range(3)]
    receipt = await store.accept(source.id, CALL, spam, [(b"raw", "bad")])
    assert await store.replay(receipt.ids[3]) is False
    assert await store.replay_all() == 3
    assert await store.replay_all() == 0
    assert {row.event.event_id for row in await store.claim_events("me", 9)} == {"e0", "e1", "e2"}
    assert [row.id for row in await store.parked()] == [receipt.ids[3]]


async def test_an_unreadable_piece_is_replaced_by_what_can_now_be_read(store: Store) -> None:
    source = await door(store)
    call = replace(CALL, body=b'[{"id": 1}, {"id": 2')
    receipt = await store.accept(source.id, call, [event("e1")], [(b'{"id": 2', "cut off")])
    piece = await store.raw_of(receipt.ids[1])
    assert piece == RawPiece(source.id, call, b'{"id": 2')
    assert await store.raw_of(receipt.ids[0]) is None
    told: list[str] = []
    store.on_commit.append(told.append)
    replaced = await store.replace_parked(receipt.ids[1], [event("e1"), event("e2")])
    assert replaced is not None
    assert (replaced.ids[0], replaced.fresh) == (receipt.ids[0], 1)
    assert told == ["customers_in"]
    assert await store.replace_parked(receipt.ids[1], [event("e3")]) is None
    assert await store.parked() == ()


async def test_desk_updates_are_parked_with_their_content(store: Store) -> None:
    await store.accept_updates("42", [{"update_id": 1, "poll": {}}], None)
    (row,) = await store.claim_updates("me", 1)
    await store.commit(Changes(settle=Settle("inbox", row.inbox_id, row.attempt, End.PARKED, "bug")))
    (found,) = await store.parked()
    assert (found.lane, found.update, found.event) == ("desk", {"update_id": 1, "poll": {}}, None)
    assert await store.replay(found.id)


async def test_the_newest_parked_come_first(store: Store) -> None:
    source = await door(store)
    ids = await received(store, source, *(event(f"e{n}", suspicion="spam") for n in range(4)))
    assert [row.id for row in await store.parked(2)] == [ids[3], ids[2]]


async def test_counts_tell_what_waits_and_since_when(store: Store, clock: Clock) -> None:
    assert await store.counts() == dict.fromkeys(
        ("customers_in", "desk_in", "customers_out", "managers_out"), Depth()
    )
    source = await door(store)
    await received(store, source, event("e1", "a"))
    clock.move(timedelta(minutes=1))
    await received(store, source, event("e2", "b"), event("e3", "c"), event("e4", suspicion="spam"))
    await store.claim_events("me", 1)
    await put(store, ToManager(View.SAY, 5))
    counts = await store.counts()
    assert counts["customers_in"] == Depth(2, 1, 1, NOW + timedelta(minutes=1))
    assert counts["managers_out"].ready == 1
    assert counts["customers_out"] == Depth()


async def test_what_shall_wait_is_not_late(store: Store, clock: Clock) -> None:
    await put(store, ToManager(View.SAY, 5))
    (row,) = await store.claim_outbox("managers", "me", 1)
    clock.move(timedelta(minutes=1))
    await put(store, ToManager(View.CARD, 6, lead_id=1))
    later = Settle("outbox", row.id, row.attempt, End.AGAIN, "slow", after=timedelta(minutes=5))
    await store.commit(Changes(settle=later))
    assert (await store.counts())["managers_out"] == Depth(2, oldest=NOW + timedelta(minutes=1))
    clock.move(timedelta(minutes=6))
    assert (await store.counts())["managers_out"].oldest == NOW


async def test_not_more_is_counted_than_anybody_needs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "COUNTED", 2)
    await put(store, *(ToManager(View.SAY, chat) for chat in range(3)))
    assert (await store.counts())["managers_out"].ready == 2


async def test_a_ping_is_silent(store: Store) -> None:
    await store.ping()
    assert (await store.counts())["customers_in"].ready == 0  # and leaves nothing behind


async def test_a_seen_content_leaves_no_second_raw_call(store: Store) -> None:
    source = await door(store)
    form = replace(event(), content_key="h")
    receipts = [await store.accept(source.id, CALL, [form]) for _ in range(3)]
    assert receipts[2] == Receipt(receipts[0].ids, 0)
    (row,) = await store._db.rows("SELECT count(*) AS n FROM delivery")
    assert row["n"] == 1


@pytest.mark.parametrize("act", ["replay", "retry"])
async def test_what_does_not_exist_is_not_tried_again(store: Store, act: str) -> None:
    assert await (store.replay(99) if act == "replay" else store.retry(99)) is False
    assert await store.parked_one(99) is None
    assert await store.raw_of(99) is None

"""Rows to send: written with their cause, in order, coalesced, tried again by hand."""

from __future__ import annotations

import pytest
from databases import Clock
from storage_scene import NOW, door, event, put, received

from leads.changes import Changes, End, Outbound, Settle, ToCustomer, ToManager, View
from leads.errors import Conflict
from leads.events import Outgoing, Span
from storage.calls import do
from storage.database import Database
from storage.store import Store

SETTLED = [End.DONE, End.PARKED]


def args(rows: list[Outbound]) -> list[object]:
    return [row.body.args.get("n") for row in rows if isinstance(row.body, ToManager)]


def say(n: int, chat: int = 5, view: View = View.SAY, **more: object) -> ToManager:
    return ToManager(view, chat, args={"n": n}, **more)  # type: ignore[arg-type]


async def done(store: Store, row: Outbound, end: End = End.DONE, **more: object) -> None:
    await store.commit(Changes(settle=Settle("outbox", row.id, row.attempt, end, **more)))  # type: ignore[arg-type]


async def test_rows_come_back_as_written(store: Store) -> None:
    told: list[str] = []
    store.on_commit.append(told.append)
    to_manager = ToManager(View.CARD, -100500, 3, 7, 8, {"n": 1, "text": "\0"}, "card:3")
    to_customer = ToCustomer(9, 1, "c\0", Outgoing("777", "\0 hi", (Span("bold", 0, 1),), key="k"), 1, 2)
    await put(store, to_manager, to_customer)
    assert sorted(told) == ["customers_out", "managers_out"]
    (one,) = await store.claim_outbox("managers", "me", 10)
    assert (one.body, one.created_at, one.tries) == (to_manager, NOW, 0)
    (two,) = await store.claim_outbox("customers", "me", 10)
    assert two.body == to_customer


async def test_one_lead_in_one_chat_is_in_order_and_others_do_not_wait(store: Store) -> None:
    await put(store, say(1, lead_id=1), say(2, lead_id=1), say(3, lead_id=2), say(4, chat=6, lead_id=1))
    first = await store.claim_outbox("managers", "me", 10)
    assert args(first) == [1, 3, 4]
    assert await store.claim_outbox("managers", "me", 10) == []
    await done(store, first[0])
    assert args(await store.claim_outbox("managers", "me", 10)) == [2]


async def test_parts_to_one_customer_are_in_order(store: Store) -> None:
    parts = [ToCustomer(1, 1, "c", Outgoing("7", f"part {n}"), n, 3) for n in range(3)]
    await put(store, *parts, ToCustomer(2, 1, "d", Outgoing("8", "else")))
    seen = []
    while rows := await store.claim_outbox("customers", "me", 10):
        seen += [row.body.outgoing.text for row in rows if isinstance(row.body, ToCustomer)]
        for row in rows:
            await done(store, row)
    assert seen == ["part 0", "else", "part 1", "part 2"]


async def test_what_a_manager_asked_for_goes_before_refreshed_states(store: Store) -> None:
    views = [View.STATE, View.CARD_EDIT, View.CUSTOMER, View.CARD, View.SAY]
    await put(store, *(say(n, chat=n, view=view) for n, view in enumerate(views)))
    rows = await store.claim_outbox("managers", "me", 10)
    assert args(rows) == [4, 3, 2, 1, 0]
    assert [row.priority for row in rows] == [0, 1, 2, 3, 4]


async def test_destinations_can_be_left_out_or_be_the_only_ones(store: Store) -> None:
    await put(store, *(say(chat, chat=chat) for chat in (-5, 6, 7)))
    assert args(await store.claim_outbox("managers", "me", 10, without=[-5, 7])) == [6]
    assert args(await store.claim_outbox("managers", "me", 10, only={7})) == [7]
    await put(store, *(ToCustomer(1, source, "c", Outgoing("7")) for source in (1, 2)))
    (row,) = await store.claim_outbox("customers", "me", 10, without=frozenset({1}))
    assert isinstance(row.body, ToCustomer)
    assert row.body.source_id == 2
    assert await store.claim_outbox("customers", "me", 10, only=[2]) == []
    assert len(await store.claim_outbox("customers", "me", 10, without=[3, 4])) == 1


async def test_a_newer_row_takes_the_place_of_a_ready_one(store: Store) -> None:
    await put(store, say(1, coalesce="card:1"), say(2), say(3, coalesce="card:1"))
    (first,) = await store.claim_outbox("managers", "me", 10)
    assert args([first]) == [3]
    await put(store, say(4, coalesce="card:1"))  # the first is leased: this one must still be shown
    await done(store, first)
    (second,) = await store.claim_outbox("managers", "me", 10)
    await done(store, second)
    assert args([second, *await store.claim_outbox("managers", "me", 10)]) == [2, 4]


@pytest.mark.parametrize("how", ["again", "reap", "retry", "revive"])
async def test_a_row_that_would_wait_again_yields_to_the_newer_one(
    store: Store, clock: Clock, how: str
) -> None:
    await put(store, say(1, coalesce="card:1"))
    (old,) = await store.claim_outbox("managers", "me", 10)
    await put(store, say(2, coalesce="card:1"))
    if how == "again":
        await done(store, old, End.AGAIN)
    elif how == "reap":
        assert await store.release_all() == 1
    else:
        await done(store, old, End.PARKED)
        if how == "retry":
            assert await store.retry(old.id) is False
        else:
            await put(store, revive=(5,))
    assert args(await store.claim_outbox("managers", "me", 10)) == [2]
    assert await store.outbox_dead() == ()


@pytest.mark.parametrize("end", SETTLED)
async def test_a_cause_writes_its_effects_once(store: Store, end: End) -> None:
    source = await door(store)
    (inbox_id,) = await received(store, source, event("e1"))
    (row,) = await store.claim_events("me", 10)
    await put(store, say(1), say(2, chat=6), settle=Settle("inbox", inbox_id, row.attempt, end))
    rows = await store._db.rows("SELECT cause, n FROM outbox ORDER BY id")
    assert [row["n"] for row in rows] == [0, 1]
    forged = """
        INSERT INTO outbox (lane, cause, n, conv_key, conv_seq, priority, state, run_at, payload, stored_at)
        VALUES ('managers', $1, 1, 'x', 1, 0, 'ready', 0, '{}', 0)"""
    with pytest.raises(Conflict):
        await do(store._db, Database.rows, forged, rows[0]["cause"])


async def test_each_attempt_may_say_that_it_failed(store: Store) -> None:
    await put(store, ToCustomer(1, 1, "c", Outgoing("7", "hi")))
    for n in range(2):
        (row,) = await store.claim_outbox("customers", "me", 10)
        await put(store, say(n), settle=Settle("outbox", row.id, row.attempt, End.AGAIN))
    assert args(await store.claim_outbox("managers", "me", 1)) == [0]


async def test_rows_to_a_chat_that_opened_again_are_revived(store: Store) -> None:
    await put(store, say(1), say(2, chat=6))
    for row in await store.claim_outbox("managers", "me", 10):
        await done(store, row, End.PARKED, reason="blocked")
    dead = await store.outbox_dead()
    assert [(row.reason, row.tries) for row in dead] == [("blocked", 1)] * 2
    told: list[str] = []
    store.on_commit.append(told.append)
    await put(store, revive=(5, 7))
    assert told == ["managers_out"]
    (row,) = await store.claim_outbox("managers", "me", 10)
    assert (args([row]), row.tries) == ([1], 0)


async def test_dead_rows_are_sent_again_by_hand(store: Store) -> None:
    await put(store, say(1), say(2, chat=6))
    for row in await store.claim_outbox("managers", "me", 10):
        await done(store, row, End.PARKED)
    newest, oldest = await store.outbox_dead()
    assert await store.retry(newest.id) is True
    assert await store.retry(newest.id) is False
    assert await store.retry_all() == 1
    assert await store.retry_all() == 0
    assert sorted(row.id for row in await store.claim_outbox("managers", "me", 9)) == [oldest.id, newest.id]

"""Accepting: committed, once, in order, whatever it holds."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from databases import Clock
from storage_scene import CALL, door, event, received

from leads.changes import Changes, Settle
from leads.events import Receipt
from storage.store import Store


async def test_an_event_is_stored_and_claimed_as_it_came(store: Store) -> None:
    source = await door(store)
    told: list[str] = []
    store.on_commit.append(told.append)
    sent = event("e1", text="\0 ждём 🙂 \ud800", fields={"b": "2", "a": "1"})
    receipt = await store.accept(source.id, CALL, [sent])
    assert receipt.fresh == 1
    assert told == ["customers_in"]
    (row,) = await store.claim_events("me", 10)
    assert row.event == sent
    assert (row.inbox_id, row.channel, row.source_key) == (receipt.ids[0], "telegram", "shop")
    assert (row.attempt, row.tries) == (1, 0)


async def test_a_redelivery_gets_the_first_answer_and_has_no_second_effect(store: Store) -> None:
    source = await door(store)
    first = await store.accept(source.id, CALL, [event("e1"), event("e2")])
    told: list[str] = []
    store.on_commit.append(told.append)
    assert await store.accept(source.id, CALL, [event("e2"), event("e1")]) == Receipt(first.ids[::-1], 0)
    again = await store.accept(source.id, CALL, [event("e2"), event("e3"), event("e3")])
    assert again.fresh == 1
    assert again.ids[0] == first.ids[1]
    assert again.ids[1] == again.ids[2]
    assert told == ["customers_in"]


async def test_the_same_id_at_another_source_is_another_event(store: Store) -> None:
    one, two = await door(store, "one"), await door(store, "two")
    assert (await store.accept(one.id, CALL, [event("e1")])).fresh == 1
    assert (await store.accept(two.id, CALL, [event("e1")])).fresh == 1


async def test_a_hundred_at_once_are_one(store: Store) -> None:
    source = await door(store)
    receipts = await asyncio.gather(*(store.accept(source.id, CALL, [event("e1")]) for _ in range(100)))
    assert sum(receipt.fresh for receipt in receipts) == 1
    assert len({receipt.ids for receipt in receipts}) == 1


async def test_equal_content_counts_once_within_its_window(store: Store, clock: Clock) -> None:
    source = await door(store)
    form = replace(event(), content_key="h1", window=timedelta(minutes=10))
    first = await store.accept(source.id, CALL, [form, form])
    assert first.fresh == 1
    assert first.ids[0] == first.ids[1]
    clock.move(timedelta(minutes=9))
    assert await store.accept(source.id, CALL, [form]) == Receipt(first.ids[:1], 0)
    clock.move(timedelta(minutes=2))
    later = await store.accept(source.id, CALL, [form])
    assert later.fresh == 1
    assert (await store.accept(source.id, CALL, [form])).ids == later.ids


async def test_equal_content_a_hundred_times_at_once_is_one(store: Store) -> None:
    source = await door(store)
    form = replace(event(), content_key="h1")
    receipts = await asyncio.gather(*(store.accept(source.id, CALL, [form]) for _ in range(100)))
    assert sum(receipt.fresh for receipt in receipts) == 1
    assert len({receipt.ids for receipt in receipts}) == 1


async def test_events_without_any_key_are_all_new(store: Store) -> None:
    source = await door(store)
    assert (await store.accept(source.id, CALL, [event(), event()])).fresh == 2
    assert (await store.accept(source.id, CALL, [event()])).fresh == 1


async def test_spam_and_unreadable_pieces_are_parked_not_dropped(store: Store) -> None:
    source = await door(store)
    spam = event("e1", suspicion="honeypot")
    receipt = await store.accept(source.id, CALL, [spam], [(b"\xff\0raw", "not JSON")])
    assert receipt.fresh == 2
    assert await store.claim_events("me", 10) == []
    raw, suspicious = await store.parked()
    assert (raw.raw, raw.reason, raw.event) == (b"\xff\0raw", "not JSON", None)
    assert (suspicious.event, suspicious.reason) == (spam, "honeypot")
    assert (await store.accept(source.id, CALL, [spam], [(b"\xff\0raw", "x")])) == Receipt(receipt.ids, 0)


async def test_the_polls_cursor_is_stored_with_the_events(store: Store) -> None:
    source = await door(store)
    assert await store.cursor(f"source:{source.id}") == ""
    await store.accept(source.id, CALL, [event("e1")], cursor="7")
    await store.accept(source.id, CALL, [], cursor="8")
    assert await store.cursor(f"source:{source.id}") == "8"


async def test_events_of_one_conversation_take_turns(store: Store) -> None:
    source = await door(store)
    ids = await received(store, source, event("a1", "a"), event("a2", "a"), event("b1", "b"))
    claimed = await store.claim_events("me", 10)
    assert [row.inbox_id for row in claimed] == [ids[0], ids[2]]
    assert await store.claim_events("other", 10) == []
    await store.commit(Changes(settle=Settle("inbox", ids[0], claimed[0].attempt)))
    assert [row.inbox_id for row in await store.claim_events("me", 10)] == [ids[1]]


async def test_conversations_of_two_sources_do_not_wait_for_each_other(store: Store) -> None:
    one, two = await door(store, "one"), await door(store, "two")
    await received(store, one, event("a", "same"))
    await received(store, two, event("a", "same"))
    assert len(await store.claim_events("me", 10)) == 2


async def test_credentials_of_a_call_are_not_kept(store: Store) -> None:
    source = await door(store)
    headers = {"x-telegram-bot-api-secret-token": "canary", "authorization": "canary", "user-agent": "bot"}
    call = replace(CALL, headers=headers, query={"access_token": "canary", "page": "1"})
    receipt = await store.accept(source.id, call, [], [(b"x", "bad")])
    piece = await store.raw_of(receipt.ids[0])
    assert piece is not None
    assert piece.call == replace(call, headers={"user-agent": "bot"}, query={"page": "1"})


UPDATES = [
    ({"message": {"chat": {"id": 5}, "from": {"id": 1}}}, "5"),
    ({"callback_query": {"from": {"id": 1}, "message": {"chat": {"id": 5}}}}, "5"),
    ({"my_chat_member": {"chat": {"id": 5}, "from": {"id": 1}}}, "5"),
    ({"inline_query": {"from": {"id": 5}}}, "5"),
    ({"poll": {"id": "x"}}, ""),
]


@pytest.mark.parametrize(("update", "place"), UPDATES)
async def test_updates_are_in_order_within_their_chat(
    store: Store, update: dict[str, object], place: str
) -> None:
    told: list[str] = []
    store.on_commit.append(told.append)
    one = {"update_id": 1, **update}
    two = {"update_id": 2, "message": {"chat": {"id": int(place or 5)}, "text": "\0 \ud800 ё"}}
    assert await store.accept_updates("42", [one, two], "3") == 2
    assert await store.accept_updates("42", [one, two], "3") == 0
    assert await store.accept_updates("43", [], "9") == 0
    assert told == ["desk_in"]
    assert (await store.cursor("desk:42"), await store.cursor("desk:43")) == ("3", "9")
    claimed = [row.update for row in await store.claim_updates("me", 10)]
    assert claimed == ([one] if place else [one, two])


async def test_lanes_do_not_mix(store: Store) -> None:
    source = await door(store)
    await received(store, source, event("e1"))
    await store.accept_updates("42", [{"update_id": 1}], None)
    assert len(await store.claim_updates("me", 10)) == 1
    assert len(await store.claim_events("me", 10)) == 1


async def test_a_payload_nobody_can_read_is_parked_alone(store: Store) -> None:
    source = await door(store)
    ids = await received(store, source, event("e1", "a"), event("e2", "b"))
    bad = json.dumps({"kind": "no such kind"})
    await store._db.rows("UPDATE inbox SET payload = $1 WHERE id = $2", bad, ids[0])
    assert [row.inbox_id for row in await store.claim_events("me", 10)] == [ids[1]]
    assert (await store.counts())["customers_in"].dead == 1

"""Changes: all or nothing, and whoever was faster wins."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from databases import Clock
from storage_scene import MINUTE, NOW, a_lead, door, event, manager, put, received

from leads.changes import Changes, Row, Settle, ToCustomer, ToManager, TurnTaken, View
from leads.errors import Conflict, LostLease
from leads.events import Outgoing
from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    DeskMessage,
    DeskThread,
    DeskUse,
    Direction,
    Entry,
    Identity,
    Invite,
    Lead,
    LeadState,
    Message,
    PointKind,
    Reminder,
    ReminderKind,
    ReminderState,
    Role,
)
from leads.ports import LeadSnapshot
from storage.store import Store


async def written(store: Store) -> dict[str, int]:
    """How many rows each table has."""
    count = "SELECT count(*) AS n FROM {table}"
    tables = ["contact", "identity", "conversation", "lead", "message", "reminder", "journal", "outbox"]
    found = {}
    for table in tables:
        (row,) = await store._db.rows(count.replace("{table}", table))
        found[table] = row["n"]
    return found


async def snapshot(store: Store, lead_id: int) -> LeadSnapshot:
    seen = await store.lead_snapshot(lead_id)
    assert seen is not None
    return seen


async def test_negative_ids_become_true_ones_wherever_they_are_named(store: Store) -> None:
    source = await door(store)
    ids = await put(
        store,
        *a_lead(source),
        Message(-6, -4, Direction.OUT, NOW, reply_to_id=-5, conversation_id=-3),
        DeskThread(-7, -4, chat_id=-3, topic_id=1),  # a group's id is no id of ours
        DeskMessage(-8, -3, 44, -4, DeskUse.CARD, message_id=-5),
        ToManager(View.CARD, -3, lead_id=-4, args={"message": -5, "page": 2, "group": -1000, "key": "-4"}),
        ToCustomer(-6, source.id, "c1", Outgoing("777", "hi")),
        Entry(-9, NOW, "routed", lead_id=-4, data={"n": -4}),
    )
    assert all(row_id > 0 for row_id in ids.values())
    answer = await store.message(ids[-6])
    assert answer is not None
    assert (answer.reply_to_id, answer.conversation_id) == (ids[-5], ids[-3])
    seen = await snapshot(store, ids[-4])
    assert seen.lead.via == ids[-3]
    assert seen.threads[0].chat_id == -3
    assert await store.lead_at(-3, None, 44) == ids[-4]
    (card,) = await store.claim_outbox("managers", "me", 10)
    assert card.body == ToManager(
        View.CARD, -3, ids[-4], args={"message": ids[-5], "page": 2, "group": -1000, "key": "-4"}
    )
    (answer_row,) = await store.claim_outbox("customers", "me", 10)
    assert isinstance(answer_row.body, ToCustomer)
    assert answer_row.body.message_id == ids[-6]
    assert [entry.kind for entry in await store.journal(ids[-4])] == ["routed"]


async def test_a_row_that_does_not_stand_before_is_our_mistake(store: Store) -> None:
    source = await door(store)
    with pytest.raises(LookupError):
        await put(store, *a_lead(source)[1:])
    assert set((await written(store)).values()) == {0}


async def test_nothing_is_written_when_the_last_row_fails(store: Store) -> None:
    source = await door(store)
    (row_id,) = await received(store, source, event("e1"))
    (row,) = await store.claim_events("me", 1)
    told: list[str] = []
    store.on_commit.append(told.append)
    rows: tuple[Row, ...] = (*a_lead(source), ToManager(View.CARD, 5), Entry(-6, NOW, "x"))
    settle = Settle("inbox", row_id, row.attempt)
    with pytest.raises(Conflict):
        await put(store, *rows, Message(-7, 999, Direction.IN, NOW), settle=settle)
    assert set((await written(store)).values()) == {0}
    assert told == []
    await put(store, *rows, settle=settle)  # the row is still ours
    assert told == ["managers_out"]


TAKEN: list[Row] = [
    Identity(-1, 1, "telegram", 1, "u1", NOW),
    Conversation(-1, 1, 1, "telegram", "c-u1", "777", NOW),
    Lead(-1, 1, 1, "telegram", LeadState.ASSIGNED, NOW),
    ContactPoint(-1, 1, PointKind.EMAIL, "a@example.org"),
    DeskMessage(-1, 5, 44, 1, DeskUse.NOTE),
    DeskThread(-1, 1, 5, topic_id=9),
    Invite(-1, "ab", Role.HEAD, NOW, NOW),
    manager(100, "Somebody else"),
]


@pytest.mark.parametrize("row", TAKEN, ids=lambda row: type(row).__name__)
async def test_what_is_unique_stays_unique(store: Store, row: Row) -> None:
    source = await door(store)
    assert source.id == 1
    await put(
        store,
        *a_lead(source),
        ContactPoint(-6, -1, PointKind.EMAIL, "a@example.org"),
        DeskMessage(-7, 5, 44, -4, DeskUse.CARD),
        DeskThread(-8, -4, 5, topic_id=7),
        Invite(-9, "ab", Role.MANAGER, NOW, NOW),
        replace(manager(100), id=-10),
    )
    with pytest.raises(Conflict):
        await put(store, row)


async def test_what_may_be_twice_may(store: Store) -> None:
    source = await door(store)
    ids = await put(store, *a_lead(source))
    closed = Lead(-1, ids[-1], source.id, "telegram", LeadState.SPAM, NOW)
    await put(store, closed, replace(closed, id=-2))
    await put(store, DeskThread(-1, ids[-4], 5), DeskThread(-2, ids[-4], 5, active=False))
    other = await put(store, *a_lead(source, external_id="u2"))
    await put(store, ContactPoint(-1, ids[-1], PointKind.PHONE, "+1"))
    await put(store, ContactPoint(-1, other[-1], PointKind.PHONE, "+1"))
    assert other[-1] != ids[-1]


async def test_of_two_that_read_the_same_row_one_must_read_again(store: Store) -> None:
    source = await door(store)
    ids = await put(store, *a_lead(source))
    seen = await snapshot(store, ids[-4])
    await put(store, replace(seen.lead, state=LeadState.ACTIVE))
    with pytest.raises(Conflict):
        await put(store, replace(seen.lead, state=LeadState.LOST))
    await put(store, replace(seen.contact, name="New"))
    with pytest.raises(Conflict):
        await put(store, replace(seen.contact, name="Newer"))
    now = await snapshot(store, ids[-4])
    assert (now.lead.state, now.lead.version) == (LeadState.ACTIVE, seen.lead.version + 1)
    assert (now.contact.name, now.contact.version) == ("New", seen.contact.version + 1)
    await put(store, replace(now.lead, state=LeadState.LOST))
    message = await store.message(ids[-5])
    assert message
    await put(store, replace(message, external_id="m2"))
    with pytest.raises(Conflict):
        await put(store, replace(message, text="Changed"))
    assert await store.message(ids[-5]) == replace(message, external_id="m2", version=message.version + 1)


async def test_of_fifty_at_once_one_opens_the_lead(store: Store) -> None:
    source = await door(store)
    contact = (await put(store, Contact(-1, "A", NOW, NOW)))[-1]
    lead = Lead(-1, contact, source.id, "telegram", LeadState.WAITING, NOW)
    tried = await asyncio.gather(*(put(store, lead) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(one, dict) for one in tried) == 1
    assert sum(isinstance(one, Conflict) for one in tried) == 49
    assert len(await store.open_leads(None, 9)) == 1


async def test_a_row_that_is_gone_cannot_be_replaced(store: Store) -> None:
    with pytest.raises(Conflict):
        await put(store, replace(manager(), id=77))


async def test_a_reminder_fires_once(store: Store) -> None:
    source = await door(store)
    ids = await put(store, *a_lead(source), Reminder(-6, -4, ReminderKind.MANUAL, NOW))
    waiting = await store.reminder(ids[-6])
    assert waiting is not None
    fired = replace(waiting, state=ReminderState.FIRED, fired_at=NOW)
    tried = await asyncio.gather(
        *(put(store, fired, ToManager(View.REMINDER, 5)) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(one, Conflict) for one in tried) == 9
    assert (await store.counts())["managers_out"].ready == 1
    await put(store, replace(fired, state=ReminderState.WAITING, due_at=NOW + MINUTE))  # snoozed
    await put(store, fired)


async def test_cancelling_ends_only_what_waits(store: Store) -> None:
    source = await door(store)
    ids = await put(
        store,
        *a_lead(source),
        Reminder(-6, -4, ReminderKind.MANUAL, NOW),
        Reminder(-7, -4, ReminderKind.MANUAL, NOW, state=ReminderState.FIRED),
    )
    await store.commit(Changes(cancel=(ids[-6], ids[-7])))
    states = [one.state for one in ((await store.reminder(ids[-6])), (await store.reminder(ids[-7]))) if one]
    assert states == [ReminderState.CANCELLED, ReminderState.FIRED]


async def test_an_invite_is_used_once(store: Store) -> None:
    one = (await put(store, manager(1)))[-1]
    two = (await put(store, manager(2)))[-1]
    await put(store, Invite(-1, "ab", Role.MANAGER, NOW, NOW + MINUTE))
    invite = await store.invite("ab")
    assert invite is not None
    await put(store, replace(invite, used_by=one))
    with pytest.raises(Conflict):
        await put(store, replace(invite, used_by=two))


async def test_a_turn_changes_nothing_else_of_the_manager(store: Store) -> None:
    await put(store, manager(1))
    ann = await store.manager_by_telegram(1)
    assert ann is not None
    await put(store, replace(ann, on_shift=False))
    await put(store, TurnTaken(ann.id, NOW))
    assert await store.manager_by_telegram(1) == replace(ann, on_shift=False, last_lead_at=NOW)


async def test_a_task_that_is_started_meanwhile_is_not_in_our_transaction(store: Store, clock: Clock) -> None:
    """Tortoise hands an open transaction to every task made inside it; ours is passed by hand instead."""
    source = await door(store)
    hooked: list[asyncio.Task[dict[int, int]]] = []
    store.on_commit.append(
        lambda queue: (
            hooked.append(asyncio.create_task(put(store, *a_lead(source, external_id="u9"))))
            if not hooked
            else None
        )
    )
    await put(store, ToManager(View.SAY, 5))
    await hooked[0]
    assert (await written(store))["lead"] == 1


async def test_many_decisions_share_a_transaction_and_one_bad_one_costs_only_itself(store: Store) -> None:
    source = await door(store)
    inbox = await received(store, source, *(event(f"e{n}", f"c{n}") for n in range(4)))
    claimed = await store.claim_events("me", 10)
    told: list[str] = []
    store.on_commit.append(told.append)

    def decision(n: int, attempt: int) -> Changes:
        notice = ToManager(View.CARD, 100, -4)
        rows = (*a_lead(source, external_id=f"u{n}"), notice)
        return Changes(put=rows, settle=Settle("inbox", inbox[n], attempt))

    first = await store.commit_many([decision(n, claimed[n].attempt) for n in (0, 1)])
    assert all(isinstance(ids, dict) and len(ids) == 5 for ids in first)
    assert set(told) == {"managers_out"}
    fine, stale, lost, whole = await store.commit_many(
        [
            decision(2, claimed[2].attempt),
            Changes(put=(Contact(9_999, "nobody", NOW, NOW, version=3),)),
            decision(3, claimed[3].attempt + 1),
            Changes(put=a_lead(source, external_id="u9")),
        ]
    )
    assert isinstance(fine, dict)
    assert isinstance(whole, dict)
    assert isinstance(stale, Conflict)
    assert isinstance(lost, LostLease)
    leads = [ids[-4] for ids in (*first, fine, whole) if isinstance(ids, dict)]
    assert [line.lead.id for line in await store.open_leads(None, 10)] == sorted(leads)
    assert (await store.counts())["customers_in"].leased == 1
    assert [row.body.lead_id for row in await store.claim_outbox("managers", "me", 9)] == leads[:3]
    assert await store.commit_many([]) == []

"""The heads hear of replies that were given up: once, as a list, and not too often."""

from __future__ import annotations

from datetime import timedelta

from databases import Clock

from app.unsent import GivenUp
from leads.changes import Changes, End, Settle, ToCustomer, ToManager
from leads.events import Outgoing
from leads.model import Contact, Direction, Lead, LeadState, Manager, Message, MessageState, Role
from storage.store import Store


async def given_up(store: Store, clock: Clock, state: MessageState = MessageState.FAILED) -> None:
    """A lead whose reply was parked."""
    source = (await store.sources())[0]
    ids = await store.commit(
        Changes(
            put=(
                Contact(-1, "Kim", clock(), clock()),
                Lead(-2, -1, source.id, "telegram", LeadState.ACTIVE, clock()),
                Message(-3, -2, Direction.OUT, clock(), text="yes", state=state),
            )
        )
    )
    await store.commit(Changes(put=(ToCustomer(ids[-3], source.id, "c", Outgoing("7", "yes")),)))
    (row,) = await store.claim_outbox("customers", "me", 1)
    await store.commit(Changes(settle=Settle("outbox", row.id, row.attempt, End.PARKED, "blocked: 403")))


async def told(store: Store) -> list[tuple[int, object]]:
    """(chat, list) of what the managers' queue holds; it is empty afterwards."""
    rows = await store.claim_outbox("managers", "me", 10)
    for row in rows:
        await store.commit(Changes(settle=Settle("outbox", row.id, row.attempt)))
    return [(row.body.chat_id, row.body.args["list"]) for row in rows if isinstance(row.body, ToManager)]


async def opened(store: Store) -> Store:
    await store.add_source("telegram", "shop", {"token": "1:x"})
    people = (Manager(-1, 101, "Vera", Role.OWNER), Manager(-2, 102, "Ann"))
    await store.commit(Changes(put=people))
    return store


async def test_heads_are_told_once_and_then_not_within_the_hour(store: Store, clock: Clock) -> None:
    notice = GivenUp(await opened(store), clock)
    await notice.tell()
    await given_up(store, clock)
    await notice.tell()
    assert await told(store) == [(101, "#1 (blocked: 403)")]
    await given_up(store, clock)
    await given_up(store, clock)
    await notice.tell()
    assert await told(store) == []
    clock.move(timedelta(hours=1))
    await notice.tell()
    await notice.tell()
    assert await told(store) == [(101, "#3 (blocked: 403); #2 (blocked: 403)")]


async def test_what_went_by_another_try_or_was_told_before_the_start_is_left_out(
    store: Store, clock: Clock
) -> None:
    await given_up(await opened(store), clock)
    notice = GivenUp(store, clock)
    await notice.tell()
    await given_up(store, clock, MessageState.SENT)
    await notice.tell()
    assert await told(store) == []

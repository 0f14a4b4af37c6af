"""What has happened in the world is noted, however long the store is away: dropped, it would happen twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from desks import Desk

from leads import delivery, reply
from leads.changes import Changes, End, Outbound, Row, ToManager, View
from leads.errors import LostLease, StoreUnavailable
from leads.events import Sent
from leads.model import DeskMessage, DeskUse, Message, MessageState


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.writing.BACK", 0)


def away(desk: Desk, monkeypatch: pytest.MonkeyPatch, times: int = 5) -> None:
    """From now on so many commits find no database."""
    true, left = desk.store.commit, iter(range(times))

    async def commit(changes: Changes) -> Mapping[int, int]:
        for _ in left:
            raise StoreUnavailable("away")
        return await true(changes)

    monkeypatch.setattr(desk.store, "commit", commit)


async def replied(desk: Desk) -> Outbound:
    ann = desk.manager("Ann")
    await desk.writes("kim")
    await reply.send(desk.store, desk.act(ann), desk.lead().id, desk.draft(ann, "yes"))
    (row,) = desk.rows()
    return row


async def test_a_reply_that_went_is_noted_when_the_store_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    row, sends = await replied(desk), []

    async def send(row: Outbound) -> Sent:
        sends.append(row.id)
        away(desk, monkeypatch)
        return Sent("o1")

    assert await delivery.deliver(desk.store, row, send, desk.now, desk.rules) is None
    message: Message = desk.store.all(Message)[-1]
    assert (sends, message.state, message.external_id) == ([row.id], MessageState.SENT, "o1")
    assert desk.store.settled[-1].end is End.DONE


async def test_a_card_that_was_shown_is_noted_when_the_store_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, card = Desk(), DeskMessage(-1, 11, 501, 1, DeskUse.CARD)
    desk.store.leases["outbox", 9] = 1
    row = Outbound(9, 1, 0, desk.now, ToManager(View.CARD, 11, 1))

    async def render(row: Outbound) -> Sequence[Row]:
        away(desk, monkeypatch)
        return (card,)

    assert await delivery.show(desk.store, row, render, desk.now, desk.rules) is None
    assert desk.store.only(DeskMessage).desk_id == 501
    assert desk.store.settled[-1].id == 9


async def test_whoever_claimed_the_row_meanwhile_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    row = await replied(desk)

    async def send(row: Outbound) -> Sent:
        away(desk, monkeypatch)
        desk.store.leases["outbox", row.id] = row.attempt + 1
        return Sent("o1")

    with pytest.raises(LostLease):
        await delivery.deliver(desk.store, row, send, desk.now, desk.rules)

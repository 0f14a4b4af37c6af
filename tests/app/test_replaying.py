"""Trying parked events again: in their order, once, and what still cannot be read stays where it is."""

from __future__ import annotations

import json

import pytest
from databases import Clock

from app.replay import Replayed, replay
from app.settings import FixedSettings
from channels.kit.contract import Source
from channels.kit.discover import channels
from channels.web_form.schema import Settings as FormSettings
from leads.changes import Arrived, Changes, End, Settle
from leads.events import Call, Inbound, Kind, Sender
from storage.rows import SourceRow
from storage.store import Store

BOT = {"token": "100200301:shop-token-for-tests-only-000000", "secret": "a-webhook-secret-of-tests"}
SETTINGS = FixedSettings()
FAR = 10**6


@pytest.fixture
async def shop(store: Store) -> SourceRow:
    return await store.add_source("telegram", "shop", BOT)


def update(number: int, text: str) -> bytes:
    user = {"id": 201, "is_bot": False, "first_name": "Anton"}
    chat = {"id": 201, "type": "private"}
    message = {"message_id": number, "date": 1772442000, "chat": chat, "from": user, "text": text}
    return json.dumps({"update_id": number, "message": message}).encode()


def called(body: bytes, clock: Clock) -> Call:
    return Call("POST", {"content-type": "application/json"}, {}, body, clock())


async def unread(store: Store, source: SourceRow, body: bytes, clock: Clock) -> int:
    """Park a piece that nobody could read; its number."""
    return (await store.accept(source.id, called(body, clock), [], [(body, "text.date: odd")])).ids[0]


async def suspicious(store: Store, source: SourceRow, number: int, clock: Clock) -> int:
    event = Inbound(
        Kind.MESSAGE, Sender("201", "Anton"), "c", f"e{number}", text=f"text {number}", suspicion="honeypot"
    )
    return (await store.accept(source.id, called(b"{}", clock), [event])).ids[0]


async def waiting(store: Store) -> list[Arrived]:
    """What the workers get now, one after the other; each is done at once."""
    got: list[Arrived] = []
    while rows := await store.claim_events("test", 50):
        for row in rows:
            got.append(row)
            await store.commit(Changes(settle=Settle("inbox", row.inbox_id, row.attempt)))
    return got


async def test_a_readable_one_is_handled_as_it_is(store: Store, shop: SourceRow, clock: Clock) -> None:
    parked = await suspicious(store, shop, 1, clock)
    assert await waiting(store) == []
    assert await replay(store, SETTINGS, parked) == Replayed(replayed=1)
    assert [row.event.text for row in await waiting(store)] == ["text 1"]
    assert await store.parked() == ()


async def test_replaying_twice_handles_once(store: Store, shop: SourceRow, clock: Clock) -> None:
    parked = await suspicious(store, shop, 1, clock)
    await replay(store, SETTINGS, parked)
    again = await replay(store, SETTINGS, parked)
    assert again.unknown
    assert again.replayed == 0
    assert len(await waiting(store)) == 1
    assert (await replay(store, SETTINGS, parked)).unknown


async def test_what_could_not_be_read_goes_through_todays_reader(
    store: Store, shop: SourceRow, clock: Clock
) -> None:
    parked = await unread(store, shop, update(7, "Ciao"), clock)
    assert (await replay(store, SETTINGS, parked)).replayed == 1
    (row,) = await waiting(store)
    assert (row.event.text, row.event.sender.name, row.source_key) == ("Ciao", "Anton", "shop")
    assert await store.parked() == ()


async def test_an_event_that_came_again_meanwhile_is_not_doubled(
    store: Store, shop: SourceRow, clock: Clock
) -> None:
    parked = await unread(store, shop, update(7, "Ciao"), clock)
    await replay(store, SETTINGS, parked)
    channel = channels()["telegram"]
    call = called(update(7, "Ciao"), clock)
    source = Source(shop.id, "telegram", "shop", channel.settings.model_validate(BOT))
    events = [item for item in channel.parse(source, call) if isinstance(item, Inbound)]
    assert (await store.accept(shop.id, call, events)).fresh == 0
    assert len(await waiting(store)) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[]", "nothing in it is an event"),
        (b'{"update_id": 5}', "nothing in it is an event"),
        (b"\xff\xfe nonsense", ""),
    ],
)
async def test_what_still_cannot_be_read_stays_parked_and_says_why(
    store: Store, shop: SourceRow, clock: Clock, body: bytes, why: str
) -> None:
    parked = await unread(store, shop, body, clock)
    result = await replay(store, SETTINGS, parked)
    ((number, said),) = result.unread
    assert number == parked
    assert said.strip()
    assert why in said
    assert (result.replayed, result.unknown) == (0, False)
    assert [row.id for row in await store.parked()] == [parked]
    assert await waiting(store) == []


async def test_of_a_closed_source_nothing_can_be_read_anew(
    store: Store, shop: SourceRow, clock: Clock
) -> None:
    parked = await unread(store, shop, update(7, "Ciao"), clock)
    await store.remove_source("shop")
    result = await replay(store, SETTINGS, parked)
    assert result.unread == [(parked, "its source was closed")]
    assert len(await store.parked()) == 1
    await store.add_source("telegram", "shop", BOT)
    assert (await replay(store, SETTINGS, parked)).replayed == 1


async def test_all_are_tried_and_one_bad_one_stops_nobody(
    store: Store, shop: SourceRow, clock: Clock
) -> None:
    await suspicious(store, shop, 1, clock)
    bad = await unread(store, shop, b"[]", clock)
    await unread(store, shop, update(9, "Ciao"), clock)
    result = await replay(store, SETTINGS, None)
    assert result.replayed == 2
    assert [number for number, _ in result.unread] == [bad]
    assert {row.event.text for row in await waiting(store)} == {"text 1", "Ciao"}
    assert [row.id for row in await store.parked()] == [bad]


async def test_all_of_one_conversation_come_in_the_order_in_which_they_were_stored(
    store: Store, shop: SourceRow, clock: Clock
) -> None:
    for number in range(1, 6):
        await unread(store, shop, update(number, f"line {number}"), clock)
    assert (await replay(store, SETTINGS, None)).replayed == 5
    assert [row.event.text for row in await waiting(store)] == [f"line {number}" for number in range(1, 6)]


async def test_a_worker_that_is_quick_takes_the_oldest_first(
    store: Store, shop: SourceRow, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service runs beside the command: it may take a row as soon as that one is on its way."""
    for number in range(1, 4):
        await suspicious(store, shop, number, clock)
    taken: list[str] = []
    real = Store.replay

    async def replayed(self: Store, inbox_id: int) -> bool:
        done = await real(self, inbox_id)
        taken.extend(row.event.text for row in await waiting(store))
        return done

    monkeypatch.setattr(Store, "replay", replayed)
    await replay(store, SETTINGS, None)
    assert taken == ["text 1", "text 2", "text 3"]


async def test_all_means_all(store: Store, shop: SourceRow, clock: Clock) -> None:
    events = [
        Inbound(Kind.MESSAGE, Sender("201"), f"c{number}", f"e{number}", suspicion="honeypot")
        for number in range(230)
    ]
    await store.accept(shop.id, called(b"{}", clock), events)
    assert (await replay(store, SETTINGS, None)).replayed == 230
    assert await store.parked() == ()


async def test_of_nothing_nothing_is_replayed(store: Store) -> None:
    assert (await replay(store, SETTINGS, None)).replayed == 0
    assert (await replay(store, SETTINGS, FAR)).unknown


async def test_what_was_given_up_by_our_own_code_is_tried_again(
    store: Store, shop: SourceRow, clock: Clock
) -> None:
    event = Inbound(Kind.MESSAGE, Sender("201"), "c", "e1", text="poison")
    await store.accept(shop.id, called(b"{}", clock), [event])
    (row,) = await store.claim_events("test", 1)
    await store.commit(
        Changes(settle=Settle("inbox", row.inbox_id, row.attempt, End.PARKED, "ValueError: no"))
    )
    assert (await replay(store, SETTINGS, row.inbox_id)).replayed == 1
    (again,) = await waiting(store)
    assert again.inbox_id == row.inbox_id
    assert again.attempt > row.attempt
    assert again.tries == 0, "its tries begin anew"


async def test_a_managers_update_is_tried_again_too(store: Store) -> None:
    await store.accept_updates("100", [{"update_id": 1, "message": {"chat": {"id": 5}}}], "2")
    (row,) = await store.claim_updates("test", 1)
    await store.commit(Changes(settle=Settle("inbox", row.inbox_id, row.attempt, End.PARKED, "KeyError")))
    assert (await replay(store, SETTINGS, None)).replayed == 1
    (again,) = await store.claim_updates("test", 1)
    assert again.update["update_id"] == 1


async def test_one_that_nobody_could_read_may_hold_several_events(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = await store.add_source("web_form", "form", FormSettings().model_dump(mode="json"))
    parked = await unread(store, form, b"{}", clock)
    two = [Inbound(Kind.FORM, Sender(), "c", f"e{number}", text=f"part {number}") for number in (1, 2)]
    monkeypatch.setattr(channels()["web_form"], "parse", lambda source, call: two)
    assert (await replay(store, SETTINGS, parked)).replayed == 1
    assert [row.event.text for row in await waiting(store)] == ["part 1", "part 2"]

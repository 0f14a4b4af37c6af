"""Sources and managers, as the commands add and remove them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from databases import SECRET, Clock
from storage_scene import NOW, door, event, received

from leads.model import Role
from storage.errors import KeyTaken, UnknownSource, WrongSecret
from storage.rows import SourceRow
from storage.secrets import Box
from storage.store import Store


async def test_a_source_is_read_back_in_the_clear(store: Store) -> None:
    made = await store.add_source("telegram", "shop", {"token": "1:канарейка", "n": 3})
    assert made == SourceRow(made.id, "telegram", "shop", {"token": "1:канарейка", "n": 3})
    assert await store.sources() == (made,)
    assert await store.source("shop") == made
    assert await store.source("else") is None


async def test_credentials_are_not_in_the_database(store: Store) -> None:
    await store.add_source("telegram", "shop", {"token": "canary-one"})
    await store.rotate("shop", {"token": "canary-two"}, NOW)
    rows = await store._db.rows("SELECT * FROM source")
    assert "canary" not in str(rows)
    assert SECRET not in str(await store._db.rows("SELECT * FROM meta"))


async def test_a_key_is_taken_once(store: Store) -> None:
    await door(store)
    with pytest.raises(KeyTaken, match="shop"):
        await store.add_source("telegram", "shop", {})
    await store.remove_source("shop")
    with pytest.raises(KeyTaken):
        await store.add_source("web_form", "shop", {})


async def test_rotation_keeps_the_former_settings_until_their_date(store: Store) -> None:
    await door(store)
    until = NOW + timedelta(days=7)
    rotated = await store.rotate("shop", {"token": "new"}, until)
    assert rotated.settings == {"token": "new"}
    assert rotated.previous == {"token": "canary-shop"}
    assert rotated.previous_until == until
    assert await store.sources() == (rotated,)


async def test_a_removed_source_keeps_its_history_and_may_come_back(store: Store) -> None:
    source = await door(store)
    await store.rotate("shop", {"token": "new"}, NOW)
    ids = await received(store, source, event("e1"))
    assert (await store.remove_source("shop")).removed
    assert await store.sources() == ()
    assert await store.source("shop") is None
    assert [one.removed for one in await store.sources(removed=True)] == [True]
    (waiting,) = await store.claim_events("me", 9)
    assert waiting.source_key == "shop"
    back = await store.add_source("telegram", "shop", {"token": "x"})
    assert back == SourceRow(source.id, "telegram", "shop", {"token": "x"})
    assert await received(store, back, event("e1")) == ids


@pytest.mark.parametrize("act", ["rotate", "remove"])
async def test_an_unknown_source_is_said_so(store: Store, act: str) -> None:
    with pytest.raises(UnknownSource, match="nobody"):
        await (store.rotate("nobody", {}, NOW) if act == "rotate" else store.remove_source("nobody"))


def test_settings_closed_with_another_key_stay_closed() -> None:
    other = Box("QW5vdGhlciBrZXkgZm9yIHRlc3RzLCAzMiBieXRlcy4=")
    with pytest.raises(WrongSecret):
        other.open(Box(SECRET).close({"a": 1}))


async def test_a_manager_is_added_changed_removed_and_back(store: Store, clock: Clock) -> None:
    ann = await store.add_manager(7, "Ann", on_shift=False)
    assert ann == await store.manager_by_telegram(7)
    assert (ann.role, ann.on_shift, ann.active) == (Role.MANAGER, False, True)
    head = await store.add_manager(7, "Ann B.", Role.HEAD, "north")
    assert (head.id, head.role, head.team, head.on_shift) == (ann.id, Role.HEAD, "north", False)
    assert await store.managers() == (head,)
    gone = await store.remove_manager(7)
    assert gone is not None
    assert not gone.active
    assert await store.remove_manager(7) is None
    assert await store.managers() == ()
    assert await store.managers(removed=True) == (gone,)
    back = await store.add_manager(7, "Ann")
    assert (back.id, back.role, back.on_shift) == (ann.id, Role.MANAGER, True)

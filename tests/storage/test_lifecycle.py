"""Opening: addresses, keys, locks, and two databases at once."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest
from databases import SECRET, Clock, OpenStore, Postgres
from storage_scene import a_lead, door, event, put, received

from leads.changes import Changes, Settle, ToManager, View
from storage import secrets
from storage.errors import AlreadyRunning, BadUrl, SecretMalformed, SecretMissing, WrongSecret
from storage.lifecycle import service_lock
from storage.store import Store

OTHER = "QW5vdGhlciBrZXkgZm9yIHRlc3RzLCAzMiBieXRlcy4="


@pytest.mark.parametrize("url", ["mysql://x", "sqlite://", "sqlite://:memory:", "frontdesk.db", ""])
async def test_an_address_that_we_cannot_open_is_said_so(tmp_path: Path, url: str) -> None:
    from storage.lifecycle import open_store

    with pytest.raises(BadUrl, match="sqlite://PATH"):
        await open_store(url, state=tmp_path, secret=None, now=Clock(), lease_now=Clock())


async def test_what_was_written_is_there_after_reopening(open_store: OpenStore) -> None:
    first = await open_store()
    await door(first)
    await first.close()
    again = await open_store()
    assert [one.settings for one in await again.sources()] == [{"token": "canary-shop"}]


async def test_a_wrong_key_is_refused(open_store: OpenStore) -> None:
    await open_store()
    with pytest.raises(WrongSecret, match="FRONTDESK_SECRET"):
        await open_store(secret=OTHER)


@pytest.mark.parametrize("secret", ["short", "x" * 43, "й" * 44, SECRET + "AAAA"])
async def test_a_key_of_the_wrong_form_is_refused(open_store: OpenStore, secret: str) -> None:
    with pytest.raises(SecretMalformed, match="32 bytes"):
        await open_store(secret=secret)


async def test_without_a_key_sqlite_makes_one_and_postgresql_refuses(
    open_store: OpenStore, database_server: Postgres | None, tmp_path: Path
) -> None:
    if database_server is not None:
        with pytest.raises(SecretMissing, match="generate_key"):
            await open_store(secret=None)
        return
    first = await open_store(secret=None)
    key = tmp_path / "key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    await door(first)
    again = await open_store(secret=None)
    assert (await again.sources())[0].settings == {"token": "canary-shop"}
    assert [name for name in os.listdir(tmp_path) if "key" in name] == ["key"]
    kept = key.read_text()
    key.unlink()
    with pytest.raises(SecretMissing, match=str(key)):
        await open_store(secret=None)
    assert not key.exists()
    await open_store(secret=kept)


def test_the_fingerprint_says_nothing_of_the_key() -> None:
    assert secrets.fingerprint(SECRET) != secrets.fingerprint(OTHER)
    assert secrets.fingerprint(SECRET) not in SECRET


async def test_one_service_runs_on_a_sqlite_file_and_commands_work_beside_it(
    open_store: OpenStore, database_url: str, database_server: Postgres | None
) -> None:
    with service_lock(database_url):
        if database_server is None:
            with pytest.raises(AlreadyRunning, match="already runs"), service_lock(database_url):
                pass
        else:
            with service_lock(database_url):
                pass
        running, command = await open_store(), await open_store()
        await door(command)
        assert len(await running.sources()) == 1
    with service_lock(database_url):
        pass


async def test_many_write_to_one_database_from_several_stores(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    source = await door(stores[0])

    async def write(store: Store, who: int) -> None:
        for n in range(5):
            await received(store, source, event(f"{who}-{n}", "one"))

    await asyncio.gather(*(write(store, who) for who, store in enumerate(stores)))
    rows = await stores[0]._db.rows("SELECT conv_seq FROM inbox ORDER BY id")
    assert sorted(row["conv_seq"] for row in rows) == list(range(1, 16))


async def test_stores_of_both_kinds_work_at_once_in_one_process(
    open_store: OpenStore, postgres_server: Postgres, tmp_path: Path
) -> None:
    """Tortoise keeps much of its state for the whole process; ours must not mix up the dialects."""
    url = await postgres_server.fresh()
    both = [await open_store(url), await open_store(f"sqlite://{tmp_path / 'other.db'}")]

    async def whole_path(store: Store, name: str) -> None:
        source = await door(store)
        for n in range(10):
            await received(store, source, event(f"e{n}"))
            (row,) = await store.claim_events("me", 1)
            assert (await store.intake_snapshot(row, ["+1"], ["a@b"])).target is None
            rows = (*a_lead(source, name=name, external_id=f"u{n}"), ToManager(View.CARD, 5, lead_id=-4))
            ids = await put(store, *rows, settle=Settle("inbox", row.inbox_id, row.attempt))
            seen = await store.lead_snapshot(ids[-4])
            assert seen is not None
            assert seen.contact.name == name
            (out,) = await store.claim_outbox("managers", "me", 1)
            await store.commit(Changes(settle=Settle("outbox", out.id, out.attempt)))
        assert len(await store.find_leads(name, 99)) == 10

    await asyncio.gather(*(whole_path(store, f"name{n}") for n, store in enumerate(both)))
    assert [len(await store.find_leads("name1", 99)) for store in both] == [0, 10]
    await both[0].close()
    await postgres_server.drop(url)

"""Migrations: by hand, under a lock, and what is in the tables survives."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from databases import OpenStore, Postgres
from storage_scene import a_lead, door, event, put, received

from leads.errors import LeadsError
from storage import migrate
from storage.errors import DatabaseTooNew, MigrationChanged
from storage.models import TABLES
from storage.store import Store

# Makes the table anew, as SQLite wants it for most changes, while other tables point at it.
REBUILD = """
CREATE TABLE contact_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
    created_at BIGINT NOT NULL, active_at BIGINT NOT NULL, language TEXT NOT NULL,
    manager_id BIGINT REFERENCES manager (id), first_touch TEXT NOT NULL, last_touch TEXT NOT NULL,
    version INTEGER NOT NULL, vip SMALLINT NOT NULL DEFAULT 7
);
INSERT INTO contact_new (id, name, created_at, active_at, language, manager_id, first_touch,
                         last_touch, version) SELECT * FROM contact;
DROP TABLE contact;  -- a comment; with a semicolon
ALTER TABLE contact_new RENAME TO contact;
"""
# Three leads as programs wrote them that knew no `lead_word`.
BEFORE = """
INSERT INTO source (id, channel, key, settings, created_at) VALUES (1, 'telegram', 'shop', '', 0);
INSERT INTO contact (id, name, search, created_at, active_at, language, first_touch, last_touch, version)
    VALUES (1, 'Ольга', '', 0, 0, '', '{}', '{}', 1), (2, 'Ян', '', 0, 0, '', '{}', '{}', 1);
INSERT INTO identity (contact_id, channel, source_id, external_id, created_at, name, username, search)
    VALUES (2, 'telegram', 1, 'u2', 0, 'Jan', 'jan_s', '');
INSERT INTO contact_point (contact_id, kind, value, raw) VALUES (1, 'phone', '+79991234567', '');
INSERT INTO lead
    (id, contact_id, source_id, channel, state, opened_at, routed, attribution, close_reason, version)
    VALUES (1, 1, 1, 'telegram', 'won', 0, '{}', '{}', '', 1),
           (5, 2, 1, 'telegram', 'won', 0, '{}', '{}', '', 1),
           (6, 1, 1, 'telegram', 'active', 0, '{}', '{}', '', 1);
INSERT INTO message
    (lead_id, direction, at, state, text, search, spans, attachments, fields, external_id, error,
     error_detail, former, reaction, version)
    VALUES (1, 'in', 0, 'received', 'Окно', '', '[]', '[]', '{}', '', '', '', '[]', '', 1),
           (5, 'in', 0, 'received', 'Дверь', '', '[]', '[]', '{"Company":"ACME"}', '', '', '', '[]', '', 1)"""
Folder = Callable[[str, str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Writes one further migration in both dialects; the folder that holds it."""

    def made(sqlite: str, postgres: str) -> Path:
        place = tmp_path / "more"
        place.mkdir(exist_ok=True)
        (place / "0002_more.sqlite.sql").write_text(sqlite)
        (place / "0002_more.postgres.sql").write_text(postgres)
        return place

    return made


@pytest.fixture
async def bare_url(database_server: Postgres | None, tmp_path: Path) -> AsyncIterator[str]:
    """A database without any table."""
    if database_server is None:
        yield f"sqlite://{tmp_path / 'deep' / 'er' / 'bare.db'}"
        return
    url = await database_server.fresh(migrated=False)
    yield url
    await database_server.drop(url)


async def test_a_filled_database_survives_a_migration(open_store: OpenStore, folder: Folder) -> None:
    before = await open_store()
    source = await door(before)
    await received(before, source, event("e1"))
    ids = await put(before, *a_lead(source))
    seen = await before.lead_snapshot(ids[-4])
    await before.close()
    more = folder(REBUILD, "ALTER TABLE contact ADD COLUMN vip SMALLINT NOT NULL DEFAULT 7")
    after = await open_store(migrations=[migrate.FOLDER, more])
    assert await after.lead_snapshot(ids[-4]) == seen
    assert await after._db.rows("SELECT vip FROM contact") == [{"vip": 7}]
    assert len(await after.claim_events("me", 9)) == 1
    with pytest.raises(LeadsError):  # the unique and foreign keys are there still
        await put(after, *a_lead(source))
    await after.close()
    with pytest.raises(DatabaseTooNew, match="0002_more"):
        await open_store()


async def test_leads_of_before_get_their_words_newest_first(
    open_store: OpenStore, bare_url: str, tmp_path: Path
) -> None:
    for file in migrate.FOLDER.glob("000[1-4]_*.sql"):
        shutil.copy(file, tmp_path)
    old = await open_store(bare_url, migrations=[tmp_path])
    for statement in migrate.statements(BEFORE):
        await old._db.rows(statement)
    await old.close()
    store = await open_store(bare_url)

    async def found(words: str) -> list[int]:
        return [line.lead.id for line in await store.find_leads(words, 9)]

    assert await found("ольга") == []
    assert await store.give_words(2)
    assert [await found(words) for words in ("дверь", "acme jan_s", "окно")] == [[5], [5], []]
    assert [await store.give_words(2) for _ in range(3)] == [True, True, False]
    assert [await found(words) for words in ("ольга", "окно", "1234567")] == [[6, 1], [1], [6, 1]]


async def test_an_applied_migration_must_not_change(open_store: OpenStore, folder: Folder) -> None:
    text = "CREATE TABLE more (id BIGINT)"
    await open_store(migrations=[migrate.FOLDER, folder(text, text)])
    with pytest.raises(MigrationChanged, match="0002_more"):
        await open_store(migrations=[migrate.FOLDER, folder(text + ";", text + ";")])


async def test_a_migration_that_fails_leaves_nothing_behind(open_store: OpenStore, folder: Folder) -> None:
    broken = "CREATE TABLE more (id BIGINT); INSERT INTO no_such_table VALUES (1);"
    with pytest.raises(Exception, match="no_such_table"):
        await open_store(migrations=[migrate.FOLDER, folder(broken, broken)])
    good = "CREATE TABLE more (id BIGINT);"
    store = await open_store(migrations=[migrate.FOLDER, folder(good, good)])
    assert await store._db.rows("SELECT * FROM more") == []


async def test_of_many_that_open_an_empty_database_one_migrates_and_the_others_wait(
    open_store: OpenStore, bare_url: str
) -> None:
    stores = await asyncio.gather(*(open_store(bare_url) for _ in range(5)))
    await door(stores[0])
    assert len(await stores[4].sources()) == 1
    assert len(await stores[0]._db.rows("SELECT name FROM migration")) == len(
        migrate.found(stores[0]._db.dialect, [migrate.FOLDER])
    )


async def columns(store: Store) -> set[tuple[str, str]]:
    sql = {
        "sqlite": """
            SELECT m.name AS t, c.name AS c FROM sqlite_master m, pragma_table_info(m.name) c
            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'""",
        "postgres": """
            SELECT table_name AS t, column_name AS c FROM information_schema.columns
            WHERE table_schema = 'public'""",
    }
    return {(row["t"], row["c"]) for row in await store._db.rows(sql[store._db.dialect])}


async def indexes(store: Store) -> set[str]:
    sql = {
        "sqlite": "SELECT name AS n FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgres": """
            SELECT indexname AS n FROM pg_indexes WHERE schemaname = 'public'
            AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'""",
    }
    return {row["n"] for row in await store._db.rows(sql[store._db.dialect])}


# 2200 is the schema `public` in every PostgreSQL; its own catalogue has constraints as well.
async def uniques(store: Store) -> int:
    """How many unique constraints there are beside primary keys and named indexes."""
    sql = {
        "sqlite": """
            SELECT i.name FROM sqlite_master m, pragma_index_list(m.name) i
            WHERE m.type = 'table' AND i.origin = 'u'""",
        "postgres": "SELECT conname AS name FROM pg_constraint WHERE contype = 'u' AND connamespace = 2200",
    }
    return len(await store._db.rows(sql[store._db.dialect]))


async def foreign_keys(store: Store) -> int:
    sql = {
        "sqlite": """
            SELECT f.id FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'""",
        "postgres": "SELECT conname FROM pg_constraint WHERE contype = 'f' AND connamespace = 2200",
    }
    return len(await store._db.rows(sql[store._db.dialect]))


async def test_both_dialects_make_the_same_tables(
    open_store: OpenStore, postgres_server: Postgres, tmp_path: Path
) -> None:
    url = await postgres_server.fresh(migrated=False)
    there, here = await open_store(url), await open_store(f"sqlite://{tmp_path / 'same.db'}")
    assert len(await columns(here)) > 100
    for what in (columns, indexes, uniques, foreign_keys):
        assert await what(here) == await what(there)
    await there.close()
    await postgres_server.drop(url)


async def test_the_models_are_the_tables(store: Store) -> None:
    found = await columns(store)
    for model in TABLES.values():
        table = model._meta.db_table
        assert model._meta.db_fields == {column for name, column in found if name == table}


def test_statements_are_told_apart() -> None:
    parts = list(migrate.statements(REBUILD + "SELECT 'a;\nb'\n; SELECT 2; SELECT 1"))
    assert len(parts) == 7
    assert [part.strip() for part in parts[-3:]] == ["SELECT 'a;\nb'\n;", "SELECT 2;", "SELECT 1"]


def test_every_migration_has_both_dialects_and_a_number_of_its_own() -> None:
    names = [[one.name for one in migrate.found(kind, [migrate.FOLDER])] for kind in ("sqlite", "postgres")]
    assert names[0] == names[1]
    assert len({name[:4] for name in names[0]}) == len(names[0])

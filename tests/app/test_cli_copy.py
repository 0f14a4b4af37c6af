"""`frontdesk copy`: from the SQLite file of the start to a database elsewhere, in words."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_scene import SHOP, Command
from databases import SECRET, Postgres

from app.commands.copy import Bars
from storage.copying import TABLES
from storage.lifecycle import service_lock

FORM = ("source", "add", "web_form", "--key", "form")
HERE = "sqlite://var/frontdesk.db"


@pytest.fixture
def elsewhere(postgres_server: Postgres) -> Iterator[str]:
    url = asyncio.run(postgres_server.fresh(migrated=False))
    yield url
    asyncio.run(postgres_server.drop(url))


def test_moving_to_postgres_takes_the_key_along(frontdesk: Command, elsewhere: str, tmp_path: Path) -> None:
    frontdesk("source", "add", "telegram", "--key", "shop", "--set", f"token={SHOP}")
    key = (tmp_path / "var" / "key").read_text()
    done = frontdesk("copy", "--to", elsewhere)
    assert done.exit_code == 0, done.output
    assert "var/key" in done.stdout
    assert key not in done.output
    assert "in var/blobs" in done.stdout
    assert "Every promise holds" in done.stdout
    assert [line.split() for line in done.stderr.splitlines() if "source" in line] == [["source", "1"]]
    refused = frontdesk("source", "list", database_url=elsewhere, secret=SECRET)
    assert refused.exit_code == 1
    assert "FRONTDESK_SECRET" in refused.stderr
    listed = frontdesk("source", "list", database_url=elsewhere, secret=key)
    assert "/in/telegram/shop" in listed.stdout


def test_each_table_has_one_line(frontdesk: Command, tmp_path: Path) -> None:
    frontdesk(*FORM, secret=SECRET)
    done = frontdesk("copy", "--to", f"sqlite://{tmp_path}/new.db", secret=SECRET)
    assert [line.split()[0] for line in done.stderr.splitlines()] == [*TABLES]


def test_who_stops_it_is_told_that_nothing_was_kept(frontdesk: Command, tmp_path: Path) -> None:
    def stop(bars: Bars, table: str, done: int, total: int) -> None:
        if (table, done, total) == ("source", 0, 1):
            signal.raise_signal(signal.SIGINT)

    frontdesk(*FORM, secret=SECRET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bars, "show", stop)
        done = frontdesk("copy", "--to", f"sqlite://{tmp_path}/new.db", secret=SECRET)
    assert done.exit_code == 1
    assert "Stopped before the end" in done.stderr
    assert frontdesk("copy", "--to", f"sqlite://{tmp_path}/new.db", secret=SECRET).exit_code == 0


def test_an_address_is_shown_without_its_password(frontdesk: Command, tmp_path: Path) -> None:
    frontdesk(*FORM, secret=SECRET)
    done = frontdesk("copy", "--to", "postgresql://ann:hush@127.0.0.1:1/desk", secret=SECRET)
    assert done.exit_code == 1
    assert "cannot be reached" in done.stderr
    assert "hush" not in done.output


def test_files_beside_another_file_have_to_be_copied(frontdesk: Command, tmp_path: Path) -> None:
    frontdesk(*FORM, secret=SECRET)
    done = frontdesk("copy", "--to", f"sqlite://{tmp_path}/new/desk.db", secret=SECRET)
    assert done.exit_code == 0, done.output
    assert f"{tmp_path}/new/blobs" in done.stdout
    assert "Keep FRONTDESK_SECRET" in done.stdout
    again = frontdesk("copy", "--to", f"sqlite://{tmp_path}/new/desk.db", secret=SECRET)
    assert again.exit_code == 1
    assert "is not empty" in again.stderr


def test_a_running_service_must_be_stopped_first(frontdesk: Command, tmp_path: Path) -> None:
    frontdesk(*FORM, secret=SECRET)
    with service_lock(f"sqlite://{tmp_path}/var/frontdesk.db"):
        done = frontdesk("copy", "--to", f"sqlite://{tmp_path}/new.db", secret=SECRET, language="ru")
    assert done.exit_code == 1
    assert "остановите" in done.stderr


@pytest.mark.parametrize("to", [HERE, "mysql://here"])
def test_a_target_that_cannot_be_one_is_refused(frontdesk: Command, to: str) -> None:
    done = frontdesk("copy", "--to", to, secret=SECRET)
    assert done.exit_code in {1, 2}
    assert "sqlite://PATH" in done.stderr or "Name another one" in done.stderr

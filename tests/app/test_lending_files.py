"""Files for vendors that take an address: read by whoever holds a ticket, for a day, and never as a page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from databases import SECRET
from pydantic import SecretStr

from app.logs import Redactor
from app.runtime import Runtime
from app.settings import FixedSettings
from app.wiring import build
from scheduler.clock import Clock
from storage.files import TICKET_SECONDS
from storage.secrets import Box

PAGE = b"<script>alert(1)</script>" * 10_000


async def once(raw: bytes) -> AsyncIterator[bytes]:
    yield raw


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    settings = FixedSettings(database_url=f"sqlite://{tmp_path}/f.db", secret=SecretStr(SECRET), port=0)
    made = await build(settings, roles=frozenset({"web"}), clock=Clock(), redact=Redactor())
    await made.start()
    yield made
    await made.close()


async def read(runtime: Runtime, path: str, **more: str) -> tuple[int, bytes, dict[str, str]]:
    async with (
        aiohttp.ClientSession(auto_decompress=False) as http,
        http.get(f"{runtime.url}/file/{path}", headers=more) as answer,
    ):
        return (
            answer.status,
            await answer.read(),
            {name.lower(): value for name, value in answer.headers.items()},
        )


async def ticket(runtime: Runtime) -> str:
    path = await runtime.store.files.keep(0, "desk:1", once(PAGE), 10**6)
    return runtime.store.files.ticket(path, 'план "A".html', "text/html")


async def test_whoever_holds_a_ticket_reads_the_file_but_no_browser_shows_it(runtime: Runtime) -> None:
    status, body, headers = await read(runtime, f"{await ticket(runtime)}/plan.html")
    assert (status, body) == (200, PAGE)
    assert headers["content-type"] == "text/html"
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


async def test_a_part_of_it(runtime: Runtime) -> None:
    status, body, _ = await read(runtime, f"{await ticket(runtime)}/plan.html", Range="bytes=0-7")
    assert (status, body) == (206, b"<script>")


@pytest.mark.parametrize("path", ["none/a.png", "../../etc/passwd", "%00/a", "a/b/c", ""])
async def test_without_a_ticket_there_is_nothing(runtime: Runtime, path: str) -> None:
    assert (await read(runtime, path))[0] == 404


async def test_a_ticket_ends_and_is_good_for_its_own_file_only(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = await ticket(runtime)
    assert runtime.store.files.lent(good)
    assert runtime.store.files.lent(Box(SECRET).close({"token": "of a source"})) is None
    stolen = Box(SECRET).close({"file": "a" * 64, "name": "a", "mime": ""})
    assert runtime.store.files.lent(stolen) is None
    monkeypatch.setattr("storage.files.TICKET_SECONDS", -1)
    assert TICKET_SECONDS == 24 * 3600
    assert runtime.store.files.lent(good) is None
    assert (await read(runtime, f"{good}/plan.html"))[0] == 404

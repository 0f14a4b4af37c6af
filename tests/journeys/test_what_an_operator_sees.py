"""Metrics and readiness tell the truth: what waits, what is slow, who is away, what cannot be written."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import asyncpg
import pytest
from databases import Postgres
from journeys.company import ANTON, METRICS_TOKEN, TOMAS, Company, opened
from prometheus_client.parser import text_string_to_metric_families as families
from pydantic import SecretStr

from app import measuring, runtime
from sandbox.faults import Fault


async def seen(company: Company) -> Callable[..., float | None]:
    """What /metrics says now: a value by its name and some of its labels."""
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    async with company.http.get(f"{company.runtime.url}/metrics", headers=headers) as answer:
        assert answer.status == 200
        samples = [sample for family in families(await answer.text()) for sample in family.samples]

    def value(name: str, /, **labels: str) -> float | None:
        found = [one for one in samples if one.name == name and labels.items() <= one.labels.items()]
        return sum(one.value for one in found) if found else None

    return value


async def ready(company: Company) -> tuple[int, str]:
    async with company.http.get(f"{company.runtime.url}/health/ready") as answer:
        return answer.status, await answer.text()


async def not_ready(company: Company) -> str:
    status, why = await ready(company)
    assert status == 503
    return why


@asynccontextmanager
async def watched(database_url: str) -> AsyncIterator[Company]:
    async with opened(database_url, metrics_token=SecretStr(METRICS_TOKEN)) as company:
        yield company


async def test_what_was_sent_and_how_long_it_took(database_url: str) -> None:
    async with watched(database_url) as company:
        company.writes(ANTON, "How much?")
        card = await company.sees(TOMAS, "How much?")
        company.says(TOMAS, "Ten.", at=card)
        await company.reads(ANTON, "Ten.")
        await company.settled()
        value = await seen(company)
        assert value("frontdesk_send_seconds_count", queue="managers", channel="telegram")
        assert value("frontdesk_send_seconds_count", queue="customers", channel="telegram") == 1
        assert value("frontdesk_store_up") == 1
        assert value("frontdesk_queue_oldest_seconds") == 0
        assert value("frontdesk_destination_away") is None
        assert value("frontdesk_state_folder_free_bytes")
        if not database_url.startswith("sqlite"):
            assert value("frontdesk_lease_held", name="send:0") == 1


async def test_an_outage_and_what_waits_for_its_end(database_url: str) -> None:
    async with watched(database_url) as company:
        company.world.faults.rules.append(Fault("server_error", bot="desk_bot"))
        await company.post_form(name="Olga", message="Anybody there?")
        async with asyncio.timeout(30):
            while not company.runtime.metrics.destinations["managers_out"]():
                await asyncio.sleep(0.02)
        company.later(minutes=3)
        value = await seen(company)
        assert value("frontdesk_destination_away", queue="managers_out", destination="0") == 1
        assert value("frontdesk_sends_total", queue="managers", outcome="unavailable")
        assert (value("frontdesk_queue_oldest_seconds", queue="managers_out") or 0) >= 180
        company.world.faults.rules.clear()
        await company.sees(TOMAS, "Anybody there?")
        await company.settled()
        assert (await seen(company))("frontdesk_destination_away") is None


async def test_a_chat_that_has_enough_is_counted(database_url: str) -> None:
    async with watched(database_url) as company:
        company.world.faults.rules.append(Fault("too_many", bot="desk_bot", method="sendMessage", times=1))
        await company.post_form(name="Olga", message="Slowly, please")
        await company.sees(TOMAS, "Slowly, please")
        await company.settled()
        assert (await seen(company))("frontdesk_sends_total", queue="managers", outcome="retry") == 1


async def test_a_database_that_only_reads_is_not_ready(
    database_url: str, database_server: Postgres | None
) -> None:
    async with watched(database_url) as company:
        assert (await ready(company))[0] == 200
        await only_reads(company, database_server, database_url, "on")
        assert "store" in await not_ready(company)
        assert (await company.post_form(name="Olga", message="Is it kept?"))[0] == 503
        await only_reads(company, database_server, database_url, "off")
        assert (await ready(company))[0] == 200


async def only_reads(company: Company, server: Postgres | None, url: str, word: str) -> None:
    if server is None:
        await company.runtime.store._db.rows(f"PRAGMA query_only = {word}")
        return
    name = url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    await server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = {word}")
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    await server.run(cut.replace("{name}", name))


async def test_a_full_disk_is_not_ready(tmp_path: Path) -> None:
    async with watched(f"sqlite://{tmp_path}/frontdesk.db") as company:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
        try:
            why = await not_ready(company)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "store" in why
        assert (await ready(company))[0] == 200


async def test_a_database_that_does_not_answer_holds_nobody_up(
    database_url: str, database_server: Postgres | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "ANSWERS_WITHIN", 0.1)
    monkeypatch.setattr(measuring, "ANSWERS_WITHIN", 0.1)
    async with watched(database_url) as company:
        async with held(database_server, database_url):
            assert "store" in await not_ready(company)
            if database_server:  # readers of SQLite need not wait
                assert (await seen(company))("frontdesk_store_up") == 0
        async with asyncio.timeout(30):
            while (await ready(company))[0] != 200:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def held(server: Postgres | None, url: str) -> AsyncIterator[None]:
    """Somebody else has locked what everybody needs."""
    if server is None:
        with closing(sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    rival = await asyncpg.connect(url)
    async with rival.transaction():
        await rival.execute("LOCK TABLE meta, inbox, lease")
        yield
    await rival.close()

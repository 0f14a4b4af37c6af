"""The service's own routes over real HTTP: health, metrics, rates, the managers' webhook."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cli_scene import DESK
from databases import SECRET
from pydantic import SecretStr

from app.logs import Redactor
from app.post import derived
from app.runtime import Runtime
from app.settings import FixedSettings
from app.sources import plain
from app.wiring import build
from channels.kit.discover import channels
from channels.kit.verify import standard_signature
from leads.errors import StoreUnavailable
from scheduler import runner
from scheduler.clock import Clock

Json = dict[str, Any]
BROWSER = {"Origin": "https://shop.example"}


@dataclass
class Door:
    """A service that only listens, and a client."""

    runtime: Runtime
    http: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(self.runtime.url + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, body: Json, **headers: str) -> tuple[int, aiohttp.typedefs.LooseHeaders]:
        async with self.http.post(self.runtime.url + path, json=body, headers=headers) as answer:
            await answer.read()
            return answer.status, dict(answer.headers)


Opened = Callable[..., Awaitable[Door]]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opened]:
    async with AsyncExitStack() as stack:

        async def door(**settings: Any) -> Door:
            given = {"database_url": f"sqlite://{tmp_path}/f.db", "secret": SecretStr(SECRET), "port": 0}
            made = FixedSettings(**given | settings)
            runtime = await build(made, roles=frozenset({"web"}), clock=Clock(), redact=Redactor())
            stack.push_async_callback(runtime.close)
            checked = channels()["web_form"].settings.model_validate({"min_seconds": "0"})
            await runtime.store.add_source("web_form", "form", plain(checked))
            await runtime.start()
            return Door(runtime, await stack.enter_async_context(aiohttp.ClientSession()))

        yield door


async def test_alive_and_ready(opened: Opened) -> None:
    door = await opened()
    assert (await door.get("/health/live"))[0] == 200
    status, body = await door.get("/health/ready")
    assert status == 200
    assert '"ready"' in body


async def test_not_ready_without_the_store_but_alive(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    door = await opened()

    async def away() -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(type(door.runtime.store), "ping", lambda _: away())
    status, body = await door.get("/health/ready")
    assert status == 503
    assert "store" in body
    assert (await door.get("/health/live"))[0] == 200


async def test_not_ready_when_a_loop_hangs(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    door = await opened()
    monkeypatch.setattr(runner, "STALE_AFTER", -1.0)
    status, body = await door.get("/health/ready")
    assert status == 503
    assert "sources" in body


async def test_a_store_that_takes_nothing_is_a_503_with_retry_after(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = await opened()

    async def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(type(door.runtime.store), "accept", refuse)
    status, headers = await door.post("/in/web_form/form", {"message": "hi"})
    assert status == 503
    assert int(headers["Retry-After"]) > 0


async def test_metrics_count_calls_by_their_answer(opened: Opened) -> None:
    door = await opened()
    await door.post("/in/web_form/form", {"message": "hi"})
    await door.post("/in/web_form/nobody", {"message": "hi"})
    await door.post("/in/pigeon/form", {"message": "hi"})
    status, text = await door.get("/metrics")
    assert status == 200
    assert 'frontdesk_calls_total{channel="web_form",status="200"} 1.0' in text
    assert 'frontdesk_calls_total{channel="web_form",status="404"} 1.0' in text
    assert 'frontdesk_calls_total{channel="unknown",status="404"} 1.0' in text
    assert 'frontdesk_queue_rows{queue="customers_in",state="ready"} 1.0' in text


async def test_metrics_want_their_token_when_there_is_one(opened: Opened) -> None:
    door = await opened(metrics_token=SecretStr("long-random-words"))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer длинный"}):
        status, text = await door.get("/metrics", **headers)
        assert status in {401, 403}
        assert "frontdesk_" not in text
    assert (await door.get("/metrics", Authorization="Bearer long-random-words"))[0] == 200


async def test_metrics_without_a_token_are_for_this_machine_alone(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = await opened()
    assert (await door.get("/metrics"))[0] == 200
    status, text = await door.get("/metrics", **{"X-Forwarded-For": "127.0.0.1"})
    assert (status, "FRONTDESK_METRICS_TOKEN" in text, "frontdesk_" in text) == (403, True, False)
    monkeypatch.setattr("app.web.is_loopback", lambda address: address != "127.0.0.1")
    assert (await door.get("/metrics"))[0] == 403


async def test_what_is_not_there_is_a_problem_too(opened: Opened) -> None:
    door = await opened()
    status, text = await door.get("/nowhere")
    assert (status, json.loads(text)["title"]) == (404, "Not Found")
    async with door.http.delete(f"{door.runtime.url}/in/web_form/form") as answer:
        assert answer.status == 405
        assert answer.content_type == "application/problem+json"
        assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(("hours", "status"), [(1, 200), (-1, 401)])
async def test_an_old_secret_ends_at_its_date(opened: Opened, hours: int, status: int) -> None:
    door = await opened()
    settings = channels()["web_form"].settings
    old, new = ("whsec_" + base64.b64encode(word * 8).decode() for word in (b"old-", b"new-"))
    given = [plain(settings.model_validate({"signing_secret": secret})) for secret in (old, new)]
    await door.runtime.store.add_source("web_form", "signed", given[0])
    await door.runtime.store.rotate("signed", given[1], door.runtime.now() + timedelta(hours=hours))
    await door.runtime.sources.refresh()
    body, at = json.dumps({"message": "hi"}).encode(), str(int(door.runtime.now().timestamp()))
    for number, (secret, expected) in enumerate(((old, status), (new, 200))):
        proof = standard_signature(secret, str(number), at, body)
        headers = {"webhook-id": str(number), "webhook-timestamp": at, "webhook-signature": proof}
        headers["Content-Type"] = "application/json"
        async with door.http.post(
            f"{door.runtime.url}/in/web_form/signed", data=body, headers=headers
        ) as answer:
            assert answer.status == expected


async def posts(door: Door, times: int, **headers: str) -> list[int]:
    return [
        (await door.post("/in/web_form/form", {"message": f"{number}"}, **headers))[0]
        for number in range(times)
    ]


async def test_a_browser_behind_a_trusted_proxy_is_limited_by_its_own_address(opened: Opened) -> None:
    door = await opened(intake_rates="source=1000,address=1", trusted_proxies=("127.0.0.1",))
    statuses = await posts(door, 6, **BROWSER, **{"X-Forwarded-For": "203.0.113.7"})
    assert statuses == [200] * 4 + [429] * 2
    status, headers = await door.post(
        "/in/web_form/form", {"message": "?"}, **BROWSER, **{"X-Forwarded-For": "6.6.6.6, 203.0.113.7"}
    )
    assert status == 429
    assert int(headers["Retry-After"]) > 0
    assert headers["Access-Control-Allow-Origin"]
    assert await posts(door, 1, **BROWSER, **{"X-Forwarded-For": "203.0.113.8"}) == [200]
    assert await posts(door, 6, **{"X-Forwarded-For": "203.0.113.7"}) == [200] * 6  # a server, no browser
    assert await posts(door, 6, **BROWSER) == [200] * 6  # loopback


async def test_a_strangers_word_about_its_address_counts_for_nothing(opened: Opened) -> None:
    door = await opened(intake_rates="source=1000,address=1")
    assert await posts(door, 6, **BROWSER, **{"X-Forwarded-For": "203.0.113.7"}) == [200] * 6


async def test_a_source_is_limited_whoever_posts(opened: Opened) -> None:
    door = await opened(intake_rates="source=1,address=1")
    assert await posts(door, 6) == [200] * 4 + [429] * 2


PUBLIC = {
    "public_url": "https://desk.example.org",
    "metrics_token": SecretStr("long-random-words"),
    "desk_token": SecretStr(DESK),
}
UPDATE = {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 102, "type": "private"}}}


async def test_the_managers_webhook_stores_what_proves_itself(opened: Opened) -> None:
    door = await opened(**PUBLIC)
    path = f"/desk/{derived(DESK, 'path')}"
    proof = {"X-Telegram-Bot-Api-Secret-Token": derived(DESK, "header")}
    assert (await door.post(path, UPDATE))[0] in {401, 403}
    assert (await door.post(path, UPDATE, **{"X-Telegram-Bot-Api-Secret-Token": "x"}))[0] in {401, 403}
    assert (await door.post("/desk/guess", UPDATE, **proof))[0] == 404
    assert (await door.runtime.store.counts())["desk_in"].ready == 0
    assert [(await door.post(path, UPDATE, **proof))[0] for _ in range(3)] == [200] * 3
    assert (await door.runtime.store.counts())["desk_in"].ready == 1
    assert DESK not in path


async def test_without_a_public_address_there_is_no_managers_webhook(opened: Opened) -> None:
    door = await opened(desk_token=SecretStr(DESK))
    assert (await door.post(f"/desk/{derived(DESK, 'path')}", UPDATE))[0] == 404


async def test_an_oversized_body_is_refused_at_the_managers_webhook_too(opened: Opened) -> None:
    door = await opened(**PUBLIC)
    proof = {"X-Telegram-Bot-Api-Secret-Token": derived(DESK, "header")}
    address = f"{door.runtime.url}/desk/{derived(DESK, 'path')}"
    async with door.http.post(address, data=BytesIO(b"x" * 1_100_000), headers=proof) as answer:
        assert answer.status == 413


async def test_a_caller_who_waits_to_be_encouraged_is(opened: Opened) -> None:
    door = await opened()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(door.runtime.url.rsplit(":", 1)[1]))
    writer.write(b"POST /in/web_form/form HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n")
    writer.write(b"Content-Type: application/json\r\nContent-Length: 16\r\n\r\n")
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b'{"phone":"1234"}')
    assert (await reader.readline()).split()[1] == b"200"
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    "path", ["/", "/in", "/in/web_form", "/in/web_form/form/more", "/health/", "/health/well", "/metrics/x"]
)
async def test_only_whole_paths_lead_somewhere(opened: Opened, path: str) -> None:
    door = await opened()
    assert (await door.get(path))[0] == 404

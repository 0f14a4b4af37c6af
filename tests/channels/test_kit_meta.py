"""Meta's proofs, batches and errors, as all of its messengers have them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr, TypeAdapter, ValidationError

from channels.kit import meta
from channels.kit.contract import Reply, Source
from channels.kit.errors import Malformed, Rejected
from leads.events import Call, SendCode, SendError

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
OURS, OTHER = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
TOKEN = SecretStr("EAAcanaryTokenThatNobodyMaySee")
CODES: meta.Codes = {551: SendCode.BLOCKED, (10, 2018278): SendCode.WINDOW_CLOSED, 368: SendCode.PERMANENT}


def call(body: bytes = b"{}", method: str = "POST", **query: str) -> Call:
    signature = hmac.new(OURS.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={signature}"}
    return Call(method, headers, {f"hub.{key}": value for key, value in query.items()}, body, NOW)


# --- proofs -------------------------------------------------------------------------------------------------


def test_the_challenge_goes_back_to_who_knows_the_token() -> None:
    token = SecretStr("ours")
    good = call(method="GET", mode="subscribe", verify_token="ours", challenge="1158201444")
    assert meta.handshake(token, good) == Reply(200, b"1158201444")
    for bad in ({"verify_token": "theirs"}, {"mode": "unsubscribe", "verify_token": "ours"}, {}):
        reply = meta.handshake(token, call(method="GET", **{"mode": "subscribe", "challenge": "1"} | bad))
        assert reply is not None
        assert reply.status == 403
    assert meta.handshake(token, call()) is None


@pytest.mark.parametrize("secrets", [OURS, f"{OTHER},{OURS}", f"{OURS}, {OTHER}"])
def test_the_secret_of_any_of_the_apps_is_good(secrets: str) -> None:
    meta.verify(SecretStr(secrets), call('{"text":"Здравствуйте"}'.encode()))


@pytest.mark.parametrize("secrets", [OTHER, f"{OTHER},{OTHER}", "", ","])
def test_another_secret_is_not(secrets: str) -> None:
    with pytest.raises(Rejected):
        meta.verify(SecretStr(secrets), call())


def test_an_empty_secret_signs_nothing() -> None:
    empty = "sha256=" + hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    with pytest.raises(Rejected):
        meta.verify(SecretStr(f"{OURS},"), Call("POST", {"x-hub-signature-256": empty}, {}, b"{}", NOW))


@pytest.mark.parametrize("secrets", ["", ",", "short", f"{OURS};{OTHER}", f"{OURS},no secret"])
def test_what_is_no_app_secret_is_not_taken_as_a_setting(secrets: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(meta.AppSecrets).validate_python(secrets)


# --- batches ------------------------------------------------------------------------------------------------


def test_a_batch_of_a_thousand_is_read_and_an_odd_update_costs_only_itself() -> None:
    updates: list[Any] = [{"id": n, **dict.fromkeys("abcdefghijklmnop", "\ud83d")} for n in range(1000)]
    deep: Any = 0
    for _ in range(60):
        deep = [deep]
    value, tame = meta.read(json.dumps([*updates, deep]).encode())
    assert len(value) == 1001
    assert tame(value[999]) == {"id": 999, **dict.fromkeys("abcdefghijklmnop", "\ufffd")}
    with pytest.raises(Malformed):
        tame(value[1000])


def test_what_is_small_is_read_once() -> None:
    value, tame = meta.read(b'{"object":"page"}')
    assert tame(value) is value


@pytest.mark.parametrize("body", [b"", b'{"a":', b"\xff", b"[" * 100_000, b"[" + b"1," * 9])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        meta.read(body)


# --- Graph --------------------------------------------------------------------------------------------------


class Graph:
    """Answers as told."""

    def __init__(self) -> None:
        self.answer: tuple[int, Any] = (200, {"success": True})
        self.asked: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        status, body = self.answer
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=text, headers={"Retry-After": "7"} if status == 429 else {})

    async def post(self) -> Any:
        return await meta.graph(
            self.http,
            self.source,
            "POST",
            "900001/messages",
            what="messages",
            token=TOKEN,
            codes=CODES,
            json={},
        )

    http: aiohttp.ClientSession
    source: Source


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    graph = Graph()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", graph.handle)
    async with TestServer(app) as server, aiohttp.ClientSession() as graph.http:
        graph.source = Source(1, "whatsapp", "shop", None, api_base=str(server.make_url("/")))
        yield graph


async def test_a_call_bears_the_token_in_its_header_only(graph: Graph) -> None:
    assert await graph.post() == {"success": True}
    asked = graph.asked[0]
    assert asked.path_qs == "/v26.0/900001/messages"
    assert asked.headers["Authorization"] == f"Bearer {TOKEN.get_secret_value()}"


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, {"code": 551, "message": "not available"}, SendCode.BLOCKED),
        (400, {"code": 10, "error_subcode": 2018278, "message": "outside"}, SendCode.WINDOW_CLOSED),
        (403, {"code": 10, "error_subcode": 1, "message": "permission"}, SendCode.MISCONFIGURED),
        (401, {"code": 190, "message": "expired"}, SendCode.MISCONFIGURED),
        (403, {"code": 230}, SendCode.MISCONFIGURED),
        (400, {"code": 4}, SendCode.UNAVAILABLE),
        (400, {"code": 2, "is_transient": True}, SendCode.UNAVAILABLE),
        (400, {"code": 987654, "is_transient": True}, SendCode.UNAVAILABLE),
        (400, {"code": 368, "is_transient": True}, SendCode.PERMANENT),
        (400, {"code": 987654}, SendCode.PERMANENT),
        (500, {"code": 987654}, SendCode.UNAVAILABLE),
        (429, {"code": 987654}, SendCode.RETRY),
        (400, {"code": "551", "message": ["odd"]}, SendCode.PERMANENT),
        (400, "odd", SendCode.PERMANENT),
        (401, "odd", SendCode.MISCONFIGURED),
    ],
)
async def test_failures_are_read_by_code(graph: Graph, status: int, error: Any, code: SendCode) -> None:
    graph.answer = status, {"error": error}
    with pytest.raises(SendError) as caught:
        await graph.post()
    assert caught.value.code is code


async def test_the_vendors_sentence_is_kept_and_the_token_is_not(graph: Graph) -> None:
    words = {"details": "Message failed to send because more than 24 hours have passed"}
    message = f"(#190) Malformed access token {TOKEN.get_secret_value()}"
    graph.answer = (
        401,
        {"error": {"code": 190, "error_subcode": 463, "message": message, "error_data": words}},
    )
    with pytest.raises(SendError) as caught:
        await graph.post()
    assert caught.value.detail == f"messages: 190/463 (#190) Malformed access token … · {words['details']}"


async def test_a_wait_that_the_vendor_tells_is_kept(graph: Graph) -> None:
    graph.answer = 429, {"error": {"code": 4}}
    with pytest.raises(SendError) as caught:
        await graph.post()
    assert (caught.value.code, caught.value.retry_after) == (SendCode.UNAVAILABLE, 7.0)


async def test_a_page_of_a_proxy_is_an_outage(graph: Graph) -> None:
    graph.answer = 502, "<html>Bad Gateway</html>"
    with pytest.raises(SendError) as caught:
        await graph.post()
    assert caught.value.code is SendCode.UNAVAILABLE

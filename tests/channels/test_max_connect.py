"""How MAX's updates reach us, and whom we take for MAX: polls, webhooks, and one more root certificate."""

from __future__ import annotations

import ipaddress
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from answering import failed
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from channels import max as channel
from channels.kit.contract import Ignored, Source, Unreadable
from channels.kit.discover import load
from channels.max.inbound import UPDATES
from leads.events import Inbound, SendCode
from scheduler.clock import real_now

TOKEN = "f9LHodD0cOIconnect0123456789"
URL = "https://desk.example/in/max/shop"
HI = {
    "update_type": "message_created",
    "timestamp": 1,
    "message": {
        "sender": {"user_id": 501, "first_name": "Анна"},
        "recipient": {"chat_id": 9001, "chat_type": "dialog"},
        "timestamp": 1,
        "body": {"mid": "mid.a1", "seq": 1, "text": "\ud83d"},
    },
}


@dataclass
class Max:
    """A server with updates and subscriptions; `refusal` stands in for the answer to a poll."""

    pages: list[Any] = field(default_factory=list)
    hooks: list[dict[str, Any]] = field(default_factory=list)
    me: Any = field(default_factory=lambda: {"user_id": 77, "username": "Lavka_bot", "is_bot": True})
    asked: list[dict[str, str]] = field(default_factory=list)
    refusal: int = 0

    async def updates(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        if self.refusal:
            return web.json_response({"code": "denied", "message": "webhook"}, status=self.refusal)
        return web.json_response(self.pages.pop(0) if self.pages else {"updates": [], "marker": 8})

    async def subscriptions(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response({"subscriptions": self.hooks})
        if request.method == "DELETE":
            self.hooks = [one for one in self.hooks if one["url"] != request.query["url"]]
        else:
            self.hooks.append(await request.json() | {"time": 1})
        return web.json_response({"success": True})

    async def whoami(self, request: web.Request) -> web.Response:
        known = request.headers.get("Authorization") == TOKEN
        return web.json_response(self.me if known else {"code": "verify.token"}, status=200 if known else 401)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/updates", self.updates)
        app.router.add_route("*", "/subscriptions", self.subscriptions)
        app.router.add_get("/me", self.whoami)
        return app


@pytest.fixture
def vendor() -> Max:
    return Max()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def source(vendor: Max) -> AsyncIterator[Source]:
    async with TestServer(vendor.app()) as server:
        yield door(str(server.make_url("")))


def door(url: str, **settings: Any) -> Source:
    given = {"token": TOKEN, "secret": "s" * 32, **settings}
    return Source(1, "max", "shop", channel.settings.model_validate(given), api_base=url)


# --- polls --------------------------------------------------------------------------------------------------


async def test_a_page_is_read_and_confirmed_by_the_next_poll(
    vendor: Max, http: aiohttp.ClientSession, source: Source
) -> None:
    odd = {"update_type": "message_created", "timestamp": 1}
    vendor.pages = [{"updates": [HI, odd, "odd", {"update_type": "dialog_muted"}], "marker": 7}]
    calls, cursor = await channel.poll(http, source, "", real_now)
    assert [json.loads(call.body) for call in calls][:3] == [HI, odd, "odd"]
    items = [item for call in calls for item in load("max").parse(source, call)]
    assert [type(item) for item in items] == [Inbound, Unreadable, Unreadable, Ignored]
    assert await channel.poll(http, source, cursor, real_now) == ([], "8")
    assert "marker" not in vendor.asked[0]
    assert vendor.asked[1]["marker"] == "7"
    assert vendor.asked[0]["types"].split(",") == list(UPDATES)


async def test_a_page_that_confirms_nothing_is_a_failure_not_a_busy_loop(
    vendor: Max, http: aiohttp.ClientSession, source: Source
) -> None:
    vendor.pages = [{"updates": [HI]}, {"updates": "x"}, []]
    for _ in range(3):
        assert (await failed(channel.poll(http, source, "5", real_now))).code is SendCode.UNAVAILABLE


@pytest.mark.parametrize("refusal", [0, 403])
async def test_polling_takes_a_webhook_off_that_gets_the_updates(
    vendor: Max, http: aiohttp.ClientSession, source: Source, refusal: int
) -> None:
    vendor.hooks = [{"url": URL, "time": 1}]
    vendor.refusal = refusal
    vendor.pages = [{"updates": []}]
    calls, cursor = await channel.poll(http, source, "5", real_now)
    assert (list(calls), cursor) == ([], "5")
    assert vendor.hooks == []


async def test_a_poll_that_is_refused_without_a_webhook_is_a_failure(
    vendor: Max, http: aiohttp.ClientSession, source: Source
) -> None:
    vendor.refusal = 403
    assert (await failed(channel.poll(http, source, "5", real_now))).code is SendCode.PERMANENT


# --- webhooks -----------------------------------------------------------------------------------------------


async def test_a_webhook_is_registered_with_its_secret(
    vendor: Max, http: aiohttp.ClientSession, source: Source
) -> None:
    assert "no webhook" in await channel.registered(http, source, URL)
    await channel.register(http, source, URL)
    assert vendor.hooks == [{"url": URL, "update_types": list(UPDATES), "secret": "s" * 32, "time": 1}]
    assert await channel.registered(http, source, URL) == ""
    assert "no webhook" in await channel.registered(http, source, URL + "2")


@pytest.mark.parametrize(
    ("types", "missing"), [(None, ""), (["message_created", *UPDATES[2:]], "message_edited")]
)
async def test_a_webhook_that_gets_too_little_is_none(
    vendor: Max, http: aiohttp.ClientSession, source: Source, types: list[str] | None, missing: str
) -> None:
    vendor.hooks = [{"url": URL, "time": 1, "update_types": types}]
    told = await channel.registered(http, source, URL)
    assert missing in told
    assert bool(told) is bool(missing)


# --- who we are ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", ["", "lavka_bot", "@Lavka_Bot"])
async def test_check_says_who_we_are(http: aiohttp.ClientSession, source: Source, username: str) -> None:
    assert await channel.probe(http, door(source.api_base, username=username)) == "@Lavka_bot"


async def test_check_says_whose_token_it_is(http: aiohttp.ClientSession, source: Source) -> None:
    error = await failed(channel.probe(http, door(source.api_base, username="other_bot")))
    assert (error.code, "@Lavka_bot" in error.detail) == (SendCode.MISCONFIGURED, True)
    error = await failed(channel.probe(http, door(source.api_base, token="revoked-0123456789")))
    assert error.code is SendCode.MISCONFIGURED


@pytest.mark.parametrize("me", [[], {}, {"user_id": None}, 5])
async def test_a_me_that_is_nobody_is_the_server_s_trouble(
    vendor: Max, http: aiohttp.ClientSession, source: Source, me: Any
) -> None:
    vendor.me = me
    assert (await failed(channel.probe(http, source))).code is SendCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token", "half a token"),
        ("token", "x"),
        ("token", "a\r\nX: y" * 3),
        ("secret", "short"),
        ("secret", "п" * 20),
    ],
)
def test_a_setting_that_cannot_work_is_refused_without_being_shown(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name) as caught:
        door("", **{name: value})
    assert value not in str(caught.value)


def test_a_secret_that_is_left_out_is_made() -> None:
    one, two = (channel.settings.model_validate({"token": TOKEN}).secret for _ in range(2))
    assert one != two


# --- whom we trust ------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A root certificate that is no usual store's, for a server on this machine; its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    home = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(home, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


@pytest.fixture
async def national(vendor: Max, tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """A server whose certificate no usual store trusts: its address, and the root."""
    pem, key = certificate(tmp_path, "national")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, key)
    server = TestServer(vendor.app(), scheme="https")
    await server.start_server(ssl=context)
    async with server:
        yield str(server.make_url("")), pem


async def test_a_root_that_the_settings_name_is_trusted(
    http: aiohttp.ClientSession, national: tuple[str, Path]
) -> None:
    url, pem = national
    assert await channel.probe(http, door(url, ca_file=str(pem))) == "@Lavka_bot"


async def test_without_it_nothing_is_sent_and_the_setting_is_named(
    http: aiohttp.ClientSession, national: tuple[str, Path], tmp_path: Path
) -> None:
    url, pem = national
    other, _ = certificate(tmp_path, "other")
    # Also on a session that has just trusted it for the other source.
    await channel.probe(http, door(url, ca_file=str(pem)))
    for given in ("", str(other)):
        error = await failed(channel.probe(http, door(url, ca_file=given)))
        assert (error.code, "ca_file" in error.detail) == (SendCode.MISCONFIGURED, True)


async def test_a_root_that_is_replaced_is_read_anew(
    http: aiohttp.ClientSession, national: tuple[str, Path], tmp_path: Path
) -> None:
    url, pem = national
    file, _ = certificate(tmp_path, "old")
    source = door(url, ca_file=str(file))
    await failed(channel.probe(http, source))
    file.write_bytes(pem.read_bytes())
    assert await channel.probe(http, source) == "@Lavka_bot"


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
async def test_a_file_that_holds_no_root_is_named(
    http: aiohttp.ClientSession, source: Source, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "root.pem"
    if content is not None:
        file.write_bytes(content)
    settings = source.settings.model_copy(update={"ca_file": str(file)})
    error = await failed(channel.probe(http, replace(source, settings=settings)))
    assert (error.code, "ca_file" in error.detail) == (SendCode.MISCONFIGURED, True)

"""Twilio's side over real HTTP, and its own library beside our reading of its signature."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from pydantic import ValidationError
from twilio.request_validator import RequestValidator, get_signature_algorithm

from channels import twilio
from channels.kit.contract import Source
from channels.kit.discover import load
from channels.kit.errors import Malformed, Rejected
from channels.kit.fixture import Fixture, fixtures
from channels.kit.outbound import VendorAnswer
from channels.twilio.api import explained, is_theirs
from channels.twilio.codes import CODES
from leads.events import (
    Attachment,
    Call,
    Inbound,
    Kind,
    Media,
    MediaKind,
    Outgoing,
    SendCode,
    SendError,
    Template,
)

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
ACCOUNT, TOKEN = "AC" + "0123456789abcdef" * 2, "canaryTokenThatNobodyMaySee01234"
SHOP, ANNA = "+15557122661", "+15558675310"
SID = "SM" + "0" * 31 + "1"
TAKEN = {"sid": SID, "status": "queued", "error_code": None}
DOOR = "https://desk.example/in/twilio/sms"
SETTINGS = {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": SHOP}


@dataclass
class Vendor:
    """Answers in turn as told, the last answer for ever; remembers what was asked."""

    answers: list[Any] = field(default_factory=lambda: [(201, TAKEN)])
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    http: aiohttp.ClientSession = field(init=False)
    source: Source = field(init=False)
    url: str = ""

    async def send(self, text: str = "Hi", media: Media | None = None, **more: Any) -> str:
        return (await twilio.send(self.http, self.source, Outgoing(ANNA, text, **more), media)).external_id

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()} | dict(request.query)
        self.asked.append((request.method, request.path, form))
        self.allowed.append(request.headers.get("Authorization", ""))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "lost":
            assert request.transport
            request.transport.close()
            return web.Response()
        status, body, *headers = answer
        if isinstance(body, dict):
            return web.json_response(body, status=status, headers=dict(*headers))
        return web.Response(status=status, body=body, headers=dict(*headers))

    def has(self, **settings: str) -> None:
        self.source = replace(self.source, settings=twilio.settings.model_validate(SETTINGS | settings))


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    vendor = Vendor()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", vendor.handle)
    settings = twilio.settings.model_validate(SETTINGS)
    async with TestServer(app) as server, aiohttp.ClientSession() as vendor.http:
        vendor.url = str(server.make_url("/")).rstrip("/")
        vendor.source = Source(
            1, "twilio", "sms", settings, api_base=vendor.url, base_url="https://desk.example"
        )
        yield vendor


async def failed(awaitable: Any) -> SendError:
    with pytest.raises(SendError) as caught:
        await awaitable
    assert TOKEN not in str(caught.value)
    return caught.value


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def media(url: str = "https://desk.example/media/1/a.jpg") -> Media:
    async def flow() -> AsyncIterator[bytes]:
        raise AssertionError("Twilio fetches the file itself")
        yield b""

    return Media("a.jpg", "image/jpeg", 3, flow(), url)


# --- sending ----------------------------------------------------------------------------------------------


async def test_a_text_goes_with_the_address_for_its_states(vendor: Vendor) -> None:
    assert await vendor.send("250 € & <b>доставка</b> 🛋️", reply_to="SM9") == SID
    form = {"To": ANNA, "From": SHOP, "Body": "250 € & <b>доставка</b> 🛋️"}
    states = {"StatusCallback": f"{DOOR}#rc=5&rp=5xx,ct,rt"}
    assert vendor.asked == [("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", form | states)]
    assert vendor.allowed == [basic(ACCOUNT, TOKEN)]


async def test_an_api_key_takes_the_place_of_the_token(vendor: Vendor) -> None:
    vendor.has(api_key="SK" + "1" * 32, api_secret="key-secret")
    await vendor.send()
    assert vendor.allowed == [basic("SK" + "1" * 32, "key-secret")]


@pytest.mark.parametrize(
    ("sender", "name"),
    [("whatsapp:+15557122661", "From"), ("MG" + "a" * 32, "MessagingServiceSid"), ("12345", "From")],
)
async def test_every_kind_of_sender(vendor: Vendor, sender: str, name: str) -> None:
    vendor.has(sender=sender)
    await vendor.send()
    form = vendor.asked[0][2]
    assert {key: form[key] for key in form.keys() & {"From", "MessagingServiceSid"}} == {name: sender}


async def test_a_file_goes_as_an_address(vendor: Vendor) -> None:
    await vendor.send("", media(), attachment=Attachment(MediaKind.PHOTO))
    form = vendor.asked[0][2]
    assert form["MediaUrl"] == "https://desk.example/media/1/a.jpg"
    assert "Body" not in form
    for nothing in (None, media("")):
        error = await failed(vendor.send("", nothing, attachment=Attachment(MediaKind.PHOTO)))
        assert (error.code, "FRONTDESK_PUBLIC_URL" in error.detail) == (SendCode.BAD_MEDIA, True)
    assert len(vendor.asked) == 1


async def test_without_a_public_address_no_states_are_asked_for(vendor: Vendor) -> None:
    vendor.source = replace(vendor.source, base_url="")
    await vendor.send()
    assert "StatusCallback" not in vendor.asked[0][2]


# --- templates --------------------------------------------------------------------------------------------


def content(name: str, language: str = "ru", status: str = "approved", **more: Any) -> dict[str, Any]:
    about = {"sid": f"HX-{name}-{language}", "language": language, "variables": {"1": "you"}}
    words = {"twilio/media": {"media": []}, "twilio/text": {"body": f"{name}: {{{{1}}}}"}}
    return about | {"types": words, "approval_requests": {"name": name, "status": status}} | more


async def test_the_approved_texts_are_offered_to_whatsapp_senders(vendor: Vendor) -> None:
    wrapped = content("bill")
    wrapped["approval_requests"] = {"whatsapp": wrapped["approval_requests"]}
    odd = [content("new", status="pending"), content("never", approval_requests=None), {"sid": 5}, None]
    vendor.answers = [(200, {"contents": [content("order"), wrapped, *odd, content("empty", types={})]})]
    assert await twilio.templates(vendor.http, vendor.source) == ()
    vendor.has(sender="whatsapp:" + SHOP)
    offered = await twilio.templates(vendor.http, vendor.source)
    assert offered == [Template("order", "ru", "order: {{1}}"), Template("bill", "ru", "bill: {{1}}")]
    assert vendor.asked[0][1:] == ("/v1/ContentAndApprovals", {"PageSize": "250"})
    vendor.answers = [(200, {"content": []})]
    assert (await failed(twilio.templates(vendor.http, vendor.source))).code is SendCode.UNAVAILABLE


async def test_a_template_goes_by_its_number_in_place_of_the_text(vendor: Vendor) -> None:
    known = {"contents": [content("order", "en"), content("order"), content("bye")]}
    vendor.answers = [(200, known), (201, TAKEN), (200, known), (201, TAKEN), (200, known)]
    filled = Template("order", "ru", "order: {{1}}", ("№ 5", "завтра"))
    await vendor.send("order: № 5", template=filled)
    await vendor.send("Bye", template=Template("bye", "ru", "Bye"))
    first, second = (form for method, _, form in vendor.asked if method == "POST")
    assert (first["ContentSid"], json.loads(first["ContentVariables"])) == (
        *("HX-order-ru", {"1": "№ 5", "2": "завтра"}),
    )
    assert second["ContentSid"] == "HX-bye-ru"
    assert not {"Body", "ContentVariables"} & second.keys()
    gone = await failed(vendor.send("", template=Template("order", "de")))
    assert (gone.code, gone.detail) == (SendCode.PERMANENT, "no approved template order in de")


# --- failing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "meant"),
    [
        (401, 20003, SendCode.MISCONFIGURED),
        (404, 20404, SendCode.MISCONFIGURED),
        (400, 21606, SendCode.MISCONFIGURED),
        (429, 20429, SendCode.RETRY),
        (429, 88888, SendCode.RETRY),
        (400, 21611, SendCode.RETRY),
        (400, 21610, SendCode.BLOCKED),
        (400, 63016, SendCode.WINDOW_CLOSED),
        (400, 21617, SendCode.TOO_LONG),
        (400, 21620, SendCode.BAD_MEDIA),
        (400, 21211, SendCode.PERMANENT),
        (400, 21408, SendCode.PERMANENT),
        (400, 21614, SendCode.PERMANENT),
        (400, 99999, SendCode.PERMANENT),
        (503, 20503, SendCode.UNAVAILABLE),
    ],
)
async def test_a_refusal_is_read_by_its_code(vendor: Vendor, status: int, code: int, meant: SendCode) -> None:
    body = {"code": code, "message": "The reason", "more_info": "https://…", "status": status}
    vendor.answers = [(status, body, {"Retry-After": "7"})]
    error = await failed(vendor.send())
    assert error.code is meant
    assert "The reason" in error.detail
    assert error.retry_after == (7 if meant is SendCode.RETRY else None)


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        ("lost", SendCode.UNAVAILABLE),
        ((502, b"<html>Bad Gateway</html>"), SendCode.UNAVAILABLE),
        ((200, b"<html>Hello</html>"), SendCode.UNAVAILABLE),
        ((201, {"status": "queued"}), SendCode.UNAVAILABLE),
        ((201, {"sid": None}), SendCode.UNAVAILABLE),
        ((400, {"code": "many", "message": 5}), SendCode.PERMANENT),
        ((401, b""), SendCode.MISCONFIGURED),
        ((307, b"", {"Location": "http://127.0.0.1/"}), SendCode.MISCONFIGURED),
    ],
)
async def test_what_is_no_word_of_twilio_s(vendor: Vendor, answer: Any, meant: SendCode) -> None:
    vendor.answers = [answer]
    assert (await failed(vendor.send())).code is meant


async def test_no_secret_gets_into_a_log(vendor: Vendor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    vendor.answers = ["lost"]
    await failed(vendor.send())
    assert TOKEN not in caplog.text + repr(vendor.source)


def test_every_code_is_read_the_same_in_an_answer_and_in_a_status() -> None:
    for code, meant in CODES.items():
        error = explained(VendorAnswer(400, {}, "", {"code": code, "message": "m", "status": 400}))
        assert error
        status = read(MessageSid=SID, MessageStatus="failed", To=ANNA, From=SHOP, ErrorCode=str(code))
        assert error.code is meant
        assert status.fields["code"] == meant.value


# --- files ------------------------------------------------------------------------------------------------


async def test_a_file_is_fetched_with_the_secret_and_from_its_storage_without(vendor: Vendor) -> None:
    async with TestServer(web.Application()) as storage:
        elsewhere = str(storage.make_url("/ME1"))
        vendor.answers = [(307, b"", {"Location": elsewhere}), (200, b"", {})]
        file = Attachment(MediaKind.PHOTO, ref=f"{vendor.url}/ME1", name="photo.jpg", mime="image/jpeg")
        error = await failed(twilio.fetch_media(vendor.http, vendor.source, file))
    # The way there is a stranger's: guarded, so not even tried on this machine.
    assert (error.code, vendor.allowed) == (SendCode.BAD_MEDIA, [basic(ACCOUNT, TOKEN)])


async def test_the_bytes_come_as_they_are(vendor: Vendor) -> None:
    moved = (307, b"", {"Location": f"{vendor.url}/storage/ME1"})
    vendor.answers = [moved, (200, b"\xff\xd8\xff", {"Content-Type": "image/jpeg"})]
    file = Attachment(MediaKind.PHOTO, ref=f"{vendor.url}/ME1", name="photo.jpg", mime="image/jpeg")
    got = await twilio.fetch_media(vendor.http, vendor.source, file)
    assert (got.name, got.mime, b"".join([chunk async for chunk in got.chunks])) == (
        *("photo.jpg", "image/jpeg"),
        b"\xff\xd8\xff",
    )


@pytest.mark.parametrize(
    ("url", "theirs"),
    [
        ("https://api.twilio.com/2010-04-01/x", True),
        ("https://mms.twilio.com/x", True),
        ("http://api.twilio.com/x", False),
        ("https://twilio.com.evil.example/x", False),
        ("https://eviltwilio.com/x", False),
        ("https://api.twilio.com@evil.example/x", False),
        ("//x", False),
        ("", False),
    ],
)
def test_the_secret_goes_to_twilio_only(vendor: Vendor, url: str, theirs: bool) -> None:
    assert is_theirs(replace(vendor.source, api_base=""), url) is theirs


# --- set-up -----------------------------------------------------------------------------------------------


def number(**more: Any) -> dict[str, Any]:
    about = {"sid": "PN1", "phone_number": SHOP, "sms_url": DOOR, "capabilities": {"sms": True, "mms": True}}
    return {"incoming_phone_numbers": [about | {"phone_number": SHOP + "0"}, about | more]}


async def test_a_number_is_found_and_led_here(vendor: Vendor) -> None:
    vendor.answers = [(200, number())]
    assert await twilio.probe(vendor.http, vendor.source) == SHOP
    assert vendor.asked[0][1:] == (
        f"/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json",
        {"PhoneNumber": SHOP},
    )
    await twilio.register(vendor.http, vendor.source, DOOR)
    method, path, form = vendor.asked[-1]
    assert (method, path.rpartition("/")[2]) == ("POST", "PN1.json")
    assert form == {"SmsUrl": f"{DOOR}#rc=5&rp=5xx,ct,rt", "SmsMethod": "POST", "SmsApplicationSid": ""}


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({}, ""),
        ({"sms_url": f"{DOOR}#rc=5&rp=5xx,ct,rt"}, ""),
        ({"sms_url": "https://other.example/"}, "the number's messages go to https://other.example/"),
        ({"sms_url": ""}, "the number's messages go nowhere"),
        ({"sms_url": None}, "the number's messages go nowhere"),
        ({"sms_application_sid": "AP1"}, "a TwiML app takes the messages: AP1"),
    ],
)
async def test_where_a_number_leads(vendor: Vendor, about: dict[str, Any], words: str) -> None:
    vendor.answers = [(200, number(**about))]
    assert await twilio.registered(vendor.http, vendor.source, DOOR) == words


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        ((200, {"incoming_phone_numbers": []}), SendCode.MISCONFIGURED),
        ((200, number(capabilities={"sms": False})), SendCode.MISCONFIGURED),
        ((200, {"incoming_phone_numbers": 5}), SendCode.UNAVAILABLE),
        ((401, {"code": 20003, "message": "Authenticate", "status": 401}), SendCode.MISCONFIGURED),
    ],
)
async def test_a_number_that_is_not_ours(vendor: Vendor, answer: Any, meant: SendCode) -> None:
    vendor.answers = [answer]
    assert (await failed(twilio.probe(vendor.http, vendor.source))).code is meant


async def test_of_other_senders_only_the_credentials_are_tried(vendor: Vendor) -> None:
    vendor.has(sender="whatsapp:" + SHOP)
    vendor.answers = [(200, {"messages": []})]
    assert await twilio.probe(vendor.http, vendor.source) == "whatsapp:" + SHOP
    await twilio.register(vendor.http, vendor.source, DOOR)
    assert await twilio.registered(vendor.http, vendor.source, DOOR) == ""
    assert [(method, path.rpartition("/")[2]) for method, path, _ in vendor.asked] == [
        ("GET", "Messages.json")
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"account_sid": "SK" + "0" * 32},
        {"auth_token": "short"},
        {"sender": "15557122661"},
        {"sender": "whatsapp:123"},
        {"api_key": "SK1"},
        {"api_secret": "x"},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_work(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        twilio.settings.model_validate(SETTINGS | wrong)
    assert TOKEN not in str(caught.value)


def test_every_setting_says_where_it_is_found() -> None:
    assert all(field.description for field in twilio.settings.model_fields.values())


# --- what comes in, beyond the fixtures ---------------------------------------------------------------------


def source(**more: Any) -> Source:
    settings = twilio.settings.model_validate(SETTINGS | more)
    return Source(1, "twilio", "sms", settings, base_url="https://desk.example")


def call(body: str | bytes, **headers: str) -> Call:
    raw = body.encode() if isinstance(body, str) else body
    return Call("POST", headers, {}, raw, NOW)


def read(**form: str) -> Inbound:
    item, *_ = twilio.parse(source(), call(urlencode(form)))
    assert isinstance(item, Inbound)
    return item


def test_no_more_files_than_a_message_can_have() -> None:
    urls = {f"MediaUrl{n}": f"https://api.twilio.com/{n}" for n in range(40)}
    assert len(read(MessageSid=SID, From=ANNA, NumMedia="40", **urls).attachments) == 10
    assert read(MessageSid=SID, From=ANNA, NumMedia="0", Body="x", **urls).attachments == ()


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"=&=&", b"&" * 10, b"a=1&" * 600, b"{}"])
def test_what_is_no_form_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        twilio.parse(source(), call(body))


def test_half_a_character_is_no_reason_to_lose_the_message() -> None:
    (item,) = twilio.parse(source(), call(b"MessageSid=SM1&From=%2B15558675310&Body=a%ff%ed%a0%bdb"))
    assert isinstance(item, Inbound)
    assert item.text.startswith("a")
    item.text.encode()


def test_a_state_and_its_message_are_two_events() -> None:
    told = {"MessageSid": SID, "From": SHOP, "To": ANNA}
    ids = {read(**told, MessageStatus=state).event_id for state in ("sent", "delivered", "failed")}
    assert ids == {f"{SID}:sent", f"{SID}:delivered", f"{SID}:failed"}
    assert read(MessageSid=SID, From=ANNA, MessageStatus="received", Body="x").kind is Kind.MESSAGE


# --- Twilio's own library -----------------------------------------------------------------------------------


def verdict(one: Source, made: Call) -> bool:
    """Ours."""
    try:
        twilio.verify(one, made)
    except Rejected:
        return False
    return True


def judged(token: str, made: Call, url: str) -> bool:
    """Theirs."""
    form = MultiDict(parse_qsl(made.body.decode(), keep_blank_values=True))
    algorithm = get_signature_algorithm(made.headers.get("x-twilio-webhooks-signature-settings", ""))
    given = made.headers.get("x-twilio-signature", "")
    return bool(RequestValidator(token).validate(url, form, given, algorithm))


@pytest.mark.parametrize("fixture", fixtures("twilio"), ids=lambda one: one.file)
def test_their_validator_says_of_each_fixture_what_we_say(fixture: Fixture) -> None:
    one = fixture.source(load("twilio"))
    url = f"{one.base_url}/in/twilio/{one.key}"
    token = one.settings.auth_token.get_secret_value()
    assert verdict(one, fixture.call) == (bool(one.base_url) and judged(token, fixture.call, url))


FORMS = st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=8)), max_size=6)
BASES = st.sampled_from(
    [
        "https://desk.example",
        "https://desk.example:8443",
        "http://desk.example:80",
        "https://desk.example/a/b",
    ]
)


@given(FORMS, BASES, st.booleans(), st.sampled_from(["", "HMAC_SHA256", "hmac_sha256", "HMAC_SHA1", "MD5"]))
def test_what_they_sign_we_take_and_nothing_else(
    form: list[tuple[str, str]], base: str, right: bool, algorithm: str
) -> None:
    shared = "shared-key-0123456789"
    one = replace(source(shared_key=shared), base_url=base)
    url, body = f"{base}/in/twilio/sms", urlencode(form, errors="replace")
    kept = MultiDict(parse_qsl(body, keep_blank_values=True))
    token = shared if algorithm.upper() == "HMAC_SHA256" else TOKEN
    named = algorithm if algorithm != "MD5" else ""
    signature = RequestValidator(token).compute_signature(url, kept, named or None)
    headers = {"x-twilio-signature": signature if right else signature[::-1]}
    if algorithm:
        headers["x-twilio-webhooks-signature-settings"] = f"key=webhooks_1,algorithm={algorithm}"
    made = call(body, **headers)
    assert verdict(one, made) == judged(token, made, url)
    assert verdict(one, made) is (right and algorithm != "MD5")


def test_a_key_that_is_not_ours_proves_nothing() -> None:
    form = {"MessageSid": SID, "From": ANNA, "Body": "Hi"}
    made = RequestValidator("another-key").compute_signature(DOOR, form, "HMAC_SHA256")
    headers = {"x-twilio-signature": made, "x-twilio-webhooks-signature-settings": "algorithm=HMAC_SHA256"}
    for one in (source(), source(shared_key="shared-key-0123456789")):
        assert not verdict(one, call(urlencode(form), **headers))

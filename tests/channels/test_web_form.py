"""Forms beyond the fixtures: who is who, what is one form twice, where the browser goes, what it sees."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from channels import web_form
from channels.kit.contract import Answered, Outcome, Reply, Source
from channels.kit.discover import load
from channels.kit.errors import Malformed, Rejected
from channels.kit.fixture import play
from channels.web_form.accepting import languages, prefers_html
from channels.web_form.body import flat_name, read_form
from channels.web_form.mapping import is_email, is_phone, understand
from channels.web_form.multipart import bytes_of
from channels.web_form.words import PROBLEMS, WORDS
from leads.events import Attachment, Call, Inbound, MediaKind, SendError

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def source(country: str = "", base_url: str = "", **settings: Any) -> Source:
    return Source(
        1, "web_form", "k", web_form.settings.model_validate(settings), country=country, base_url=base_url
    )


def post(fields: object, **headers: str) -> Call:
    given = {"content-type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return Call("POST", given, {}, json.dumps(fields).encode(), NOW)


def encoded(fields: object, **headers: str) -> Call:
    body = urlencode(fields, doseq=True).encode()  # type: ignore[arg-type]
    return replace(post({}, content_type="application/x-www-form-urlencoded", **headers), body=body)


def upload(*parts: tuple[str, str, bytes], boundary: str = "X") -> Call:
    """Parts are (disposition's options, content type, data)."""
    body = b"".join(
        f"--X\r\nContent-Disposition: form-data; {options}\r\nContent-Type: {kind}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for options, kind, data in parts
    )
    call = post({}, content_type=f"multipart/form-data; boundary={boundary}")
    return replace(call, body=body + b"--X--\r\n")


def read(call: Call, door: Source | None = None) -> Inbound:
    (item,) = web_form.parse(door or source(), call)
    assert isinstance(item, Inbound)
    return item


# ── who and what ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "name", "phone", "email", "text", "rest"),
    [
        ({"FIO": "Иванов И.", "tel": "1"}, "Иванов И.", "1", "", "", []),
        ({"first-name": "Ann", "Last Name": "Lee"}, "Ann Lee", "", "", "", []),
        ({"Имя": "Анна", "Фамилия": "Ли"}, "Анна Ли", "", "", "", []),
        ({"name": "Ann Lee", "surname": "Lee"}, "Ann Lee", "", "", "", []),
        ({"company.name": "ACME", "contact.name": "Bo"}, "Bo", "", "", "", ["company.name"]),
        ({"your_email": "a@b.cd", "E-Mail": "c@d.ef"}, "", "", "c@d.ef", "", ["your_email"]),
        ({"phone": "", "mobile": "55"}, "", "55", "", "", ["phone"]),
        ({"Ваш телефон:": "8 (495) 1", "ВОПРОС": " a\nb "}, "", "8 (495) 1", "", " a\nb ", []),
        ({"q1": "+48 500 100 200", "q2": "x@y.example"}, "", "+48 500 100 200", "x@y.example", "", []),
        ({"q1": "500 100 200 1"}, "", "", "", "", ["q1"]),
        ({"order id": "+48500100200", "дата": "+48500100201"}, "", "", "", "", ["order id", "дата"]),
        ({"when": "2026-01-15 10:00", "note": "call +48500100200"}, "", "", "", "", ["when", "note"]),
    ],
)
def test_known_names_are_found_and_nothing_is_lost(
    fields: dict[str, str], name: str, phone: str, email: str, text: str, rest: list[str]
) -> None:
    found = understand(fields, "")
    assert (found.name, found.phone, found.email, found.message) == (name, phone, email, text)
    assert list(found.rest) == rest


@settings(deadline=None)  # the first number reads the tables of its country
@given(st.dictionaries(st.text(max_size=12), st.text(max_size=20), max_size=8))
def test_every_value_comes_out_somewhere(fields: dict[str, str]) -> None:
    found = understand(fields, "RU")
    known = " ".join([found.name, found.phone, found.email, found.message, found.language, found.page])
    shown = known + found.referrer + found.cookies
    for key, value in fields.items():
        assert found.rest.get(key) == value or value.strip() in shown


def test_a_number_without_its_country_is_a_phone_only_in_the_companys() -> None:
    assert is_phone("8 916 123-45-67", "RU")
    assert not is_phone("8 916 123-45-67", "")
    assert is_phone("+7 916 123-45-67", "")
    assert not is_phone("+7 916 123-45-67 ext", "")
    assert not is_phone("1" * 16, "RU")
    assert is_email(" Ann.Lee+x@mail.example ")
    assert not is_email("write to ann@mail.example")


@pytest.mark.parametrize(
    ("name", "flat"),
    [("a[b][c]", "a.b.c"), ("a[]", "a"), ("a[0][x]", "a.0.x"), ("[a]", "[a]"), ("a[b", "a[b"), ("a", "a")],
)
def test_brackets_become_dots(name: str, flat: str) -> None:
    assert flat_name(name) == flat


def test_json_is_flat_in_its_order() -> None:
    body = {"z": [1, "two", None], "a": {"b": {"c": False}, "d": [{"e": 1}, {"e": 2}]}, "z.0": "kept"}
    assert list(read_form(post(body)).fields.items()) == [
        ("z", "1, two"),
        ("a.b.c", "false"),
        ("a.d.0.e", "1"),
        ("a.d.1.e", "2"),
        ("z.0", "kept"),
    ]
    assert dict(read_form(post([{"n": 1}, "x"])).fields) == {"0.n": "1", "1": "x"}


@pytest.mark.parametrize("body", ["text", 17, None, True])
def test_json_without_fields_is_unreadable(body: object) -> None:
    with pytest.raises(Malformed, match="no fields"):
        read_form(post(body))


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(Malformed, match="1000 fields"):
        read_form(encoded({str(n): "" for n in range(1001)}))


# ── files ─────────────────────────────────────────────────


async def test_files_come_with_the_form_and_can_be_fetched() -> None:
    item = read(
        upload(
            ('name="имя"', "text/plain", "Аня".encode()),
            ('name="f"; filename="../../etc/p\x7fасс.txt"', "text/plain; charset=x", b"data"),
            ('name="g"; filename=".."', "", b"\xff\xd8\xff jpeg"),
            ('name="h"; filename="v.mp4"', "video/mp4", b"moov"),
            ('name="none"; filename=""', "application/octet-stream", b""),
        )
    )
    assert item.sender.name == "Аня"
    assert [(one.kind, one.name, one.mime, one.size) for one in item.attachments] == [
        (MediaKind.FILE, "pасс.txt", "text/plain", 4),
        (MediaKind.PHOTO, "file", "image/jpeg", 8),
        (MediaKind.VIDEO, "v.mp4", "video/mp4", 4),
    ]
    media = await web_form.fetch_media(None, source(), item.attachments[0])  # type: ignore[arg-type]
    assert [chunk async for chunk in media.chunks] == [b"data"]
    with pytest.raises(SendError):
        await web_form.fetch_media(None, source(), Attachment(MediaKind.FILE))  # type: ignore[arg-type]


def test_of_many_files_the_names_are_kept() -> None:
    item = read(upload(*[(f'name="f"; filename="{n}.bin"', "x/y", b"z") for n in range(12)]))
    assert [bool(one.ref) for one in item.attachments] == [True] * 10 + [False] * 2
    assert item.attachments[11].name == "11.bin"
    assert bytes_of(item.attachments[9].ref) == b"z"


@pytest.mark.parametrize("boundary", ["", "Y", "x" * 300])
def test_a_multipart_body_that_does_not_fit_its_boundary_is_unreadable(boundary: str) -> None:
    with pytest.raises(Malformed):
        read_form(upload(('name="a"', "", b"1"), boundary=boundary))


# ── the same form twice ───────────────────────────────────


def test_the_header_names_the_event_then_the_hidden_id_then_the_content() -> None:
    assert read(post({"a": 1, "_id": "page"}, idempotency_key=' "head" ')).event_id == "head"
    assert read(post({"a": 1, "_id": "page"})).event_id == "page"
    plain = read(post({"a": 1, "b": 2}))
    assert (plain.event_id, plain.window) == ("", timedelta(minutes=10))
    assert plain.content_key == plain.conv
    long = read(post({"a": 1}, idempotency_key="k" * 500))
    assert len(long.event_id) == 64


def test_the_content_key_knows_what_a_person_wrote_and_nothing_else() -> None:
    key = read(encoded({"a": "1", "b": "2", "_ts": "5"})).content_key
    assert read(encoded({"b": "2", "a": "1", "_next": "https://x.example"})).content_key == key
    assert read(post({"a": "1", "b": "2"})).content_key == key
    assert read(encoded({"a": "1", "b": "3"})).content_key != key
    one, two = (read(upload(('name="f"; filename="a"', "", data))).content_key for data in (b"1", b"2"))
    assert one != two


async def test_a_duplicate_hears_the_same_and_never_a_problem() -> None:
    for headers in ({}, BROWSER):
        call = encoded({"a": "1"}, **headers)
        first = web_form.answer(source(), call, Answered(Outcome.ACCEPTED, (17,)))
        assert web_form.answer(source(), call, Answered(Outcome.DUPLICATE, (17,))) == first
    assert json.loads(web_form.answer(source(), post({}), Answered(Outcome.DUPLICATE, (17,))).body) == {
        "id": 17,
        "status": "accepted",
    }


# ── suspicion ─────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stamp", "suspicion"),
    [
        ("1768471199", "time_trap"),
        ("1768471198001", "time_trap"),
        ("1768471198", ""),
        ("1768471201", ""),
        ("", ""),
        ("soon", ""),
        ("٣", ""),
        ("9" * 13, ""),
    ],
)
def test_only_what_was_surely_too_quick_is_suspicious(stamp: str, suspicion: str) -> None:
    assert read(post({"name": "A", "_ts": stamp})).suspicion == suspicion


def test_the_traps_can_be_set() -> None:
    bait = post({"name": "A", "_gotcha": "x", "_ts": "1768471197"})
    assert read(bait).suspicion == "honeypot"
    assert read(bait, source(honeypot="false")).suspicion == ""
    assert read(bait, source(honeypot="false", min_seconds="4")).suspicion == "time_trap"


# ── which site may post ───────────────────────────────────


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"origin": "https://shop.example"}, True),
        ({"origin": "https://SHOP.example"}, True),
        ({"referer": "https://shop.example/page?x=1"}, True),
        ({"origin": "https://desk.example"}, True),  # our own page
        ({"origin": "http://localhost:8080", "host": "localhost:8080"}, True),
        ({"origin": "http://shop.example"}, False),
        ({"origin": "https://shop.example.evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "null", "referer": "https://shop.example/"}, False),
        ({"referer": "https://[broken"}, False),
        ({}, False),
    ],
)
def test_with_a_list_only_its_sites_may_post(headers: dict[str, str], taken: bool) -> None:
    door = source(base_url="https://desk.example", allowed_origins="https://shop.example,https://b.example")
    if taken:
        web_form.verify(door, post({}, **headers))
    else:
        with pytest.raises(Rejected) as error:
            web_form.verify(door, post({}, **headers))
        assert error.value.forbidden


async def test_without_a_list_every_site_may_post_and_read_every_answer() -> None:
    channel = load("web_form")
    for call in (post({"a": 1}, origin="https://any.example"), post("", origin="https://any.example")):
        reply = (await play(channel, source(), call)).reply
        assert reply.headers["Access-Control-Allow-Origin"] == "https://any.example"
    for outcome in Outcome:
        reply = web_form.answer(source(), post({}, origin="https://any.example"), Answered(outcome))
        assert reply.headers["Access-Control-Allow-Origin"] == "https://any.example"
    evil = web_form.answer(
        source(), post({}, origin="https://a\r\nSet-Cookie: x"), Answered(Outcome.REJECTED)
    )
    assert "Access-Control-Allow-Origin" not in evil.headers


# ── browsers ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://shop.example/thanks", True),
        ("http://shop.example:8443/thanks?a=b#c", True),
        ("https://evil.example/", False),
        ("https://shop.example@evil.example/", False),
        ("https://shop.example.evil.example/", False),
        ("//evil.example/", False),
        ("//shop.example/", False),
        ("javascript:alert(1)//shop.example", False),
        ("https://evil.example\\@shop.example/", False),
        ("https://shop.example/\r\nSet-Cookie: x", False),
        ("https://[shop.example/", False),
        ("", False),
    ],
)
def test_next_leads_only_to_registered_hosts(url: str, followed: bool) -> None:
    call = encoded({"name": "A", "_next": url}, **BROWSER)
    reply = web_form.answer(source(next_hosts="shop.example"), call, Answered(Outcome.ACCEPTED, (1,)))
    assert reply.status == 303
    assert reply.headers["Location"] == (url if followed else "?thanks=1")


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("*/*", False),
        ("", False),
        ("application/json, text/html;q=0.9", False),
        ("text/html;q=0.3, application/*;q=0.2", True),
        ("text/html;q=nan, application/json;q=٣", False),
    ],
)
def test_html_is_for_those_who_prefer_it(accept: str, html: bool) -> None:
    assert prefers_html(post({}, accept=accept)) is html


def test_languages_come_most_wanted_first() -> None:
    assert languages(post({}, accept_language="en;q=0.3, ru-RU, *;q=0.1, pl;q=0")) == ["ru-ru", "en"]
    assert read(post({"name": "A"}, accept_language="en;q=0.3, pl")).sender.language == "pl"
    assert read(post({"name": "A", "lang": "lt"}, accept_language="pl")).sender.language == "lt"


class Page(HTMLParser):
    """Inputs and labels of a page."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.labels: set[str | None] = set()
        self.text = reply.body.decode()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"input", "textarea"}:
            self.inputs[str(given["name"])] = given
        elif tag == "label":
            self.labels.add(given.get("for"))


def opened(door: Source, query: dict[str, str] | None = None, **headers: str) -> Reply:
    call = Call("GET", {k.replace("_", "-"): v for k, v in headers.items()}, query or {}, b"", NOW)
    reply = web_form.handshake(door, call)
    assert reply is not None
    return reply


def test_a_browser_finds_a_form_that_posts_what_we_read() -> None:
    reply = opened(source(title='<b>"Shop"'), referer='https://a.example/"><script>', accept_language="ru")
    page = Page(reply)
    assert (reply.status, reply.headers["Content-Language"]) == (200, "ru")
    assert "&lt;b&gt;" in page.text
    assert "<b>" not in page.text
    assert page.inputs["referrer"]["value"] == 'https://a.example/"><script>'
    visible = {
        name for name, given in page.inputs.items() if given.get("type") != "hidden" and name != "_gotcha"
    }
    assert visible <= page.labels
    values = {name: str(given.get("value") or "") for name, given in page.inputs.items()}
    item = read(
        replace(encoded(values | {"name": "Ann", "phone": "1"}), received_at=NOW + timedelta(seconds=9))
    )
    assert (item.event_id, item.suspicion, item.sender.name) == (values["_id"], "", "Ann")
    assert Page(opened(source())).inputs["_id"] != page.inputs["_id"], "two visitors, one form"


def test_our_pages_run_no_script_but_their_own() -> None:
    reply = opened(source())
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', reply.body.decode()))
    assert f"script-src 'nonce-{nonce}'" in reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


def test_thanks_and_sorry_speak_the_browsers_language_or_the_sources() -> None:
    assert "Спасибо" in opened(source(), {"thanks": "1"}, accept_language="ru-RU,en;q=0.5").body.decode()
    assert "Спасибо" in opened(source(language="ru"), {"thanks": "1"}, accept_language="pl").body.decode()
    assert "Thank you" in opened(source(), {"thanks": "1"}).body.decode()
    answered = Answered(Outcome.UNAVAILABLE, retry_after=7)
    sorry = web_form.answer(source(), encoded({}, **BROWSER, accept_language="ru"), answered)
    assert (sorry.status, sorry.headers["Retry-After"]) == (503, "7")
    assert "не принято" in sorry.body.decode()
    assert WORDS["en"].keys() == WORDS["ru"].keys() >= set(PROBLEMS.values())


def test_in_the_signed_mode_there_is_no_page() -> None:
    call = Call("GET", {}, {}, b"", NOW)
    assert web_form.handshake(source(signing_secret=SECRET), call) is None


# ── where from ────────────────────────────────────────────


def marks(fields: dict[str, str], **headers: str) -> dict[str, str]:
    return dict(read(post({"name": "A"} | fields, **headers)).attribution.params)


def test_a_field_beats_the_page_beats_the_referrer_beats_the_caller_beats_the_cookies() -> None:
    places = {
        "utm_source": "field",
        "page": "https://a.example/?utm_source=page&utm_term=page",
        "referrer": "https://b.example/?utm_term=ref&utm_medium=ref",
        "cookies": "utm_campaign=cookie; utm_content=cookie",
    }
    found = marks(places, referer="https://c.example/?utm_medium=caller&utm_campaign=caller")
    assert found == {
        "utm_source": "field",
        "utm_term": "page",
        "utm_medium": "ref",
        "utm_campaign": "caller",
        "utm_content": "cookie",
    }


def test_marks_have_their_proper_names_and_stay_whole() -> None:
    assert marks({"UTM_Source": " Mixed Case ", "sccid": "x", "gcl_id": "g", "data.yclid": "y"}) == {
        "utm_source": "Mixed Case",
        "ScCid": "x",
        "gclid": "g",
        "yclid": "y",
    }
    assert marks({"utm_source": "{keyword}", "utm_term": "t" * 900}) == {
        "utm_source": "{keyword}",
        "utm_term": "t" * 500,
    }


def test_openstat_stands_for_utm_where_there_is_none() -> None:
    packed = "ZGlyZWN0LnlhbmRleC5ydTsxMjM7NDU2O3lhbmRleC5ydTpwcmVtaXVt"
    found = marks({"page": f"https://a.example/?_openstat={packed}"})
    assert (found["utm_source"], found["utm_campaign"]) == ("direct.yandex.ru", "123")
    assert marks({"_openstat": packed, "utm_source": "own"})["utm_source"] == "own"
    assert marks({"_openstat": "é;;"}) == {"_openstat": "é;;"}


@pytest.mark.parametrize(
    "url", ["https://[", "?" + "a=1&" * 300, "http://a/?utm_source=%ff", "\x00", quote("ё" * 900)]
)
def test_a_broken_address_breaks_nothing(url: str) -> None:
    item = read(post({"name": "A", "page": url, "cookies": url}, referer=url))
    assert len(item.attribution.page) <= 2000


# ── settings ──────────────────────────────────────────────


def test_settings_are_given_as_text() -> None:
    made = web_form.settings.model_validate(
        {
            "allowed_origins": " https://A.example/ ,http://b.example:81",
            "next_hosts": "",
            "signing_secret": SECRET,
        }
    )
    assert made.model_dump()["allowed_origins"] == ("https://a.example", "http://b.example:81")
    assert made.model_dump()["next_hosts"] == ()
    assert "MDEy" not in repr(made)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("allowed_origins", "shop.example"),
        ("allowed_origins", "https://shop.example/path"),
        ("next_hosts", "https://shop.example"),
        ("signing_secret", "whsec_c2hvcnQ="),
        ("signing_secret", "whsec_***"),
        ("language", "xx"),
        ("min_seconds", "-1"),
        ("titel", "typo"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        web_form.settings.model_validate({name: value})

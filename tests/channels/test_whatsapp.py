"""What Graph is asked for a WhatsApp number, and what its answers mean; requests as they cross the wire."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from answering import content, failed, media

from channels.kit.contract import Source
from channels.kit.discover import load
from leads.events import (
    Attachment,
    Button,
    MediaKind,
    Outgoing,
    SendCode,
    Sent,
    Span,
    Template,
    Verb,
)

WHATSAPP = load("whatsapp")
TOKEN = "EAAcanaryTokenThatNobodyMaySee0123456789"
SETTINGS = {
    "phone_number_id": "900001",
    "waba_id": "800001",
    "token": TOKEN,
    "app_secret": "0123456789abcdef0123456789abcdef",
    "verify_token": "a-word-of-ours",
}
WHO, HIDDEN = "+70000000009", "RU.55501"
SENT = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": WHO, "wa_id": "70000000009", "user_id": HIDDEN}],
    "messages": [{"id": "wamid.NEW"}],
}
URL = "https://desk.example/in/whatsapp/shop"


@dataclass
class Graph:
    """Answers in turn, the last for ever: JSON, (status, JSON or text), bytes, or "lost"."""

    answers: list[Any] = field(default_factory=lambda: [SENT])
    asked: list[tuple[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    http: aiohttp.ClientSession = field(init=False)
    source: Source = field(init=False)

    async def send(self, outgoing: Outgoing, bytes_: Any = None) -> Sent:
        return await WHATSAPP.send(self.http, self.source, outgoing, bytes_)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((f"{request.method} {request.path}", await asked(request)))
        self.tokens.add(request.headers.get("Authorization", ""))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "lost":
            assert request.transport
            request.transport.close()
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="image/jpeg")
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))

    @property
    def calls(self) -> list[str]:
        return [call for call, _ in self.asked]

    @property
    def said(self) -> dict[str, Any]:
        """The last body, without what all messages share."""
        told = dict(self.asked[-1][1])
        assert told.pop("messaging_product") == "whatsapp"
        return told


async def asked(request: web.Request) -> Any:
    if request.content_type != "multipart/form-data":
        return await request.json() if request.can_read_body else dict(request.query)
    parts = {}
    async for part in await request.multipart():
        assert isinstance(part, aiohttp.BodyPartReader)
        raw = await part.read()
        parts[part.name] = (
            (part.filename, part.headers["Content-Type"], raw) if part.filename else raw.decode()
        )
    return parts


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    graph = Graph()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", graph.handle)
    async with TestServer(app) as server, aiohttp.ClientSession() as graph.http:
        valid = WHATSAPP.settings.model_validate(SETTINGS)
        graph.source = Source(1, "whatsapp", "shop", valid, api_base=str(server.make_url("")))
        yield graph


def out(text: str = "", **more: Any) -> Outgoing:
    return Outgoing(WHO, text, **more)


def to(kind: str, what: Any, **more: Any) -> dict[str, Any]:
    return {"recipient_type": "individual", "to": WHO, "type": kind, kind: what} | more


def error(code: int, words: str = "trouble", **more: Any) -> dict[str, Any]:
    return {"error": {"message": f"(#{code}) {words}", "type": "OAuthException", "code": code} | more}


# --- messages -----------------------------------------------------------------------------------------------


async def test_text_goes_as_it_is_and_brings_our_key_along(graph: Graph) -> None:
    sent = await graph.send(out("Да, *в наличии* 🪟", reply_to="wamid.THEIRS", key="outbox:42"))
    assert sent == Sent("wamid.NEW")
    assert graph.calls == ["POST /v26.0/900001/messages"]
    assert graph.tokens == {f"Bearer {TOKEN}"}
    assert graph.said == to(
        "text",
        {"body": "Да, *в наличии* 🪟", "preview_url": False},
        context={"message_id": "wamid.THEIRS"},
        biz_opaque_callback_data="outbox:42",
    )


async def test_who_hides_the_phone_is_written_to_by_user_id(graph: Graph) -> None:
    await graph.send(replace(out("hi"), recipient=HIDDEN))
    assert graph.said["recipient"] == HIDDEN
    assert "to" not in graph.said


async def test_nobody_is_no_recipient(graph: Graph) -> None:
    assert (await failed(graph.send(Outgoing("", "hi")))).code is SendCode.PERMANENT
    assert graph.asked == []


@pytest.mark.parametrize(
    ("count", "title", "kind"),
    [
        (1, "Да", "button"),
        (3, "x" * 20, "button"),
        (4, "Да", "list"),
        (10, "x", "list"),
        (3, "x" * 21, "list"),
    ],
)
async def test_choices_are_buttons_or_a_list(graph: Graph, count: int, title: str, kind: str) -> None:
    await graph.send(out("Когда?", buttons=tuple(Button(title, f"day:{n}") for n in range(count))))
    told = graph.said["interactive"]
    assert (told["type"], told["body"]) == (kind, {"text": "Когда?"})
    if kind == "button":
        shown = [one["reply"] for one in told["action"]["buttons"]]
    else:
        assert told["action"]["button"] == "☰"
        shown = told["action"]["sections"][0]["rows"]
    assert [one["id"] for one in shown] == [f"day:{n}" for n in range(count)]


async def test_long_words_of_a_choice_go_on_below_it(graph: Graph) -> None:
    words = "Во вторник после обеда, часов в пять"
    await graph.send(out("Когда?", buttons=(Button(words, "tue"), *[Button(str(n)) for n in range(3)])))
    row, other, *_ = graph.said["interactive"]["action"]["sections"][0]["rows"]
    assert row["title"].removesuffix("…") + row["description"] == words
    assert len(row["title"]) <= 24
    assert other == {"id": "0", "title": "0"}


@pytest.mark.parametrize(
    ("text", "buttons"),
    [
        ("?", [Button(str(n)) for n in range(11)]),
        ("x" * 1025, [Button("0")]),
        ("", [Button("0")]),
        ("?", [Button("x" * 100)]),
        ("?", [Button("0", "d" * 257)]),
    ],
)
async def test_choices_that_fit_nowhere_are_lines(graph: Graph, text: str, buttons: list[Button]) -> None:
    await graph.send(out(text, buttons=tuple(buttons)))
    lines = [f"{n}. {one.text}" for n, one in enumerate(buttons, 1)]
    assert graph.said["text"]["body"] == "\n".join([text, *lines] if text else lines)


async def test_a_link_under_a_message_is_a_line(graph: Graph) -> None:
    await graph.send(out("См.", buttons=(Button("Каталог", url="https://shop.example/a"),)))
    assert graph.said["text"]["body"] == "См.\nКаталог: https://shop.example/a"


async def test_a_template_goes_with_its_words(graph: Graph) -> None:
    chosen = Template("order_ready", "ru", "{{1}}, заказ {{2}} готов", (" Анна\n\tК ", "17      а", ""))
    await graph.send(out("ignored", template=chosen))
    words = [{"type": "text", "text": text} for text in ("Анна К", "17 а", "–")]
    components = [{"type": "body", "parameters": words}]
    assert graph.said == to(
        "template", {"name": "order_ready", "language": {"code": "ru"}, "components": components}
    )


async def test_a_template_without_variables_has_no_components(graph: Graph) -> None:
    await graph.send(out(template=Template("hello", "en_US", "Hello")))
    assert graph.said["template"] == {"name": "hello", "language": {"code": "en_US"}, "components": []}


@pytest.mark.parametrize("emoji", ["👍", ""])
async def test_a_reaction_is_put_and_taken_away(graph: Graph, emoji: str) -> None:
    await graph.send(out(emoji, verb=Verb.REACT, target="wamid.THEIRS", reply_to="wamid.X"))
    assert graph.said == to("reaction", {"message_id": "wamid.THEIRS", "emoji": emoji})


async def test_a_read_mark_shows_that_somebody_writes(graph: Graph) -> None:
    graph.answers = [{"success": True}]
    assert await graph.send(out(verb=Verb.READ, target="wamid.THEIRS")) == Sent("")
    assert graph.said == {
        "status": "read",
        "message_id": "wamid.THEIRS",
        "typing_indicator": {"type": "text"},
    }


@pytest.mark.parametrize("verb", [Verb.EDIT, Verb.DELETE])
async def test_what_the_channel_does_not_promise_is_refused(graph: Graph, verb: Verb) -> None:
    assert (await failed(graph.send(out("x", verb=verb, target="wamid.OURS")))).code is SendCode.PERMANENT
    assert graph.asked == []


def test_what_it_promises() -> None:
    can = WHATSAPP.can
    assert can.reply_window == timedelta(hours=24)
    assert (can.templates, can.reactions, can.read_marks, can.edits, can.deletes) == (
        True,
        True,
        True,
        False,
        False,
    )


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "mime", "size", "text", "shown"),
    [
        (MediaKind.PHOTO, "image/jpeg", 3, "Вот", {"image": {"id": "M1", "caption": "Вот"}}),
        (MediaKind.VIDEO, "video/mp4", 3, "", {"video": {"id": "M1"}}),
        (MediaKind.VOICE, "audio/ogg; codecs=opus", 3, "", {"audio": {"id": "M1", "voice": True}}),
        (MediaKind.AUDIO, "audio/mpeg", 3, "", {"audio": {"id": "M1"}}),
        (
            MediaKind.FILE,
            "application/pdf",
            3,
            "План",
            {"document": {"id": "M1", "filename": "план.pdf", "caption": "План"}},
        ),
        # what does not fit goes as a document
        (MediaKind.PHOTO, "image/webp", 3, "", {"document": {"id": "M1", "filename": "план.pdf"}}),
        (MediaKind.PHOTO, "image/png", 6 << 20, "", {"document": {"id": "M1", "filename": "план.pdf"}}),
        (MediaKind.VIDEO, "video/webm", 3, "", {"document": {"id": "M1", "filename": "план.pdf"}}),
        (
            MediaKind.VOICE,
            "audio/ogg",
            3,
            "слова",
            {"document": {"id": "M1", "filename": "план.pdf", "caption": "слова"}},
        ),
    ],
)
async def test_a_file_goes_up_and_is_named_by_its_id(
    graph: Graph, kind: MediaKind, mime: str, size: int, text: str, shown: dict[str, Any]
) -> None:
    graph.answers = [{"id": "M1"}, SENT]
    sent = await graph.send(out(text, attachment=Attachment(kind)), media("план.pdf", mime, size))
    assert sent == Sent("wamid.NEW")
    assert graph.calls == ["POST /v26.0/900001/media", "POST /v26.0/900001/messages"]
    plain = mime.partition(";")[0]
    form = {"messaging_product": "whatsapp", "type": plain, "file": ("план.pdf", plain, b"abc")}
    assert graph.asked[0][1] == form
    (name,) = shown
    assert graph.said == to(name, shown[name])


async def test_choices_under_a_file_are_lines_of_its_caption(graph: Graph) -> None:
    graph.answers = [{"id": "M1"}, SENT]
    asked = out("Этот?", attachment=Attachment(MediaKind.PHOTO), buttons=(Button("Да"), Button("Нет")))
    await graph.send(asked, media(mime="image/png"))
    assert graph.said["image"]["caption"] == "Этот?\n1. Да\n2. Нет"


async def test_a_name_cannot_break_out_of_its_header(graph: Graph) -> None:
    graph.answers = [{"id": "M1"}, SENT]
    odd = media('a"\r\nX: y\\..\\/б.pdf', "application/pdf\r\nX: y")
    await graph.send(out(attachment=Attachment(MediaKind.FILE)), odd)
    filename, mime, _ = graph.asked[0][1]["file"]
    assert (filename, mime) == ("a___X: y_..__б.pdf", "application/octet-stream")


async def test_what_cannot_go_is_not_uploaded(graph: Graph) -> None:
    file = out(attachment=Attachment(MediaKind.FILE))
    assert (await failed(graph.send(file))).code is SendCode.BAD_MEDIA
    assert (await failed(graph.send(file, media(size=101 << 20)))).code is SendCode.BAD_MEDIA
    assert graph.asked == []


async def test_an_upload_without_an_id_is_tried_again(graph: Graph) -> None:
    graph.answers = [{}]
    file = out(attachment=Attachment(MediaKind.FILE))
    assert (await failed(graph.send(file, media()))).code is SendCode.UNAVAILABLE


async def test_a_customers_file_is_asked_for_and_fetched_with_the_token(graph: Graph) -> None:
    graph.answers = [{"url": f"{graph.source.api_base}/lookaside/1", "id": "MEDIA1"}, b"\xff\xd8jpeg"]
    file = Attachment(MediaKind.PHOTO, ref="MEDIA1", name="photo.jpg", mime="image/jpeg")
    found = await WHATSAPP.fetch_media(graph.http, graph.source, file)
    assert (found.name, found.mime, await content(found)) == ("photo.jpg", "image/jpeg", b"\xff\xd8jpeg")
    assert graph.asked[0] == ("GET /v26.0/MEDIA1", {"phone_number_id": "900001"})
    assert graph.tokens == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((400, error(100, "Unsupported get request", error_subcode=33)), SendCode.BAD_MEDIA),
        ((401, error(190, "expired")), SendCode.MISCONFIGURED),
        ((500, error(1)), SendCode.UNAVAILABLE),
        ({"id": "MEDIA1"}, SendCode.UNAVAILABLE),
        ({"url": "http://127.0.0.1/x"}, SendCode.BAD_MEDIA),
    ],
)
async def test_a_file_that_is_not_to_be_had(graph: Graph, answer: Any, code: SendCode) -> None:
    graph.answers = [answer]
    file = Attachment(MediaKind.PHOTO, ref="MEDIA1")
    assert (await failed(WHATSAPP.fetch_media(graph.http, graph.source, file))).code is code


@pytest.mark.parametrize("ref", ["", "../me", "a/b", "a?b"])
async def test_a_reference_leads_nowhere_else(graph: Graph, ref: str) -> None:
    file = Attachment(MediaKind.PHOTO, ref=ref)
    assert (await failed(WHATSAPP.fetch_media(graph.http, graph.source, file))).code is SendCode.BAD_MEDIA
    assert graph.asked == []


# --- failures -----------------------------------------------------------------------------------------------


CODES = {
    SendCode.WINDOW_CLOSED: [131047],
    SendCode.BLOCKED: [131026, 131030],
    SendCode.RETRY: [131056],
    SendCode.UNAVAILABLE: [1, 2, 4, 80007, 130429, 131000, 131016, 131057],
    SendCode.MISCONFIGURED: [0, 3, 10, 190, 200, 299, 368, 131005, 131031, 131037, 131045],
    SendCode.BAD_MEDIA: [131052, 131053],
    SendCode.TOO_LONG: [132005],
    SendCode.PERMANENT: [
        *(100, 130472, 131008, 131009, 131021, 131042, 131048, 131049, 131050, 131051, 131062, 131064),
        *(132000, 132001, 132007, 132015, 987654),
    ],
}


@pytest.mark.parametrize(("code", "number"), [(code, one) for code, many in CODES.items() for one in many])
async def test_failures_are_read_by_their_number(graph: Graph, code: SendCode, number: int) -> None:
    graph.answers = [(400, error(number, "trouble", error_data={"details": "more of it"}))]
    caught = await failed(graph.send(out("hi")))
    assert caught.code is code
    assert caught.detail == f"messages: {number} (#{number}) trouble · more of it"
    assert caught.retry_after == (6.0 if code is SendCode.RETRY else None)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((503, "<html>away</html>"), SendCode.UNAVAILABLE),
        ((200, "<html>proxy</html>"), SendCode.UNAVAILABLE),
        ((500, error(131009)), SendCode.PERMANENT),
        ((400, error(987654, is_transient=True)), SendCode.UNAVAILABLE),
        ((400, error(100, "no such object", error_subcode=33)), SendCode.MISCONFIGURED),
        ((302, ""), SendCode.MISCONFIGURED),
        ("lost", SendCode.UNAVAILABLE),
    ],
)
async def test_other_failures(graph: Graph, answer: Any, code: SendCode) -> None:
    graph.answers = [answer]
    assert (await failed(graph.send(out("hi")))).code is code


@pytest.mark.parametrize("answer", [{}, [], {"messages": []}, {"messages": [{"id": 7}]}, {"messages": "x"}])
async def test_a_yes_with_an_odd_answer_is_not_sent_twice(graph: Graph, answer: Any) -> None:
    graph.answers = [answer]
    assert await graph.send(out("hi")) == Sent("")


async def test_nobody_sees_the_token(graph: Graph, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    graph.answers = [(400, error(190, f"Malformed access token {TOKEN}"))]
    caught = await failed(graph.send(out("hi")))
    assert TOKEN not in "".join(traceback.format_exception(caught)) + caplog.text
    assert "Malformed access token …" in caught.detail


# --- set-up -------------------------------------------------------------------------------------------------

NUMBER = {"display_phone_number": "+7 000 000-00-01", "verified_name": "Окна", "id": "900001"}


async def test_the_probe_tells_the_number_and_needs_both_permissions(graph: Graph) -> None:
    graph.answers = [NUMBER, {"data": [{"id": "900002"}, {"id": "900001"}]}]
    assert await WHATSAPP.probe(graph.http, graph.source) == "+7 000 000-00-01 (Окна)"
    assert graph.calls == ["GET /v26.0/900001", "GET /v26.0/800001/phone_numbers"]


async def test_a_number_of_another_account_is_a_mistake_in_the_settings(graph: Graph) -> None:
    graph.answers = [NUMBER, {"data": [{"id": "900002"}]}]
    caught = await failed(WHATSAPP.probe(graph.http, graph.source))
    assert caught.code is SendCode.MISCONFIGURED
    assert "800001 has no number with the id 900001" in caught.detail


async def test_registering_subscribes_the_app_and_sets_the_numbers_own_address(graph: Graph) -> None:
    graph.answers = [{"success": True}]
    await WHATSAPP.register(graph.http, graph.source, URL)
    override = {"override_callback_uri": URL, "verify_token": "a-word-of-ours"}
    assert graph.asked == [
        ("POST /v26.0/800001/subscribed_apps", override),
        ("POST /v26.0/900001", {"webhook_configuration": override}),
    ]


APPS = {"data": [{"whatsapp_business_api_data": {"id": "1", "name": "Desk"}}]}
ELSEWHERE = "https://elsewhere.example/"


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([APPS, {"webhook_configuration": {"phone_number": URL, "application": ELSEWHERE}}], ""),
        ([APPS, {"webhook_configuration": {"whatsapp_business_account": URL, "application": ELSEWHERE}}], ""),
        ([APPS, {"webhook_configuration": {"application": URL}}], ""),
        (
            [APPS, {"webhook_configuration": {"phone_number": ELSEWHERE, "application": URL}}],
            f"WhatsApp pushes to {ELSEWHERE}",
        ),
        ([APPS, {"id": "900001"}], "WhatsApp pushes to nobody"),
        ([{"data": []}], "no app is subscribed to the account"),
    ],
)
async def test_whether_it_pushes_to_us(graph: Graph, answers: list[Any], why: str) -> None:
    graph.answers = answers
    assert await WHATSAPP.registered(graph.http, graph.source, URL) == why


def approved(name: str, *components: Any, **more: Any) -> dict[str, Any]:
    base = {"name": name, "language": "ru", "status": "APPROVED", "category": "UTILITY"}
    body = {"type": "BODY", "text": "{{1}}, заказ готов"}
    return base | {"parameter_format": "POSITIONAL", "components": [body, *components]} | more


async def test_templates_are_those_that_need_only_words(graph: Graph) -> None:
    url = {"type": "URL", "text": "Open", "url": "https://shop.example/{{1}}"}
    unusable = [
        approved("photo", {"type": "HEADER", "format": "IMAGE"}),
        approved("header", {"type": "HEADER", "format": "TEXT", "text": "{{1}}!"}),
        approved("link", {"type": "BUTTONS", "buttons": [url]}),
        approved("code", category="AUTHENTICATION"),
        approved("paused", status="PAUSED"),
        approved("named", parameter_format="NAMED"),
        approved("carousel", {"type": "CAROUSEL"}),
        {"name": "odd"},
        "?",
    ]
    fine = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Да"}]}
    parts = [{"type": "HEADER", "format": "TEXT", "text": "Привет"}, fine, {"type": "FOOTER", "text": "Окна"}]
    paging = {"cursors": {"after": "NEXT"}, "next": "https://graph.facebook.com/…"}
    graph.answers = [
        {"data": [approved("one", *parts), *unusable], "paging": paging},
        {"data": [approved("two")], "paging": {"cursors": {"after": "END"}}},
    ]
    found = await WHATSAPP.templates(graph.http, graph.source)
    assert list(found) == [Template(name, "ru", "{{1}}, заказ готов") for name in ("one", "two")]
    assert [query.get("after") for _, query in graph.asked] == [None, "NEXT"]


async def test_an_odd_list_of_templates_is_an_outage(graph: Graph) -> None:
    graph.answers = [{"data": "?"}]
    assert (await failed(WHATSAPP.templates(graph.http, graph.source))).code is SendCode.UNAVAILABLE


# --- formatting ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spans", "shown"),
    [
        ("🪟 ab cd", [Span("bold", 3, 2)], "🪟 *ab* cd"),
        ("ab cd", [Span("bold", 0, 5), Span("italic", 0, 2)], "*_ab_ cd*"),
        ("ab cd", [Span("bold", 0, 5), Span("strikethrough", 3, 2)], "*ab ~cd~*"),
        ("ab cd", [Span("bold", 0, 2), Span("code", 2, 3)], "*ab* `cd`"),
        (" ab ", [Span("bold", 0, 4)], " *ab* "),
        ("a\nb", [Span("bold", 0, 3), Span("pre", 0, 3)], "```a\nb```"),
        ("see here!", [Span("link", 4, 4, url="https://x.y/z")], "see here (https://x.y/z)!"),
        ("https://x.y", [Span("link", 0, 11, url="https://x.y")], "https://x.y"),
        ("ab", [Span("spoiler", 0, 2), Span("bold", 5, 9), Span("bold", 0, 0)], "ab"),
        ("ab", [Span("bold", 0, 99)], "*ab*"),
        ("   ", [Span("bold", 0, 3)], "   "),
        ("x" * 4095, [Span("bold", 0, 1)], "x" * 4095),  # no room
    ],
)
async def test_formatting_is_written_as_whatsapp_reads_it(
    graph: Graph, text: str, spans: list[Span], shown: str
) -> None:
    await graph.send(out(text, spans=tuple(spans)))
    assert graph.said["text"]["body"] == shown

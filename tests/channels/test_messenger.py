"""What a Page's Graph API is asked, and what its answers mean; requests as they cross the wire."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from answering import Answering, Raw, answering, content, failed, media

from channels.kit.discover import load
from leads.events import Attachment, Button, MediaKind, Outgoing, Profile, SendCode, Sent, Verb

MESSENGER = load("messenger")
TOKEN, SECRET = "EAAcanaryTokenThatNobodyMaySee", "canary0123456789abcdef"
PAGE, APP, WHO = "104700000000001", "880000000000001", "7300000000000017"
SETTINGS = {"page_id": PAGE, "token": TOKEN, "app_secret": f"{SECRET},other-app-secret", "app_id": APP}
OK = {"recipient_id": WHO, "message_id": "m_out1"}
MEBIBYTE = 1024 * 1024


@pytest.fixture
async def page() -> AsyncIterator[Answering]:
    async with answering(MESSENGER, SETTINGS, OK) as vendor:
        yield vendor


def out(text: str = "", **more: Any) -> Outgoing:
    return Outgoing(WHO, text, key="frontdesk-7", **more)


def error(code: int, subcode: int | None = None, message: str = "That is wrong", **more: Any) -> Any:
    told = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A"} | more
    return {"error": told | ({} if subcode is None else {"error_subcode": subcode})}


# --- requests -----------------------------------------------------------------------------------------------


async def test_text_goes_as_it_is_and_carries_our_mark(page: Answering) -> None:
    assert await page.send(out("<b>_600 ₽_ & more", reply_to="m_in1")) == Sent("m_out1")
    (asked,) = page.asked
    assert (asked.method, asked.path) == ("POST", f"/v26.0/{PAGE}/messages")
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.body == {
        "recipient": {"id": WHO},
        "messaging_type": "RESPONSE",
        "message": {"text": "<b>_600 ₽_ & more", "metadata": "frontdesk:frontdesk-7"},
        "reply_to": {"mid": "m_in1"},
    }


async def test_after_the_window_a_person_says_that_it_is_one(page: Answering) -> None:
    await page.send(out("Sorry!", late=True))
    (body,) = page.bodies
    assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


async def test_choices_are_quick_replies(page: Answering) -> None:
    buttons = (Button("Yes, please, tomorrow at ten", "yes:1"), Button("No"))
    await page.send(out("Shall we?", buttons=buttons))
    message = page.bodies[0]["message"]
    assert message["text"] == "Shall we?"
    assert message["quick_replies"] == [
        {"content_type": "text", "title": "Yes, please, tomorro", "payload": "yes:1"},
        {"content_type": "text", "title": "No", "payload": "No"},
    ]


async def test_a_link_among_them_makes_it_a_template(page: Answering) -> None:
    buttons = (Button("Yes", "y"), Button("Prices", url="https://shop.example/prices"))
    await page.send(out("Shall we?", buttons=buttons))
    assert page.bodies[0]["message"]["attachment"] == {
        "type": "template",
        "payload": {
            "template_type": "button",
            "text": "Shall we?",
            "buttons": [
                {"type": "postback", "title": "Yes", "payload": "y"},
                {"type": "web_url", "title": "Prices", "url": "https://shop.example/prices"},
            ],
        },
    }
    for text, count in (("x" * 641, 1), ("x", 4)):
        link = (Button("Prices", url="https://shop.example"),) * count
        assert (await failed(page.send(out(text, buttons=link)))).code is SendCode.TOO_LONG
    assert len(page.asked) == 1


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        (MediaKind.PHOTO, "image"),
        (MediaKind.VIDEO, "video"),
        (MediaKind.VOICE, "audio"),
        (MediaKind.AUDIO, "audio"),
        (MediaKind.FILE, "file"),
    ],
)
async def test_a_file_goes_in_the_same_call(page: Answering, kind: MediaKind, theirs: str) -> None:
    outgoing = out(attachment=Attachment(kind), late=True, reply_to="m_in1")
    assert await page.send(outgoing, media("План 2 этаж A.pdf")) == Sent("m_out1")
    form = page.bodies[0]
    message = json.loads(form["message"])
    assert message["attachment"] == {"type": theirs, "payload": {}}
    assert json.loads(form["recipient"]) == {"id": WHO}
    assert json.loads(form["reply_to"]) == {"mid": "m_in1"}
    assert (form["messaging_type"], form["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    assert form["filedata"] == ("2  A.pdf", "application/pdf", b"abc")


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("План.pdf", "file.pdf"),
        ("a.план", "a"),
        ('x"\r\ny.pdf', "xy.pdf"),
        ("", "file"),
        ("../etc", "file._etc"),
    ],
)
async def test_a_name_is_plain(page: Answering, name: str, theirs: str) -> None:
    await page.send(out(attachment=Attachment(MediaKind.FILE)), media(name))
    assert page.bodies[0]["filedata"][0] == theirs


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (MediaKind.FILE, None),
        (MediaKind.FILE, media(size=25 * MEBIBYTE + 1)),
        (MediaKind.STICKER, media()),
    ],
)
async def test_what_cannot_go_is_not_tried(page: Answering, kind: MediaKind, given: Any) -> None:
    found = await failed(page.send(out(attachment=Attachment(kind)), given))
    assert (found.code, page.asked) == (SendCode.BAD_MEDIA, [])


async def test_a_text_that_is_too_long_is_not_tried(page: Answering) -> None:
    assert (await failed(page.send(out("x" * 2000)))).code is SendCode.TOO_LONG
    await page.send(out("x" * 1999))
    assert len(page.asked) == 1


async def test_reactions_and_marks_are_actions(page: Answering) -> None:
    page.answers = [{"recipient_id": WHO}]
    assert await page.send(out("👍", verb=Verb.REACT, target="m_in1")) == Sent("")
    await page.send(out("", verb=Verb.REACT, target="m_in1"))
    await page.send(out(verb=Verb.READ, target="m_in1"))
    await MESSENGER.typing(page.http, page.source, WHO)
    to = {"recipient": {"id": WHO}}
    assert page.bodies == [
        to | {"sender_action": "react", "payload": {"message_id": "m_in1", "reaction": "👍"}},
        to | {"sender_action": "unreact", "payload": {"message_id": "m_in1"}},
        to | {"sender_action": "mark_seen"},
        to | {"sender_action": "typing_on"},
    ]


async def test_typing_fails_silently(page: Answering) -> None:
    page.answers = [Raw(error(10), 400)]
    await MESSENGER.typing(page.http, page.source, WHO)
    assert len(page.asked) == 1


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "subcode", "ours"),
    [
        *((10, one, SendCode.WINDOW_CLOSED) for one in (2018278, 2018065, 2534022)),
        *((one, None, SendCode.BLOCKED) for one in (551,)),
        (551, 1545041, SendCode.BLOCKED),
        (200, 1545041, SendCode.BLOCKED),
        (10, 2018108, SendCode.BLOCKED),
        (100, 2018001, SendCode.BLOCKED),
        *((100, one, SendCode.BAD_MEDIA) for one in (2018008, 2018047, 2018074, 2018109, 2018294)),
        *((one, None, SendCode.UNAVAILABLE) for one in (4, 613)),
        (613, 2534040, SendCode.UNAVAILABLE),
        *((one, None, SendCode.RETRY) for one in (1, 2)),
        (613, 2018338, SendCode.RETRY),
        *((one, None, SendCode.MISCONFIGURED) for one in (10, 190, 200, 230, 368, 2022, 10904)),
        (190, 463, SendCode.MISCONFIGURED),
        (10, 1893063, SendCode.MISCONFIGURED),
        *((one, None, SendCode.PERMANENT) for one in (100, 10900, 2018300, 424242)),
        (1, 1357046, SendCode.PERMANENT),
    ],
)
async def test_a_code_is_a_failure_of_our_closed_set(
    page: Answering, code: int, subcode: int | None, ours: SendCode
) -> None:
    page.answers = [Raw(error(code, subcode), 400)]
    found = await failed(page.send(out("hi")))
    assert found.code is ours
    assert "That is wrong" in found.detail
    assert found.retry_after == (30.0 if ours is SendCode.RETRY else None)


@pytest.mark.parametrize("code", [10, 200])
async def test_a_right_that_late_answers_lack_does_not_stop_the_others(page: Answering, code: int) -> None:
    page.answers = [Raw(error(code), 400)]
    assert (await failed(page.send(out("hi", late=True)))).code is SendCode.WINDOW_CLOSED
    assert (await failed(page.send(out("hi")))).code is SendCode.MISCONFIGURED


@pytest.mark.parametrize(
    ("answer", "ours"),
    [
        (Raw(b"<html>busy</html>", 503), SendCode.UNAVAILABLE),
        (Raw(error(424242, is_transient=True), 500), SendCode.UNAVAILABLE),
        (Raw(b"{", 200), SendCode.UNAVAILABLE),
        ("lost", SendCode.UNAVAILABLE),
        (Raw(b"", 429, {"Retry-After": "7"}), SendCode.RETRY),
    ],
)
async def test_what_is_none_of_graphs_errors(page: Answering, answer: Any, ours: SendCode) -> None:
    page.answers = [answer]
    assert (await failed(page.send(out("hi")))).code is ours


@pytest.mark.parametrize("answer", [{}, [], {"message_id": None}, 5])
async def test_an_odd_success_is_one(page: Answering, answer: Any) -> None:
    page.answers = [answer]
    assert await page.send(out("hi")) == Sent("")


async def test_no_failure_tells_a_secret(page: Answering, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for call, secret in (
        (page.send, TOKEN),
        (lambda _: MESSENGER.probe(page.http, page.source), TOKEN),
        (lambda _: MESSENGER.register(page.http, page.source, URL), f"{APP}|{SECRET}"),
    ):
        page.answers = [Raw(error(190, None, f"Malformed access token {secret}"), 400)]
        found = await failed(call(out("hi")))
        assert secret not in "".join(traceback.format_exception(found)) + found.detail
    assert TOKEN not in caplog.text + repr(page.source)
    assert SECRET not in caplog.text + repr(page.source)


# --- setting up ---------------------------------------------------------------------------------------------

URL = "https://desk.example/in/messenger/shop"
FIELDS = (
    "messages,message_echoes,message_edits,message_reactions,message_reads,message_deliveries,"
    "messaging_postbacks,messaging_referrals,standby"
)


async def test_the_probe_knows_the_page(page: Answering) -> None:
    page.answers = [{"id": PAGE, "name": "Alder & Finch"}]
    assert await MESSENGER.probe(page.http, page.source) == "Alder & Finch"
    page.answers = [{"id": "1", "name": "Somebody"}]
    found = await failed(MESSENGER.probe(page.http, page.source))
    assert (found.code, PAGE in found.detail) == (SendCode.MISCONFIGURED, True)


async def test_registering_tells_the_app_and_the_page(page: Answering) -> None:
    page.answers = [{"success": True}]
    await MESSENGER.register(page.http, page.source, URL)
    app, subscribed = page.asked
    assert (app.path, app.headers["authorization"]) == (
        f"/v26.0/{APP}/subscriptions",
        f"Bearer {APP}|{SECRET}",
    )
    token = page.source.settings.verify_token.get_secret_value()
    assert app.body == {"object": "page", "callback_url": URL, "verify_token": token, "fields": FIELDS}
    assert (subscribed.path, subscribed.body) == (
        f"/v26.0/{PAGE}/subscribed_apps",
        {"subscribed_fields": FIELDS},
    )


HOOK = {"object": "page", "callback_url": URL, "active": True}
SUBSCRIBED = {"data": [{"id": APP, "name": "Desk", "subscribed_fields": FIELDS.split(",")}]}


@pytest.mark.parametrize(
    ("hooks", "apps", "words"),
    [
        ({"data": [HOOK]}, SUBSCRIBED, ""),
        ({"data": []}, SUBSCRIBED, "the app has no webhook"),
        ({"data": [HOOK | {"object": "instagram"}, 5]}, SUBSCRIBED, "the app has no webhook"),
        (
            {"data": [HOOK | {"callback_url": "https://old.example"}]},
            SUBSCRIBED,
            "pushes to https://old.example",
        ),
        ({"data": [HOOK | {"active": False}]}, SUBSCRIBED, "switched off"),
        ({"data": [HOOK]}, {"data": []}, "the app is not subscribed"),
        ({"data": [HOOK]}, {"data": [{"id": "1", "subscribed_fields": []}]}, "the app is not subscribed"),
        ({"data": [HOOK]}, {"data": [{"id": APP, "subscribed_fields": ["messages"]}]}, "message_echoes, "),
        ({"data": [HOOK]}, 5, "the app is not subscribed"),
    ],
)
async def test_check_tells_what_is_missing(page: Answering, hooks: Any, apps: Any, words: str) -> None:
    page.answers = [hooks, apps]
    found = await MESSENGER.registered(page.http, page.source, URL)
    assert words in found
    assert bool(found) is bool(words)


async def test_without_its_app_the_page_alone_is_asked(page: Answering) -> None:
    page.source = replace(page.source, settings=page.source.settings.model_copy(update={"app_id": ""}))
    page.answers = [SUBSCRIBED]
    assert await MESSENGER.registered(page.http, page.source, URL) == ""
    await MESSENGER.register(page.http, page.source, URL)
    assert [one.path for one in page.asked] == [f"/v26.0/{PAGE}/subscribed_apps"] * 2


# --- people and files ---------------------------------------------------------------------------------------


async def test_a_profile_is_a_name_and_a_picture(page: Answering) -> None:
    picture = {"first_name": "Ona", "last_name": "Petraitė", "profile_pic": "https://cdn.example/ona.jpg"}
    page.answers = [picture]
    avatar = Attachment(MediaKind.PHOTO, ref="https://cdn.example/ona.jpg")
    assert await MESSENGER.profile(page.http, page.source, WHO) == Profile("Ona Petraitė", avatar=avatar)
    assert page.asked[0].path == f"/v26.0/{WHO}"
    assert page.asked[0].query == {"fields": "first_name,last_name,profile_pic"}


@pytest.mark.parametrize("answer", [{}, Raw(error(100, 2018218), 400), Raw(error(200), 403), []])
async def test_who_shows_no_profile_has_none(page: Answering, answer: Any) -> None:
    page.answers = [answer]
    assert await MESSENGER.profile(page.http, page.source, WHO) == Profile()


async def test_a_profile_can_be_asked_for_again(page: Answering) -> None:
    page.answers = [Raw(b"", 503)]
    assert (await failed(MESSENGER.profile(page.http, page.source, WHO))).code is SendCode.UNAVAILABLE


async def test_a_file_is_fetched_from_its_link_without_our_token(page: Answering) -> None:
    page.answers = [Raw(b"PNG", 200, {"Content-Type": "image/png"})]
    photo = Attachment(MediaKind.PHOTO, ref=f"{page.url}/v/p1.png?oh=1")
    found = await MESSENGER.fetch_media(page.http, page.source, photo)
    assert (await content(found), found.mime) == (b"PNG", "image/png")
    assert "authorization" not in page.asked[0].headers


async def test_a_link_to_a_private_place_is_not_followed(page: Answering) -> None:
    photo = Attachment(MediaKind.PHOTO, ref="https://169.254.169.254/latest")
    found = await failed(MESSENGER.fetch_media(page.http, page.source, photo))
    assert found.code is SendCode.BAD_MEDIA

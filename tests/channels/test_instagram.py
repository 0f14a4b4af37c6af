"""What an account's Graph API is asked, and what its answers mean; requests as they cross the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from answering import Answering, Raw, answering, content, failed, media
from pydantic import ValidationError

from channels.instagram import api
from channels.kit.discover import load
from leads.events import Attachment, Button, MediaKind, Outgoing, Profile, SendCode, Sent, Verb

INSTAGRAM = load("instagram")
TOKEN = "IGAAcanaryTokenThatNobodyMaySee"
ME, PAGE, WHO = "17841400000000001", "104700000000001", "6100000000000005"
SETTINGS = {"account_id": ME, "token": TOKEN, "app_secret": "canary0123456789abcdef"}
FACEBOOK = SETTINGS | {"login": "facebook", "page_id": PAGE}
OK = {"recipient_id": WHO, "message_id": "aWdo1"}
URL = "https://desk.example/media/17/plan.jpg"
COMMENT = "comment:17865000000000001"
MEBIBYTE = 1024 * 1024


@pytest.fixture
async def account() -> AsyncIterator[Answering]:
    async with answering(INSTAGRAM, SETTINGS, OK) as vendor:
        yield vendor


@pytest.fixture
async def linked() -> AsyncIterator[Answering]:
    async with answering(INSTAGRAM, FACEBOOK, OK) as vendor:
        yield vendor


def out(text: str = "", recipient: str = WHO, **more: Any) -> Outgoing:
    return Outgoing(recipient, text, key="frontdesk-7", **more)


def error(code: int, subcode: int | None = None) -> Raw:
    told = {"message": "That is wrong", "code": code}
    return Raw({"error": told | ({} if subcode is None else {"error_subcode": subcode})}, 400)


# --- both logins --------------------------------------------------------------------------------------------


async def test_the_account_sends_for_itself(account: Answering) -> None:
    assert await account.send(out("<b>600 ₽</b>", reply_to="aWdf1")) == Sent("aWdo1")
    (asked,) = account.asked
    assert (asked.method, asked.path) == ("POST", f"/v26.0/{ME}/messages")
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.body == {
        "recipient": {"id": WHO},
        "messaging_type": "RESPONSE",
        "message": {"text": "<b>600 ₽</b>"},
    }


async def test_or_its_page_sends(linked: Answering) -> None:
    await linked.send(out("hi"))
    assert linked.asked[0].path == f"/v26.0/{PAGE}/messages"


def test_each_login_has_its_host_and_its_needs() -> None:
    assert api.HOSTS == {"instagram": "https://graph.instagram.com", "facebook": "https://graph.facebook.com"}
    with pytest.raises(ValidationError, match="needs page_id"):
        INSTAGRAM.settings.model_validate(SETTINGS | {"login": "facebook"})
    with pytest.raises(ValidationError, match="login"):
        INSTAGRAM.settings.model_validate(SETTINGS | {"login": "meta"})


# --- messages -----------------------------------------------------------------------------------------------


async def test_after_the_window_a_person_says_that_it_is_one(account: Answering) -> None:
    await account.send(out("Sorry!", late=True))
    (body,) = account.bodies
    assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


async def test_choices_are_quick_replies_and_open_no_link(account: Answering) -> None:
    await account.send(out("Shall we?", buttons=(Button("Yes", "y"),)))
    replies = [{"content_type": "text", "title": "Yes", "payload": "y"}]
    assert account.bodies[0]["message"] == {"text": "Shall we?", "quick_replies": replies}
    found = await failed(account.send(out("?", buttons=(Button("Prices", url="https://shop.example"),))))
    assert (found.code, len(account.asked)) == (SendCode.PERMANENT, 1)


@pytest.mark.parametrize(("letter", "most"), [("x", 999), ("я", 500), ("漢", 333), ("😀", 250)])
async def test_a_text_is_measured_in_bytes(account: Answering, letter: str, most: int) -> None:
    await account.send(out(letter * most))
    assert (await failed(account.send(out(letter * (most + 1))))).code is SendCode.TOO_LONG
    assert len(account.asked) == 1


@pytest.mark.parametrize(
    ("kind", "name", "mime", "theirs"),
    [
        (MediaKind.PHOTO, "a.jpg", "image/jpeg", "image"),
        (MediaKind.FILE, "a.png", "image/png", "image"),
        (MediaKind.VIDEO, "a.mp4", "video/mp4", "video"),
        (MediaKind.AUDIO, "a.m4a", "audio/x-m4a", "audio"),
        (MediaKind.FILE, "a.pdf", "application/pdf", "file"),
        (MediaKind.FILE, "a.pdf", "", "file"),
        (MediaKind.FILE, "a.pdf", "application/octet-stream", "file"),
    ],
)
async def test_a_file_goes_by_its_address(
    account: Answering, kind: MediaKind, name: str, mime: str, theirs: str
) -> None:
    await account.send(out(attachment=Attachment(kind)), media(name, mime, 3, URL))
    message = account.bodies[0]["message"]
    assert message == {"attachment": {"type": theirs, "payload": {"url": URL}}}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "bytes are not at hand"),
        (media("a.pdf"), "FRONTDESK_PUBLIC_URL"),
        (media("a.jpg", "image/jpeg", 8 * MEBIBYTE + 1, URL), "larger than"),
        (media("a.mp4", "video/mp4", 25 * MEBIBYTE + 1, URL), "larger than"),
        (media("a.ogg", "audio/ogg", 3, URL), "takes no audio/ogg"),
        (media("a.docx", "application/msword", 3, URL), "takes no application/msword"),
        (media("secret", "", 3, URL), "unknown type"),
    ],
)
async def test_what_instagram_does_not_take_is_not_tried(account: Answering, given: Any, words: str) -> None:
    found = await failed(account.send(out(attachment=Attachment(MediaKind.FILE)), given))
    assert (found.code, account.asked) == (SendCode.BAD_MEDIA, [])
    assert words in found.detail


async def test_the_one_reaction_is_a_heart(account: Answering) -> None:
    for emoji in ("❤️", "❤", ""):
        await account.send(out(emoji, verb=Verb.REACT, target="aWdf1"))
    react = {"sender_action": "react", "payload": {"message_id": "aWdf1", "reaction": "love"}}
    to = {"recipient": {"id": WHO}}
    unreact = {"sender_action": "unreact", "payload": {"message_id": "aWdf1"}}
    assert account.bodies == [to | react, to | react, to | unreact]
    found = await failed(account.send(out("👍", verb=Verb.REACT, target="aWdf1")))
    assert (found.code, "❤" in found.detail, len(account.asked)) == (SendCode.PERMANENT, True, 3)


async def test_marks_are_tried_and_their_refusal_is_no_failure(account: Answering) -> None:
    await account.send(out(verb=Verb.READ, target="aWdf1"))
    await INSTAGRAM.typing(account.http, account.source, WHO)
    assert [one["sender_action"] for one in account.bodies] == ["mark_seen", "typing_on"]
    account.answers = [error(100)]
    assert await account.send(out(verb=Verb.READ, target="aWdf1")) == Sent("")
    await INSTAGRAM.typing(account.http, account.source, WHO)
    account.answers = [error(190)]
    mark = account.send(out(verb=Verb.READ, target="aWdf1"))
    assert (await failed(mark)).code is SendCode.MISCONFIGURED


# --- comments -----------------------------------------------------------------------------------------------


async def test_a_comment_is_answered_in_private(account: Answering, linked: Answering) -> None:
    for vendor in (account, linked):
        assert await vendor.send(out("600 €", COMMENT, late=True, reply_to="1")) == Sent("aWdo1")
        (asked,) = vendor.asked
        assert asked.path == f"/v26.0/{ME}/messages"
        comment = {"comment_id": "17865000000000001"}
        assert asked.body == {"recipient": comment, "message": {"text": "600 €"}}


async def test_a_comment_takes_a_text_and_nothing_else(account: Answering) -> None:
    photo = out("", COMMENT, attachment=Attachment(MediaKind.PHOTO))
    assert (await failed(account.send(photo, media(url=URL)))).code is SendCode.BAD_MEDIA
    assert (await failed(account.send(out("❤", COMMENT, verb=Verb.REACT)))).code is SendCode.PERMANENT
    assert (await failed(account.send(out("я" * 501, COMMENT)))).code is SendCode.TOO_LONG
    assert await account.send(out("", COMMENT, verb=Verb.READ)) == Sent("")
    await INSTAGRAM.typing(account.http, account.source, COMMENT)
    assert account.asked == []


async def test_a_second_private_reply_is_refused(account: Answering) -> None:
    account.answers = [error(100, 2534025)]
    found = await failed(account.send(out("and another thing", COMMENT)))
    assert (found.code, "That is wrong" in found.detail) == (SendCode.PERMANENT, True)


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "subcode", "ours"),
    [
        *((10, one, SendCode.WINDOW_CLOSED) for one in (2534022, 2018278)),
        *((100, one, SendCode.BLOCKED) for one in (2534014, 2018001)),
        (551, None, SendCode.BLOCKED),
        *((100, one, SendCode.MISCONFIGURED) for one in (2534013, 2534029)),
        *((one, None, SendCode.MISCONFIGURED) for one in (10, 190, 200)),
        (200, 2534041, SendCode.MISCONFIGURED),
        (10, 2534077, SendCode.MISCONFIGURED),
        *((100, one, SendCode.PERMANENT) for one in (2534015, 2534025, 2534037, None)),
        (100, 2018008, SendCode.BAD_MEDIA),
        (4, None, SendCode.UNAVAILABLE),
        (613, 2534040, SendCode.UNAVAILABLE),
        (2, 1545133, SendCode.RETRY),
    ],
)
async def test_a_code_is_a_failure_of_our_closed_set(
    account: Answering, code: int, subcode: int | None, ours: SendCode
) -> None:
    account.answers = [error(code, subcode)]
    found = await failed(account.send(out("hi")))
    assert found.code is ours
    assert "That is wrong" in found.detail


@pytest.mark.parametrize("code", [10, 200])
async def test_a_right_that_late_answers_lack_does_not_stop_the_others(account: Answering, code: int) -> None:
    account.answers = [error(code)]
    assert (await failed(account.send(out("hi", late=True)))).code is SendCode.WINDOW_CLOSED
    assert (await failed(account.send(out("hi")))).code is SendCode.MISCONFIGURED


# --- setting up, people and files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [{"user_id": ME, "username": "shop"}, {"data": [{"user_id": ME, "username": "shop"}]}]
)
async def test_the_probe_knows_the_account(account: Answering, answer: Any) -> None:
    account.answers = [answer]
    assert await INSTAGRAM.probe(account.http, account.source) == "@shop"
    asked = account.asked[0]
    assert (asked.path, asked.query) == ("/v26.0/me", {"fields": "user_id,username"})
    for other in ({"user_id": "1"}, {}, {"data": []}, 5):
        account.answers = [other]
        found = await failed(INSTAGRAM.probe(account.http, account.source))
        assert (found.code, ME in found.detail) == (SendCode.MISCONFIGURED, True)


async def test_a_linked_account_is_asked_for_by_its_id(linked: Answering) -> None:
    linked.answers = [{"id": ME, "username": "shop"}]
    assert await INSTAGRAM.probe(linked.http, linked.source) == "@shop"
    assert linked.asked[0].path == f"/v26.0/{ME}"


FIELDS = (
    "messages,message_edit,message_reactions,messaging_postbacks,messaging_referral,messaging_seen,"
    "comments,live_comments"
)


async def test_registering_subscribes_the_account_or_its_page(account: Answering, linked: Answering) -> None:
    for vendor in (account, linked):
        await INSTAGRAM.register(vendor.http, vendor.source, "https://desk.example/in/instagram/shop")
    (own,), (page,) = account.asked, linked.asked
    assert (own.method, own.path, own.body) == (
        "POST",
        f"/v26.0/{ME}/subscribed_apps",
        {"subscribed_fields": FIELDS},
    )
    assert (page.path, page.body) == (f"/v26.0/{PAGE}/subscribed_apps", {"subscribed_fields": "messages"})


async def test_check_tells_what_is_missing(account: Answering) -> None:
    url = "https://desk.example/in/instagram/shop"
    for answer, words in (
        ({"data": [{"subscribed_fields": FIELDS.split(",")}]}, ""),
        ({"data": [{"subscribed_fields": ["messages"]}]}, "not subscribed to message_edit, "),
        ({"data": []}, "the app is not subscribed"),
    ):
        account.answers = [answer]
        found = await INSTAGRAM.registered(account.http, account.source, url)
        assert found.startswith(words)
        assert bool(found) is bool(words)


async def test_a_profile_is_names_and_a_picture(account: Answering) -> None:
    account.answers = [{"name": "Ona", "username": "ona.p", "profile_pic": "https://cdn.example/ona.jpg"}]
    avatar = Attachment(MediaKind.PHOTO, ref="https://cdn.example/ona.jpg")
    assert await INSTAGRAM.profile(account.http, account.source, WHO) == Profile(
        "Ona", "ona.p", avatar=avatar
    )
    assert account.asked[0].query == {"fields": "name,username,profile_pic"}
    account.answers = [error(230)]  # somebody who only commented
    assert await INSTAGRAM.profile(account.http, account.source, WHO) == Profile()


async def test_a_file_is_fetched_from_its_link_without_our_token(account: Answering) -> None:
    account.answers = [Raw(b"MP4", 200, {"Content-Type": "video/mp4"})]
    reel = Attachment(MediaKind.VIDEO, ref=f"{account.url}/ig_messaging_cdn/?asset_id=1&signature=a")
    found = await INSTAGRAM.fetch_media(account.http, account.source, reel)
    assert (await content(found), found.mime) == (b"MP4", "video/mp4")
    assert account.asked[0].query == {"asset_id": "1", "signature": "a"}
    assert "authorization" not in account.asked[0].headers

"""Files, people and the webhook at LINE's API; requests as they cross the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from answering import Answering, Raw, answering, content, failed

from channels.kit.discover import load
from leads.events import Attachment, MediaKind, Profile, SendCode

LINE = load("line")
SETTINGS = {"channel_secret": "c" * 32, "access_token": "canary-token-that-nobody-may-see"}
WHO = "U4af4980629f0000000000000000000aa"


@pytest.fixture
async def line() -> AsyncIterator[Answering]:
    async with answering(LINE, SETTINGS, {}) as vendor:
        yield vendor


def paths(line: Answering) -> list[str]:
    return [f"{one.method} {one.path.removeprefix('/v2/bot/')}" for one in line.asked]


async def test_a_picture_is_fetched_by_its_message_with_our_token(line: Answering) -> None:
    line.answers = [Raw(b"JPEG", headers={"Content-Type": "image/jpeg"})]
    attachment = Attachment(MediaKind.PHOTO, ref="354718705033693859", name="image.jpg")
    got = await LINE.fetch_media(line.http, line.source, attachment)
    assert (got.name, got.mime, await content(got)) == ("image.jpg", "image/jpeg", b"JPEG")
    assert paths(line) == ["GET message/354718705033693859/content"]
    assert line.asked[0].headers["authorization"] == f"Bearer {SETTINGS['access_token']}"


async def test_a_picture_of_somebody_elses_is_fetched_without_it(line: Answering) -> None:
    line.answers = [Raw(b"JPEG", headers={"Content-Type": "image/jpeg"})]
    attachment = Attachment(MediaKind.PHOTO, ref=f"{line.url}/original.jpg")
    assert await content(await LINE.fetch_media(line.http, line.source, attachment)) == b"JPEG"
    assert "authorization" not in line.asked[0].headers


async def test_a_video_is_waited_for(line: Answering) -> None:
    line.answers = [{"status": "processing"}, {"status": "succeeded"}, Raw(b"MP4"), {"status": "failed"}]
    video = Attachment(MediaKind.VIDEO, ref="325708")
    error = await failed(LINE.fetch_media(line.http, line.source, video))
    assert (error.code, error.retry_after) == (SendCode.RETRY, 3.0)
    assert await content(await LINE.fetch_media(line.http, line.source, video)) == b"MP4"
    assert (await failed(LINE.fetch_media(line.http, line.source, video))).code is SendCode.BAD_MEDIA
    asked = ["GET message/325708/content/transcoding", "GET message/325708/content"]
    assert paths(line) == [asked[0], *asked, asked[0]]


@pytest.mark.parametrize("ref", ["", "../../info", "http://example.com/a.jpg", "https://[::1]/a.jpg"])
async def test_an_id_or_address_that_leads_elsewhere_is_no_file(line: Answering, ref: str) -> None:
    error = await failed(LINE.fetch_media(line.http, line.source, Attachment(MediaKind.PHOTO, ref=ref)))
    assert (error.code, line.asked) == (SendCode.BAD_MEDIA, [])


@pytest.mark.parametrize("status", [404, 410])
async def test_a_file_that_line_has_deleted_is_gone(line: Answering, status: int) -> None:
    line.answers = [Raw({"message": "Gone"}, status)]
    picture = Attachment(MediaKind.PHOTO, ref="1")
    assert (await failed(LINE.fetch_media(line.http, line.source, picture))).code is SendCode.BAD_MEDIA


async def test_a_profile(line: Answering) -> None:
    line.answers = [
        {"displayName": "แอน", "userId": WHO, "pictureUrl": "https://example.com/a", "language": "th"},
        Raw({"message": "Not found"}, 404),
        Raw({"message": "Authentication failed"}, 401),
    ]
    avatar = Attachment(MediaKind.PHOTO, ref="https://example.com/a", name="avatar.jpg")
    assert await LINE.profile(line.http, line.source, WHO) == Profile("แอน", "", "th", avatar)
    assert await LINE.profile(line.http, line.source, "U/../x") == Profile()
    assert (await failed(LINE.profile(line.http, line.source, WHO))).code is SendCode.MISCONFIGURED
    assert paths(line)[0] == f"GET profile/{WHO}"


async def test_who_we_are_and_what_is_left_of_the_month(line: Answering) -> None:
    bot = {"userId": "U0", "basicId": "@216ru", "displayName": "Alder & Finch"}
    line.answers = [bot, {"type": "limited", "value": 500}, {"totalUsage": 312}, bot, {"type": "none"}, {}]
    told = await LINE.probe(line.http, line.source)
    assert told == "Alder & Finch (@216ru), 312 of 500 pushes of this month used"
    assert await LINE.probe(line.http, line.source) == "Alder & Finch (@216ru)"


async def test_the_webhook_is_set_and_watched(line: Answering) -> None:
    url = "https://desk.example/in/line/shop"
    line.answers = [
        {},
        {"endpoint": url, "active": True},
        {"endpoint": url, "active": False},
        {"endpoint": "https://other.example/", "active": True},
        Raw({"message": "Not found"}, 404),
    ]
    await LINE.register(line.http, line.source, url)
    assert (paths(line), line.bodies) == (["PUT channel/webhook/endpoint"], [{"endpoint": url}])
    told = [await LINE.registered(line.http, line.source, url) for _ in range(4)]
    assert told[0] == ""
    assert "Use webhook" in told[1]
    assert "https://other.example/" in told[2]
    assert told[3] == "the channel has no webhook"

"""Files come as what they are; what cannot come is told in words, and holds nothing up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from showing_scene import ANN, Json, Scene

import bot.media
from bot.media import SIZE_LIMIT
from channels.kit.outbound import too_large
from leads.changes import View
from leads.events import Attachment, MediaKind, SendCode, SendError

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x02\x00\x00\x00"
    b"\x90\x91h6\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture(autouse=True)
async def card(scene: Scene) -> None:
    await scene.show(View.CARD)


async def shown(scene: Scene, *attachments: Attachment, text: str = "") -> list[Json]:
    before = len(scene.bots())
    message = await scene.writes(text, attachments=attachments)
    assert await scene.show(View.CUSTOMER, args={"message": message}) == [None]
    assert len(await scene.store.desk_messages_of(message)) == len(scene.bots()) - before
    return scene.bots()[before:]


def thing(kind: MediaKind, **more: str) -> Attachment:
    return Attachment(kind, ref="r", name="thing.bin", data=more)


@pytest.mark.parametrize("kind", ["photo", "video", "voice", "audio", "sticker"])
async def test_a_file_comes_as_its_own_kind(scene: Scene, kind: str) -> None:
    scene.files.held["r"] = PNG
    (message,) = await shown(scene, thing(MediaKind(kind)))
    assert kind in message
    assert scene.files.asked == [("r", scene.shop)]


async def test_a_document_keeps_its_name_and_its_bytes(scene: Scene) -> None:
    scene.files.held["r"] = b"%PDF-1.7"
    (message,) = await shown(scene, Attachment(MediaKind.FILE, ref="r", name="смета 1.pdf"))
    assert message["document"]["file_name"] == "смета 1.pdf"
    stored = scene.world.files.get(scene.telegram.id, message["document"]["file_id"])
    assert stored
    assert stored.data == b"%PDF-1.7"


async def test_a_file_on_disk_will_do(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"%PDF-1.7")
    scene.files.held["r"] = path
    (message,) = await shown(scene, Attachment(MediaKind.FILE, ref="r", name="plan.pdf"))
    assert message["document"]["file_name"] == "plan.pdf"


async def test_short_words_are_the_caption_of_a_single_file(scene: Scene) -> None:
    scene.files.held["r"] = PNG
    (message,) = await shown(scene, thing(MediaKind.PHOTO), text="Like <this>")
    assert message["caption"] == "Like <this>"


async def test_long_words_and_several_files_are_messages_of_their_own(scene: Scene) -> None:
    scene.files.held["r"] = PNG
    words, photo = await shown(scene, thing(MediaKind.PHOTO), text="x" * 1025)
    assert (len(words["text"]), "photo" in photo) == (1025, True)
    words, one, two = await shown(scene, thing(MediaKind.PHOTO), thing(MediaKind.VOICE), text="both")
    assert (words["text"], "photo" in one, "voice" in two) == ("both", True, True)


async def test_what_telegram_takes_as_no_photo_comes_as_a_file(scene: Scene) -> None:
    scene.files.held["r"] = b"not a picture at all"
    (message,) = await shown(scene, thing(MediaKind.PHOTO), text="look")
    assert (message["document"]["file_name"], message["caption"]) == ("thing.bin", "look")


async def test_places_and_contacts(scene: Scene) -> None:
    place = Attachment(MediaKind.LOCATION, data={"latitude": "56.95", "longitude": "24.1"})
    person = Attachment(MediaKind.CONTACT, data={"phone": "+37120001122", "name": "Clara"})
    one, two = await shown(scene, place, person)
    assert one["location"]["latitude"] == pytest.approx(56.95)
    assert (two["contact"]["phone_number"], two["contact"]["first_name"]) == ("+37120001122", "Clara")


async def test_a_place_that_is_none_is_told(scene: Scene) -> None:
    (message,) = await shown(scene, Attachment(MediaKind.LOCATION, data={"latitude": "north"}))
    assert message["text"].startswith("⚠️ Location could not be shown")


async def test_a_file_too_big_becomes_a_sentence_and_is_not_fetched(scene: Scene) -> None:
    big = Attachment(MediaKind.VIDEO, ref="r", name="tour.mp4", size=SIZE_LIMIT + 1)
    (message,) = await shown(scene, big, text="Our garden")
    assert message["text"].startswith("Our garden\n\n⚠️ Video tour.mp4 (50 MB) could not be shown: too big")
    assert scene.files.asked == []


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (OSError("disk"), "it could not be fetched"),
        (RuntimeError("404"), "it could not be fetched"),
        (TimeoutError(), "fetching it took too long"),
        (b"", "it could not be fetched"),
    ],
)
async def test_a_file_that_cannot_be_had_becomes_a_sentence(
    scene: Scene, failure: bytes | Exception, words: str
) -> None:
    scene.files.held["r"] = failure
    (message,) = await shown(scene, Attachment(MediaKind.FILE, ref="r", name="plan.pdf", size=2048))
    assert message["text"].startswith("⚠️ File plan.pdf (2 KB) could not be shown: ")
    assert words in message["text"]


@pytest.mark.parametrize("code", [SendCode.RETRY, SendCode.UNAVAILABLE])
async def test_a_file_that_its_vendor_still_works_on_is_asked_for_again(scene: Scene, code: SendCode) -> None:
    failures = iter([SendError(code, "still converting", retry_after=0.0)] * 2)

    async def fetch(attachment: Attachment, source_id: int) -> bytes:
        for failure in failures:
            raise failure
        return b"the plan"

    scene.out = replace(scene.out, fetch=fetch)
    (message,) = await shown(scene, Attachment(MediaKind.FILE, ref="r", name="plan.pdf"))
    assert message["document"]["file_name"] == "plan.pdf"


async def test_what_its_vendor_refuses_is_not_asked_for_again(scene: Scene) -> None:
    scene.files.held["r"] = SendError(SendCode.BAD_MEDIA, "gone")
    (message,) = await shown(scene, Attachment(MediaKind.FILE, ref="r", name="plan.pdf"))
    assert "it could not be fetched" in message["text"]
    assert len(scene.files.asked) == 1


async def test_a_file_that_turns_out_to_be_too_big_is_told_to_be_that(scene: Scene) -> None:
    scene.files.held["r"] = too_large(50)
    (message,) = await shown(scene, Attachment(MediaKind.PHOTO, ref="r", name="tour.jpg"))
    assert "Photo could not be shown: too big" in message["text"]


async def test_a_slow_file_holds_nothing_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.media, "FETCH_SECONDS", 0.01)
    scene.files.held["r"] = asyncio.Event()
    (message,) = await shown(scene, thing(MediaKind.VOICE))
    assert "fetching it took too long" in message["text"]


async def test_a_file_that_telegram_refuses_becomes_a_sentence(scene: Scene) -> None:
    scene.files.held["r"] = b"MZ"
    scene.fault("error", method="sendDocument", description="Bad Request: wrong file type", times=1)
    (message,) = await shown(scene, Attachment(MediaKind.FILE, ref="r", name="a.exe"))
    assert message["text"].startswith("⚠️ File a.exe could not be shown: Telegram did not take it.")


async def test_an_outage_is_not_the_files_fault(scene: Scene) -> None:
    scene.files.held["r"] = PNG
    scene.fault("server_error", method="sendPhoto", times=1)
    message = await scene.writes("look", attachments=(thing(MediaKind.PHOTO),))
    assert await scene.show(View.CUSTOMER, args={"message": message}) == [SendCode.UNAVAILABLE]
    assert await scene.later(minutes=1) == [None]
    assert "photo" in scene.bots()[-1]


async def test_a_file_for_a_deleted_topic_comes_into_the_new_one(scene: Scene) -> None:
    scene.files.held["r"] = PNG
    scene.world.user_deletes_topic(scene.telegram, ANN, scene.topics()[0].thread_id)
    message = await scene.writes("look", attachments=(thing(MediaKind.PHOTO),))
    await scene.show(View.CUSTOMER, args={"message": message})
    card, photo = scene.bots()
    assert photo["message_thread_id"] == card["message_thread_id"] == scene.topics()[0].thread_id
    assert "photo" in photo

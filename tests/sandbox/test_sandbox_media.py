"""Files both ways, albums, captions, and their limits."""

import io
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiogram import Bot as Client
from aiogram.exceptions import TelegramBadRequest, TelegramEntityTooLarge, TelegramServerError
from aiogram.types import (
    BufferedInputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    Message,
    PhotoSize,
)
from aiohttp import ClientSession
from sandbox_cast import ANN, TOKEN, Call

from sandbox.chat import Chat
from sandbox.methods import media
from sandbox.model import Bot
from sandbox.world import World


def png(width: int = 320, height: int = 200, padding: int = 0) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\0" * padding


def upload(data: bytes = b"data", name: str = "a.txt") -> BufferedInputFile:
    return BufferedInputFile(data, name)


@pytest.fixture(autouse=True)
def chat(world: World, bot: Bot) -> Chat:
    chat = world.chat(bot, ANN)
    chat.started = True
    return chat


async def refusal(call: Awaitable[Any]) -> str:
    with pytest.raises(TelegramBadRequest) as refused:
        await call
    return refused.value.message.removeprefix("Bad Request: ")


async def test_a_photo_is_measured_captioned_and_downloadable(tg: Client) -> None:
    sent = await tg.send_photo(ANN, upload(png(), "x.png"), caption="<b>the</b> plan", parse_mode="HTML")
    assert sent.photo is not None
    assert (sent.photo[-1].width, sent.photo[-1].height) == (320, 200)
    assert sent.caption == "the plan"
    assert sent.caption_entities is not None
    file = await tg.download(sent.photo[-1], io.BytesIO())
    assert file is not None
    assert file.read() == png()


Sending = Callable[[Client], Awaitable[Message]]


@pytest.mark.parametrize(
    ("act", "kind", "expected"),
    [
        (
            lambda tg: tg.send_document(ANN, upload(name="a.pdf")),
            "document",
            {"file_name": "a.pdf", "mime_type": "application/pdf"},
        ),
        (lambda tg: tg.send_voice(ANN, upload(), duration=7), "voice", {"duration": 7}),
        (
            lambda tg: tg.send_video(ANN, upload(), width=100, height=50),
            "video",
            {"width": 100, "height": 50},
        ),
        (lambda tg: tg.send_audio(ANN, upload(), title="Song"), "audio", {"title": "Song"}),
        (lambda tg: tg.send_animation(ANN, upload()), "animation", {"mime_type": "video/mp4"}),
        (lambda tg: tg.send_video_note(ANN, upload(), length=100), "video_note", {"length": 100}),
        (lambda tg: tg.send_sticker(ANN, upload(), emoji="👋"), "sticker", {"emoji": "👋"}),
        (lambda tg: tg.send_location(ANN, 56.9, 24.1), "location", {"latitude": 56.9}),
        (lambda tg: tg.send_contact(ANN, "+371", "Ann"), "contact", {"phone_number": "+371"}),
    ],
)
async def test_every_kind_is_described(tg: Client, act: Sending, kind: str, expected: dict[str, Any]) -> None:
    content = getattr(await act(tg), kind)
    assert {name: getattr(content, name) for name in expected} == expected


async def test_a_file_id_can_be_sent_again_by_its_own_bot_only(world: World, tg: Client) -> None:
    first = await tg.send_document(ANN, upload())
    assert first.document is not None
    again = await tg.send_document(ANN, first.document.file_id)
    assert again.document is not None
    assert again.document.file_id == first.document.file_id
    as_photo = tg.send_photo(ANN, first.document.file_id)
    assert await refusal(as_photo) == "can't use file of type Document as Photo"
    other = world.add_bot("300:other", "other_bot", "Other")
    world.user_starts(other, ANN)
    stranger = Client(other.token, session=tg.session)
    foreign = stranger.send_document(ANN, first.document.file_id)
    assert await refusal(foreign) == "wrong file identifier/HTTP URL specified"
    why = await refusal(stranger.get_file(first.document.file_id))
    assert why == "wrong file_id or the file is temporarily unavailable"


async def test_what_a_person_sent_can_be_fetched(
    world: World, bot: Bot, tg: Client, http: ClientSession, url: str
) -> None:
    message = world.user_sends(bot, ANN, document=("план.pdf", "application/pdf", b"%PDF-1.7"))
    file = await tg.get_file(message["document"]["file_id"])
    assert (file.file_size, file.file_path) == (8, "documents/file_0.pdf")
    async with http.get(f"{url}/file/bot{TOKEN}/{file.file_path}") as answer:
        assert await answer.read() == b"%PDF-1.7"
    for token, path, status in ((TOKEN, "documents/none", 404), ("1:x", file.file_path, 401)):
        async with http.get(f"{url}/file/bot{token}/{path}") as answer:
            assert answer.status == status


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"not an image", "IMAGE_PROCESS_FAILED"),
        (png(0, 0), "IMAGE_PROCESS_FAILED"),
        (png(9000, 2000), "PHOTO_INVALID_DIMENSIONS"),
        (png(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
        (
            png(padding=media.PHOTO_LIMIT),
            "file of size 10485784 bytes is too big for a photo; the maximum size is 10485760 bytes",
        ),
    ],
)
async def test_photos_that_telegram_would_not_take(tg: Client, chat: Chat, data: bytes, why: str) -> None:
    assert await refusal(tg.send_photo(ANN, upload(data))) == why
    assert not chat.messages


async def test_sizes_are_capped_both_ways(tg: Client, world: World, bot: Bot) -> None:
    with pytest.raises(TelegramEntityTooLarge):
        await tg.send_document(ANN, upload(b"0" * (media.UPLOAD_LIMIT + 1)))
    big = world.user_sends(bot, ANN, document=("big.bin", "", b"0" * (media.DOWNLOAD_LIMIT + 1)))
    assert await refusal(tg.get_file(big["document"]["file_id"])) == "file is too big"
    assert await refusal(tg.send_document(ANN, upload(b""))) == "file must be non-empty"


async def test_files_by_url_are_not_fetched(tg: Client) -> None:
    with pytest.raises(TelegramServerError, match="files by URL"):
        await tg.send_photo(ANN, "https://x.example/a.png")


async def test_captions_have_their_own_limit_and_can_be_edited(tg: Client, chat: Chat) -> None:
    assert await refusal(tg.send_document(ANN, upload(), caption="x" * 1025)) == "message caption is too long"
    sent = await tg.send_document(ANN, upload(), caption="x" * 1024)
    await tg.edit_message_caption(chat_id=ANN, message_id=sent.message_id, caption="short")
    assert chat.messages[sent.message_id]["caption"] == "short"
    no_text = tg.edit_message_text("x", chat_id=ANN, message_id=sent.message_id)
    assert await refusal(no_text) == "there is no text in the message to edit"


async def test_media_can_be_replaced(tg: Client, chat: Chat) -> None:
    sent = await tg.send_photo(ANN, upload(png()), caption="old")
    item = InputMediaDocument(media=upload(name="b.txt"), caption="new")
    await tg.edit_message_media(item, chat_id=ANN, message_id=sent.message_id)
    now = chat.messages[sent.message_id]
    assert "photo" not in now
    assert (now["document"]["file_name"], now["caption"]) == ("b.txt", "new")
    text = await tg.send_message(ANN, "words")
    why = await refusal(tg.edit_message_media(item, chat_id=ANN, message_id=text.message_id))
    assert why == "there is no media in the message to edit"


async def test_an_album_is_several_messages_of_one_group(tg: Client) -> None:
    album = await tg.send_media_group(
        ANN,
        [InputMediaPhoto(media=upload(png()), caption="first"), InputMediaPhoto(media=upload(png(10, 10)))],
    )
    assert [message.message_id for message in album] == [1, 2]
    assert len({message.media_group_id for message in album}) == 1
    sizes: list[PhotoSize] = [message.photo[-1] for message in album if message.photo]
    assert [size.width for size in sizes] == [320, 10]
    assert [message.caption for message in album] == ["first", None]


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([InputMediaDocument(media="x")], "an album has at least 2 items"),
        ([InputMediaDocument(media="x")] * 11, "too many messages to send as an album"),
        (
            [InputMediaDocument(media="x"), InputMediaPhoto(media="x")],
            "Document can't be mixed with other media types",
        ),
        (
            [InputMediaAudio(media="x"), InputMediaPhoto(media="x")],
            "Audio can't be mixed with other media types",
        ),
        ([InputMediaDocument(media="x")] * 2, "wrong file identifier/HTTP URL specified"),
    ],
)
async def test_albums_that_are_refused_leave_nothing(
    tg: Client, chat: Chat, items: list[Any], why: str
) -> None:
    assert await refusal(tg.send_media_group(ANN, items)) == why
    assert not chat.messages


async def test_an_attachment_that_is_not_there(call: Call) -> None:
    status, answer = await call("sendDocument", chat_id=ANN, document="attach://nowhere")
    assert (status, answer["description"]) == (400, "Bad Request: wrong file identifier/HTTP URL specified")

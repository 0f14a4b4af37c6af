"""What the stand-in refuses, keeps or shows in rarer cases: nothing may pass by its laxity."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from aiogram import Bot as Client
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import BotCommand, BufferedInputFile, InputMediaPhoto
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st
from sandbox_cast import ANN, BOB, TOKEN, Call, Clock

from sandbox import snapshot
from sandbox.chat import Chat
from sandbox.decode import decode
from sandbox.errors import Refused
from sandbox.media import Files, image_size
from sandbox.methods import TABLE
from sandbox.model import Bot, Impossible
from sandbox.rules import formatted
from sandbox.text import clean, marks, utf16_length
from sandbox.world import World

Json = dict[str, Any]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 30, 20) + b"\x08\x02\0\0\0"


@pytest.fixture
def chat(world: World, bot: Bot) -> Chat:
    world.user_starts(bot, ANN)
    return world.chat(bot, ANN)


# --- the world ----------------------------------------------------------------------------------------------


def test_who_shut_the_bot_out_cannot_write_before_letting_it_in(world: World, bot: Bot) -> None:
    world.user_starts(bot, ANN)
    world.user_blocks(bot, ANN)
    with pytest.raises(Impossible, match="blocked"):
        world.user_sends(bot, ANN, text="hello?")
    world.user_unblocks(bot, ANN)
    assert world.user_sends(bot, ANN, text="hello?")["text"] == "hello?"


def test_a_message_has_something_in_it(world: World, bot: Bot) -> None:
    with pytest.raises(Impossible, match="empty"):
        world.user_sends(bot, ANN)
    assert world.chat(bot, ANN).messages == {}


def test_people_edit_their_own_messages_only(world: World, bot: Bot, chat: Chat) -> None:
    theirs = chat.post(bot.as_user(), {"text": "from the bot"})
    for number in (theirs["message_id"], 999):
        with pytest.raises(Impossible, match="not a message of this person"):
            world.user_edits(bot, ANN, number, text="mine now")
    assert chat.messages[theirs["message_id"]]["text"] == "from the bot"


@pytest.mark.parametrize(
    ("place", "why"), [({"thread_id": 77}, "topic 77"), ({"reply_to": 78}, "message 78")]
)
def test_nobody_writes_where_nothing_is(world: World, bot: Bot, place: dict[str, int], why: str) -> None:
    with pytest.raises(Impossible, match=why):
        world.user_sends(bot, ANN, text="where?", **place)  # type: ignore[arg-type]


def test_a_reaction_needs_a_message_and_can_be_taken_back(world: World, bot: Bot, chat: Chat) -> None:
    with pytest.raises(Impossible, match="no such message"):
        world.user_reacts(bot, ANN, 999, "👍")
    world.user_reacts(bot, ANN, 1, "👍")
    world.user_reacts(bot, ANN, 1, None)
    assert chat.reactions[1][ANN] == []


def test_a_topic_is_deleted_once_and_what_stands_beside_it_stays(world: World, bot: Bot, chat: Chat) -> None:
    first, second = (chat.open_topic(bot.as_user(), name) for name in ("one", "two"))
    chat.post(bot.as_user(), {"text": "in one"}, first.thread_id)
    kept = chat.post(bot.as_user(), {"text": "in two"}, second.thread_id)
    world.user_deletes_topic(bot, ANN, first.thread_id)
    with pytest.raises(Impossible, match="no topic"):
        world.user_deletes_topic(bot, ANN, first.thread_id)
    assert chat.topic(first.thread_id) is None
    assert chat.messages[kept["message_id"]]["text"] == "in two"
    assert "in one" not in [message.get("text") for message in chat.messages.values()]


def test_a_deleted_message_is_pinned_no_more(bot: Bot, chat: Chat) -> None:
    message = chat.post(bot.as_user(), {"text": "pin me"})
    chat.pinned.append(message["message_id"])
    chat.delete(message["message_id"])
    assert chat.pinned == []
    assert message["message_id"] in chat.deleted


# --- methods ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("commands", "why"),
    [
        ([("a" * 33, "x")], "BOT_COMMAND_INVALID"),
        ([("Start", "x")], "BOT_COMMAND_INVALID"),
        ([("start", "")], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([("start", "x" * 257)], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([(f"c{number}", "x") for number in range(101)], "BOT_COMMANDS_TOO_MUCH"),
    ],
)
async def test_menus_that_telegram_would_not_take(
    tg: Client, bot: Bot, commands: list[tuple[str, str]], why: str
) -> None:
    menu = [BotCommand(command=name, description=text) for name, text in commands]
    with pytest.raises(TelegramBadRequest, match=why):
        await tg.set_my_commands(menu)
    assert bot.commands == {}


async def test_menus_of_two_languages_stand_side_by_side(tg: Client, bot: Bot) -> None:
    await tg.set_my_commands([BotCommand(command="help", description="Help")])
    await tg.set_my_commands([BotCommand(command="help", description="Помощь")], language_code="ru")
    assert {language: menu[0]["description"] for language, menu in bot.commands.items()} == {
        "": "Help",
        "ru": "Помощь",
    }


async def test_a_pin_is_taken_off_by_number_or_the_newest_first(tg: Client, chat: Chat) -> None:
    numbers = [(await tg.send_message(ANN, text)).message_id for text in "abc"]
    for number in numbers:
        await tg.pin_chat_message(ANN, number)
    await tg.pin_chat_message(ANN, numbers[0])  # again: nothing new
    assert chat.pinned == numbers
    await tg.unpin_chat_message(ANN, message_id=numbers[1])
    await tg.unpin_chat_message(ANN)
    assert chat.pinned == numbers[:1]
    with pytest.raises(TelegramBadRequest, match="not found"):
        await tg.unpin_chat_message(ANN, message_id=numbers[2])


async def test_a_stranger_has_no_photos_and_no_chat(tg: Client, world: World) -> None:
    with pytest.raises(TelegramBadRequest, match="user not found"):
        await tg.get_user_profile_photos(999)
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await tg.get_chat(BOB)
    assert (await tg.get_user_profile_photos(ANN)).total_count == 0


async def test_a_text_does_not_become_a_photo(tg: Client, chat: Chat) -> None:
    sent = await tg.send_message(ANN, "words")
    photo = InputMediaPhoto(media=BufferedInputFile(PNG, "a.png"))
    with pytest.raises(TelegramBadRequest, match="no media"):
        await tg.edit_message_media(photo, chat_id=ANN, message_id=sent.message_id)
    assert "photo" not in chat.messages[sent.message_id]


async def test_deleting_many_skips_what_is_not_there_and_has_its_limits(call: Call, chat: Chat) -> None:
    assert (await call("deleteMessages", chat_id=ANN, message_ids=[1, 50, 51]))[0] == 200
    assert chat.messages == {}
    for ids in ([], list(range(1, 102))):
        assert (await call("deleteMessages", chat_id=ANN, message_ids=ids))[0] == 400


@pytest.mark.parametrize("reply", [{"message_id": 1, "quote": "x"}, {"message_id": 1, "chat_id": BOB}])
async def test_replies_that_the_stand_in_cannot_make_are_said_loudly(
    call: Call, chat: Chat, reply: Json
) -> None:
    before = dict(chat.messages)
    status, said = await call("sendMessage", chat_id=ANN, text="x", reply_parameters=reply)
    assert status == 501
    assert said["ok"] is False
    assert chat.messages == before


async def test_a_file_of_the_world_is_nobody_elses(
    http: ClientSession, url: str, world: World, bot: Bot
) -> None:
    stored = world.files.put(bot.id, "document", b"secret", "a.txt")
    other = world.add_bot("300:other", "other_bot", "Other")
    for token, status in ((TOKEN, 200), (other.token, 404), ("1:none", 401)):
        async with http.get(f"{url}/file/bot{token}/{stored.path}") as answer:
            assert answer.status == status
            assert (await answer.read() == b"secret") == (status == 200)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_no_method_lets_a_misspelt_parameter_pass(name: str) -> None:
    with pytest.raises(Refused, match="of_tomorrow"):
        decode(TABLE[name].model, _least(TABLE[name].model) | {"of_tomorrow": 1})


def _least(model: Any) -> Json:
    """Values that the required fields of that method take."""
    known: Json = {
        "media": [{"type": "photo", "media": "a"}]
        if "Group" in model.__name__
        else {"type": "photo", "media": "a"},
        "commands": [],
        "message_ids": [1],
        "latitude": 1.0,
        "longitude": 1.0,
    }
    fields = {name: info for name, info in model.model_fields.items() if info.is_required()}
    return {name: known.get(name, "1") for name in fields}


# --- files and texts ----------------------------------------------------------------------------------------


@given(st.binary(max_size=64))
def test_any_bytes_are_measured_or_are_no_picture(data: bytes) -> None:
    for head in (b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP"):
        size = image_size(head + data)
        assert size is None or (len(size) == 2 and min(size) >= 0)


@given(st.integers(1, 65535), st.integers(1, 65535), st.binary(max_size=40))
def test_a_jpeg_is_measured_behind_whatever_stands_first(width: int, height: int, before: bytes) -> None:
    app = b"\xff\xe0" + struct.pack(">H", len(before) + 2) + before
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    assert image_size(b"\xff\xd8" + app + frame) == (width, height)
    assert image_size(b"\xff\xd8" + app) is None


@pytest.mark.parametrize(
    ("kind", "name", "suffix"),
    [
        ("document", "../../etc/passwd", ".mp4"),
        ("document", "price.list.pdf", ".pdf"),
        ("document", ".bashrc", ".mp4"),
        ("document", "a.b/c", ".mp4"),
        ("photo", "", ".jpg"),
        ("voice", "", ".oga"),
    ],
)
def test_a_path_is_made_here_whatever_the_name(kind: str, name: str, suffix: str) -> None:
    stored = Files().put(1, kind, b"x", name)
    assert stored.path.endswith(f"file_0{suffix}")
    assert stored.path.count("/") == 1
    assert ".." not in stored.path


@given(st.text())
def test_lengths_are_those_of_utf16(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


@given(st.text())
def test_cleaning_is_done_after_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert not set(clean(text)) & set("\0\t\r\x0b\u202a\u202e\u2028")
    assert text.count("\n") == clean(text).count("\n")


@given(
    st.lists(st.sampled_from(["/help", "a@b.cc", "https://x.yy/z", "word", "😀", "/x/y", "1@"]), max_size=6)
)
def test_found_marks_cover_what_they_name(words: list[str]) -> None:
    text = " ".join(words)
    raw = text.encode("utf-16-le")
    for mark in marks(text):
        start, end = mark["offset"] * 2, (mark["offset"] + mark["length"]) * 2
        said = raw[start:end].decode("utf-16-le")
        if mark["type"] == "bot_command":
            assert said.startswith("/")
        else:
            assert ("@" in said) == (mark["type"] == "email")
    assert len(marks(text)) >= sum(word in {"/help", "a@b.cc", "https://x.yy/z"} for word in words)


@given(st.text(" \n", max_size=4), st.text("ab😀", min_size=1), st.text(" \n", max_size=4))
def test_trimming_moves_what_is_bold(lead: str, inner: str, tail: str) -> None:
    text, entities = formatted(f"{lead}<b>{inner}</b>{tail}", "HTML", None)
    assert text == inner
    assert entities == [{"type": "bold", "offset": 0, "length": utf16_length(inner)}]


# --- what the page is told ----------------------------------------------------------------------------------


def test_a_kind_that_the_page_cannot_draw_is_named(world: World, bot: Bot, chat: Chat) -> None:
    chat.post(bot.as_user(), {"venue": {"title": "x"}})
    (person,) = snapshot.persons(world, [ANN], [TOKEN])
    assert person["messages"][-1]["text"] == "[venue]"


@pytest.mark.parametrize(
    ("content", "kind", "name", "note"),
    [
        ({"location": (54.68723, 25.2797)}, "location", "", "54.68723, 25.27970"),
        (
            {"contact": {"phone_number": "+447700900501", "first_name": "Ann"}},
            "contact",
            "Ann",
            "+447700900501",
        ),
        ({"sticker": "🎉"}, "sticker", "🎉", ""),
    ],
)
def test_things_without_bytes_are_described(
    world: World, bot: Bot, content: Json, kind: str, name: str, note: str
) -> None:
    world.user_sends(bot, ANN, **content)
    shown = snapshot.persons(world, [ANN], [TOKEN])[0]["messages"][-1]
    assert (shown["media"]["kind"], shown["media"]["name"], shown["media"]["note"]) == (kind, name, note)
    assert shown["media"]["url"] is None
    assert not shown["editable"]


def test_people_are_shown_with_the_bots_that_they_met(world: World, bot: Bot) -> None:
    second = world.add_bot("300:other", "other_bot", "Other")
    world.user_starts(second, BOB)
    shown = snapshot.persons(world, [ANN, BOB, 999], [TOKEN, second.token, "1:none"])
    assert [(one["id"], one["bot"]) for one in shown] == [(ANN, bot.id), (BOB, bot.id), (BOB, second.id)]


def test_the_newest_answers_to_presses_come_first(world: World, bot: Bot, chat: Chat, clock: Clock) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    number = chat.post(bot.as_user(), {"text": "?", "reply_markup": keyboard})["message_id"]
    presses = [world.user_presses(bot, ANN, number, "go") for _ in range(3)]
    world.callbacks[presses[0]].answer = {"text": "first"}
    world.callbacks[presses[2]].answer = {"text": "last", "show_alert": True}
    told = snapshot.answers(world.callbacks)
    assert [(one["text"], one["alert"]) for one in told] == [("last", True), ("first", False)]

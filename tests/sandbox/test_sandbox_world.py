"""What people do, and what the bot is told of it."""

import pytest
from sandbox_cast import ANN, BOB, Clock

from sandbox.media import image_size
from sandbox.model import Bot, Impossible, Json
from sandbox.world import World


@pytest.fixture
def plain(world: World) -> Bot:
    """A bot without topics."""
    return world.add_bot("200:shop", "shop_bot", "Shop")


def told(bot: Bot, kind: str) -> list[Json]:
    return [update[kind] for update in bot.updates.pending.values() if kind in update]


def test_start_with_a_payload_is_a_message_with_a_command(world: World, plain: Bot, clock: Clock) -> None:
    world.user_starts(plain, ANN, "ads7")
    assert told(plain, "message") == [
        {
            "message_id": 1,
            "date": int(clock.at.timestamp()),
            "chat": {
                "id": ANN,
                "type": "private",
                "first_name": "Ann",
                "last_name": "Lee",
                "username": "ann",
            },
            "from": {
                "id": ANN,
                "is_bot": False,
                "first_name": "Ann",
                "last_name": "Lee",
                "username": "ann",
                "language_code": "en",
            },
            "text": "/start ads7",
            "entities": [{"type": "bot_command", "offset": 0, "length": 6}],
        }
    ]


def test_chats_of_two_bots_with_one_person_are_apart(world: World, plain: Bot, bot: Bot) -> None:
    world.user_sends(plain, ANN, text="to the shop")
    assert world.chat(plain, ANN).last_id == 1
    assert world.chat(bot, ANN).last_id == 0
    assert not bot.updates.pending


def test_update_ids_grow_by_one_over_all_chats(world: World, plain: Bot) -> None:
    for person in (ANN, BOB, ANN):
        world.user_sends(plain, person, text="hello")
    assert list(plain.updates.pending) == [1, 2, 3]


@pytest.mark.parametrize(
    ("act", "kind", "field", "value"),
    [
        ({"photo": b"\xff\xd8"}, "photo", None, None),
        ({"document": ("offer.pdf", "application/pdf", b"%PDF")}, "document", "file_name", "offer.pdf"),
        ({"voice": b"OggS"}, "voice", "mime_type", "audio/ogg"),
        ({"video": b"mp4"}, "video", "mime_type", "video/mp4"),
        ({"sticker": "👋"}, "sticker", "emoji", "👋"),
        ({"location": (56.9, 24.1)}, "location", "latitude", 56.9),
        (
            {"contact": {"phone_number": "+371", "first_name": "Ann", "user_id": ANN}},
            "contact",
            "user_id",
            ANN,
        ),
    ],
)
def test_every_kind_of_content_reaches_the_bot(
    world: World, plain: Bot, act: Json, kind: str, field: str | None, value: object
) -> None:
    world.user_sends(plain, ANN, **act)
    content = told(plain, "message")[0][kind]
    if field:
        assert content[field] == value
    else:
        assert world.files.get(plain.id, content[-1]["file_id"]).data == act[kind]  # type: ignore[union-attr]


def test_an_edit_keeps_the_message_and_its_old_version(world: World, plain: Bot, clock: Clock) -> None:
    sent = world.user_sends(plain, ANN, text="two https://a.example")
    clock.advance(minutes=1)
    world.user_edits(plain, ANN, sent["message_id"], text="three")
    (edit,) = told(plain, "edited_message")
    assert edit["text"] == "three"
    assert "entities" not in edit
    assert edit["edit_date"] == sent["date"] + 60
    assert world.chat(plain, ANN).history == {1: [sent]}
    assert told(plain, "message")[0]["text"] == "two https://a.example"


def test_a_reply_carries_the_quoted_message_without_its_own_quote(world: World, plain: Bot) -> None:
    first = world.user_sends(plain, ANN, text="one")
    second = world.user_sends(plain, ANN, text="two", reply_to=first["message_id"])
    third = world.user_sends(plain, ANN, text="three", reply_to=second["message_id"])
    assert third["reply_to_message"]["text"] == "two"
    assert "reply_to_message" not in third["reply_to_message"]


def test_words_outside_a_topic_open_one_named_after_them(world: World, bot: Bot) -> None:
    said = world.user_sends(bot, ANN, text="/leads")
    service, message = told(bot, "message")
    assert service["forum_topic_created"] == {
        "name": "/leads",
        "icon_color": 0x6FB9F0,
        "is_name_implicit": True,
    }
    assert message["message_thread_id"] == service["message_id"] == said["message_thread_id"]
    assert message["is_topic_message"]


def test_in_a_topic_the_root_is_quoted_unless_something_else_is(world: World, bot: Bot) -> None:
    chat = world.chat(bot, ANN)
    topic = chat.open_topic(bot.as_user(), "Lead 7")
    plain = world.user_sends(bot, ANN, text="hello", thread_id=topic.thread_id)
    reply = world.user_sends(bot, ANN, text="yes", thread_id=topic.thread_id, reply_to=plain["message_id"])
    assert plain["reply_to_message"]["message_id"] == topic.thread_id
    assert reply["reply_to_message"]["text"] == "hello"


def test_a_deleted_topic_takes_its_messages_along_and_the_bot_is_not_told(world: World, bot: Bot) -> None:
    chat = world.chat(bot, ANN)
    topic = chat.open_topic(bot.as_user(), "Lead 7")
    inside = chat.post(bot.as_user(), {"text": "card"}, topic.thread_id)
    outside = chat.post(bot.as_user(), {"text": "report"})
    world.user_deletes_topic(bot, ANN, topic.thread_id)
    assert chat.topic(topic.thread_id) is None
    assert list(chat.messages) == [outside["message_id"]]
    assert chat.deleted == [topic.thread_id, inside["message_id"]]
    assert not bot.updates.pending
    with pytest.raises(Impossible):
        world.user_sends(bot, ANN, text="late", thread_id=topic.thread_id)


def test_blocking_is_told_once_and_start_unblocks(world: World, plain: Bot) -> None:
    world.user_blocks(plain, ANN)
    world.user_blocks(plain, ANN)
    with pytest.raises(Impossible):
        world.user_sends(plain, ANN, text="hello?")
    world.user_starts(plain, ANN)
    states = [change["new_chat_member"]["status"] for change in told(plain, "my_chat_member")]
    assert states == ["kicked", "member"]
    assert told(plain, "message")[-1]["text"] == "/start"


def test_only_a_button_that_is_there_can_be_pressed(world: World, plain: Bot) -> None:
    chat = world.chat(plain, ANN)
    markup = {"inline_keyboard": [[{"text": "Take", "callback_data": "take:7"}]]}
    message = chat.post(plain.as_user(), {"text": "card", "reply_markup": markup})
    with pytest.raises(Impossible):
        world.user_presses(plain, ANN, message["message_id"], "close:7")
    press = world.user_presses(plain, ANN, message["message_id"], "take:7")
    (query,) = told(plain, "callback_query")
    assert (query["id"], query["data"], query["message"]) == (press, "take:7", message)


def test_reactions_are_told_only_to_a_bot_that_asked(world: World, plain: Bot) -> None:
    message = world.user_sends(plain, ANN, text="hello")
    world.user_reacts(plain, ANN, message["message_id"], "👍")
    assert told(plain, "message_reaction") == []
    plain.updates.allow(["message_reaction"])
    world.user_reacts(plain, ANN, message["message_id"], None)
    (change,) = told(plain, "message_reaction")
    assert change["old_reaction"] == [{"type": "emoji", "emoji": "👍"}]
    assert change["new_reaction"] == []


@pytest.mark.parametrize("text", ["", "   ", "x" * 4097, "😀" * 2049])
def test_people_cannot_send_what_their_app_would_not(world: World, plain: Bot, text: str) -> None:
    with pytest.raises(Impossible):
        world.user_sends(plain, ANN, text=text)
    with pytest.raises(Impossible):
        world.user_edits(plain, ANN, 99, text="new")


def test_strangers_are_unknown(world: World, plain: Bot) -> None:
    with pytest.raises(KeyError):
        world.user_sends(plain, 999, text="hello")


def test_controls_become_spaces_and_direction_overrides_vanish(world: World, plain: Bot) -> None:
    message = world.user_sends(plain, ANN, text="a\x00b\tc\r\nd\u202ee \u200fש")
    assert message["text"] == "a b c\nde \u200fש"


def test_listeners_hear_every_act(world: World, plain: Bot) -> None:
    heard: list[int] = []
    world.listeners.append(lambda: heard.append(len(plain.updates.pending)))
    world.user_sends(plain, ANN, text="hello")
    world.user_blocks(plain, ANN)
    assert heard[-1] == 2


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\0\x80", (256, 128)),
        (b"GIF89a\x0a\x00\x14\x00", (10, 20)),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x20\0\x40\x03", (64, 32)),
        (b"\xff\xd8\xff\xe0", None),
        (b"plain text", None),
    ],
)
def test_image_sizes_are_read_from_headers(data: bytes, size: tuple[int, int] | None) -> None:
    assert image_size(data) == size

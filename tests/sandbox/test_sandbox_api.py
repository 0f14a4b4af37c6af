"""The stand-in as aiogram sees it: sending, editing, topics, buttons."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiogram import Bot as Client
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReactionTypeEmoji,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from sandbox_cast import ANN, BOB, Clock

from sandbox.chat import Chat
from sandbox.model import Bot
from sandbox.world import World

Act = Callable[[Client], Awaitable[Any]]


@pytest.fixture
def chat(world: World, bot: Bot) -> Chat:
    """Ann's chat, begun by her."""
    chat = world.chat(bot, ANN)
    chat.started = True
    return chat


def buttons(**given: Any) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Take", **given)]])


async def refusal(call: Awaitable[Any]) -> str:
    with pytest.raises(TelegramBadRequest) as refused:
        await call
    return refused.value.message.removeprefix("Bad Request: ")


async def test_get_me_tells_of_topics(tg: Client) -> None:
    me = await tg.get_me()
    assert (me.username, me.has_topics_enabled, me.allows_users_to_create_topics) == ("desk_bot", True, True)


async def test_what_is_sent_is_answered_and_stored(tg: Client, chat: Chat, clock: Clock) -> None:
    sent = await tg.send_message(
        ANN,
        "  <b>Lead</b> &lt;7&gt; ",
        parse_mode="HTML",
        reply_markup=buttons(callback_data="take:7"),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        protect_content=True,
    )
    assert sent.text == "Lead <7>"
    assert sent.date == clock.at
    assert chat.messages[sent.message_id] == {
        "message_id": 1,
        "date": int(clock.at.timestamp()),
        "chat": chat.user.as_chat(),
        "from": chat.bot.as_user(),
        "text": "Lead <7>",
        "entities": [{"type": "bold", "offset": 0, "length": 4}],
        "reply_markup": {"inline_keyboard": [[{"text": "Take", "callback_data": "take:7"}]]},
        "has_protected_content": True,
        "link_preview_options": {"is_disabled": True},
    }


async def test_lengths_are_counted_in_utf16_units_after_parsing(tg: Client, chat: Chat) -> None:
    longest = await tg.send_message(ANN, "<b>" + "😀" * 2048 + "</b>", parse_mode="HTML")
    assert longest.text == "😀" * 2048
    assert await refusal(tg.send_message(ANN, "😀" * 2048 + "x")) == "message is too long"


async def test_who_may_be_written_to(world: World, bot: Bot, tg: Client) -> None:
    assert await refusal(tg.send_message(999, "hello")) == "chat not found"
    assert await refusal(tg.send_message("@nobody", "hello")) == "chat not found"
    with pytest.raises(TelegramForbiddenError, match="bot can't initiate conversation with a user"):
        await tg.send_message(BOB, "hello")
    world.user_starts(bot, BOB)
    await tg.send_message(BOB, "hello")
    world.user_blocks(bot, BOB)
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await tg.send_message(BOB, "hello?")


async def test_a_reply_needs_its_message_unless_told_otherwise(tg: Client, chat: Chat) -> None:
    first = await tg.send_message(ANN, "one")
    reply = await tg.send_message(ANN, "two", reply_parameters=ReplyParameters(message_id=first.message_id))
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.text == "one"
    missing = ReplyParameters(message_id=99)
    why = await refusal(tg.send_message(ANN, "x", reply_parameters=missing))
    assert why == "message to be replied not found"
    lenient = ReplyParameters(message_id=99, allow_sending_without_reply=True)
    assert (await tg.send_message(ANN, "x", reply_parameters=lenient)).reply_to_message is None


async def test_the_reply_keyboard_stays_until_removed(tg: Client, chat: Chat) -> None:
    keyboard = ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="My phone", request_contact=True)]])
    sent = await tg.send_message(ANN, "phone?", reply_markup=keyboard)
    assert sent.reply_markup is None
    assert chat.keyboard == {"keyboard": [[{"text": "My phone", "request_contact": True}]]}
    await tg.send_message(ANN, "thanks", reply_markup=ReplyKeyboardRemove())
    assert chat.keyboard is None


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        (buttons(callback_data="x" * 65), "BUTTON_DATA_INVALID"),
        (buttons(callback_data="é" * 33), "BUTTON_DATA_INVALID"),
        (buttons(url="javascript:alert(1)"), "inline keyboard button URL 'javascript:alert(1)' is invalid: "),
        (buttons(), "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        (buttons(callback_data="x", url="https://x.example"), "can't parse inline keyboard button: exactly"),
    ],
)
async def test_bad_buttons_are_refused(
    tg: Client, chat: Chat, markup: InlineKeyboardMarkup, why: str
) -> None:
    assert (await refusal(tg.send_message(ANN, "card", reply_markup=markup))).startswith(why)
    assert not chat.messages


async def test_edits_replace_text_and_keyboard(tg: Client, chat: Chat, clock: Clock) -> None:
    sent = await tg.send_message(ANN, "card", reply_markup=buttons(callback_data="a"))
    clock.advance(seconds=30)
    edited = await tg.edit_message_text("card, taken", chat_id=ANN, message_id=sent.message_id)
    assert not isinstance(edited, bool)
    assert (edited.text, edited.reply_markup) == ("card, taken", None)
    assert edited.edit_date == int(clock.at.timestamp())
    shown = await tg.edit_message_reply_markup(
        chat_id=ANN, message_id=sent.message_id, reply_markup=buttons(callback_data="b")
    )
    assert not isinstance(shown, bool)
    assert shown.text == "card, taken"
    assert [version["text"] for version in chat.history[sent.message_id]] == ["card", "card, taken"]


async def test_edits_that_change_nothing_or_hit_nothing(
    world: World, bot: Bot, tg: Client, chat: Chat
) -> None:
    sent = await tg.send_message(ANN, "<b>card</b>", parse_mode="HTML")
    theirs = world.user_sends(bot, ANN, text="hello")
    same = await refusal(
        tg.edit_message_text(
            "<strong>card</strong>", chat_id=ANN, message_id=sent.message_id, parse_mode="HTML"
        )
    )
    assert same.startswith("message is not modified: specified new message content and reply markup")
    assert (await refusal(tg.edit_message_reply_markup(chat_id=ANN, message_id=sent.message_id))).startswith(
        "message is not modified"
    )
    assert await refusal(tg.edit_message_text("x", chat_id=ANN, message_id=99)) == "message to edit not found"
    not_mine = tg.edit_message_text("x", chat_id=ANN, message_id=theirs["message_id"])
    assert await refusal(not_mine) == "message can't be edited"
    no_caption = tg.edit_message_caption(chat_id=ANN, message_id=sent.message_id, caption="x")
    assert await refusal(no_caption) == "there is no caption in the message to edit"


async def test_deleting(tg: Client, chat: Chat, clock: Clock) -> None:
    ids = [(await tg.send_message(ANN, text)).message_id for text in "abcd"]
    await tg.delete_message(ANN, ids[0])
    assert await refusal(tg.delete_message(ANN, ids[0])) == "message to delete not found"
    await tg.delete_messages(ANN, [ids[0], ids[1]])
    clock.at += timedelta(hours=49)
    assert await refusal(tg.delete_message(ANN, ids[2])) == "message can't be deleted for everyone"
    assert list(chat.messages) == ids[2:]


async def test_a_topic_lives_and_dies(world: World, bot: Bot, tg: Client, chat: Chat) -> None:
    topic = await tg.create_forum_topic(ANN, "Lead 7")
    card = await tg.send_message(ANN, "card", message_thread_id=topic.message_thread_id)
    assert (card.message_thread_id, card.is_topic_message) == (topic.message_thread_id, True)
    await tg.edit_forum_topic(ANN, topic.message_thread_id, name="Lead 7 ✓")
    assert chat.topics[topic.message_thread_id].name == "Lead 7 ✓"
    again = tg.edit_forum_topic(ANN, topic.message_thread_id, name="Lead 7 ✓")
    assert await refusal(again) == "TOPIC_NOT_MODIFIED"
    world.user_deletes_topic(bot, ANN, topic.message_thread_id)
    lost = tg.send_message(ANN, "more", message_thread_id=topic.message_thread_id)
    assert await refusal(lost) == "message thread not found"
    assert await refusal(tg.delete_forum_topic(ANN, topic.message_thread_id)) == "TOPIC_ID_INVALID"
    edit = tg.edit_message_text("x", chat_id=ANN, message_id=card.message_id)
    assert await refusal(edit) == "message to edit not found"


async def test_a_reply_into_a_topic_lands_in_it(tg: Client, chat: Chat) -> None:
    topic = await tg.create_forum_topic(ANN, "Lead 7")
    card = await tg.send_message(ANN, "card", message_thread_id=topic.message_thread_id)
    reply = await tg.send_message(ANN, "x", reply_parameters=ReplyParameters(message_id=card.message_id))
    assert reply.message_thread_id == topic.message_thread_id


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda tg: tg.create_forum_topic(ANN, "x" * 129), "topic name is longer than 128 characters"),
        (lambda tg: tg.create_forum_topic(ANN, " "), "title must be non-empty"),
        (lambda tg: tg.close_forum_topic(ANN, 1), "the chat is not a supergroup"),
        (lambda tg: tg.reopen_forum_topic(ANN, 1), "the chat is not a supergroup"),
        (lambda tg: tg.send_message(ANN, "x", message_thread_id=77), "message thread not found"),
        (lambda tg: tg.send_chat_action(ANN, "dancing"), "wrong parameter action in request"),
        (lambda tg: tg.pin_chat_message(ANN, 77), "message to pin not found"),
        (lambda tg: tg.unpin_chat_message(ANN), "message to unpin not found"),
        (lambda tg: tg.set_message_reaction(ANN, 77), "message to react not found"),
        (lambda tg: tg.set_my_commands([BotCommand(command="Lead", description="x")]), "BOT_COMMAND_INVALID"),
        (lambda tg: tg.get_chat(BOB), "chat not found"),
        (lambda tg: tg.get_user_profile_photos(999), "user not found"),
    ],
)
async def test_refusals_in_telegrams_words(tg: Client, chat: Chat, act: Act, why: str) -> None:
    assert await refusal(act(tg)) == why


async def test_without_topic_mode_there_are_no_topics(bot: Bot, tg: Client, chat: Chat) -> None:
    bot.topics = False
    assert await refusal(tg.create_forum_topic(ANN, "Lead 7")) == "the chat is not a forum"


async def test_a_press_is_answered_once_it_is_known_and_fresh(
    world: World, bot: Bot, tg: Client, chat: Chat, clock: Clock
) -> None:
    card = await tg.send_message(ANN, "card", reply_markup=buttons(callback_data="take:7"))
    press = world.user_presses(bot, ANN, card.message_id, "take:7")
    await tg.answer_callback_query(press, "taken", show_alert=True)
    assert world.callbacks[press].answer == {"text": "taken", "show_alert": True}
    assert (await refusal(tg.answer_callback_query("77"))).startswith("query is too old")
    clock.advance(minutes=2)
    assert (await refusal(tg.answer_callback_query(press))).startswith("query is too old")


async def test_reactions_pins_actions_and_the_chat(tg: Client, chat: Chat) -> None:
    card = await tg.send_message(ANN, "card")
    await tg.set_message_reaction(ANN, card.message_id, [ReactionTypeEmoji(emoji="👌")])
    assert chat.reactions[card.message_id][chat.bot.id] == [{"type": "emoji", "emoji": "👌"}]
    not_offered = tg.set_message_reaction(ANN, card.message_id, [ReactionTypeEmoji(emoji="✅")])
    assert await refusal(not_offered) == "REACTION_INVALID"
    await tg.pin_chat_message(ANN, card.message_id)
    pinned = (await tg.get_chat(ANN)).pinned_message
    assert pinned is not None
    assert pinned.message_id == card.message_id
    await tg.unpin_chat_message(ANN, message_id=card.message_id)
    assert chat.pinned == []
    await tg.send_chat_action(ANN, "typing")
    assert chat.action is not None
    assert chat.action[0] == "typing"
    await tg.set_my_commands([BotCommand(command="leads", description="open leads")], language_code="en")
    assert chat.bot.commands == {"en": [{"command": "leads", "description": "open leads"}]}
    assert (await tg.get_user_profile_photos(ANN)).total_count == 0


async def test_wrong_token_and_missing_methods_are_loud(url: str, tg: Client, chat: Chat) -> None:
    with pytest.raises(TelegramServerError, match="does not know forwardMessage yet"):
        await tg.forward_message(ANN, ANN, 1)
    with pytest.raises(TelegramServerError, match="message_effect_id"):
        await tg.send_message(ANN, "x", message_effect_id="fire")
    with pytest.raises(TelegramServerError, match="parse_mode MarkdownV2"):
        await tg.send_message(ANN, "x", parse_mode="MarkdownV2")
    stranger = Client("100:other", session=tg.session)
    with pytest.raises(TelegramUnauthorizedError):
        await stranger.get_me()

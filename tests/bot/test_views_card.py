"""The card tells everything at a glance, whatever the customer wrote, and loses nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from view_scene import (
    ANN,
    BOB,
    CAN,
    CHAT,
    EMAIL,
    EVE,
    FORM,
    NOW,
    PHONE,
    TOUCH,
    labels,
    marked,
    message,
    reader,
    snapshot,
    whole,
)

from bot.callbacks import Close, HandOver, Take, Via
from bot.views.card import card, topic_name
from bot.views.menus import card_buttons, close_menu, hand_over_menu, lost_menu, remind_menu
from leads.events import Attachment, Attribution, Capabilities, MediaKind
from leads.model import Identity, LeadState, Reminder, ReminderKind
from leads.split import utf16_len

OTHER, OPEN = replace(CHAT, id=3, channel="viber"), {"viber": Capabilities()}
NASTY = "<b>bold</b> *md* _x_ `code` [a](tg://user?id=1) &lt; \u202eevil\u202c 👩‍👩‍👧‍👦🇱🇻"


def test_who_where_from_and_what() -> None:
    first = message("A shed of 3x4, please", fields={"Size": "3x4", "Цвет": "зелёный", "empty": " "})
    made = card(snapshot(lead={"attribution": TOUCH}, contact={"language": "ru"}, first=first), reader())
    assert made.text.splitlines() == [
        "🆕 #12 · Clara Oswald",
        "For Ann · waiting since today 14:30",
        "",
        "📞 +371 20 001 122",
        "✉️ clara@example.com",
        "👤 @clara_o · Russian",
        "",
        "📍 Telegram · shop",
        "🎯 google / cpc / spring sale",
        "🏷 gclid ✓",
        "🔗 example.com/sheds?id=42",
        "🚪 came from www.google.com",
        "",
        "Size: 3x4",
        "Цвет: зелёный",
        "",
        "A shed of 3x4, please",
        "",
        "↩️ Replies go to Telegram",
    ]
    assert marked(made, "code") == ["+371 20 001 122", "clara@example.com"]
    assert marked(made, "bold") == ["🆕 #12 · Clara Oswald", "Size:", "Цвет:"]
    assert marked(made, "blockquote") == ["A shed of 3x4, please"]
    assert not made.more


def test_the_card_speaks_russian() -> None:
    made = card(snapshot(contact={"language": "ru"}), reader("ru"))
    assert "Для: Ann · ждёт ответа · сегодня 14:30" in made.text
    assert "👤 @clara_o · русский" in made.text
    assert "✋ Взять" in labels(made.keyboard)


def test_a_customers_words_are_data() -> None:
    first = message(NASTY, fields={NASTY: NASTY})
    made = card(snapshot(contact={"name": NASTY}, first=first), reader())
    assert made.text.count(NASTY) == 4  # the name, a field's name and value, the words
    assert {each.type for each in made.entities} == {"bold", "code", "blockquote"}
    assert marked(made, "blockquote") == [NASTY]
    assert marked(made, "bold") == [f"🆕 #12 · {NASTY}", f"{NASTY}:"]


@pytest.mark.parametrize(
    "text", ["line\n" * 400, "word " * 900, "👩‍👩‍👧‍👦" * 900, "x" * 100_000, "😀" * 4096]
)
def test_a_long_text_goes_on_below_and_nothing_is_lost(text: str) -> None:
    made = card(snapshot(first=message(text)), reader())
    every = (made, *made.more)
    assert all(0 < utf16_len(each.text) <= 4096 for each in every)
    assert "continued below" in made.text
    said = "".join("".join(marked(made, "expandable_blockquote")).split())
    said += "".join("".join(each.text.split()) for each in made.more)
    assert said == "".join(text.split())


def test_long_and_many_fields_go_on_below_in_their_order() -> None:
    fields = {f"field {number}": f"{number} " + "v" * 300 for number in range(40)}
    made = card(snapshot(first=message("", fields=fields)), reader())
    assert "and 38 more fields below" in made.text
    told = whole(made)
    places = [told.index(f"field{number}:{number}{'v' * 300}") for number in range(40)]
    assert places == sorted(places)


def test_everything_at_its_worst_still_fits() -> None:
    long = "Ж😀" * 3000
    touch = Attribution(dict.fromkeys(TOUCH.params, long), long, long, long, long)
    first = message(long, fields={long: long}, attachments=(Attachment(MediaKind.FILE, name=long),) * 30)
    points = tuple(replace(each, value="x" * 240 + "@y.example") for each in (EMAIL,) * 9)
    made = card(
        snapshot(
            lead={"attribution": touch},
            contact={"name": long, "first_touch": TOUCH, "last_touch": TOUCH, "language": "x" * 99},
            first=first,
            points=points,
            identities=(Identity(1, 1, "telegram", 8, "7", NOW, long, long),) * 9,
            managers=(replace(ANN, name=long),),
        ),
        reader(),
    )
    assert all(0 < utf16_len(each.text) <= 4096 for each in (made, *made.more))
    assert "↩️ Replies go to Telegram" in made.text
    assert utf16_len(topic_name(snapshot(contact={"name": long}), reader())) <= 128


def test_an_edited_card_is_cut_at_the_same_place() -> None:
    first = message("word " * 900)
    before = card(snapshot(first=first), reader())
    after = card(snapshot(first=first, lead={"state": LeadState.ACTIVE}), reader("ru"))
    assert marked(before, "expandable_blockquote") == marked(after, "expandable_blockquote")


@pytest.mark.parametrize(
    ("lead", "line"),
    [
        (
            {"state": LeadState.WAITING, "manager_id": None},
            "Nobody is on shift yet · waiting since today 14:30",
        ),
        (
            {"state": LeadState.ACTIVE, "answered_at": NOW, "unanswered_since": None},
            "Ann is on it · answered",
        ),
        ({"state": LeadState.WON, "closed_at": NOW}, "Won · Ann · today 14:30"),
        (
            {"state": LeadState.LOST, "closed_at": NOW, "close_reason": "price"},
            "Lost · Ann (too expensive) · today 14:30",
        ),
        (
            {"state": LeadState.LOST, "closed_at": NOW, "close_reason": "moved away"},
            "Lost · Ann (moved away) · today 14:30",
        ),
        ({"state": LeadState.SPAM, "closed_at": NOW, "manager_id": None}, "Spam · today 14:30"),
    ],
)
def test_the_state_and_who_has_it(lead: dict[str, Any], line: str) -> None:
    assert card(snapshot(lead=lead), reader()).text.splitlines()[1] == line


def test_first_and_last_touch_are_told_where_they_differ() -> None:
    first = Attribution({"utm_source": "instagram"})
    made = card(
        snapshot(lead={"attribution": TOUCH}, contact={"first_touch": first, "last_touch": TOUCH}), reader()
    )
    assert "👣 First came from instagram" in made.text
    assert "Last came from" not in made.text


BLOCKED = (Identity(1, 1, "telegram", 8, "77", NOW, blocked_at=NOW),)
SOON = {"telegram": Capabilities(reply_window=timedelta(hours=24))}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "↩️ Replies go to Telegram"),
        ({"conversations": (FORM,)}, "☎️ Cannot be answered from here. Call +371 20 001 122"),
        (
            {"conversations": (FORM,), "points": (EMAIL,)},
            "✉️ Cannot be answered from here. Write to clara@example.com",
        ),
        (
            {"conversations": (FORM,), "points": ()},
            "🤷 Cannot be answered: no chat, phone or e-mail was left.",
        ),
        ({"identities": BLOCKED}, "🚫 The customer has shut us out in Telegram."),
    ],
)
def test_which_way_a_reply_goes(changes: dict[str, Any], line: str) -> None:
    assert line in card(snapshot(**changes), reader()).text.splitlines()


def test_a_closed_window_is_told() -> None:
    old = replace(CHAT, last_in_at=NOW - timedelta(hours=25))
    made = card(snapshot(conversations=(old,)), reader(can=SOON))
    assert "🔒 Telegram is closed for replies until the customer writes again." in made.text


@pytest.mark.parametrize(
    ("language", "ago", "line"),
    [
        ("en", timedelta(0), "⏳ Reply window: until 22 Nov 14:30"),
        ("en", timedelta(hours=13), "⏳ Reply window: until 14:30, 11 h left"),
        ("en", timedelta(hours=23, minutes=5), "⏳ Reply window: until 14:30, less than an hour left"),
        ("ru", timedelta(hours=13), "⏳ Ответить можно до 14:30, осталось 11 ч"),
        (
            "en",
            timedelta(days=2),
            "⌛️ The reply window is over; a person may still answer until 28 Nov 14:30",
        ),
    ],
)
def test_the_window_is_counted_down(language: str, ago: timedelta, line: str) -> None:
    can = {"telegram": Capabilities(reply_window=timedelta(days=1), late=timedelta(days=7))}
    made = card(snapshot(), reader(language, can=can, now=NOW + ago))
    assert line in made.text.splitlines()


def test_what_is_possible_when_the_window_is_over_stands_under_the_card() -> None:
    can = {"telegram": Capabilities(reply_window=timedelta(days=1), templates=True)}
    late = reader(can=can, now=NOW + timedelta(days=2))
    assert labels(card_buttons(snapshot(), late))[-2:] == [
        "📋 Templates · Telegram",
        "☎️ Copy +371 20 001 122 to call",
    ]
    assert "Templates" not in str(labels(card_buttons(snapshot(), reader(can=can))))
    assert "Templates" not in str(
        labels(card_buttons(snapshot(conversations=(CHAT, OTHER)), replace(late, can=can | OPEN)))
    )


def test_several_ways_can_be_chosen_among() -> None:
    other = replace(CHAT, id=3, channel="whatsapp", thread="9", source_id=10)
    both: dict[str, Any] = {"conversations": (CHAT, other, FORM)}
    made = card(snapshot(**both), reader())
    assert "↩️ Replies go to Telegram" in made.text
    assert [each for each in labels(made.keyboard) if "Reply via" in each] == ["💬 Reply via WhatsApp"]
    switched = card(snapshot(lead={"via": 3}, **both), reader())
    assert "↩️ Replies go to WhatsApp" in switched.text
    assert switched.keyboard
    last = switched.keyboard.inline_keyboard[-1][0]
    assert last.callback_data == Via(lead=12, conversation=1).pack()


def test_two_bots_of_one_channel_are_told_apart() -> None:
    other = replace(CHAT, id=3, thread="9", source_id=9)
    made = card(snapshot(conversations=(other, CHAT)), reader())
    assert "↩️ Replies go to Telegram · main-site" in made.text


def test_files_follow_ups_and_doubts_are_told() -> None:
    first = message("", attachments=(Attachment(MediaKind.FILE, name="plan.pdf", size=1_258_291),))
    due = NOW + timedelta(days=1)
    manual = Reminder(1, 12, ReminderKind.MANUAL, due, text="invoice")
    timer = Reminder(2, 12, ReminderKind.FIRST_ANSWER, due)
    made = card(snapshot(first=first, reminders=(manual, timer), others=(7, 8)), reader())
    assert "📎 File plan.pdf (1.2 MB)\n" in made.text
    assert made.text.count("⏰") == 1
    assert "⏰ tomorrow 14:30 · invoice" in made.text
    assert "👥 2 other contacts match too; this one was active last." in made.text


@pytest.mark.parametrize(
    ("state", "first"),
    [(LeadState.WAITING, "✋ Take"), (LeadState.ASSIGNED, "✋ Take"), (LeadState.ACTIVE, "↪️ Hand over")],
)
def test_take_stands_there_until_somebody_acts(state: LeadState, first: str) -> None:
    keyboard = card_buttons(snapshot(lead={"state": state}), reader())
    assert labels(keyboard)[0] == first
    assert labels(keyboard)[-4:] == ["↪️ Hand over", "⏰ Remind", "📝 Note", "🏁 Close"]


def test_the_first_button_takes_and_shines() -> None:
    first = card_buttons(snapshot(), reader()).inline_keyboard[0][0]
    assert (first.callback_data, first.style) == (Take(lead=12).pack(), "success")


def test_a_closed_lead_can_only_be_opened_again() -> None:
    made = card(snapshot(lead={"state": LeadState.WON, "closed_at": NOW}), reader())
    assert labels(made.keyboard) == ["🔄 Reopen"]
    assert "Replies go" not in made.text


def test_who_can_get_the_lead() -> None:
    menu = hand_over_menu(snapshot(), reader())
    assert labels(menu) == ["🟢 Eve", "🌙 Bob", "‹ Back"]
    assert menu
    assert menu.inline_keyboard[0][1].callback_data == HandOver(lead=12, to=BOB.id).pack()
    assert hand_over_menu(snapshot(managers=(ANN,)), reader()) is None
    crowd = tuple(replace(EVE, id=number) for number in range(10, 300))
    assert len(labels(hand_over_menu(snapshot(managers=crowd), reader()))) <= 100


def test_the_menus() -> None:
    assert labels(remind_menu(12, reader())) == ["30 min", "1 hour", "3 hours", "Tomorrow 9:00", "‹ Back"]
    assert labels(close_menu(12, reader())) == ["🏆 Won", "🌧 Lost…", "🗑 Spam", "‹ Back"]
    lost = lost_menu(12, reader("ru"))
    assert labels(lost)[0] == "Дорого"
    packed = [each.callback_data or "" for row in lost.inline_keyboard for each in row]
    reasons = [Close.unpack(each).reason for each in packed if each.startswith("close:")]
    assert reasons == ["price", "not_now", "competitor", "no_answer", "not_ours", ""]


def test_a_channel_without_a_word_is_called_by_its_own_name() -> None:
    made = card(snapshot(lead={"channel": "live_chat"}), reader(can=CAN))
    assert "📍 Live chat · shop" in made.text


def test_a_lead_without_a_name_or_a_message() -> None:
    made = card(snapshot(contact={"name": ""}, first_message=None, points=(PHONE,)), reader())
    assert made.text.startswith("🆕 #12 · No name")


def test_a_chat_that_was_only_opened_is_told_in_words() -> None:
    made = card(snapshot(first=message("/start")), reader())
    assert "/start" not in made.text
    assert "opened the chat" in made.text

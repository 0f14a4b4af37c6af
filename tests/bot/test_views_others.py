"""Customers' messages, notices and lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiogram.utils.formatting import Text
from view_scene import ANN, BOB, CHAT, FORM, NOW, labels, marked, message, reader, snapshot

from bot.callbacks import Leads, Open, TryAgain
from bot.views import lists, notices
from bot.views.customers import customer_edit, customer_event, customer_message, missing_file
from bot.views.paper import clip, render, visible
from bot.views.things import attachment_line
from leads.events import Attachment, MediaKind, SendCode
from leads.model import Direction, MessageState, Reminder, ReminderKind
from leads.ports import LeadLine
from leads.split import utf16_len


def test_in_a_topic_a_message_is_the_very_text() -> None:
    (made,) = customer_message(snapshot(), message("<i>hi</i> 👋"), reader(), named=False)
    assert (made.text, made.entities, made.keyboard) == ("<i>hi</i> 👋", (), None)


def test_without_topics_it_says_whose_it_is() -> None:
    (made,) = customer_message(snapshot(), message("hi"), reader(), named=True)
    assert made.text == "Clara Oswald · #12\nhi"
    assert marked(made, "bold") == ["Clara Oswald · #12"]


def test_what_was_answered_elsewhere_is_not_taken_for_the_customers() -> None:
    ours = replace(message("on our way"), direction=Direction.OUT)
    (made,) = customer_message(snapshot(), ours, reader(), named=False)
    assert made.text == "📱 answered outside the desk\non our way"


def test_the_way_is_told_when_there_are_several() -> None:
    ways = (CHAT, replace(CHAT, id=3, channel="whatsapp"))
    (made,) = customer_message(snapshot(conversations=ways), message("hi"), reader(), named=False)
    assert made.text == "via Telegram\nhi"


def test_another_form_shows_all_its_fields() -> None:
    fields = {"Size": "3x4", "Long": "x" * 9000}
    form = message("hi", fields=fields, conversation_id=FORM.id)
    parts = customer_message(snapshot(conversations=(CHAT, FORM)), form, reader(), named=False)
    assert parts[0].text.startswith("via Web form · Another form was sent\nSize: 3x4\nLong: x")
    assert sum(each.text.count("x") for each in parts) == 9001
    assert all(utf16_len(each.text) <= 4096 for each in parts)


@pytest.mark.parametrize("text", ["", "   \n", "\u200b\u2060", "\u3164\u2800", "\x00"])
def test_a_message_that_cannot_be_seen_is_told(text: str) -> None:
    (made,) = customer_message(snapshot(), message(text), reader(), named=False)
    assert made.text == "(a message without visible text)"
    file = Attachment(MediaKind.PHOTO)
    assert customer_message(snapshot(), message(text, attachments=(file,)), reader(), named=False) == ()


def test_an_edit_shows_before_and_now() -> None:
    (made,) = customer_edit(snapshot(), message("two sheds", former=("a shed", "one shed")), reader())
    assert made.text.splitlines() == [
        "✏️ Clara Oswald changed a message",
        "Before",
        "one shed",
        "Now",
        "two sheds",
    ]
    assert marked(made, "blockquote") == ["one shed"]


def test_a_long_edit_is_there_in_full() -> None:
    parts = customer_edit(snapshot(), message("b" * 9000, former=("a" * 9000,)), reader())
    assert sum(each.text.count("b") for each in parts[1:]) + parts[0].text.count("b") >= 9000
    assert all(utf16_len(each.text) <= 4096 for each in parts)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (
            {"event": "blocked"},
            "🚫 Clara Oswald has blocked us. Replies will not arrive until they write again.",
        ),
        ({"event": "unblocked"}, "👋 Clara Oswald can be written to again."),
        ({"event": "deleted", "message": 5}, "🗑 Clara Oswald deleted this message."),
        ({"event": "deleted"}, "🗑 Clara Oswald deleted a message."),
        ({"event": "reaction", "text": "❤"}, "Clara Oswald reacted with ❤"),
        ({"event": "reaction", "text": ""}, None),
        ({"event": "danced"}, None),
    ],
)
def test_what_customers_do(args: dict[str, Any], text: str | None) -> None:
    made = customer_event(snapshot(), args, reader())
    assert (made.text if made else None) == text


@pytest.mark.parametrize(
    ("attachment", "line"),
    [
        (Attachment(MediaKind.FILE, name="a\nb.pdf", size=2048), "File a b.pdf (2 KB)"),
        (Attachment(MediaKind.PHOTO, name="photo.jpg", size=512), "Photo (512 B)"),
        (Attachment(MediaKind.STICKER, data={"emoji": "😀"}), "Sticker 😀"),
        (
            Attachment(MediaKind.LOCATION, data={"latitude": "56.9", "longitude": "24.1"}),
            "Location 56.9, 24.1",
        ),
        (Attachment(MediaKind.LOCATION, data={"latitude": "999", "longitude": "x"}), "Location"),
        (
            Attachment(MediaKind.CONTACT, data={"phone": "+37120001122", "name": "Clara", "own": "1"}),
            "Contact Clara +371 20 001 122 (their own number)",
        ),
    ],
)
def test_things_in_words(attachment: Attachment, line: str) -> None:
    assert attachment_line(attachment, reader()) == line


def test_a_missing_file_keeps_the_words_that_came_with_it() -> None:
    (caption,) = customer_message(snapshot(), message("the plan"), reader(), named=True)
    file = Attachment(MediaKind.FILE, name="plan.pdf", size=99 * 1024**2)
    made = missing_file(file, "file-too-big", caption, reader())
    assert made.text.startswith(
        "Clara Oswald · #12\nthe plan\n\n⚠️ File plan.pdf (99 MB) could not be shown: too big"
    )
    assert marked(made, "bold") == ["Clara Oswald · #12"]


def test_a_failure_says_why_and_what_to_do() -> None:
    for code in SendCode:
        made = notices.failure(snapshot(), message(error=code.value, error_detail="Forbidden"), reader())
        assert reader().say(f"failed-{code.value}") in made.text
        assert reader().texts.has(f"failed-{code.value}")
        assert "The service said: Forbidden" in made.text
    assert made.keyboard
    assert made.keyboard.inline_keyboard[0][0].callback_data == TryAgain(message=5).pack()


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        (ReminderKind.FIRST_ANSWER, "🔔 #12 Clara Oswald is waiting for a first answer"),
        (ReminderKind.FIRST_ANSWER_HEAD, "🚨 #12 Clara Oswald has had no answer for 20 min"),
        (ReminderKind.MANUAL, "⏰ Reminder: #12 Clara Oswald"),
    ],
)
def test_reminders(kind: ReminderKind, title: str) -> None:
    since = NOW - timedelta(minutes=20)
    made = notices.reminder_notice(
        snapshot(lead={"unanswered_since": since}), Reminder(7, 12, kind, NOW), reader()
    )
    assert marked(made, "bold") == [title]
    assert "Waiting since today 14:10 (20 min)" in made.text
    assert ("Ann has this lead." in made.text) == (kind is ReminderKind.FIRST_ANSWER_HEAD)
    assert labels(made.keyboard) == ["✅ Done", "⏳ +1 h", "🌅 Tomorrow 9:00", "↗️ Open"]


def test_a_late_reminder_says_so_and_shows_its_text() -> None:
    late = Reminder(7, 12, ReminderKind.MANUAL, NOW - timedelta(hours=3), text="call back", late=True)
    made = notices.reminder_notice(snapshot(), late, reader())
    assert marked(made, "italic") == ["Late: this was due today 11:30, and Frontdesk could not say it then."]
    assert marked(made, "blockquote") == ["call back"]


def test_a_lead_on_the_move() -> None:
    assert notices.moved(snapshot(), BOB, ANN, reader()).text == (
        "↪️ #12 Clara Oswald is with Bob now; Ann handed it over."
    )
    assert notices.moved(snapshot(), BOB, BOB, reader()).text == "↪️ #12 Clara Oswald is with Bob now."
    assert "waiting for somebody" in notices.moved(snapshot(), None, None, reader()).text


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ({"key": "taken"}, "You have it"),
        (
            {"key": "reminder-set-plain", "due_at": "2026-11-22T08:00:00+00:00"},
            "I will remind you tomorrow 10:00",
        ),
        (
            {"key": "refused-blocked", "channel": "telegram"},
            "Not sent: the customer has blocked us in Telegram. ",
        ),
        (
            {"key": "refused-no-way", "phone": "+371 2", "email": ""},
            "Not sent: this customer cannot be answered from here. Call +371 2",
        ),
        (
            {"key": "refused-no-way", "phone": "", "email": "a@b.cc"},
            "Not sent: this customer cannot be answered from here. Write to a@b.cc",
        ),
        (
            {"key": "refused-no-way", "phone": "", "email": ""},
            "Not sent: this customer left no chat, phone or e-mail.",
        ),
        (
            {"key": "refused-media", "kind": "sticker"},
            "Not sent: this channel does not take such a message (Sticker)",
        ),
        ({"key": "invite-role", "role": "head"}, "They will join as head."),
        (
            {"key": "edit-failed", "code": "blocked", "detail": ""},
            "Your change did not reach the customer. The customer has blocked us. ",
        ),
    ],
)
def test_sentences_tell_their_values_as_people_read_them(args: dict[str, Any], text: str) -> None:
    made = notices.sentence(args, reader())
    assert made.text.startswith(text)
    assert made.entities == ()


def test_help_explains_every_reaction() -> None:
    made = notices.help_page(reader())
    assert all(emoji in made.text for emoji in notices.REACTIONS.values())
    assert set(notices.REACTIONS) == set(MessageState) - {MessageState.RECEIVED}


def line(number: int, **lead: Any) -> LeadLine:
    return LeadLine(snapshot(lead={"id": number} | lead).lead, f"Customer {number}", "Hello\nthere", "Ann")


def test_a_page_of_leads() -> None:
    own = [line(number) for number in range(1, 9)]
    made = lists.leads_page(own, [line(20, manager_id=None)], reader(), more=True)
    assert made.text.startswith(
        "📥 Your open leads · Page 1\n🆕 #1 Customer 1 · waiting for less than a minute\nHello there"
    )
    assert "⏳ Nobody has these yet\n🆕 #20 Customer 20" in made.text
    assert labels(made.keyboard)[-2:] == ["🆕 #20 Customer 20", "Next ›"]
    assert made.keyboard
    assert made.keyboard.inline_keyboard[0][0].callback_data == Open(lead=1).pack()
    assert made.keyboard.inline_keyboard[-1][0].callback_data == Leads(page=1).pack()


def test_no_leads_and_nothing_found_are_told() -> None:
    assert "No open leads" in lists.leads_page([], [], reader()).text
    assert "Nothing found for “<b>”" in lists.found("<b>", [], reader()).text


def test_found_leads_say_who_has_them() -> None:
    made = lists.found("cust", [line(3)], reader())
    assert "🆕 #3 Customer 3 · Ann · waiting" in made.text
    assert labels(made.keyboard) == ["🆕 #3 Customer 3"]


def test_the_history_is_a_script_newest_last() -> None:
    said = [
        message("How much?"),
        message("100", direction=Direction.OUT, state=MessageState.FAILED),
        message("nice one", direction=Direction.NOTE),
        message("", attachments=(Attachment(MediaKind.FILE, name="plan.pdf"),)),
    ]
    made = lists.history(said, reader())
    assert made
    assert made.text.splitlines() == [
        "📜 So far",
        "Customer, today 14:30: How much?",
        "We, today 14:30 💔: 100",
        "Note, today 14:30: nice one",
        "Customer, today 14:30: [File plan.pdf]",
    ]
    assert lists.history([], reader()) is None


def test_a_long_history_keeps_the_newest() -> None:
    made = lists.history([message(f"{number} " + "x" * 390) for number in range(50)], reader())
    assert made
    assert not made.more
    assert ": 49 x" in made.text
    assert "older messages are left out" in made.text


def test_clipping_counts_as_telegram_does() -> None:
    assert clip("a\n b", 10) == "a b"
    assert utf16_len(clip("😀" * 50, 21)) <= 21
    assert clip("😀" * 50, 21).endswith("…")
    assert visible("\u200b.\u200b")


def test_parts_that_cannot_be_seen_are_left_out() -> None:
    parts = customer_message(snapshot(), message("a" + "\u2800" * 20_000 + "b"), reader(), named=False)
    assert [visible(each.text) for each in parts] == [True, True]
    assert (parts[0].text[0], parts[1].text[-1]) == ("a", "b")
    assert render(Text("\u2800" * 9000)).text == "…"


def test_a_kind_that_nobody_can_show_is_told_in_words_and_with_its_name() -> None:
    odd = replace(message(""), fields={"unsupported": "hologram", "content": "blue"})
    (made,) = customer_message(snapshot(), odd, reader(), named=False)
    assert made.text == (
        "⚠️ A message of a kind that cannot be shown here (hologram). "
        "Ask the customer to put it into words.\ncontent: blue"
    )
    assert "unsupported" not in made.text

"""What the desk says by itself: reminders, moves, failures, sentences, help."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiogram.types import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup
from aiogram.utils.formatting import Bold, Code, Italic, Text

from bot.callbacks import HandOver, Open, ReminderDone, ReminderSnooze, Take, TryAgain, When
from bot.views.card import customer_name, title
from bot.views.outs import outs_of_message
from bot.views.paper import Reader, Rendered, button, clip, keyboard, lines, quote, render, visible
from bot.views.ways import channel_name
from leads.model import LeadState, Manager, Message, MessageState, Reminder, ReminderKind
from leads.ports import LeadSnapshot

REACTIONS = {
    MessageState.QUEUED: "✍",
    MessageState.SENT: "👌",
    MessageState.DELIVERED: "👍",
    MessageState.READ: "👀",
    MessageState.FAILED: "💔",
}
"""The state of a reply, put on it by the bot; only Telegram's own reaction emoji are allowed."""

TAKEN_BACK = "👻"

_FAMILIES = {"kind": "kind", "role": "role", "code": "failed"}


def reminder_notice(snapshot: LeadSnapshot, reminder: Reminder, reader: Reader) -> Rendered:
    """Whom it is about, why, and for how long they wait."""
    lead, say = snapshot.lead, reader.say
    whose = (
        say("reminder-whose", manager=snapshot.manager.name) if snapshot.manager else say("reminder-nobody")
    )
    for_head = reminder.kind is ReminderKind.FIRST_ANSWER_HEAD
    late = say("reminder-late", moment=reader.moment(reminder.due_at)) if reminder.late else None
    body = lines(
        Bold(_reminder_title(snapshot, reminder, reader)),
        Italic(late) if late else None,
        _waiting(snapshot, reader),
        whose if for_head else None,
        quote(reminder.text) if visible(reminder.text) else _last_words(snapshot),
    )
    return render(
        body,
        keyboard(
            [
                button(f"✅ {say('button-done')}", ReminderDone(reminder=reminder.id), "success"),
                button(f"⏳ {say('button-plus-1h')}", ReminderSnooze(reminder=reminder.id, preset=When.HOUR)),
            ],
            [
                button(f"🌅 {say('button-9am')}", ReminderSnooze(reminder=reminder.id, preset=When.NINE)),
                button(f"↗️ {say('button-open')}", Open(lead=lead.id)),
            ],
        ),
    )


def moved(snapshot: LeadSnapshot, to: Manager | None, by: Manager | None, reader: Reader) -> Rendered:
    name = {"lead": f"#{snapshot.lead.id}", "name": customer_name(snapshot, reader)}
    if not to:
        text = reader.say("moved-waiting", **name)
    elif by and by.id != to.id:
        text = reader.say("moved-by", **name, to=to.name, by=by.name)
    else:
        text = reader.say("moved", **name, to=to.name)
    return render(Text(f"↪️ {text}"), _open_button(snapshot, reader))


def unrouted(snapshot: LeadSnapshot, reader: Reader) -> Rendered:
    """To the head: the card under a sentence, with the ways out."""
    lead, say = snapshot.lead, reader.say
    first = snapshot.first_message
    body = lines(
        Bold(f"⏳ {say('unrouted')}"),
        title(snapshot, reader),
        quote(clip(first.text, 600)) if first and visible(first.text) else None,
        say("unrouted-how"),
    )
    return render(
        body,
        keyboard(
            [
                button(f"✋ {say('button-take')}", Take(lead=lead.id), "success"),
                button(f"↪️ {say('button-hand-over')}", HandOver(lead=lead.id)),
            ],
            [button(f"↗️ {say('button-open')}", Open(lead=lead.id))],
        ),
    )


def failure(snapshot: LeadSnapshot, message: Message, reader: Reader) -> Rendered:
    """Why a reply did not arrive, and what to do."""
    key = f"failed-{message.error}"
    detail = clip(message.error_detail, 300)
    heading = reader.say("failed-title", name=customer_name(snapshot, reader))
    body = lines(
        Bold(f"{REACTIONS[MessageState.FAILED]} {heading}"),
        reader.say(key if reader.texts.has(key) else "failed-permanent"),
        Italic(reader.say("failed-detail", detail=detail)) if detail else None,
    )
    again = button(f"🔁 {reader.say('button-try-again')}", TryAgain(message=message.id), "primary")
    return render(body, keyboard([again], *outs_of_message(snapshot, message, reader)))


def invite(link: str, role: str, reader: Reader) -> Rendered:
    body = lines(
        Text("🎟 ", reader.say("invite")),
        Text(reader.say("invite-role", role=reader.say(f"role-{role}"))),
        " ",
        Code(link),
    )
    copy = InlineKeyboardButton(
        text=f"📋 {reader.say('button-copy-link')}", copy_text=CopyTextButton(text=link)
    )
    return render(body, keyboard([copy]))


def sentence(args: Mapping[str, Any], reader: Reader) -> Rendered:
    """One sentence of the catalogue, its values as `told` tells them.

    Where a value is empty, the sentence called `<key>-without-<its name>` says it better, if there is one.
    """
    key = str(args["key"])
    for name in sorted(args, reverse=True):
        without = f"{key}-without-{name}"
        if args[name] in ("", None) and reader.texts.has(without):
            key = without
    return render(Text(reader.say(key, **told(args, reader))))


def told(args: Mapping[str, Any], reader: Reader) -> dict[str, object]:
    """The values of a sentence as people read them.

    What ends in `_at` is an ISO time, `channel` a channel's name, `kind` a kind of media, `role` a role,
    `code` a way of failing; anything else is told as it is, bounded.
    """
    return {name: _told(name, value, reader) for name, value in args.items() if name != "key"}


def help_page(reader: Reader) -> Rendered:
    say = reader.say
    reactions = {str(state): emoji for state, emoji in REACTIONS.items()}
    body = lines(
        Bold(say("help-title")),
        say("help-answering"),
        " ",
        say("help-states", **reactions),
        say("help-taken-back", emoji=TAKEN_BACK),
        " ",
        Bold(say("help-commands-title")),
        say("help-commands"),
    )
    return render(body)


def _reminder_title(snapshot: LeadSnapshot, reminder: Reminder, reader: Reader) -> str:
    name, since = title(snapshot, reader), snapshot.lead.unanswered_since
    if reminder.kind is ReminderKind.MANUAL:
        return f"⏰ {reader.say('reminder-manual', name=name)}"
    if reminder.kind is ReminderKind.FIRST_ANSWER:
        return f"🔔 {reader.say('reminder-first-answer', name=name)}"
    waits = reader.now - (since or snapshot.lead.opened_at)
    return f"🚨 {reader.say('reminder-first-answer-head', name=name, duration=reader.texts.duration(waits))}"


def _waiting(snapshot: LeadSnapshot, reader: Reader) -> str | None:
    since = snapshot.lead.unanswered_since
    if not since or not snapshot.lead.open:
        return None
    duration = reader.texts.duration(reader.now - since)
    return reader.say("reminder-waiting-since", moment=reader.moment(since), duration=duration)


def _last_words(snapshot: LeadSnapshot) -> Text | None:
    last = snapshot.last_message or snapshot.first_message
    return quote(clip(last.text, 300)) if last and visible(last.text) else None


def _open_button(snapshot: LeadSnapshot, reader: Reader) -> InlineKeyboardMarkup | None:
    if snapshot.lead.state is LeadState.SPAM:
        return None
    label = reader.say("button-open-lead", lead=snapshot.lead.id)
    return keyboard([button(f"↗️ {label}", Open(lead=snapshot.lead.id))])


def _told(name: str, value: object, reader: Reader) -> object:
    if not isinstance(value, str):
        return value
    if name.endswith("_at"):
        return reader.moment(datetime.fromisoformat(value))
    if name == "channel":
        return channel_name(value, reader)
    family = _FAMILIES.get(name)
    if family and reader.texts.has(f"{family}-{value}"):
        return reader.say(f"{family}-{value}")
    return clip(value, 1000)

"""What customers write and do after the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiogram.utils.formatting import Bold, Italic, Text

from bot.views.card import customer_name, field_lines
from bot.views.paper import Reader, Rendered, clip, lines, quote, render, visible
from bot.views.things import attachment_line, words_of
from bot.views.ways import where
from leads.events import Attachment, Capabilities
from leads.model import Conversation, Direction, Message
from leads.ports import LeadSnapshot

_FORMER_LIMIT = 1000
"""of the text before an edit: it stands in full further up"""


def customer_message(
    snapshot: LeadSnapshot, message: Message, reader: Reader, *, named: bool
) -> tuple[Rendered, ...]:
    """A message's words, in as many parts as they need; none when it has no words.

    `named` says whose it is: where the lead has no topic of its own. The way it came is told when the
    customer writes from several places.
    """
    head = _heading(snapshot, message, reader, named=named)
    said = words_of(message, reader)
    body = lines(head, *field_lines(message.fields, reader), said if visible(said) else None)
    if not message.fields and not visible(said):
        empty = None if message.attachments else _nothing(snapshot, message, reader)
        body = lines(head, empty)
    return _parts(render(body)) if visible(body.render()[0]) else ()


def wiped(snapshot: LeadSnapshot, reader: Reader) -> Rendered:
    """In the place of a message that its customer deleted, where such are not kept."""
    return render(Text(f"🗑 {reader.say('customer-deleted-text', name=customer_name(snapshot, reader))}"))


def _nothing(snapshot: LeadSnapshot, message: Message, reader: Reader) -> Text:
    if message.deleted_at:
        return Text(wiped(snapshot, reader).text)
    return Italic(reader.say("customer-empty"))


def customer_edit(snapshot: LeadSnapshot, message: Message, reader: Reader) -> tuple[Rendered, ...]:
    """The words before, and the words now in full."""
    say, before = reader.say, message.former[-1] if message.former else ""
    now = message.text if visible(message.text) else say("customer-empty")
    body = lines(
        Bold(f"✏️ {say('customer-edited', name=customer_name(snapshot, reader))}"),
        Italic(say("customer-edited-was")) if visible(before) else None,
        quote(clip(before, _FORMER_LIMIT)) if visible(before) else None,
        Italic(say("customer-edited-now")),
        now,
    )
    return _parts(render(body))


def customer_event(snapshot: LeadSnapshot, args: Mapping[str, Any], reader: Reader) -> Rendered | None:
    """Blocked, unblocked, deleted, reaction; None where there is nothing to tell."""
    name, event = customer_name(snapshot, reader), str(args.get("event"))
    match event:
        case "blocked":
            text = f"🚫 {reader.say('customer-blocked', name=name)}"
        case "unblocked":
            text = f"👋 {reader.say('customer-unblocked', name=name)}"
        case "deleted":
            key = "customer-deleted" if args.get("message") else "customer-deleted-some"
            text = f"🗑 {reader.say(key, name=name)}"
        case "reaction" if args.get("text"):
            text = reader.say("customer-reaction", name=name, emoji=clip(str(args["text"]), 16))
        case _:
            return None
    return render(Text(text))


def _heading(snapshot: LeadSnapshot, message: Message, reader: Reader, *, named: bool) -> Text | None:
    words = [customer_name(snapshot, reader), f"#{snapshot.lead.id}"] if named else []
    if message.direction is Direction.OUT:
        words.append(f"📱 {reader.say('answered-elsewhere')}")
    way = _way(snapshot.conversations, message)
    if way and len(snapshot.conversations) > 1:
        words.append(reader.say("customer-via", where=where(way, snapshot, reader)))
    if way and not reader.can.get(way.channel, Capabilities()).answers:
        words.append(reader.say("customer-form"))
    return Bold(" · ".join(words)) if words else None


def _way(conversations: Sequence[Conversation], message: Message) -> Conversation | None:
    return next((each for each in conversations if each.id == message.conversation_id), None)


def _parts(rendered: Rendered) -> tuple[Rendered, ...]:
    return (Rendered(rendered.text, rendered.entities), *rendered.more)


def missing_file(attachment: Attachment, why: str, caption: Rendered | None, reader: Reader) -> Rendered:
    """In the place of a file: its name, its size, and why it is not here."""
    thing = attachment_line(attachment, reader)
    body = Text(f"⚠️ {reader.say('file-missing', file=thing, why=reader.say(why))}")
    if not caption:
        return render(body)
    words = Text.from_entities(caption.text, list(caption.entities))
    return render(lines(words, " ", body))

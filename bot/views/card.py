"""The card: one lead at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aiogram.utils.formatting import Bold, Code, Italic, Text

from bot.views.menus import card_buttons
from bot.views.origin import origin
from bot.views.paper import Reader, Rendered, clip, lines, quote, render, visible
from bot.views.things import attachment_line, words_of
from bot.views.ways import channel_name, chosen, shut, where, window
from leads.events import UNSUPPORTED
from leads.model import PRESSED, LeadState, Message, PointKind, ReminderKind, ReminderState
from leads.normal import shown_phone
from leads.ports import LeadSnapshot
from leads.split import split, utf16_len

EMOJI = {
    LeadState.WAITING: "⏳",
    LeadState.ASSIGNED: "🆕",
    LeadState.ACTIVE: "💬",
    LeadState.WON: "🏆",
    LeadState.LOST: "🌧",
    LeadState.SPAM: "🗑",
}
TOPIC_NAME_LIMIT = 128
_TEXT_ON_CARD = 1400
_FIELDS_ON_CARD = 900
_LABEL_LIMIT = 80
_IN_WORDS = frozenset({PRESSED, UNSUPPORTED})
_POINTS = 3
"""phones or e-mails on a card"""
_FILES = 4
_SHUT = {
    "refused-blocked": ("🚫", "card-blocked"),
    "refused-window": ("🔒", "card-window-closed"),
}


OPENED = "/start"  # what Telegram writes for a person who opens the chat


def card(snapshot: LeadSnapshot, reader: Reader) -> Rendered:
    """The lead with its buttons; what does not fit of the first message follows in `more`."""
    first = snapshot.first_message
    fields, further_fields = _fields(first.fields if first else {}, reader)
    said, further_words = _cut(words_of(first, reader) if first else "")
    body = lines(
        Bold(f"{EMOJI[snapshot.lead.state]} #{snapshot.lead.id} · {_name(snapshot, reader)}"),
        _standing(snapshot, reader),
        " ",
        *_person(snapshot, reader),
        " ",
        *origin(snapshot, reader),
        " ",
        *fields,
        reader.say("card-more-fields", count=len(further_fields)) if further_fields else None,
        *_words(first, said, reader),
        reader.say("card-continued") if further_words else None,
        " ",
        *(_what_next(snapshot, reader) if snapshot.lead.open else ()),
    )
    front = render(body, card_buttons(snapshot, reader))
    more = [*front.more]
    if further_fields:
        more += _whole(render(lines(*further_fields)))
    if visible(further_words):
        more += _whole(render(Text(further_words)))
    return Rendered(front.text, front.entities, front.keyboard, tuple(more))


def topic_name(snapshot: LeadSnapshot, reader: Reader) -> str:
    lead = snapshot.lead
    return clip(f"{EMOJI[lead.state]} #{lead.id} {_name(snapshot, reader)}", TOPIC_NAME_LIMIT)


def title(snapshot: LeadSnapshot, reader: Reader) -> str:
    """How a lead is called in a sentence."""
    return f"#{snapshot.lead.id} {_name(snapshot, reader)}"


def customer_name(snapshot: LeadSnapshot, reader: Reader) -> str:
    return _name(snapshot, reader)


def field_lines(fields: Mapping[str, object], reader: Reader) -> list[Text]:
    """Everything that a form told beside who and what; in words what no channel can show."""
    lines = [
        Text(Bold(f"{clip(str(key), _LABEL_LIMIT)}:"), f" {value}")
        for key, value in fields.items()
        if key not in _IN_WORDS and visible(str(value))
    ]
    unknown = clip(str(fields.get(UNSUPPORTED, "")), _LABEL_LIMIT)
    if visible(unknown):
        lines.insert(0, Text(Italic(reader.say("customer-unsupported", kind=unknown))))
    return lines


def state_words(snapshot: LeadSnapshot, reader: Reader) -> str:
    lead = snapshot.lead
    manager = clip(snapshot.manager.name, 80) if snapshot.manager else reader.say("whoever")
    if lead.open:
        return reader.say(f"state-{lead.state}", manager=manager)
    words = reader.say(f"state-{lead.state}")
    words = reader.say("state-by", state=words, manager=manager) if snapshot.manager else words
    reason = f"reason-{lead.close_reason}"
    why = reader.say(reason) if reader.texts.has(reason) else lead.close_reason
    return f"{words} ({clip(why, 200)})" if why else words


def _name(snapshot: LeadSnapshot, reader: Reader) -> str:
    return clip(snapshot.contact.name, 100) or reader.say("card-unnamed")


def _standing(snapshot: LeadSnapshot, reader: Reader) -> str:
    """The state, and whether the customer waits."""
    lead = snapshot.lead
    words = state_words(snapshot, reader)
    if lead.open and lead.unanswered_since:
        waiting = reader.say("card-waiting-since", moment=reader.moment(lead.unanswered_since))
        return f"{words} · {waiting}"
    if lead.open and lead.answered_at:
        return f"{words} · {reader.say('card-answered')}"
    if lead.closed_at and not lead.open:
        return f"{words} · {reader.moment(lead.closed_at)}"
    return words


def _person(snapshot: LeadSnapshot, reader: Reader) -> Iterator[Text | str]:
    """Tapping a phone or an e-mail copies it."""
    for point in _points(snapshot, PointKind.PHONE):
        yield Text("📞 ", Code(shown_phone(point)))
    for point in _points(snapshot, PointKind.EMAIL):
        yield Text("✉️ ", Code(clip(point, 254)))
    names = [f"@{clip(each.username, 40)}" for each in snapshot.identities if each.username]
    language = snapshot.contact.language
    facts = [*dict.fromkeys(names)][:_POINTS]
    facts += [clip(reader.texts.language_name(language), 60)] if language else []
    if facts:
        yield f"{'👤' if names else '🌐'} {' · '.join(facts)}"
    if snapshot.others:
        yield Italic(f"👥 {reader.say('card-matches', count=len(snapshot.others))}")


def _points(snapshot: LeadSnapshot, kind: PointKind) -> Sequence[str]:
    return [point.value for point in snapshot.points if point.kind is kind][:_POINTS]


def _words(first: Message | None, said: str, reader: Reader) -> Iterator[Text | str]:
    if not first:
        return
    if first.attachments or visible(said):
        yield " "
    for attachment in first.attachments[:_FILES]:
        yield f"📎 {attachment_line(attachment, reader)}"
    if len(first.attachments) > _FILES:
        yield f"📎 +{len(first.attachments) - _FILES}"
    if said == OPENED:
        yield Italic(reader.say("card-opened"))
    elif visible(said):
        yield quote(said)


def _cut(text: str) -> tuple[str, str]:
    """What stands on the card, and the rest. Depends on the text alone, so an edited card cuts alike."""
    if utf16_len(text) <= _TEXT_ON_CARD:
        return text, ""
    first = split(text, (), _TEXT_ON_CARD)[0][0]
    start = text.index(first) + len(first)
    return first.rstrip(), text[start:]


def _fields(fields: Mapping[str, object], reader: Reader) -> tuple[list[Text], list[Text]]:
    """As many as fit on the card, in their order, and the rest."""
    every = field_lines(fields, reader)
    room = _FIELDS_ON_CARD
    for at, line in enumerate(every):
        room -= utf16_len(line.render()[0])
        if room < 0:
            return every[:at], every[at:]
    return every, []


def _what_next(snapshot: LeadSnapshot, reader: Reader) -> Iterator[Text | str]:
    """Where a reply goes, and the follow-ups that were set."""
    yield from _answer_way(snapshot, reader)
    manual = (each for each in snapshot.reminders if each.kind is ReminderKind.MANUAL)
    for each in [one for one in manual if one.state is ReminderState.WAITING][:_POINTS]:
        about = f" · {clip(each.text, 80)}" if visible(each.text) else ""
        yield f"⏰ {reader.moment(each.due_at)}{about}"


def _answer_way(snapshot: LeadSnapshot, reader: Reader) -> Iterator[Text | str]:
    way = chosen(snapshot, reader)
    if way:
        yield f"↩️ {reader.say('card-replies-to', where=where(way, snapshot, reader))}"
        yield window(way, reader)
        return
    for each in snapshot.conversations[:_POINTS]:
        told = _SHUT.get(shut(each, snapshot, reader))
        if told:
            yield f"{told[0]} {reader.say(told[1], where=channel_name(each.channel, reader))}"
    phones, emails = _points(snapshot, PointKind.PHONE), _points(snapshot, PointKind.EMAIL)
    if phones:
        yield f"☎️ {reader.say('card-call', phone=shown_phone(phones[0]))}"
    elif emails:
        yield f"✉️ {reader.say('card-write', email=emails[0])}"
    else:
        yield f"🤷 {reader.say('card-no-answer')}"


def _whole(rendered: Rendered) -> list[Rendered]:
    return [Rendered(rendered.text, rendered.entities), *rendered.more]

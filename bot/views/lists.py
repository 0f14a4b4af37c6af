"""Several leads in one message, and what was said so far in one."""

from __future__ import annotations

from collections.abc import Sequence

from aiogram.types import InlineKeyboardButton
from aiogram.utils.formatting import Bold, ExpandableBlockQuote, Italic, Text

from bot.callbacks import Leads, Open
from bot.views.card import EMOJI, field_lines
from bot.views.paper import Reader, Rendered, button, clip, keyboard, lines, render, visible
from bot.views.things import attachment_line, words_of
from leads.model import Direction, Message, MessageState
from leads.parts import choices_of
from leads.ports import LeadLine
from leads.split import utf16_len

PAGE = 8
_HISTORY_ROOM = 3000
_HISTORY_LINE = 400


def leads_page(
    own: Sequence[LeadLine],
    waiting: Sequence[LeadLine],
    reader: Reader,
    *,
    page: int = 0,
    more: bool = False,
    everybody: bool = False,
) -> Rendered:
    """A page of open leads, each with a button; on the first one those that nobody has."""
    say = reader.say
    if not own and not waiting:
        return render(Text(f"☕️ {say('leads-none')}"))
    heading = say("leads-title-all" if everybody else "leads-title")
    number = f" · {say('leads-page', page=page + 1)}" if page or more else ""
    body = lines(
        Bold(f"📥 {heading}{number}") if own else None,
        *(_line(each, reader, with_manager=everybody) for each in own),
        " ",
        Bold(f"⏳ {say('leads-waiting')}") if waiting else None,
        *(_line(each, reader) for each in waiting),
    )
    turn = [button(f"‹ {say('button-previous')}", Leads(page=page - 1))] if page else []
    turn += [button(f"{say('button-next')} ›", Leads(page=page + 1))] if more else []
    return render(body, keyboard(*_buttons([*own, *waiting]), turn))


def found(words: str, hits: Sequence[LeadLine], reader: Reader) -> Rendered:
    asked = clip(words, 100)
    if not hits:
        return render(Text(f"🔍 {reader.say('found-none', words=asked)}"))
    body = lines(
        Bold(f"🔍 {reader.say('found-title', words=asked)}"),
        *(_line(each, reader, with_manager=True) for each in hits),
    )
    return render(body, keyboard(*_buttons(hits)))


def history(messages: Sequence[Message], reader: Reader) -> Rendered | None:
    """What was said after the first message, newest last, for somebody who comes in later."""
    told = [entry for each in messages if (entry := _spoken(each, reader))]
    kept: list[Text] = []
    room = _HISTORY_ROOM
    for entry in reversed(told):
        room -= utf16_len(entry.render()[0]) + 1
        if room < 0:
            break
        kept.insert(0, entry)
    if not kept:
        return None
    left_out = len(told) - len(kept)
    note = reader.say("card-history-left-out", count=left_out) if left_out else None
    return render(lines(Bold(f"📜 {reader.say('card-history')}"), note, ExpandableBlockQuote(lines(*kept))))


def _line(each: LeadLine, reader: Reader, *, with_manager: bool = False) -> Text:
    lead = each.lead
    name = clip(each.name, 60) or reader.say("card-unnamed")
    since = lead.unanswered_since
    facts = [clip(each.manager_name, 40)] if with_manager and each.manager_name else []
    if lead.open and since:
        facts.append(reader.say("line-unanswered", duration=reader.texts.duration(reader.now - since)))
    said = clip(each.preview, 80)
    return lines(
        Text(f"{EMOJI[lead.state]} ", Bold(f"#{lead.id} {name}"), "".join(f" · {fact}" for fact in facts)),
        Italic(said) if visible(said) else None,
    )


def _buttons(hits: Sequence[LeadLine]) -> list[list[InlineKeyboardButton]]:
    every = [
        button(f"{EMOJI[each.lead.state]} #{each.lead.id} {clip(each.name, 20)}", Open(lead=each.lead.id))
        for each in hits
    ]
    return [every[at : at + 2] for at in range(0, len(every), 2)]


def _spoken(message: Message, reader: Reader) -> Text | None:
    """One message as a line of a script."""
    keys = {Direction.IN: "who-customer", Direction.OUT: "who-us", Direction.NOTE: "who-note"}
    things = [f"[{attachment_line(each, reader)}]" for each in message.attachments[:5]]
    fields = field_lines(message.fields, reader) if message.direction is Direction.IN else []
    told = [line.render()[0] for line in fields] + [f"[{choice}]" for choice in choices_of(message)]
    said = clip(" ".join([words_of(message, reader), *told, *things]), _HISTORY_LINE)
    failed = " 💔" if message.state is MessageState.FAILED else ""
    if not visible(said):
        return None
    return Text(Bold(f"{reader.say(keys[message.direction])}, {reader.moment(message.at)}{failed}: "), said)

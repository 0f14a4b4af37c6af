"""A template on its way to a customer: what it still needs, and how it will read."""

from __future__ import annotations

from dataclasses import replace

from aiogram.utils.formatting import Bold, Italic, Text

from bot.views.outs import preview_buttons
from bot.views.paper import Reader, Rendered, clip, lines, quote, render
from leads.events import Template
from leads.templates import blanks, filled


def question(template: Template, reader: Reader) -> Rendered:
    """Asks for the values; the answer replies to it."""
    body = lines(
        _title(template, reader),
        quote(template.body),
        reader.say("template-ask", count=blanks(template)),
    )
    return replace(render(body), asks=True)


def preview(lead: int, via: int, template: Template, reader: Reader) -> Rendered:
    """The text as the customer will read it, to be sent by a button."""
    body = lines(_title(template, reader), quote(filled(template)), Italic(reader.say("template-preview")))
    return render(body, preview_buttons(lead, via, reader))


def _title(template: Template, reader: Reader) -> Text:
    said = reader.say("template-title", name=clip(template.name, 80), language=template.language)
    return Bold(f"📋 {said}")

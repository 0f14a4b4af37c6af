"""In which parts a reply goes, and the rows that carry them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from leads.changes import ToCustomer
from leads.errors import Refused
from leads.events import Attachment, Button, Capabilities, MediaKind, Outgoing, Span, Template
from leads.model import Conversation, Data, Message
from leads.split import fits, split, utf8_len, utf16_len
from leads.templates import template_of

CHOICE_LIMIT = 20  # units of a button's words: what the narrowest messengers show in full
DATA_LIMIT = 64  # bytes that the narrowest give back of a pressed one
_CHOICES, _TEMPLATE = "choices", "template"  # in `Message.fields` of a reply
_WORDLESS = frozenset({MediaKind.STICKER, MediaKind.LOCATION, MediaKind.CONTACT})


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    spans: tuple[Span, ...] = ()
    attachment: Attachment | None = None
    buttons: tuple[Button, ...] = ()
    template: Template | None = None


def fields_of(choices: Sequence[str] = (), template: Template | None = None) -> Data:
    """What a stored reply has to remember beside its text."""
    kept = {_CHOICES: list(choices), _TEMPLATE: asdict(template) if template else None}
    return {name: value for name, value in kept.items() if value}


def without_template(message: Message) -> Data:
    return {name: value for name, value in message.fields.items() if name != _TEMPLATE}


def choices_of(message: Message) -> tuple[str, ...]:
    """What a reply lets its reader choose from."""
    return tuple(message.fields.get(_CHOICES, ()))


def composed(message: Message, can: Capabilities) -> list[Part]:
    """The parts of a reply: choices as buttons where the channel has enough of them, else as numbered lines.

    Refused: refused-media (kind).
    """
    if template := message.fields.get(_TEMPLATE):
        return [Part(message.text, template=template_of(template))]
    choices = choices_of(message)
    if not choices:
        return parts_of(message.text, message.spans, message.attachments, can)
    if message.attachments or len(choices) > can.buttons or any(map(_too_long, choices)):
        numbered = "\n".join(f"{number}. {choice}" for number, choice in enumerate(choices, 1))
        text = f"{message.text}\n{numbered}".lstrip("\n")
        return parts_of(text, message.spans, message.attachments, can)
    *first, last = parts_of(message.text, message.spans, (), can) or [Part("")]
    return [*first, replace(last, buttons=tuple(Button(choice, choice) for choice in choices))]


def _too_long(choice: str) -> bool:
    return utf16_len(choice) > CHOICE_LIMIT or utf8_len(choice) > DATA_LIMIT


def parts_of(
    text: str, spans: tuple[Span, ...], attachments: tuple[Attachment, ...], can: Capabilities
) -> list[Part]:
    """One part per message of the channel, in order; a text too long for a caption follows its files.

    Refused: refused-media (kind).
    """
    for item in attachments:
        if item.kind not in can.media:
            raise Refused("refused-media", kind=item.kind.value)
    pieces = split(text, spans, can.text_limit, can.text_bytes)
    texts = [Part(*piece) for piece in pieces if piece[0].strip()]
    if not attachments or not texts:
        return [Part("", (), item) for item in attachments] or texts
    if fits(text, can.caption_limit, can.text_bytes) and attachments[0].kind not in _WORDLESS:
        rest = [Part("", (), item) for item in attachments[1:]]
        return [Part(text, spans, attachments[0]), *rest]
    return [*(Part("", (), item) for item in attachments), *texts]


def rows_of(
    message: Message,
    way: Conversation,
    parts: Sequence[Part],
    *,
    start: int = 0,
    reply_to: str = "",
    late: bool = False,
) -> list[ToCustomer]:
    """A row per part from `start` on; only the very first answers the quoted message."""
    return [
        ToCustomer(
            message.id,
            way.source_id,
            way.conv,
            Outgoing(
                way.thread,
                part.text,
                part.spans,
                part.attachment,
                "" if number else reply_to,
                buttons=part.buttons,
                template=part.template,
                late=late,
            ),
            number,
            len(parts),
        )
        for number, part in enumerate(parts)
        if number >= start
    ]

"""Which way a reply goes, and in which parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leads import normal
from leads.changes import Rules, ToCustomer
from leads.errors import Refused
from leads.events import Attachment, Capabilities, MediaKind, Outgoing, Span
from leads.model import Conversation, Message, PointKind
from leads.ports import LeadSnapshot
from leads.split import split, utf16_len

NO_WAY = "refused-no-way"
_WORDLESS = frozenset({MediaKind.STICKER, MediaKind.LOCATION, MediaKind.CONTACT})


def obstacle(snapshot: LeadSnapshot, way: Conversation, rules: Rules, now: datetime) -> str:
    """Why nothing can be sent this way: refused-no-way, -blocked or -window; empty when it can."""
    can = rules.can.get(way.channel)
    if can is None or not can.answers or not way.thread:
        return NO_WAY
    if any(one.id == way.identity_id and one.blocked_at for one in snapshot.identities):
        return "refused-blocked"
    if can.reply_window and way.last_in_at and way.last_in_at + can.reply_window < now:
        return "refused-window"
    return ""


def choose(
    snapshot: LeadSnapshot, rules: Rules, now: datetime, wished: Sequence[int | None] = ()
) -> Conversation:
    """The first of the wished conversations that has answers at all, else the newest that can be answered.

    A wish that is shut just now is refused rather than sent elsewhere: the manager chose it. Refused:
    refused-blocked, refused-window (channel); refused-no-way (phone, email) when there is only the phone.
    """
    first_shut = ""
    by_id = {one.id: one for one in snapshot.conversations}
    chosen = [by_id[one] for one in wished if one in by_id]
    for way in [*chosen, *snapshot.conversations]:
        why = obstacle(snapshot, way, rules, now)
        if not why:
            return way
        if why != NO_WAY and way in chosen:
            raise Refused(why, channel=way.channel)
        if why != NO_WAY:
            first_shut = first_shut or why
    if first_shut:
        shut = next(
            one for one in snapshot.conversations if obstacle(snapshot, one, rules, now) == first_shut
        )
        raise Refused(first_shut, channel=shut.channel)
    raise Refused(NO_WAY, phone=_point(snapshot, PointKind.PHONE), email=_point(snapshot, PointKind.EMAIL))


def _point(snapshot: LeadSnapshot, kind: PointKind) -> str:
    value = next((one.value for one in snapshot.points if one.kind is kind), "")
    return normal.shown_phone(value) if kind is PointKind.PHONE else value


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    spans: tuple[Span, ...] = ()
    attachment: Attachment | None = None


def parts_of(
    text: str, spans: tuple[Span, ...], attachments: tuple[Attachment, ...], can: Capabilities
) -> list[Part]:
    """One part per message of the channel, in order; a text too long for a caption follows its files.

    Refused: refused-media (kind).
    """
    for item in attachments:
        if item.kind not in can.media:
            raise Refused("refused-media", kind=item.kind.value)
    texts = [Part(*piece) for piece in split(text, spans, can.text_limit) if piece[0].strip()]
    if not attachments or not texts:
        return [Part("", (), item) for item in attachments] or texts
    fits = not can.caption_limit or utf16_len(text) <= can.caption_limit
    if fits and attachments[0].kind not in _WORDLESS:
        rest = [Part("", (), item) for item in attachments[1:]]
        return [Part(text, spans, attachments[0]), *rest]
    return [*(Part("", (), item) for item in attachments), *texts]


def rows_of(
    message: Message, way: Conversation, parts: list[Part], *, start: int = 0, reply_to: str = ""
) -> list[ToCustomer]:
    """A row per part from `start` on; only the very first answers the quoted message."""
    return [
        ToCustomer(
            message.id,
            way.source_id,
            way.conv,
            Outgoing(way.thread, part.text, part.spans, part.attachment, "" if number else reply_to),
            number,
            len(parts),
        )
        for number, part in enumerate(parts)
        if number >= start
    ]

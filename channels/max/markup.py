"""Formatting as the HTML that MAX reads.

Source: https://dev.max.ru/docs-api/use-cases/sending-messages/text-formatting. A tag that is not in its
list is taken out by MAX, so a span without one goes as plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from leads.events import Span

_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}


def html(text: str, spans: Sequence[Span]) -> str:
    """The text with its spans as tags, closed at each border so that they nest; empty if none has one."""
    tagged = [span for span in spans if _opening(span) and span.length > 0]
    if not tagged:
        return ""
    raw = text.encode("utf-16-le", "surrogatepass")
    borders = {border for span in tagged for border in (span.offset, span.offset + span.length)}
    cuts = sorted({0, len(raw) // 2} | {border for border in borders if 0 < border < len(raw) // 2})
    return "".join(_piece(raw, start, end, tagged) for start, end in pairwise(cuts))


def _piece(raw: bytes, start: int, end: int, spans: Sequence[Span]) -> str:
    here = [span for span in spans if span.offset <= start and end <= span.offset + span.length]
    said = escape(raw[2 * start : 2 * end].decode("utf-16-le", "replace"))
    closing = (f"</{_TAGS.get(span.kind, 'a')}>" for span in reversed(here))
    return "".join([*map(_opening, here), said, *closing])


def _opening(span: Span) -> str:
    if span.kind == "link":
        return f'<a href="{escape(span.url)}">' if span.url else ""
    return f"<{_TAGS[span.kind]}>" if span.kind in _TAGS else ""

"""Formatting as WhatsApp writes it: marks in the text, and a link's address behind its words.

Source: https://faq.whatsapp.com/539178204879377
"""

from __future__ import annotations

from collections.abc import Sequence

from leads.events import Span

_MARKS = {"bold": "*", "italic": "_", "strikethrough": "~", "code": "`", "pre": "```"}


def marked(text: str, spans: Sequence[Span], limit: int) -> str:
    """The text with the marks of its spans; as it is, where they do not fit into `limit` units."""
    raw = text.encode("utf-16-le", "surrogatepass")
    put: list[tuple[int, bool, int, str]] = []
    for span in spans:
        start, end = _tight(raw, span)
        opening, closing = _around(span, raw[2 * start : 2 * end].decode("utf-16-le", "replace"))
        if start < end and closing:
            # At one place what ends goes before what begins, and the inner ends first and begins last.
            put += [(start, True, -end, opening), (end, False, -start, closing)]
    pieces, done = [], 0
    for place, _, _, mark in sorted(put):
        pieces += [raw[2 * done : 2 * place], mark.encode("utf-16-le", "surrogatepass")]
        done = place
    whole = b"".join([*pieces, raw[2 * done :]])
    return whole.decode("utf-16-le", "replace") if len(whole) <= 2 * limit else text


def _tight(raw: bytes, span: Span) -> tuple[int, int]:
    """Where it begins and ends without the blanks at its borders: a mark beside a blank is no mark."""
    start, end = max(span.offset, 0), min(span.offset + span.length, len(raw) // 2)
    inner = raw[2 * start : 2 * end].decode("utf-16-le", "replace")
    return start + len(inner) - len(inner.lstrip()), end - (len(inner) - len(inner.rstrip()))


def _around(span: Span, inner: str) -> tuple[str, str]:
    """What stands before and behind it; nothing where WhatsApp has no mark for it."""
    if span.kind == "link":
        return "", "" if not span.url or span.url == inner else f" ({span.url})"
    mark = _MARKS.get(span.kind, "")
    # Only a block of code goes over lines.
    return ("", "") if "\n" in inner and span.kind != "pre" else (mark, mark)

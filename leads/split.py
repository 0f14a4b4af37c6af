"""Cutting a text to a channel's length: in UTF-16 units, and in bytes of UTF-8 where a vendor counts them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from leads.events import Span

_JOINER = "\u200d"
_BREAKS = ("\n\n", "\n", ". ", " ")  # the best first
_ENDLESS = 2**62


def utf16_len(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_len(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def split(
    text: str, spans: Sequence[Span], limit: int, limit_bytes: int = 0
) -> list[tuple[str, tuple[Span, ...]]]:
    """Cut `text` into parts of at most `limit` units and `limit_bytes` bytes; 0 is no limit.

    A part ends after a paragraph, line, sentence or word where one ends in its second half. What a person
    sees as one character is not cut in two, unless it alone is longer than the limit. Spans are counted
    anew in each part that they touch. Parts of nothing but white space are left out.
    """
    if fits(text, limit, limit_bytes):
        return [(text, tuple(spans))]
    parts: list[tuple[str, tuple[Span, ...]]] = []
    offset = 0
    for part in _pieces(text, limit or _ENDLESS, limit_bytes or _ENDLESS):
        units = utf16_len(part)
        if part.strip():
            parts.append((part, _within(spans, offset, offset + units)))
        offset += units
    return parts


def fits(text: str, limit: int, limit_bytes: int = 0) -> bool:
    """Whether it need not be cut."""
    return (not limit or utf16_len(text) <= limit) and (not limit_bytes or utf8_len(text) <= limit_bytes)


def _pieces(text: str, limit: int, limit_bytes: int) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = _reach(text, start, limit, limit_bytes)
        if end < len(text):
            end = _nice_end(text, start, end)
        yield text[start:end]
        start = end


def _reach(text: str, start: int, limit: int, limit_bytes: int) -> int:
    """The furthest end of a part; always beyond `start`."""
    units = size = 0
    end = start
    while end < len(text):
        units += 2 if text[end] > "\uffff" else 1
        size += _bytes_of(text[end])
        if units > limit or size > limit_bytes:
            break
        end += 1
    return max(end, start + 1)


def _bytes_of(char: str) -> int:
    return 1 + (char > "\x7f") + (char > "\u07ff") + (char > "\uffff")


def _nice_end(text: str, start: int, end: int) -> int:
    middle = start + (end - start) // 2
    for mark in _BREAKS:
        found = text.rfind(mark, middle, end)
        if found >= 0 and not _inside(text, found + len(mark), start):
            return found + len(mark)
    cut = end
    while cut > start and _inside(text, cut, start):
        cut -= 1
    return cut if cut > start else end


def _inside(text: str, at: int, start: int) -> bool:
    """Whether a cut before `text[at]` goes through what a person sees as one character."""
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    if _JOINER in {before, after} or (before, after) == ("\r", "\n") or _extends(after):
        return True
    if not (_is_flag(before) and _is_flag(after)):
        return False
    first = at
    while first > start and _is_flag(text[first - 1]):
        first -= 1
    return (at - first) % 2 == 1


def _extends(char: str) -> bool:
    """Marks, variation selectors, skin tones, tags of flags, and the later letters of a Hangul syllable."""
    return (
        unicodedata.category(char) in {"Mn", "Mc", "Me"}
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or "\u1160" <= char <= "\u11ff"
    )


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _within(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    return tuple(
        replace(span, offset=max(span.offset, start) - start, length=min(stop, end) - max(span.offset, start))
        for span in spans
        if span.offset < end and (stop := span.offset + span.length) > start
    )

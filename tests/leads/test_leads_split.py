from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.events import Span
from leads.split import split, utf16_len

FAMILY = "👨‍👩‍👧‍👦"
CHARS = st.sampled_from(
    [*"ab .\n", "é", "e\u0301", "я", "ש", "👍🏽", FAMILY, "🇱🇻", "❤️", "각", "\r\n", "\x00"]
)
TEXTS = st.lists(CHARS, max_size=120).map("".join)


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


@given(TEXTS | st.text(max_size=300), st.integers(min_value=2, max_value=40))
def test_parts_fit_and_nothing_but_white_space_is_lost(text: str, limit: int) -> None:
    parts = [part for part, _ in split(text, (), limit)]
    assert all(utf16_len(part) <= limit for part in parts)
    if text.strip():
        assert all(part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(TEXTS, st.integers(min_value=20, max_value=60))
def test_what_looks_like_one_character_stays_whole(text: str, limit: int) -> None:
    for part, _ in split(text, (), limit)[1:]:
        assert not part.startswith(("\u200d", "\ufe0f", "\u0301", "🏽"))


def test_families_flags_and_skins_are_not_cut() -> None:
    for whole in (FAMILY, "🇱🇻", "👍🏽", "e\u0301", "\r\n"):
        text = whole * 50
        for part, _ in split(text, (), 30):
            assert part == whole * (len(part) // len(whole))


def test_a_character_longer_than_the_limit_is_cut_rather_than_refused() -> None:
    zalgo = "a" + "\u0301" * 100
    assert "".join(part for part, _ in split(zalgo, (), 10)) == zalgo


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one two three", ["one ", "two ", "three"]),
        ("ab\n\ncd ef", ["ab\n\n", "cd ef"]),
        ("abcd. ef", ["abcd. ", "ef"]),
        ("abcdefghij", ["abcdef", "ghij"]),
    ],
)
def test_a_part_ends_where_something_ends(text: str, parts: list[str]) -> None:
    assert [part for part, _ in split(text, (), 6)] == parts


SOLID = CHARS.filter(lambda char: char.strip() != "")


@given(st.lists(SOLID, min_size=1, max_size=90), st.data())
def test_spans_cover_the_same_text_as_before(chars: list[str], data: st.DataObject) -> None:
    text = "".join(chars)
    start = data.draw(st.integers(0, utf16_len(text) - 1))
    span = Span("link", start, data.draw(st.integers(1, utf16_len(text) - start)), url="https://example.com")
    covered = b""
    for part, spans in split(text, (span,), data.draw(st.integers(20, 50))):
        for one in spans:
            assert (one.kind, one.url) == (span.kind, span.url)
            assert 0 <= one.offset < one.offset + one.length <= utf16_len(part)
            covered += _utf16(part)[2 * one.offset : 2 * (one.offset + one.length)]
    assert covered == _utf16(text)[2 * span.offset : 2 * (span.offset + span.length)]


def test_no_limit_leaves_the_text_whole_and_a_hundred_kilobytes_are_quick() -> None:
    text = "слово 👍 " * 12_000
    assert split(text, (), 0) == [(text, ())]
    assert len(split(text, (), 4096)) == pytest.approx(utf16_len(text) / 4096, rel=0.1)

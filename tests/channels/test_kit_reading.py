"""Bodies of strangers: what is read, what is refused, and with which words."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.kit.errors import Malformed
from channels.kit.reading import content_type, is_json, parse_json, well_formed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**39), 10**39) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@settings(deadline=None)
@given(VALUES)
def test_tame_json_is_read_as_it_is(value: object) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value
    assert parse_json(b"\xef\xbb\xbf" + json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[" * 33 + b"]" * 33, "deeper than 32"),
        (b"[" * 500_000, "deeper than 32"),
        (b"[" + b"0," * 10_000 + b"0]", "more than 10000"),
        (b'{"a":NaN}', "NaN"),
        (b"[1] 2", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"", "not JSON"),
    ],
)
def test_what_is_not_tame_is_refused_with_a_reason(body: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why) as error:
        parse_json(body)
    assert error.value.status == 400


def test_32_levels_are_read() -> None:
    assert parse_json(b"[" * 32 + b"]" * 32)


def test_commas_and_brackets_in_a_text_count_for_nothing() -> None:
    text = ",[{" * 10_000
    assert parse_json(json.dumps({"a": text}).encode()) == {"a": text}


@pytest.mark.parametrize(
    "body", [b'{"a":' * 40 + b'"\\ud800"' + b"}" * 40, b'["\\uDfff"' + b',""' * 10_000 + b"]"]
)
def test_limits_hold_whatever_the_texts_are(body: bytes) -> None:
    with pytest.raises(Malformed, match=r"deeper|more than"):
        parse_json(body)


def test_a_number_too_long_for_a_number_stays_text() -> None:
    assert parse_json(b"[" + b"1" * 5000 + b"]") == ["1" * 5000]


def test_numbers_stay_as_written_on_request() -> None:
    assert parse_json(b"[1.10, 007e1, 42]".replace(b"007e1", b"7e1"), numbers_as_text=True) == [
        "1.10",
        "7e1",
        "42",
    ]


def test_half_a_surrogate_pair_is_replaced_and_a_whole_one_kept() -> None:
    assert parse_json(b'{"\\ud800k": ["\\ud83d\\ude00", "a\\udc00b"]}') == {"\ufffdk": ["😀", "a\ufffdb"]}
    assert well_formed("a\x00b 👩‍👩‍👧 \u202eאב") == "a\x00b 👩‍👩‍👧 \u202eאב"


def test_a_content_type_is_read_without_its_parameters() -> None:
    assert content_type({"content-type": " Application/LD+json ; charset=utf-8"}) == "application/ld+json"
    assert is_json("application/ld+json")
    assert is_json("application/json")
    assert not is_json("text/json-seq")

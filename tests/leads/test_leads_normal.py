from __future__ import annotations

import phonenumbers as pn
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import normal


@pytest.mark.parametrize(
    ("raw", "country", "expected"),
    [
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("+7 912 345 67 89", "", "+79123456789"),
        ("79123456789", "", "+79123456789"),
        ("79123456789", "ru", "+79123456789"),
        ("0049 30 901820", "", "+4930901820"),
        ("tel:+44 20 7946 0958", "LV", "+442079460958"),
        ("٠٩١٢٣٤٥٦٧٨٩", "IR", "+989123456789"),
        ("380501234567", "RU", "+380501234567"),
        ("09171234567", "PH", "+639171234567"),
    ],
)
def test_spellings_of_one_phone_become_one(raw: str, country: str, expected: str) -> None:
    assert normal.phone(raw, country) == expected


@pytest.mark.parametrize(
    "raw", ["", "12345", "123", "call me", "+99999999999999999", "1" * 5000, "+1 555 0100"]
)
def test_what_no_phone_can_be_is_none(raw: str) -> None:
    assert normal.phone(raw, "LV") is None


@given(
    st.sampled_from(sorted(pn.SUPPORTED_REGIONS)),
    st.sampled_from(list(pn.PhoneNumberFormat.__dict__)[:0] or [0, 1, 2]),
)
def test_every_countrys_example_is_known_however_it_is_written(region: str, form: int) -> None:
    example = pn.example_number(region)
    assert example is not None
    e164 = pn.format_number(example, pn.PhoneNumberFormat.E164)
    assert normal.phone(pn.format_number(example, form), region) == e164
    assert normal.phone(normal.shown_phone(e164)) == e164


@given(st.text(max_size=40))
def test_a_normal_form_is_its_own_normal_form(raw: str) -> None:
    for form in (lambda text: normal.phone(text, "LV"), normal.email, normal.name):
        once = form(raw)
        assert once is None or form(once) == once


def test_a_shown_phone_is_international_and_other_text_stays() -> None:
    assert normal.shown_phone("+37129123456") == "+371 29 123 456"
    assert normal.shown_phone("ask the porter") == "ask the porter"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (" Ann.B@Example.COM ", "ann.b@example.com"),
        ("Ann <ann@example.com>", "ann@example.com"),
        ("mailto:ann@example.com", "ann@example.com"),
        ("ann@пример.рф", "ann@пример.рф"),
        ("ann@localhost", None),
        ("a@b@c.de", None),
        ("two@a.com, three@b.com", None),
        ("x" * 300 + "@example.com", None),
    ],
)
def test_emails(raw: str, expected: str | None) -> None:
    assert normal.email(raw) == expected


def test_a_name_is_one_bounded_line() -> None:
    assert normal.name(" Ann\n\x00 B\u2028 ") == "Ann B"
    assert normal.name("e\u0301") == "é"
    assert len(normal.name("x" * 100_000)) == normal.NAME_LIMIT

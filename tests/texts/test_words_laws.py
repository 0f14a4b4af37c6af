"""Laws of what is said: times, lengths, sizes and lists of any value in both languages."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texts import LANGUAGES, catalogue
from texts.words import Texts

EN, RU = catalogue("en"), catalogue("ru")
ZONES = [
    "UTC",
    "Europe/Vilnius",
    "Asia/Kolkata",
    "America/Los_Angeles",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEXTS = st.sampled_from([EN, RU])
MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(TEXTS, MOMENTS, MOMENTS, st.sampled_from(ZONES))
def test_a_moment_tells_the_hour_of_its_zone_and_the_year_when_it_is_another(
    texts: Texts, at: datetime, now: datetime, zone: str
) -> None:
    said = texts.moment(at, zone, now)
    assert re.search(r"\d\d:\d\d", said)
    away = abs((at - now).days)
    if away > 367:
        assert str(at.year) in said or str(at.year + 1) in said or str(at.year - 1) in said
    assert "moment-" not in said


@given(TEXTS, MOMENTS, st.sampled_from(ZONES))
def test_days_that_are_near_have_names(texts: Texts, now: datetime, zone: str) -> None:
    said = {texts.moment(now + timedelta(days=days), zone, now).partition(" ")[0] for days in (-1, 0, 1)}
    assert len(said) == 3
    assert texts.moment(now, zone, now) == texts.moment(now, zone, now + timedelta())
    if texts is EN:
        assert {one.lower() for one in said} == {"yesterday", "today", "tomorrow"}


@given(TEXTS, st.timedeltas(timedelta(days=-3), timedelta(days=4000)))
def test_a_length_has_at_most_two_units_and_no_bare_key(texts: Texts, length: timedelta) -> None:
    said = texts.duration(length)
    assert "duration-" not in said
    assert len(re.findall(r"\d+", said)) <= 2
    assert not said.startswith("-")


@given(TEXTS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_longer_length_never_reads_shorter(texts: Texts, first: int, second: int) -> None:
    """In minutes, of what is said."""
    lengths = sorted((first, second))
    said = [_minutes(EN.duration(timedelta(minutes=each))) for each in lengths]
    assert said[0] <= said[1] <= lengths[1]
    assert texts.duration(timedelta(minutes=first)) == texts.duration(timedelta(minutes=first, seconds=59))


def _minutes(said: str) -> int:
    units = {"day": 24 * 60, "h": 60, "min": 1}
    return sum(
        int(number) * next(minutes for unit, minutes in units.items() if word.startswith(unit))
        for number, word in re.findall(r"(\d+)\s*([a-z]+)", said)
    )


@given(TEXTS, st.integers(0, 2**50))
def test_a_size_is_short_and_near_the_truth(texts: Texts, count: int) -> None:
    said = texts.size(count)
    number, unit = re.fullmatch(r"([\d.,]+)\s(\D+)", said).groups()  # type: ignore[union-attr]
    value = float(number.replace(",", "."))
    power = (
        ["б", "к", "м", "г"].index(unit[0].lower())
        if texts is RU
        else ["b", "k", "m", "g"].index(unit[0].lower())
    )
    assert value * 1024**power == pytest.approx(count, rel=0.06, abs=1)
    assert power == 3 or value <= 1024


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1), min_size=1, max_size=5))
def test_a_list_names_everything_in_its_order(items: list[str]) -> None:
    for texts in (EN, RU):
        said = texts.listing(items)
        at = 0
        for item in items:
            at = said.index(item, at) + len(item)
        assert said.endswith(items[-1])


@given(st.text())
def test_any_tag_has_a_catalogue_and_a_name(tag: str) -> None:
    assert catalogue(tag).language in LANGUAGES
    assert isinstance(EN.language_name(tag), str)


@pytest.mark.parametrize(
    ("tag", "language"),
    [("ru-RU", "ru"), ("RU", "ru"), ("ru_UA", "ru"), ("rus", "en"), ("", "en"), ("lt", "en")],
)
def test_a_catalogue_is_found_by_the_language_of_its_tag(tag: str, language: str) -> None:
    assert catalogue(tag).language == language
    assert catalogue(tag) is catalogue(language), "read once"


def test_a_sentence_that_one_language_lacks_is_said_in_the_first_one() -> None:
    lone = Texts("ru", RU.locale, (RU.bundles[1],))
    assert lone.say("manager-none") == EN.say("manager-none") != RU.say("manager-none")
    assert lone.has("manager-none")
    assert not lone.has("no-such-sentence")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_persons_words_stand_in_a_sentence_as_they_are(name: str) -> None:
    """No value is read as a pattern: a name may hold braces, and the sentence holds no marks of direction."""
    said = EN.say("manager-added", name=name, role="manager")
    assert name in said
    assert not set(said.replace(name, "")) & set("\u2068\u2069")


def test_numbers_of_leads_are_not_grouped_and_nothing_is_said_of_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    for texts in (EN, RU):
        assert "1234567" in texts.say("lead-unknown", id=1234567)
        assert "None" not in texts.say("manager-added", name=None, role="manager")
    assert caplog.text == ""

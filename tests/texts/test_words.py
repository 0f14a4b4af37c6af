from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from texts import catalogue

NOW = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "language"), [("ru", "ru"), ("ru-RU", "ru"), ("RU_ru", "ru"), ("pl", "en"), ("", "en")]
)
def test_a_language_is_found_by_its_tag_and_english_stands_in(tag: str, language: str) -> None:
    assert catalogue(tag).language == language


def test_an_unknown_sentence_is_said_as_its_key_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert catalogue("ru").say("no-such-sentence", lead=1) == "no-such-sentence"
    assert "no-such-sentence" in caplog.text


def test_a_missing_value_is_logged_and_something_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert catalogue("en").say("lead-not-found").startswith("There is no lead #lead.")
    assert "lead-not-found" in caplog.text


def test_values_are_put_in_as_they_are() -> None:
    name = "<b>{ $x } \u2068Анна\u202e</b>"
    assert catalogue("en").say("customer-edited", name=name) == f"{name} changed a message"
    assert catalogue("en").say("lead-not-found", lead=1234567).startswith("There is no lead #1234567.")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 день"),
        (2, "2 дня"),
        (4, "4 дня"),
        (5, "5 дней"),
        (11, "11 дней"),
        (21, "21 день"),
        (22, "22 дня"),
    ],
)
def test_russian_plurals(count: int, said: str) -> None:
    assert catalogue("ru").say("duration-days", days=count) == said


@pytest.mark.parametrize(
    ("language", "zone", "ahead", "said"),
    [
        ("en", "UTC", timedelta(0), "today 22:30"),
        ("en", "UTC", timedelta(hours=2), "tomorrow 00:30"),
        ("en", "UTC", timedelta(days=-1), "yesterday 22:30"),
        ("en", "UTC", timedelta(days=3), "24 Nov 22:30"),
        ("en", "UTC", timedelta(days=60), "20 Jan 2027 22:30"),
        ("en", "Europe/Vilnius", timedelta(0), "today 00:30"),
        ("ru", "Asia/Tokyo", timedelta(days=3), "25 нояб. 07:30"),
        ("ru", "America/New_York", timedelta(hours=10), "завтра 03:30"),
    ],
)
def test_moments_are_told_in_the_readers_zone(language: str, zone: str, ahead: timedelta, said: str) -> None:
    assert catalogue(language).moment(NOW + ahead, zone, NOW) == said


@pytest.mark.parametrize(
    ("language", "ahead", "said"),
    [
        ("en", timedelta(minutes=20), "22:50"),
        ("en", timedelta(hours=2), "22 Nov 00:30"),
        ("ru", timedelta(days=3), "24 нояб. 22:30"),
    ],
)
def test_a_clock_stays_true_as_days_go_by(language: str, ahead: timedelta, said: str) -> None:
    assert catalogue(language).clock(NOW + ahead, "UTC", NOW) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=-5), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=25), "25 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, minutes=10), "2 h 10 min"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_durations(length: timedelta, said: str) -> None:
    assert catalogue("en").duration(length) == said


@pytest.mark.parametrize(
    ("count", "english", "russian"),
    [
        (0, "0 B", "0 Б"),
        (1536, "1.5 KB", "1,5 КБ"),
        (52 * 1024**2, "52 MB", "52 МБ"),
        (300 * 1024**2, "300 MB", "300 МБ"),
        (3 * 1024**4, "3072 GB", "3072 ГБ"),
    ],
)
def test_sizes(count: int, english: str, russian: str) -> None:
    assert (catalogue("en").size(count), catalogue("ru").size(count)) == (english, russian)


def test_languages_and_lists_are_named_in_the_readers_language() -> None:
    assert catalogue("ru").language_name("pt-BR") == "португальский"
    assert catalogue("en").language_name("xx-unknown") == "xx-unknown"
    assert catalogue("ru").listing(["Анна", "Вера"]) == "Анна и Вера"

"""What people write before a reminder's text, and what must not be taken for a time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.when import morning, parse_when

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)  # a Saturday, 17:30 in Moscow


def asked(text: str, language: str = "en") -> tuple[str, str] | None:
    found = parse_when(text, NOW, "Europe/Moscow", language)
    return (f"{found[0].astimezone(MOSCOW):%Y-%m-%d %H:%M}", found[1]) if found else None


@pytest.mark.parametrize(
    ("text", "due", "rest"),
    [
        ("2h call back", "2026-11-21 19:30", "call back"),
        ("15m", "2026-11-21 17:45", ""),
        ("2 h call", "2026-11-21 19:30", "call"),
        ("2h30m call", "2026-11-21 20:00", "call"),
        ("in 2 hours call", "2026-11-21 19:30", "call"),
        ("1d", "2026-11-22 17:30", ""),
        ("1w offer", "2026-11-28 17:30", "offer"),
        ("2д счёт", "2026-11-23 17:30", "счёт"),
        ("2 дня", "2026-11-23 17:30", ""),
        ("через 2 часа перезвонить", "2026-11-21 19:30", "перезвонить"),
        ("через полчаса", "2026-11-21 18:00", ""),
        ("через неделю письмо", "2026-11-28 09:00", "письмо"),
        ("завтра 10:00 счёт", "2026-11-22 10:00", "счёт"),
        ("Завтра 10:00 счёт", "2026-11-22 10:00", "счёт"),
        ("завтра в 10, счёт", "2026-11-22 10:00", "счёт"),
        ("завтра в 5 вечера счёт", "2026-11-22 17:00", "счёт"),
        ("в 2 дня обед", "2026-11-22 14:00", "обед"),
        ("в 12 ночи", "2026-11-22 00:00", ""),
        ("завтра счёт", "2026-11-22 09:00", "счёт"),
        ("tomorrow", "2026-11-22 09:00", ""),
        ("tomorrow 9", "2026-11-22 09:00", ""),
        ("tomorrow 11 call", "2026-11-22 11:00", "call"),
        ("tomorrow 2 invoices", "2026-11-22 09:00", "2 invoices"),
        ("tomorrow at 2 invoices", "2026-11-22 02:00", "invoices"),
        ("tomorrow 6 pm call", "2026-11-22 18:00", "call"),
        ("monday 9 call", "2026-11-23 09:00", "call"),
        ("пн 10:00", "2026-11-23 10:00", ""),
        ("в понедельник в 10 позвонить", "2026-11-23 10:00", "позвонить"),
        ("18:30 call", "2026-11-21 18:30", "call"),
        ("10:00 a call", "2026-11-22 10:00", "a call"),
        ("at 18 call", "2026-11-21 18:00", "call"),
        ("24.12 10:00 text", "2026-12-24 10:00", "text"),
        ("24.12", "2026-12-24 09:00", ""),
        ("05.06 text", "2027-06-05 09:00", "text"),
        ("завтра 10:00 5 штук", "2026-11-22 10:00", "5 штук"),
        ("завтра 10:00 «5»", "2026-11-22 10:00", "«5»"),
        ("2h may call", "2026-11-21 19:30", "may call"),
        ("10:00 в пятницу demo", "2026-11-27 10:00", "demo"),
        ("10:00 24.12 demo", "2026-12-24 10:00", "demo"),
        ("10:00 марта позвать", "2026-11-22 10:00", "марта позвать"),
        ("monday 24.12 10:00 x", "2026-11-23 09:00", "24.12 10:00 x"),
        ("monday 2.5 kg", "2026-11-23 09:00", "2.5 kg"),
        ("завтра 10:00 1000 штук", "2026-11-22 10:00", "1000 штук"),
        ("tomorrow +37120000000", "2026-11-22 09:00", "+37120000000"),
        ("2 hours and 10 min tea", "2026-11-21 19:40", "tea"),
        ("10:00 est text", "2026-11-22 10:00", "est text"),
        ("10 мая 2028 договор", "2028-05-10 09:00", "договор"),
        ("29.02 text", "2028-02-29 09:00", "text"),
        ("24.12.2026 10:00 x", "2026-12-24 10:00", "x"),
        ("10 мая Иван", "2027-05-10 09:00", "Иван"),
        ("1 января 10:00 x", "2027-01-01 10:00", "x"),
        ("2026-12-24 10:00 hello", "2026-12-24 10:00", "hello"),
        ("2026-12-24T10:00 hello", "2026-12-24 10:00", "hello"),
        ("завтра  10:00\nстрока\n  вторая", "2026-11-22 10:00", "строка\n  вторая"),
    ],
)
def test_understands(text: str, due: str, rest: str) -> None:
    assert asked(text) == (due, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "call Ivan",
        "1 call Ivan",
        "12 2h call back",
        "10 10",
        "may ring",
        "мая",
        "a",
        "second offer",
        "at call",
        "now",
        "вчера",
        "2 дня назад",
        "сегодня 10:00 x",
        "24.12.2020 x",
        "-1h x",
        "31.02 x",
        "30 февраля",
        "через 99999 лет",
        "9999999999 years",
        "час икс",
    ],
)
def test_refuses(text: str) -> None:
    assert asked(text) is None


def test_slashes_are_read_as_the_language_does() -> None:
    assert asked("05/06 x", "en") == ("2027-05-06 09:00", "x")
    assert asked("05/06 x", "ru") == ("2027-06-05 09:00", "x")
    assert asked("2h x", "tlh") == ("2026-11-21 19:30", "x")


def test_two_hours_are_two_hours_when_clocks_change() -> None:
    before = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)  # Berlin's clocks jump at 01:00 UTC
    found = parse_when("2h x", before, "Europe/Berlin", "en")
    assert found == (before + timedelta(hours=2), "x")
    nine = morning(before - timedelta(days=1), "Europe/Berlin")
    assert nine == datetime(2027, 3, 28, 7, tzinfo=UTC)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ZONES = st.sampled_from(["UTC", "Europe/Moscow", "America/New_York", "Asia/Manila", "Pacific/Kiritimati"])


@settings(max_examples=60, deadline=None)
@given(WORDS, ZONES, st.sampled_from(["en", "ru", "pt-br", ""]))
def test_whatever_is_written_nothing_of_the_text_changes(text: str, zone: str, language: str) -> None:
    found = parse_when(text, NOW, zone, language)
    if found:
        due, rest = found
        assert due > NOW
        assert due.tzinfo is UTC
        assert text.strip().endswith(rest)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["2h", "завтра 10:00", "24.12 10:00", "через 2 часа"]), WORDS)
def test_the_text_after_a_moment_is_kept_whole(moment: str, text: str) -> None:
    found = parse_when(f"{moment} «{text}»", NOW, "UTC", "ru")
    assert found
    assert found[0] == parse_when(moment, NOW, "UTC", "ru")[0]  # type: ignore[index]
    assert found[1] == f"«{text}»"

"""When a reminder is due, from what a person wrote before its text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, auto
from functools import lru_cache
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateparser.data.languages_info import language_order
from dateparser.date import DateDataParser

LONGEST = 5  # words
FARTHEST = timedelta(days=5 * 366)
MORNING = time(9)
BARE_HOURS = range(7, 24)  # "tomorrow 9" is an hour, "tomorrow 2 invoices" is not

_DAY_MONTH = re.compile(r"(\d{1,2})\.(\d{2})\.?")
_YEAR = re.compile(r"20\d\d")
_NAMES_DAY = re.compile(r"[^\W\d]|\d\.\d\d")
_DAYS = re.compile(r"(\d{1,3})(?:(?P<weeks>w|н|нед)|д|дн)\.?")
_PLAIN = re.compile(r"[\w.:/+-]+")
_AT = {"at", "в", "к"}
_HALVES = {"am", "pm", "a.m.", "p.m."}
_PARTS = {"утра": 0, "ночи": 0, "дня": 12, "вечера": 12}  # hours to add
_UNITS = set("hmdwчмдн")
_STAMP = "%Y-%m-%d"


def parse_when(text: str, now: datetime, zone: str, language: str) -> tuple[datetime, str] | None:
    """Split "tomorrow 10:00 invoice" into the aware UTC moment and the text after it, kept as written.

    The longest beginning of at most five words that means a moment counts; a day without an hour means nine
    in the morning. None when nothing is understood or the moment has passed.
    """
    words = list(re.finditer(r"\S+", text))[:LONGEST]
    plain = [word.group().rstrip(",;").lower() for word in words]
    local = now.astimezone(ZoneInfo(zone))
    best, rest, used = None, text, 0
    for length in range(1, len(words) + 1):
        phrase = _phrase(plain[:length], local, language)
        found = _moment(phrase, local, language)
        if not found or _idle_number(phrase, found, local, language):
            continue
        added = _moment(_phrase(plain[used:length], local, language), local, language)
        refined = _refined(best, found, plain[used:length], added) if best else found
        if refined:
            best, rest, used = refined, text[words[length - 1].end() :].strip(), length
    return (best.due, rest) if best and now < best.due <= now + FARTHEST else None


def morning(now: datetime, zone: str) -> datetime:
    """Tomorrow at nine, where the person is; aware UTC."""
    local = now.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date() + timedelta(days=1), MORNING, ZoneInfo(zone)).astimezone(UTC)


class _Kind(Enum):
    LENGTH = auto()  # "2h", "3 days": from now on
    DAY = auto()  # "tomorrow", "24.12"
    CLOCK = auto()  # "10:00"
    WHOLE = auto()  # a day and its hour


class _Moment(NamedTuple):
    due: datetime  # in UTC
    kind: _Kind
    there: datetime  # where the person is


def _refined(best: _Moment, found: _Moment, added: list[str], alone: _Moment | None) -> _Moment | None:
    """What `best` becomes with the words `added`; None when they belong to the text.

    The parser passes over what it does not know and takes any number for a part of a date, so a longer
    beginning must keep what the shorter one said.
    """
    same_day = found.there.date() == best.there.date()
    whole = found._replace(kind=_Kind.WHOLE)
    if added[-1] in _HALVES or added[-1] in _PARTS:
        return found._replace(kind=best.kind) if same_day or best.kind is _Kind.CLOCK else None
    match best.kind, found.kind:
        case _Kind.LENGTH, _Kind.LENGTH:
            return found if found.due != best.due else None
        case _Kind.DAY, _Kind.CLOCK:
            return whole if same_day else None
        case _Kind.DAY, _Kind.DAY:
            return found if _YEAR.fullmatch(added[-1]) else None
        case _Kind.CLOCK, _Kind.CLOCK:
            says_day = alone and alone.kind is _Kind.DAY and _NAMES_DAY.search(" ".join(added))
            return whole if says_day and found.there.time() == best.there.time() else None
    return None


def _idle_number(words: list[str], found: _Moment, local: datetime, language: str) -> bool:
    """ "12 2h" means just what "2h" means."""
    return len(words) > 1 and words[0].isdecimal() and found == _moment(words[1:], local, language)


def _phrase(words: list[str], local: datetime, language: str) -> list[str]:
    """Written so that the parser understands it."""
    plain = [_unfolded(word, local.date()) for word in _with_part(words)]
    return _with_hour(plain, local, language)


def _moment(words: list[str], local: datetime, language: str) -> _Moment | None:
    last = words[-1]
    if last in _AT or (len(last) == 1 and last not in _UNITS) or (last.isdecimal() and len(last) != 4):
        return None  # belongs to the text, or to a longer beginning
    if all(word.isdecimal() for word in words) or not all(map(_PLAIN.fullmatch, words)):
        return None
    phrase = " ".join(words)
    base = local.replace(tzinfo=None)
    found, period = _parsed(phrase, base, language)
    if not found or period in {"month", "year"}:
        return None
    later, _ = _parsed(phrase, base + timedelta(minutes=1), language)
    moves = later == found + timedelta(minutes=1)
    if moves and (period == "time" or any(map(str.isdigit, phrase))):
        due = local.astimezone(UTC) + (found - base)
        return _Moment(due, _Kind.LENGTH, due.astimezone(local.tzinfo))
    kind = _Kind.DAY if period in {"day", "week"} else _Kind.CLOCK
    if kind is _Kind.DAY:
        found = datetime.combine(found, MORNING)
    there = found.replace(tzinfo=local.tzinfo)
    return _Moment(there.astimezone(UTC), kind, there)


def _with_part(words: list[str]) -> list[str]:
    """Write "в 5 вечера" as 17:00. Without a preposition, "2 дня" is two days."""
    *before, hour, part = ["", *words][-3:] if len(words) > 1 else ["", "", ""]
    if part not in _PARTS or not hour.isdecimal() or not 1 <= int(hour) <= 12:
        return words
    if part == "дня" and before[-1] not in _AT:
        return words
    return [*words[:-2], f"{int(hour) % 12 + _PARTS[part]}:00"]


def _with_hour(words: list[str], local: datetime, language: str) -> list[str]:
    """Write the hour of "tomorrow at 9" as 9:00, which the parser would take for a day of the month."""
    *before, last = words
    if not (last.isdecimal() and len(last) <= 2 and int(last) < 24):
        return words
    said = bool(before) and before[-1] in _AT
    day = before[:-1] if said else before
    if not (said or int(last) in BARE_HOURS):
        return words
    if day and _parsed(" ".join(day), local.replace(tzinfo=None), language)[1] != "day":
        return words
    return [*day, f"{last}:00"] if said or day else words


def _unfolded(word: str, today: date) -> str:
    """Write out what the parser mistakes: 05.06 (a time, it thinks), 2w and 2д (nothing)."""
    if days := _DAYS.fullmatch(word):
        return f"{int(days[1]) * (7 if days['weeks'] else 1)}d"
    if found := _DAY_MONTH.fullmatch(word):
        return _next_day(int(found[1]), int(found[2]), today) or word
    return word


def _next_day(day: int, month: int, today: date) -> str | None:
    """The next such day; the 29th of February can be eight years away."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    for year in count(today.year):
        if year > today.year + 8:
            return None
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found.strftime(_STAMP)
    return None


def _parsed(phrase: str, base: datetime, language: str) -> tuple[datetime | None, str]:
    """The naive moment and how exact it is: time, part_of_day, day, week, month or year."""
    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "future", "RETURN_TIME_AS_PERIOD": True}
    parser = DateDataParser(languages=_languages(language), settings=settings, use_given_order=True)
    try:
        data = parser.get_date_data(phrase)
    except (ValueError, OverflowError):  # a number of years that no calendar has
        return None, ""
    if data.date_obj and data.date_obj.tzinfo:  # "10:00 est": nobody here means that
        return None, ""
    return data.date_obj, data.period or ""


@lru_cache
def _languages(language: str) -> list[str]:
    own = language.partition("-")[0].lower()
    return list(dict.fromkeys(code for code in (own, "en", "ru") if code in language_order))

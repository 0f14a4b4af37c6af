"""A language's sentences, and how it writes times, sizes and lists.

The sentences stand in `<language>/*.ftl` (https://projectfluent.org/fluent/guide/).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal
from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.types import FluentInt

LANGUAGES = ("en", "ru")
"""The first is the one that stands in for missing ones."""

_HERE = Path(__file__).parent
_DAYS = {-1: "moment-yesterday", 0: "moment-today", 1: "moment-tomorrow"}
_UNITS = ("size-b", "size-kb", "size-mb", "size-gb")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything that is said in one language."""

    language: str
    locale: Locale
    bundles: tuple[FluentBundle, ...]  # the language's own, then the one that stands in

    def has(self, key: str) -> bool:
        return any(bundle.has_message(key) for bundle in self.bundles)

    def say(self, key: str, /, **args: object) -> str:
        """The sentence of that key. An unknown key is said as it is and logged: something must be shown."""
        bundle = next((each for each in self.bundles if each.has_message(key)), None)
        sentence = bundle.get_message(key).value if bundle else None
        if not bundle or not sentence:
            log.error("no sentence %r", key)
            return key
        said, errors = bundle.format_pattern(sentence, _plain(args))
        if errors:
            log.error("sentence %r in %r: %s", key, self.language, errors)
        return str(said)

    def moment(self, at: datetime, zone: str, now: datetime) -> str:
        """A time as people of that zone say it: "today 14:05", "24 Nov 10:00"."""
        there, here = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
        time = f"{there:%H:%M}"
        if near := _DAYS.get((there.date() - here.date()).days):
            return self.say(near, time=time)
        pattern = "d MMM" if there.year == here.year else "d MMM y"
        return self.say("moment-date", time=time, date=format_date(there, pattern, locale=self.locale))

    def clock(self, at: datetime, zone: str, now: datetime) -> str:
        """A time that stays true as days go by: with its date, unless it is today."""
        there, here = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
        time = f"{there:%H:%M}"
        if there.date() == here.date():
            return time
        return self.say("moment-date", time=time, date=format_date(there, "d MMM", locale=self.locale))

    def duration(self, length: timedelta) -> str:
        """In at most two units: "25 min", "2 h 10 min", "3 days"."""
        minutes = max(0, int(length.total_seconds())) // 60
        hours, days = minutes // 60, minutes // (24 * 60)
        if days >= 2:
            return self.say("duration-days", days=days)
        if hours:
            said = self.say("duration-hours", hours=hours)
            rest = minutes % 60
            return f"{said} {self.say('duration-minutes', minutes=rest)}" if rest else said
        return self.say("duration-minutes", minutes=minutes) if minutes else self.say("duration-moment")

    def size(self, count: int) -> str:
        """A file's size: "512 B", "1.5 MB"."""
        amount, unit = float(count), 0
        while amount >= 1024 and unit < len(_UNITS) - 1:
            amount, unit = amount / 1024, unit + 1
        pattern = "0.#" if amount < 100 else "0"
        return self.say(_UNITS[unit], n=format_decimal(amount, pattern, locale=self.locale))

    def listing(self, items: Sequence[str]) -> str:
        """ "a, b and c"."""
        return format_list(list(items), locale=self.locale)

    def language_name(self, tag: str) -> str:
        """A language by its IETF tag: "Portuguese" for pt-BR; the tag itself when nobody knows it."""
        try:
            known = Locale.parse(tag.partition("-")[0]).language
        except (ValueError, UnknownLocaleError):
            return tag
        return str(self.locale.languages.get(known, tag))


def catalogue(language: str) -> Texts:
    """The texts of a language by its IETF tag; English when there are none."""
    known = language.replace("_", "-").partition("-")[0].lower()
    return _load(known if known in LANGUAGES else LANGUAGES[0])


@cache
def _load(language: str) -> Texts:
    bundles = tuple(_bundle(each) for each in dict.fromkeys((language, LANGUAGES[0])))
    return Texts(language, Locale.parse(language), bundles)


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    for path in sorted((_HERE / language).glob("*.ftl")):
        bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")))
    return bundle


def _plain(args: Mapping[str, object]) -> dict[str, Any]:
    """Numbers count plurals but are written without grouping: a lead's number is no quantity."""
    return {name: _value(value) for name, value in args.items()}


def _value(value: object) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return FluentInt(value, useGrouping=False)
    return "" if value is None else str(value)

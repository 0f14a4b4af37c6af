"""Normal forms: what two customers' spellings of one phone, e-mail or name have in common."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers as pn

NAME_LIMIT = 200
_REMEMBERED = 1024
"""phones: each is asked for several times while its lead comes in"""
_EMAIL = re.compile(r"[^@\s<>(),;:\"\[\]]+@[^@\s<>(),;:\"\[\]]+\.[^@\s<>(),;:\"\[\].]+")


@lru_cache(_REMEMBERED)
def phone(raw: str, country: str = "") -> str | None:
    """E.164, or None where no phone can be made of it.

    Without a `+` it is read as dialled in `country`, and failing that as international digits, but then only
    if such a number can exist: people often leave the plus out.
    """
    if len(raw) > 100 or not any(char.isdecimal() for char in raw):
        return None
    local = _parsed(raw, country.upper() or None)
    if local and pn.is_possible_number_with_reason(local) == pn.ValidationResult.IS_POSSIBLE:
        return pn.format_number(local, pn.PhoneNumberFormat.E164)
    abroad = _parsed("+" + re.sub(r"^\D*(?:00)?", "", raw), None)
    if abroad and pn.is_valid_number(abroad):
        return pn.format_number(abroad, pn.PhoneNumberFormat.E164)
    return None


@lru_cache(_REMEMBERED)
def shown_phone(e164: str) -> str:
    """The international form that people read; what is no E.164 stays as it is."""
    number = _parsed(e164, None)
    return pn.format_number(number, pn.PhoneNumberFormat.INTERNATIONAL) if number else e164


def _parsed(raw: str, country: str | None) -> pn.PhoneNumber | None:
    try:
        return pn.parse(raw, country)
    except pn.NumberParseException:
        return None


def email(raw: str) -> str | None:
    """The address in lower case, without `mailto:` or a name around it; None where there is none."""
    text = unicodedata.normalize("NFC", raw).strip()
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1]
    text = text.strip().lower().removeprefix("mailto:")
    return text if len(text) <= 254 and _EMAIL.fullmatch(text) else None


def name(raw: str) -> str:
    """One line, composed, without control characters."""
    text = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in raw)
    return " ".join(unicodedata.normalize("NFC", text[: NAME_LIMIT * 4]).split())[:NAME_LIMIT].rstrip()

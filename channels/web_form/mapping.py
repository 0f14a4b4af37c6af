"""Which field means what: names that forms use in the wild, in English and Russian.

The table and the rules for unnamed fields follow what form builders and hand-made sites really send.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import phonenumbers

from channels.web_form.remembering import remembered

# target -> normal keys (see `normal`), the first one that was filled in counts
KEYS: dict[str, tuple[str, ...]] = {
    "name": ("name", "fullname", "yourname", "contactname", "fio", "имя", "имяифамилия", "вашеимя", "фио"),
    "first": ("firstname", "givenname", "fname"),
    "last": ("lastname", "surname", "familyname", "lname", "фамилия"),
    "phone": (
        "phone", "tel", "telephone", "mobile", "yourphone", "phonenumber", "yourtel", "mobilephone",
        "телефон", "номертелефона", "ваштелефон", "мобильный", "whatsapp",
    ),
    "email": (
        "email", "mail", "youremail", "workemail", "emailaddress",
        "почта", "емейл", "имейл", "электроннаяпочта", "вашапочта",
    ),
    "message": (
        "message", "comment", "comments", "text", "textarea", "question", "yourmessage",
        "сообщение", "комментарий", "комментарии", "вопрос", "вашесообщение",
    ),
    "language": ("language", "lang", "locale", "язык"),
    "page": ("pageurl", "page", "href", "sourceurl", "landing", "landingpage", "страница"),
    "referrer": ("referrer", "referer"),
    "cookies": ("cookies", "cookie"),
}  # fmt: skip
# normal key -> its target, and how much it is preferred for it
TARGETS = {key: (target, rank) for target, keys in KEYS.items() for rank, key in enumerate(keys)}
FORM_NAMES = ("formid", "formname", "form", "formtitle", "форма")
# Names under which builders wrap the fields; they say nothing about them.
WRAPPERS = frozenset({"data", "fields", "form", "formfields", "contact", "person", "lead", "answers", "body"})
# A number under such a name is an id or a date, never a phone.
NOT_A_PHONE = ("id", "date", "time", "sum", "дата", "время", "сумма", "инн")

BETWEEN_WORDS = re.compile(r"[\s_:\-]")
EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,200}\.[^@\s,;<>\".]{2,24}")
PHONE = re.compile(r"[+(]?[\d][\d\s().\-–/]{8,30}")


@dataclass(frozen=True, slots=True)
class Meaning:
    """The fields that we know, as they were written, and all others in their order."""

    name: str
    phone: str
    email: str
    message: str
    language: str
    page: str
    referrer: str
    cookies: str
    rest: Mapping[str, str]


def understand(fields: Mapping[str, str], country: str) -> Meaning:
    """Find who and what; nothing is lost, for what has no meaning to us stays in `rest`."""
    keys = _chosen(fields)
    if "email" not in keys:
        _add(keys, "email", _first_email(fields, keys))
    if "phone" not in keys:
        _add(keys, "phone", _first_phone(fields, keys, country))
    value = {target: fields[key].strip() for target, key in keys.items() if target != "message"}
    taken = set(keys.values())
    return Meaning(
        name=_full_name(value),
        phone=value.get("phone", ""),
        email=value.get("email", ""),
        message=fields[keys["message"]] if "message" in keys else "",
        language=value.get("language", ""),
        page=value.get("page", ""),
        referrer=value.get("referrer", ""),
        cookies=value.get("cookies", ""),
        rest={key: text for key, text in fields.items() if key not in taken},
    )


@remembered
def normal(key: str) -> str:
    """The key for comparison: lower case, wrappers and the signs between words dropped."""
    parts = BETWEEN_WORDS.sub("", key.lower()).split(".")
    while len(parts) > 1 and parts[0] in WRAPPERS:
        del parts[0]
    return ".".join(parts)


def _chosen(fields: Mapping[str, str]) -> dict[str, str]:
    """target -> the field's own key."""
    best: dict[str, tuple[int, str]] = {}
    for key, text in fields.items():
        known = TARGETS.get(normal(key))
        if known and text.strip():
            target, rank = known
            if target not in best or rank < best[target][0]:
                best[target] = rank, key
    return {target: key for target, (_, key) in best.items()}


def _add(chosen: dict[str, str], target: str, key: str | None) -> None:
    if key is not None:
        chosen[target] = key


def _full_name(value: Mapping[str, str]) -> str:
    name, first, last = (value.get(target, "") for target in ("name", "first", "last"))
    parts = [name or first]
    if last and last not in parts[0]:
        parts.append(last)
    return " ".join(filter(None, parts))


def _first_email(fields: Mapping[str, str], taken: Mapping[str, str]) -> str | None:
    used = set(taken.values())
    return next((key for key, text in fields.items() if key not in used and is_email(text)), None)


def _first_phone(fields: Mapping[str, str], taken: Mapping[str, str], country: str) -> str | None:
    used = set(taken.values())
    return next(
        (
            key
            for key, text in fields.items()
            if key not in used and not normal(key).endswith(NOT_A_PHONE) and is_phone(text, country)
        ),
        None,
    )


def is_email(text: str) -> bool:
    """Whether the whole value is one address."""
    return EMAIL.fullmatch(text.strip()) is not None


def is_phone(text: str, country: str) -> bool:
    """Whether it is 10 to 15 digits that are a possible number (of `country`, if there is no plus)."""
    text = text.strip()
    if not PHONE.fullmatch(text) or not 10 <= sum(map(str.isdigit, text)) <= 15:
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, country or None))
    except phonenumbers.NumberParseException:
        return False

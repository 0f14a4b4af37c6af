"""Bodies of every content type that forms are sent in, read into one list of fields and files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from channels.kit.errors import Malformed
from channels.kit.reading import content_type, is_json, parse_json, text_of
from channels.web_form import multipart
from leads.events import Attachment, Call

MAX_FIELDS = 1000
TYPES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain with JSON",
)


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent: values by their flat names (`a.b.c`) in the order of the form, and files."""

    fields: Mapping[str, str]
    files: tuple[Attachment, ...] = ()

    def control(self, name: str) -> str:
        """One of our own inputs, such as `_next`; empty when it was not sent."""
        return self.fields.get(name, "").strip()


def read_form(call: Call) -> Form:
    """Read the body by its content type; raises `Malformed`."""
    if not call.body.strip():
        raise Malformed("The body is empty; send the form's fields.")
    kind = content_type(call.headers)
    if is_json(kind) or kind == "text/plain":  # text/plain: navigator.sendBeacon, and fetch without preflight
        return Form(_joined(_flat("", parse_json(call.body, numbers_as_text=True))))
    if kind == "application/x-www-form-urlencoded":
        return Form(_joined((flat_name(name), value) for name, value in _pairs(text_of(call.body))))
    if kind == "multipart/form-data":
        fields, files = multipart.read(call.headers["content-type"], call.body)
        return Form(_joined((flat_name(name), value) for name, value in fields), files)
    raise Malformed(f"Content-Type {kind or '(none)'} is not read; send {', '.join(TYPES)}.", status=415)


def flat_name(name: str) -> str:
    """PHP's `a[b][c]` as `a.b.c`; of `a[]` only `a` is left."""
    head, bracket, rest = name.partition("[")
    if not (head and bracket and rest.endswith("]")):
        return name
    return ".".join([head, *filter(None, re.split(r"\]\[", rest[:-1]))])


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Malformed(f"The form has more than {MAX_FIELDS} fields.") from None


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            inner = f"{name}.{key}" if name else key
            if type(one) is str and inner:
                yield inner, one
            else:
                yield from _flat(inner, one)
    elif isinstance(value, list):
        for n, one in enumerate(value):
            nested = isinstance(one, dict | list)
            yield from _flat(f"{name}.{n}".lstrip(".") if nested or not name else name, one)
    elif not name:
        raise Malformed('The JSON holds no fields; send an object such as {"name": …, "phone": …}.')
    else:
        yield name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Values of one name, as of ticked boxes, stand together."""
    values: dict[str, str] = {}
    several: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in values:
            several.setdefault(name, [values[name]]).append(value)
        else:
            values[name] = value
    return values | {name: ", ".join(filter(None, every)) for name, every in several.items()}

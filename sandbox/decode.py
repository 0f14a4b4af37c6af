"""From an HTTP request to an instance of aiogram's method class."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from aiogram.client.default import Default
from aiogram.methods import SetWebhook, TelegramMethod
from aiogram.types import BufferedInputFile, InputFile
from aiohttp import web
from pydantic import ValidationError

from sandbox.errors import Refused
from sandbox.proof import unknown_fields

Method = TelegramMethod[Any]
_FLAT = (str, int, float, bool, type(None), Default, InputFile, datetime, timedelta)


async def parameters(request: web.Request) -> dict[str, Any]:
    """Query and body as one dict; uploads are BufferedInputFile."""
    found: dict[str, Any] = dict(request.query)
    try:
        if request.content_type == "application/json":
            body = await request.json() if request.can_read_body else {}
            if not isinstance(body, dict):
                raise Refused("can't parse request body as a JSON object")
            return found | body
        form = await request.post()
    except web.HTTPRequestEntityTooLarge:
        raise Refused(status=413) from None
    except UnicodeDecodeError:
        raise Refused("strings must be encoded in UTF-8") from None
    except ValueError:
        raise Refused("can't parse request body") from None
    for name, value in form.items():
        if isinstance(value, web.FileField):
            found[name] = BufferedInputFile(value.file.read(), filename=value.filename)
        else:
            found[name] = value
    return found


def decode(model: type[Method], given: Mapping[str, Any]) -> Method:
    """Refused for anything the model does not know, on any level."""
    files = {name: value for name, value in given.items() if isinstance(value, InputFile)}
    attached = {name for name in files if name not in model.model_fields}
    values = {
        name: _resolve(_from_json(name, value) if name in _nested(model) else value, files)
        for name, value in given.items()
        if name not in attached and value is not None
    }
    if model is SetWebhook:
        values.setdefault("url", "")  # left out means none, and aiogram leaves empty strings out
    try:
        method = model.model_validate(values)
    except ValidationError as error:
        raise Refused(_explain(error)) from None
    unknown = next(unknown_fields(method), None)
    if unknown:
        raise Refused(f'unknown parameter "{unknown}" (Telegram would ignore it, the sandbox does not)')
    return method


@cache
def _nested(model: type[Method]) -> frozenset[str]:
    """Fields that travel as JSON in forms: everything that is not a plain value."""
    return frozenset(
        name
        for name, info in model.model_fields.items()
        if not all(isinstance(leaf, type) and issubclass(leaf, _FLAT) for leaf in _leaves(info.annotation))
    )


def _leaves(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        for inner in get_args(annotation):
            yield from _leaves(inner)
    elif get_origin(annotation) is Annotated:
        yield from _leaves(get_args(annotation)[0])
    else:
        yield annotation if get_origin(annotation) is None else object


def _from_json(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Refused(f"can't parse {name} JSON object") from None


def _resolve(value: Any, files: Mapping[str, InputFile]) -> Any:
    """Put uploads where attach://name stands; refuse what is not UTF-8."""
    if isinstance(value, dict):
        return {key: _resolve(item, files) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, files) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("attach://") and value.removeprefix("attach://") in files:
        return files[value.removeprefix("attach://")]
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise Refused("strings must be encoded in UTF-8")
    return value


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return {"text": "message text is empty"}.get(field, f"{field} is empty")
    return f'invalid parameter "{field}": {first["msg"]}'

"""Fixtures: what a vendor sends, as JSON files beside the adapter, with what must come of it.

`{note, source, headers, query, body, expect}`, and if needed `method`, `received_at`, `peer`, `body_base64`.
`source` is `{settings, previous, country, base_url}`; signatures are literal, made for `received_at`.
`body` is text, or JSON that is sent compactly. `expect` is `{outcome, status, items, ignored, headers,
answer}`: of an item only the named members are compared, of its mappings everything, in their order.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from channels.kit import edge
from channels.kit.contract import Answered, Channel, Ignored, Item, Reply, Source
from channels.kit.discover import ROOM
from leads.events import Call, Inbound, Receipt

RECEIVED_AT = "2026-01-15T10:00:00+00:00"


@dataclass(frozen=True, slots=True)
class Fixture:
    """One recorded call and its expected end."""

    channel: str
    file: str
    note: str
    call: Call
    settings: Mapping[str, Any]
    previous: Mapping[str, Any] | None
    door: Mapping[str, str]  # country, base_url
    expect: Mapping[str, Any]

    def source(self, channel: Channel) -> Source:
        """The source that the call goes to, with its settings validated by the channel."""
        return Source(
            id=1,
            channel=self.channel,
            key="fixture",
            settings=channel.settings.model_validate(dict(self.settings)),
            previous=channel.settings.model_validate(dict(self.previous)) if self.previous else None,
            **self.door,
        )


def fixtures(channel: str, room: Path = ROOM) -> list[Fixture]:
    """All fixtures of a channel, by file name."""
    return [_load(channel, path) for path in sorted((room / channel / "fixtures").glob("*.json"))]


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a call that was played through the edge; `answered` is None after a handshake."""

    reply: Reply
    answered: Answered | None
    items: tuple[Item, ...]  # that were handed to the store

    @property
    def inbound(self) -> list[Inbound]:
        """The events that were read."""
        return [item for item in self.items if isinstance(item, Inbound)]

    @property
    def ignored(self) -> list[str]:
        """Why items were ignored."""
        return [item.why for item in self.items if isinstance(item, Ignored)]

    @property
    def outcome(self) -> str:
        """The outcome's name, or `handshake`."""
        return self.answered.outcome.value if self.answered else "handshake"


async def play(channel: Channel, source: Source | None, call: Call) -> Ending:
    """Take the call with a store that is empty before and forgets everything afterwards."""
    stored: list[Item] = []
    answers: list[Answered] = []

    async def accept(source: Source, call: Call, items: Sequence[Item]) -> Receipt:
        stored.extend(items)
        fresh = sum(not isinstance(item, Ignored) for item in items)
        return Receipt(tuple(range(1, fresh + 1)), fresh)

    def answer(source: Source, call: Call, answered: Answered) -> Reply:
        answers.append(answered)
        return channel.answer(source, call, answered)

    watched = cast(Channel, SimpleNamespace(**vars(channel) | {"answer": answer}))
    reply = await edge.take(watched, source, call, accept)
    return Ending(reply, answers[-1] if answers else None, tuple(stored))


def mismatches(fixture: Fixture, ending: Ending) -> list[str]:
    """What differs from `expect`, one sentence each."""
    expect, reply = fixture.expect, ending.reply
    found: dict[str, Any] = {
        "outcome": ending.outcome,
        "status": reply.status,
        "ignored": ending.ignored,
        "answer": _answer(reply),
    }
    wrong = [f"expect.{key} means nothing" for key in expect if key not in {*found, "headers", "items"}]
    wrong += [
        f"{key} is {found[key]!r}, expected {expect[key]!r}"
        for key in found
        if key in expect and found[key] != expect[key]
    ]
    headers = {name.lower(): value for name, value in reply.headers.items()}
    for name, value in expect.get("headers", {}).items():
        if headers.get(name.lower()) != value:
            wrong.append(f"header {name} is {headers.get(name.lower())!r}, expected {value!r}")
    return wrong + _differences("items", ending.inbound, expect.get("items", ending.inbound))


def _differences(where: str, found: Any, expected: Any) -> list[str]:
    if is_dataclass(found) and isinstance(expected, Mapping):
        known = {one.name for one in fields(found)}
        wrong = [
            f"{where}.{name} is no member of {type(found).__name__}" for name in expected if name not in known
        ]
        for name in known & set(expected):
            wrong += _differences(f"{where}.{name}", getattr(found, name), expected[name])
        return wrong
    if isinstance(found, list | tuple) and isinstance(expected, list | tuple):
        if len(found) != len(expected):
            return [f"{where} has {len(found)} members, expected {len(expected)}"]
        pairs = zip(found, expected, strict=True)
        return [
            text for n, (one, two) in enumerate(pairs) for text in _differences(f"{where}[{n}]", one, two)
        ]
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        same = list(found.items()) == list(expected.items())
        return [] if same else [f"{where} is {dict(found)!r}, expected {dict(expected)!r}"]
    found = _plain(found)
    return [] if found == expected else [f"{where} is {found!r}, expected {expected!r}"]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value


def _answer(reply: Reply) -> Any:
    text = reply.body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _load(channel: str, path: Path) -> Fixture:
    raw = json.loads(path.read_text("utf-8"))
    source = raw.get("source", {})
    call = Call(
        method=raw.get("method", "POST"),
        headers={name.lower(): value for name, value in raw.get("headers", {}).items()},
        query=raw.get("query", {}),
        body=_body(raw),
        received_at=datetime.fromisoformat(raw.get("received_at", RECEIVED_AT)),
        peer=raw.get("peer", "203.0.113.7"),
    )
    door = {name: source[name] for name in ("country", "base_url") if name in source}
    settings, previous = source.get("settings", {}), source.get("previous")
    return Fixture(channel, path.name, raw["note"], call, settings, previous, door, raw["expect"])


def _body(raw: Mapping[str, Any]) -> bytes:
    if "body_base64" in raw:
        return base64.b64decode(raw["body_base64"])
    body = raw.get("body", "")
    return (
        body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    ).encode()

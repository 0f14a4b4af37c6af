"""A part that cannot be read is kept as it came, with a reason that tells nothing of the customer."""

from __future__ import annotations

from typing import Any

import pytest

from channels.kit.contract import Ignored, Item, Unreadable
from channels.kit.errors import Malformed
from channels.kit.parking import or_parked, raw_of
from channels.kit.tolerant import Id, Wire


class Thing(Wire):
    id: Id


def read(raw: Any) -> list[Item]:
    if raw == "odd":
        raise Malformed("The thing is odd.")
    return [Ignored(Thing.model_validate(raw).id)]


def test_what_can_be_read_is_read() -> None:
    assert or_parked(read, {"id": "7"}, "thing") == [Ignored("7")]


@pytest.mark.parametrize(
    ("raw", "kept", "why"),
    [
        ("odd", b'"odd"', "The thing is odd."),
        ({"name": "Ann"}, b'{"name": "Ann"}', "id: Field required"),
        (b"Ann", b"Ann", "thing: Input should be a valid dictionary or instance of Thing"),
    ],
)
def test_what_cannot_be_read_is_kept(raw: Any, kept: bytes, why: str) -> None:
    assert or_parked(read, raw, "thing") == (Unreadable(kept, why),)


def test_half_a_character_is_kept_as_an_escape() -> None:
    assert raw_of({"text": "\ud83d"}) == b'{"text": "\\ud83d"}'


def test_what_is_nested_too_deep_for_json_is_kept_with_its_call_only() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert raw_of(deep) == b""

"""What an account is told beyond the fixtures: three envelopes, comments, stories; nothing is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.kit.contract import Ignored, Item, Source, Unreadable
from channels.kit.discover import load
from leads.events import Call, Inbound, Kind, MediaKind

INSTAGRAM = load("instagram")
NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
ME, PAGE, WHO = "17841400000000001", "104700000000001", "6100000000000005"
SETTINGS = {
    "account_id": ME,
    "token": "IGAAtokenOfNobody0123",
    "app_secret": "canary0123456789abcdef",
    "username": "@kuhni.shop",
}
SOURCE = Source(1, "instagram", "shop", INSTAGRAM.settings.model_validate(SETTINGS))
COMMENT = {
    "id": "17865000000000001",
    "from": {"id": WHO, "username": "ona.p"},
    "text": "How much?",
    "media": {"id": "17890000000000001", "media_product_type": "FEED"},
}


def read(body: Any) -> list[Item]:
    return list(INSTAGRAM.parse(SOURCE, Call("POST", {}, {}, json.dumps(body).encode(), NOW)))


def envelope(*, list_: bool = False, **entry: Any) -> Any:
    body = {"object": "instagram", "entry": [{"id": ME, "time": 1768471190} | entry]}
    return [body, body] if list_ else body


def flat(value: Any, field: str = "comments") -> Any:
    return envelope(field=field, value=value)


def message(**what: Any) -> Inbound:
    event = {"sender": {"id": WHO}, "recipient": {"id": ME}, "timestamp": 1, "message": {"mid": "m"} | what}
    (item,) = read(envelope(messaging=[event]))
    assert isinstance(item, Inbound)
    return item


def test_the_three_envelopes_tell_the_same() -> None:
    nested = {"changes": [{"field": "comments", "value": COMMENT}]}
    (one,), (other,), (first, second) = (
        read(flat(COMMENT)),
        read(envelope(**nested)),
        read(envelope(list_=True, **nested)),
    )
    assert one == other == first == second
    assert isinstance(one, Inbound)
    assert (one.thread, one.conv, one.sender.username) == ("comment:17865000000000001",) * 2 + ("ona.p",)


def test_messages_and_changes_in_one_entry_are_both_read() -> None:
    event = {"sender": {"id": WHO}, "recipient": {"id": ME}, "message": {"mid": "m", "text": "hi"}}
    items = read(envelope(messaging=[event], changes=[{"field": "comments", "value": COMMENT}]))
    assert [one.text for one in items if isinstance(one, Inbound)] == ["hi", "How much?"]


@pytest.mark.parametrize(
    ("seconds", "year"), [(1768471190, 2026), (1768471190123, 2026), ("soon", None), (None, None), (-5, None)]
)
def test_a_time_in_seconds_or_milliseconds(seconds: Any, year: int | None) -> None:
    (item,) = read(envelope(field="comments", value=COMMENT, time=seconds))
    assert isinstance(item, Inbound)
    assert (item.at and item.at.year) == year


@pytest.mark.parametrize(
    ("author", "own"),
    [
        ({"id": ME}, True),
        ({"id": "5", "username": "KUHNI.shop"}, True),
        ({"id": "5", "username": "kuhni.shop2"}, False),
        ({"id": "5"}, False),
    ],
)
def test_own_comments_are_known_by_id_or_name(author: dict[str, str], own: bool) -> None:
    (item,) = read(flat(COMMENT | {"from": author}))
    assert (item == Ignored("own_comment")) is own


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}])
def test_an_odd_member_costs_itself_and_a_needed_one_the_comment(odd: Any) -> None:
    (item,) = read(flat(COMMENT | {"media": odd, "parent_id": [odd], "hidden": odd}))
    assert isinstance(item, Inbound)
    assert (item.text, item.attribution.ad) == ("How much?", "")
    (bad,) = read(flat(COMMENT | {"from": odd}))
    assert isinstance(bad, Unreadable)


def test_one_bad_value_of_several_costs_itself() -> None:
    good, bad, other = read(flat([COMMENT, {"id": "1"}, COMMENT | {"id": "2"}]))
    assert isinstance(good, Inbound)
    assert isinstance(bad, Unreadable)
    assert json.loads(bad.raw) == {"id": "1"}
    assert isinstance(other, Inbound)
    assert other.event_id == "comment:2"


def test_a_name_that_is_not_told_does_not_make_everybody_us() -> None:
    quiet = SOURCE.settings.model_copy(update={"username": ""})
    source = Source(1, "instagram", "shop", quiet)
    body = json.dumps(flat(COMMENT | {"from": {"id": WHO}})).encode()
    (item,) = INSTAGRAM.parse(source, Call("POST", {}, {}, body, NOW))
    assert isinstance(item, Inbound)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("image", MediaKind.PHOTO),
        ("video", MediaKind.VIDEO),
        ("audio", MediaKind.AUDIO),
        ("file", MediaKind.FILE),
        *(
            (one, MediaKind.PHOTO)
            for one in ("share", "ig_post", "media", "story", "ig_story", "story_mention")
        ),
        *((one, MediaKind.VIDEO) for one in ("reel", "ig_reel")),
    ],
)
def test_every_type_with_a_link_is_a_file_of_its_kind(type_: str, kind: MediaKind) -> None:
    found = message(attachments=[{"type": type_, "payload": {"url": "https://cdn.example/1"}}])
    assert [(one.kind, one.ref) for one in found.attachments] == [(kind, "https://cdn.example/1")]
    plain = type_ in {"image", "video", "audio", "file"}
    assert found.fields == ({} if plain else {"shared": type_})


@pytest.mark.parametrize("type_", ["ephemeral", "template", "image", "hologram", ""])
def test_what_cannot_be_shown_is_a_message_all_the_same(type_: str) -> None:
    found = message(attachments=[{"type": type_}, {"type": type_, "payload": {}}])
    assert (found.kind, found.text, found.attachments) == (Kind.MESSAGE, "", ())
    assert found.fields.get("unsupported", "") == type_


def test_an_echo_is_told_from_a_message_by_its_flag_as_well() -> None:
    event = {
        "sender": {"id": "9"},
        "recipient": {"id": WHO},
        "message": {"mid": "m", "text": "hi", "is_echo": True},
    }
    (item,) = read(envelope(messaging=[event]))
    assert isinstance(item, Inbound)
    assert (item.kind, item.sender.external_id, item.conv) == (Kind.ECHO, WHO, WHO)

"""What Telegram sends, beyond the fixtures: nothing is lost, nothing is believed, nothing breaks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from channels import telegram
from channels.kit.contract import Ignored, Item, Source, Unreadable
from channels.kit.errors import Rejected
from channels.kit.fixture import fixtures
from leads.events import Call, Inbound, Kind, MediaKind

TOKEN = "4200000001:AAcanaryTokenThatNobodyMaySee_01234"
NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
ANNA = {"id": 700, "is_bot": False, "first_name": "Anna"}
CHAT = {"id": 700, "type": "private", "first_name": "Anna"}


def source(**more: Any) -> Source:
    settings = telegram.settings.model_validate({"token": TOKEN, "secret": "s" * 32} | more)
    return Source(1, "telegram", "shop", settings)


def call(body: object, **headers: str) -> Call:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Call("POST", headers, {}, raw, NOW)


def read(body: object) -> Item:
    (item,) = telegram.parse(source(), call(body))
    return item


def message(**content: Any) -> Inbound:
    raw = {"message_id": 5, "date": 1768471200, "chat": CHAT, "from": ANNA} | content
    item = read({"update_id": 1, "message": raw})
    assert isinstance(item, Inbound)
    return item


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
UPDATES = [json.loads(one.call.body) for one in fixtures("telegram") if not one.file.startswith("malformed")]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


@given(data=st.data(), new=JSON)
def test_whatever_stands_wherever_there_is_one_item_and_no_crash(data: st.DataObject, new: Any) -> None:
    update = data.draw(st.sampled_from(UPDATES))
    body = json.dumps(put(update, data.draw(st.sampled_from(places(update))), new)).encode()
    (item,) = telegram.parse(source(), call(body))
    if isinstance(item, Unreadable):
        assert item.raw == body
        assert item.why
    else:
        assert isinstance(item, Ignored) or (item.event_id and item.conv)


@given(st.text())
def test_the_very_text_arrives(text: str) -> None:
    if not text.startswith("/start"):
        assert message(text=text).text == text


def test_nul_direction_marks_and_markup_stay() -> None:
    text = "a\0b \u202eabc\u202c <b>*_[x](http://y)"
    assert message(text=text).text == text


@pytest.mark.parametrize("text", ["/start hello world", "/start " + "a" * 65, "/starting now", "/start é"])
def test_what_no_link_can_carry_is_text(text: str) -> None:
    item = message(text=text)
    assert (item.text, item.attribution.payload) == (text, "")


def test_half_a_surrogate_pair_does_not_reach_the_store() -> None:
    assert message(text="a\ud83d").text == "a\ufffd"  # goes as an escape


def test_a_message_without_from_is_of_the_chat() -> None:
    raw = {"message_id": 5, "date": 1, "chat": CHAT | {"last_name": "K", "username": "anna"}, "text": "x"}
    item = read({"update_id": 1, "message": raw})
    assert isinstance(item, Inbound)
    assert (item.sender.external_id, item.sender.name, item.sender.username) == ("700", "Anna K", "anna")


@pytest.mark.parametrize(
    ("flags", "name"), [({"is_animated": True}, "sticker.tgs"), ({"is_video": True}, "sticker.webm")]
)
def test_moving_stickers_are_named_by_their_type(flags: dict[str, bool], name: str) -> None:
    (sticker,) = message(sticker={"file_id": "s", "emoji": "👍"} | flags).attachments
    assert (sticker.kind, sticker.name) == (MediaKind.STICKER, name)


def test_a_live_location_says_that_it_moves() -> None:
    (place,) = message(location={"latitude": 1.5, "longitude": -2, "live_period": 60}).attachments
    assert place.data == {"latitude": "1.5", "longitude": "-2.0", "live_period": "60"}


def test_an_edit_without_its_date_is_of_the_message_s_date() -> None:
    raw = {"message_id": 5, "date": 1768471200, "chat": CHAT, "from": ANNA, "text": "x"}
    item = read({"update_id": 1, "edited_message": raw})
    assert isinstance(item, Inbound)
    assert (item.kind, item.at) == (Kind.EDIT, NOW)


def test_leaving_is_not_blocking() -> None:
    change = {"chat": CHAT, "from": ANNA, "date": 1, "new_chat_member": {"status": "left"}}
    assert read({"update_id": 1, "my_chat_member": change}) == Ignored("other_membership")


def test_what_is_parked_says_where_it_failed_but_not_what_was_written() -> None:
    raw = {"message_id": 5, "date": "secret words", "chat": CHAT, "text": "secret words"}
    item = read({"update_id": 1, "message": raw})
    assert isinstance(item, Unreadable)
    assert item.why.startswith("date: ")
    assert "secret" not in item.why


@pytest.mark.parametrize("body", [[], 5, None, {}, {"update_id": "x"}, {"message": {}}])
def test_no_update_at_all_is_parked(body: object) -> None:
    assert isinstance(read(body), Unreadable)


@pytest.mark.parametrize("given", ["", "S" * 32, "s" * 31, "s" * 33, "ş" * 32])
def test_a_wrong_secret_is_rejected(given: str) -> None:
    with pytest.raises(Rejected) as caught:
        telegram.verify(source(), call({}, **{"x-telegram-bot-api-secret-token": given}))
    assert "s" * 32 not in str(caught.value)


def test_the_right_secret_passes() -> None:
    telegram.verify(source(), call({}, **{"x-telegram-bot-api-secret-token": "s" * 32}))


def test_each_source_without_a_secret_gets_its_own() -> None:
    one, two = (telegram.settings.model_validate({"token": TOKEN}) for _ in range(2))
    assert one.secret.get_secret_value() != two.secret.get_secret_value()
    assert len(one.secret.get_secret_value()) >= 32


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "canary"},
        {"token": TOKEN + " "},
        {"token": TOKEN + "/../x"},
        {"token": TOKEN, "secret": "canary"},
        {"token": TOKEN, "secret": "canary with spaces in it"},
        {"token": TOKEN, "tokn": "canary"},
        {"secret": "canary_canary_canary"},
    ],
)
def test_wrong_settings_are_refused_without_showing_them(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        telegram.settings.model_validate(wrong)
    assert "canary" not in str(caught.value)

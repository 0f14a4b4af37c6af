"""What a Page's chats bring beyond the fixtures: nothing is lost, nothing is believed, nothing breaks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.kit.contract import Ignored, Item, Source, Unreadable
from channels.kit.discover import load
from channels.kit.fixture import fixtures
from channels.kit.meta import BODY_LIMIT
from leads.events import Call, Inbound, Kind

MESSENGER = load("messenger")
NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
PAGE, WHO = "104700000000001", "7300000000000017"
SETTINGS = {
    "page_id": PAGE,
    "token": "EAAtokenOfNobody0123",
    "app_secret": "canary0123456789abcdef",
    "app_id": "880000000000001",
}
SOURCE = Source(1, "messenger", "shop", MESSENGER.settings.model_validate(SETTINGS))


def call(body: object) -> Call:
    return Call("POST", {}, {}, body if isinstance(body, bytes) else json.dumps(body).encode(), NOW)


def read(*events: Any, key: str = "messaging") -> list[Item]:
    entry = {"id": PAGE, "time": 1768471190123, key: list(events)}
    return list(MESSENGER.parse(SOURCE, call({"object": "page", "entry": [entry]})))


def event(**what: Any) -> dict[str, Any]:
    return {"sender": {"id": WHO}, "recipient": {"id": PAGE}, "timestamp": 1768471190123} | what


def message(**what: Any) -> Inbound:
    (item,) = read(event(message={"mid": "m_1"} | what))
    assert isinstance(item, Inbound)
    return item


async def test_a_batch_of_a_thousand_is_taken_whole() -> None:
    events = [
        event(message={"mid": f"m_{n}", "text": "x" * 2000, "nlp": {"a": [[1]] * 9}}) for n in range(1000)
    ]
    entries = [{"id": PAGE, "time": 1, "messaging": [one]} for one in events]
    body = json.dumps({"object": "page", "entry": entries}).encode()
    assert len(body) < MESSENGER.body_limit(call(body)) == BODY_LIMIT
    items = MESSENGER.parse(SOURCE, call(body))
    assert [one.event_id for one in items if isinstance(one, Inbound)] == [f"m_{n}" for n in range(1000)]


async def test_one_that_is_too_deep_costs_itself() -> None:
    deep: Any = "x"
    for _ in range(60):
        deep = [deep]
    first, second = read(
        event(message={"mid": "m_1", "text": "hi", "nlp": deep}), event(message={"mid": "m_2"})
    )
    assert isinstance(first, Unreadable)
    assert json.loads(first.raw)["message"]["text"] == "hi"
    assert isinstance(second, Inbound)


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [5], {"id": []}, "true?"])
def test_an_odd_member_costs_itself(odd: Any) -> None:
    members = ("attachments", "quick_reply", "reply_to", "referral", "app_id", "metadata", "is_echo", "nlp")
    found = message(text="hi", **dict.fromkeys(members, odd))
    assert (found.kind, found.text, found.conv) == (Kind.MESSAGE, "hi", WHO)


@pytest.mark.parametrize("odd", [None, -1, "x", 10**18, 1e300, [], True])
def test_an_odd_time_costs_itself(odd: Any) -> None:
    (item,) = read(event(message={"mid": "m_1", "text": "hi"}) | {"timestamp": odd})
    assert isinstance(item, Inbound)
    assert item.at is None or item.at.year < 10_000


@pytest.mark.parametrize("what", ["message", "postback", "reaction", "message_edit", "read", "delivery"])
@pytest.mark.parametrize("odd", [None, 5, "x", [], [{}]])
def test_an_event_of_no_shape_is_kept_raw(what: str, odd: Any) -> None:
    (item,) = read(event(**{what: odd}))
    assert isinstance(item, Unreadable)
    assert json.loads(item.raw)[what] == odd


def test_an_edit_knows_its_number_and_each_is_another_event() -> None:
    edits = [event(message_edit={"mid": "m_1", "text": str(n), "num_edit": n}) for n in (1, 2)]
    found = [one for one in read(*edits, *edits) if isinstance(one, Inbound)]
    assert [one.event_id for one in found] == ["edit:m_1:1", "edit:m_1:2"] * 2


def test_what_the_page_does_is_no_customers_deed() -> None:
    ours = {"sender": {"id": PAGE}, "recipient": {"id": WHO}}
    reaction = event(reaction={"mid": "m_1", "action": "react", "emoji": "👍"}) | ours
    edit = event(message_edit={"mid": "m_1", "text": "x", "num_edit": 1}) | ours
    assert read(reaction, edit) == [Ignored("own_reaction"), Ignored("own_edit")]


def test_a_new_kind_is_counted_by_its_name() -> None:
    odd = "Поле?" * 100
    first, second = read(event(messaging_holograms={"x": 1}), event(**{odd: 1}))
    assert first == Ignored("messaging_holograms")
    assert isinstance(second, Ignored)
    assert 0 < len(second.why) <= 40


def test_a_deletion_as_instagram_tells_it_would_be_one() -> None:
    found = message(is_deleted=True)
    assert (found.kind, found.message_id) == (Kind.DELETE, "m_1")


def test_surrogates_do_not_reach_the_store() -> None:
    body = json.dumps(
        {"object": "page", "entry": [{"id": PAGE, "messaging": [event(message={"mid": "m", "text": "?"})]}]}
    )
    (item,) = MESSENGER.parse(SOURCE, call(body.replace('"?"', '"\\ud83d?"').encode()))
    assert isinstance(item, Inbound)
    assert item.text.encode() == "\ufffd?".encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
BODIES = [
    json.loads(one.call.body)
    for name in ("messenger", "instagram")
    for one in fixtures(name)
    if one.call.body and one.file != "malformed.json"
]
EVENTS = [
    found
    for body in BODIES
    for part in (body if isinstance(body, list) else [body])
    for entry in (part.get("entry") if isinstance(part.get("entry"), list) else [])
    if isinstance(entry, dict)
    for found in entry.get("messaging", [])
    if isinstance(found, dict) and "sender" in found
]


@given(found=st.sampled_from(EVENTS), key=st.text(max_size=9), new=JSON)
def test_whatever_else_stands_in_an_event_changes_nothing(found: dict[str, Any], key: str, new: Any) -> None:
    known = {"message", "postback", "reaction", "message_edit", "delivery", "read", "referral"}
    if known.isdisjoint(found) or key in {*known, *found}:
        return
    plain = read(found)
    readable = [one for one in plain if not isinstance(one, Unreadable)]
    assert [one for one in read(found | {key: 1}) if not isinstance(one, Unreadable)] == readable
    assert len(read(found | {key: new})) == len(plain)

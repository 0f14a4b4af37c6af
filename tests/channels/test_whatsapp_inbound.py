"""Large calls, bad items in them, and trouble that belongs to no message; single updates are fixtures."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.kit.contract import Ignored, Item, Source, Unreadable
from channels.kit.discover import load
from leads.events import Call, Inbound, Kind

WHATSAPP = load("whatsapp")
SECRET = "0123456789abcdef0123456789abcdef"
SETTINGS = {
    "phone_number_id": "900001",
    "waba_id": "800001",
    "token": "EAAtokenOfNobody0123456789",
    "app_secret": SECRET,
}
SOURCE = Source(1, "whatsapp", "shop", WHATSAPP.settings.model_validate(SETTINGS))
NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)


def call(body: Any) -> Call:
    raw = json.dumps(body).encode()
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    return Call("POST", {"x-hub-signature-256": f"sha256={signature}"}, {}, raw, NOW)


def read(body: Any) -> Sequence[Item]:
    told = call(body)
    assert len(told.body) <= WHATSAPP.body_limit(told)
    WHATSAPP.verify(SOURCE, told)
    return WHATSAPP.parse(SOURCE, told)


def entries(*values: dict[str, Any]) -> dict[str, Any]:
    told = {"metadata": {"display_phone_number": "70000000001", "phone_number_id": "900001"}}
    changes = [{"field": "messages", "value": told | value} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": "800001", "changes": changes}]}


def message(number: int, **more: Any) -> dict[str, Any]:
    who = {"from": f"7{number:010}", "from_user_id": f"RU.{number}", "id": f"wamid.{number}"}
    return who | {"timestamp": "1768471200", "type": "text", "text": {"body": f"№ {number}"}} | more


def contact(number: int) -> dict[str, Any]:
    return {"wa_id": f"7{number:010}", "user_id": f"RU.{number}", "profile": {"name": f"N{number}"}}


def test_a_thousand_updates_in_one_call_are_a_thousand_items() -> None:
    body = entries(*({"contacts": [contact(n)], "messages": [message(n)]} for n in range(1000)))
    items = [item for item in read(body) if isinstance(item, Inbound)]
    assert [item.event_id for item in items] == [f"wamid.{n}" for n in range(1000)]
    assert [item.sender.name for item in items] == [f"N{n}" for n in range(1000)]


def test_a_thousand_states_in_one_change() -> None:
    about = {"conversation": {"id": "C", "origin": {"type": "service"}}, "pricing": {"billable": False}}
    states = [
        {"id": f"wamid.{n}", "status": "read", "timestamp": "1768471200", "recipient_id": "70000000009"}
        | about
        for n in range(1000)
    ]
    items = read(entries({"statuses": states}))
    assert {item.kind for item in items if isinstance(item, Inbound)} == {Kind.STATUS}
    assert len(items) == 1000


@pytest.mark.parametrize(
    "odd",
    [
        {"text": {"body": ["no text"]}},
        {"id": ""},
        {"from": "", "from_user_id": ""},
        {"type": "image"},
        {"type": "location", "location": {"latitude": "north"}},
        {"type": "contacts", "contacts": {}},
        {"type": "contacts", "contacts": ["?"]},
        {"type": "edit", "edit": {"message": {}}},
        {"type": "revoke"},
        {"type": "reaction", "reaction": {"emoji": "👍"}},
        {"type": "system", "system": "?"},
    ],
)
@pytest.mark.parametrize("others", [1, 900])
def test_one_that_cannot_be_read_is_kept_raw_and_costs_no_other(odd: dict[str, Any], others: int) -> None:
    bad = message(7, **odd)
    items = read(entries({"messages": [*(message(n) for n in range(others)), bad, message(1000)]}))
    assert [type(item) for item in items] == [*[Inbound] * others, Unreadable, Inbound]
    (kept,) = [item for item in items if isinstance(item, Unreadable)]
    assert json.loads(kept.raw) == bad
    assert kept.why


def test_one_that_is_nested_too_deep_costs_no_other() -> None:
    deep: Any = 0
    for _ in range(60):
        deep = {"a": deep}
    items = read(entries({"messages": [message(1), message(2, new=deep), message(3)]}))
    assert [type(item) for item in items] == [Inbound, Unreadable, Inbound]


def test_half_of_a_surrogate_pair_in_a_large_call_costs_no_message() -> None:
    many = [message(n) for n in range(1500)]
    items = read(
        entries({"contacts": [contact(1)], "messages": [*many, message(2000, text={"body": "\ud83d"})]})
    )
    last = items[-1]
    assert isinstance(last, Inbound)
    assert last.text == "\ufffd"


def test_a_change_that_cannot_be_read_costs_no_other() -> None:
    body = entries({"messages": {"0": message(0)}}, {"messages": [message(1)]})
    body["entry"] += ["?", {"id": "800001"}, {"changes": ["?", {"field": 7}]}]
    kinds = [type(item) for item in read(body)]
    assert kinds == [Unreadable, Inbound, Unreadable, Unreadable, Unreadable, Unreadable]


def test_trouble_without_a_message_is_parked_with_its_sentence() -> None:
    error = {"code": 131031, "title": "Account locked", "error_data": {"details": "Contact support."}}
    (item,) = read(entries({"errors": [error]}))
    assert isinstance(item, Unreadable)
    assert item.why == "WhatsApp reports error 131031 Account locked · Contact support."
    assert json.loads(item.raw) == error


def test_a_call_of_another_number_is_ignored_by_name() -> None:
    body = entries({"metadata": {"phone_number_id": "900002"}, "messages": [message(1)]})
    assert read(body) == [Ignored("other_number")]


def test_what_is_missing_can_be_left_out() -> None:
    settings = WHATSAPP.settings.model_validate(SETTINGS)
    again = WHATSAPP.settings.model_validate(SETTINGS)
    assert settings.verify_token != again.verify_token
    assert len(settings.verify_token.get_secret_value()) > 30

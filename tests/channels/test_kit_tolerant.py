"""An odd optional member costs itself, a missing needed one costs the item; kinds become short tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from channels.kit.credentials import Credential
from channels.kit.pressed import packed, unpacked
from channels.kit.tolerant import Decimal, Id, Millis, Text, Whole, Wire, Yes, moment, token, where
from leads.events import Button


class Thing(Wire):
    id: Id
    text: Text = ""
    size: Whole = None
    lat: Decimal = None
    at: Millis = None
    on: Yes = False


ODD: list[Any] = [None, [], {}, -1e999, "x" * 3, object()]


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_member_costs_itself(odd: Any) -> None:
    thing = Thing.model_validate({"id": 1, "size": odd, "lat": odd, "at": odd, "on": odd, "text": "kept"})
    assert thing == Thing(id="1", text="kept")
    assert Thing.model_validate({"id": "1", "text": [odd]}).text == ""


@pytest.mark.parametrize("odd", [*ODD[:3], "", "x" * 501, True])
def test_a_needed_one_costs_the_item_and_nobody_reads_what_it_was(odd: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Thing.model_validate({"id": odd, "text": "secret"})
    told = where(caught.value, "thing")
    assert told.startswith("id: ")
    assert "secret" not in told


def test_what_fits_is_read() -> None:
    thing = Thing.model_validate(
        {"id": 4912661846655238145, "size": 7, "lat": "54.5", "at": 1768471200123, "on": True, "more": 1}
    )
    assert (thing.id, thing.size, thing.lat, thing.on) == ("4912661846655238145", 7, 54.5, True)
    assert moment(thing.at) == datetime(2026, 1, 15, 10, 0, 0, 123000, tzinfo=UTC)
    assert moment(None) is None
    latest = moment(Thing.model_validate({"id": "1", "at": 253_402_300_799_999}).at)
    assert latest
    assert latest.year == 9999
    assert Thing.model_validate({"id": "1", "at": 253_402_300_800_000}).at is None


def test_a_kind_is_a_short_token() -> None:
    kinds = ("memberJoined", "client_status", "PnP Delivery!", "", None, "é", {"a": 1}, "x" * 99)
    assert [token(kind) for kind in kinds] == [
        *("member_joined", "client_status", "pn_p_delivery", "unknown", "none", "unknown", "a_1", "x" * 40)
    ]


@pytest.mark.parametrize("bad", ["", "short", "x" * 20 + "\n", "x" * 20 + " y", "x" * 2001, "тайна" * 5])
def test_a_credential_that_was_copied_badly_is_refused_unseen(bad: str) -> None:
    class Settings(BaseModel):
        model_config = ConfigDict(hide_input_in_errors=True)
        token: Credential

    with pytest.raises(ValidationError, match="copy it whole") as caught:
        Settings.model_validate({"token": bad})
    assert not bad or bad not in str(caught.value)
    assert Settings.model_validate({"token": "x" * 16}).token.get_secret_value() == "x" * 16


@given(st.text(), st.text())
def test_a_button_comes_back_as_it_went(data: str, title: str) -> None:
    assert unpacked(packed(Button(title, data), 10_000)) == (data, {"title": title})


def test_data_go_before_the_title() -> None:
    assert unpacked(packed(Button("x" * 100, "y"), 50)) == ("y", {})


@pytest.mark.parametrize("text", ["", "hello", "frontdesk:", "frontdesk:{}", "frontdesk:[]", "frontdesk:[1]"])
def test_what_is_no_button_of_ours_is_none(text: str) -> None:
    assert unpacked(text) is None

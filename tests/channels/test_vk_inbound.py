"""The proof stands in the body, the answer is "ok": what VK's callbacks want beyond the conformance suite."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from channels import vk
from channels.kit import edge
from channels.kit.contract import Answered, Ignored, Outcome, Unreadable
from channels.kit.discover import load
from channels.kit.fixture import Fixture, fixtures, play
from channels.vk import buttons
from leads.errors import StoreUnavailable
from leads.events import Attachment, Button, Call, Inbound, Kind, MediaKind

VK = load("vk")
ALL = {one.file.removesuffix(".json"): one for one in fixtures("vk")}
TAKEN = [name for name, one in ALL.items() if one.expect["outcome"] == "accepted" and not one.previous]
TEXT = ALL["text"]
SOURCE = TEXT.source(VK)


def call(body: Any, fixture: Fixture = TEXT) -> Call:
    return replace(fixture.call, body=json.dumps(body, ensure_ascii=False).encode())


def body(name: str) -> dict[str, Any]:
    return dict(json.loads(ALL[name].call.body))


def message(**more: Any) -> dict[str, Any]:
    """message_new with other members of the message."""
    event = body("text")
    event["object"]["message"] |= more
    return event


def read(event: Any) -> Inbound:
    (item,) = vk.parse(SOURCE, call(event))
    assert isinstance(item, Inbound)
    return item


# --- the proof ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TAKEN)
async def test_without_the_secret_nothing_is_taken(name: str) -> None:
    right = body(name)["secret"]
    bent = [
        right[:-1],
        right + "x",
        right.upper(),
        " " + right,
        "",
        "é",
        "0" * 5000,
        None,
        5,
        [right],
        {"a": right},
    ]
    for secret in bent:
        ending = await play(VK, SOURCE, call(body(name) | {"secret": secret}))
        assert (ending.reply.status, ending.items) == (401, ()), f"taken with {secret!r}"
    bare = {key: value for key, value in body(name).items() if key != "secret"}
    assert (await play(VK, SOURCE, call(bare))).reply.status == 401


async def test_the_secret_counts_only_where_it_belongs() -> None:
    """Not in what a customer wrote, nor in headers or the query."""
    right = body("text")["secret"]
    event = message(text=right, secret=right) | {"secret": "guess", "Secret": right}
    told = replace(call(event), headers={"secret": right, "x-secret": right}, query={"secret": right})
    assert (await play(VK, SOURCE, told)).reply.status == 401


async def test_of_two_secrets_the_last_one_counts_as_in_json() -> None:
    right = body("text")["secret"]
    twice = TEXT.call.body.replace(b'"secret"', b'"secret":"' + right.encode() + b'","secret"')
    assert (await play(VK, SOURCE, replace(TEXT.call, body=twice))).reply.status == 200
    worse = TEXT.call.body[:-1] + b',"secret":"guess"}'
    assert (await play(VK, SOURCE, replace(TEXT.call, body=worse))).reply.status == 401


async def test_an_old_secret_is_good_only_during_its_rotation() -> None:
    new = SOURCE.settings.model_copy(update={"secret": SecretStr("a-newer-secret-123")})
    during = replace(SOURCE, settings=new, previous=SOURCE.settings)
    assert (await play(VK, during, TEXT.call)).outcome == "accepted"
    assert (await play(VK, replace(SOURCE, settings=new), TEXT.call)).reply.status == 401


@pytest.mark.parametrize("group_id", [7, -200100, "200100", None, True, 200100.5])
async def test_another_community_s_events_are_refused(group_id: Any) -> None:
    ending = await play(VK, SOURCE, call(body("text") | {"group_id": group_id}))
    assert (ending.reply.status, ending.items) == (403, ())


def test_a_refusal_does_not_tell_the_secret() -> None:
    assert "fixture-secret" not in repr(SOURCE)
    with pytest.raises(ValidationError) as caught:
        vk.settings.model_validate({"group_id": "x", "token": "canary", "secret": "canary" * 20})
    assert "canary" not in str(caught.value)


# --- the confirmation ---------------------------------------------------------------------------------------


async def test_the_confirmation_is_the_bare_string() -> None:
    ending = await play(VK, SOURCE, ALL["confirmation"].call)
    assert ending.reply.body == b"a1b2c3d4"
    assert ending.reply.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    "event",
    [
        message(text='{"type":"confirmation"}'),
        message(text="confirmation", payload='"confirmation"'),
        body("text") | {"event_id": "confirmation"},
        body("text") | {"note": {"type": "confirmation"}},
    ],
)
async def test_an_event_that_mentions_it_is_no_confirmation(event: Any) -> None:
    assert (await play(VK, SOURCE, call(event))).outcome == "accepted"


@pytest.mark.parametrize(
    "raw", [b'["confirmation"]', b'{"type":"confirmation"', b'"confirmation"', b'{"type":["confirmation"]}']
)
async def test_what_only_looks_like_a_confirmation_proves_nothing(raw: bytes) -> None:
    assert (await play(VK, SOURCE, replace(TEXT.call, body=raw))).reply.status == 401


# --- the answer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.IGNORED, Outcome.PARKED])
def test_what_is_kept_is_answered_ok(outcome: Outcome) -> None:
    reply = vk.answer(SOURCE, TEXT.call, Answered(outcome, (1,)))
    assert (reply.status, reply.body) == (200, b"ok")
    assert reply.content_type.startswith("text/plain")


async def test_when_the_store_is_away_vk_is_told_until_when_to_wait() -> None:
    """VK reads a date there, not seconds."""

    async def away(*_: Any) -> Any:
        raise StoreUnavailable

    reply = await edge.take(VK, SOURCE, TEXT.call, away)
    assert reply.status == 503
    until = parsedate_to_datetime(reply.headers["Retry-After"])
    assert 0 < (until - TEXT.call.received_at).total_seconds() < 60


async def test_a_retry_is_read_as_the_first_try() -> None:
    """The header says so, but it may be the first one that reached us: the event id decides."""
    again = replace(TEXT.call, headers=dict(TEXT.call.headers) | {"x-retry-counter": "3"})
    first, second = await play(VK, SOURCE, TEXT.call), await play(VK, SOURCE, again)
    assert first.items == second.items != ()


# --- what is read -------------------------------------------------------------------------------------------


def test_an_event_of_the_long_poll_has_no_secret_and_is_read_the_same() -> None:
    bare = {key: value for key, value in body("photo").items() if key != "secret"}
    assert read(bare) == read(body("photo"))


def test_events_without_an_id_are_told_apart_by_what_they_hold() -> None:
    bare = {key: value for key, value in body("text").items() if key != "event_id"}
    one, same, other = read(bare), read(bare), read({**bare, "v": "5.200"})
    assert one.content_key == same.content_key != other.content_key
    assert not one.event_id


def test_a_button_of_ours_comes_back_as_its_data() -> None:
    board = json.loads(buttons.keyboard((Button("Да", "yes:\u00e9 7"),)))
    payload = board["buttons"][0][0]["action"]["payload"]
    click = read(message(text="Да", payload=payload))
    assert (click.kind, click.text, click.fields) == (Kind.CLICK, "yes:é 7", {"title": "Да"})


@pytest.mark.parametrize(
    "payload", ['{"button": 5}', '{"button":', "[1]", "text", '{"desk": 1}', {"a": 1}, 7]
)
def test_any_other_payload_stays_with_the_message(payload: Any) -> None:
    item = read(message(text="Да", payload=payload))
    assert (item.kind, item.text) == (Kind.MESSAGE, "Да")
    assert item.fields["payload"] == (payload if isinstance(payload, str) else json.dumps(payload))


def test_a_message_that_claims_our_mark_is_still_the_customers() -> None:
    """Only of what the community wrote the mark counts."""
    assert read(message(payload=buttons.OWN)).kind is Kind.MESSAGE


@pytest.mark.parametrize(
    ("sizes", "ref"),
    [
        (
            [
                {"type": "s", "url": "a", "width": 75, "height": 50},
                {"type": "w", "url": "b", "width": 2560, "height": 1},
            ],
            "a",
        ),
        ([{"type": "s", "url": "a"}, {"type": "x", "url": "b", "width": 604, "height": 400}], "b"),
        (
            [{"type": "s", "width": 604, "height": 400}, {"type": "x", "url": "b", "width": 1, "height": 1}],
            "b",
        ),
        ([{"type": "s", "url": "a", "width": "wide", "height": 400}], "a"),
        ([], ""),
        ("odd", ""),
    ],
)
def test_the_largest_readable_size_is_the_photo(sizes: Any, ref: str) -> None:
    item = read(message(attachments=[{"type": "photo", "photo": {"id": 1, "owner_id": 2, "sizes": sizes}}]))
    assert [(one.kind, one.ref) for one in item.attachments] == [(MediaKind.PHOTO, ref)]


def test_a_voice_message_without_ogg_is_an_mp3() -> None:
    item = read(message(attachments=[{"type": "audio_message", "audio_message": {"link_mp3": "m"}}]))
    assert item.attachments == (Attachment(MediaKind.VOICE, "m", "voice.mp3", "audio/mpeg"),)


def test_messages_inside_of_messages_end_somewhere() -> None:
    inner: dict[str, Any] = {"from_id": 1, "text": "deep"}
    for _ in range(10):
        inner = {"from_id": 1, "text": "x", "fwd_messages": [inner]}
    assert read(message(fwd_messages=[inner])).fields["forwarded"] == "\n".join(["1: x"] * 4)


@pytest.mark.parametrize("more", [{"out": 1}, {"from_id": -200100}, {"from_id": 55}])
def test_who_else_writes_in_the_dialogue_is_not_the_customer(more: dict[str, Any]) -> None:
    assert vk.parse(SOURCE, call(message(**more))) == [Ignored("own_message")]


def test_an_odd_thing_costs_neither_the_message_nor_the_good_ones() -> None:
    photo = body("photo")["object"]["message"]["attachments"]
    item = read(
        message(
            text="всё тут",
            attachments=[*photo, None, {"type": "doc"}, {"type": {}}, {"type": "doc", "doc": 5}],
        )
    )
    assert item.text == "всё тут"
    assert [one.kind for one in item.attachments] == [MediaKind.PHOTO]
    assert item.fields["unsupported"].split("\n") == ["none", "doc", "unknown", "doc"]


@pytest.mark.parametrize("date", [-1, 253_402_300_800, 10**30, "soon", None])
def test_an_impossible_time_is_none(date: Any) -> None:
    assert read(message(date=date)).at is None


@pytest.mark.parametrize(
    "event",
    [
        message(from_id="x"),
        message(peer_id=None),
        body("text") | {"object": {"message": []}},
        body("text") | {"object": "odd"},
        body("comment") | {"object": {"id": 1}},
        body("lead_form") | {"object": {"form_id": 1}},
        body("read") | {"object": {}},
        {"type": 5},
        ["message_new"],
    ],
)
def test_what_lacks_what_we_need_is_kept_raw(event: Any) -> None:
    told = call(event)
    (item,) = vk.parse(SOURCE, told)
    assert isinstance(item, Unreadable)
    assert item.raw == told.body
    assert "Хочу" not in item.why


def test_a_lead_form_is_the_same_lead_by_whatever_event() -> None:
    one, two = read(body("lead_form")), read(body("lead_form") | {"event_id": "another"})
    assert one.event_id == two.event_id == "lead5"


def test_a_comment_and_a_dialogue_are_two_conversations_of_one_person() -> None:
    comment, text = read(body("comment")), read(body("text"))
    assert comment.sender.external_id == text.sender.external_id
    assert comment.conv != text.conv


def test_an_edit_is_dated_by_its_edit() -> None:
    event = body("edit")
    assert read(event).at == datetime(2026, 1, 15, 10, 1, tzinfo=UTC)
    del event["object"]["update_time"]
    assert read(event).at == datetime(2026, 1, 15, 10, tzinfo=UTC)

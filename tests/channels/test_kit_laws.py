"""Laws of the kit that hold for any bytes, secrets, dates and headers."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from channels.kit import edge, serving
from channels.kit.contract import Answered, Outcome, Source
from channels.kit.errors import Malformed, Rejected
from channels.kit.outbound import VendorAnswer, general_error, retry_after
from channels.kit.reading import parse_json, text_of, well_formed
from channels.kit.verify import (
    MAX_SKEW,
    base64_text,
    hmac_sha256,
    require_fresh,
    same,
    standard_key,
    standard_signature,
    standard_webhook,
)
from leads.events import Call, SendCode

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOURCE = Source(1, "toy", "key", None)
ANY_TEXT = st.text(st.characters(exclude_categories=()))
SECRETS = st.binary(min_size=24, max_size=64).map(lambda raw: "whsec_" + base64.b64encode(raw).decode())
HEADER = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


def signed(secret: str, event: str, body: bytes, at: datetime = NOW) -> Call:
    stamp = str(int(at.timestamp()))
    headers = {
        "webhook-id": event,
        "webhook-timestamp": stamp,
        "webhook-signature": standard_signature(secret, event, stamp, body),
    }
    return Call("POST", headers, {}, body, NOW)


# --- proofs -------------------------------------------------------------------------------------------------


@given(SECRETS, HEADER, st.binary())
def test_what_is_signed_is_taken_and_names_its_event(secret: str, event: str, body: bytes) -> None:
    assert standard_webhook(signed(secret, event, body), secret) == event


@given(SECRETS, HEADER, st.binary(min_size=1), st.data())
def test_one_other_bit_is_refused(secret: str, event: str, body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body) * 8 - 1))
    other = bytearray(body)
    other[at // 8] ^= 1 << at % 8
    call = signed(secret, event, body)
    with pytest.raises(Rejected):
        standard_webhook(Call("POST", call.headers, {}, bytes(other), NOW), secret)


@given(SECRETS, SECRETS, HEADER, st.binary())
def test_another_secret_is_refused_and_both_pass_during_a_rotation(
    first: str, second: str, event: str, body: bytes
) -> None:
    assume(standard_key(first) != standard_key(second))
    one, two = signed(first, event, body), signed(second, event, body)
    with pytest.raises(Rejected):
        standard_webhook(one, second)
    both = f"{one.headers['webhook-signature']} {two.headers['webhook-signature']}"
    call = Call("POST", {**one.headers, "webhook-signature": both}, {}, body, NOW)
    assert standard_webhook(call, first) == standard_webhook(call, second) == event


@given(st.integers(-(10**6), 10**6))
@example(MAX_SKEW)
@example(-MAX_SKEW)
@example(MAX_SKEW + 1)
@example(-MAX_SKEW - 1)
def test_a_time_counts_for_five_minutes_both_ways(off: int) -> None:
    stamp = str(int(NOW.timestamp()) + off)
    if abs(off) <= MAX_SKEW:
        require_fresh(stamp, NOW)
        require_fresh(f"{stamp}500", NOW + timedelta(milliseconds=500), unit=1000)
        return
    with pytest.raises(Rejected):
        require_fresh(stamp, NOW)


@given(ANY_TEXT)
def test_what_is_no_time_is_refused_and_never_an_error(stamp: str) -> None:
    assume(not (stamp.isascii() and stamp.isdigit()))
    with pytest.raises(Rejected):
        require_fresh(stamp, NOW)


@given(ANY_TEXT, ANY_TEXT)
def test_two_texts_are_the_same_only_when_they_are(given_: str, ours: str) -> None:
    assert same(given_, ours) == (given_ == ours != "")
    assert same(ours, ours) == bool(ours)
    assert not same(given_, "")


@given(st.lists(st.binary(), max_size=4), st.binary(min_size=1))
def test_the_parts_of_a_digest_are_put_together(parts: list[bytes], key: bytes) -> None:
    assert hmac_sha256(key, *parts) == hmac_sha256(key, b"".join(parts))
    assert base64.b64decode(base64_text(hmac_sha256(key, *parts))) == hmac_sha256(key, *parts)


# --- reading ------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(ANY_TEXT)
def test_any_text_can_be_stored_and_only_halves_of_pairs_change(text: str) -> None:
    tame = well_formed(text)
    tame.encode()
    assert well_formed(tame) == tame
    if not any("\ud800" <= one <= "\udfff" for one in text):
        assert tame == text


@settings(deadline=None)
@given(st.binary(max_size=200) | ANY_TEXT.map(lambda text: json.dumps(text).encode()))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        value = parse_json(body)
    except Malformed as error:
        refused = error
    else:
        json.dumps(value, ensure_ascii=False).encode()
        return
    assert (refused.status, bool(str(refused))) == (400, True)


@given(st.binary())
def test_text_is_utf8_without_its_mark_or_malformed(body: bytes) -> None:
    try:
        text = text_of(body)
    except Malformed:
        with pytest.raises(UnicodeDecodeError):
            body.decode()
        return
    assert text.encode() in {body, body.removeprefix(b"\xef\xbb\xbf")}


def nested(depth: int, value: object) -> Any:
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


@given(st.integers(0, 40), st.integers(1, 20))
def test_depth_is_counted_exactly(depth: int, limit: int) -> None:
    body = json.dumps(nested(depth, 1)).encode()
    if depth <= limit:
        assert parse_json(body, max_depth=limit) == nested(depth, 1)
        return
    with pytest.raises(Malformed, match=f"deeper than {limit} "):
        parse_json(body, max_depth=limit)


# --- sending ------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**8))
def test_a_wait_in_seconds_is_believed(seconds: int) -> None:
    assert retry_after({"retry-after": f" {seconds} "}) == seconds


@given(st.integers(-(10**6), 10**6))
def test_a_wait_until_a_date_is_counted_by_the_vendors_own_clock(off: int) -> None:
    until = format_datetime(NOW + timedelta(seconds=off), usegmt=True)
    headers = {"retry-after": until, "date": format_datetime(NOW, usegmt=True)}
    assert retry_after(headers) == max(0, off)


@given(ANY_TEXT, ANY_TEXT)
def test_any_header_is_a_wait_or_none(value: str, date: str) -> None:
    found = retry_after({"retry-after": value, "date": date})
    assert found is None or found >= 0
    assert retry_after({}) is None


@given(st.integers(200, 599), st.text())
def test_every_status_has_a_meaning_and_only_429_waits(status: int, text: str) -> None:
    error = general_error(VendorAnswer(status, {"retry-after": "7"}, text, None), "send")
    assert (error.code is SendCode.RETRY) == (status == 429)
    assert error.retry_after == (7 if status == 429 else None)
    assert len(error.detail) < 400
    if status >= 500:
        assert error.code is SendCode.UNAVAILABLE


# --- answering ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", list(Outcome))
@given(why=st.text(), seconds=st.none() | st.integers(1, 1000))
def test_every_answer_is_json_of_its_status_and_says_how_long_to_wait(
    outcome: Outcome, why: str, seconds: int | None
) -> None:
    call = Call("POST", {}, {}, b"", NOW)
    reply = edge.default_answer(SOURCE, call, Answered(outcome, (1,), why, seconds))
    body = json.loads(reply.body)
    status, title, advice = edge.HTTP[outcome]
    assert reply.status == status
    if status < 400:
        assert body == {"status": title.lower()}
        return
    assert reply.content_type == "application/problem+json"
    assert body["status"] == status
    assert body["detail"] == (why or advice)
    assert ("Retry-After" in reply.headers) == (seconds is not None or status in {429, 503})


def test_a_duplicate_and_a_parked_one_hear_what_a_taken_one_hears() -> None:
    """Who sends spam, or sends again, learns nothing by the answer."""
    call = Call("POST", {}, {}, b"", NOW)
    answers = [
        edge.default_answer(SOURCE, call, Answered(outcome, (1,)))
        for outcome in (Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.PARKED)
    ]
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("status", [400, 404, 405, 413, 415, 431, 500])
def test_a_problem_of_the_port_is_a_problem_like_all_others(status: int) -> None:
    answer = serving.problem(status, "What to do.")
    assert answer.status == status
    assert answer.content_type == "application/problem+json"
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["status"] == status

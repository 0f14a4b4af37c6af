"""Proofs: the published answers, and what must not pass."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from channels.kit.errors import Rejected
from channels.kit.verify import (
    base64_text,
    hmac_sha256,
    require_fresh,
    require_secret,
    same,
    standard_key,
    standard_signature,
    standard_webhook,
)
from leads.events import Call

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
BODY = b'{"type":"lead.created","data":{"id":"L1"}}'
NOW = datetime.fromtimestamp(1767350400, UTC)


def signed(**other: str) -> Call:
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1767350400",
        "webhook-signature": "v1,nEoUhPLDY2N1/QkXDFnkcHWOTFY7fzPSmcrMr9fMw1c=",
    }
    return Call(
        "POST", headers | {name.replace("_", "-"): value for name, value in other.items()}, {}, BODY, NOW
    )


def test_the_published_vector_verifies_and_gives_the_event_id() -> None:
    assert standard_webhook(signed(), SECRET) == "msg_1"


def test_the_outside_judge_takes_our_signatures() -> None:
    timestamp = str(int(datetime.now(UTC).timestamp()))
    entry = standard_signature(SECRET, "e1", timestamp, BODY)
    headers = {"webhook-id": "e1", "webhook-timestamp": timestamp, "webhook-signature": f"v1a,x {entry}"}
    assert Webhook(SECRET).verify(BODY, headers)
    assert standard_webhook(Call("POST", headers, {}, BODY, datetime.now(UTC)), SECRET) == "e1"


@pytest.mark.parametrize(
    "broken",
    [
        {"webhook_id": ""},
        {"webhook_id": "msg_2"},
        {"webhook_timestamp": "1767350401"},
        {"webhook_timestamp": "1767350400.0"},
        {"webhook_timestamp": "١٧٦٧٣٥٠٤٠٠"},
        {"webhook_timestamp": "9" * 5000},
        {"webhook_signature": "nEoUhPLDY2N1/QkXDFnkcHWOTFY7fzPSmcrMr9fMw1c="},
        {"webhook_signature": "v1a,nEoUhPLDY2N1/QkXDFnkcHWOTFY7fzPSmcrMr9fMw1c="},
        {"webhook_signature": "v1, é \ud800"},
    ],
)
def test_a_broken_proof_is_rejected(broken: dict[str, str]) -> None:
    with pytest.raises(Rejected):
        standard_webhook(signed(**broken), SECRET)


@pytest.mark.parametrize(("seconds", "taken"), [(-301, False), (-299, True), (300, True), (301, False)])
def test_a_time_is_fresh_for_five_minutes_both_ways(seconds: int, taken: bool) -> None:
    for unit in (1, 1000):
        stamp = str((1767350400 + seconds) * unit)
        if taken:
            require_fresh(stamp, NOW, unit=unit)
        else:
            with pytest.raises(Rejected, match="five minutes"):
                require_fresh(stamp, NOW, unit=unit)


def test_a_plain_hmac_has_the_published_value() -> None:
    assert hmac_sha256("secret", b'{"a":', "1}").hex() == (
        "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494"
    )
    assert base64_text(hmac_sha256("secret", '{"a":1}')) == "qp4uNXX11wmLbKzNeQiIw21f22M0KnO62i1qUXR6hJQ="


def test_an_empty_secret_matches_nothing() -> None:
    assert same("key", b"key")
    assert not same("", "")
    assert not same("ключ", "key")


def test_a_missing_and_a_wrong_secret_are_told_apart_without_telling_it() -> None:
    with pytest.raises(Rejected, match="x-token is missing"):
        require_secret(signed(), "x-token", "s3cret")
    with pytest.raises(Rejected) as wrong:
        require_secret(signed(x_token="s3cre"), "x-token", "s3cret")
    assert "s3cre" not in str(wrong.value)


def test_a_signing_secret_is_the_base64_inside() -> None:
    raw = bytes(range(32))
    assert standard_key("whsec_" + base64.b64encode(raw).decode()) == raw
    with pytest.raises(ValueError, match="whsec_"):
        standard_key("whsec_***")

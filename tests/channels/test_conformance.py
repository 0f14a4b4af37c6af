"""What every channel must do, whoever wrote it: its own fixtures, and the same attacks on all.

The folder scan finds the channels; adding one changes nothing here.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from channels.kit.contract import Channel, Source, Unreadable
from channels.kit.discover import ROOM, channels, offers
from channels.kit.errors import Rejected
from channels.kit.fixture import Fixture, fixtures, mismatches, play
from channels.kit.verify import MAX_SKEW
from leads.events import Call

NAMES = list(channels())
FIXTURES = [fixture for name in NAMES for fixture in fixtures(name)]
REFUSED = {"rejected", "forbidden"}
UNREADABLE = {"malformed", "unsupported", "too_large", "parked"}


def case(fixture: Fixture) -> str:
    return f"{fixture.channel}/{fixture.file}"


def signs(fixture: Fixture) -> bool:
    channel = channels()[fixture.channel]
    return channel.signed(fixture.source(channel))


def proven() -> Iterator[Fixture]:
    """Fixtures that are taken because of a proof which stands in their headers, or in their body."""
    for fixture in FIXTURES:
        if signs(fixture) and fixture.expect["outcome"] == "accepted" and not fixture.previous:
            yield fixture


PROVEN = list(proven())


def both(fixture: Fixture) -> tuple[Channel, Source]:
    channel = channels()[fixture.channel]
    return channel, fixture.source(channel)


def refused_without(fixture: Fixture, name: str) -> bool:
    channel, source = both(fixture)
    headers = {key: value for key, value in fixture.call.headers.items() if key != name}
    try:
        channel.verify(source, replace(fixture.call, headers=headers))
    except Rejected:
        return True
    return False


def proof_headers(fixture: Fixture) -> list[str]:
    return [name for name in fixture.call.headers if refused_without(fixture, name)]


def rotated(source: Source) -> Any:
    """The same settings with every secret another one of the same shape."""
    secrets = {name: value for name, value in source.settings if isinstance(value, SecretStr)}
    other = {name: SecretStr(another(value.get_secret_value())) for name, value in secrets.items()}
    return source.settings.model_copy(update=other)


def another(secret: str) -> str:
    middle = len(secret) // 2
    return secret[:middle] + ("A" if secret[middle] != "A" else "B") + secret[middle + 1 :]


# ── its own fixtures ────────────────────────────────────────


@pytest.mark.parametrize("fixture", FIXTURES, ids=case)
async def test_fixture_ends_as_expected(fixture: Fixture) -> None:
    channel, source = both(fixture)
    assert mismatches(fixture, await play(channel, source, fixture.call)) == []


@pytest.mark.parametrize("name", NAMES)
def test_has_the_fixtures_that_every_channel_needs(name: str) -> None:
    mine = [fixture for fixture in FIXTURES if fixture.channel == name]
    ends = {fixture.expect["outcome"] for fixture in mine}
    assert "accepted" in ends, f"channels/{name}/fixtures: none is accepted"
    assert "ignored" in ends, f"channels/{name}/fixtures: none is ignored"
    assert ends & UNREADABLE, f"channels/{name}/fixtures: none is malformed"
    channel = channels()[name]
    if channel.can.signed or any("secret" in field for field in channel.settings.model_fields):
        assert any(map(signs, mine)), f"channels/{name}/fixtures: none of a source that signs"
        badly = [one for one in mine if signs(one) and one.expect["outcome"] in REFUSED]
        assert badly, f"channels/{name}/fixtures: none is badly signed"


@pytest.mark.parametrize("name", NAMES)
def test_keeps_what_it_promises(name: str) -> None:
    channel = channels()[name]
    can = channel.can
    assert (ROOM / name / "README.md").is_file(), f"channels/{name} has no README.md: how is it set up?"
    assert can.webhook or can.polling, f"channels/{name} has no way in"
    assert can.polling == offers(channel, "poll")
    assert can.answers == offers(channel, "send")
    assert can.media == frozenset() or can.answers, f"channels/{name} cannot send media without send"


@pytest.mark.parametrize("name", NAMES)
def test_settings_hide_their_secrets(name: str) -> None:
    for field, info in channels()[name].settings.model_fields.items():
        if any(word in field for word in ("secret", "token", "password")):
            assert "SecretStr" in str(info.annotation), f"channels/{name}: {field} would show up in logs"


@pytest.mark.parametrize("fixture", FIXTURES, ids=case)
async def test_what_is_read_is_in_normal_form(fixture: Fixture) -> None:
    channel, source = both(fixture)
    first, again = [await play(channel, source, fixture.call) for _ in range(2)]
    assert first.items == again.items, "reading twice gives two results: a retry would not be recognised"
    for item in first.inbound:
        assert bool(item.event_id) != bool(item.content_key), "either an event id or a content key"
        assert item.conv, "no conv: nothing keeps the order"
        assert item.at is None or item.at.tzinfo is not None, "a time without its zone"
        assert not (item.thread and not channel.can.answers), "a thread where nobody can be answered"
        assert all(isinstance(value, str) for value in item.fields.values())
        json.dumps(asdict(item), default=str, ensure_ascii=False).encode()
        if any(one.ref for one in item.attachments):
            assert offers(channel, "fetch_media"), "files come in, but there is no fetch_media"


# ── the same attacks on all ────────────────────────────────────────


@pytest.mark.parametrize("fixture", PROVEN, ids=case)
async def test_without_its_proof_nothing_is_taken(fixture: Fixture) -> None:
    channel, source = both(fixture)
    worse = bent_headers(fixture) or bent_bodies(fixture)
    assert worse, "it claims to be signed, but no header matters, and no secret in the body"
    for call in worse:
        ending = await play(channel, source, call)
        assert (ending.reply.status, ending.items) == (401, ()), (
            f"taken with {call.headers} {call.body[:200]!r}"
        )


def bent_headers(fixture: Fixture) -> list[Call]:
    """The call without its proof, and with broken ones."""
    names, headers = proof_headers(fixture), fixture.call.headers
    bent = [
        {**headers, name: bad}
        for name in names
        for value in (headers[name],)
        for bad in (value[:-3] + "zzz", value + "x", " ", "é", "v1,", "0" * 5000, another(value))
    ]
    worse: list[dict[str, str]] = [{}, *bent] if names else []
    return [replace(fixture.call, headers=one) for one in worse]


def bent_bodies(fixture: Fixture) -> list[Call]:
    """The same where the proof is a secret in the body."""
    _, source = both(fixture)
    secrets = [one.get_secret_value() for _, one in source.settings if isinstance(one, SecretStr)]
    return [
        replace(
            fixture.call,
            body=fixture.call.body.replace(json.dumps(secret).encode(), json.dumps(bad).encode()),
        )
        for secret in secrets
        if json.dumps(secret).encode() in fixture.call.body
        for bad in (
            secret[:-3] + "zzz",
            secret + "x",
            "",
            " ",
            "é",
            "0" * 5000,
            another(secret),
            None,
            [secret],
        )
    ]


@pytest.mark.parametrize("fixture", PROVEN, ids=case)
async def test_an_old_secret_is_good_only_during_its_rotation(fixture: Fixture) -> None:
    channel, source = both(fixture)
    new = rotated(source)
    during = await play(channel, replace(source, settings=new, previous=source.settings), fixture.call)
    assert during.outcome == "accepted"
    after = await play(channel, replace(source, settings=new), fixture.call)
    assert (after.reply.status, after.items) == (401, ())


@pytest.mark.parametrize("fixture", PROVEN, ids=case)
async def test_a_signed_time_is_good_for_five_minutes(fixture: Fixture) -> None:
    channel, source = both(fixture)
    if not any(
        is_time(fixture.call.headers[name], fixture.call.received_at) for name in proof_headers(fixture)
    ):
        return  # no time is signed, so a replay is recognised by its event id alone
    for seconds, status in (
        (-MAX_SKEW - 2, 401),
        (-MAX_SKEW + 2, 200),
        (MAX_SKEW - 2, 200),
        (MAX_SKEW + 2, 401),
    ):
        late = replace(fixture.call, received_at=fixture.call.received_at + timedelta(seconds=seconds))
        assert (await play(channel, source, late)).reply.status == status, f"{seconds} s off"


def is_time(value: str, near: datetime) -> bool:
    digits = value if value.isdigit() else "0"
    return any(abs(int(digits) / unit - near.timestamp()) < 2 * MAX_SKEW for unit in (1, 1000))


BAD_BODIES = {
    "deep nesting": b'{"a":' * 100_000,
    "deep and closed": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "not UTF-8": b'{"name":"\xff\xfe"}',
    "empty": b"",
    "blank": b" \r\n",
    "no object": b"17",
    "huge number": b"1" * 100_000,
    "not a number": b'{"name":NaN}',
    "too many members": b"[" + b"1," * 50_000 + b"1]",
}


@pytest.mark.parametrize("why", BAD_BODIES)
@pytest.mark.parametrize("name", NAMES)
async def test_an_unreadable_body_is_refused_only_when_nobody_proved_it(name: str, why: str) -> None:
    body = BAD_BODIES[why]
    for fixture in first_of_each_kind(name):
        channel, source = both(fixture)
        headers = {**fixture.call.headers, "content-type": "application/json"}
        ending = await play(channel, source, replace(fixture.call, headers=headers, body=body))
        assert ending.inbound == []
        if ending.outcome in REFUSED:  # its signature covers the body
            assert signs(fixture)
        elif signs(fixture):
            assert (ending.outcome, ending.reply.status) == ("parked", 200)
            assert [item.raw for item in ending.items if isinstance(item, Unreadable)] == [body]
        else:
            assert (ending.outcome, ending.reply.status) == ("malformed", 400)
            assert ending.reply.content_type == "application/problem+json"


def first_of_each_kind(name: str) -> list[Fixture]:
    """An accepted fixture with a proof and one without, as far as the channel has them."""
    taken = [one for one in FIXTURES if one.channel == name and one.expect["outcome"] == "accepted"]
    return list({signs(one): one for one in taken}.values())


@pytest.mark.parametrize("name", NAMES)
async def test_a_wrong_content_type_is_no_crash(name: str) -> None:
    for fixture in first_of_each_kind(name):
        channel, source = both(fixture)
        for kind in ("", "application/octet-stream", "multipart/form-data", "é/ü; charset=nonsense"):
            headers = {**fixture.call.headers, "content-type": kind}
            ending = await play(channel, source, replace(fixture.call, headers=headers))
            allowed = {200} if signs(fixture) else {200, 303, 400, 415}
            assert ending.reply.status in allowed
            assert not any(isinstance(item, Unreadable) and "failed" in item.why for item in ending.items)

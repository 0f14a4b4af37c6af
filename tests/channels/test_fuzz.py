"""Whatever arrives, a reader says `Malformed` or `Rejected` at worst."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from random import Random, randrange
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.kit.contract import Item
from channels.kit.discover import channels
from channels.kit.errors import Malformed, Rejected
from channels.kit.fixture import Fixture, fixtures, play
from leads.events import Call, Inbound

NAMES = list(channels())
FIXTURES = {name: fixtures(name) for name in NAMES}
IN_A_RUN = 2_000  # of each channel
IN_A_SOAK = 100_000

WEIRD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "\x00", "\ud800", "\u202e", "😀" * 50, "1" * 400, "1e999", "-0", "null"]),
    st.recursive(st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner)),
)
TYPES = st.sampled_from(
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=X",
        "multipart/form-data; boundary*=utf-8''%ff",
        "text/plain",
        "application/ld+json",
        "",
    ]
)
FRAGMENTS = [
    *(b"--X\r\n", b"--X--", b"\r\n\r\n", b'Content-Disposition: form-data; name="a"; filename="b"'),
    *(b"a[b][]=1&", b"phone=", b"_ts=99999999999999&", b"%ff%00", b"=", b"&"),
    *(b'{"a":', b"[", b"}", b'"\\ud83d"', b"\xff", b"\x00"),
]
PIECES = st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=12), max_size=12).map(b"".join)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


@st.composite
def mutated_body(draw: st.DrawFn, body: bytes) -> bytes:
    """A body with one JSON value replaced, or with bytes cut, doubled or put in."""
    with suppress(ValueError):
        value = json.loads(body)
        changed = put(value, draw(st.sampled_from(places(value))), draw(WEIRD))
        return json.dumps(changed).encode()
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(len(body), start + 40)))
    return body[:start] + draw(PIECES) + body[end:]


@st.composite
def calls(draw: st.DrawFn, name: str) -> tuple[Fixture, Call]:
    """A fixture's call with another body, mutated or made up, and now and then another content type."""
    fixture = draw(st.sampled_from(FIXTURES[name]))
    body = draw(st.one_of(PIECES, mutated_body(fixture.call.body)))
    headers = dict(fixture.call.headers)
    if draw(st.booleans()):
        headers["content-type"] = draw(TYPES)
    for key in draw(st.sets(st.sampled_from(sorted(headers) or ["accept"]), max_size=1)):
        headers[key] = draw(
            st.text(st.characters(codec="latin-1"), max_size=30) | st.just(headers.get(key, ""))
        )
    return fixture, replace(fixture.call, headers=headers, body=body)


def read(name: str, fixture: Fixture, call: Call) -> None:
    """Not through the edge, which would hide a crash by parking the call."""
    channel = channels()[name]
    source = fixture.source(channel)
    with suppress(Rejected):
        channel.verify(source, call)
    items: Sequence[Item] = ()
    with suppress(Malformed):
        items = channel.parse(source, call)
    for item in items:
        if isinstance(item, Inbound):
            assert bool(item.event_id) != bool(item.content_key)
            assert item.conv
            # The store takes no half of a surrogate pair.
            json.dumps(asdict(item), default=str, ensure_ascii=False).encode()


FUZZ = settings(
    max_examples=IN_A_RUN,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.parametrize("name", NAMES)
def test_no_call_breaks_a_reader_or_the_edge(name: str) -> None:
    with asyncio.Runner() as runner:

        @FUZZ
        @given(calls(name))
        def take(drawn: tuple[Fixture, Call]) -> None:
            fixture, call = drawn
            read(name, fixture, call)
            channel = channels()[name]
            assert runner.run(play(channel, fixture.source(channel), call)).reply.status < 500

        take()


WEIRDEST: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        10**30,
        1.5,
        1e300,
        "",
        " ",
        "x" * 5000,
        "\x00",
        "\ud83d",
        "\u202e",
        "1e999",
        "null",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        {"": None},
        {"id": {}},
        [{}] * 50,
        "2026-02-30T25:61:00Z",
        "-1",
        "\u0661\u0662",
        "https://[",
    ),
]


def mutated(random: Random, fixture: Fixture) -> Call:
    """Sooner made than drawn: some of a JSON body's values replaced, or bytes cut, doubled, put in."""
    body, headers = fixture.call.body, dict(fixture.call.headers)
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if value is not None and random.random() < 0.8:
        for _ in range(random.choice((1, 1, 2, 5))):
            value = put(value, random.choice(places(value)), random.choice(WEIRDEST))
        body = json.dumps(value).encode()
    else:
        start = random.randint(0, len(body))
        end = min(len(body), start + random.randint(0, 40))
        body = body[:start] + random.choice((b"", body[start:end] * 3, random.choice(FRAGMENTS))) + body[end:]
    if headers and random.random() < 0.1:
        headers[random.choice(sorted(headers))] = random.choice(("", "é", "x" * 300, "0", "=,;"))
    return replace(fixture.call, headers=headers, body=body)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", NAMES)
def test_no_call_breaks_a_reader_for_long(
    name: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    if "soak" not in request.config.option.markexpr:
        pytest.skip("long: make soak")
    seed = randrange(2**32)
    random, slowest = Random(seed), 0.0
    for _ in range(IN_A_SOAK):
        fixture = random.choice(FIXTURES[name])
        call = mutated(random, fixture)
        began = time.process_time()
        try:
            read(name, fixture, call)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {call.headers} {call.body!r}") from error
        slowest = max(slowest, time.process_time() - began)
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {IN_A_SOAK:,} calls, the slowest took {1000 * slowest:.1f} ms of CPU")

"""What the load posts for a channel is what that channel takes, a new message each time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bench.load import Order, prepared
from bench.messages import HERE, KEY, channels, made, raw
from channels.kit.contract import Source
from channels.kit.discover import channels as known
from channels.kit.fixture import play
from leads.events import Call


def test_every_channel_that_can_answer_is_measured() -> None:
    assert set(channels()) == {name for name, channel in known().items() if channel.can.answers}


@pytest.mark.parametrize("name", channels())
async def test_each_post_is_taken_and_is_another_message(name: str) -> None:
    channel, posts = known()[name], made(name, 3)
    source = Source(1, name, KEY, channel.settings.model_validate(dict(posts.settings)), base_url=HERE)
    heard = set()
    for number, push in enumerate(posts.pushes, 1):
        headers = {key.lower(): value for key, value in push.headers.items()}
        call = Call("POST", headers, {}, push.body, datetime.now(UTC))
        ending = await play(channel, source, call)
        (event,) = ending.inbound
        assert (ending.outcome, event.text.startswith(f"lead-{number:09}")) == ("accepted", True)
        heard |= {event.conv, event.event_id or event.content_key}
    assert len(heard) == 6
    request = raw(name, posts.pushes[0])
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(f"POST /in/{name}/{KEY} HTTP/1.1\r\n".encode())
    assert f"Content-Length: {len(body)}".encode() in head


def test_the_load_signs_before_the_clock_runs() -> None:
    assert len(prepared(Order(80, count=2, channel="line"))) == 2
    assert prepared(Order(80, count=2)) == []

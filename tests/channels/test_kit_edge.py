"""From a call to an answer: order of the steps, and every outcome's HTTP."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from channels.kit import edge
from channels.kit.contract import Answered, Ignored, Item, Outcome, Reply, Source, Unreadable
from channels.kit.discover import complete
from channels.kit.errors import Malformed, Rejected
from leads.errors import StoreUnavailable
from leads.events import Call, Capabilities, Inbound, Kind, Receipt, Sender

CALL = Call("POST", {}, {}, b"raw", datetime(2026, 1, 15, tzinfo=UTC))
HELLO = Inbound(Kind.MESSAGE, Sender("7"), conv="7", event_id="e1")


class Plain(BaseModel):
    secret: str = "now"


class Toy:
    """A channel in memory whose steps can be replaced, and a store that notes what it was given."""

    def __init__(self, **steps: Any) -> None:
        module: Any = ModuleType("toy")
        module.name, module.settings = "toy", Plain
        module.can = Capabilities(answers=False, signed=steps.pop("signed", False))
        module.verify = steps.pop("verify", lambda source, call: None)
        module.parse = steps.pop("parse", lambda source, call: [HELLO])
        for name, step in steps.items():
            setattr(module, name, step)
        self.channel = complete(module, "toy")
        self.stored: list[Item] = []
        self.seen = False
        self.down = False

    async def accept(self, source: Source, call: Call, items: Sequence[Item]) -> Receipt:
        if self.down:
            raise StoreUnavailable
        self.stored.extend(items)
        return Receipt((41,), 0 if self.seen else 1)

    async def take(self, **source: Any) -> Reply:
        door = Source(1, "toy", "k", **({"settings": Plain()} | source))
        return await edge.take(self.channel, door, CALL, self.accept)


def refuse(error: Exception) -> Any:
    def step(source: Source, call: Call) -> None:
        raise error

    return step


def body(reply: Reply) -> Any:
    return json.loads(reply.body)


async def test_taken_is_200_only_after_the_store_has_it() -> None:
    toy = Toy()
    assert (await toy.take()).status == 200
    assert toy.stored == [HELLO]
    toy.down = True
    reply = await toy.take()
    assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
    assert "again later" in body(reply)["detail"]


async def test_a_duplicate_is_answered_like_the_first() -> None:
    toy = Toy()
    first = await toy.take()
    toy.seen = True
    assert await toy.take() == first


async def test_an_unknown_source_is_404_and_nothing_runs() -> None:
    toy = Toy(handshake=refuse(AssertionError()))
    reply = await edge.take(toy.channel, None, CALL, toy.accept)
    assert (reply.status, reply.content_type) == (404, "application/problem+json")
    assert body(reply)["type"] == "urn:frontdesk:problem:unknown-source"


async def test_a_handshake_comes_before_the_proof() -> None:
    toy = Toy(handshake=lambda source, call: Reply(200, b"pong"), verify=refuse(Rejected("no")))
    assert (await toy.take()).body == b"pong"


@pytest.mark.parametrize(("forbidden", "status"), [(False, 401), (True, 403)])
async def test_without_proof_nothing_is_read(forbidden: bool, status: int) -> None:
    toy = Toy(verify=refuse(Rejected("Sign it.", forbidden=forbidden)), parse=refuse(AssertionError()))
    reply = await toy.take()
    assert (reply.status, toy.stored) == (status, [])
    assert body(reply) == {
        "type": f"urn:frontdesk:problem:{'forbidden' if forbidden else 'rejected'}",
        "title": body(reply)["title"],
        "status": status,
        "detail": "Sign it.",
    }


async def test_the_previous_settings_are_tried_while_there_are_any() -> None:
    def verify(source: Source, call: Call) -> None:
        if source.settings.secret != "old":
            raise Rejected("no")

    toy = Toy(verify=verify)
    assert (await toy.take()).status == 401
    assert (await toy.take(previous=Plain(secret="old"))).status == 200
    assert (await toy.take(previous=Plain(secret="older"))).status == 401


@pytest.mark.parametrize("status", [400, 413, 415])
async def test_unreadable_is_refused_where_nobody_proved_it_and_parked_where_somebody_did(
    status: int,
) -> None:
    parse = refuse(Malformed("It is bent.", status=status))
    unsigned = Toy(parse=parse)
    reply = await unsigned.take()
    assert (reply.status, body(reply)["detail"], unsigned.stored) == (status, "It is bent.", [])
    signed = Toy(parse=parse, signed=True)
    assert (await signed.take()).status == 200
    assert signed.stored == [Unreadable(b"raw", "It is bent.")]


async def test_our_own_crash_is_parked_and_logged_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    for signed in (True, False):
        toy = Toy(parse=refuse(KeyError("name")), signed=signed)
        assert (await toy.take()).status == 200
        assert toy.stored == [Unreadable(b"raw", "our reader failed: KeyError")]
    assert "channels/toy could not read a call" in caplog.text


async def test_what_is_not_for_us_is_200_and_told_to_the_store() -> None:
    toy = Toy(parse=lambda source, call: [])
    reply = await toy.take()
    assert (reply.status, body(reply), toy.stored) == (200, {"status": "ignored"}, [Ignored("empty")])


async def test_a_channel_answers_in_its_own_words_errors_too() -> None:
    def answer(source: Source, call: Call, answered: Answered) -> Reply:
        return Reply(
            edge.HTTP[answered.outcome][0], f"{answered.outcome} {answered.ids} {answered.why}".encode()
        )

    assert (await Toy(answer=answer).take()).body == b"accepted (41,) "
    assert (await Toy(answer=answer, verify=refuse(Rejected("no"))).take()).body == b"rejected () no"


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_answer(outcome: Outcome) -> None:
    source = Source(1, "toy", "k", Plain())
    reply = edge.default_answer(source, CALL, Answered(outcome, retry_after=9))
    assert reply.status == edge.HTTP[outcome][0]
    if reply.status >= 400:
        assert body(reply)["status"] == reply.status
        assert body(reply)["detail"]
        assert reply.headers["Retry-After"] == "9"

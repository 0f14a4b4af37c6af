"""The folder scan, and fixtures that can fail."""

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from channels.kit import edge
from channels.kit.discover import channels, complete, folders, load, offers
from channels.kit.errors import HalfMade
from channels.kit.fixture import fixtures, mismatches, play
from leads.events import Capabilities


class Nothing(BaseModel):
    pass


def module(**names: Any) -> ModuleType:
    made = ModuleType("toy")
    defaults = {
        "name": "toy",
        "settings": Nothing,
        "can": Capabilities(answers=False, signed=False),
        "verify": lambda source, call: None,
        "parse": lambda source, call: [],
    }
    for name, value in (defaults | names).items():
        if value is not None:
            setattr(made, name, value)
    return made


def test_every_folder_is_a_channel_but_the_kit(tmp_path: Path) -> None:
    for folder in ("kit", "beta", "alpha", "_notes", ".hidden", "left/__pycache__"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("kit", "beta", "alpha", "_notes", ".hidden"):
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "__init__.py").touch()
    assert folders(tmp_path) == ["alpha", "beta"]
    assert "web_form" in channels()
    assert list(channels()) == folders()


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ({"verify": None, "parse": None}, "exports no verify, parse"),
        ({"name": "other"}, "name must equal the folder"),
        ({"can": Capabilities(signed=False)}, "can.answers is set, but it exports no send"),
        ({"can": Capabilities(answers=False, polling=True)}, "can.polling is set, but it exports no poll"),
        ({"can": Capabilities(answers=False, typing=True)}, "can.typing is set, but it exports no typing"),
    ],
)
def test_a_half_made_channel_names_what_is_missing(names: dict[str, Any], why: str) -> None:
    with pytest.raises(HalfMade, match=why) as error:
        complete(module(**names), "toy")
    assert "channels/toy" in str(error.value)


def test_a_folder_without_a_package_lacks_everything() -> None:
    with pytest.raises(HalfMade, match="exports no name, settings, can, verify, parse"):
        complete(ModuleType("toy"), "toy")


async def test_what_a_channel_lacks_takes_its_default() -> None:
    toy: Any = complete(module(), "toy")
    assert toy.handshake(None, None) is None
    assert toy.answer is edge.default_answer
    assert toy.body_limit(None) == edge.BODY_LIMIT
    assert toy.signed(None) is False
    await toy.typing(None, None, "7")
    assert [name for name in ("send", "poll", "fetch_media", "probe") if offers(toy, name)] == []
    assert offers(channels()["web_form"], "fetch_media")


async def test_a_fixture_that_expects_something_else_fails() -> None:
    channel = load("web_form")
    fixture = next(one for one in fixtures("web_form") if one.file == "json_fetch.json")
    ending = await play(channel, fixture.source(channel), fixture.call)
    assert mismatches(fixture, ending) == []

    def told(**expect: Any) -> list[str]:
        return mismatches(replace(fixture, expect=expect), ending)

    assert told(outcome="ignored", status=401) == [
        "outcome is 'accepted', expected 'ignored'",
        "status is 200, expected 401",
    ]
    assert told(items=[]) == ["items has 1 members, expected 0"]
    assert told(items=[{"sender": {"name": "Other"}}]) == [
        "items[0].sender.name is 'Test User', expected 'Other'"
    ]
    assert told(items=[{"sender": {"nmae": "?"}}]) == ["items[0].sender.nmae is no member of Sender"]
    assert told(items=[{"fields": {"consent": "true"}}])
    assert told(items=[{"fields": dict(reversed(fixture.expect["items"][0]["fields"].items()))}])
    assert told(headers={"vary": "Cookie"}) == ["header vary is 'Origin, Accept', expected 'Cookie'"]
    assert told(answer={"id": 2, "status": "accepted"})
    assert told(ignored=["test"])
    assert told(outcom="accepted") == ["expect.outcom means nothing"]


def test_a_fixture_may_hold_raw_bytes_and_another_time(tmp_path: Path) -> None:
    folder = tmp_path / "toy" / "fixtures"
    folder.mkdir(parents=True)
    raw = {"note": "n", "body_base64": "AP8=", "received_at": "2026-02-03T04:05:06+00:00", "expect": {}}
    (folder / "a.json").write_text(json.dumps(raw))
    (folder / "b.json").write_text(json.dumps({"note": "n", "body": {"я": 1}, "expect": {}}))
    first, second = fixtures("toy", tmp_path)
    assert (first.call.body, first.call.received_at.month) == (b"\x00\xff", 2)
    assert second.call.body == '{"я":1}'.encode()

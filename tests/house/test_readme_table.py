"""The README's table of channels is what their code says: a promise there cannot outlive its channel."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import BaseModel
from scratch import ROOT

from app.capabilities import BEGIN, END, table, with_table
from channels.kit.contract import Channel
from channels.kit.discover import channels
from leads.events import Capabilities, MediaKind

# Told elsewhere, or of no interest to who chooses a channel.
UNTOLD = {"answers", "caption_limit", "may_start"}
OTHER: dict[str, Any] = {
    "text_limit": 7,
    "text_bytes": 7,
    "media": frozenset({MediaKind.PHOTO}),
    "buttons": 7,
    "reply_window": timedelta(hours=7),
    "late": timedelta(days=7),
}


class Plain(BaseModel):
    pass


class Secretive(BaseModel):
    signing_secret: str = ""


def channel(can: Capabilities, settings: type[BaseModel] = Plain) -> Channel:
    return cast(Channel, SimpleNamespace(can=can, settings=settings))


def cells(can: Capabilities, settings: type[BaseModel] = Plain) -> dict[str, str]:
    head, _, row = table({"pigeon": channel(can, settings)}).splitlines()
    names, values = ([cell.strip() for cell in line.strip("|").split("|")] for line in (head, row))
    return dict(zip(names, values, strict=True))


def test_the_readme_tells_what_the_channels_can() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    right = with_table(readme, table(channels()))
    assert readme == right, "the channels can something else now; run: python -m app.capabilities"


@pytest.mark.parametrize("name", [one.name for one in fields(Capabilities) if one.name not in UNTOLD])
def test_whatever_a_channel_can_is_told(name: str) -> None:
    """A new capability has a column too, or a reason to have none."""
    plain = Capabilities()
    other = OTHER.get(name, not getattr(plain, name))
    assert cells(plain) != cells(replace(plain, **{name: other}))


def test_a_row_tells_limits_and_times() -> None:
    can = Capabilities(999, 1000, buttons=13, reply_window=timedelta(days=1), late=timedelta(days=7))
    told = cells(can)
    assert [told[name] for name in ("text", "buttons", "reply window", "late answers", "edits")] == [
        "999, 1000 bytes",
        "13",
        "24 h",
        "7 d",
        "–",
    ]
    endless, silent = cells(Capabilities()), cells(Capabilities(answers=False))
    assert (endless["text"], endless["reply window"]) == ("✓", "any time")
    assert (silent["text"], silent["reply window"]) == ("–", "–")


def test_a_proof_may_depend_on_the_source() -> None:
    open_ = Capabilities(signed=False)
    assert cells(Capabilities())["signed"] == "✓"
    assert cells(open_)["signed"] == "–"
    assert cells(open_, Secretive)["signed"] == "if set"


def test_only_what_is_between_the_marks_changes() -> None:
    readme = f"# A\n\n{BEGIN}\nold | table\n{END}\n\n## B\n"
    assert with_table(readme, "new") == f"# A\n\n{BEGIN}\nnew\n{END}\n\n## B\n"
    for broken in ("# A", f"# A {BEGIN}", f"{END} {BEGIN}"):
        with pytest.raises(ValueError, match="has no"):
            with_table(broken, "new")

"""Our own Telegram channel with the rules of stricter messengers: for what it has no rules of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from channels.kit.discover import channels
from leads.events import Template


def bend(monkeypatch: pytest.MonkeyPatch, **can: Any) -> None:
    """For this test the customers' Telegram can no more, or no less, than this."""
    telegram = channels()["telegram"]
    monkeypatch.setattr(telegram, "can", replace(telegram.can, **can))


def approve(monkeypatch: pytest.MonkeyPatch, *templates: Template) -> None:
    """Each source has these approved texts; as Telegram knows of none, they go as plain ones."""

    async def listed(*of: Any) -> Sequence[Template]:
        return templates

    bend(monkeypatch, templates=True)
    monkeypatch.setattr(channels()["telegram"], "templates", listed, raising=False)

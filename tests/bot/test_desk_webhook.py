"""The managers' bot by webhook: the secret, the store, and bodies that nobody can read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.intake import register_webhook, take_update
from bot.polling import KINDS
from bot.setup import make_bot, set_commands
from leads.errors import StoreUnavailable
from sandbox.server import running
from sandbox.world import World

SECRET = "s3cret_Token-1"
HEADERS = {"x-telegram-bot-api-secret-token": SECRET}


class Inbox:
    def __init__(self, error: Exception | None = None) -> None:
        self.rows: list[Mapping[str, Any]] = []
        self.error = error

    async def accept(self, updates: Sequence[Mapping[str, Any]], cursor: str | None) -> None:
        if self.error:
            raise self.error
        assert cursor is None
        self.rows.extend(updates)


async def test_a_genuine_update_is_stored() -> None:
    inbox = Inbox()
    body = '{"update_id": 7, "message": {"text": "привет"}}'.encode()
    assert (await take_update(HEADERS, body, SECRET, inbox.accept))[0] == 200
    assert inbox.rows == [{"update_id": 7, "message": {"text": "привет"}}]


@pytest.mark.parametrize("given", [{}, {"x-telegram-bot-api-secret-token": "s3cret_Token-2"}])
async def test_without_the_secret_nothing_is_stored(given: Mapping[str, str]) -> None:
    inbox = Inbox()
    assert (await take_update(given, b'{"update_id": 7}', SECRET, inbox.accept))[0] == 403
    assert (await take_update({**HEADERS, **given}, b"{}", "", inbox.accept))[0] == 403
    assert inbox.rows == []


async def test_odd_characters_in_the_secret_are_a_wrong_secret() -> None:
    headers = {"x-telegram-bot-api-secret-token": "пароль"}
    assert (await take_update(headers, b"{}", SECRET, Inbox().accept))[0] == 403


async def test_a_store_that_is_down_makes_telegram_try_again() -> None:
    inbox = Inbox(StoreUnavailable("no disk"))
    assert (await take_update(HEADERS, b'{"update_id": 7}', SECRET, inbox.accept))[0] == 503


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[1]", b'{"update_id": "7"}', b'{"update_id": true}', b"[" * 100_000]
)
async def test_an_unreadable_body_is_kept_once(body: bytes) -> None:
    inbox = Inbox()
    for _ in range(2):
        assert (await take_update(HEADERS, body, SECRET, inbox.accept))[0] == 200
    first, again = inbox.rows
    assert first == again
    assert first["update_id"] < 0
    assert first["unreadable"] == body.decode("utf-8", "replace")


async def test_telegram_is_told_address_secret_kinds_and_commands() -> None:
    world = World(lambda: datetime.now(UTC))
    sandboxed = world.add_bot("100:desk-token", "desk_bot", "Desk")
    async with running(world) as url:
        bot = make_bot("100:desk-token", url)
        try:
            await register_webhook(bot, f"{url}/desk/x", SECRET)
            await set_commands(bot)
        finally:
            await bot.session.close()
    assert sandboxed.webhook
    assert (sandboxed.webhook.url, sandboxed.webhook.secret_token) == (f"{url}/desk/x", SECRET)
    assert sandboxed.updates.allowed == set(KINDS)
    english, russian = sandboxed.commands[""], sandboxed.commands["ru"]
    assert [each["command"] for each in english] == [each["command"] for each in russian]
    assert all(
        one["description"] != other["description"] for one, other in zip(english, russian, strict=True)
    )


def test_accepting_does_not_load_telegrams_library() -> None:
    code = "import sys, bot.intake, bot.polling; sys.exit('aiogram' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

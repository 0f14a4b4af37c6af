"""Formatting there and back, Telegram's refusals as ours, and the budgets."""

from __future__ import annotations

import asyncio

import pytest
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import GetMe
from aiogram.types import MessageEntity

from bot.errors import EntitiesRefused, MessageGone, TopicGone, Unchanged, send_error
from bot.rates import BURST, Rates, rates
from bot.spans import entities_of, spans_of
from leads.events import SendCode, SendError, Span

KINDS = ["bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "code"]


def test_formatting_goes_there_and_back() -> None:
    spans = [Span(kind, at, 2) for at, kind in enumerate(KINDS)]
    spans += [Span("link", 9, 3, url="https://example.com"), Span("pre", 12, 5, language="python")]
    assert list(spans_of(entities_of(spans))) == spans


def test_what_apps_find_by_themselves_is_no_formatting() -> None:
    found = [
        MessageEntity(type=kind, offset=0, length=4) for kind in ("url", "phone_number", "mention", "email")
    ]
    folded = MessageEntity(type="expandable_blockquote", offset=0, length=4)
    assert spans_of([*found, folded]) == (Span("blockquote", 0, 4),)
    assert spans_of(None) == ()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TelegramForbiddenError(GetMe(), "Forbidden: user is deactivated"), SendCode.BLOCKED),
        (TelegramUnauthorizedError(GetMe(), "Unauthorized"), SendCode.MISCONFIGURED),
        (TelegramNotFound(GetMe(), "Not Found"), SendCode.MISCONFIGURED),
        (TelegramNetworkError(GetMe(), "refused"), SendCode.UNAVAILABLE),
        (TelegramServerError(GetMe(), "Bad Gateway"), SendCode.UNAVAILABLE),
        (ClientDecodeError("no JSON", ValueError(), "<html>"), SendCode.UNAVAILABLE),
        (TelegramEntityTooLarge(GetMe(), "Request Entity Too Large"), SendCode.BAD_MEDIA),
        (TelegramBadRequest(GetMe(), "Bad Request: PHOTO_INVALID_DIMENSIONS"), SendCode.BAD_MEDIA),
        (TelegramBadRequest(GetMe(), "Bad Request: MESSAGE_TOO_LONG"), SendCode.TOO_LONG),
        (TelegramBadRequest(GetMe(), "Bad Request: not enough rights"), SendCode.MISCONFIGURED),
        (TelegramBadRequest(GetMe(), "Bad Request: something new"), SendCode.PERMANENT),
    ],
)
def test_telegrams_refusals(error: AiogramError, code: SendCode) -> None:
    found = send_error(error)
    assert (type(found), found.code) == (SendError, code)
    assert found.detail


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Bad Request: message thread not found", TopicGone),
        ("Bad Request: TOPIC_ID_INVALID", TopicGone),
        ("Bad Request: message to edit not found", MessageGone),
        ("Bad Request: message is not modified: specified new message content", Unchanged),
        ("Bad Request: TOPIC_NOT_MODIFIED", Unchanged),
        ("Bad Request: can't parse entities: unexpected end", EntitiesRefused),
    ],
)
def test_refusals_that_we_can_do_something_about(words: str, kind: type[SendError]) -> None:
    assert type(send_error(TelegramBadRequest(GetMe(), words))) is kind


def test_a_429_says_how_long() -> None:
    assert send_error(TelegramRetryAfter(GetMe(), "slow down", 17)).retry_after == 17


async def spends_at_once(limits: Rates, *chats: int) -> int:
    """How many of these go through without waiting."""
    for done, chat in enumerate(chats):
        spending = asyncio.ensure_future(limits.spend(chat))
        for _ in range(5):
            await asyncio.sleep(0)
        if not spending.done():
            spending.cancel()
            return done
    return len(chats)


async def test_a_chat_may_burst_and_then_waits_while_others_go_on() -> None:
    limits = rates({"bot": 1e9, "chat": 0.001})
    assert await spends_at_once(limits, *[1] * 20) == BURST
    assert await spends_at_once(limits, 2) == 1


async def test_a_group_has_a_budget_of_its_own() -> None:
    limits = rates({"bot": 1e9, "chat": 1e9, "group": 0.001})
    assert await spends_at_once(limits, *[-100] * 20) == BURST


async def test_the_bot_has_a_budget_over_all_chats() -> None:
    limits = rates({"bot": 0.001, "chat": 1e9})
    assert await spends_at_once(limits, *range(1, 21)) == BURST


async def test_switched_off_nothing_waits() -> None:
    assert await spends_at_once(rates(None), *[1] * 500) == 500

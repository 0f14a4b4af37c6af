"""What answers in Telegram's place is not trusted (C1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.types import BufferedInputFile, ReplyParameters
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import session
from bot.errors import send_error
from bot.setup import make_bot
from leads.events import SendCode

TOKEN = "100:desk-token"


class Impostor:
    """A server in Telegram's place that answers as it is told, and notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.sent: list[object] = []
        self.status, self.headers, self.body = 200, {"Content-Type": "text/html"}, b""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.heard.append(request.path)
        as_json = request.content_type == "application/json"
        self.sent.append(await request.json() if as_json else request.content_type)
        reply = web.StreamResponse(status=self.status, headers=self.headers)
        await reply.prepare(request)
        with suppress(ConnectionError):  # it was given up
            await reply.write(self.body)
        return reply


@pytest.fixture
async def impostor() -> AsyncIterator[tuple[Impostor, Bot]]:
    made = Impostor()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    async with TestServer(app) as server:
        bot = make_bot(TOKEN, str(server.make_url("")).rstrip("/"))
        yield made, bot
        await bot.session.close()


async def failure(bot: Bot) -> tuple[SendCode, str]:
    with pytest.raises(AiogramError) as error:
        await bot.send_message(1, "what a customer said")
    found = send_error(error.value)
    return found.code, f"{error.value} {found}"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(impostor: tuple[Impostor, Bot], status: int) -> None:
    server, bot = impostor
    server.status, server.headers = status, {"Location": "/elsewhere"}
    code, words = await failure(bot)
    assert code is SendCode.UNAVAILABLE
    assert server.heard == [f"/bot{TOKEN}/sendMessage"]
    assert TOKEN not in words


@pytest.mark.parametrize(
    "body", [b"", b"<html>blocked by your provider</html>", b"[" * 100_000, b"\xff", b"{}"]
)
async def test_no_answer_of_telegrams_is_no_success(impostor: tuple[Impostor, Bot], body: bytes) -> None:
    server, bot = impostor
    server.body = body
    code, _ = await failure(bot)
    assert code is SendCode.UNAVAILABLE


async def test_an_answer_without_end_is_not_read(
    impostor: tuple[Impostor, Bot], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, bot = impostor
    monkeypatch.setattr(session, "ANSWER_LIMIT", 1000)
    server.body = b"x" * 10_000_000
    assert (await failure(bot))[0] is SendCode.UNAVAILABLE


async def test_nobody_at_home_tells_no_token() -> None:
    bot = make_bot(TOKEN, "http://127.0.0.1:1")
    code, words = await failure(bot)
    assert code is SendCode.UNAVAILABLE
    assert TOKEN not in words
    await bot.session.close()


async def test_of_a_sent_message_its_ids_come_back(impostor: tuple[Impostor, Bot]) -> None:
    server, bot = impostor
    server.body = b'{"ok":true,"result":{"message_id":7,"message_thread_id":3,"chat":"whatever"}}'
    sent = await bot.send_message(1, "hello")
    assert (sent.message_id, sent.message_thread_id) == (7, 3)
    server.body = b'{"ok":true,"result":true}'
    assert await bot.edit_message_text("hello", chat_id=1, message_id=7) is True


async def test_words_go_as_json_and_files_as_a_form(impostor: tuple[Impostor, Bot]) -> None:
    server, bot = impostor
    server.body = b'{"ok":true,"result":{"message_id":7}}'
    await bot.send_message(1, "hello", reply_parameters=ReplyParameters(message_id=5))
    await bot.send_document(1, BufferedInputFile(b"%PDF", "a.pdf"), caption="hello")
    assert server.sent[0] == {"chat_id": 1, "text": "hello", "reply_parameters": {"message_id": 5}}
    assert server.sent[1] == "multipart/form-data"

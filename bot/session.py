"""How the managers' bot speaks to Telegram: what answers is not trusted."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal, cast

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import Message
from aiohttp import ClientError, ClientTimeout
from pydantic import BaseModel, ValidationError

from bot.polling import bounded

ANSWER_LIMIT = 4 * 1024 * 1024
_MESSAGES = (Message, Message | bool)


class _Place(BaseModel):
    """What we want to know of a message that was sent; all of it would be a hundred fields to check."""

    message_id: int
    message_thread_id: int | None = None


class _Shown(BaseModel):
    ok: Literal[True]
    result: _Place | Literal[True]


class Session(AiohttpSession):
    """aiogram's own takes a customer's words wherever it is redirected, and reads answers of any size."""

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's name
    ) -> TelegramType:
        """Of a message that was sent or edited only its ids come back."""
        http = await self.create_session()
        url = self.api.api_url(token=bot.token, method=method.__api_method__)
        within = ClientTimeout(total=timeout or self.timeout)
        try:
            async with http.post(
                url, **self._body(bot, method), timeout=within, allow_redirects=False
            ) as answer:
                raw = await bounded(answer, ANSWER_LIMIT)
        except (ClientError, OSError) as error:  # TimeoutError is an OSError; a message may hold the address
            raise TelegramNetworkError(method=method, message=type(error).__name__) from None
        if raw is None or 300 <= answer.status < 400:
            raise TelegramNetworkError(method=method, message=f"an odd answer (status {answer.status})")
        if answer.status == 200 and method.__returning__ in _MESSAGES:
            with suppress(ValidationError):
                return cast(TelegramType, _Shown.model_validate_json(raw).result)
        text = raw.decode("utf-8", "replace")
        checked: Any = self.check_response(bot=bot, method=method, status_code=answer.status, content=text)
        return cast(TelegramType, checked.result)

    def _body(self, bot: Bot, method: TelegramMethod[Any]) -> dict[str, Any]:
        """JSON, which is cheaper to make than a form; only files need one."""
        files: dict[str, Any] = {}
        values = self.prepare_value(
            method.model_dump(exclude_none=True, warnings=False), bot, files, _dumps_json=False
        )
        return {"data": self.build_form_data(bot=bot, method=method)} if files else {"json": values}

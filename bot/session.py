"""How the managers' bot speaks to Telegram: what answers is not trusted."""

from __future__ import annotations

from typing import Any, cast

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiohttp import ClientError, ClientTimeout

from bot.polling import bounded

ANSWER_LIMIT = 4 * 1024 * 1024


class Session(AiohttpSession):
    """aiogram's own takes a customer's words wherever it is redirected, and reads answers of any size."""

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's name
    ) -> TelegramType:
        http = await self.create_session()
        url = self.api.api_url(token=bot.token, method=method.__api_method__)
        form = self.build_form_data(bot=bot, method=method)
        within = ClientTimeout(total=timeout or self.timeout)
        try:
            async with http.post(url, data=form, timeout=within, allow_redirects=False) as answer:
                raw = await bounded(answer, ANSWER_LIMIT)
        except (ClientError, OSError) as error:  # TimeoutError is an OSError; a message may hold the address
            raise TelegramNetworkError(method=method, message=type(error).__name__) from None
        if raw is None or 300 <= answer.status < 400:
            raise TelegramNetworkError(method=method, message=f"an odd answer (status {answer.status})")
        text = raw.decode("utf-8", "replace")
        checked: Any = self.check_response(bot=bot, method=method, status_code=answer.status, content=text)
        return cast(TelegramType, checked.result)

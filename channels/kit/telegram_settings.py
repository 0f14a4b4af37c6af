"""What one customers' bot needs."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


def _matching(pattern: str, message: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if re.fullmatch(pattern, value.get_secret_value(), re.ASCII) is None:
            raise ValueError(message)
        return value

    return AfterValidator(check)


Token = Annotated[
    SecretStr,
    _matching(r"\d{1,20}:[\w-]{1,100}", "not a bot token: copy it whole from BotFather, as 123456:ABC…"),
]
# https://core.telegram.org/bots/api#setwebhook (secret_token)
Secret = Annotated[SecretStr, _matching(r"[\w-]{16,256}", "use 16 to 256 of A-Z a-z 0-9 _ -")]


class Settings(BaseModel):
    """One bot. `secret` proves that a webhook call is Telegram's; left out, it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: Token = Field(description="the bot's token, as @BotFather told it: 123456:ABC…")
    secret: Secret = Field(
        default_factory=lambda: SecretStr(secrets.token_urlsafe(32)),
        description="what Telegram repeats in X-Telegram-Bot-Api-Secret-Token; made at random when left out",
    )
    username: str = Field(
        "", description="the bot's @name; when told, `check` finds a token that belongs to another bot"
    )

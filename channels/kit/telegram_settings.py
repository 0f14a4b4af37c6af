"""What one customers' bot needs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from channels.kit.credentials import HeaderSecret, made
from channels.kit.shape import SourceSettings, shaped

Token = Annotated[
    SecretStr,
    shaped(r"\d{1,20}:[\w-]{1,100}", "not a bot token: copy it whole from BotFather, as 123456:ABC…"),
]


class Settings(SourceSettings):
    """One bot. `secret` proves that a webhook call is Telegram's; left out, it is made."""

    token: Token = Field(description="the bot's token, as @BotFather told it: 123456:ABC…")
    # https://core.telegram.org/bots/api#setwebhook (secret_token)
    secret: HeaderSecret = Field(
        default_factory=made,
        description="what Telegram repeats in X-Telegram-Bot-Api-Secret-Token; made at random when left out",
    )
    username: str = Field(
        "", description="the bot's @name; when told, `check` finds a token that belongs to another bot"
    )

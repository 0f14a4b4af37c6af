"""What one customers' bot needs, and what it can do."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from leads.events import Capabilities, MediaKind


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

    token: Token
    secret: Secret = Field(default_factory=lambda: SecretStr(secrets.token_urlsafe(32)))
    username: str = ""  # if told, `check` finds a token that belongs to another bot


# https://core.telegram.org/bots/api#sendmessage, #sendphoto
CAN = Capabilities(
    text_limit=4096,
    caption_limit=1024,
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.FILE}),
    edits=True,
    typing=True,
    polling=True,
)

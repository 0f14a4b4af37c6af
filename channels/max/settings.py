"""What one MAX bot needs, and what it can do."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from channels.kit.credentials import HeaderSecret, made
from channels.kit.shape import SourceSettings, shaped
from leads.events import Capabilities, MediaKind

# It becomes a header: nothing that ends one.
Token = Annotated[SecretStr, shaped(r"[!-~]{8,512}", "not a token: copy it whole, without spaces")]


class Settings(SourceSettings):
    """One bot. `secret` proves that a webhook call is MAX's; left out, it is made."""

    token: Token = Field(description="the bot's token: business.max.ru → Chat bots → ⋮ → Settings")
    # https://dev.max.ru/docs-api/methods/POST/subscriptions (secret); fewer than 16 could be guessed
    secret: HeaderSecret = Field(
        default_factory=made,
        description="what MAX repeats in X-Max-Bot-Api-Secret; 16 to 256 of A-Z a-z 0-9 _ -",
    )
    username: str = Field(
        default="", description="the bot's name at MAX; `check` then finds a token of another bot"
    )
    ca_file: str = Field(
        default="",
        description="path of a PEM file with the root of the Russian national CA (gosuslugi.ru/crt), trusted "
        "in addition and for this source's calls only",
    )


# https://dev.max.ru/docs-api/methods/POST/messages: 4000 characters, of which escapes of HTML may take some
TEXT_LIMIT = 3900
# https://dev.max.ru/docs-api/use-cases/sending-messages/keyboard: 30 rows; one button in each reads best
BUTTONS = 30

CAN = Capabilities(
    text_limit=TEXT_LIMIT,
    caption_limit=TEXT_LIMIT,
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.FILE}),
    buttons=BUTTONS,
    edits=True,
    deletes=True,
    read_marks=True,
    typing=True,
    polling=True,
)

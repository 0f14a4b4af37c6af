"""What one Viber bot needs, and what it can do."""

from __future__ import annotations

from pydantic import Field

from channels.kit.credentials import Credential
from channels.kit.shape import SourceSettings
from leads.events import Capabilities, MediaKind


class Settings(SourceSettings):
    """One bot."""

    token: Credential = Field(
        description="the bot's token: in Viber, More > Settings > Bots > Edit Info > Your app key",
    )
    name: str = Field(
        min_length=1,
        max_length=28,
        description="the name that stands above our messages in the chat, at most 28 characters",
    )


# https://creators.viber.com/docs/bots-api/data-models/message
CAN = Capabilities(
    text_limit=7000,
    caption_limit=512,
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.FILE}),
    buttons=12,
)

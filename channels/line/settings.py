"""What one LINE official account needs, and what it can do."""

from __future__ import annotations

from pydantic import Field

from channels.kit.credentials import Credential
from channels.kit.shape import SourceSettings
from leads.events import Capabilities, MediaKind


class Settings(SourceSettings):
    """One Messaging API channel."""

    channel_secret: Credential = Field(
        description="LINE Developers Console > your channel > Basic settings > Channel secret",
    )
    access_token: Credential = Field(
        description="the same console > Messaging API > Channel access token (long-lived) > Issue",
    )


# https://developers.line.biz/en/reference/messaging-api/#message-objects
CAN = Capabilities(
    text_limit=5000,
    caption_limit=5000,  # a text beside the file, in the same call
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.FILE}),
    buttons=13,
    read_marks=True,
    typing=True,
)

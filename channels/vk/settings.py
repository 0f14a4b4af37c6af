"""What one VK community needs, and what it can do."""

from __future__ import annotations

import secrets

from pydantic import Field, SecretStr

from channels.kit.credentials import Credential
from channels.kit.shape import SourceSettings
from leads.events import Capabilities, MediaKind


class Settings(SourceSettings):
    """One community. `secret` comes back in each call; left out, it is made."""

    group_id: int = Field(
        gt=0,
        lt=10**12,
        description="the community's number, without a minus: Management > API usage > Callback API",
    )
    token: Credential = Field(
        description="the community's token: Management > API usage > Access tokens; with the"
        " rights to manage the community, and to its messages, photos and documents",
    )
    confirmation: str = Field(
        default="",
        max_length=100,
        description="the string that the server must return: Management > API usage > Callback API; long"
        " polling does without",
    )
    # groups.addCallbackServer takes up to 50 characters.
    secret: SecretStr = Field(
        default_factory=lambda: SecretStr(secrets.token_hex(20)),
        min_length=8,
        max_length=50,
        description="the secret key that VK repeats in each call: the same field at VK, beside the address",
    )


# The schema of messages.send allows 9,000 characters; VK's own pages write up to 4,096.
# https://dev.vk.com/ru/method/messages.send, https://dev.vk.com/ru/api/bots/development/keyboard
CAN = Capabilities(
    text_limit=4096,
    caption_limit=4096,
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.FILE}),
    buttons=10,
    edits=True,
    deletes=True,
    read_marks=True,
    typing=True,
    polling=True,
)

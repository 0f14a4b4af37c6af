"""What a customers' bot can do."""

from __future__ import annotations

from leads.events import Capabilities, MediaKind

# https://core.telegram.org/bots/api#sendmessage, #sendphoto
CAN = Capabilities(
    text_limit=4096,
    caption_limit=1024,
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.FILE}),
    edits=True,
    typing=True,
    polling=True,
)

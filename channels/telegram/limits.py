"""What a customers' bot can do."""

from __future__ import annotations

from leads.events import Capabilities, MediaKind

# https://core.telegram.org/bots/api#sendmessage, #sendphoto, #deletemessage, #setmessagereaction
CAN = Capabilities(
    text_limit=4096,
    caption_limit=1024,
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.FILE}),
    buttons=100,
    edits=True,
    deletes=True,
    reactions=True,
    typing=True,
    polling=True,
)

"""What a bot can do in the name of a person's own account."""

from __future__ import annotations

from datetime import timedelta

from leads.events import Capabilities, MediaKind

# https://core.telegram.org/bots/api#businessbotrights (can_reply: "incoming messages in the last 24 hours");
# setMessageReaction knows no business connection.
CAN = Capabilities(
    text_limit=4096,
    caption_limit=1024,
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.FILE}),
    buttons=100,
    edits=True,
    deletes=True,
    read_marks=True,
    typing=True,
    reply_window=timedelta(hours=24),
    polling=True,
)

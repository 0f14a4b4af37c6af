"""Reads what Meta tells of an account: chats, comments, mentions; in the envelopes of both logins.

Source: https://developers.facebook.com/docs/instagram-platform/webhooks/examples
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from channels.instagram.comments import change_items
from channels.instagram.settings import Settings
from channels.kit.contract import Item, Source
from channels.kit.meta import Tame
from channels.kit.meta_chat import Account, chat_items, read_call
from leads.events import Call, MediaKind

# Whether a story or a post is a photo or a video is not told; what is no photo is shown as a file.
FILES = {
    "image": MediaKind.PHOTO,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
    "file": MediaKind.FILE,
    "ig_post": MediaKind.PHOTO,
    "share": MediaKind.PHOTO,
    "media": MediaKind.PHOTO,
    "ig_story": MediaKind.PHOTO,
    "story": MediaKind.PHOTO,
    "story_mention": MediaKind.PHOTO,
    "ig_reel": MediaKind.VIDEO,
    "reel": MediaKind.VIDEO,
}


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Every event of every entry."""
    settings: Settings = source.settings
    ids = frozenset(filter(None, (settings.account_id, settings.page_id)))
    account = Account(ids, "", FILES)

    def entry(raw: dict[str, Any], tame: Tame) -> Iterator[Item]:
        yield from chat_items(raw, account, tame)
        yield from change_items(raw, settings, tame)

    return read_call(call.body, "instagram", ids, entry)

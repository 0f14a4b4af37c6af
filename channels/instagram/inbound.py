"""Reads what Meta tells of an account: chats, comments, mentions; in the envelopes of both logins.

Source: https://developers.facebook.com/docs/instagram-platform/webhooks/examples
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from channels.instagram.comments import change_items
from channels.instagram.settings import Settings
from channels.kit import meta
from channels.kit.contract import Item, Reply, Source
from channels.kit.meta_chat import Account, Tame, chat_items, read_call
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


def handshake(source: Source, call: Call) -> Reply | None:
    """Meta's challenge."""
    settings: Settings = source.settings
    return meta.handshake(settings.verify_token, call)


def verify(source: Source, call: Call) -> None:
    """Signed with the app's secret, or with the one that it has for Instagram."""
    settings: Settings = source.settings
    meta.verify(settings.app_secret, call)


def body_limit(call: Call) -> int:
    """As large as Meta's batches."""
    return meta.BODY_LIMIT


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Every event of every entry."""
    settings: Settings = source.settings
    ids = frozenset(filter(None, (settings.account_id, settings.page_id)))
    account = Account(ids, "", FILES)

    def entry(raw: dict[str, Any], tame: Tame) -> Iterator[Item]:
        yield from chat_items(raw, account, tame)
        yield from change_items(raw, settings, tame)

    return read_call(call.body, "instagram", ids, entry)

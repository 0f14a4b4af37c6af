"""Reads what Meta tells of a Page's chats.

Source: https://developers.facebook.com/docs/messenger-platform/webhooks
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from channels.kit.contract import Ignored, Item, Source
from channels.kit.meta import Tame
from channels.kit.meta_chat import Account, chat_items, read_call, several
from channels.kit.tolerant import token
from channels.messenger.settings import Settings
from leads.events import Call, MediaKind

# Posts, reels and fallbacks are pages to look at, not files.
# https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
FILES = {
    "image": MediaKind.PHOTO,
    "sticker": MediaKind.STICKER,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
    "file": MediaKind.FILE,
}


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Every event of every entry."""
    settings: Settings = source.settings
    account = Account(frozenset({settings.page_id}), settings.app_id, FILES)

    def entry(raw: dict[str, Any], tame: Tame) -> Iterator[Item]:
        yield from chat_items(raw, account, tame)
        for change in several(raw.get("changes")):  # comments and lead ads of the Page: not subscribed to
            field = change.get("field") if isinstance(change, dict) else None
            yield Ignored(token(f"page_{field}"))

    return read_call(call.body, "page", account.ids, entry)

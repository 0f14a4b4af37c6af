"""Comments below what the company published, and where it was mentioned: public, and answered in private.

Source: https://developers.facebook.com/docs/instagram-platform/webhooks/examples
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import AliasChoices, Field

from channels.instagram.settings import Settings
from channels.kit.contract import Ignored, Item
from channels.kit.meta import Tame, guarded
from channels.kit.meta_chat import several
from channels.kit.meta_wire import when
from channels.kit.parking import or_parked
from channels.kit.tolerant import Id, Maybe, Millis, Text, Wire, token, without_blanks
from leads.events import Attribution, Inbound, Kind, Sender

THREAD = "comment:"
"""begins the thread of a comment: an answer there is a private reply, of which there is one"""


class Author(Wire):
    """Who commented."""

    id: Id
    username: Text = ""


class Below(Wire):
    """What was commented."""

    id: Text = ""
    media_product_type: Text = ""
    ad_id: Text = ""
    ad_title: Text = ""


class Comment(Wire):
    """A comment; with Facebook Login its id may have the longer name."""

    id: Id = Field(validation_alias=AliasChoices("comment_id", "id"))
    author: Author = Field(validation_alias="from")
    text: Text = ""
    parent_id: Text = ""
    media: Maybe[Below] = None


class Mention(Wire):
    """Ids are all that is told."""

    media_id: Id
    comment_id: Text = ""


class _Entry(Wire):
    time: Millis = None


def change_items(entry: dict[str, Any], settings: Settings, tame: Tame) -> Iterator[Item]:
    """Every change on its own; with Instagram Login the only one is flat in its entry."""
    at = when(_Entry.model_validate(entry).time)
    for change in [entry] if "field" in entry else several(entry.get("changes")):
        yield from guarded(partial(_change, settings, at), change, tame)


class _Change(Wire):
    field: Id


def _change(settings: Settings, at: datetime | None, raw: Any) -> Sequence[Item]:
    field = _Change.model_validate(raw).field
    reader = _READERS.get(field)
    if reader is None:
        return (Ignored(token(field)),)
    one = partial(reader, settings, field, at)
    return [item for value in several(raw.get("value")) for item in or_parked(one, value, "event")]


def _comment(settings: Settings, field: str, at: datetime | None, raw: Any) -> Sequence[Item]:
    comment = Comment.model_validate(raw)
    author, media = comment.author, comment.media or Below()
    named = bool(settings.username) and author.username.lower() == settings.username.lower().removeprefix("@")
    if named or author.id in {settings.account_id, settings.page_id}:
        return (Ignored("own_comment"),)
    facts = {
        "public_comment": media.media_product_type or "post",
        "media": media.id,
        "ad_title": media.ad_title,
        "live": "1" if field == "live_comments" else "",
        "unsupported": "" if comment.text else "comment",
    }
    event = Inbound(
        Kind.MESSAGE,
        Sender(external_id=author.id, username=author.username),
        conv=THREAD + comment.id,
        thread=THREAD + comment.id,
        event_id=THREAD + comment.id,
        message_id=comment.id,
        text=comment.text,
        reply_to=comment.parent_id,
        fields=without_blanks(facts),
        attribution=Attribution(ad=media.ad_id),
        at=at,
    )
    return (event,)


def _mention(settings: Settings, field: str, at: datetime | None, raw: Any) -> Sequence[Item]:
    """By whom is not told, so nobody can be answered."""
    mention = Mention.model_validate(raw)
    key = f"mention:{mention.media_id}:{mention.comment_id}"
    where = {"mention": "comment" if mention.comment_id else "post", "media": mention.media_id}
    event = Inbound(
        Kind.MESSAGE,
        Sender(),
        conv=key,
        event_id=key,
        message_id=mention.comment_id or mention.media_id,
        fields=where | ({"comment": mention.comment_id} if mention.comment_id else {}),
        at=at,
    )
    return (event,)


_READERS: dict[str, Callable[[Settings, str, datetime | None, Any], Sequence[Item]]] = {
    "comments": _comment,
    "live_comments": _comment,
    "mentions": _mention,
}

"""What Messenger and Instagram send of a chat, as far as it is read: whatever else comes is let pass.

Sources: https://developers.facebook.com/docs/messenger-platform/reference/webhook-events,
https://developers.facebook.com/docs/instagram-platform/webhooks/examples
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator

from channels.kit.tolerant import Id, Maybe, Millis, Text, Wire, Yes, moment

T = TypeVar("T")

_MILLISECONDS = 100_000_000_000  # a larger number counts milliseconds: as seconds it would be the year 5138


def when(number: int | None) -> datetime | None:
    """A time in seconds or milliseconds: chats come in the latter, comments in the former."""
    return moment(number if number is None or number > _MILLISECONDS else number * 1000)


def words(value: Any) -> str:
    """A text, or a whole number written as one; anything else is nothing."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, str) else str(value) if whole else ""


def _objects(value: Any) -> list[Any]:
    """One odd thing does not cost the others."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _ids(value: Any) -> list[str]:
    return [one for one in value if one and isinstance(one, str)] if isinstance(value, list) else []


Many = Annotated[tuple[T, ...], BeforeValidator(_objects)]


class Party(Wire):
    """A person or the company's account."""

    id: Id


class Head(Wire):
    """Of every event of a chat."""

    sender: Party
    recipient: Party
    timestamp: Millis = None


class Point(Wire):
    """A place on the map."""

    lat: float
    long: float


class Payload(Wire):
    """What an attachment holds."""

    url: Text = ""
    title: Text = ""
    sticker_id: Text = ""
    coordinates: Maybe[Point] = None


class Thing(Wire):
    """An attachment. Old ones have title and URL beside the payload."""

    type: Text = ""
    title: Text = ""
    url: Text = ""
    payload: Maybe[Payload] = None


class Chosen(Wire):
    """A quick reply that was pressed."""

    payload: Text = ""


class Story(Wire):
    """The story that was answered."""

    id: Text = ""
    url: Text = ""


class Answered(Wire):
    """What a message answers: another message, or a story."""

    mid: Text = ""
    story: Maybe[Story] = None


class Advert(Wire):
    """What the ad showed."""

    ad_title: Text = ""
    post_id: Text = ""
    product_id: Text = ""


class Product(Wire):
    """Of the shop."""

    id: Text = ""


class Referral(Wire):
    """Which link or ad brought the person."""

    ref: Text = ""
    ad_id: Text = ""
    source: Text = ""
    referer_uri: Text = ""
    ads_context_data: Maybe[Advert] = None
    product: Maybe[Product] = None


class Message(Wire):
    """A message, an echo of ours, or one taken back."""

    mid: Id
    text: Text = ""
    attachments: Many[Thing] = ()
    quick_reply: Maybe[Chosen] = None
    reply_to: Maybe[Answered] = None
    referral: Maybe[Referral] = None
    is_self: Yes = False
    is_deleted: Yes = False
    app_id: Text = ""
    metadata: Text = ""


class Postback(Wire):
    """A button, an ice breaker, "Get started"."""

    mid: Text = ""
    title: Text = ""
    payload: Text = ""
    referral: Maybe[Referral] = None


class Reaction(Wire):
    """An emoji put to a message, or taken away."""

    mid: Id
    action: Text = ""
    reaction: Text = ""
    emoji: Text = ""


class Edit(Wire):
    """A message with another text."""

    mid: Id
    text: Text
    num_edit: Text = ""


class Mark(Wire):
    """What was read or delivered: messages by name, or all up to a time."""

    mid: Text = ""
    mids: Annotated[tuple[str, ...], BeforeValidator(_ids)] = ()

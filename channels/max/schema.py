"""What we read of MAX's updates and answers: only that, and whatever else comes is let pass.

Source: https://dev.max.ru/docs-api/objects/Update. What is not needed to understand a message may be
null, missing or odd without costing the message.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from channels.kit.tolerant import Decimal, Id, Items, Maybe, Millis, Text, Whole, Wire, Yes

Moment = Annotated[int, Field(ge=0, le=253_402_300_799_999)]  # milliseconds, needed


class User(Wire):
    """A person or a bot."""

    user_id: Id
    first_name: Text = ""
    last_name: Text = ""
    username: Text = ""
    is_bot: Yes = False


class Recipient(Wire):
    """Where it was written; of interest are chats of type "dialog"."""

    chat_id: Id
    chat_type: str


class Body(Wire):
    """What a message says. `mid` is its id, one for all chats."""

    mid: Id
    text: Text = ""
    attachments: Items = ()
    markup: Items = ()


class Link(Wire):
    """The message that is answered or forwarded; a channel's post has no sender."""

    type: str
    sender: Maybe[User] = None
    message: Body


class Message(Wire):
    """A message; a pure forward has no body of its own."""

    sender: User
    recipient: Recipient
    timestamp: Millis = None
    body: Body | None = None
    link: Maybe[Link] = None


class Written(Wire):
    """message_created and message_edited."""

    timestamp: Moment
    message: Message
    user_locale: Text = ""


class Removed(Wire):
    """message_removed."""

    timestamp: Moment
    message_id: Id
    chat_id: Id
    user_id: Id


class Callback(Wire):
    """A press of a button."""

    callback_id: Id
    timestamp: Millis = None
    payload: Text = ""
    user: User


class Clicked(Wire):
    """The message under whose button somebody pressed."""

    recipient: Recipient
    body: Maybe[Body] = None


class Pressed(Wire):
    """message_callback; the message is null when it was deleted meanwhile."""

    callback: Callback
    message: Maybe[Clicked] = None
    user_locale: Text = ""


class Person(Wire):
    """bot_started and bot_stopped."""

    timestamp: Moment
    chat_id: Id
    user: User
    payload: Text = ""
    user_locale: Text = ""


class Payload(Wire):
    """Of any attachment. The contact's user was called `tam_info` before."""

    url: Text = ""
    token: Text = ""
    code: Text = ""
    vcf_info: Text = ""
    hash: Text = ""
    max_info: Maybe[User] = None
    tam_info: Maybe[User] = None
    buttons: Items = ()


class Thing(Wire):
    """An attachment of any type."""

    type: str
    payload: Maybe[Payload] = None
    filename: Text = ""
    size: Whole = None
    duration: Whole = None
    transcription: Text = ""
    title: Text = ""
    latitude: Decimal = None
    longitude: Decimal = None


class Button(Wire):
    """One button of a keyboard that we sent."""

    text: Text = ""
    payload: Text = ""


class Mark(Wire):
    """Formatting; of interest are links that the text does not show."""

    type: str
    url: Text = ""


class Failure(Wire):
    """The body of a refusal."""

    code: Text = ""
    message: Text = ""


class TakenMessage(Wire):
    """The message that a send returns."""

    timestamp: Millis = None
    body: Body


class Taken(Wire):
    """The answer of POST /messages."""

    message: TakenMessage


class Upload(Wire):
    """The answer of POST /uploads; video and audio have their token already."""

    url: Id
    token: Text = ""


class Uploaded(Wire):
    """The answer of the upload's URL, to a file or to an image."""

    token: Text = ""
    photos: Maybe[dict[str, Uploaded]] = None


class Page(Wire):
    """The answer of GET /updates."""

    updates: list[Any]
    marker: int | None = None


class Subscription(Wire):
    """One webhook of the bot; without `update_types` it gets all."""

    url: str
    update_types: list[str] | None = None


class Subscriptions(Wire):
    """The answer of GET /subscriptions."""

    subscriptions: list[Subscription]


class Urls(Wire):
    """A video's files by their height."""

    mp4_1080: Text = ""
    mp4_720: Text = ""
    mp4_480: Text = ""
    mp4_360: Text = ""
    mp4_240: Text = ""
    mp4_144: Text = ""


class Video(Wire):
    """The answer of GET /videos/{token}."""

    urls: Maybe[Urls] = None


class Me(Wire):
    """The answer of GET /me."""

    user_id: Id
    username: Text = ""
    first_name: Text = ""

"""What we read of Viber's callbacks and answers.

Source: https://developers.viber.com/docs/api/rest-bot-api/#callbacks
"""

from __future__ import annotations

from typing import Annotated

from channels.kit.tolerant import Decimal, Else, Id, Maybe, Millis, Text, Whole, Wire, Yes


class User(Wire):
    """A person; the id is this bot's own for them."""

    id: Id
    name: Text = ""
    avatar: Text = ""
    country: Text = ""
    language: Text = ""


class Location(Wire):
    """A point."""

    lat: Decimal = None
    lon: Decimal = None


class Contact(Wire):
    """A card that somebody shared."""

    name: Text = ""
    phone_number: Text = ""


class Message(Wire):
    """One of all types; which members count depends on `type`."""

    type: Id
    text: Text = ""
    alt_text: Text = ""
    media: Text = ""
    file_name: Text = ""
    size: Whole = None
    duration: Whole = None
    sticker_id: Text = ""
    contact: Maybe[Contact] = None
    location: Maybe[Location] = None
    tracking_data: Text = ""


class Callback(Wire):
    """The members of every event."""

    event: Id
    timestamp: Millis = None
    message_token: Text = ""  # 64 bits: kept as text


class Written(Callback):
    """`message`."""

    message_token: Id
    sender: User
    message: Message


class Started(Callback):
    """`conversation_started` and `subscribed`."""

    user: User
    context: Text = ""
    subscribed: Yes = False


class Left(Callback):
    """`unsubscribed`."""

    user_id: Id


class Receipt(Callback):
    """`delivered`, `seen` and `failed`."""

    message_token: Id
    user_id: Id
    desc: Text = ""


class Answer(Wire):
    """What each method returns; 0 is success."""

    status: int
    status_message: Text = ""
    message_token: Text = ""


class Account(Wire):
    """The answer of get_account_info."""

    name: Text = ""
    uri: Text = ""
    webhook: Text = ""
    event_types: Annotated[tuple[str, ...], Else(())] = ()


class Details(Wire):
    """The answer of get_user_details."""

    user: Maybe[User] = None

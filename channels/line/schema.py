"""What we read of LINE's webhook and answers.

Source: https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from channels.kit.tolerant import Decimal, Else, Id, Millis, Text, Whole, Wire, Yes


class Origin(Wire):
    """Where it happened; of interest are chats of type "user"."""

    type: Id
    user_id: Text = Field(default="", alias="userId")


class Event(Wire):
    """The members of every event."""

    type: Id
    id: Id = Field(alias="webhookEventId")
    mode: Text = ""
    at: Millis = Field(default=None, alias="timestamp")
    source: Origin | None = None
    reply_token: Text = Field(default="", alias="replyToken")


class Provider(Wire):
    """Who holds a file: LINE, or whoever wrote through another bot."""

    type: Text = ""
    url: Text = Field(default="", alias="originalContentUrl")


class Message(Wire):
    """One of all types; which members count depends on `type`."""

    type: Id
    id: Id
    text: Text = ""
    quote_token: Text = Field(default="", alias="quoteToken")
    quoted: Text = Field(default="", alias="quotedMessageId")
    read_token: Text = Field(default="", alias="markAsReadToken")
    provider: Annotated[Provider, Else(Provider())] = Field(default=Provider(), alias="contentProvider")
    duration: Whole = None  # milliseconds
    file_name: Text = Field(default="", alias="fileName")
    file_size: Whole = Field(default=None, alias="fileSize")
    title: Text = ""
    address: Text = ""
    latitude: Decimal = None
    longitude: Decimal = None
    package: Text = Field(default="", alias="packageId")
    sticker: Text = Field(default="", alias="stickerId")
    keywords: Annotated[tuple[str, ...], Else(())] = ()


class Written(Event):
    """`message`, and `messageEdited`."""

    message: Message


class Postback(Wire):
    """What a button carried; `params` come from a date picker or a rich menu."""

    data: str
    params: Annotated[dict[str, str], Else({})] = Field(default_factory=dict)


class Pressed(Event):
    """`postback`."""

    postback: Postback


class Unsend(Wire):
    """Which message was taken back."""

    message_id: Id = Field(alias="messageId")


class Unsent(Event):
    """`unsend`."""

    unsend: Unsend


class Problem(Wire):
    """One of the details of a failure."""

    message: Text = ""
    property: Text = ""


class SentMessage(Wire):
    """One message that LINE took."""

    id: Text = ""


class Answer(Wire):
    """What sending returns, also a 409 for what had been taken before."""

    message: Text = ""
    details: Annotated[tuple[Problem, ...], Else(())] = ()
    sent: Annotated[tuple[SentMessage, ...], Else(())] = Field(default=(), alias="sentMessages")


class Bot(Wire):
    """The answer of bot info."""

    name: Text = Field(default="", alias="displayName")
    basic_id: Text = Field(default="", alias="basicId")


class Quota(Wire):
    """How many messages may be sent this month; without a value, any number."""

    value: Whole = None


class Usage(Wire):
    """How many were."""

    total: Whole = Field(default=None, alias="totalUsage")


class Endpoint(Wire):
    """The webhook as it is set in the console."""

    endpoint: Text = ""
    active: Yes = False


class Person(Wire):
    """The answer of profile."""

    name: Text = Field(default="", alias="displayName")
    picture: Text = Field(default="", alias="pictureUrl")
    language: Text = ""


class Transcoding(Wire):
    """Whether a video or a sound is ready: processing, succeeded, failed."""

    status: Text = ""


Params = dict[str, Any]

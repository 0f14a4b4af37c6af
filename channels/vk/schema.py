"""What we read of VK's events and answers; an odd optional member costs itself, never the message.

Source: https://dev.vk.com/ru/api/community-events/json-schema, https://github.com/VKCOM/vk-api-schema
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from channels.kit.tolerant import Else, Items, Maybe, Seconds, Text, Whole, Wire, Yes


class Replied(Wire):
    """The message that is answered."""

    conversation_message_id: Whole = None


class Coordinates(Wire):
    """A point."""

    latitude: float
    longitude: float


class Place(Wire):
    """What stands there."""

    title: Text = ""
    address: Text = ""


class Geo(Wire):
    """A place that was shared."""

    coordinates: Maybe[Coordinates] = None
    place: Maybe[Place] = None


class Forwarded(Wire):
    """A message inside of a message."""

    from_id: Whole = None
    text: Text = ""
    attachments: Items = ()
    fwd_messages: Items = ()


class Message(Forwarded):
    """A message of a private dialogue, as message_new, message_edit and message_reply bring it."""

    from_id: int
    peer_id: int
    conversation_message_id: Whole = None
    date: Seconds = None
    update_time: Seconds = None
    out: Whole = None
    admin_author_id: Whole = None
    reply_message: Maybe[Replied] = None
    geo: Maybe[Geo] = None
    payload: Any = None
    ref: Text = ""
    ref_source: Text = ""
    is_cropped: Yes = False


class Pressed(Wire):
    """message_event: a callback button."""

    user_id: int
    peer_id: int
    conversation_message_id: Whole = None
    payload: Any = None


class Permission(Wire):
    """message_allow and message_deny."""

    user_id: int
    key: Text = ""


class Read(Wire):
    """message_read: everything up to a message of ours."""

    from_id: int
    peer_id: int
    conversation_message_id: int


class Reacted(Wire):
    """message_reaction_event; without `reaction_id` it was taken back."""

    reacted_id: int
    peer_id: int
    cmid: int
    reaction_id: Whole = None


class Comment(Wire):
    """wall_reply_new and wall_reply_edit."""

    id: int
    from_id: int
    post_id: int
    owner_id: int
    date: Seconds = None
    text: Text = ""
    attachments: Items = ()
    reply_to_comment: Whole = None


class CommentGone(Wire):
    """wall_reply_delete."""

    id: int
    post_id: int
    deleter_id: int


class LeadForm(Wire):
    """lead_forms_new."""

    lead_id: int
    user_id: Whole = None
    form_id: Whole = None
    form_name: Text = ""
    ad_id: Text = ""
    answers: Items = ()


class Reply(Wire):
    """One answer of a lead form; of several choices there may be a list."""

    key: Text = ""
    question: Text = ""
    answer: Any = None


class Size(Wire):
    """One size of a picture."""

    url: Text = ""
    width: Annotated[int, Else(0)] = 0
    height: Annotated[int, Else(0)] = 0


class Thing(Wire):
    """An attachment of any type: the members that some of them have."""

    id: Whole = None
    owner_id: Whole = None
    access_key: Text = ""
    title: Text = ""
    artist: Text = ""
    question: Text = ""
    text: Text = ""
    url: Text = ""
    ext: Text = ""
    size: Whole = None
    duration: Text = ""
    transcript: Text = ""
    link_ogg: Text = ""
    link_mp3: Text = ""
    post_id: Whole = None
    sticker_id: Text = ""
    sizes: Annotated[tuple[Size, ...], Else(())] = ()
    images: Annotated[tuple[Size, ...], Else(())] = ()
    orig_photo: Maybe[Size] = None


class Failure(Wire):
    """`error` of an answer, or of one recipient (`code`, `description`)."""

    error_code: Whole = None
    error_msg: Text = ""
    code: Whole = None
    description: Text = ""


class Taken(Wire):
    """What messages.send says of one recipient."""

    conversation_message_id: Whole = None
    error: Maybe[Failure] = None


class Upload(Wire):
    """Where a file goes."""

    upload_url: str


class Saved(Wire):
    """A file that VK keeps now."""

    id: int
    owner_id: int
    access_key: Text = ""


class LongPoll(Wire):
    """The answer of groups.getLongPollServer."""

    server: str
    key: str
    ts: str


class Page(Wire):
    """An answer of the long poll: updates, or a number that says why not."""

    ts: Text = ""
    updates: Maybe[tuple[Any, ...]] = None
    failed: Whole = None


class Server(Wire):
    """A callback server of the community."""

    id: int
    url: Text = ""
    secret_key: Text = ""
    status: Text = ""


class Subscriptions(Wire):
    """The answer of groups.getCallbackSettings."""

    events: Annotated[dict[str, Any], Else({})] = Field(default_factory=dict)


class Person(Wire):
    """One of users.get."""

    first_name: Text = ""
    last_name: Text = ""
    screen_name: Text = ""
    photo_200: Text = ""

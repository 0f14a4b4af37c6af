"""Answers in a chat of Messenger or Instagram: the bodies of the Send API, its failures, who is subscribed.

Sources: https://developers.facebook.com/docs/messenger-platform/reference/send-api,
https://developers.facebook.com/docs/messenger-platform/error-codes
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

import aiohttp

from channels.kit import meta
from channels.kit.contract import Source
from channels.kit.meta import Codes
from channels.kit.meta_wire import words
from leads.events import Button, MediaKind, Outgoing, SendCode, SendError, Sent

QUICK_REPLIES = 13
TITLE = 20  # characters of a button
PAUSE = 30.0  # seconds

TYPES = {
    MediaKind.PHOTO: "image",
    MediaKind.VIDEO: "video",
    MediaKind.VOICE: "audio",
    MediaKind.AUDIO: "audio",
    MediaKind.FILE: "file",
}

# Both products answer with the codes of one page; the sentences there are the comments here.
CODES: Codes = {
    1: SendCode.RETRY,  # an unknown error occurred
    # "You might also receive this error if a customer has blocked your business": only this chat waits.
    2: SendCode.RETRY,
    # "The messages are all sent successfully, but …": never again by itself.
    (1, 1357046): SendCode.PERMANENT,
    (10, 2018065): SendCode.WINDOW_CLOSED,  # sent outside of the allowed window
    (10, 2018108): SendCode.BLOCKED,  # this person isn't receiving messages from you right now
    (10, 2018278): SendCode.WINDOW_CLOSED,
    (10, 2534022): SendCode.WINDOW_CLOSED,
    (100, 2018001): SendCode.BLOCKED,  # no matching user found
    (100, 2018008): SendCode.BAD_MEDIA,  # failed to fetch the file from the URL
    (100, 2018047): SendCode.BAD_MEDIA,  # upload attachment failure
    (100, 2018074): SendCode.BAD_MEDIA,  # invalid attachment id
    (100, 2018109): SendCode.BAD_MEDIA,  # attachment size exceeds the limit
    (100, 2018294): SendCode.BAD_MEDIA,  # video upload timed out
    (100, 2534013): SendCode.MISCONFIGURED,  # the account is not linked to the Page
    (100, 2534014): SendCode.BLOCKED,  # no such user
    (100, 2534029): SendCode.MISCONFIGURED,  # Meta has blocked the business
    (200, 1545041): SendCode.BLOCKED,  # this person isn't available
    368: SendCode.MISCONFIGURED,  # "deemed abusive or is otherwise disallowed"
    551: SendCode.BLOCKED,  # this person isn't available right now
    613: SendCode.UNAVAILABLE,  # calls to this API have exceeded the rate limit
    (613, 2018338): SendCode.RETRY,  # too many tagged messages to this person
    2022: SendCode.MISCONFIGURED,  # the Page may not send for a while
    10900: SendCode.PERMANENT,  # activity already replied to
    10904: SendCode.MISCONFIGURED,  # the Page has messages switched off
}


def codes_of(outgoing: Outgoing, codes: Codes) -> Codes:
    """What the codes mean for this message.

    An app without the feature "Human Agent" lacks a right for late answers only: the source goes on.
    """
    return {**codes, 10: SendCode.WINDOW_CLOSED, 200: SendCode.WINDOW_CLOSED} if outgoing.late else codes


async def call(http: aiohttp.ClientSession, source: Source, method: str, path: str, **options: Any) -> Any:
    """`meta.graph`; whoever must wait without a word how long waits half a minute. Raises `SendError`."""
    try:
        return await meta.graph(http, source, method, path, **options)
    except SendError as error:
        if error.code is SendCode.RETRY and error.retry_after is None:
            error.retry_after = PAUSE
        raise


def body(outgoing: Outgoing, recipient: dict[str, str], message: dict[str, Any]) -> dict[str, Any]:
    """One message. After the window only a person may answer, and says so with a tag."""
    late = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    head = late if outgoing.late else {"messaging_type": "RESPONSE"}
    return {"recipient": recipient, **head, "message": message}


def quick_replies(buttons: Sequence[Button]) -> dict[str, Any]:
    """Buttons that come back, as replies above the keyboard."""
    if any(button.url for button in buttons):
        raise SendError(SendCode.PERMANENT, "a quick reply opens no link: write the link into the text")
    replies = [
        {"content_type": "text", "title": title(button), "payload": button.data or button.text}
        for button in buttons
    ]
    return {"quick_replies": replies} if replies else {}


def title(button: Button) -> str:
    return button.text[:TITLE]


def action(recipient: str, name: str, **payload: str) -> dict[str, Any]:
    """A sender action, which never goes together with a message."""
    return {"recipient": {"id": recipient}, "sender_action": name} | ({"payload": payload} if payload else {})


def reaction(outgoing: Outgoing, emoji: str) -> dict[str, Any]:
    """Put an emoji to their message, or take ours away."""
    if not emoji:
        return action(outgoing.recipient, "unreact", message_id=outgoing.target)
    return action(outgoing.recipient, "react", message_id=outgoing.target, reaction=emoji)


def sent(answer: Any) -> Sent:
    """A 2xx is the word that counts: sending again because of an odd result would repeat the message."""
    return Sent(words(answer.get("message_id")) if isinstance(answer, dict) else "")


async def known(profile: Awaitable[Any]) -> dict[str, Any]:
    """What a profile call gives; nothing where the person shows none or we may not look."""
    try:
        answer = await profile
    except SendError as error:
        if error.code in {SendCode.UNAVAILABLE, SendCode.RETRY}:
            raise
        return {}
    return answer if isinstance(answer, dict) else {}


def lacking(answer: Any, app_id: str, fields: Sequence[str]) -> str:
    """What GET …/subscribed_apps shows to be missing; empty when our app gets all fields."""
    ours = [app for app in _data(answer) if not app_id or words(app.get("id")) == app_id]
    if not ours:
        return "the app is not subscribed"
    subscribed = {one for app in ours for one in app.get("subscribed_fields") or () if isinstance(one, str)}
    missing = [field for field in fields if field not in subscribed]
    return f"not subscribed to {', '.join(missing)}" if missing else ""


def hooked(answer: Any, product: str, url: str) -> str:
    """What GET …/subscriptions shows to be wrong with the app's webhook; empty when it pushes to `url`."""
    ours = [hook for hook in _data(answer) if hook.get("object") == product]
    if not ours:
        return "the app has no webhook"
    if not any(hook.get("callback_url") == url for hook in ours):
        return f"the app pushes to {words(ours[0].get('callback_url')) or 'another address'}"
    return (
        "" if any(hook.get("active") is not False for hook in ours) else "the app's webhook is switched off"
    )


def _data(answer: Any) -> list[dict[str, Any]]:
    data = answer.get("data") if isinstance(answer, dict) else None
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []

"""What Telegram's refusals mean to us.

SendError              (leads/events.py) it did not go; the code says what to do
├── TopicGone          the topic was deleted: make it again, then send again
├── MessageGone        the message to edit or to react to was deleted
├── Unchanged          it looks as it should already: a success
└── EntitiesRefused    the formatting was not understood: send the bare text
"""

from __future__ import annotations

from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)

from leads.events import SendCode, SendError


class TopicGone(SendError):
    """The topic was deleted: make it again, then send again."""


class MessageGone(SendError):
    """The message to edit or to react to was deleted."""


class Unchanged(SendError):
    """It looks as it should already: a success."""


class EntitiesRefused(SendError):
    """The formatting was not understood: send the bare text."""


_CLASSES: tuple[tuple[type[AiogramError], SendCode], ...] = (
    (TelegramForbiddenError, SendCode.BLOCKED),
    (TelegramUnauthorizedError, SendCode.MISCONFIGURED),
    # The Bot API server does not know the bot of this token.
    (TelegramNotFound, SendCode.MISCONFIGURED),
    (TelegramEntityTooLarge, SendCode.BAD_MEDIA),
    (TelegramNetworkError, SendCode.UNAVAILABLE),
    (TelegramConflictError, SendCode.UNAVAILABLE),  # as for the customers' bots: no fault of the message
    (TelegramServerError, SendCode.UNAVAILABLE),
    # A proxy's page instead of an answer.
    (ClientDecodeError, SendCode.UNAVAILABLE),
    (TelegramMigrateToChat, SendCode.PERMANENT),
)

# The words of a 400, in lower case, the first match counts. Telegram has no codes for them.
_SPECIAL: tuple[tuple[tuple[str, ...], type[SendError]], ...] = (
    (("message is not modified", "topic_not_modified"), Unchanged),
    (("message thread not found", "topic_deleted", "topic_id_invalid", "topic_closed"), TopicGone),
    (
        (
            "message to edit not found",
            "message to react not found",
            "message to delete not found",
            "message_id_invalid",
            "message can't be edited",
        ),
        MessageGone,
    ),
    (
        ("can't parse entities", "can't parse messageentity", "entity begin", "an entity with"),
        EntitiesRefused,
    ),
)
_MEDIA_WORDS = ("file", "photo", "image", "media", "sticker", "voice_messages_forbidden", "video_")
_WORDS: tuple[tuple[tuple[str, ...], SendCode], ...] = (
    (("chat not found", "user is deactivated", "peer_id_invalid"), SendCode.BLOCKED),
    (("too long", "too_long"), SendCode.TOO_LONG),
    (_MEDIA_WORDS, SendCode.BAD_MEDIA),
    (("not enough rights", "have no rights"), SendCode.MISCONFIGURED),
)


def send_error(error: AiogramError) -> SendError:
    """The one table from aiogram's exceptions to ours."""
    detail = getattr(error, "message", "") or type(error).__name__
    if isinstance(error, TelegramRetryAfter):
        return SendError(SendCode.RETRY, detail, retry_after=error.retry_after)
    if isinstance(error, TelegramBadRequest):
        return _bad_request(error, detail)
    for kind, code in _CLASSES:
        if isinstance(error, kind):
            return SendError(code, detail)
    return SendError(SendCode.PERMANENT, detail)


def _bad_request(error: TelegramBadRequest, detail: str) -> SendError:
    message = error.message.lower()
    for words, special in _SPECIAL:
        if any(each in message for each in words):
            return special(SendCode.PERMANENT, detail)
    for words, code in _WORDS:
        if any(each in message for each in words):
            return SendError(code, detail)
    return SendError(SendCode.PERMANENT, detail)

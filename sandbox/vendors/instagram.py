"""A professional account's direct messages and comments, connected with Instagram Login.

https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from aiohttp import ClientError

from sandbox.vendors.meta import EXPIRED, refusal
from sandbox.vendors.meta_chats import (
    BLOCKED,
    LATE,
    MEGABYTE,
    OURS,
    SECRET,
    TOO_MANY,
    VERIFY_TOKEN,
    Chats,
)
from sandbox.vendors.meta_sends import invalid, only
from sandbox.vendors.stage import AWAY, Chat, File, Note, Person, Push, Refused, Stage
from sandbox.vendors.vendor import AUDIO, FILE, PHOTO, VIDEO, Look

NAME = "instagram"
TEXT_BYTES = 1000
LIMITS = {PHOTO: 8 * MEGABYTE, VIDEO: 25 * MEGABYTE, AUDIO: 25 * MEGABYTE, FILE: 25 * MEGABYTE}
TYPES = {
    PHOTO: {"image/png", "image/jpeg", "image/gif"},
    VIDEO: {"video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"},
    AUDIO: {"audio/aac", "audio/mp4", "audio/x-m4a", "audio/wav", "audio/x-wav"},
    FILE: {"application/pdf"},
}
NO_FILE = refusal(100, "The media could not be fetched from this URI", subcode=2018008)
NO_REPLY = refusal(100, "The comment is invalid for private reply", subcode=2534025)


@dataclass(slots=True)
class Comment:
    """Below a post of the company's; it takes one private reply."""

    id: str
    chat: Chat
    text: str
    at: datetime
    answered: bool = False


class Instagram(Chats):
    look = Look(
        "Instagram", header="#c13584", company="#efefef", customer="#7b4fe0", said="#ffffff", shape="round"
    )
    sends = frozenset({PHOTO, VIDEO, AUDIO, FILE})
    product = "instagram"
    owner = "17841400000000001"
    token = "IGAAsandboxAccountToken0123456789"  # noqa: S105 - opens the sandbox only
    no_person = refusal(100, "No matching Instagram user", subcode=2534014)
    fields = (
        *("messages", "message_edit", "message_reactions", "messaging_postbacks", "messaging_referral"),
        *("messaging_seen", "comments", "live_comments", "mentions"),
    )
    refusals: ClassVar = {
        "too_many": TOO_MANY,
        "window_closed": refusal(10, "This message is sent outside of allowed window.", subcode=2534022),
        "blocked": BLOCKED,
        "bad_media": NO_FILE,
        "misconfigured": EXPIRED,
        "server_error": AWAY,
    }

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.comments: dict[str, Comment] = {}

    def settings(self) -> dict[str, str]:
        return {
            "account_id": self.owner,
            "token": self.token,
            "app_secret": SECRET,
            "verify_token": VERIFY_TOKEN,
            "username": "alder.finch",
        }

    def meets(self, number: int, name: str, language: str = "en") -> Person:
        handle = name.lower().replace(" ", ".")
        return Person(f"61{number:014d}", name, username=handle, language=language)

    def note_id(self, by: str) -> str:
        return f"aWdfZAG1{by}{self.stage.number():06d}ZD"

    # --- the API ----------------------------------------------------------------------------------------

    def about(self, node: str) -> dict[str, Any]:
        if node in {"me", self.owner}:
            return {
                "id": "26000000000000001",
                "user_id": self.owner,
                "username": "alder.finch",
                "name": "A & F",
            }
        chat = self.stage.chat(node)
        if not chat or not chat.of("customer"):
            raise Refused(refusal(230, "User consent is required to access user profile"))
        person = chat.person
        about = {"id": node, "name": person.name, "username": person.username, "profile_pic": person.avatar}
        return about | {"follower_count": 17}

    def receiver(self, given: Mapping[str, Any]) -> Chat:
        recipient = given.get("recipient")
        if not isinstance(recipient, dict) or "comment_id" not in recipient:
            return super().receiver(given)
        comment = self.comments.get(str(recipient["comment_id"]))
        only(given, {"recipient", "message"})
        if not comment or comment.answered or self.stage.now() - comment.at > LATE:
            raise Refused(NO_REPLY)
        if "text" not in given.get("message", {}):
            raise invalid("A private reply has a text")
        return comment.chat

    def may_answer(self, chat: Chat, given: Mapping[str, Any]) -> None:
        """A comment's reply has been looked at before; it is the only one."""
        if "comment_id" in given["recipient"]:
            self.comments[str(given["recipient"]["comment_id"])].answered = True
        else:
            super().may_answer(chat, given)

    def takes_reaction(self, action: str, reaction: object) -> bool:
        return reaction == "love" if action == "react" else reaction is None

    def fits(self, text: str) -> bool:
        return len(text.encode()) <= TEXT_BYTES and len(text) < 1000

    async def attached(self, attachment: Mapping[str, Any], upload: File | None) -> File:
        """By its address only, which is asked at once."""
        kind = OURS.get(attachment.get("type", ""))
        if not kind or upload:
            raise Refused(NO_FILE)
        try:
            mime, data = await self.stage.fetch(attachment["payload"]["url"])
        except (ClientError, TimeoutError, KeyError, ValueError):
            raise Refused(NO_FILE) from None
        if mime not in TYPES[kind] or len(data) > LIMITS[kind]:
            raise invalid("The media's format or size is not supported", 2018047)
        return File(kind, "", mime, data)

    # --- the phone --------------------------------------------------------------------------------------

    def deleted(self, chat: Chat, note: Note) -> list[Push]:
        return [self.event(chat, self.stage.now(), message={"mid": note.id, "is_deleted": True})]

    def was_read(self, chat: Chat, notes: list[Note]) -> list[Push]:
        return [self.event(chat, self.stage.now(), read={"mid": note.id}) for note in notes]

    def echo(self, chat: Chat, note: Note, **more: Any) -> Push:
        """Nothing tells who sent it."""
        return super().echo(chat, note)

    def comment(self, person: Person, text: str) -> Comment:
        """The person writes below a post, for everybody to see."""
        number = self.stage.number()
        made = Comment(f"1786500000{number:07d}", self.chat(person), text, self.stage.now())
        self.comments[made.id] = made
        author = {"id": person.id, "username": person.username}
        media = {"id": "17890000000000001", "media_product_type": "FEED"}
        value = {"id": made.id, "from": author, "text": text, "media": media}
        entry = {"time": int(made.at.timestamp()), "field": "comments", "value": value}
        self.stage.push(self.signed(entry, person.id))
        self.stage.changed()
        return made


def make(stage: Stage) -> Instagram:
    return Instagram(stage)

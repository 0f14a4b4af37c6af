"""A Facebook Page's inbox, as the Graph API gives it.

https://developers.facebook.com/docs/messenger-platform
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from aiohttp import web

from sandbox.vendors.meta import EXPIRED, authenticated, refusal, shakes_hands
from sandbox.vendors.meta_chats import (
    APP,
    BLOCKED,
    MEGABYTE,
    OURS,
    SECRET,
    TOO_MANY,
    VERIFY_TOKEN,
    VERSION,
    Chats,
)
from sandbox.vendors.meta_sends import invalid, millis
from sandbox.vendors.stage import AWAY, Answer, Chat, File, Note, Person, Push, Refused, Stage
from sandbox.vendors.vendor import AUDIO, FILE, PHOTO, VIDEO, Look

NAME = "messenger"
BAD_FILE = refusal(100, "Upload attachment failure.", subcode=2018047)


class Messenger(Chats):
    look = Look(
        "Messenger", header="#0866ff", company="#f0f0f0", customer="#0866ff", said="#ffffff", shape="round"
    )
    sends = frozenset({PHOTO, VIDEO, AUDIO, FILE, "location", "sticker"})
    product = "page"
    owner = "104700000000001"
    token = "EAAsandboxPageToken0123456789"  # noqa: S105 - opens the sandbox only
    no_person = refusal(100, "No matching user found", subcode=2018001)
    fields = (
        *("messages", "message_echoes", "message_edits", "message_reactions", "message_reads"),
        *("message_deliveries", "messaging_postbacks", "messaging_referrals", "standby", "feed", "leadgen"),
    )
    refusals: ClassVar = {
        "too_many": TOO_MANY,
        "window_closed": refusal(10, "This message is sent outside of allowed window.", subcode=2018278),
        "blocked": BLOCKED,
        "bad_media": BAD_FILE,
        "misconfigured": EXPIRED,
        "server_error": AWAY,
    }

    def settings(self) -> dict[str, str]:
        return {
            "page_id": self.owner,
            "token": self.token,
            "app_secret": SECRET,
            "verify_token": VERIFY_TOKEN,
            "app_id": APP,
        }

    def meets(self, number: int, name: str, language: str = "en") -> Person:
        return Person(f"73{number:014d}", name, language=language)

    def note_id(self, by: str) -> str:
        return f"m_{by}AbC-{self.stage.number():06d}_x"

    # --- the API ----------------------------------------------------------------------------------------

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post(f"{VERSION}/{APP}/subscriptions", self.hook),
            web.get(f"{VERSION}/{APP}/subscriptions", self.hooks),
            *super().routes(),
        ]

    async def hook(self, request: web.Request) -> web.Response:
        """Meta calls the address at once, and takes it only for the right answer."""
        authenticated(request, f"{APP}|{SECRET}")
        given = await request.post()
        url = str(given.get("callback_url", ""))
        if given.get("object") != "page" or not given.get("fields"):
            raise invalid("object and fields are needed")
        await shakes_hands(self.stage.http(), url, str(given.get("verify_token")))
        self.stage.hook = url
        return Answer.of({"success": True}).response()

    async def hooks(self, request: web.Request) -> web.Response:
        authenticated(request, f"{APP}|{SECRET}")
        hook = {"object": "page", "callback_url": self.stage.hook, "active": True, "fields": []}
        return Answer.of({"data": [hook] if self.stage.hook else []}).response()

    def about(self, node: str) -> dict[str, Any]:
        if node in {"me", self.owner}:
            return {"id": self.owner, "name": "Alder & Finch"}
        chat = self.stage.chat(node)
        if not chat or not chat.of("customer"):
            raise invalid("No profile available for this user.", 2018218)
        first, _, last = chat.person.name.partition(" ")
        picture = chat.person.avatar
        return {
            "id": node,
            "first_name": first,
            "last_name": last,
            "profile_pic": picture,
            "name": chat.person.name,
        }

    def fits(self, text: str) -> bool:
        return len(text) < 2000

    async def attached(self, attachment: Mapping[str, Any], upload: File | None) -> File:
        """Uploaded along with the message; an upload's name is plain."""
        kind = OURS.get(attachment.get("type", ""))
        if not kind or not upload or not upload.name.isascii() or not upload.data:
            raise Refused(BAD_FILE)
        if kind == AUDIO and not upload.mime.startswith("audio/"):
            raise Refused(BAD_FILE)
        if len(upload.data) > 25 * MEGABYTE:
            raise invalid("Attachment size exceeds allowable limit", 2018109)
        return File(kind, upload.name, upload.mime, upload.data)

    # --- the phone --------------------------------------------------------------------------------------
    # What was read is told as a time only, which names no message: `was_read` is missing here.

    def delivered(self, chat: Chat, note: Note) -> list[Push]:
        now = self.stage.now()
        return [self.event(chat, now, delivery={"mids": [note.id], "watermark": millis(now)})]

    def echo(self, chat: Chat, note: Note, **more: Any) -> Push:
        if note.facts.get("metadata"):
            more["metadata"] = note.facts["metadata"]
        return super().echo(chat, note, **more)


def make(stage: Stage) -> Messenger:
    return Messenger(stage)

"""A vendor that exists nowhere, for tests of what the frame does for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web

from sandbox.vendors.stage import Answer, Chat, Choice, Note, Person, Push, Refused
from sandbox.vendors.vendor import Look, Vendor

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Pigeon(Vendor):
    """Texts and photos by bird: knows of blocks, reads and deliveries, but not of edits."""

    look = Look("Pigeon", header="#335544", company="#ffffff", customer="#ddeedd", ticks=True)
    refusals: ClassVar = {
        "too_many": Answer.of({"why": "tired"}, 429, {"Retry-After": "1"}),
        "misconfigured": Answer.of({"why": "no ring"}, 401),
        "server_error": Answer.of({"why": "moulting"}, 503),
    }

    def settings(self) -> dict[str, str]:
        return {}

    def routes(self) -> Iterable[web.RouteDef]:
        return [web.post("/fly", self.fly)]

    async def fly(self, request: web.Request) -> web.Response:
        given = await request.json()
        chat = self.stage.chat(given["to"])
        if not chat or chat.blocked:
            raise Refused(Answer.of({"why": "no such nest"}, 404))
        buttons = (Choice("Yes", "y"), Choice("Site", url="https://example.com"))
        note = self.takes(chat, Note(self.note_id("company"), "company", given["text"], NOW, buttons=buttons))
        return Answer.of({"id": note.id}).response()

    def meets(self, number: int, name: str, language: str = "en") -> Person:
        return Person(f"p{number}", name, language=language)

    def wrote(self, chat: Chat, note: Note) -> list[Push]:
        return [self._told(chat, wrote=note.text, url=self.stage.keep(note.media) if note.media else "")]

    def delivered(self, chat: Chat, note: Note) -> list[Push]:
        return [self._told(chat, delivered=note.id)]

    def was_read(self, chat: Chat, notes: list[Note]) -> list[Push]:
        return [self._told(chat, read=[note.text for note in notes])]

    def pressed(self, chat: Chat, note: Note, choice: Choice) -> list[Push]:
        return [self._told(chat, pressed=choice.data)]

    def blocked(self, chat: Chat) -> list[Push]:
        return []

    def _told(self, chat: Chat, **what: Any) -> Push:
        return Push(json.dumps(what).encode(), {"Content-Type": "application/json"}, lane=chat.person.id)

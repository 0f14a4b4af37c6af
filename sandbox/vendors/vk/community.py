"""The community: its API for the product, its members' phones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from aiohttp import web

from sandbox.vendors.stage import Answer, Chat, Choice, Note, Person, Push, Refused, Stage
from sandbox.vendors.vendor import FILE, PHOTO, VIDEO, VOICE, Look, Vendor
from sandbox.vendors.vk import told, words
from sandbox.vendors.vk.dialogues import Dialogues
from sandbox.vendors.vk.methods import checked, table
from sandbox.vendors.vk.pushing import CONFIRMATION, SECRET, Pushing
from sandbox.vendors.vk.uploads import Uploads
from sandbox.vendors.vk.wall import Wall
from sandbox.vendors.vk.words import GROUP, TOKEN, Given


class Community(Vendor):
    look = Look("VK", header="#0077ff", company="#ebedf0", customer="#cce4ff", ticks=True, shape="soft")
    sends = frozenset({PHOTO, VIDEO, VOICE, FILE, "sticker", "location"})
    idempotent = True
    refusals: ClassVar = {
        "too_many": words.TOO_MANY,
        "blocked": words.NO_PERMISSION,
        "too_long": words.TOO_LONG,
        "misconfigured": words.NO_TOKEN,
        "server_error": Answer(502, b"<html>502 Bad Gateway</html>", {"Content-Type": "text/html"}),
    }

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.uploads, self.pushing = Uploads(stage), Pushing(stage)
        self.wall = Wall(stage, self.pushing)
        dialogues = Dialogues(self, self.uploads, self._tell)
        self.methods = table(stage, dialogues, self.uploads, self.wall)

    def settings(self) -> Given:
        group = {"group_id": str(GROUP), "token": TOKEN}
        return group | {"secret": SECRET, "confirmation": CONFIRMATION}

    def meets(self, number: int, name: str, language: str = "en") -> Person:
        return Person(str(700_000 + number), name, f"id{700_000 + number}", language=language)

    def note_id(self, by: str) -> str:
        """Ids of a dialogue; here they grow across all of them."""
        return str(self.stage.number())

    # --- the API ----------------------------------------------------------------------------------------

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post("/method/{method}", self.call),
            web.post("/upload/{number}", self.uploads.upload),
            web.get("/lp", self.pushing.poll),
            web.post("/lp", self.pushing.poll),
        ]

    async def call(self, request: web.Request) -> web.Response:
        """Parameters may stand in the query too."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        given = checked(dict(request.query) | form)
        method = self.methods.get(request.match_info["method"])
        if method is None:
            raise Refused(words.NO_METHOD)
        return method.call(given).response()

    # --- the phone --------------------------------------------------------------------------------------

    def wrote(self, chat: Chat, note: Note) -> list[Push]:
        message = told.message(self.stage, chat, note)
        return self._tell("message_new", chat, {"message": message, "client_info": told.client(chat)})

    def edited(self, chat: Chat, note: Note) -> list[Push]:
        return self._tell("message_edit", chat, told.message(self.stage, chat, note))

    def reacted(self, chat: Chat, note: Note) -> list[Push]:
        about: words.Json = {"reacted_id": int(chat.person.id), "cmid": int(note.id)}
        about |= {"reaction_id": 4} if note.reactions else {}
        return self._tell("message_reaction_event", chat, {"peer_id": int(chat.person.id)} | about)

    def pressed(self, chat: Chat, note: Note, choice: Choice) -> list[Push]:
        """A button of type "text" writes its words into the chat."""
        written = Note(self.note_id("customer"), "customer", choice.text, self.stage.now())
        written.facts["payload"] = choice.data
        chat.notes.append(written)
        return self.wrote(chat, written)

    def was_read(self, chat: Chat, notes: list[Note]) -> list[Push]:
        """VK names the newest one only."""
        newest = int(notes[-1].id)
        about = {"from_id": int(chat.person.id), "peer_id": int(chat.person.id)}
        ids = {"read_message_id": 1_000_000 + newest, "conversation_message_id": newest}
        return self._tell("message_read", chat, about | ids)

    def blocked(self, chat: Chat) -> list[Push]:
        return self._tell("message_deny", chat, {"user_id": int(chat.person.id)})

    def unblocked(self, chat: Chat) -> list[Push]:
        chat.facts["allowed"] = "1"
        return self._tell("message_allow", chat, {"user_id": int(chat.person.id), "key": ""})

    def answered_in_app(self, chat: Chat, note: Note) -> list[Push]:
        note.facts["staff"] = "1"
        return self._tell("message_reply", chat, told.message(self.stage, chat, note))

    def _tell(self, kind: str, chat: Chat, about: words.Json) -> list[Push]:
        return self.pushing.tell(kind, about, chat.person.id)

"""The methods of messages. https://dev.vk.com/ru/method/messages"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sandbox.vendors.stage import Answer, Chat, Note, Push, Refused, Stage
from sandbox.vendors.vendor import Vendor
from sandbox.vendors.vk import told, words
from sandbox.vendors.vk.uploads import Uploads
from sandbox.vendors.vk.words import TEXT, Given, done, odd

CHANGED_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dialogues:
    """What the community's token may do in them; `tell` makes an event of what it did."""

    vendor: Vendor
    uploads: Uploads
    tell: Callable[[str, Chat, words.Json], list[Push]]

    @property
    def stage(self) -> Stage:
        return self.vendor.stage

    def send(self, given: Given) -> Answer:
        """The same random_id to the same person is the same message."""
        chat = self.dialogue(given["peer_ids"])
        again = next(
            (one for one in chat.of("company") if one.facts.get("random_id") == given["random_id"]), None
        )
        if given["random_id"] != "0" and again:
            return self._sent(chat, again)
        if chat.blocked or not (chat.of("customer") or chat.facts.get("allowed")):
            raise Refused(words.NO_PERMISSION)
        note = Note(self.vendor.note_id("company"), "company", given.get("message", ""), self.stage.now())
        note.facts["random_id"] = given["random_id"]
        if "payload" in given:
            json.loads(given["payload"])
            note.facts["payload"] = given["payload"]
        self.fill(note, given)
        if "forward" in given:
            note.reply_to = self._quoted(chat, json.loads(given["forward"]))
        if "keyboard" in given:
            note.buttons = words.keyboard(given["keyboard"])
        self.vendor.takes(chat, note)
        self.stage.push(*self.tell("message_reply", chat, told.message(self.stage, chat, note)))
        return self._sent(chat, note)

    def fill(self, note: Note, given: Given) -> None:
        """Text and file, as they stand in the call: what it does not name is not there."""
        text, name = given.get("message", ""), given.get("attachment", "")
        if len(text) > TEXT:
            raise Refused(words.TOO_LONG)
        if name and name not in self.uploads.kept:
            raise odd("attachment is invalid")
        if not text and not name:
            raise odd("message is empty or invalid")
        note.media = self.uploads.kept[name] if name else None
        note.facts["kept"] = name

    def edit(self, given: Given) -> Answer:
        chat = self.dialogue(given["peer_id"])
        note = self._own(chat, given["cmid"])
        if self.stage.now() - note.at > CHANGED_WITHIN:
            raise words.TOO_OLD
        self.fill(note, given)
        self.vendor.rewrites(note, given.get("message", ""))
        self.stage.push(*self.tell("message_edit", chat, told.message(self.stage, chat, note)))
        return done(1)

    def delete(self, given: Given) -> Answer:
        chat = self.dialogue(given["peer_id"])
        note = self._own(chat, given["cmids"])
        answer: dict[str, object] = {"peer_id": int(chat.person.id), "conversation_message_id": int(note.id)}
        if self.stage.now() - note.at > CHANGED_WITHIN:
            why = {"code": 924, "description": "Can't delete this message for everybody"}
            return done([answer | {"error": why}])
        note.deleted = True
        self.stage.effects += 1
        self.stage.changed()
        return done([answer | {"response": 1}])

    def dialogue(self, peer: str) -> Chat:
        chat = self.stage.chat(peer)
        if not chat:
            raise Refused(words.failed(936, "Contact not found"))
        return chat

    def _own(self, chat: Chat, number: str) -> Note:
        note = chat.note(number)
        if not note or note.by != "company" or note.deleted:
            raise words.NO_ACCESS
        return note

    def _quoted(self, chat: Chat, forward: words.Json) -> str:
        (number,) = forward["conversation_message_ids"]
        if (
            forward.get("is_reply") != 1
            or str(forward["peer_id"]) != chat.person.id
            or not chat.note(str(number))
        ):
            raise odd("forward is invalid")
        return str(number)

    def _sent(self, chat: Chat, note: Note) -> Answer:
        ids = {"message_id": 1_000_000 + int(note.id), "conversation_message_id": int(note.id)}
        return done([{"peer_id": int(chat.person.id)} | ids])

    # --- the rest ---------------------------------------------------------------------------------------

    def found(self, given: Given) -> Answer:
        chat = self.dialogue(given["peer_id"])
        notes = [note for one in given["conversation_message_ids"].split(",") if (note := chat.note(one))]
        return done({"count": len(notes), "items": [told.message(self.stage, chat, note) for note in notes]})

    def read(self, given: Given) -> Answer:
        self.dialogue(given["peer_id"]).read_at = self.stage.now()
        self.stage.changed()
        return done(1)

    def types(self, given: Given) -> Answer:
        if given["type"] not in {"typing", "audiomessage", "photo", "file", "video"}:
            raise odd("type is invalid")
        self.dialogue(given["peer_id"]).typing_at = self.stage.now()
        self.stage.changed()
        return done(1)

"""What the playground's visitors do as a vendor's customers, read from the page's JSON."""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import cycle
from typing import Any

from sandbox import voice
from sandbox.model import Impossible
from sandbox.vendors.faults import Fault
from sandbox.vendors.serving import Vendors
from sandbox.vendors.stage import File, Note, Person
from sandbox.vendors.vendor import AUDIO, FILE, PHOTO, VIDEO, VOICE, Vendor

Json = dict[str, Any]
KINDS = {"image": (PHOTO,), "video": (VIDEO,), "audio": (VOICE, AUDIO)}
NAMES = ("Mira Kovač", "Oskar Nyman", "Дарья Лисина", "Hugo Martel", "Sofia Conti", "Кирилл Громов")
REFUSALS = {"500": "server_error", "429": "too_many", "token": "misconfigured"}
SLOW = 3.0  # seconds


class VendorActs:
    """`bot` in an act is the vendor's name, `user` the person's id there, `message` a place in the chat."""

    def __init__(self, vendors: Vendors) -> None:
        self.vendors = vendors
        self._names = cycle(NAMES)
        self._faults: dict[tuple[str, str], Fault] = {}
        self._table: dict[str, Callable[[Vendor, Json], object]] = {
            "send": self._send,
            "file": self._file,
            "voice": lambda vendor, act: self._sends(vendor, act, _voice(vendor)),
            "contact": self._contact,
            "edit": lambda vendor, act: vendor.edits(*self._meant(vendor, act), act["text"]),
            "delete": lambda vendor, act: vendor.deletes(*self._meant(vendor, act)),
            "react": lambda vendor, act: vendor.reacts(*self._meant(vendor, act), act["emoji"]),
            "press": lambda vendor, act: vendor.presses(*self._meant(vendor, act), act["data"]),
            "read": lambda vendor, act: vendor.reads(self._person(vendor, act)),
            "block": lambda vendor, act: vendor.blocks(self._person(vendor, act)),
            "unblock": lambda vendor, act: vendor.unblocks(self._person(vendor, act)),
            "new_customer": self._new_customer,
            "fault": self._switch_fault,
        }

    def takes(self, act: Json) -> bool:
        """Whether the act is one of a vendor's customer."""
        return act.get("bot") in self.vendors.all

    def do(self, act: Json) -> None:
        """Raises Impossible, or KeyError and the like for an act that is not whole."""
        todo = self._table.get(str(act.get("do")))
        if not todo:
            raise Impossible("unknown act")
        todo(self.vendors.all[act["bot"]], act)

    def faults(self, name: str) -> dict[str, bool]:
        """Which switches are on at that vendor; one that was used up is off again."""
        rules = {id(rule) for rule in self.vendors.all[name].stage.faults.rules}
        return {kind: id(self._faults.get((name, kind))) in rules for kind in (*REFUSALS, "slow", "lost")}

    def _send(self, vendor: Vendor, act: Json) -> None:
        reply_to = self._note(vendor, act, act["reply_to"]).id if act.get("reply_to") else ""
        vendor.writes(self._person(vendor, act), act["text"], reply_to=reply_to)

    def _file(self, vendor: Vendor, act: Json) -> None:
        data, mime = base64.b64decode(act["data"], validate=True), act["mime"] or "application/octet-stream"
        kind = _kind(vendor, KINDS.get(mime.partition("/")[0], ()))
        self._sends(vendor, act, File(kind, act["name"], mime, data))

    def _sends(self, vendor: Vendor, act: Json, file: File) -> None:
        """Where nothing can be written under a file, the words follow as a message of their own."""
        person, words = self._person(vendor, act), act.get("caption") or ""
        vendor.writes(person, words if vendor.captions else "", media=file)
        if words and not vendor.captions:
            vendor.writes(person, words)

    def _contact(self, vendor: Vendor, act: Json) -> None:
        """One's own number; where the vendor knows none, of the range that Ofcom keeps free for stories."""
        person = self._person(vendor, act)
        phone = person.phone or "+447700900142"
        vendor.writes(person, media=File("contact", facts={"name": person.name, "phone": phone, "own": "1"}))

    def _new_customer(self, vendor: Vendor, _: Json) -> None:
        name = next(self._names)
        vendor.enters(len(vendor.stage.chats) + 1, name, "en" if name[0] < "А" else "ru")

    def _switch_fault(self, vendor: Vendor, act: Json) -> None:
        key = vendor.stage.name, str(act["kind"])
        rules = vendor.stage.faults.rules
        rules[:] = [rule for rule in rules if rule is not self._faults.get(key)]
        if act["on"]:
            self._faults[key] = vendor.stage.faults.add(_fault(vendor, key[1]))
        vendor.stage.changed()

    def _person(self, vendor: Vendor, act: Json) -> Person:
        return vendor.stage.chats[act["user"]].person

    def _meant(self, vendor: Vendor, act: Json) -> tuple[Person, Note]:
        return self._person(vendor, act), self._note(vendor, act, act["message"])

    def _note(self, vendor: Vendor, act: Json, place: int) -> Note:
        notes = vendor.chat(self._person(vendor, act)).notes
        if not 0 < place <= len(notes):
            raise Impossible("no such message")
        return notes[place - 1]


def _kind(vendor: Vendor, wanted: tuple[str, ...]) -> str:
    """The first of the kinds that people send there; else it is a file."""
    return next((kind for kind in wanted if kind in vendor.sends), FILE)


def _voice(vendor: Vendor) -> File:
    return File(_kind(vendor, KINDS["audio"]), "voice.ogg", "audio/ogg", voice.silence())


def _fault(vendor: Vendor, kind: str) -> Fault:
    """Endless but one: a message whose answer always gets lost would be sent again and again, for ever."""
    if kind in REFUSALS:
        return Fault("refuse", times=None, answer=vendor.refusals[REFUSALS[kind]])
    return Fault("lost") if kind == "lost" else Fault("slow", times=None, seconds=SLOW)

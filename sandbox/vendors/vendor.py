"""What every stand-in is: an API for the product, a phone for the customer; see `stage.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from aiohttp import web

from sandbox.model import Impossible
from sandbox.vendors.stage import Answer, Chat, Choice, File, Note, Person, Push, Stage

Pushes = Iterable[Push]
PHOTO, VIDEO, VOICE, AUDIO, FILE = "photo", "video", "voice", "audio", "file"


@dataclass(frozen=True, slots=True)
class Look:
    """How the playground hints at the vendor: its name, its colours, whether ticks show what was read.

    `shape` of the bubbles: tail (one sharp corner), round (like pills), soft (all corners alike).
    """

    title: str
    header: str  # a colour
    company: str  # bubbles of the company; dark words stand on them
    customer: str  # bubbles of the person who holds the phone
    wallpaper: str = "#ffffff"
    ink: str = "#ffffff"  # words on the header
    ticks: bool = False
    said: str = "#14212d"  # words on the customer's bubbles
    accent: str = ""  # buttons and links; the header's colour when empty
    shape: str = "tail"


class Vendor:
    """Subclass it: the abstract members first, then the hooks of what the vendor has."""

    look: ClassVar[Look]
    sends: ClassVar[frozenset[str]] = frozenset({PHOTO})
    captions: ClassVar[bool] = True  # a customer may write under a photo
    idempotent: ClassVar[bool] = False  # the API takes a key, so that a repeated call has no second effect
    refusals: ClassVar[Mapping[str, Answer]] = {}

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    # --- to be written ----------------------------------------------------------------------------------

    def settings(self) -> dict[str, str]:
        """What `source add` takes so that the product talks to this stand-in."""
        raise NotImplementedError

    def routes(self) -> Iterable[web.RouteDef]:
        """The vendor's API, below `stage.base`."""
        raise NotImplementedError

    def meets(self, number: int, name: str, language: str = "en") -> Person:
        """A person with ids of the vendor's shape, the same for the same number."""
        raise NotImplementedError

    def wrote(self, chat: Chat, note: Note) -> Pushes:
        """The customer wrote; the hook gives `note.id` its vendor's shape when `note_id` does not."""
        raise NotImplementedError

    # --- hooks: override what the vendor has ------------------------------------------------------------

    def edited(self, chat: Chat, note: Note) -> Pushes:
        """The customer edited; `note.text` is the new one."""
        raise Impossible

    def deleted(self, chat: Chat, note: Note) -> Pushes:
        """The customer deleted it for both."""
        raise Impossible

    def reacted(self, chat: Chat, note: Note) -> Pushes:
        """`note.reactions["customer"]` is new, or missing when it was taken back."""
        raise Impossible

    def pressed(self, chat: Chat, note: Note, choice: Choice) -> Pushes:
        """The customer pressed a button under the company's message."""
        raise Impossible

    def was_read(self, chat: Chat, notes: list[Note]) -> Pushes:
        """The customer opened the chat; these of the company's were new to them."""
        raise Impossible

    def blocked(self, chat: Chat) -> Pushes:
        """The customer shut the company out."""
        raise Impossible

    def unblocked(self, chat: Chat) -> Pushes:
        """The customer let the company in again."""
        raise Impossible

    def answered_in_app(self, chat: Chat, note: Note) -> Pushes:
        """Somebody of the company wrote with the vendor's own app: the echo."""
        raise Impossible

    def delivered(self, chat: Chat, note: Note) -> Pushes:
        """A message of the product's reached the phone."""
        raise Impossible

    def failed(self, chat: Chat, note: Note) -> Pushes:
        """A message that was accepted could not be delivered after all."""
        raise Impossible

    def note_id(self, by: str) -> str:
        """An id for a new message."""
        return f"{by}-{self.stage.number()}"

    # --- what the product's calls do to a chat ----------------------------------------------------------

    def takes(self, chat: Chat, note: Note) -> Note:
        """A message of the company's stands in the chat, and is delivered where the vendor tells of that."""
        note.state = "sent"
        chat.notes.append(note)
        chat.typing_at = None
        self.stage.effects += 1
        if self.has("delivered") and not chat.away:
            note.state = "delivered"
            self.stage.push(*self.delivered(chat, note))
        self.stage.changed()
        return note

    def rewrites(self, note: Note, text: str) -> None:
        """A message has another text from now on."""
        note.former.append(note.text)
        note.text = text
        self.stage.effects += 1
        self.stage.changed()

    # --- what people do ---------------------------------------------------------------------------------

    def has(self, hook: str) -> bool:
        """Whether the vendor knows of this act."""
        return getattr(type(self), hook) is not getattr(Vendor, hook)

    def enters(self, number: int, name: str, language: str = "en") -> Person:
        """A person appears at the vendor; nothing is said yet."""
        person = self.meets(number, name, language)
        self.stage.chats.setdefault(person.id, Chat(person))
        self.stage.changed()
        return person

    def chat(self, person: Person) -> Chat:
        return self.stage.chats[person.id]

    def writes(
        self, person: Person, text: str = "", *, media: File | None = None, reply_to: str = ""
    ) -> Note:
        """A message of the customer's."""
        chat = self.chat(person)
        if chat.blocked:
            raise Impossible("the company is blocked by this person")
        if media and media.kind not in self.sends:
            raise Impossible(f"nobody sends a {media.kind} here")
        if not text and not media:
            raise Impossible("an empty message")
        note = Note(self.note_id("customer"), "customer", text, self.stage.now(), media, reply_to=reply_to)
        chat.notes.append(note)
        self._done(self.wrote(chat, note))
        return note

    def edits(self, person: Person, note: Note, text: str) -> Note:
        self._must_have("edited")
        self._must_be(note, "customer")
        note.former.append(note.text)
        note.text = text
        self._done(self.edited(self.chat(person), note))
        return note

    def deletes(self, person: Person, note: Note) -> Note:
        self._must_have("deleted")
        self._must_be(note, "customer")
        note.deleted = True
        self._done(self.deleted(self.chat(person), note))
        return note

    def reacts(self, person: Person, note: Note, emoji: str) -> Note:
        """An empty emoji takes the reaction back."""
        self._must_have("reacted")
        note.reactions.pop("customer", "")
        if emoji:
            note.reactions["customer"] = emoji
        self._done(self.reacted(self.chat(person), note))
        return note

    def presses(self, person: Person, note: Note, text: str) -> Note:
        """Press the button with these words."""
        self._must_have("pressed")
        choice = next((one for one in note.buttons if one.text == text and not one.url), None)
        if not choice:
            raise Impossible(f"no such button under {note.id}")
        self._done(self.pressed(self.chat(person), note, choice))
        return note

    def reads(self, person: Person) -> None:
        """Open the chat."""
        self._must_have("was_read")
        chat = self.chat(person)
        fresh = [note for note in chat.of("company") if note.state in {"sent", "delivered"}]
        for note in fresh:
            note.state = "read"
        self._done(self.was_read(chat, fresh) if fresh else ())

    def blocks(self, person: Person) -> None:
        self._must_have("blocked")
        chat = self.chat(person)
        chat.blocked = True
        self._done(self.blocked(chat))

    def unblocks(self, person: Person) -> None:
        self._must_have("unblocked")
        chat = self.chat(person)
        chat.blocked = False
        self._done(self.unblocked(chat))

    def answers_in_app(self, person: Person, text: str) -> Note:
        """Somebody of the company answers past the product."""
        self._must_have("answered_in_app")
        chat = self.chat(person)
        note = Note(self.note_id("company"), "company", text, self.stage.now(), state="sent")
        chat.notes.append(note)
        self._done(self.answered_in_app(chat, note))
        return note

    def fails(self, person: Person, note: Note) -> Note:
        """The vendor gives a message up that it had accepted."""
        self._must_have("failed")
        note.state = "failed"
        self._done(self.failed(self.chat(person), note))
        return note

    def ages(self, person: Person, by: timedelta) -> None:
        """Everything was said that much earlier: closes the reply window."""
        for note in self.chat(person).notes:
            note.at -= by
        self.stage.changed()

    def _done(self, pushes: Pushes) -> None:
        self.stage.push(*pushes)
        self.stage.changed()

    def _must_have(self, hook: str) -> None:
        if not self.has(hook):
            raise Impossible(f"{self.stage.name} knows nothing of it")

    def _must_be(self, note: Note, by: str) -> None:
        if note.by != by or note.deleted:
            raise Impossible("not a message that this person may change")

"""What a manager writes to a customer: who may, which way it goes, in how many parts, what is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leads import desk
from leads.assigning import states
from leads.changes import Act, ToManager, View
from leads.errors import Refused
from leads.events import Attachment, SendCode, Span, Template
from leads.gestures import read_mark
from leads.journal import Word
from leads.model import (
    Conversation,
    DeskMessage,
    DeskUse,
    Direction,
    Lead,
    LeadState,
    Message,
    MessageState,
    ReminderKind,
)
from leads.parts import composed, fields_of, rows_of
from leads.ports import LeadSnapshot, Store
from leads.split import utf16_len
from leads.ways import SHUT, choose
from leads.windows import is_late, late_until
from leads.writing import Writing, once, thrice

NOTE_MARK = "//"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a manager wrote at the desk, and where; `quoted` is the desk id of the message replied to."""

    text: str
    chat_id: int
    desk_id: int
    spans: tuple[Span, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    topic_id: int | None = None
    quoted: int | None = None
    choices: tuple[str, ...] = ()  # for the customer to press, or to answer by number
    template: Template | None = None  # `text` is its body with the parameters filled in
    via: int | None = None  # the conversation; None: the quoted one, the lead's, the newest

    @property
    def place(self) -> desk.Place:
        return desk.Place(self.chat_id, self.desk_id, self.topic_id)


async def send(store: Store, act: Act, lead_id: int, draft: Draft) -> None:
    """Queue a reply, or keep a note when it starts with `//`.

    Another manager's reply takes the lead. Where the customer shut us out or the reply window is over, it is
    kept as failed: the desk says so and offers what can be done with it. Refused: refused-no-lead, -closed,
    -empty, -no-way (phone, email), -media (kind).
    """
    if draft.text.startswith(NOTE_MARK):
        text, spans = note_of(draft)
        await desk.note(store, act, lead_id, text, draft.place, spans=spans, attachments=draft.attachments)
        return
    await thrice(lambda: _send(store, act, lead_id, draft))


async def _send(store: Store, act: Act, lead_id: int, draft: Draft) -> None:
    snapshot = await desk.opened(store, act, lead_id)
    quoted = await _quoted(store, lead_id, draft)
    wished = (draft.via, quoted.conversation_id if quoted else None, snapshot.lead.via)
    way, shut = choose(snapshot, act.rules, act.now, wished)
    w = Writing()
    message = _written(w, act, lead_id, draft, way, quoted)
    place = await _place(w, store, draft, message)
    if SHUT.get(shut) is SendCode.WINDOW_CLOSED and draft.template:
        shut = ""
    if shut:
        _keep(w, act, replace(message, state=MessageState.FAILED, error=SHUT[shut].value), place)
    else:
        await _queue(w, store, act, snapshot, draft, way, message, place, quoted)
    await store.commit(w.changes(act.settle, act.also))


def _written(
    w: Writing, act: Act, lead_id: int, draft: Draft, way: Conversation, quoted: Message | None
) -> Message:
    return Message(
        w.new_id(),
        lead_id,
        Direction.OUT,
        act.now,
        MessageState.QUEUED,
        way.id,
        act.by.id,
        draft.text,
        draft.spans,
        draft.attachments,
        fields_of(draft.choices, draft.template),
        reply_to_id=quoted.id if quoted else None,
    )


async def _place(w: Writing, store: Store, draft: Draft, message: Message) -> DeskMessage:
    """Where it stands: a template is sent by a button, so the message of the button becomes the reply."""
    known = await store.desk_message(draft.chat_id, draft.desk_id) if draft.template else None
    if known:
        return replace(known, use=DeskUse.REPLY, message_id=message.id)
    return desk.desk_message(w, draft.place, message, DeskUse.REPLY)


def _keep(w: Writing, act: Act, message: Message, place: DeskMessage) -> None:
    """What cannot go now is not lost: it may go later or another way."""
    w.put(message, place, *states(message, [place.chat_id]))
    w.note(act.now, Word.FAILED, lead=message.lead_id, manager=act.by.id, part=0, code=message.error)


async def _queue(
    w: Writing,
    store: Store,
    act: Act,
    snapshot: LeadSnapshot,
    draft: Draft,
    way: Conversation,
    message: Message,
    place: DeskMessage,
    quoted: Message | None,
) -> None:
    parts = composed(message, act.rules.can[way.channel])
    if not parts:
        raise Refused("refused-empty")
    lead = await desk.taken(w, store, act, snapshot)
    w.put(_answered(w, act, snapshot, lead), message, place)
    late = not draft.template and is_late(way, act.rules, act.now)
    if late:
        await _say_late(w, store, act, lead.id, draft, way)
    same_way = quoted is not None and quoted.conversation_id == way.id
    w.put(*read_mark(snapshot, way, act.rules))
    w.put(
        *rows_of(message, way, parts, reply_to=quoted.external_id if quoted and same_way else "", late=late)
    )
    w.put(*states(message, [draft.chat_id]))
    w.note(act.now, Word.REPLIED, lead=lead.id, manager=act.by.id, parts=len(parts), channel=way.channel)


async def _say_late(
    w: Writing, store: Store, act: Act, lead_id: int, draft: Draft, way: Conversation
) -> None:
    """The vendor allows it to a person only; the manager is one, so it just goes, and this is said once."""
    until = late_until(way, act.rules)
    if until and await once(w, store, act.now, lead_id, f"late:{way.id}", since=way.last_in_at):
        args = {"key": "late-answer", "channel": way.channel, "until_at": until.isoformat()}
        w.put(ToManager(View.SAY, draft.chat_id, lead_id, draft.topic_id, draft.desk_id, args))


def _answered(w: Writing, act: Act, snapshot: LeadSnapshot, lead: Lead) -> Lead:
    """The lead with nothing left to answer."""
    first = {ReminderKind.FIRST_ANSWER, ReminderKind.FIRST_ANSWER_HEAD}
    w.cancel(*(one.id for one in snapshot.reminders if one.kind in first))
    if lead.state is not LeadState.ACTIVE or lead.unanswered_since:
        desk.refresh(w, snapshot, lead)
    return replace(
        lead, state=LeadState.ACTIVE, answered_at=lead.answered_at or act.now, unanswered_since=None
    )


async def _quoted(store: Store, lead_id: int, draft: Draft) -> Message | None:
    """The message of this lead that was replied to; a reply to the card says only which lead is meant."""
    if draft.quoted is None:
        return None
    place = await store.desk_message(draft.chat_id, draft.quoted)
    if place is None or place.message_id is None or place.use not in {DeskUse.CUSTOMER, DeskUse.REPLY}:
        return None
    message = await store.message(place.message_id)
    return message if message and message.lead_id == lead_id else None


def note_of(draft: Draft) -> tuple[str, tuple[Span, ...]]:
    """A note's text without its mark, and the formatting moved along."""
    text = draft.text.removeprefix(NOTE_MARK).lstrip()
    cut = utf16_len(draft.text) - utf16_len(text)
    ends = [(span, span.offset + span.length - cut) for span in draft.spans]
    return text, tuple(
        replace(span, offset=max(span.offset - cut, 0), length=end - max(span.offset - cut, 0))
        for span, end in ends
        if end > 0
    )

"""What a manager writes to a customer: who may, which way it goes, in how many parts, what is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leads import desk
from leads.assigning import states
from leads.changes import Act
from leads.errors import Refused
from leads.events import Attachment, Span, Verb
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
from leads.ports import LeadSnapshot, Store
from leads.split import utf16_len
from leads.ways import NO_WAY, Part, choose, obstacle, parts_of, rows_of
from leads.writing import Writing, thrice

NOTE_MARK = "//"
NOT_SENT_YET = "not sent yet"  # `target` of a row behind the one that it changes; known when it is sent


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

    @property
    def place(self) -> desk.Place:
        return desk.Place(self.chat_id, self.desk_id, self.topic_id)


async def send(store: Store, act: Act, lead_id: int, draft: Draft) -> None:
    """Queue a reply, or keep a note when it starts with `//`.

    Another manager's reply takes the lead. Refused: refused-no-lead, -closed, -empty, -no-way (phone, email),
    -blocked (channel), -window (channel), -media (kind).
    """
    if draft.text.startswith(NOTE_MARK):
        text, spans = _note_of(draft)
        await desk.note(store, act, lead_id, text, draft.place, spans=spans, attachments=draft.attachments)
        return
    await thrice(lambda: _send(store, act, lead_id, draft))


async def _send(store: Store, act: Act, lead_id: int, draft: Draft) -> None:
    snapshot = await desk.opened(store, act, lead_id)
    quoted = await _quoted(store, lead_id, draft)
    way = choose(
        snapshot, act.rules, act.now, (quoted.conversation_id if quoted else None, snapshot.lead.via)
    )
    parts = parts_of(draft.text, draft.spans, draft.attachments, act.rules.can[way.channel])
    if not parts:
        raise Refused("refused-empty")
    w = Writing()
    lead = await desk.taken(w, store, act, snapshot)
    w.put(_answered(w, act, snapshot, lead))
    message = Message(
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
        reply_to_id=quoted.id if quoted else None,
    )
    w.put(message, desk.desk_message(w, draft.place, message, DeskUse.REPLY))
    same_way = quoted is not None and quoted.conversation_id == way.id
    w.put(*rows_of(message, way, parts, reply_to=quoted.external_id if quoted and same_way else ""))
    w.put(*states(message, [draft.chat_id]))
    w.note(act.now, Word.REPLIED, lead=lead_id, manager=act.by.id, parts=len(parts), channel=way.channel)
    await store.commit(w.changes(act.settle, act.also))


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


def _note_of(draft: Draft) -> tuple[str, tuple[Span, ...]]:
    """A note's text without its mark, and the formatting moved along."""
    text = draft.text.removeprefix(NOTE_MARK).lstrip()
    cut = utf16_len(draft.text) - utf16_len(text)
    ends = [(span, span.offset + span.length - cut) for span in draft.spans]
    return text, tuple(
        replace(span, offset=max(span.offset - cut, 0), length=end - max(span.offset - cut, 0))
        for span, end in ends
        if end > 0
    )


async def edit(store: Store, act: Act, place: DeskMessage, draft: Draft) -> None:
    """A manager changed a reply or a note that stands at `place`; files stay what they were.

    Refused: refused-no-edits (channel), refused-edit-parts when it is or was sent in parts,
    refused-edit-note when a reply was made a note, and what refuses a reply.
    """
    await thrice(lambda: _edit(store, act, place, draft))


async def _edit(store: Store, act: Act, place: DeskMessage, draft: Draft) -> None:
    message = await store.message(place.message_id) if place.message_id else None
    if message is None or message.direction is Direction.IN:
        raise Refused("refused-no-edits", channel="")
    if message.manager_id != act.by.id:
        raise Refused("refused-not-yours", manager="")
    w = Writing()
    if message.direction is Direction.NOTE:
        text, spans = _note_of(draft)
        w.put(_rewritten(act, message, text, spans))
    elif (draft.text, draft.spans) != (message.text, message.spans):
        await _edit_reply(w, store, act, message, draft)
    await store.commit(w.changes(act.settle, act.also))


async def _edit_reply(w: Writing, store: Store, act: Act, message: Message, draft: Draft) -> None:
    """Behind the reply in the same order, so that it never overtakes it; a failed one just goes anew."""
    if draft.text.startswith(NOTE_MARK):
        raise Refused("refused-edit-note")
    snapshot, way, parts = await _way_back(store, act, message)
    can = act.rules.can[way.channel]
    failed = message.state is MessageState.FAILED
    if not can.edits and not failed:
        raise Refused("refused-no-edits", channel=way.channel)
    changed = _rewritten(act, message, draft.text, draft.spans)
    fresh = parts_of(changed.text, changed.spans, changed.attachments, can)
    if not fresh:
        raise Refused("refused-empty")
    if len(fresh) > 1 or len(parts) > 1:
        raise Refused("refused-edit-parts")
    w.note(act.now, Word.EDITED, lead=message.lead_id, manager=act.by.id, message=message.id)
    rows = rows_of(message, way, fresh)
    if failed:
        changed = replace(changed, state=MessageState.QUEUED, error="", error_detail="")
        w.put(*states(changed, [draft.chat_id]), *_not_waiting(snapshot))
    else:
        target = message.external_id or NOT_SENT_YET
        rows = [replace(row, outgoing=replace(row.outgoing, verb=Verb.EDIT, target=target)) for row in rows]
    w.put(changed, *rows)


def _rewritten(act: Act, message: Message, text: str, spans: tuple[Span, ...]) -> Message:
    former = (*message.former, message.text)
    return replace(message, text=text, spans=spans, former=former, edited_at=act.now)


def _not_waiting(snapshot: LeadSnapshot) -> list[Lead]:
    """A failed reply left the lead unanswered; on its way again, it is an answer again."""
    lead = snapshot.lead
    return [replace(lead, unanswered_since=None)] if lead.open and lead.unanswered_since else []


async def _way_back(
    store: Store, act: Act, message: Message
) -> tuple[LeadSnapshot, Conversation, list[Part]]:
    """The conversation in which a reply went, if it can still be answered, and the reply's parts."""
    snapshot = await desk.found(store, act, message.lead_id, own=True)
    way = await store.conversation(message.conversation_id or 0)
    if way is None:
        raise Refused(NO_WAY, phone="", email="")
    if why := obstacle(snapshot, way, act.rules, act.now):
        raise Refused(why, channel=way.channel, phone="", email="")
    can = act.rules.can[way.channel]
    return snapshot, way, parts_of(message.text, message.spans, message.attachments, can)


async def try_again(store: Store, act: Act, message_id: int) -> None:
    """Queue a failed reply once more, from the part that failed.

    Refused: refused-not-failed, refused-not-yours, and what refuses a reply.
    """
    await thrice(lambda: _try_again(store, act, message_id))


async def _try_again(store: Store, act: Act, message_id: int) -> None:
    message = await store.message(message_id)
    if message is None or message.state is not MessageState.FAILED:
        raise Refused("refused-not-failed")
    snapshot, way, parts = await _way_back(store, act, message)
    start = await failed_part(store, message)
    w = Writing()
    again = replace(message, state=MessageState.QUEUED, error="", error_detail="")
    w.put(again, *_not_waiting(snapshot))
    w.put(*rows_of(again, way, parts, start=start if start < len(parts) else 0))
    chats = dict.fromkeys(one.chat_id for one in await store.desk_messages_of(message_id))
    w.put(*states(again, list(chats)))
    w.note(act.now, Word.RETRIED, lead=message.lead_id, manager=act.by.id, message=message_id)
    await store.commit(w.changes(act.settle, act.also))


async def failed_part(store: Store, message: Message) -> int:
    """Which part of a reply failed last, as the journal says."""
    for entry in reversed(await store.journal(message.lead_id)):
        if entry.kind == Word.FAILED and entry.data.get("message") == message.id:
            return int(entry.data.get("part", 0))
    return 0

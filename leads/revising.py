"""What a manager does with a reply that is written already: change it, take it back, send it once more."""

from __future__ import annotations

from dataclasses import replace

from leads import desk
from leads.assigning import states
from leads.changes import Act, ToCustomer
from leads.errors import Refused
from leads.events import Outgoing, Span, Verb
from leads.journal import Word
from leads.model import (
    Conversation,
    DeskMessage,
    DeskUse,
    Direction,
    Lead,
    Message,
    MessageState,
)
from leads.parts import composed, fields_of, rows_of, without_template
from leads.ports import LeadSnapshot, Store
from leads.reply import NOTE_MARK, Draft, note_of
from leads.ways import NO_WAY, obstacle
from leads.windows import is_late
from leads.writing import Writing, thrice

NOT_SENT_YET = "not sent yet"  # `target` of a row behind the one that it changes; known when it is sent


async def edit(store: Store, act: Act, place: DeskMessage, draft: Draft) -> None:
    """A manager changed a reply or a note that stands at `place`; files stay what they were.

    Refused: refused-no-edits (channel), refused-edit-parts when it is or was sent in parts,
    refused-edit-note when a reply was made a note, refused-taken-back, and what refuses a reply.
    """
    await thrice(lambda: _edit(store, act, place, draft))


async def _edit(store: Store, act: Act, place: DeskMessage, draft: Draft) -> None:
    message = await _own(store, act, place)
    if message is None:
        raise Refused("refused-no-edits", channel="")
    w = Writing()
    if message.direction is Direction.NOTE:
        text, spans = note_of(draft)
        w.put(_rewritten(act, message, text, spans))
    else:
        await _edit_reply(w, store, act, message, draft)
    await store.commit(w.changes(act.settle, act.also))


async def _own(store: Store, act: Act, place: DeskMessage) -> Message | None:
    """The reply or note of the acting manager that stands there. Refused: refused-not-yours."""
    message = await store.message(place.message_id) if place.message_id else None
    if message is None or message.direction is Direction.IN:
        return None
    if message.manager_id != act.by.id:
        raise Refused("refused-not-yours", manager="")
    return message


async def _edit_reply(w: Writing, store: Store, act: Act, message: Message, draft: Draft) -> None:
    """Behind the reply in the same order, so that it never overtakes it; a failed one just goes anew."""
    changed = _rewritten(act, message, draft.text, draft.spans)
    changed = replace(changed, fields=fields_of(draft.choices))
    if (changed.text, changed.spans, changed.fields) == (message.text, message.spans, message.fields):
        return
    if draft.text.startswith(NOTE_MARK):
        raise Refused("refused-edit-note")
    if message.deleted_at:
        raise Refused("refused-taken-back")
    snapshot, way = await _way_back(store, act, message)
    can = act.rules.can[way.channel]
    failed = message.state is MessageState.FAILED
    if not can.edits and not failed:
        raise Refused("refused-no-edits", channel=way.channel)
    fresh = composed(changed, can)
    if not fresh:
        raise Refused("refused-empty")
    if len(fresh) > 1 or len(composed(message, can)) > 1:
        raise Refused("refused-edit-parts")
    w.note(act.now, Word.EDITED, lead=message.lead_id, manager=act.by.id, message=message.id)
    rows = rows_of(message, way, fresh, late=is_late(way, act.rules, act.now))
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
    store: Store, act: Act, message: Message, via: int | None = None
) -> tuple[LeadSnapshot, Conversation]:
    """The conversation in which a reply went, or another of the same customer, if it can be answered now."""
    snapshot = await desk.found(store, act, message.lead_id, own=True)
    wanted = via or message.conversation_id
    way = next((one for one in snapshot.conversations if one.id == wanted), None)
    if way is None:
        raise Refused(NO_WAY, phone="", email="")
    if why := obstacle(snapshot, way, act.rules, act.now):
        raise Refused(why, channel=way.channel, phone="", email="")
    return snapshot, way


async def unsend(store: Store, act: Act, place: DeskMessage | None) -> None:
    """Take a reply back from the customer; the desk keeps it, marked.

    Refused: refused-unsend-what, refused-not-yours, refused-taken-back, refused-unsend-failed,
    refused-no-deletes (channel).
    """
    message = await _own(store, act, place) if place and place.use is DeskUse.REPLY else None
    if message is None:
        raise Refused("refused-unsend-what")
    if message.deleted_at:
        raise Refused("refused-taken-back")
    if message.state is MessageState.FAILED and not message.external_id:
        raise Refused("refused-unsend-failed")
    way = await store.conversation(message.conversation_id or 0)
    can = act.rules.can.get(way.channel) if way else None
    if way is None or can is None or not can.deletes:
        raise Refused("refused-no-deletes", channel=way.channel if way else "")
    w = Writing()
    w.put(*_taking_back(message, way, len(composed(message, can))))
    w.note(act.now, Word.TAKEN_BACK, lead=message.lead_id, manager=act.by.id, message=message.id)
    await store.commit(w.changes(act.settle, act.also))


def _taking_back(message: Message, way: Conversation, parts: int) -> list[ToCustomer]:
    """Behind the reply in the same order."""
    gone = Outgoing(way.thread, verb=Verb.DELETE, target=NOT_SENT_YET)
    return [ToCustomer(message.id, way.source_id, way.conv, gone, part, parts) for part in range(parts)]


async def try_again(store: Store, act: Act, message_id: int, via: int | None = None) -> None:
    """Queue a failed reply once more, from the part that failed; or all of it through another conversation.

    Refused: refused-not-failed, refused-not-yours, and what refuses a reply.
    """
    await thrice(lambda: _try_again(store, act, message_id, via))


async def _try_again(store: Store, act: Act, message_id: int, via: int | None) -> None:
    message = await store.message(message_id)
    if message is None or message.state is not MessageState.FAILED:
        raise Refused("refused-not-failed")
    snapshot, way = await _way_back(store, act, message, via)
    again = replace(message, state=MessageState.QUEUED, error="", error_detail="")
    moved = way.id != message.conversation_id
    if moved:  # what one vendor approved as a template is plain text for another
        again = replace(again, conversation_id=way.id, external_id="", fields=without_template(message))
    parts = composed(again, act.rules.can[way.channel])
    start = 0 if moved else await failed_part(store, message)
    w = Writing()
    w.put(again, *_not_waiting(snapshot))
    late = is_late(way, act.rules, act.now)
    w.put(*rows_of(again, way, parts, start=start if start < len(parts) else 0, late=late))
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

"""Sending as data: what becomes of a row of the outbox after it went, or did not go."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from leads import people, verbs
from leads.assigning import card_edits, places, states
from leads.changes import (
    Arrived,
    Changes,
    DeskUpdate,
    End,
    Outbound,
    Row,
    Rules,
    Settle,
    ToCustomer,
    ToManager,
    View,
)
from leads.errors import Conflict, LostLease, StoreUnavailable
from leads.events import SendCode, SendError, Sent, Verb
from leads.journal import Word
from leads.model import Entry, Message, MessageState
from leads.ports import Store
from leads.routing import heads
from leads.writing import Writing, surely, thrice

CONFLICT_PAUSE = 0.1  # seconds
MAX_CONFLICTS = 50  # as many in a row are our own mistake
MAX_PAUSE = 30.0  # seconds between two looks at a destination that is away
POISON = (1.0, 5.0, 30.0, 120.0)  # seconds after the first, second … failure of our own code
NEWS = "news"  # in the data of a MISCONFIGURED: its source stands still from now on
DEATHS = 10  # of processes that had a row in hand; then it counts as the cause
THREE_DAYS = (*POISON, 600.0, 1800.0, 3600.0, 7200.0, 14400.0, *(21600.0,) * 11)  # with a customer's message
TOLD_AFTER = len(POISON)  # failures after which its author hears that it is late
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetryAfter:
    after: timedelta
    counts: bool  # whether this failure is one of the tries


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: str


class Deadly(Exception):
    """A row that nobody who claimed it lived to settle."""


def refuse_deadly(row: Arrived | DeskUpdate | Outbound) -> None:
    """Raise `Deadly` rather than try once more what has killed so many."""
    if row.begun > DEATHS:
        raise Deadly(f"{DEATHS} processes died with it in hand")


def after_failure(
    error: Exception, attempt: int, tries: int, *, jitter: float, pauses: Sequence[float] = POISON
) -> RetryAfter | GiveUp:
    """When to try again, if ever; for rows of the inbox, too. `attempt` counts from 1, `jitter` is in [0, 1).

    An outage and a 429 never count and never end; that others were faster does not count either. What the
    vendor refuses for good is given up at once; what our own code fails at, after the last of these `pauses`.
    """
    if isinstance(error, SendError):
        return _after_vendor(error, attempt, jitter)
    if isinstance(error, Conflict) and attempt < MAX_CONFLICTS:
        return RetryAfter(timedelta(seconds=CONFLICT_PAUSE * (0.5 + jitter)), False)
    if tries >= len(pauses) or isinstance(error, Deadly):
        return GiveUp(f"{type(error).__name__}: {error}"[:300])
    return RetryAfter(timedelta(seconds=pauses[tries] * (0.75 + jitter / 2)), True)


def _after_vendor(error: SendError, attempt: int, jitter: float) -> RetryAfter | GiveUp:
    if error.code in {SendCode.UNAVAILABLE, SendCode.MISCONFIGURED}:  # of the destination as a whole
        if error.retry_after is not None:  # whoever looks after the destination knows better
            return RetryAfter(timedelta(seconds=error.retry_after), False)
        pause = min(2.0 ** min(max(attempt - 1, 0), 10), MAX_PAUSE)
        return RetryAfter(timedelta(seconds=pause * (0.5 + jitter / 2)), False)
    if error.code is SendCode.RETRY:
        return RetryAfter(timedelta(seconds=(error.retry_after or 1.0) * (1 + jitter / 10)), False)
    return GiveUp(f"{error.code.value}: {error.detail}")


def settled(row: Outbound, verdict: RetryAfter | GiveUp | None = None) -> Settle:
    if verdict is None:
        return Settle("outbox", row.id, row.attempt)
    if isinstance(verdict, GiveUp):
        return Settle("outbox", row.id, row.attempt, End.PARKED, verdict.reason)
    return Settle("outbox", row.id, row.attempt, End.AGAIN, after=verdict.after, counts=verdict.counts)


async def park(store: Store, settle: Settle, chat_id: int | None) -> None:
    """Give up an inbox row that our own code fails at; who wrote it at the desk is told, else the heads."""
    if chat_id is not None:
        rows = [ToManager(View.SAY, chat_id, args={"key": "went-wrong"})]
    else:
        told = [head.telegram_id for head in heads(await store.managers())]
        args = {"key": "event-parked", "id": str(settle.id)}
        rows = [ToManager(View.SAY, chat, args=args, coalesce=f"parked:{settle.id}:{chat}") for chat in told]
    await store.commit(Changes(put=tuple(rows), settle=settle))


async def deliver(
    store: Store,
    row: Outbound,
    send: Callable[[Outbound], Awaitable[Sent]],
    now: datetime,
    rules: Rules,
    *,
    jitter: float = 0.5,
) -> SendCode | None:
    """Send one row to a customer and settle it with what became of it; return why it failed, if so."""
    body = _to_customer(row)
    message = await store.message(body.message_id)
    aim = await verbs.aimed(store, message, body) if message else None
    if aim is None:
        await store.commit(Changes(settle=replace(settled(row), reason="superseded")))
        return None
    waited = now - row.created_at > verbs.A_WHILE
    row = replace(row, body=await verbs.timely(store, aim, now, rules) if waited else aim)
    try:
        sent = await send(row)
    except (LostLease, StoreUnavailable):
        raise
    except Exception as error:
        failure = error
    else:
        await surely(lambda: _went(store, row, sent, now))
        return None
    if not isinstance(failure, SendError):
        log.error("outbox row %s: sending raised", row.id, exc_info=failure)
    await thrice(lambda: _stayed(store, row, failure, now, jitter))
    return failure.code if isinstance(failure, SendError) else SendCode.PERMANENT


def _to_customer(row: Outbound) -> ToCustomer:
    if not isinstance(row.body, ToCustomer):
        raise TypeError(f"outbox row {row.id} is not for a customer")
    return row.body


async def _went(store: Store, row: Outbound, sent: Sent, now: datetime) -> None:
    body, w = _to_customer(row), Writing()
    # Read anew: meanwhile the vendor may have told the next state, or the manager changed the text.
    message = await store.message(body.message_id)
    if message and body.outgoing.verb is Verb.SEND:
        await _sent(store, w, message, body, sent, now)
    elif message:
        await verbs.done(store, w, message, body, now)
    await store.commit(w.changes(settled(row)))


async def _sent(
    store: Store, w: Writing, message: Message, body: ToCustomer, sent: Sent, now: datetime
) -> None:
    last = body.part == body.parts - 1
    state = message.state
    if last and state in {MessageState.QUEUED, MessageState.FAILED}:
        state = MessageState.SENT
    external_id = sent.external_id if body.part == 0 else message.external_id
    message = replace(message, external_id=external_id, state=state, error="", error_detail="")
    w.put(message)
    if body.part:
        data: dict[str, Any] = {"part": body.part, "external_id": sent.external_id}
        w.note(sent.at or now, Word.WENT, lead=message.lead_id, message=message.id, **data)
    if last:
        w.put(*states(message, await verbs.chats(store, message)))
        w.note(sent.at or now, Word.SENT, lead=message.lead_id, message=message.id)


async def _stayed(store: Store, row: Outbound, error: Exception, now: datetime, jitter: float) -> None:
    body, w = _to_customer(row), Writing()
    if body.outgoing.verb is Verb.READ:  # a mark that comes later says nothing any more
        await store.commit(Changes(settle=replace(settled(row), reason=str(error)[:300])))
        return
    verdict = after_failure(error, row.attempt, row.tries, jitter=jitter, pauses=THREE_DAYS)
    message = await store.message(body.message_id)
    if isinstance(verdict, RetryAfter) and verdict.counts and row.tries == TOLD_AFTER and message:
        await verbs.tell(store, w, message, {"key": "reply-late", "detail": type(error).__name__})
    if isinstance(error, SendError) and error.data.get(NEWS) and message:
        await verbs.tell(store, w, message, {"key": "reply-held", "detail": error.detail})
    if isinstance(verdict, GiveUp) and message:
        code = error.code if isinstance(error, SendError) else SendCode.PERMANENT
        detail = error.detail if isinstance(error, SendError) else verdict.reason
        if body.outgoing.verb is Verb.SEND:
            await _failed(store, w, replace(message, error=code.value, error_detail=detail), body.part, now)
        else:
            await verbs.refused(store, w, message, body.outgoing.verb, code, detail)
    await store.commit(w.changes(settled(row, verdict)))


async def _failed(store: Store, w: Writing, message: Message, part: int, now: datetime) -> None:
    """A reply that did not go: its author sees why, and the lead is unanswered once more."""
    message = replace(message, state=MessageState.FAILED)
    w.put(message, *states(message, await verbs.chats(store, message)))
    code, detail = message.error, message.error_detail
    w.note(now, Word.FAILED, lead=message.lead_id, message=message.id, part=part, code=code, detail=detail)
    snapshot = await store.lead_snapshot(message.lead_id)
    if snapshot and snapshot.lead.open and snapshot.lead.unanswered_since is None:
        w.put(replace(snapshot.lead, unanswered_since=snapshot.lead.last_in_at or message.at))
        w.put(*card_edits(snapshot.lead.id, places(snapshot.lead, snapshot.managers)))


async def show(
    store: Store,
    row: Outbound,
    render: Callable[[Outbound], Awaitable[Sequence[Row]]],
    now: datetime,
    rules: Rules,
    *,
    jitter: float = 0.5,
) -> SendCode | None:
    """The same for a row to a manager; `render` sends it and returns the rows that remember it."""
    try:
        rows = tuple(await render(row))
    except (LostLease, StoreUnavailable):
        raise
    except SendError as error:
        await _not_shown(store, row, error, now, jitter)
        return error.code
    try:
        await surely(lambda: store.commit(Changes(put=rows, settle=settled(row))))
    except Conflict:
        # It is in the chat already: rather forget where than show it twice.
        log.warning("outbox row %s was shown, but its place could not be kept", row.id)
        seen = tuple(one for one in rows if isinstance(one, Entry))
        await surely(lambda: store.commit(Changes(put=seen, settle=settled(row))))
    return None


async def _not_shown(store: Store, row: Outbound, error: SendError, now: datetime, jitter: float) -> None:
    verdict = after_failure(error, row.attempt, row.tries, jitter=jitter)
    w = Writing()
    if error.code is SendCode.BLOCKED and isinstance(row.body, ToManager):
        manager = await store.manager_by_telegram(row.body.chat_id)
        if manager:
            people.unreachable(w, manager, await store.managers(), now)
    await store.commit(w.changes(settled(row, verdict)))

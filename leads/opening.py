"""An event that makes a lead, joins an open one, or opens a closed one again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from leads import assigning
from leads.changes import Arrived, Changes, End, Rules, Settle, ToManager, TurnTaken, View
from leads.contacts import Enrolled, enrol
from leads.events import Inbound, Kind
from leads.identity import Key, Match
from leads.journal import Word
from leads.model import PRESSED, Conversation, Direction, Lead, LeadState, Message, Reminder, ReminderKind
from leads.ports import IntakeSnapshot
from leads.routing import heads, route
from leads.windows import LEFT, next_edge, shuts_at
from leads.writing import Writing


@dataclass(frozen=True, slots=True)
class Opening:
    """One such event, and the rows that it causes."""

    snapshot: IntakeSnapshot
    arrived: Arrived
    now: datetime
    rules: Rules
    keys: tuple[Key, ...]
    match: Match
    w: Writing

    @property
    def at(self) -> datetime:
        """When the customer wrote, as far as the vendor is to be believed."""
        return min(self.arrived.event.at or self.now, self.now)

    def decide(self, settle: Settle) -> Changes:
        known = self.match.candidate
        if known and known.open_lead:
            self._join(known.open_lead)
        elif known and known.last_lead and known.last_lead.state is LeadState.SPAM:
            self._note(Word.SILENCED, known.last_lead.id)
            return self.w.changes(replace(settle, end=End.PARKED, reason="spam"))
        elif known and known.last_lead and self._is_recent(known.last_lead):
            self._reopen(known.last_lead)
        else:
            self._open()
        knew = frozenset(one.contact.id for one in self.snapshot.candidates)
        return replace(self.w.changes(settle), knew=knew)

    def _is_recent(self, lead: Lead) -> bool:
        return lead.closed_at is not None and self.now - lead.closed_at <= self.rules.reopen_within

    def _open(self) -> None:
        own = self.match.candidate.contact.manager_id if self.match.candidate else None
        routed = route(self.snapshot.managers, own, self.now)
        manager = routed.manager
        person = self._enrol(manager.id if manager else None)
        lead = Lead(
            self.w.new_id(),
            person.contact.id,
            self.arrived.source_id,
            self.arrived.channel,
            LeadState.ASSIGNED if manager else LeadState.WAITING,
            self.now,
            manager.id if manager else None,
            routed.why,
            self.arrived.event.attribution,
            assigned_at=self.now if manager else None,
            unanswered_since=self.at,
            last_in_at=self.at,
        )
        self.w.put(lead)
        self._message(lead, person)
        self._first_answer(lead.id)
        self._note(Word.ROUTED, lead.id, lead.manager_id, **routed.why)
        if manager:
            self.w.put(TurnTaken(manager.id, self.now), ToManager(View.CARD, manager.telegram_id, lead.id))
            self._note(Word.ANNOUNCED, lead.id, manager.id)
        else:
            self._unrouted(lead)

    def _join(self, lead: Lead) -> None:
        person = self._enrol()
        heard = self._heard(lead)
        self.w.put(heard)
        message, new_way = self._message(heard, person)
        self._show(heard, message, edit=person.changed or new_way or self._was_closing())
        if heard.state is LeadState.WAITING and lead.state is not LeadState.WAITING:
            self._unrouted(heard)

    def _reopen(self, lead: Lead) -> None:
        person = self._enrol()
        state = LeadState.ACTIVE if lead.answered_at else LeadState.ASSIGNED
        lead = self._heard(replace(lead, state=state, closed_at=None, close_reason=""))
        self.w.put(lead)
        message, _ = self._message(lead, person)
        self._first_answer(lead.id)
        self._note(Word.REOPENED, lead.id, lead.manager_id)
        self._show(lead, message, edit=True)

    def _heard(self, lead: Lead) -> Lead:
        """The lead after one more message; without its manager, should that one be gone, it waits."""
        if all(one.id != lead.manager_id for one in self.snapshot.managers):
            lead = replace(lead, state=LeadState.WAITING, manager_id=None)
        return replace(
            lead,
            last_in_at=max(lead.last_in_at or self.at, self.at),
            unanswered_since=min(lead.unanswered_since or self.at, self.at),
            attribution=lead.attribution or self.arrived.event.attribution,
        )

    def _show(self, lead: Lead, message: Message, *, edit: bool) -> None:
        """A waiting lead has no place yet: who gets it later gets its messages then."""
        chats = assigning.places(lead, self.snapshot.managers)
        args = {"message": message.id}
        self.w.put(*(ToManager(View.CUSTOMER, chat, lead.id, args=args) for chat in chats))
        if edit:
            self.w.put(*assigning.card_edits(lead.id, chats))

    def _was_closing(self) -> bool:
        """Whether the card tells of a reply window that is over or soon will be; it is open wide again."""
        known = self.snapshot.conversation
        shuts = shuts_at(known, self.rules) if known else None
        return shuts is not None and shuts - self.now < LEFT[0]

    def _keep_window(self, lead: Lead, way: Conversation) -> None:
        """One reminder a lead tells its card anew as the reply window runs out, see `reminders.py`."""
        edge = next_edge([way], self.rules, self.now)
        mine = (one for one in self.snapshot.reminders if one.lead_id == lead.id)
        waiting = next((one for one in mine if one.kind is ReminderKind.WINDOW), None)
        if edge and waiting is None:
            fresh = Reminder(self.w.new_id(), lead.id, ReminderKind.WINDOW, edge, created_at=self.now)
            self.w.put(fresh)
        elif edge and waiting and waiting.due_at > edge:
            self.w.put(replace(waiting, due_at=edge))

    def _enrol(self, manager_id: int | None = None) -> Enrolled:
        return enrol(self.w, self.arrived, self.match, self.keys, self.now, manager_id=manager_id)

    def _message(self, lead: Lead, person: Enrolled) -> tuple[Message, bool]:
        """Put conversation and message; say whether the lead has a new way to be answered."""
        conversation = self._conversation(person)
        self.w.put(conversation)
        self._keep_window(lead, conversation)
        event, replied = self._event(), self.snapshot.replied
        if event.message_id != self.arrived.event.message_id:
            replied = self.snapshot.target
        message = Message(
            self.w.new_id(),
            lead.id,
            Direction.IN,
            self.at,
            conversation_id=conversation.id,
            text=event.text,
            attachments=event.attachments,
            fields={**self._unreadable(), **event.fields},
            external_id=event.message_id,
            reply_to_id=replied.id if replied else None,
        )
        self.w.put(message)
        self.w.note(
            self.arrived.stored_at,
            Word.RECEIVED,
            lead=lead.id,
            inbox=self.arrived.inbox_id,
            kind=event.kind.value,
            channel=self.arrived.channel,
            source=self.arrived.source_key,
        )
        return message, conversation.id < 0

    def _event(self) -> Inbound:
        """A pressed button in words. The message of ours under which it was is none of the customer's."""
        event, target = self.arrived.event, self.snapshot.target
        if event.kind is not Kind.CLICK:
            return event
        others = {name: value for name, value in event.fields.items() if name != "title"}
        own_id = "" if target and target.direction is Direction.OUT else event.message_id
        text = event.fields.get("title") or event.text
        return replace(event, text=text, fields={PRESSED: event.text, **others}, message_id=own_id)

    def _conversation(self, person: Enrolled) -> Conversation:
        event, known = self.arrived.event, self.snapshot.conversation
        if known is None:
            return Conversation(
                self.w.new_id(),
                person.contact.id,
                self.arrived.source_id,
                self.arrived.channel,
                event.conv,
                event.thread,
                self.now,
                person.identity_id,
                self.at,
            )
        return replace(
            known,
            contact_id=person.contact.id,
            identity_id=person.identity_id or known.identity_id,
            thread=event.thread or known.thread,
            last_in_at=max(known.last_in_at or self.at, self.at),
        )

    def _unreadable(self) -> dict[str, str]:
        """A phone or e-mail that is none stays with the message as text."""
        sender = self.arrived.event.sender
        read = {key.raw for key in self.keys}
        written = {"phone": sender.phone, "email": sender.email}
        return {name: raw for name, raw in written.items() if raw and raw not in read}

    def _first_answer(self, lead_id: int) -> None:
        for kind, after in (
            (ReminderKind.FIRST_ANSWER, self.rules.first_answer),
            (ReminderKind.FIRST_ANSWER_HEAD, self.rules.first_answer_head),
        ):
            self.w.put(Reminder(self.w.new_id(), lead_id, kind, self.now + after, created_at=self.now))

    def _unrouted(self, lead: Lead) -> None:
        if route(self.snapshot.managers, None, self.now).manager:
            return
        for head in heads(self.snapshot.managers):
            self.w.put(ToManager(View.UNROUTED, head.telegram_id, lead.id))

    def _note(self, word: Word, lead_id: int, manager_id: int | None = None, **data: Any) -> None:
        self.w.note(self.now, word, lead=lead_id, manager=manager_id, inbox=self.arrived.inbox_id, **data)

"""Events about what was written before: edits, deletions, reactions, states, blocks, the company's own echo.

None of them makes a lead. What names something unknown is settled with the reason in the journal; only an
edit that brings a text nobody has seen is parked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from leads import assigning
from leads.changes import Arrived, Changes, End, Rules, Settle, ToManager, View
from leads.events import Attachment, Kind, SendCode
from leads.journal import Word
from leads.model import Direction, Identity, Lead, LeadState, LinkBy, Message, MessageState, ReminderKind
from leads.ports import Candidate, IntakeSnapshot
from leads.writing import Writing

UNKNOWN = "edit of a message that is not known here"
_RANK = {
    MessageState.QUEUED: 0,
    MessageState.FAILED: 1,
    MessageState.SENT: 2,
    MessageState.DELIVERED: 3,
    MessageState.READ: 4,
}
# A vendor's older word about a reply that it could not deliver in the end.
_TOO_LATE = (MessageState.FAILED, MessageState.SENT)
AGAIN_AFTER = timedelta(seconds=1)
_FIRST = frozenset({ReminderKind.FIRST_ANSWER, ReminderKind.FIRST_ANSWER_HEAD})


def decide(snapshot: IntakeSnapshot, arrived: Arrived, now: datetime, rules: Rules) -> Changes:
    case = _Case(snapshot, arrived, now, rules, Writing())
    settle = Settle("inbox", arrived.inbox_id, arrived.attempt)
    event, target = arrived.event, snapshot.target
    if event.kind in {Kind.BLOCKED, Kind.UNBLOCKED}:
        case.blocked(event.kind is Kind.BLOCKED)
    elif event.kind in {Kind.ECHO, Kind.STATUS} and target is None and arrived.tries == 0:
        # The vendor may tell of a message of ours before we have noted that it went.
        return Changes(settle=replace(settle, end=End.AGAIN, after=AGAIN_AFTER))
    elif event.kind is Kind.ECHO and "verb" in event.fields:
        case.echo_of(event.fields["verb"], target)
    elif event.kind is Kind.ECHO:
        case.echo()
    elif event.kind is Kind.EDIT and (target is None or target.direction is not Direction.IN):
        return Changes(settle=replace(settle, end=End.PARKED, reason=UNKNOWN))
    elif target is None:
        case.ignore("unknown message")
    elif event.kind is Kind.EDIT:
        case.edit(target)
    elif event.kind is Kind.DELETE:
        case.delete(target)
    elif event.kind is Kind.REACTION:
        case.reaction(target)
    else:
        case.status(target)
    return case.w.changes(settle)


@dataclass(frozen=True, slots=True)
class _Case:
    snapshot: IntakeSnapshot
    arrived: Arrived
    now: datetime
    rules: Rules
    w: Writing

    def edit(self, target: Message) -> None:
        event = self.arrived.event
        same_text = event.text == target.text
        if same_text and event.attachments == tuple(replace(one, blob="") for one in target.attachments):
            return self.ignore("unchanged")
        former = target.former if same_text else (*target.former, target.text)
        changed = replace(
            target, text=event.text, attachments=event.attachments, former=former, edited_at=self.now
        )
        self.w.put(changed)
        self._note(Word.EDITED, target.lead_id, message=target.id)
        # A live location changes its place every few seconds: kept, but no news.
        if not same_text or _files(event.attachments) != _files(target.attachments):
            self._tell(self.snapshot.target_lead, View.CUSTOMER_EDIT, message=target.id)
        return None

    def delete(self, target: Message) -> None:
        if target.deleted_at:
            return self.ignore("unchanged")
        gone = replace(target, deleted_at=self.now)
        self.w.put(gone if self.rules.keep_deleted else wiped(gone))
        self._note(Word.DELETED, target.lead_id, message=target.id)
        lead = self.snapshot.target_lead
        self._tell(lead, View.CUSTOMER_EVENT, event="deleted", message=target.id)
        if lead and not self.rules.keep_deleted:  # it may stand on the card
            self.w.put(*assigning.card_edits(lead.id, assigning.places(lead, self.snapshot.managers)))
        return None

    def reaction(self, target: Message) -> None:
        emoji = self.arrived.event.text
        if emoji == target.reaction:
            return self.ignore("unchanged")
        self.w.put(replace(target, reaction=emoji))
        self._note(Word.REACTED, target.lead_id, message=target.id)
        args = {"event": "reaction", "message": target.id, "text": emoji}
        self._tell(self.snapshot.target_lead, View.CUSTOMER_EVENT, **args)
        return None

    def status(self, target: Message) -> None:
        """States only go forward: vendors repeat them, and in any order."""
        known = {state.value: state for state in _RANK if state is not MessageState.QUEUED}
        state = known.get(self.arrived.event.text)
        failed = state is MessageState.FAILED and target.state in {MessageState.QUEUED, MessageState.SENT}
        if target.direction is not Direction.OUT or state is None:
            return self.ignore("unknown state")
        if not failed and (_RANK[state] <= _RANK[target.state] or (target.state, state) == _TOO_LATE):
            return self.ignore("unchanged")
        if failed:
            return self._failed(target)
        self.w.put(replace(target, state=state, error="", error_detail=""))
        self._note(Word.STATE, target.lead_id, message=target.id, state=state.value)
        return self._tell_author(replace(target, state=state))

    def _failed(self, target: Message) -> None:
        """Taken by the vendor, and yet not delivered: the customer is unanswered once more."""
        fields = self.arrived.event.fields
        code = fields.get("code", "")
        error = code if code in set(SendCode) else SendCode.PERMANENT.value
        detail = fields.get("detail", "")
        failed = replace(target, state=MessageState.FAILED, error=error, error_detail=detail)
        self.w.put(failed)
        data = {"message": target.id, "part": self.snapshot.target_part, "code": error, "detail": detail}
        self._note(Word.FAILED, target.lead_id, **data)
        self._tell_author(failed)
        lead = self.snapshot.target_lead
        if lead and lead.open and lead.unanswered_since is None:
            self.w.put(replace(lead, unanswered_since=lead.last_in_at or target.at))
            self.w.put(*assigning.card_edits(lead.id, assigning.places(lead, self.snapshot.managers)))

    def _tell_author(self, target: Message) -> None:
        author = [one.telegram_id for one in self.snapshot.managers if one.id == target.manager_id]
        self.w.put(*assigning.states(target, author))

    def blocked(self, blocked: bool) -> None:
        known = self._by_identity()
        identity = self._identity(known)
        if known is None or identity is None:
            return self.ignore("nobody known")
        if (identity.blocked_at is not None) is blocked:
            return self.ignore("unchanged")
        self.w.put(replace(identity, blocked_at=self.now if blocked else None))
        lead = known.open_lead
        word = Word.BLOCKED if blocked else Word.UNBLOCKED
        self._note(word, lead.id if lead else None)
        self._tell(lead, View.CUSTOMER_EVENT, event=word.value)
        return None

    def echo(self) -> None:
        """The company answered from a phone or another program: that counts as the answer."""
        event, known, way = self.arrived.event, self._by_identity(), self.snapshot.conversation
        lead = known.open_lead if known else None
        if self.snapshot.target or lead is None or way is None:
            return self.ignore("not about an open lead")
        message = Message(
            self.w.new_id(),
            lead.id,
            Direction.OUT,
            min(event.at or self.now, self.now),
            MessageState.SENT,
            way.id,
            text=event.text,
            attachments=event.attachments,
            external_id=event.message_id,
        )
        self.w.put(message)
        self._note(Word.ECHOED, lead.id)
        self._tell(lead, View.CUSTOMER, message=message.id)
        if lead.state is LeadState.WAITING:  # its messages are still to be shown to whoever gets it
            return None
        answered = replace(lead, answered_at=lead.answered_at or self.now, unanswered_since=None)
        self.w.put(answered)
        waiting = [one for one in self.snapshot.reminders if one.lead_id == lead.id]
        self.w.cancel(*(one.id for one in waiting if one.kind in _FIRST))
        chats = assigning.places(lead, self.snapshot.managers)
        self.w.put(*assigning.card_edits(lead.id, chats))
        return None

    def echo_of(self, verb: str, target: Message | None) -> None:
        """What was answered elsewhere was changed or taken back there."""
        if target is None or target.direction is not Direction.OUT:
            return self.ignore("unknown message")
        text = self.arrived.event.text
        if verb == "delete" and not target.deleted_at:
            self.w.put(replace(target, deleted_at=self.now))
            return self._note(Word.DELETED, target.lead_id, message=target.id)
        if verb == "edit" and text != target.text:
            former = (*target.former, target.text)
            self.w.put(replace(target, text=text, former=former, edited_at=self.now))
            return self._note(Word.EDITED, target.lead_id, message=target.id)
        return self.ignore("unchanged")

    def ignore(self, why: str) -> None:
        target = self.snapshot.target
        kind = self.arrived.event.kind.value
        self._note(Word.IGNORED, target.lead_id if target else None, why=why, kind=kind)

    def _by_identity(self) -> Candidate | None:
        found = (one for one in self.snapshot.candidates if one.by is LinkBy.IDENTITY)
        return next(found, None)

    def _identity(self, known: Candidate | None) -> Identity | None:
        key = (self.arrived.channel, self.arrived.source_id, self.arrived.event.sender.external_id)
        held = known.identities if known else ()
        return next((one for one in held if (one.channel, one.source_id, one.external_id) == key), None)

    def _tell(self, lead: Lead | None, view: View, **args: object) -> None:
        """Where the lead is worked, if it is: a waiting one shows its present state when it is given."""
        if lead is None or lead.state is LeadState.SPAM:
            return
        chats = assigning.places(lead, self.snapshot.managers)
        self.w.put(*(ToManager(view, chat, lead.id, args=args) for chat in chats))

    def _note(self, word: Word, lead_id: int | None, **data: Any) -> None:
        self.w.note(self.now, word, lead=lead_id, inbox=self.arrived.inbox_id, **data)


def wiped(message: Message) -> Message:
    """The message without anything that was said in it."""
    return replace(message, text="", spans=(), attachments=(), fields={}, former=(), reaction="")


def _files(attachments: tuple[Attachment, ...]) -> list[tuple[str, str, str]]:
    return [(one.kind.value, one.ref, one.name) for one in attachments]

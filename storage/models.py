"""The domain's tables as Tortoise sees them; column names are the field names of `leads.model`.

There are no relations here: the foreign keys stand in the migrations. The inbox, the outbox and their like
are spoken to in plain SQL only.
"""

from __future__ import annotations

from typing import Any

from tortoise.fields import BigIntField, IntField
from tortoise.models import MetaInfo, Model

from leads import model as m
from leads.events import Attachment, Attribution, Span
from storage.fields import Choice, Flag, Json, Moment, Text, row_id


class DialectMeta(MetaInfo):
    """Queries in the dialect of the store that asks; Tortoise keeps that of the last one opened."""

    __slots__ = ()

    @property
    def basequery(self) -> Any:
        return self.db.query_class.from_(self.basetable)

    @basequery.setter
    def basequery(self, value: Any) -> None: ...

    @property
    def basequery_all_fields(self) -> Any:
        return self.basequery.select(*self.db_fields)

    @basequery_all_fields.setter
    def basequery_all_fields(self, value: Any) -> None: ...


class ManagerRow(Model):
    id = row_id()
    telegram_id = BigIntField()
    name = Text()
    role = Choice(m.Role)
    team = Text()
    language = Text()
    zone = Text()
    on_shift = Flag()
    active = Flag()
    last_lead_at = Moment(null=True)
    unreachable_since = Moment(null=True)

    class Meta:
        table = "manager"


class InviteRow(Model):
    id = row_id()
    token_hash = Text()
    role = Choice(m.Role)
    created_at = Moment()
    expires_at = Moment()
    created_by = BigIntField(null=True)
    used_by = BigIntField(null=True)

    class Meta:
        table = "invite"


class ContactRow(Model):
    id = row_id()
    name = Text()
    created_at = Moment()
    active_at = Moment()
    language = Text()
    manager_id = BigIntField(null=True)
    first_touch = Json(Attribution)
    last_touch = Json(Attribution)
    version = IntField()

    class Meta:
        table = "contact"


class ContactPointRow(Model):
    id = row_id()
    contact_id = BigIntField()
    kind = Choice(m.PointKind)
    value = Text()
    written = Text(source_field="raw")  # Tortoise keeps the name `raw` for itself

    class Meta:
        table = "contact_point"


class IdentityRow(Model):
    id = row_id()
    contact_id = BigIntField()
    channel = Text()
    source_id = BigIntField()
    external_id = Text()
    created_at = Moment()
    name = Text()
    username = Text()
    blocked_at = Moment(null=True)
    profile_at = Moment(null=True)
    avatar = Text()

    class Meta:
        table = "identity"


class LinkRow(Model):
    id = row_id()
    contact_id = BigIntField()
    by = Choice(m.LinkBy)
    at = Moment()
    identity_id = BigIntField(null=True)
    value = Text()
    others = Json(tuple[int, ...])

    class Meta:
        table = "link"


class ConversationRow(Model):
    id = row_id()
    contact_id = BigIntField()
    source_id = BigIntField()
    channel = Text()
    conv = Text()
    thread = Text()
    created_at = Moment()
    identity_id = BigIntField(null=True)
    last_in_at = Moment(null=True)

    class Meta:
        table = "conversation"


class LeadRow(Model):
    id = row_id()
    contact_id = BigIntField()
    source_id = BigIntField()
    channel = Text()
    state = Choice(m.LeadState)
    opened_at = Moment()
    manager_id = BigIntField(null=True)
    routed = Json(dict[str, Any])
    attribution = Json(Attribution)
    via = BigIntField(null=True)
    assigned_at = Moment(null=True)
    answered_at = Moment(null=True)
    unanswered_since = Moment(null=True)
    last_in_at = Moment(null=True)
    closed_at = Moment(null=True)
    close_reason = Text()
    version = IntField()

    class Meta:
        table = "lead"


class MessageRow(Model):
    id = row_id()
    lead_id = BigIntField()
    direction = Choice(m.Direction)
    at = Moment()
    state = Choice(m.MessageState)
    conversation_id = BigIntField(null=True)
    manager_id = BigIntField(null=True)
    text = Text()
    spans = Json(tuple[Span, ...])
    attachments = Json(tuple[Attachment, ...])
    fields = Json(dict[str, Any])
    external_id = Text()
    reply_to_id = BigIntField(null=True)
    error = Text()
    error_detail = Text()
    former = Json(tuple[str, ...])
    edited_at = Moment(null=True)
    deleted_at = Moment(null=True)
    reaction = Text()
    version = IntField()

    class Meta:
        table = "message"


class DeskThreadRow(Model):
    id = row_id()
    lead_id = BigIntField()
    chat_id = BigIntField()
    topic_id = BigIntField(null=True)
    card_id = BigIntField(null=True)
    active = Flag()

    class Meta:
        table = "desk_thread"


class DeskMessageRow(Model):
    id = row_id()
    chat_id = BigIntField()
    desk_id = BigIntField()
    lead_id = BigIntField()
    use = Choice(m.DeskUse)
    message_id = BigIntField(null=True)
    topic_id = BigIntField(null=True)

    class Meta:
        table = "desk_message"


class ReminderRow(Model):
    id = row_id()
    lead_id = BigIntField()
    kind = Choice(m.ReminderKind)
    due_at = Moment()
    state = Choice(m.ReminderState)
    manager_id = BigIntField(null=True)
    text = Text()
    created_at = Moment(null=True)
    fired_at = Moment(null=True)
    late = Flag()

    class Meta:
        table = "reminder"


class JournalRow(Model):
    id = row_id()
    at = Moment()
    kind = Text()
    lead_id = BigIntField(null=True)
    manager_id = BigIntField(null=True)
    inbox_id = BigIntField(null=True)
    data = Json(dict[str, Any])

    class Meta:
        table = "journal"


TABLES: dict[type, type[Model]] = {
    m.Manager: ManagerRow,
    m.Invite: InviteRow,
    m.Contact: ContactRow,
    m.ContactPoint: ContactPointRow,
    m.Identity: IdentityRow,
    m.Link: LinkRow,
    m.Conversation: ConversationRow,
    m.Lead: LeadRow,
    m.Message: MessageRow,
    m.DeskThread: DeskThreadRow,
    m.DeskMessage: DeskMessageRow,
    m.Reminder: ReminderRow,
    m.Entry: JournalRow,
}
for _model in TABLES.values():
    _model._meta.__class__ = DialectMeta

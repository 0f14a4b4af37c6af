"""Reads what Twilio tells us: a message, a word to stop, a pressed button, or a status of one of ours.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request and
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from channels.kit import edge
from channels.kit.contract import Answered, Ignored, Item, Reply, Source
from channels.kit.errors import Malformed
from channels.kit.outbound import DETAIL_LIMIT
from channels.kit.tolerant import token
from channels.twilio.codes import meaning
from channels.twilio.content import attachments, attribution, rest
from channels.twilio.settings import WHATSAPP
from channels.twilio.verifying import pairs
from leads.events import Call, Inbound, Kind, SendCode, Sender

_STATES = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",  # the carrier's word
    "failed": "failed",  # Twilio's word
}
# Only where a Messaging Service has Advanced Opt-Out does Twilio say what it made of a word:
# https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out. HELP is a message like any other.
_OPTS = {"STOP": Kind.BLOCKED, "START": Kind.UNBLOCKED}
_PHONE = re.compile(r"\+\d{6,15}", re.ASCII)
_NOTHING = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Read one form. Of what comes twice under one name the first counts."""
    form: dict[str, str] = {}
    for name, value in pairs(call.body):
        form.setdefault(name, value)
    sid, status = form.get("MessageSid", ""), form.get("MessageStatus", "")
    if not sid:
        raise Malformed("The form has no MessageSid.")
    if status and status != "received":
        return [_status(form, sid, status)]
    return _message(form, sid)


def answer(source: Source, call: Call, answered: Answered) -> Reply:
    """No TwiML verbs: nothing is said back at once."""
    reply = edge.default_answer(source, call, answered)
    return reply if reply.status != 200 else Reply(200, _NOTHING, "text/xml; charset=utf-8")


def _status(form: Mapping[str, str], sid: str, status: str) -> Item:
    state, who = _STATES.get(status), _party(form, "To")
    if state is None:
        return Ignored(token(f"status_{status}"))
    return Inbound(
        kind=Kind.STATUS,
        sender=Sender(external_id=who),
        conv=who,
        event_id=f"{sid}:{status}",
        thread=who,
        message_id=sid,
        text=state,
        fields=_failure(form) if state == "failed" else {},
    )


def _failure(form: Mapping[str, str]) -> dict[str, str]:
    code = form.get("ErrorCode", "")
    said = form.get("ErrorMessage") or form.get("ChannelStatusMessage", "")
    detail = f"{code} {said}".strip()[:DETAIL_LIMIT]
    return {"code": (meaning(code) or SendCode.PERMANENT).value, "detail": detail}


def _message(form: dict[str, str], sid: str) -> list[Item]:
    who, files, fields = _party(form, "From"), attachments(form), rest(form)
    text, pressed = form.get("Body", ""), form.get("ButtonPayload", "")
    if pressed:
        fields["title"] = form.get("ButtonText", "") or text
    elif not text and not files:
        fields["unsupported"] = token(form.get("MessageType") or "empty")
    message = Inbound(
        kind=Kind.CLICK if pressed else Kind.MESSAGE,
        sender=_writer(form, who),
        conv=who,
        event_id=sid,
        thread=who,
        message_id=form.get("OriginalRepliedMessageSid", "") if pressed else sid,
        text=pressed or text,
        attachments=files,
        reply_to=form.get("OriginalRepliedMessageSid", ""),
        fields=fields,
        attribution=attribution(form),
    )
    opted = _OPTS.get(form.get("OptOutType", "").upper())
    return [message, *([_opted(message, opted)] if opted else [])]


def _opted(message: Inbound, kind: Kind) -> Inbound:
    """The word itself is shown; this is what follows from it."""
    return Inbound(
        kind, message.sender, message.conv, event_id=f"{message.event_id}:{kind}", thread=message.thread
    )


def _party(form: Mapping[str, str], name: str) -> str:
    """The customer's address: a number, `whatsapp:` and a number, or a sender's name."""
    if not (who := form.get(name, "").strip()):
        raise Malformed(f"The form has no {name}.")
    return who


def _writer(form: Mapping[str, str], who: str) -> Sender:
    number = who.removeprefix(WHATSAPP)
    phone = number if _PHONE.fullmatch(number) else ""
    return Sender(external_id=who, name=form.get("ProfileName", ""), phone=phone)

"""Events that come without a dialogue: comments on the wall, and lead forms.

Source: https://dev.vk.com/ru/reference/objects/comment, https://dev.vk.com/ru/api/community-events/json-schema
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from channels.kit.contract import Ignored
from channels.kit.tolerant import at_second, without_blanks
from channels.vk.content import SITE, of_things
from channels.vk.schema import Comment, CommentGone, LeadForm, Reply
from leads.events import Attribution, Inbound, Kind, Sender

# A form's own questions have keys of their own.
_NAMES = ("first_name", "patronymic_name", "last_name")


def commented(told: Mapping[str, Any]) -> Inbound | Ignored:
    """A comment under a post: who answers it is read by everybody."""
    return _comment(Comment.model_validate(told), Kind.MESSAGE)


def edited(told: Mapping[str, Any]) -> Inbound | Ignored:
    """The same comment with another text."""
    return _comment(Comment.model_validate(told), Kind.EDIT)


def deleted(told: Mapping[str, Any]) -> Inbound | Ignored:
    """VK does not say whose it was: if its writer took it back, it is known here."""
    gone = CommentGone.model_validate(told)
    if gone.deleter_id <= 0:
        return Ignored("own_comment")
    return Inbound(
        Kind.DELETE,
        Sender(external_id=str(gone.deleter_id)),
        conv=_conv(gone.post_id, gone.deleter_id),
        message_id=str(gone.id),
    )


def filled(told: Mapping[str, Any]) -> Inbound | Ignored:
    """A lead form. Its person has not written to us, so nobody can be answered there."""
    form = LeadForm.model_validate(told)
    answers = dict(_answers(form))
    known = {key: value for key, (_, value) in answers.items()}
    who = str(form.user_id) if form.user_id and form.user_id > 0 else ""
    fields = {"form": form.form_name, "form_id": str(form.form_id or "")}
    fields |= {question or key: value for key, (question, value) in answers.items()}
    name = " ".join(known[part] for part in _NAMES if known.get(part))
    return Inbound(
        Kind.LEAD_AD,
        Sender(
            external_id=who,
            name=name,
            phone=known.get("phone_number", ""),
            email=known.get("email", ""),
        ),
        conv=who or f"lead{form.lead_id}",
        # The same lead by whatever way it is told.
        event_id=f"lead{form.lead_id}",
        fields=without_blanks(fields),
        attribution=Attribution(
            params={"utm_source": "vk", "utm_medium": "lead_ad", "utm_campaign": form.form_name},
            ad=form.ad_id,
        ),
    )


def _comment(comment: Comment, kind: Kind) -> Inbound | Ignored:
    if comment.from_id <= 0:
        return Ignored("own_comment")
    attachments, fields = of_things(comment.attachments)
    return Inbound(
        kind,
        Sender(external_id=str(comment.from_id)),
        conv=_conv(comment.post_id, comment.from_id),
        thread=f"wall{comment.post_id}_{comment.id}",
        message_id=str(comment.id),
        text=comment.text,
        attachments=attachments,
        reply_to=str(comment.reply_to_comment or ""),
        fields={"post": _post(comment)} | fields,
        at=at_second(comment.date),
    )


def _conv(post_id: int, user_id: int) -> str:
    """One conversation for each person under each post, apart from their dialogue."""
    return f"wall{post_id}_{user_id}"


def _post(comment: Comment) -> str:
    return f"{SITE}/wall{comment.owner_id}_{comment.post_id}?reply={comment.id}"


def _answers(form: LeadForm) -> Iterator[tuple[str, tuple[str, str]]]:
    for number, raw in enumerate(form.answers, 1):
        try:
            reply = Reply.model_validate(raw)
        except ValidationError:
            continue
        values = reply.answer if isinstance(reply.answer, list) else [reply.answer]
        told = ", ".join(str(value) for value in values if value is not None)
        yield reply.key or str(number), (reply.question, told)

"""What happens in a chat of Messenger or Instagram: one envelope, the same events, two lists of attachments.

Source: https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from channels.kit import meta
from channels.kit.contract import Ignored, Item, Unreadable
from channels.kit.errors import Malformed
from channels.kit.meta import Tame, guarded
from channels.kit.meta_things import attachments, links, shared, unsupported
from channels.kit.meta_wire import Edit, Head, Mark, Message, Postback, Reaction, Referral, when, words
from channels.kit.parking import raw_of
from channels.kit.tolerant import token, without_blanks
from leads.events import Attribution, Inbound, Kind, MediaKind, Sender

OWN = "frontdesk:"  # begins the `metadata` of what we send, which comes back with its echo


@dataclass(frozen=True, slots=True)
class Account:
    """The company's side. `ids` are its own, `app_id` is our app's or empty; `files` are attachment types."""

    ids: frozenset[str]
    app_id: str
    files: Mapping[str, MediaKind]


@dataclass(frozen=True, slots=True)
class Talk:
    """One event with the person at the other side, whoever sent it."""

    person: str
    ours: bool  # the company did it
    at: datetime | None
    standby: bool  # another app of the company holds the conversation
    account: Account

    def event(self, kind: Kind, event_id: str, **more: Any) -> Inbound:
        return Inbound(
            kind,
            Sender(external_id=self.person),
            conv=self.person,
            thread=self.person,
            event_id=event_id,
            at=self.at,
            **more,
        )


def read_call(
    body: bytes,
    product: str,
    ids: frozenset[str],
    read_entry: Callable[[dict[str, Any], Tame], Iterable[Item]],
) -> list[Item]:
    """What `read_entry` makes of every entry about one of these accounts; raises `Malformed`."""
    value, tame = meta.read(body)
    return [item for part in several(value) for item in _entries(part, product, ids, tame, read_entry)]


def _entries(
    part: Any,
    product: str,
    ids: frozenset[str],
    tame: Tame,
    read_entry: Callable[[dict[str, Any], Tame], Iterable[Item]],
) -> Iterator[Item]:
    entries = part.get("entry") if isinstance(part, dict) else None
    if not isinstance(entries, list):
        raise Malformed("The body has no list of entries.")
    if part.get("object") != product:
        yield Ignored(token(f"object_{part.get('object')}"))
        return
    for entry in entries:
        if not isinstance(entry, dict):
            yield Unreadable(raw_of(entry), "entry: not an object")
        elif words(entry.get("id")) not in ids:
            yield Ignored("other_account")
        else:
            yield from read_entry(entry, tame)


def chat_items(entry: Mapping[str, Any], account: Account, tame: Tame) -> Iterator[Item]:
    """What an entry tells of chats; one that is not readable does not cost the others."""
    for key in ("messaging", "standby"):
        for raw in several(entry.get(key)):
            yield from guarded(partial(_read, account, key == "standby"), raw, tame)


def several(value: Any) -> list[Any]:
    """A list as it is; what stands where a list belongs is its only member."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _read(account: Account, standby: bool, raw: Any) -> Sequence[Item]:
    head = Head.model_validate(raw)
    ours = head.sender.id in account.ids or _is_echo(raw.get("message"))
    talk = Talk(head.recipient.id if ours else head.sender.id, ours, when(head.timestamp), standby, account)
    for key, reader in _READERS.items():
        if key in raw:
            return reader(talk, raw[key])
    kind = next((key for key in raw if key not in {"sender", "recipient", "timestamp"}), "unknown")
    return (Ignored(token(kind)),)


def _is_echo(message: Any) -> bool:
    return isinstance(message, dict) and message.get("is_echo") is True


def _message(talk: Talk, raw: Any) -> Sequence[Item]:
    message = Message.model_validate(raw)
    if message.is_self:
        return (Ignored("self_message"),)
    if talk.ours:
        return (_echo(talk, message),)
    if message.is_deleted:
        return (talk.event(Kind.DELETE, f"delete:{message.mid}", message_id=message.mid),)
    if message.quick_reply and message.quick_reply.payload:
        return (_pressed(talk, message, message.quick_reply.payload),)
    return (_said(talk, message, Kind.MESSAGE),)


def _said(talk: Talk, message: Message, kind: Kind) -> Inbound:
    answered = message.reply_to
    return talk.event(
        kind,
        message.mid,
        message_id=message.mid,
        text=message.text,
        attachments=attachments(message, talk.account.files),
        reply_to=answered.mid if answered else "",
        fields=_fields(talk, message),
        attribution=attribution(message.referral),
    )


def _echo(talk: Talk, message: Message) -> Item:
    """The company's own words: ours are known by the answer to our call, others by this alone."""
    ours = message.app_id and message.app_id == talk.account.app_id
    if ours or message.metadata.startswith(OWN):
        return Ignored("own_echo")
    if message.is_deleted:
        return Ignored("own_deletion")
    return _said(talk, message, Kind.ECHO)


def _pressed(talk: Talk, message: Message, payload: str) -> Inbound:
    said = _said(talk, message, Kind.CLICK)
    return replace(said, text=payload, fields={"title": message.text, **said.fields})


def _postback(talk: Talk, raw: Any) -> Sequence[Item]:
    """A standby app is told the title, not the payload."""
    pressed = Postback.model_validate(raw)
    title = {"title": pressed.title} if pressed.title else {}
    event = talk.event(
        Kind.CLICK,
        pressed.mid or f"postback:{talk.person}:{_stamp(talk)}:{pressed.payload[:100]}",
        message_id=pressed.mid,
        text=pressed.payload or pressed.title,
        fields={**title, **_referred(pressed.referral), **_standby(talk)},
        attribution=attribution(pressed.referral),
    )
    return (event,)


def _referral(talk: Talk, raw: Any) -> Sequence[Item]:
    """A link or an ad opened a chat that was there before: nothing is said yet, but somebody came."""
    referral = Referral.model_validate(raw)
    event = talk.event(
        Kind.CLICK,
        f"referral:{talk.person}:{_stamp(talk)}",
        text=referral.ref,
        fields={**_referred(referral), **_standby(talk)},
        attribution=attribution(referral),
    )
    return (event,)


def _reaction(talk: Talk, raw: Any) -> Sequence[Item]:
    reaction = Reaction.model_validate(raw)
    if talk.ours:
        return (Ignored("own_reaction"),)
    emoji = "" if reaction.action == "unreact" else reaction.emoji or _EMOJI.get(reaction.reaction, "⭐")
    event_id = f"reaction:{reaction.mid}:{talk.person}:{reaction.action}:{_stamp(talk)}"
    return (talk.event(Kind.REACTION, event_id, message_id=reaction.mid, text=emoji),)


def _edited(talk: Talk, raw: Any) -> Sequence[Item]:
    edit = Edit.model_validate(raw)
    if talk.ours:
        return (Ignored("own_edit"),)
    event_id = f"edit:{edit.mid}:{edit.num_edit or _stamp(talk)}"
    return (talk.event(Kind.EDIT, event_id, message_id=edit.mid, text=edit.text),)


def _marked(state: str, talk: Talk, raw: Any) -> Sequence[Item]:
    """Messages by name; "all up to a time" names none."""
    mark = Mark.model_validate(raw)
    mids = mark.mids or ((mark.mid,) if mark.mid else ())
    return [
        talk.event(Kind.STATUS, f"{state}:{mid}", message_id=mid, text=state) for mid in dict.fromkeys(mids)
    ] or (Ignored("watermark"),)


_READERS: dict[str, Callable[[Talk, Any], Sequence[Item]]] = {
    "message": _message,
    "postback": _postback,
    "reaction": _reaction,
    "message_edit": _edited,
    "delivery": partial(_marked, "delivered"),
    "read": partial(_marked, "read"),
    "referral": _referral,
}

# Where a reaction comes without its emoji.
_EMOJI = {"love": "❤", "like": "👍", "laugh": "😆", "wow": "😮", "sad": "😢", "angry": "😠", "dislike": "👎"}


def attribution(referral: Referral | None) -> Attribution:
    """Where the person came from: a link's `ref`, or an ad."""
    if referral is None:
        return Attribution()
    return Attribution(ad=referral.ad_id, payload=referral.ref, referrer=referral.referer_uri)


def _fields(talk: Talk, message: Message) -> dict[str, str]:
    story = message.reply_to.story if message.reply_to else None
    facts = {
        "story": (story.url or story.id) if story else "",
        "shared": shared(message, talk.account.files),
        "link": links(message, talk.account.files),
        "unsupported": unsupported(message, talk.account.files),
    }
    return without_blanks(facts) | _referred(message.referral) | _standby(talk)


def _referred(referral: Referral | None) -> dict[str, str]:
    """What an ad or the shop showed; the rest is attribution."""
    advert = referral.ads_context_data if referral else None
    product = referral.product if referral else None
    facts = {
        "source": referral.source if referral else "",
        "ad_title": advert.ad_title if advert else "",
        "post_id": advert.post_id if advert else "",
        "product_id": (product.id if product else "") or (advert.product_id if advert else ""),
    }
    return without_blanks(facts)


def _standby(talk: Talk) -> dict[str, str]:
    return {"standby": "1"} if talk.standby else {}


def _stamp(talk: Talk) -> str:
    return f"{talk.at.timestamp():.3f}" if talk.at else ""

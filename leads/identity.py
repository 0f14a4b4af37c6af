"""Who is this: what an event says about a person, and which known contact that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from leads import normal
from leads.events import Inbound, MediaKind
from leads.model import LinkBy, PointKind
from leads.ports import Candidate

_PHONE_WORDS = frozenset(
    {"phone", "telephone", "tel", "mobile", "cell", "cellphone", "whatsapp", "телефон", "тел", "мобильный"}
)
_EMAIL_WORDS = frozenset({"email", "mail", "почта"})
_SIDE_WORDS = frozenset(
    {"your", "my", "work", "home", "contact", "second", "other", "number", "no", "address", "e"}
    | {"ваш", "ваша", "номер", "адрес"}
)
_STRENGTH = {LinkBy.IDENTITY: 0, LinkBy.EMAIL: 1, LinkBy.PHONE: 2}


@dataclass(frozen=True, slots=True)
class Key:
    """A phone or e-mail in its normal form, and as it was written."""

    kind: PointKind
    value: str
    raw: str


@dataclass(frozen=True, slots=True)
class Match:
    """The known contact, if any, why it is that one, and the others that matched."""

    candidate: Candidate | None
    by: LinkBy
    value: str = ""
    others: tuple[int, ...] = ()


def keys_of(event: Inbound, country: str) -> tuple[Key, ...]:
    """The phones and e-mails that are the sender's own, each once, the sender's fields first."""
    phones, emails = [event.sender.phone], [event.sender.email]
    for name, value in event.fields.items():
        words = set(re.findall(r"[^\W\d_]+", name.lower()))
        if words & _PHONE_WORDS and words <= _PHONE_WORDS | _SIDE_WORDS:
            phones.append(value)
        elif words & _EMAIL_WORDS and words <= _EMAIL_WORDS | _SIDE_WORDS:
            emails.append(value)
    phones += [
        item.data.get("phone", "")
        for item in event.attachments
        if item.kind is MediaKind.CONTACT and item.data.get("own") == "1"
    ]
    found = [Key(PointKind.PHONE, e164, raw) for raw in phones if (e164 := normal.phone(raw, country))]
    found += [Key(PointKind.EMAIL, mail, raw) for raw in emails if (mail := normal.email(raw))]
    return tuple({(key.kind, key.value): key for key in reversed(found)}.values())[::-1]


def match(candidates: Sequence[Candidate], channel: str, external_id: str) -> Match:
    """The strongest evidence wins, among equals the newest activity.

    A contact that already is somebody else on this channel is passed over: two people may share a phone.
    """
    ordered = sorted(
        candidates, key=lambda one: (_STRENGTH[one.by], -one.contact.active_at.timestamp(), one.contact.id)
    )
    taken = next((one for one in ordered if not _is_another(one, channel, external_id)), None)
    others = tuple(dict.fromkeys(one.contact.id for one in ordered if not _same(one, taken)))
    if taken:
        return Match(taken, taken.by, taken.value, others)
    if ordered:
        return Match(None, LinkBy.KEPT_APART, ordered[0].value, others)
    return Match(None, LinkBy.NEW)


def _same(one: Candidate, other: Candidate | None) -> bool:
    return other is not None and one.contact.id == other.contact.id


def _is_another(one: Candidate, channel: str, external_id: str) -> bool:
    """Whether this contact is known on the channel, and under other names only."""
    known = {held.external_id for held in one.identities if held.channel == channel}
    return bool(external_id and known) and external_id not in known

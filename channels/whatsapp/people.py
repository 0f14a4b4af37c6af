"""Who wrote: a business-scoped user id (BSUID) or a number, and where an answer goes.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from channels.kit.errors import Malformed
from channels.kit.tolerant import without_blanks
from channels.whatsapp.schema import Contact, Message, Referral, System
from leads.events import Attribution, Sender

_NUMBER = re.compile(r"\+?(\d{5,20})", re.ASCII)
_NOBODY = Contact()


@dataclass(frozen=True, slots=True)
class Person:
    """`thread` is the number where it is known, for that reaches everybody; else the BSUID."""

    sender: Sender
    thread: str


@dataclass(frozen=True, slots=True)
class People:
    """The contacts of a call by their ids: their places in the list mean nothing."""

    by_user: dict[str, Contact]
    by_number: dict[str, Contact]

    @classmethod
    def of(cls, contacts: Sequence[Any], tame: Callable[[Any], Any]) -> People:
        """An odd contact costs a name, not a message."""
        known = []
        for raw in contacts:
            with suppress(Malformed, ValidationError):
                known.append(Contact.model_validate(tame(raw)))
        return cls(
            {one.user_id: one for one in known if one.user_id}, {one.wa_id: one for one in known if one.wa_id}
        )

    def person(self, user_id: str, number: str) -> Person:
        """By BSUID, else by number; raises `Malformed` when there is neither."""
        contact = self.by_user.get(user_id) or self.by_number.get(number) or _NOBODY
        external_id = user_id or contact.user_id or number
        if not external_id:
            raise Malformed("Nobody is named: neither a user id nor a number.")
        phone = _phone(number or contact.wa_id)
        profile = contact.profile
        sender = Sender(external_id, name=profile.name, username=profile.username, phone=phone)
        return Person(sender, phone or external_id)

    def recipient(self, user_id: str, number: str) -> Person:
        """As `person`; of who has no WhatsApp, a failed message may name nobody."""
        return self.person(user_id, number) if user_id or number else Person(Sender(), "")

    def moved(self, message: Message, system: System) -> Person:
        """Still the one who is known here, with the number or BSUID that is good from now on."""
        before = system.previous_user_id or message.from_user_id
        old = self.person(before, message.from_).sender.external_id
        phone = _phone(system.wa_id or system.new_wa_id)
        return Person(Sender(old, phone=phone), phone or system.user_id or old)


def _phone(number: str) -> str:
    digits = _NUMBER.fullmatch(number)
    return f"+{digits[1]}" if digits else ""


def origin(referral: Referral | None) -> Attribution:
    """The ad or post that led here."""
    if referral is None:
        return Attribution()
    facts = {"ctwa_clid": referral.ctwa_clid, "source": referral.source_type, "source_id": referral.source_id}
    return Attribution(
        params=without_blanks(facts),
        referrer=referral.source_url,
        ad=referral.headline or referral.source_id,
    )

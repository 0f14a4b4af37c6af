"""Who somebody is, as the vendor says: names for the nameless, nothing lost, asked once and rarely again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

from desks import Desk

from leads.changes import View
from leads.events import Inbound, Kind, Profile, Sender
from leads.model import Contact, Identity
from leads.profiles import AGAIN_AFTER, is_old, learn

_numbers = count(1)


async def wrote(desk: Desk, **sender: str) -> None:
    event = Inbound(Kind.MESSAGE, Sender("77", **sender), "77", thread="77", message_id=f"m{next(_numbers)}")
    await desk.comes(replace(event, text="hello"))


async def told(desk: Desk, identity: Identity, profile: Profile, avatar: str = "") -> Identity:
    await learn(desk.store, identity, desk.lead().id, profile, avatar, desk.now)
    return desk.store.only(Identity)  # type: ignore[no-any-return]


async def test_a_nameless_person_gets_a_name_and_the_card_shows_it() -> None:
    desk = Desk()
    ann = desk.manager("Ann")
    await wrote(desk)
    desk.store.sent.clear()
    known = await told(desk, desk.store.only(Identity), Profile("Ольга  Дом", "olga", "ru"), avatar="a" * 64)
    contact: Contact = desk.store.only(Contact)
    assert (contact.name, contact.language) == ("Ольга Дом", "ru")
    assert (known.name, known.username, known.avatar, known.profile_at) == (
        "Ольга Дом",
        "olga",
        "a" * 64,
        desk.now,
    )
    (card,) = desk.store.shown(View.CARD_EDIT)
    assert card.chat_id == ann.telegram_id


async def test_a_name_that_the_person_gave_stays() -> None:
    desk = Desk()
    desk.manager("Ann")
    await wrote(desk, name="Olga")
    contact: Contact = desk.store.only(Contact)
    desk.store.tables[Contact][contact.id] = contact = Contact(
        **{
            **{name: getattr(contact, name) for name in Contact.__slots__},
            "name": "Olga the joiner",
        }
    )
    known = await told(desk, desk.store.only(Identity), Profile("princess_77", language="ru"))
    assert desk.store.only(Contact).name == "Olga the joiner"
    assert known.name == "princess_77"


async def test_nothing_new_changes_no_card_and_is_not_asked_again() -> None:
    desk = Desk()
    desk.manager("Ann")
    await wrote(desk, name="Olga", username="olga")
    desk.store.sent.clear()
    known = await told(desk, desk.store.only(Identity), Profile())
    assert (known.name, known.username, known.profile_at) == ("Olga", "olga", desk.now)
    assert desk.store.shown() == []


async def test_who_writes_after_a_month_is_asked_for_once_more() -> None:
    desk = Desk()
    desk.manager("Ann")
    await wrote(desk)
    known = await told(desk, desk.store.only(Identity), Profile("Olga"))
    desk.now = desk.now + AGAIN_AFTER
    await wrote(desk)
    assert desk.store.only(Identity).profile_at == known.profile_at
    assert not is_old(known, desk.now)
    desk.now += timedelta(seconds=1)
    await wrote(desk)
    assert desk.store.only(Identity).profile_at is None


async def test_a_person_whose_lead_nobody_knows_is_noted_all_the_same() -> None:
    desk = Desk()
    desk.manager("Ann")
    await wrote(desk)
    await learn(desk.store, desk.store.only(Identity), None, Profile("Olga"), "", desk.now)
    assert desk.store.only(Identity).name == "Olga"
    assert desk.store.only(Contact).name == ""

"""Events taken in together come to the same as one by one."""

from __future__ import annotations

from dataclasses import replace

from desks import NOON, Desk, chat_event

from leads.changes import Arrived, Rules
from leads.crowds import take_in_many
from leads.events import Inbound, Kind, Sender
from leads.model import Contact, Lead, LeadState, Message
from leads.routing import Turns


def crowd(*events: Inbound) -> list[Arrived]:
    return [Arrived(n, 1, 0, 1, "chat", "shop", event, NOON) for n, event in enumerate(events, 1)]


async def taken(desk: Desk, *events: Inbound) -> list[Exception | None]:
    return await take_in_many(desk.store, crowd(*events), NOON, Rules(country="LV"), Turns())


async def test_a_crowd_is_shared_out_fairly() -> None:
    desk = Desk()
    staff = [desk.manager("Ann"), desk.manager("Bob")]
    assert await taken(desk, *(chat_event(who, "hi") for who in "abcdef")) == [None] * 6
    leads = desk.store.all(Lead)
    assert [sum(lead.manager_id == one.id for lead in leads) for one in staff] == [3, 3]


async def test_two_doors_of_one_person_are_one_contact() -> None:
    desk = Desk()
    desk.manager("Ann")

    def form(number: int) -> Inbound:
        sender = Sender("", "Kim", email="kim@example.com")
        return Inbound(Kind.FORM, conv=f"form{number}", event_id=f"f{number}", sender=sender, text="hi")

    assert await taken(desk, form(1), form(2), chat_event("lee", "hi")) == [None] * 3
    assert len(desk.store.all(Contact)) == 2
    assert len(desk.store.all(Message)) == 3


async def test_somebody_faster_costs_the_crowd_nothing() -> None:
    desk = Desk()
    ann = desk.manager("Ann")
    await desk.writes("kim", "first")
    lead = desk.lead()

    def somebody_was_faster() -> None:
        desk.store.tables[Lead][lead.id] = replace(lead, version=lead.version + 1)

    desk.store.before_commit = somebody_was_faster
    assert await taken(desk, chat_event("kim", "second"), chat_event("lee", "hi")) == [None, None]
    assert {one.manager_id for one in desk.store.all(Lead)} == {ann.id}
    assert [message.text for message in desk.store.all(Message)][:1] == ["first"]
    assert len(desk.store.all(Message)) == 3


async def test_a_lost_lease_is_told_of_its_row_alone() -> None:
    desk = Desk()
    desk.store.leases["inbox", 2] = 7
    failures = await taken(desk, chat_event("kim", "hi"), chat_event("lee", "hi"))
    assert [type(failure).__name__ for failure in failures] == ["NoneType", "LostLease"]
    assert [lead.state for lead in desk.store.all(Lead)] == [LeadState.WAITING]

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from desks import Desk

from leads import people
from leads.changes import Settle, ToManager, View
from leads.errors import Refused
from leads.model import DeskThread, Invite, Lead, LeadState, Manager, Message, Role


async def joined(desk: Desk, token: str, telegram_id: int, name: str = "New", **more: Any) -> Manager:
    return await people.join(
        desk.store, token, telegram_id, name=name, language="ru", now=desk.now, rules=desk.rules, **more
    )


async def refusal(act: Any) -> str:
    with pytest.raises(Refused) as caught:
        await act
    return caught.value.reason


async def test_the_first_link_makes_an_owner_outside_the_rotation_and_works_once() -> None:
    desk = Desk()
    token = await people.first_owner_invite(desk.store, desk.now)
    assert token
    assert token not in str(desk.store.all(Invite))
    settle = Settle("inbox", 5, 1)
    owner = await joined(desk, token, 500, " Olga\n", settle=settle)
    assert (owner.role, owner.on_shift, owner.name, owner.language) == (Role.OWNER, False, "Olga", "ru")
    assert desk.store.only(Manager) == owner
    assert desk.store.only(Invite).used_by == owner.id
    assert settle in desk.store.settled
    assert await refusal(joined(desk, token, 501)) == "refused-invite"
    assert len(desk.store.all(Manager)) == 1
    assert await people.first_owner_invite(desk.store, desk.now) is None


async def test_two_who_open_one_link_at_once_do_not_both_come_in() -> None:
    desk = Desk()
    token = await people.first_owner_invite(desk.store, desk.now)
    assert token
    results = await asyncio.gather(joined(desk, token, 500), joined(desk, token, 501), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["Manager", "Refused"]
    assert len(await desk.store.managers()) == 1


async def test_an_invited_manager_is_on_shift_and_gets_what_waits() -> None:
    desk = Desk()
    owner = desk.manager("Olga", Role.OWNER)
    await desk.writes("kim")
    link = ToManager(View.INVITE, owner.telegram_id, args={"link": "https://t.me/x?start={token}", "n": 1})
    act = replace(desk.act(owner), also=(link,))
    token = await people.invite(desk.store, act, Role.MANAGER)
    assert desk.store.shown()[-1].args == {"link": f"https://t.me/x?start={token}", "n": 1}
    ann = await joined(desk, token, 500, "Ann")
    assert (ann.role, ann.on_shift) == (Role.MANAGER, True)
    assert desk.lead().manager_id == ann.id
    assert [row.chat_id for row in desk.store.shown(View.CARD)] == [500]


async def test_an_invitation_ends_after_a_week_and_a_wrong_one_makes_nobody() -> None:
    desk = Desk()
    token = await people.invite(desk.store, desk.act(desk.manager("Olga", Role.OWNER)), Role.MANAGER)
    desk.later(days=7)
    assert await refusal(joined(desk, token, 500)) == "refused-invite"
    assert await refusal(joined(desk, "guess", 500)) == "refused-invite"
    assert len(desk.store.all(Manager)) == 1


async def test_who_may_invite_whom() -> None:
    desk = Desk()
    ann, hal = desk.manager("Ann"), desk.manager("Hal", Role.HEAD)
    assert await refusal(people.invite(desk.store, desk.act(ann), Role.MANAGER)) == "refused-invite-role"
    assert await refusal(people.invite(desk.store, desk.act(hal), Role.OWNER)) == "refused-invite-role"
    assert await people.invite(desk.store, desk.act(hal), Role.MANAGER)


async def test_an_invitation_never_lowers_a_role_or_changes_a_shift() -> None:
    desk = Desk()
    owner, ann = desk.manager("Olga", Role.OWNER), desk.manager("Ann", on_shift=False)
    for role in (Role.HEAD, Role.MANAGER):
        token = await people.invite(desk.store, desk.act(owner), role)
        again = await joined(desk, token, ann.telegram_id, "Other")
        assert (again.id, again.name, again.role, again.on_shift) == (ann.id, "Ann", Role.HEAD, False)


async def test_whoever_comes_on_gets_all_waiting_leads_oldest_first_with_their_later_messages() -> None:
    desk = Desk()
    ann = desk.manager("Ann", on_shift=False)
    for who in ("kim", "pat", "kim"):
        await desk.writes(who, f"from {who}")
        desk.later(minutes=1)
    act = replace(
        desk.act(ann, update=9), also=(ToManager(View.SAY, ann.telegram_id, args={"key": "shift-on"}),)
    )
    await people.shift(desk.store, act, True)
    first, second = desk.store.all(Lead)
    rows = [(row.view, row.lead_id) for row in desk.store.shown()]
    assert rows == [
        (View.CARD, first.id),
        (View.CUSTOMER, first.id),
        (View.CARD, second.id),
        (View.SAY, None),
    ]
    assert {one.state for one in (first, second)} == {LeadState.ASSIGNED}
    assert desk.store.settled[-1] == Settle("inbox", 9, 1)


async def test_coming_on_twice_and_a_crash_in_between_repeat_nothing() -> None:
    desk = Desk()
    ann = desk.manager("Ann", on_shift=False)
    await desk.writes("kim")
    stale = desk.act(ann, update=9)
    await people.shift(desk.store, stale, True)
    await people.shift(desk.store, stale, True)
    assert len(desk.store.shown(View.CARD)) == 1


async def test_off_shift_keeps_the_open_leads_and_brings_no_new_ones() -> None:
    desk = Desk()
    ann = desk.manager("Ann")
    await desk.writes("kim")
    await people.shift(desk.store, desk.act(ann), False)
    await desk.writes("kim", "more")
    await desk.writes("pat")
    kims, pats = desk.store.all(Lead)
    assert (kims.manager_id, pats.manager_id) == (ann.id, None)
    assert [row.view for row in desk.store.shown()] == [View.CARD, View.CUSTOMER]


async def test_greeting_makes_reachable_and_revives_what_was_parked() -> None:
    desk = Desk()
    ann = desk.manager("Ann", unreachable_since=desk.now)
    await people.greet(desk.store, ann, "lv", settle=Settle("inbox", 4, 1), also=(), now=desk.now)
    here = desk.store.only(Manager)
    assert (here.unreachable_since, here.language) == (None, "lv")
    assert desk.store.revived == [ann.telegram_id]
    assert desk.store.words() == ["reachable"]


async def test_who_shuts_the_bot_out_is_said_to_the_heads_once() -> None:
    desk = Desk()
    ann, olga = desk.manager("Ann"), desk.manager("Olga", Role.OWNER)
    for number in (4, 5):
        gone = desk.store.tables[Manager][ann.id]
        await people.away(desk.store, gone, settle=Settle("inbox", number, 1), now=desk.now)
    (row,) = desk.store.shown()
    assert (row.chat_id, row.args["name"]) == (olga.telegram_id, "Ann")
    assert desk.store.words() == ["unreachable"]
    assert [one.id for one in desk.store.settled] == [4, 5]


async def test_adding_by_hand_changes_who_is_there_already() -> None:
    desk = Desk()
    ann = await people.add(desk.store, 500, "Ann", desk.now, desk.rules, team="north")
    again = await people.add(desk.store, 500, "Anna", desk.now, desk.rules, role=Role.HEAD)
    assert (again.id, again.name, again.role, again.team) == (ann.id, "Anna", Role.HEAD, "north")
    assert desk.store.only(Manager) == again


async def test_who_leaves_gives_the_open_leads_away_and_reads_nothing_more() -> None:
    desk = Desk()
    ann, owner = desk.manager("Ann"), desk.manager("Olga", Role.OWNER)
    for who in ("kim", "pat"):
        await desk.writes(who)
    for lead in desk.store.all(Lead):
        desk.remember(ann, lead)
    desk.store.sent.clear()
    assert await people.remove(desk.store, ann.telegram_id, desk.now, desk.rules)
    assert {one.state for one in desk.store.all(Lead)} == {LeadState.WAITING}
    assert {one.active for one in desk.store.all(DeskThread)} == {False}
    assert [row.chat_id for row in desk.store.shown(View.UNROUTED)] == [owner.telegram_id] * 2
    bob = await people.add(desk.store, 700, "Bob", desk.now, desk.rules)
    await desk.writes("kim", "still there?")
    assert {one.manager_id for one in desk.store.all(Lead)} == {bob.id}
    assert ann.telegram_id not in {row.chat_id for row in desk.store.shown()}
    assert not await people.remove(desk.store, ann.telegram_id, desk.now, desk.rules)
    assert len(desk.store.all(Message)) == 3

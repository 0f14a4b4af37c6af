"""A customer writes to a manager's own account, and the desk takes part; all of it over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from journeys.company import ANTON, IRINA, MORNING, TOMAS, Company, make_world, opened, said

from app.morning import sketch
from leads.events import SendCode
from sandbox import connected
from sandbox.business import RIGHTS, Account
from sandbox.faults import Fault
from sandbox.model import Json
from sandbox.server import running
from sandbox.world import World
from scheduler.clock import Clock
from scheduler.destinations import AWAY_OR_WRONG

TOKEN = "100200309:business-token-for-tests-only-0"


@dataclass
class Desk:
    """Irina's account; Anton writes to it, Tomas answers at the desk."""

    company: Company
    account: Account

    @property
    def world(self) -> World:
        return self.company.world

    async def asks(self, text: str) -> Json:
        connected.customer_sends(self.world, self.account, ANTON, text=text)
        return await self.company.sees(TOMAS, text)

    def got(self) -> list[Json]:
        """What Anton has got from Irina, by hand or by the desk."""
        messages = self.account.chats[ANTON].messages.values()
        return [one for one in messages if one["from"]["id"] == IRINA]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = Clock(MORNING)
    world = make_world(clock, topics=True)
    bot = world.add_bot(TOKEN, "irina_helps_bot", "Irina's", business=True)
    account = connected.connects(world, bot, IRINA)
    door = ("telegram_business", "irina", {"token": TOKEN})
    async with (
        running(world) as url,
        opened(
            f"sqlite://{tmp_path}/f.db",
            managers=(TOMAS,),
            owner=False,
            more=(door,),
            clock=clock,
            world=world,
            fresh=True,
            telegram_business_api=url,
        ) as company,
    ):
        yield Desk(company, account)


async def test_a_customer_is_answered_in_the_owners_name(desk: Desk) -> None:
    company = desk.company
    card = await desk.asks("Is the oak table still there?")
    photo = connected.customer_sends(
        desk.world, desk.account, ANTON, photo=sketch(96, 64), caption="This one"
    )
    await company.sees_kind(TOMAS, "photo")
    connected.edits(desk.world, desk.account, photo["message_id"] - 1, "Is the ash table still there?")
    await company.sees(TOMAS, "ash table")
    answered = company.says(TOMAS, "Good morning! It is.", at=card)
    await company.marked(TOMAS, answered, "👌")
    pictured = company.says(TOMAS, photo=sketch(96, 64), caption="Here", at=card)
    await company.marked(TOMAS, pictured, "👌")
    await company.settled()
    assert [said(one) for one in desk.got()] == ["Good morning! It is.", "Here"]
    assert {one["sender_business_bot"]["username"] for one in desk.got()} == {"irina_helps_bot"}
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


async def test_an_answer_is_changed_and_taken_back_and_the_question_marked_as_read(desk: Desk) -> None:
    company = desk.company
    card = await desk.asks("Is it oak?")
    written = company.says(TOMAS, "It is ash", at=card)
    await company.marked(TOMAS, written, "👌")
    (asked, answer) = desk.account.chats[ANTON].messages
    await company.until(lambda: desk.account.read == {ANTON: asked})
    desk.world.user_edits(company.desk, TOMAS, written["message_id"], text="It is oak")
    await company.until(lambda: [said(one) for one in desk.got()] == ["It is oak"])
    company.says(TOMAS, "/unsend", reply_to=written["message_id"])
    await company.until(lambda: desk.got() == [])
    await company.settled()
    assert desk.account.chats[ANTON].deleted == [answer]
    assert await company.parked() == 0


async def test_what_the_owner_writes_by_hand_makes_no_lead(desk: Desk) -> None:
    company = desk.company
    await desk.asks("Hello?")
    connected.owner_sends(desk.world, desk.account, ANTON, text="I am on the phone with you")
    gone = connected.customer_sends(desk.world, desk.account, ANTON, text="A mistake")
    await company.sees(TOMAS, "A mistake")
    connected.deletes(desk.world, desk.account, ANTON, gone["message_id"])
    await company.sees(TOMAS, "deleted")
    await company.settled()
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


async def test_a_right_that_was_taken_away_is_told_and_what_waits_goes_when_it_is_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cast(dict[SendCode, float], AWAY_OR_WRONG), SendCode.MISCONFIGURED, 0.5)
    company = desk.company
    card = await desk.asks("Hello?")
    connected.allows(desk.world, desk.account, RIGHTS - {"can_reply"})
    written = company.says(TOMAS, "One moment", at=card)
    await company.sees(TOMAS, "Not sent yet: the channel refuses our access")
    assert desk.got() == []
    connected.allows(desk.world, desk.account, RIGHTS)
    await company.marked(TOMAS, written, "👌")
    assert [said(one) for one in desk.got()] == ["One moment"]


async def test_an_account_that_left_is_told_to_the_manager(desk: Desk) -> None:
    company = desk.company
    card = await desk.asks("Hello?")
    connected.disconnects(desk.world, desk.account)
    written = company.says(TOMAS, "One moment", at=card)
    await company.marked(TOMAS, written, "💔")
    await company.sees(TOMAS, "has disconnected the bot")
    desk.account = connected.connects(desk.world, desk.account.bot, IRINA)
    again = await desk.asks("Still there?")
    await company.marked(TOMAS, company.says(TOMAS, "Yes", at=again), "👌")
    assert [said(one) for one in desk.got()] == ["Yes"]


async def test_an_answer_that_is_lost_costs_nothing_but_a_repetition(desk: Desk) -> None:
    company = desk.company
    card = await desk.asks("Hello?")
    desk.world.faults.add(Fault("drop_after_effect", times=1, method="sendMessage", bot="irina_helps_bot"))
    written = company.says(TOMAS, "It is", at=card)
    await company.marked(TOMAS, written, "👌")
    await company.settled()
    assert 1 <= len(desk.got()) <= 2
    assert await company.parked() == 0

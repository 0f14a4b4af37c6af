"""Who works the desk: joining, shifts, strangers, and whose lead it is when a customer comes back."""

from __future__ import annotations

import asyncio
import re

import pytest
from journeys.company import ANTON, IRINA, JONAS, OWNER, TOMAS, Company, opened, said

from app.rules import rules_of
from leads import people
from sandbox.model import Json


async def forms(company: Company, *names: str) -> None:
    """One form each, one after the other has been taken in."""
    for name in names:
        status, _ = await company.post_form(
            name=name, email=f"{name.lower()}@example.com", message=f"I am {name}"
        )
        assert status == 200
        await company.settled()


async def test_nobody_on_shift(database_url: str) -> None:
    """Leads wait, the owner is told; who comes on gets them oldest first, with all that was written since."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.says(TOMAS, "/off")
        await company.sees(TOMAS, "You are off shift")
        company.writes(ANTON, "Good morning")
        await company.sees(OWNER, "Nobody is on shift for a new lead")
        company.writes(JONAS, "Hi")
        company.writes(ANTON, "Is anybody there?")
        await company.until(
            lambda: sum("Nobody is on shift" in text for text in company.texts_at_desk(OWNER)) == 2
        )
        await company.settled()
        assert not company.cards(TOMAS)
        company.says(TOMAS, "/on")
        await company.sees(TOMAS, "You are on shift")
        await company.sees(TOMAS, "Is anybody there?")
        await company.settled()
        one, two = company.cards(TOMAS)
        assert "Good morning" in one
        assert "Hi" in two


async def test_turn_by_turn(database_url: str) -> None:
    async with opened(database_url) as company:
        await forms(company, "Ada", "Bo", "Cy", "Di")
        await company.until(lambda: len(company.cards(TOMAS)) + len(company.cards(IRINA)) == 4)
        assert ["Ada" in company.cards(TOMAS)[0], "Cy" in company.cards(TOMAS)[1]] == [True, True]
        assert ["Bo" in company.cards(IRINA)[0], "Di" in company.cards(IRINA)[1]] == [True, True]
        company.says(IRINA, "/off")
        await company.sees(IRINA, "Смена окончена")
        await forms(company, "Ed", "Flo")
        await company.until(lambda: len(company.cards(TOMAS)) == 4)
        assert len(company.cards(IRINA)) == 2


async def test_the_first_to_open_the_link_owns_the_desk(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(database_url, owner=False, managers=(), started=False) as company:
        async with asyncio.timeout(30):
            while not (found := re.search(r"t\.me/desk_bot\?start=([\w-]+)", caplog.text)):
                await asyncio.sleep(0.02)
        company.world.user_starts(company.desk, OWNER, found[1])
        await company.sees(OWNER, "This desk is yours now")
        company.world.user_starts(company.desk, JONAS, found[1])
        await company.sees(JONAS, "This invitation was used already")
        await forms(company, "Ada")
        await company.sees(OWNER, "Nobody is on shift for a new lead")


async def test_an_invitation_works_once(database_url: str) -> None:
    """Who joins is on shift at once: the lead that waited is theirs."""
    async with opened(database_url, managers=()) as company:
        await forms(company, "Ada")
        await company.sees(OWNER, "Nobody is on shift for a new lead")
        company.says(OWNER, "/invite")
        link = said(await company.sees(OWNER, "t.me/desk_bot?start="))
        token = link.rpartition("start=")[2].split()[0]
        company.world.user_starts(company.desk, TOMAS, token)
        await company.sees(TOMAS, "Welcome, Tomas!")
        await company.sees(TOMAS, "I am Ada")
        company.world.user_starts(company.desk, JONAS, token)
        await company.sees(JONAS, "This invitation was used already")
        company.says(TOMAS, "/invite")
        await company.sees(TOMAS, "Only the owner and heads can invite")
        await company.settled()
        assert not company.cards(JONAS)


async def test_a_stranger_gets_one_sentence_and_no_data(database_url: str) -> None:
    """Whatever they write or press; the same for one who left."""
    async with opened(database_url) as company:
        await forms(company, "Ada")
        card = await company.sees(TOMAS, "I am Ada")
        for text in ("/leads", "/lead 1", "Ada?", "/on"):
            company.says(JONAS, text)
        await company.sees(JONAS, "open to its members only")
        await people.remove(company.runtime.store, TOMAS, company.clock.now(), rules_of(company.settings))
        await company.sees(IRINA, "I am Ada")
        await company.settled()
        known = len(company.texts_at_desk(TOMAS))
        answer = company.press(TOMAS, card, "Take")
        company.says(TOMAS, "Dear Ada", at=card)
        await company.settled()
        assert company.world.callbacks[answer].answer is None
        assert len(company.texts_at_desk(JONAS)) == 1
        assert len(company.texts_at_desk(TOMAS)) == known + 1
        assert "members only" in company.texts_at_desk(TOMAS)[-1]
        line = (await company.runtime.store.open_leads(None, 9))[0]
        assert line.manager_name == "Ирина"


async def test_a_forged_press_does_nothing(database_url: str) -> None:
    async with opened(database_url) as company:
        await forms(company, "Ada")
        await company.sees(TOMAS, "I am Ada")
        company.says(JONAS, "Hello")
        polite = await company.sees(JONAS, "members only")
        press = {"id": "forged", "from": company.world.users[JONAS].as_user(), "chat_instance": "1"}
        for data in ("take:1", "close:1:won:", "open:1", "leads:0"):
            company.world.tell(company.desk, "callback_query", press | {"message": polite, "data": data})
        await company.settled()
        assert len(company.texts_at_desk(JONAS)) == 1
        line = (await company.runtime.store.open_leads(None, 9))[0]
        assert (line.manager_name, line.lead.state) == ("Tomas", "assigned")


async def closed(company: Company, card: Json, verdict: str) -> None:
    company.press(TOMAS, card, "Close")
    await company.until(lambda: verdict in str(company.now(TOMAS, card)["reply_markup"]))
    company.press(TOMAS, card, verdict)
    await company.until(lambda: "Reopen" in str(company.now(TOMAS, card)["reply_markup"]))


async def test_who_comes_back_within_a_day_opens_the_lead_again(database_url: str) -> None:
    async with opened(database_url) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        await closed(company, card, "Won")
        company.later(hours=23)
        company.writes(ANTON, "One more thing")
        again = await company.sees(TOMAS, "One more thing")
        assert again["message_thread_id"] == card["message_thread_id"]
        await company.turns(TOMAS, card, "waiting since")
        assert await company.open_leads() == [1]
        assert len(company.cards(TOMAS)) == 1


async def test_who_comes_back_later_finds_the_same_manager(database_url: str) -> None:
    """It would be the other one's turn."""
    async with opened(database_url) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        company.press(TOMAS, card, "Close")
        await company.until(lambda: "Lost" in str(company.now(TOMAS, card)["reply_markup"]))
        company.press(TOMAS, card, "Lost")
        await company.until(lambda: "Too expensive" in str(company.now(TOMAS, card)["reply_markup"]))
        company.press(TOMAS, card, "Too expensive")
        await company.turns(TOMAS, card, "Lost · Tomas (too expensive)")
        company.later(hours=25)
        company.writes(ANTON, "Hello again")
        fresh = await company.sees(TOMAS, "Hello again")
        assert said(fresh).startswith("🆕 #2")
        assert fresh["message_thread_id"] != card["message_thread_id"]
        assert await company.open_leads() == [2]
        await company.settled()
        assert not company.cards(IRINA)


async def test_spam_stays_silent(database_url: str) -> None:
    async with opened(database_url) as company:
        company.writes(ANTON, "Buy pills")
        card = await company.sees(TOMAS, "Buy pills")
        await closed(company, card, "Spam")
        company.later(hours=1)
        company.writes(ANTON, "Buy more pills")
        company.later(days=3)
        company.writes(ANTON, "Last chance")
        await forms(company, "Ada")
        await company.sees(IRINA, "I am Ada")
        await company.settled()
        seen = [*company.texts_at_desk(TOMAS), *company.texts_at_desk(IRINA), *company.texts_at_desk(OWNER)]
        assert not any("more pills" in text or "Last chance" in text for text in seen)
        assert len(await company.runtime.store.parked()) == 2

"""The third path: what is due is said once, to the right person, at its time or marked as late."""

from __future__ import annotations

import pytest
from journeys.company import ANTON, IRINA, MORNING, OWNER, TOMAS, Company, make_world, opened, said

from sandbox.model import Json
from scheduler.clock import Clock


async def an_answered_chat(company: Company) -> Json:
    """The card of a lead that nobody has to be reminded of."""
    company.writes(ANTON, "Hello")
    card = await company.sees(TOMAS, "Hello")
    answer = company.says(TOMAS, "Good morning", at=card)
    await company.marked(TOMAS, answer, "👌")
    return card


def notices(company: Company, manager: int, words: str) -> list[str]:
    return [
        text
        for text in company.texts_at_desk(manager)
        if text.startswith(("⏰", "🔔", "🚨")) and words in text
    ]


async def test_nobody_answers(database_url: str) -> None:
    """The manager hears of it after a quarter of an hour, the owner after half an hour; each once."""
    async with opened(database_url) as company:
        company.writes(ANTON, "Anybody there?")
        card = await company.sees(TOMAS, "Anybody there?")
        company.later(minutes=16)
        notice = await company.sees(TOMAS, "is waiting for a first answer")
        assert notice["message_thread_id"] == card["message_thread_id"]
        assert "Anybody there?" in said(notice)
        assert not notices(company, OWNER, "Антон")
        company.later(minutes=15)
        told = await company.sees(OWNER, "Антон has had no answer for 31 min")
        assert "Tomas has this lead" in said(told)
        await company.settled()
        assert len(notices(company, TOMAS, "Антон")) == 1
        assert len(notices(company, OWNER, "Антон")) == 1
        assert not notices(company, IRINA, "Антон")


async def test_an_answer_ends_the_waiting(database_url: str) -> None:
    """For good: what is written after the first answer is no reason to call the owner."""
    async with opened(database_url) as company:
        card = await an_answered_chat(company)
        company.writes(ANTON, "And the price?")
        await company.sees(TOMAS, "And the price?")
        company.says(TOMAS, "/remind 2h the proof that time went by", at=card)
        await company.sees(TOMAS, "I will remind you today 11:00: the proof")
        company.later(hours=2, minutes=1)
        await company.sees(TOMAS, "Reminder: #1 Антон")
        await company.settled()
        assert not notices(company, TOMAS, "first answer")
        assert not notices(company, OWNER, "Антон")


async def test_a_reminder_in_the_managers_words_and_zone(database_url: str) -> None:
    """It is 11:00 in Vilnius; tomorrow at ten is in 23 hours."""
    async with opened(database_url, managers=(IRINA,), timezone="Europe/Vilnius") as company:
        company.writes(ANTON, "Здравствуйте")
        card = await company.sees(IRINA, "Здравствуйте")
        company.says(IRINA, "Добрый день", at=card)
        company.says(IRINA, "/remind завтра 10:00 счёт", at=card)
        await company.sees(IRINA, "завтра 10:00: счёт")
        await company.turns(IRINA, card, "завтра 10:00 · счёт")
        company.says(IRINA, "/remind 22h 50m сначала это", at=card)
        await company.sees(IRINA, "сначала это")
        company.later(hours=22, minutes=55)
        await company.until(lambda: notices(company, IRINA, "сначала это"))
        assert not notices(company, IRINA, "счёт")
        company.later(minutes=6)
        await company.until(lambda: notices(company, IRINA, "счёт"))
        await company.settled()
        assert len(notices(company, IRINA, "сначала это")) == 1


async def test_the_buttons_of_a_reminder(database_url: str) -> None:
    """An hour later, tomorrow at nine, the lead, and done: then it is over."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await an_answered_chat(company)
        company.says(TOMAS, "/remind 2h call back", at=card)
        await company.sees(TOMAS, "I will remind you")
        company.later(hours=2, minutes=1)
        first = await company.sees(TOMAS, "Reminder: #1")
        assert "remind you again today 12:" in await company.toast(company.press(TOMAS, first, "+1 h"))
        company.later(hours=1, minutes=1)
        second = await next_notice(company, 2)
        assert "tomorrow 09:00" in await company.toast(company.press(TOMAS, second, "Tomorrow 9:00"))
        company.later(hours=21)
        third = await next_notice(company, 3)
        company.press(TOMAS, third, "Open")
        await company.until(lambda: len(company.cards(TOMAS)) == 2)
        assert await company.toast(company.press(TOMAS, third, "Done")) == "Done"
        await company.until(lambda: "reply_markup" not in company.now(TOMAS, third))
        company.later(days=2)
        company.writes(ANTON, "And now?")
        await company.sees(TOMAS, "And now?")
        await company.settled()
        assert len(notices(company, TOMAS, "call back")) == 3


async def next_notice(company: Company, number: int) -> Json:
    """The number-th notice of the reminder."""

    def found() -> list[Json]:
        return [one for one in company.at_desk(TOMAS) if said(one).startswith("⏰ Reminder")]

    await company.until(lambda: len(found()) >= number)
    return found()[number - 1]


async def test_words_that_mean_no_time_are_said_back(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await an_answered_chat(company)
        company.says(TOMAS, "/remind", at=card)
        await company.sees(TOMAS, "Say when and what about")
        company.says(TOMAS, "/remind someday maybe", at=card)
        await company.sees(TOMAS, "I did not understand the time")
        company.says(TOMAS, "/remind 2h call back")
        await company.sees(TOMAS, "I cannot tell which lead this is about")
        company.press(TOMAS, card, "Remind")
        await company.until(lambda: "3 hours" in str(company.now(TOMAS, card)["reply_markup"]))
        assert "12:00" in await company.toast(company.press(TOMAS, card, "3 hours"))
        company.later(hours=3, minutes=1)
        await company.sees(TOMAS, "Reminder: #1")


@pytest.mark.parametrize("late", [True, False], ids=["late", "in time"])
async def test_a_stop_forgets_nothing(database_url: str, late: bool) -> None:
    """Started again after its time, it fires once and says that it is late; another one waits its turn."""
    clock = Clock(MORNING)
    world = make_world(clock, topics=True)
    async with opened(database_url, clock=clock, world=world, fresh=True) as company:
        card = await an_answered_chat(company)
        company.says(TOMAS, "/remind 2h call back", at=card)
        company.says(TOMAS, "/remind 6h send the offer", at=card)
        await company.sees(TOMAS, "send the offer")
        if not late:
            company.later(hours=2)
            await company.sees(TOMAS, "Reminder: #1")
        await company.settled()
    company.later(hours=5 if late else 3)
    async with opened(database_url, clock=clock, world=world) as company:
        notice = await company.sees(TOMAS, "Reminder: #1")
        assert ("Late: this was due today 11:00" in said(notice)) is late
        company.later(hours=1)
        second = await company.until(lambda: notices(company, TOMAS, "send the offer"))
        await company.settled()
        assert len(second) == 1
        assert "Late" not in second[0]
        assert len(notices(company, TOMAS, "call back")) == 1

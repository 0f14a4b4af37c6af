"""Until when a customer may be answered, what is possible afterwards, and that nothing written is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from journeys.company import ANTON, SECOND_SHOP, TOMAS, Company, button, opened, said
from journeys.toys import approve, bend

from leads.events import Template
from sandbox.model import Json

DAY, WEEK = timedelta(days=1), timedelta(days=7)
OFFER = Template("offer_ready", "en", "Hello {{1}}, your offer of {{2}} € is ready. May we talk?")
GREETING = Template("greeting", "en", "Good day! Is your question still open?")


async def asked(company: Company, text: str = "How much is it?") -> Json:
    """The card of a customer who just wrote."""
    company.writes(ANTON, text)
    return await company.sees(TOMAS, text)


async def test_the_window_is_counted_down_on_the_card(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(monkeypatch, reply_window=DAY)
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await asked(company)
        assert "⏳ Reply window: until 3 Mar 09:00" in said(card)
        assert "left" not in said(card)
        company.later(hours=12, minutes=30)
        await company.turns(TOMAS, card, "until 3 Mar 09:00, 11 h left")
        company.later(hours=11)
        await company.turns(TOMAS, card, "until 09:00, less than an hour left")
        company.later(hours=1)
        await company.turns(TOMAS, card, "🔒 Telegram is closed for replies until the customer writes again")
        company.writes(ANTON, "Are you there?")
        await company.turns(TOMAS, card, "⏳ Reply window: until 4 Mar 09:30")
        assert "closed" not in said(company.now(TOMAS, card))
        await company.settled()
        assert await company.parked() == 0


async def test_an_answer_after_the_window_goes_as_a_persons_and_that_is_said_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(monkeypatch, reply_window=DAY, late=WEEK)
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await asked(company)
        company.later(hours=25)
        await company.turns(TOMAS, card, "a person may still answer until 9 Mar 09:00")
        for words in ("Sorry for the delay", "It is 600 €"):
            await company.marked(TOMAS, company.says(TOMAS, words, at=card), "👌")
        await company.settled()
        assert company.read_by(ANTON) == ["Sorry for the delay", "It is 600 €"]
        told = [text for text in company.texts_at_desk(TOMAS) if "still goes, as a person’s answer" in text]
        assert len(told) == 1
        company.later(days=7)
        await company.turns(TOMAS, card, "Telegram is closed for replies")


async def test_a_template_goes_when_the_window_is_closed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(monkeypatch, reply_window=DAY)
    approve(monkeypatch, OFFER, GREETING)
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await asked(company)
        company.later(hours=25)
        await company.turns(TOMAS, card, "closed for replies")
        written = company.says(TOMAS, "It is 600 €", at=card)
        await company.marked(TOMAS, written, "💔")
        failure = await company.sees(TOMAS, "Not delivered to Антон")
        company.press(TOMAS, failure, "Templates · Telegram")
        await company.until(lambda: "offer_ready" in str(company.now(TOMAS, failure)["reply_markup"]))
        company.press(TOMAS, failure, "offer_ready · en")
        question = await company.sees(TOMAS, "2 values")
        await company.settled()  # nobody types faster than the question is remembered
        company.says(TOMAS, "Anton", at=card, reply_to=question["message_id"])
        await company.sees(TOMAS, "takes 2 values, each on a line of its own, and these are 1")
        company.says(TOMAS, "Anton\n600", at=card, reply_to=question["message_id"])
        preview = await company.sees(TOMAS, "Hello Anton, your offer of 600 € is ready.")
        await company.settled()
        assert company.read_by(ANTON) == []
        press = company.press(TOMAS, preview, "Send")
        await company.marked(TOMAS, preview, "👌")
        assert await company.toast(press) == "On its way"
        assert company.read_by(ANTON) == ["Hello Anton, your offer of 600 € is ready. May we talk?"]
        await company.settled()
        assert "waiting since" not in said(company.now(TOMAS, card))
        assert await company.parked() == 0


async def test_a_template_without_blanks_is_picked_on_the_card_and_sent_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(monkeypatch, reply_window=DAY)
    approve(monkeypatch, OFFER, GREETING)
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await asked(company)
        company.later(hours=25)
        await company.turns(TOMAS, card, "closed for replies")
        company.press(TOMAS, card, "Templates")
        await company.until(lambda: "greeting" in str(company.now(TOMAS, card)["reply_markup"]))
        company.press(TOMAS, card, "greeting")
        preview = await company.sees(TOMAS, "Is your question still open?")
        await company.settled()
        data = button(preview, "Send")
        for _ in range(2):
            company.world.user_presses(company.desk, TOMAS, preview["message_id"], data)
        await company.reads(ANTON, "Good day! Is your question still open?")
        await company.settled()
        assert len(company.got(ANTON)) == 1


async def test_what_cannot_go_one_way_goes_another(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The customer wrote to both shops; the older chat is closed, and the manager answers in it."""
    bend(monkeypatch, reply_window=DAY)
    async with opened(database_url, managers=(TOMAS,), more=(SECOND_SHOP,)) as company:
        own = {"phone_number": "+37061234567", "first_name": "Антон", "user_id": ANTON}
        company.writes(ANTON, contact=own)
        card = await company.sees(TOMAS, "+370 612 34567")
        company.writes(ANTON, "In the first shop")
        first = await company.sees(TOMAS, "In the first shop")
        company.later(hours=25)
        company.writes(ANTON, contact=own, bot=company.second)
        await company.turns(TOMAS, card, "Replies go to Telegram · second")
        written = company.says(TOMAS, "It is 600 €", at=card, reply_to=first["message_id"])
        failure = await company.sees(TOMAS, "Not delivered to Антон")
        assert "Copy +370 612 34567 to call" in str(failure["reply_markup"])
        company.press(TOMAS, failure, "Send via Telegram · second")
        await company.marked(TOMAS, written, "👌")
        await company.settled()
        assert [said(one) for one in company.got(ANTON, company.second)] == ["It is 600 €"]
        assert company.read_by(ANTON) == []
        assert failure["message_id"] not in company.chat(TOMAS).messages


async def test_what_waited_for_the_customer_goes_when_they_write(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(monkeypatch, reply_window=DAY)
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await asked(company)
        company.later(hours=25)
        written = company.says(TOMAS, "It is 600 €", at=card)
        failure = await company.sees(TOMAS, "Not delivered to Антон")
        refused = company.press(TOMAS, failure, "Try again")
        await company.sees(TOMAS, "Not sent: Telegram is closed for replies")
        await company.toast(refused)
        company.writes(ANTON, "Hello?")
        await company.sees(TOMAS, "Hello?")
        await company.settled()
        company.press(TOMAS, failure, "Try again")
        await company.marked(TOMAS, written, "👌")
        assert company.read_by(ANTON) == ["It is 600 €"]

"""What a manager does beside writing: choices, taking back, reacting; and what the customer does with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from journeys.company import ANTON, IRINA, TOMAS, Company, opened, said
from journeys.toys import bend

from sandbox.faults import Fault
from sandbox.model import Json


async def asked(company: Company, text: str = "How much is it?") -> Json:
    """The card of a customer who just wrote."""
    company.writes(ANTON, text)
    return await company.sees(TOMAS, text)


async def shown_for_good(company: Company, words: str) -> Json:
    """The message with these words, once it is remembered where it stands: nobody reacts faster than that."""
    shown = await company.sees(TOMAS, words)
    await company.settled()
    return shown


def buttons(message: Json) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [one["text"] for row in rows for one in row]


@pytest.mark.parametrize("webhooks", [False, True], ids=["polling", "webhooks"])
async def test_the_customer_chooses_by_a_button(database_url: str, webhooks: bool) -> None:
    async with opened(database_url, managers=(TOMAS,), webhooks=webhooks) as company:
        card = await asked(company)
        written = company.says(TOMAS, "/ask Which colour? | White | Oak", at=card)
        await company.marked(TOMAS, written, "👌")
        [offer] = company.got(ANTON)
        assert (said(offer), buttons(offer)) == ("Which colour?", ["White", "Oak"])
        await company.turns(TOMAS, card, "answered")
        press = company.world.user_presses(company.shop, ANTON, offer["message_id"], "Oak")
        shown = await company.sees(TOMAS, "pressed: Oak")
        assert shown["reply_to_message"]["message_id"] == written["message_id"]
        await company.settled()
        [line] = await company.runtime.store.open_leads(None, 10)
        assert line.lead.unanswered_since
        if not webhooks:  # the stand-in reads no methods out of answers to webhooks
            assert await company.until(lambda: company.world.callbacks[press].answer)
        company.world.user_edits(company.desk, TOMAS, written["message_id"], text="/ask Which? | White | Ash")
        await company.reads(ANTON, "Which?")
        assert buttons(company.got(ANTON)[0]) == ["White", "Ash"]


async def test_where_there_are_no_buttons_choices_have_numbers(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(monkeypatch, buttons=1)
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await asked(company)
        company.says(TOMAS, "/ask Which colour? | White | Oak", at=card)
        await company.reads(ANTON, "Which colour?\n1. White\n2. Oak")
        assert buttons(company.got(ANTON)[0]) == []
        company.says(TOMAS, "/ask Which colour?", at=card)
        await company.sees(TOMAS, "Write the question and the choices with | between them")
        assert len(company.got(ANTON)) == 1


async def test_a_reply_is_taken_back_with_all_its_parts(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(monkeypatch, text_limit=30)
    async with opened(database_url) as company:
        card = await asked(company)
        written = company.says(TOMAS, "It is 600 €, and it is ready in two weeks", at=card)
        await company.marked(TOMAS, written, "👌")
        assert len(company.got(ANTON)) == 2
        company.says(TOMAS, "/unsend", at=card)
        await company.sees(TOMAS, "Say /unsend in reply to your own message")
        company.says(IRINA, "/lead 1")
        theirs = await company.sees(IRINA, "#1 · Антон")
        assert company.got(ANTON)
        company.says(TOMAS, "/unsend", at=card, reply_to=written["message_id"])
        await company.marked(TOMAS, written, "👻")
        told = await company.sees(TOMAS, "Taken back: the customer does not see it any more.")
        assert told["reply_to_message"]["message_id"] == written["message_id"]
        assert company.got(ANTON) == []
        company.says(TOMAS, "/unsend", at=card, reply_to=written["message_id"])
        await company.sees(TOMAS, "This message was taken back already.")
        company.says(IRINA, "/unsend", at=theirs, reply_to=theirs["message_id"])
        await company.sees(IRINA, "Отправьте /unsend в ответ на своё сообщение")
        await company.settled()
        assert await company.parked() == 0


async def test_what_could_not_be_taken_back_is_said(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await asked(company)
        written = company.says(TOMAS, "600 €", at=card)
        await company.marked(TOMAS, written, "👌")
        fault = Fault("error", bot="shop_bot", method="deleteMessage", times=1)
        company.world.faults.add(fault)
        company.says(TOMAS, "/unsend", at=card, reply_to=written["message_id"])
        await company.sees(TOMAS, "It could not be taken back: the customer still sees it.")
        assert company.read_by(ANTON) == ["600 €"]
        assert company.mark(TOMAS, written) == "👌"


async def test_a_reaction_goes_to_the_customer_and_is_taken_away(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await asked(company)
        theirs = company.writes(ANTON, "I take it!")
        shown = await shown_for_good(company, "I take it!")
        company.world.user_reacts(company.desk, TOMAS, shown["message_id"], "🎉")
        given = company.chat(ANTON, company.shop).reactions
        await company.until(lambda: emoji(company, given, theirs) == ["🎉"])
        company.world.user_reacts(company.desk, TOMAS, shown["message_id"], None)
        await company.until(lambda: emoji(company, given, theirs) == [])
        company.world.user_reacts(company.desk, TOMAS, card["message_id"], "🎉")
        await company.settled()
        assert set(given) == {theirs["message_id"]}


def emoji(company: Company, given: Json, message: Json) -> list[str]:
    return [one["emoji"] for one in given.get(message["message_id"], {}).get(company.shop.id, [])]


async def test_that_nobody_sees_a_reaction_is_said_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(monkeypatch, reactions=False, deletes=False)
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await asked(company)
        for words in ("I take it!", "When can I have it?"):
            company.writes(ANTON, words)
            shown = await shown_for_good(company, words)
            company.world.user_reacts(company.desk, TOMAS, shown["message_id"], "🎉")
            company.world.user_reacts(company.desk, TOMAS, shown["message_id"], None)
        told = await company.sees(TOMAS, "The customer does not see reactions in Telegram")
        assert told["message_thread_id"] == card["message_thread_id"]
        await company.settled()
        assert len([text for text in company.texts_at_desk(TOMAS) if "does not see reactions" in text]) == 1
        written = company.says(TOMAS, "Tomorrow", at=card)
        await company.marked(TOMAS, written, "👌")
        company.says(TOMAS, "/unsend", at=card, reply_to=written["message_id"])
        await company.sees(TOMAS, "What was sent there cannot be taken back (Telegram).")


async def test_a_reaction_after_the_window_is_refused(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(monkeypatch, reply_window=timedelta(days=1))
    async with opened(database_url, managers=(TOMAS,)) as company:
        await asked(company)
        company.writes(ANTON, "I take it!")
        shown = await shown_for_good(company, "I take it!")
        company.later(hours=25)
        company.world.user_reacts(company.desk, TOMAS, shown["message_id"], "🎉")
        await company.sees(TOMAS, "Not sent: Telegram is closed for replies")
        assert not company.chat(ANTON, company.shop).reactions

"""The second path: what a manager writes reaches the customer; its fate is shown, a failure told in words."""

from __future__ import annotations

from typing import Any

import pytest
from journeys.company import ANTON, IRINA, SECOND_SHOP, TOMAS, Company, opened, said
from journeys.test_a_customer_writes import PNG

from sandbox.faults import Fault
from sandbox.model import Json


async def a_chat(company: Company, text: str = "Hello", manager: int = TOMAS) -> Json:
    """A customer wrote; the card at the manager's desk."""
    company.writes(ANTON, text)
    return await company.sees(manager, text)


async def test_formatting_goes_along(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await a_chat(company)
        marks: list[Json] = [
            {"type": "bold", "offset": 3, "length": 3},
            {"type": "text_link", "offset": 7, "length": 4, "url": "https://alder.example/oak"},
        ]
        written = company.says(TOMAS, "🛋 Oak here", entities=marks, at=card)
        await company.reads(ANTON, "🛋 Oak here")
        assert company.got(ANTON)[0]["entities"] == marks
        await company.marked(TOMAS, written, "👌")
        await company.turns(TOMAS, card, "Tomas is on it")
        assert "waiting since" not in said(company.now(TOMAS, card))


async def test_files_go_along(database_url: str) -> None:
    sent: tuple[tuple[str, dict[str, Any]], ...] = (
        ("photo", {"photo": PNG, "caption": "The oak one"}),
        ("document", {"document": ("offer.pdf", "application/pdf", b"%PDF an offer")}),
        ("voice", {"voice": b"OggS a voice"}),
    )
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await a_chat(company)
        for kind, content in sent:
            written = company.says(TOMAS, at=card, **content)
            await company.marked(TOMAS, written, "👌")
            got = company.got(ANTON)[-1]
            assert got.get("caption") == content.get("caption")
            assert bytes_of(company, got[kind]) == (content[kind][2] if kind == "document" else content[kind])
        assert company.got(ANTON)[1]["document"]["file_name"] == "offer.pdf"


def bytes_of(company: Company, file: Any) -> bytes:
    stored = company.world.files.get(
        company.shop.id, (file[-1] if isinstance(file, list) else file)["file_id"]
    )
    assert stored
    return stored.data


async def test_an_edit_follows(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await a_chat(company)
        written = company.says(TOMAS, "2 900 €", at=card)
        company.world.user_edits(company.desk, TOMAS, written["message_id"], text="2 700 €")
        await company.reads(ANTON, "2 700 €")
        await company.settled()
        assert company.read_by(ANTON) == ["2 700 €"]
        photo = company.says(TOMAS, at=card, photo=PNG, caption="Oak")
        await company.reads(ANTON, "Oak")
        company.world.user_edits(company.desk, TOMAS, photo["message_id"], caption="Ash")
        await company.reads(ANTON, "Ash")
        assert company.read_by(ANTON) == ["2 700 €", "Ash"]


async def test_a_note_never_leaves(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await a_chat(company)
        note = company.says(TOMAS, "// talks too much", at=card)
        photo = company.says(TOMAS, at=card, photo=PNG, caption="//her last kitchen")
        company.world.user_edits(company.desk, TOMAS, note["message_id"], text="// talks a lot")
        answer = company.says(TOMAS, "Good morning", at=card)
        await company.marked(TOMAS, answer, "👌")
        await company.settled()
        assert company.read_by(ANTON) == ["Good morning"]
        assert not company.mark(TOMAS, photo)
        assert await company.parked() == 0


async def test_a_replys_state_is_shown(database_url: str) -> None:
    """While Telegram is away it is queued; then it is sent, once."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await a_chat(company)
        away = company.world.faults.add(Fault("server_error", bot="shop_bot", method="sendMessage"))
        written = company.says(TOMAS, "Here I am", at=card)
        await company.marked(TOMAS, written, "✍")
        company.world.faults.rules.remove(away)
        await company.marked(TOMAS, written, "👌")
        assert company.read_by(ANTON) == ["Here I am"]


async def test_a_failure_is_told_and_tried_again(database_url: str) -> None:
    """The customer blocked the bot, and Telegram tells it only by refusing the message."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await a_chat(company)
        chat = company.chat(ANTON, company.shop)
        chat.blocked = True
        written = company.says(TOMAS, "Still interested?", at=card)
        await company.marked(TOMAS, written, "💔")
        await company.turns(TOMAS, card, "waiting since")
        await company.settled()
        [failure] = [one for one in company.at_desk(TOMAS) if "Not delivered to Антон" in said(one)]
        assert "blocked us" in said(failure)
        assert failure["reply_to_message"]["message_id"] == written["message_id"]
        company.world.user_unblocks(company.shop, ANTON)
        await company.settled()
        company.press(TOMAS, failure, "Try again")
        await company.marked(TOMAS, written, "👌")
        assert company.read_by(ANTON) == ["Still interested?"]
        await company.until(lambda: failure["message_id"] not in company.chat(TOMAS).messages)


async def test_a_form_cannot_be_answered_by_writing(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        await company.post_form(name="Dana", phone="+370 612 34567", message="Call me")
        card = await company.sees(TOMAS, "Call me")
        assert "Cannot be answered from here. Call +370 612 34567" in said(card)
        written = company.says(TOMAS, "Dear Dana", at=card)
        refused = await company.sees(TOMAS, "Not sent: this customer cannot be answered from here")
        assert "+370 612 34567" in said(refused)
        assert refused["reply_to_message"]["message_id"] == written["message_id"]
        await company.settled()
        assert await company.parked() == 0
        assert "waiting since" in said(company.now(TOMAS, card))


async def test_the_quoted_conversation_is_answered(database_url: str) -> None:
    """One person in two chats: a reply goes to the newest, unless another is quoted or chosen."""
    async with opened(database_url, managers=(TOMAS,), more=(SECOND_SHOP,)) as company:
        own = {"phone_number": "+37061234567", "first_name": "Антон", "user_id": ANTON}
        company.writes(ANTON, contact=own)
        card = await company.sees(TOMAS, "+370 612 34567")
        company.writes(ANTON, "In the first shop")
        first = await company.sees(TOMAS, "In the first shop")
        company.writes(ANTON, contact=own, bot=company.second)
        company.writes(ANTON, "In the second shop", bot=company.second)
        await company.sees(TOMAS, "In the second shop")
        await company.turns(TOMAS, card, "Replies go to Telegram · second")
        company.says(TOMAS, "To the newest", at=card)
        company.says(TOMAS, "To the quoted", at=card, reply_to=first["message_id"])
        await company.reads(ANTON, "To the quoted")
        await company.settled()
        assert company.read_by(ANTON) == ["To the quoted"]
        assert [said(one) for one in company.got(ANTON, company.second)] == ["To the newest"]
        company.press(TOMAS, card, "Reply via Telegram · shop")
        await company.turns(TOMAS, card, "Replies go to Telegram · shop")
        company.says(TOMAS, "To the chosen", at=card)
        await company.reads(ANTON, "To the chosen")


@pytest.mark.parametrize("how", ["reply", "take"])
async def test_another_manager_takes_the_lead(database_url: str, how: str) -> None:
    """By the button or by answering; who had it is told, and the customer is shown to the new one only."""
    async with opened(database_url) as company:
        card = await a_chat(company)
        company.says(IRINA, "/lead 1")
        found = await company.sees(IRINA, "#1 · Антон")
        if how == "reply":
            company.says(IRINA, "Я отвечу", at=found, reply_to=found["message_id"])
            await company.reads(ANTON, "Я отвечу")
        else:
            company.press(IRINA, found, "Взять")
        await company.sees(TOMAS, "is with Ирина now")
        await company.turns(TOMAS, card, "Ирина is on it")
        await company.settled()
        company.writes(ANTON, "And the price?")
        news = await company.sees(IRINA, "And the price?")
        assert news["message_thread_id"] in {topic.thread_id for topic in company.topics(IRINA)}
        await company.settled()
        assert not any("And the price?" in text for text in company.texts_at_desk(TOMAS))


async def test_hand_over_and_close_by_buttons(database_url: str) -> None:
    async with opened(database_url) as company:
        card = await a_chat(company)
        company.press(TOMAS, card, "Hand over")
        await company.until(lambda: "Ирина" in str(company.now(TOMAS, card)["reply_markup"]))
        company.press(TOMAS, card, "Ирина")
        theirs = await company.sees(IRINA, "Hello")
        await company.sees(TOMAS, "is with Ирина now")
        company.press(IRINA, theirs, "Закрыть")
        await company.until(lambda: "🏆" in str(company.now(IRINA, theirs)["reply_markup"]))
        company.press(IRINA, theirs, "🏆")
        await company.until(lambda: said(company.now(IRINA, theirs)).startswith("🏆 #1"))
        topic = theirs["message_thread_id"]
        await company.until(lambda: company.chat(IRINA).topics[topic].name.startswith("🏆 #1"))
        assert await company.open_leads() == []
        company.says(IRINA, "Спасибо за заказ", at=theirs)
        await company.sees(IRINA, "Этот лид закрыт")
        assert company.read_by(ANTON) == []
        company.press(IRINA, theirs, "Открыть снова")
        await company.until(lambda: said(company.now(IRINA, theirs)).startswith("💬 #1"))
        company.says(IRINA, "Спасибо за заказ!", at=theirs)
        await company.reads(ANTON, "Спасибо за заказ!")

"""The first path: a customer writes, the right manager sees it, the manager answers, the customer reads it."""

from __future__ import annotations

from pathlib import Path

from journeys.company import ANTON, IRINA, TOMAS, opened, said


async def test_a_form_becomes_a_card(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as company:
        status, body = await company.post_form(
            name="Dana", phone="+370 612 34567", email="dana@example.com", message="Call me", Color="oak"
        )
        assert status == 200
        assert body["status"] == "accepted"
        card = await company.sees(TOMAS, "Call me")
        for fact in ("Dana", "+370 612 34567", "dana@example.com", "oak", "#1"):
            assert fact in said(card)
        assert card["message_thread_id"] in company.chat(TOMAS).topics
        await company.settled()
        assert sum("Call me" in text for text in company.texts_at_desk(TOMAS)) == 1


async def test_a_chat_goes_both_ways(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, managers=(IRINA,)) as company:
        company.world.user_starts(company.shop, ANTON, "spring_ads")
        company.world.user_sends(company.shop, ANTON, text="Сколько стоит?")
        shown = await company.sees(IRINA, "Сколько стоит?")
        company.world.user_sends(company.desk, IRINA, text="От 2 900 €", thread_id=shown["message_thread_id"])
        await company.reads(ANTON, "От 2 900 €")
        company.world.user_sends(company.shop, ANTON, text="Спасибо!")
        again = await company.sees(IRINA, "Спасибо!")
        assert again["message_thread_id"] == shown["message_thread_id"]

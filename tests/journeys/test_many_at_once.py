"""However quickly and however many write: one lead each, nothing lost, everything in its order."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from journeys.company import ANTON, IRINA, TOMAS, Company, opened, said

CROWD = range(1000, 1100)


async def test_two_quick_messages_make_one_lead(database_url: str) -> None:
    async with opened(database_url) as company:
        company.writes(ANTON, "First")
        company.writes(ANTON, "Second")
        card = await company.sees(TOMAS, "First")
        second = await company.sees(TOMAS, "Second")
        await company.settled()
        assert card["message_thread_id"] == second["message_thread_id"]
        assert company.cards(TOMAS) == [said(company.now(TOMAS, card))]
        assert len(company.topics(TOMAS)) == 1
        assert not company.topics(IRINA)
        assert await company.open_leads() == [1]


@pytest.mark.timeout(240)
async def test_a_hundred_customers_at_once(database_url: str) -> None:
    """Each writes twice and half of them send a form of their phone at the same time."""
    async with opened(database_url) as company:
        for customer in CROWD:
            company.world.add_user(customer, f"Customer {customer}")

        async def comes(customer: int) -> None:
            phone = f"+3706{customer:07}"
            contact = {"phone_number": phone, "first_name": f"Customer {customer}", "user_id": customer}
            company.writes(customer, contact=contact)
            company.writes(customer, f"first of {customer}")
            if customer % 2:
                await company.post_form(phone=phone, message=f"form of {customer}")
            company.writes(customer, f"second of {customer}")

        await asyncio.gather(*map(comes, CROWD))
        await company.settled(within=200)
        assert await company.open_leads() == list(range(1, len(CROWD) + 1))
        assert len(company.topics(TOMAS)) + len(company.topics(IRINA)) == len(CROWD)
        assert len(company.cards(TOMAS)) + len(company.cards(IRINA)) == len(CROWD)
        assert await company.parked() == 0
        for customer in CROWD:
            assert_whole(company, customer)


def assert_whole(company: Company, customer: int) -> None:
    """Everything of this customer stands once, in one topic, in the order in which it was written."""
    shown = [
        (manager, one["message_thread_id"], said(one))
        for manager in (TOMAS, IRINA)
        for one in company.at_desk(manager)
        if one["from"]["is_bot"] and f"of {customer}" in said(one)
    ]
    assert len({place[:2] for place in shown}) == 1
    words = Counter(
        kind for _, _, text in shown for kind in ("first", "second", "form") if f"{kind} of" in text
    )
    assert words == {"first": 1, "second": 1} | ({"form": 1} if customer % 2 else {})
    chat = [text for _, _, text in shown if "form of" not in text]
    assert "first of" in chat[0]
    assert "second of" in chat[1]

"""The first path, by form: it is taken once, becomes a card at the right desk, and joins what is known."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from journeys.company import ANTON, IRINA, JONAS, SECOND_SHOP, TOMAS, opened, said

from sandbox.model import Json

URLENCODED = "application/x-www-form-urlencoded"


async def test_a_form_becomes_a_card(database_url: str) -> None:
    async with opened(database_url) as company:
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
        assert not company.cards(IRINA)


async def test_a_form_is_read_in_every_spelling(database_url: str) -> None:
    """JSON, urlencoded with brackets, multipart with a file, and JSON that calls itself plain text."""
    multipart = aiohttp.FormData(quote_fields=False)
    multipart.add_field("Имя", "Мария")
    multipart.add_field("plan", b"%PDF-1.7 a plan", filename="plan.pdf", content_type="application/pdf")
    multipart.add_field("Сообщение", "From multipart")
    bodies = (
        (json.dumps({"name": "Ada", "message": "From JSON"}), "application/json"),
        ("name=Bo&message=From+urlencoded&room%5Bkitchen%5D%5Bwidth%5D=3%20m", URLENCODED),
        (multipart, None),
        (json.dumps({"name": "Cy", "message": "From plain text"}), "text/plain"),
    )
    async with opened(database_url, managers=(TOMAS,)) as company:
        for body, kind in bodies:
            headers = {"Content-Type": kind} if kind else {}
            async with company.http.post(company.form_url, data=body, headers=headers) as answer:
                assert (answer.status, (await answer.json())["status"]) == (200, "accepted")
        assert "Ada" in said(await company.sees(TOMAS, "From JSON"))
        assert "3 m" in said(await company.sees(TOMAS, "From urlencoded"))
        assert "Мария" in said(await company.sees(TOMAS, "From multipart"))
        assert "Cy" in said(await company.sees(TOMAS, "From plain text"))
        plan = await company.sees_one(TOMAS, lambda one: "document" in one)
        assert plan["document"]["file_name"] == "plan.pdf"
        stored = company.world.files.get(company.desk.id, plan["document"]["file_id"])
        assert stored
        assert stored.data == b"%PDF-1.7 a plan"


async def test_a_browser_is_thanked(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        headers = {"Content-Type": URLENCODED, "Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        posted = "name=Eve&phone=%2B37061234567&message=By+browser"
        async with company.http.post(
            company.form_url, data=posted, headers=headers, allow_redirects=False
        ) as answer:
            assert answer.status == 303
            thanks = answer.headers["Location"]
        async with company.http.get(company.form_url + thanks, headers=headers) as page:
            assert page.status == 200
            assert page.content_type == "text/html"
        await company.sees(TOMAS, "By browser")


async def test_the_same_key_is_the_same_lead(database_url: str) -> None:
    """Posted again, also at once and with another body, it is answered alike and has no second effect."""
    async with opened(database_url, managers=(TOMAS,)) as company:

        async def post(message: str) -> tuple[int, Json]:
            body = {"name": "Dana", "phone": "+37061234567", "message": message}
            headers = {"Idempotency-Key": "order-1"}
            async with company.http.post(company.form_url, json=body, headers=headers) as answer:
                return answer.status, await answer.json()

        first, second = await asyncio.gather(post("Once"), post("Once"))
        third = await post("Something else")
        assert first == second == third
        assert first[0] == 200
        await company.sees(TOMAS, "Once")
        await company.settled()
        assert len(company.cards(TOMAS)) == 1
        assert await company.open_leads() == [1]
        assert not any("Something else" in text for text in company.texts_at_desk(TOMAS))


async def test_another_form_joins_the_open_lead(database_url: str) -> None:
    """By its phone in another spelling, and by its e-mail; each is shown, none is refused."""
    async with opened(database_url) as company:
        await company.post_form(name="Dana", phone="+370 612 34567", message="A kitchen, please")
        card = await company.sees(TOMAS, "A kitchen, please")
        await company.post_form(
            name="Dana", phone="00370 612-34567", email="D@Example.com", message="And a bed"
        )
        second = await company.sees(TOMAS, "And a bed")
        await company.post_form(name="D.", email="d@example.com", message="And a table")
        third = await company.sees(TOMAS, "And a table")
        assert card["message_thread_id"] == second["message_thread_id"] == third["message_thread_id"]
        await company.turns(TOMAS, card, "d@example.com")
        await company.settled()
        assert len(company.cards(TOMAS)) == 1
        assert not company.cards(IRINA)
        assert await company.open_leads() == [1]


async def test_a_shared_phone_says_that_others_match(database_url: str) -> None:
    """Two people of one phone stay two; a form of that phone goes to the one active last, and says so."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        for customer, name in ((ANTON, "Антон"), (JONAS, "Jonas")):
            own = {"phone_number": "+37061234567", "first_name": name, "user_id": customer}
            company.writes(customer, contact=own)
            await company.sees(TOMAS, f"· {name}")
        assert await company.open_leads() == [1, 2]
        await company.post_form(name="Somebody", phone="+370 612 34567", message="Which of us?")
        shown = await company.sees(TOMAS, "Which of us?")
        card = await company.sees_one(
            TOMAS, lambda one: "#2" in said(one) and "1 other contact matches too" in said(one)
        )
        assert shown["message_thread_id"] == card["message_thread_id"]
        assert await company.open_leads() == [1, 2]


async def test_where_they_came_from_stands_on_the_card(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        headers = {
            "Referer": "https://alder.example/kitchens?utm_source=google&utm_campaign=spring&gclid=abc"
        }
        body = {"name": "Dana", "message": "Saw your ad"}
        async with company.http.post(company.form_url, json=body, headers=headers) as answer:
            assert answer.status == 200
        card = said(await company.sees(TOMAS, "Saw your ad"))
        assert "google / spring" in card
        assert "alder.example/kitchens" in card
        company.world.user_starts(company.shop, ANTON, "spring_ads")
        company.writes(ANTON, "Hello")
        await company.sees(TOMAS, "spring_ads")


@pytest.mark.parametrize("trap", ["_gotcha", "_ts"])
async def test_what_looks_like_a_machine_is_kept_but_shown_to_nobody(database_url: str, trap: str) -> None:
    """Answered like everything else, parked with the reason, and a person may replay it."""
    slow: tuple[str, str, dict[str, str]] = ("web_form", "slow", {"min_seconds": "3"})
    async with opened(database_url, managers=(TOMAS,), more=(slow,)) as company:
        value = "http://spam.example" if trap == "_gotcha" else str(int(company.clock.now().timestamp()))
        body = {"name": "Bot", "message": "Buy pills", trap: value}
        url = f"{company.runtime.url}/in/web_form/slow"
        async with company.http.post(url, json=body) as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "accepted")
        await company.settled()
        parked = (await company.runtime.store.parked())[0]
        assert parked.reason
        assert not company.cards(TOMAS)
        assert await company.runtime.store.replay(parked.id)
        await company.sees(TOMAS, "Buy pills")


async def test_two_bots_of_one_company(database_url: str) -> None:
    """The card says by which of them the customer came; the answer goes back there."""
    async with opened(database_url, managers=(TOMAS,), more=(SECOND_SHOP,)) as company:
        company.writes(ANTON, "To the second", bot=company.second)
        card = await company.sees(TOMAS, "To the second")
        assert "Telegram · second" in said(card)
        company.says(TOMAS, "Here", at=card)
        await company.until(lambda: company.got(ANTON, company.second))
        assert not company.got(ANTON)

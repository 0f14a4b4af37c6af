"""The first path, by chat: whatever a customer sends or does in Telegram, the manager sees as it is."""

from __future__ import annotations

from typing import Any

import pytest
from journeys.company import ANTON, IRINA, JONAS, TOMAS, Company, opened, said

from sandbox.model import Json

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + (640).to_bytes(4, "big") + (480).to_bytes(4, "big")


async def test_a_chat_goes_both_ways(database_url: str) -> None:
    async with opened(database_url, managers=(IRINA,)) as company:
        company.world.user_starts(company.shop, ANTON, "spring_ads")
        company.writes(ANTON, "Сколько стоит?")
        shown = await company.sees(IRINA, "Сколько стоит?")
        company.says(IRINA, "От 2 900 €", at=shown)
        await company.reads(ANTON, "От 2 900 €")
        company.writes(ANTON, "Спасибо!")
        again = await company.sees(IRINA, "Спасибо!")
        assert again["message_thread_id"] == shown["message_thread_id"]
        await company.settled()
        assert len(company.cards(IRINA)) == 1


async def test_every_kind_of_message_arrives_as_itself(database_url: str) -> None:
    sent: tuple[tuple[str, dict[str, Any]], ...] = (
        ("photo", {"photo": PNG, "caption": "My kitchen"}),
        ("document", {"document": ("plan.pdf", "application/pdf", b"%PDF a plan")}),
        ("voice", {"voice": b"OggS a voice"}),
        ("video", {"video": b"a video"}),
        ("sticker", {"sticker": "🛋"}),
        ("location", {"location": (54.687, 25.28)}),
    )
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(JONAS, "Look")
        card = await company.sees(TOMAS, "Look")
        for kind, content in sent:
            given = company.writes(JONAS, **content)
            shown = await company.sees_kind(TOMAS, kind)
            assert shown["message_thread_id"] == card["message_thread_id"]
            assert shown.get("caption") == content.get("caption")
            if kind == "location":
                assert shown["location"] == given["location"]
            else:
                assert data_of(company, shown, kind) == data_of(company, given, kind, at_shop=True)
        await company.settled()
        assert [kind for one in company.at_desk(TOMAS) for kind, _ in sent if kind in one] == [
            kind for kind, _ in sent
        ]


def data_of(company: Company, message: Json, kind: str, *, at_shop: bool = False) -> bytes:
    """What is in the file that a message carries."""
    file = message[kind][-1] if isinstance(message[kind], list) else message[kind]
    bot = company.shop if at_shop else company.desk
    stored = company.world.files.get(bot.id, file["file_id"])
    assert stored
    return stored.data


async def test_only_their_own_number_counts(database_url: str) -> None:
    """A contact of somebody else is shown as one, but is not the customer's phone."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(
            ANTON, contact={"phone_number": "+37061234567", "first_name": "Антон", "user_id": ANTON}
        )
        own = await company.sees(TOMAS, "📞 +370 612 34567")
        assert "their own number" in said(own)
        company.writes(JONAS, "Ask my wife")
        card = await company.sees(TOMAS, "Ask my wife")
        company.writes(JONAS, contact={"phone_number": "+37069999999", "first_name": "Ona"})
        shown = await company.sees_one(TOMAS, lambda one: one.get("contact", {}).get("first_name") == "Ona")
        assert shown["contact"]["phone_number"] == "+37069999999"
        await company.settled()
        assert "📞" not in said(company.now(TOMAS, card))


async def test_an_edit_is_shown_before_and_after(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        message = company.writes(ANTON, "Three metres wide")
        shown = await company.sees(TOMAS, "Three metres wide")
        company.world.user_edits(company.shop, ANTON, message["message_id"], text="Four metres wide")
        edit = await company.sees(TOMAS, "Four metres wide")
        assert "Three metres wide" in said(edit)
        assert edit["reply_to_message"]["message_id"] == shown["message_id"]
        assert edit["message_thread_id"] == card["message_thread_id"]
        assert said(company.now(TOMAS, shown)) == "Three metres wide"


async def test_the_manager_sees_what_the_customer_answered(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        written = company.says(TOMAS, "Oak or ash?", at=card)
        await company.reads(ANTON, "Oak or ash?")
        await company.marked(TOMAS, written, "👌")
        [question] = company.got(ANTON)
        company.writes(ANTON, "The first", reply_to=question["message_id"])
        shown = await company.sees(TOMAS, "The first")
        assert shown["reply_to_message"]["message_id"] == written["message_id"]


async def test_blocking_and_coming_back_is_shown(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        company.world.user_blocks(company.shop, ANTON)
        await company.sees(TOMAS, "has blocked us")
        refused = company.says(TOMAS, "Are you there?", at=card)
        no = await company.sees(TOMAS, "Not delivered to Антон\nThe customer has blocked us")
        assert no["message_thread_id"] == card["message_thread_id"]
        company.world.user_unblocks(company.shop, ANTON)
        await company.sees(TOMAS, "can be written to again")
        company.says(TOMAS, "Welcome back", at=card)
        await company.reads(ANTON, "Welcome back")
        assert company.read_by(ANTON) == ["Welcome back"]
        assert company.mark(TOMAS, refused) == "💔"


@pytest.mark.parametrize("webhooks", [False, True], ids=["polling", "webhooks"])
async def test_an_album_keeps_its_order(database_url: str, webhooks: bool) -> None:
    async with opened(database_url, managers=(TOMAS,), webhooks=webhooks) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        views = [f"View {number}" for number in range(4)]
        for view in views:
            company.writes(ANTON, photo=PNG + view.encode(), media_group_id="1", caption=view)
        await company.sees(TOMAS, views[-1])
        photos = [one for one in company.at_desk(TOMAS) if "photo" in one]
        assert [said(one) for one in photos] == views
        assert {one["message_thread_id"] for one in photos} == {card["message_thread_id"]}

"""Telegram misbehaves, topics are off or deleted, a manager shuts the bot out: nothing is lost or late."""

from __future__ import annotations

import pytest
from journeys.company import ANTON, OWNER, TOMAS, Company, opened, said
from journeys.test_a_customer_writes import PNG

from sandbox.faults import Fault

COUNT = 4


def shown(company: Company, words: str) -> list[str]:
    """What stands at the desk of it, oldest first, a repetition left out."""
    return list(dict.fromkeys(text for text in company.texts_at_desk(TOMAS) if words in text))


async def test_without_topics_the_card_is_replied_to(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,), topics=False) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        assert "message_thread_id" not in card
        company.says(TOMAS, "Good morning", at=card)
        await company.reads(ANTON, "Good morning")
        company.writes(ANTON, photo=PNG, caption="My kitchen")
        photo = await company.sees(TOMAS, "My kitchen")
        assert "Антон · #1" in said(photo)
        assert photo["reply_to_message"]["message_id"] == card["message_id"]
        written = company.says(TOMAS, "A fine one", at=photo)
        await company.reads(ANTON, "A fine one")
        await company.marked(TOMAS, written, "👌")
        company.says(TOMAS, "// measure it", at=photo)
        company.says(TOMAS, "To nobody")
        await company.sees(TOMAS, "I cannot tell which customer this is for")
        company.says(TOMAS, "/remind 2h call back", at=card)
        await company.sees(TOMAS, "I will remind you")
        company.later(hours=2)
        notice = await company.sees(TOMAS, "Reminder: #1")
        company.says(TOMAS, "Shall we?", at=notice)
        await company.reads(ANTON, "Shall we?")
        assert company.read_by(ANTON) == ["Good morning", "A fine one", "Shall we?"]


@pytest.mark.parametrize("silent", [False, True], ids=["refused", "into the main chat"])
async def test_a_deleted_topic_is_made_again(database_url: str, silent: bool) -> None:
    """With its card and what was said; also where Telegram delivers into the main chat without a word."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        company.says(TOMAS, "Oak or ash?", at=card)
        await company.reads(ANTON, "Oak or ash?")
        await company.settled()
        if silent:
            company.world.faults.add(Fault("lost_topic", times=1, bot="desk_bot"))
        company.world.user_deletes_topic(company.desk, TOMAS, card["message_thread_id"])
        company.writes(ANTON, "Oak")
        news = await company.sees_one(TOMAS, lambda one: said(one) == "Oak" and "message_thread_id" in one)
        [topic] = company.topics(TOMAS)
        assert news["message_thread_id"] == topic.thread_id != card["message_thread_id"]
        await company.settled()
        there = [
            said(one) for one in company.at_desk(TOMAS) if one.get("message_thread_id") == topic.thread_id
        ]
        there = [text for text in there if text]
        assert "Hello" in there[0]
        assert "Oak or ash?" in there[1]
        assert there[2:] == ["Oak"]
        company.says(TOMAS, "A good choice", at=news)
        await company.reads(ANTON, "A good choice")


async def test_a_manager_shuts_the_bot_out(database_url: str) -> None:
    """The owner hears of it once; what came meanwhile waits, and goes out when they are back."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        company.world.user_blocks(company.desk, TOMAS)
        await company.sees(OWNER, "Tomas cannot be reached")
        for number in range(COUNT):
            company.writes(ANTON, f"Meanwhile {number}")
        await company.settled()
        assert await company.parked() == COUNT
        company.world.user_unblocks(company.desk, TOMAS)
        last = await company.sees(TOMAS, f"Meanwhile {COUNT - 1}")
        await company.settled()
        assert shown(company, "Meanwhile") == [f"Meanwhile {number}" for number in range(COUNT)]
        assert last["message_thread_id"] == card["message_thread_id"]
        assert await company.parked() == 0
        assert sum("cannot be reached" in text for text in company.texts_at_desk(OWNER)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("server_error", times=6),
        Fault("server_error", times=4, code=502),
        Fault("too_many", times=3, retry_after=1),
        Fault("slow", times=4, seconds=0.5),
        Fault("drop_after_effect", times=1, method="sendMessage", bot="desk_bot"),
        Fault("drop_after_effect", times=1, method="sendMessage", bot="shop_bot"),
    ],
    ids=["500", "502", "429", "slow", "lost answer at the desk", "lost answer at the customer"],
)
async def test_telegram_misbehaves_for_a_while(database_url: str, fault: Fault) -> None:
    """A message may be repeated once where the answer to it was lost; none is missing or out of its order."""
    rule = Fault(**{name: getattr(fault, name) for name in Fault.__slots__})
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        await company.settled()
        company.world.faults.add(rule)
        for number in range(COUNT):
            company.writes(ANTON, f"Question {number}")
            company.says(TOMAS, f"Answer {number}", at=card)
        await company.sees(TOMAS, f"Question {COUNT - 1}")
        await company.reads(ANTON, f"Answer {COUNT - 1}")
        await company.settled()
        assert rule not in company.world.faults.rules
        assert shown(company, "Question") == [f"Question {number}" for number in range(COUNT)]
        assert list(dict.fromkeys(company.read_by(ANTON))) == [f"Answer {number}" for number in range(COUNT)]
        assert len(company.topics(TOMAS)) == 1
        assert await company.parked() == 0


async def test_telegram_is_away_when_the_lead_comes(database_url: str) -> None:
    """The lead is taken meanwhile; its topic is made once, and the card shown, when Telegram is back."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        away = [
            company.world.faults.add(Fault("server_error", bot="desk_bot", method=method))
            for method in ("sendMessage", "createForumTopic")
        ]
        assert (await company.post_form(name="Ada", message="I am Ada"))[0] == 200
        await company.until(lambda: sum(one.status == 500 for one in company.world.log) >= 2)
        for fault in away:
            company.world.faults.rules.remove(fault)
        await company.sees(TOMAS, "I am Ada")
        await company.settled()
        assert len(company.topics(TOMAS)) == 1
        assert len(company.cards(TOMAS)) == 1


@pytest.mark.parametrize("trouble", ["", "webhook_duplicate", "webhook_reorder"])
async def test_both_bots_by_webhook(database_url: str, trouble: str) -> None:
    async with opened(database_url, managers=(TOMAS,), webhooks=True) as company:
        assert company.desk.webhook
        await company.until(lambda: company.shop.webhook)
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        if trouble:
            setattr(company.world.faults, trouble, True)
        for number in range(COUNT):
            company.writes(ANTON, f"Question {number}")
            company.says(TOMAS, f"Answer {number}", at=card)
        await company.until(lambda: len(of(company, "Question")) == len(company.read_by(ANTON)) == COUNT)
        await company.settled()
        assert sorted(of(company, "Question")) == [f"Question {number}" for number in range(COUNT)]
        assert sorted(company.read_by(ANTON)) == [f"Answer {number}" for number in range(COUNT)]
        if not trouble:
            assert company.read_by(ANTON) == sorted(company.read_by(ANTON))
        assert len(company.cards(TOMAS)) == 1


def of(company: Company, words: str) -> list[str]:
    return [text for text in company.texts_at_desk(TOMAS) if text.startswith(words)]

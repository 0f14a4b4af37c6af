"""Customers' text is data: whatever they write stands at the desk as they wrote it, however long."""

from __future__ import annotations

import pytest
from journeys.company import ANTON, TOMAS, Company, opened, said
from journeys.test_a_customer_writes import PNG

from sandbox.model import Json
from sandbox.text import utf16_length

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
ODD = (
    "<b>not bold</b> &amp; <script>alert(1)</script>",
    "*not* _bold_ [link](https://example.com) `code` ||spoiler|| \\. {curly}",
    f"{FAMILY} 🏳\u200d🌈 é é",
    "\u200fשלום עולם\u200f mixed مرحبا",
    "'; DROP TABLE lead; -- %s {0} $name",
)
LONG = " ".join(f"{number} {FAMILY} слово" for number in range(4000))


def bare(text: str) -> str:
    """Without white space: where a text is cut, Telegram keeps none."""
    return "".join(text.split())


def pieces(company: Company, topic: int) -> list[Json]:
    """What the bot wrote into a topic, oldest first."""
    mine = (one for one in company.at_desk(TOMAS) if one["from"]["is_bot"] and said(one))
    return [one for one in mine if one.get("message_thread_id") == topic]


def quoted(card: Json) -> str:
    """The customer's words on a card."""
    [mark] = [one for one in card["entities"] if one["type"] in {"blockquote", "expandable_blockquote"}]
    units = said(card).encode("utf-16-le")
    return units[2 * mark["offset"] : 2 * (mark["offset"] + mark["length"])].decode("utf-16-le")


async def test_it_arrives_as_it_was_written(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        await company.post_form(
            name="<i>Dana</i>", email="dana@example.com", message="\n".join(ODD), Цвет=ODD[0]
        )
        card = await company.sees(TOMAS, "not bold")
        assert quoted(card) == "\n".join(ODD)
        assert "<i>Dana</i>" in said(card)
        assert f"Цвет: {ODD[0]}" in said(card)
        company.writes(ANTON, "Hello")
        hello = await company.sees(TOMAS, "Hello")
        for text in ODD:
            company.writes(ANTON, text)
            await company.until(lambda text=text: text in company.texts_at_desk(TOMAS))  # type: ignore[misc]
            company.says(TOMAS, text, at=hello)
            await company.reads(ANTON, text)
        assert company.read_by(ANTON) == list(ODD)


async def test_what_no_database_keeps_does_not_stop_a_form(database_url: str) -> None:
    """NUL and half an emoji: the rest of the words is all there."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        body = '{"name": "Nu\\u0000ll", "phone": "+37061234567", "message": "before\\u0000after \\ud83d end"}'
        headers = {"Content-Type": "application/json"}
        async with company.http.post(company.form_url, data=body, headers=headers) as answer:
            assert answer.status == 200
        card = said(await company.sees(TOMAS, "+370 612 34567"))
        for words in ("before", "after", "end"):
            assert words in card
        await company.settled()
        assert await company.parked() == 0


async def test_a_hundred_kilobytes_by_form(database_url: str) -> None:
    """Cut into messages, none of them too long or with half a character, that together are the text."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        assert len(LONG.encode()) > 100_000
        status, _ = await company.post_form(name="Dana", phone="+37061234567", message=LONG)
        assert status == 200
        card = await company.sees(TOMAS, "continued below")
        await company.settled()
        first, *rest = pieces(company, card["message_thread_id"])
        assert all(utf16_length(said(one)) <= 4096 for one in (first, *rest))
        assert bare(quoted(first) + "".join(map(said, rest))) == bare(LONG)
        joined = [*quoted(first).split(), *(word for one in rest for word in said(one).split())]
        assert joined == LONG.split()
        await company.post_form(name="Dana", phone="+37061234567", message=f"again {LONG}")
        await company.settled()
        second = pieces(company, card["message_thread_id"])[1 + len(rest) :]
        assert all(utf16_length(said(one)) <= 4096 for one in second)
        assert bare("".join(map(said, second))).endswith(bare(LONG))


@pytest.mark.parametrize("topics", [True, False], ids=["topics", "replies"])
async def test_the_longest_message_and_caption(database_url: str, topics: bool) -> None:
    """What just fits into one message of the customer needs two where a heading goes with it."""
    text = "слово 🛋 " * 455 + "."
    caption = FAMILY * 93 + "."
    assert (utf16_length(text), utf16_length(caption)) == (4096, 1024)
    async with opened(database_url, managers=(TOMAS,), topics=topics) as company:
        company.writes(ANTON, "Hello")
        card = await company.sees(TOMAS, "Hello")
        company.writes(ANTON, text)
        company.writes(ANTON, photo=PNG, caption=caption)
        await company.sees_kind(TOMAS, "photo")
        await company.settled()
        shown = [one for one in company.at_desk(TOMAS) if one["message_id"] > card["message_id"]]
        words = bare("".join(said(one) for one in shown if one["from"]["is_bot"])).replace("Антон·#1", "")
        assert words == bare(text) + caption
        answer = company.says(TOMAS, text, at=card)
        await company.marked(TOMAS, answer, "👌")
        company.says(TOMAS, at=card, photo=PNG, caption=caption)
        await company.until(lambda: len(company.got(ANTON)) == 2)
        assert company.read_by(ANTON) == [text, caption]


@pytest.mark.parametrize(("size", "told"), [(21, "21"), (51, "too big for Telegram")])
async def test_a_file_too_big_becomes_a_sentence(database_url: str, size: int, told: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        company.writes(ANTON, "Hello")
        await company.sees(TOMAS, "Hello")
        company.writes(
            ANTON, document=("film.mov", "video/quicktime", bytes(size << 20)), caption="Our house"
        )
        shown = said(await company.sees(TOMAS, "film.mov"))
        assert told in shown
        assert f"{size}" in shown
        assert "MB" in shown
        assert "Our house" in shown
        company.writes(ANTON, "Did you get it?")
        await company.sees(TOMAS, "Did you get it?")

"""What a channel promises beyond texts and photos, held against its vendor's stand-in, promise by promise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from journeys.company import TOMAS, said
from journeys.vendors import KEY, Trade, trading

from channels.kit.discover import channels
from leads.events import Template
from sandbox.vendors.serving import names

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(params=names())
async def trade(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trade]:
    async with trading(tmp_path, request.param) as trade:
        yield trade


def only_if(promised: object) -> None:
    if not promised:
        pytest.skip("not promised")


async def test_a_second_thought_reaches_the_customer(trade: Trade) -> None:
    only_if(trade.can.edits)
    card = await trade.asks("Hello")
    written = await trade.answers("It is 600 €", card)
    trade.company.world.user_edits(
        trade.company.desk, TOMAS, written["message_id"], text="It is 580 €, for you"
    )
    note = await trade.gets("It is 580 €, for you")
    await trade.settled()
    assert (note.former, len(trade.got())) == (["It is 600 €"], 1)


async def test_what_was_sent_can_be_taken_back(trade: Trade) -> None:
    only_if(trade.can.deletes)
    card = await trade.asks("Hello")
    written = await trade.answers("That was for somebody else", card)
    trade.company.says(TOMAS, "/unsend", at=card, reply_to=written["message_id"])
    await trade.company.until(lambda: not trade.got())
    await trade.settled()
    assert await trade.company.parked() == 0


async def test_a_managers_reaction_is_seen_by_the_customer(trade: Trade) -> None:
    only_if(trade.can.reactions)
    company = trade.company
    await trade.asks("Hello")
    asked = await trade.asks("I shall take it")
    note = trade.chat.of("customer")[-1]
    company.world.user_reacts(company.desk, TOMAS, asked["message_id"], "❤")
    await company.until(lambda: note.reactions.get("company"))
    company.world.user_reacts(company.desk, TOMAS, asked["message_id"], None)
    await company.until(lambda: not note.reactions.get("company"))


async def test_an_answer_marks_the_question_as_read(trade: Trade) -> None:
    only_if(trade.can.read_marks)
    card = await trade.asks("Hello")
    assert trade.chat.read_at is None
    await trade.answers("One moment", card)
    await trade.company.until(lambda: trade.chat.read_at)


async def test_a_choice_is_offered_and_taken(trade: Trade) -> None:
    only_if(trade.can.buttons)
    company = trade.company
    card = await trade.asks("Hello")
    asked = company.says(TOMAS, "/ask Which wood? | Oak | Ash", at=card)
    await trade.goes(asked)
    [note] = [note for note in trade.got() if note.buttons]
    assert "Which wood?" in note.text
    assert [choice.text for choice in note.buttons] == ["Oak", "Ash"]
    before = len(company.texts_at_desk(TOMAS))
    trade.vendor.presses(trade.ona, note, "Ash")
    await company.until(lambda: any("Ash" in text for text in company.texts_at_desk(TOMAS)[before:]))
    await trade.settled()
    assert (len(await company.open_leads()), await company.parked()) == (1, 0)


async def test_a_person_may_answer_late(trade: Trade) -> None:
    only_if(trade.can.late)
    card = await trade.asks("Hello")
    trade.company.later(hours=30)
    await trade.answers("Sorry for the delay", card)
    assert trade.times("Sorry for the delay") == 1


async def test_a_template_opens_a_closed_door(trade: Trade) -> None:
    """Whether we knew that it is closed, or learn it by the refusal."""
    only_if(trade.can.templates)
    company = trade.company
    card = await trade.asks("Hello")
    company.later(hours=30)
    await company.marked(TOMAS, company.says(TOMAS, "Sorry for the delay", at=card), "💔")
    failure = await company.sees(TOMAS, "Not delivered to")
    one = await first_template(trade)
    company.press(TOMAS, failure, "Templates")
    await company.until(lambda: one.name in str(company.now(TOMAS, failure)["reply_markup"]))
    company.press(TOMAS, failure, one.name)
    if blanks := one.body.count("{{"):
        asked = await company.sees(TOMAS, "values" if blanks > 1 else "value")
        company.says(TOMAS, "\n".join(["oak"] * blanks), at=card, reply_to=asked["message_id"])
    filled = one.body
    for number in range(blanks):
        filled = filled.replace(f"{{{{{number + 1}}}}}", "oak")
    preview = await company.sees_one(TOMAS, lambda each: filled in said(each) and "reply_markup" in each)
    company.press(TOMAS, preview, "Send")
    await trade.gets(filled)


async def first_template(trade: Trade) -> Template:
    """As the vendor lists them."""
    runtime, name = trade.company.runtime, trade.vendor.stage.name
    source = await runtime.sources.find(name, KEY)
    assert source
    return (await channels()[name].templates(runtime.http, source))[0]


async def test_what_a_customer_takes_back_is_marked(trade: Trade) -> None:
    only_if(trade.vendor.has("deleted"))
    company = trade.company
    await trade.asks("Hello")
    note = trade.vendor.writes(trade.ona, "You are too dear")
    await company.sees(TOMAS, "You are too dear")
    trade.vendor.deletes(trade.ona, note)
    await company.sees(TOMAS, "deleted this message")
    await trade.settled()
    assert await company.parked() == 0


async def test_a_customers_reaction_is_told(trade: Trade) -> None:
    """Which one it is, where the vendor says so in a way that is documented."""
    only_if(trade.vendor.has("reacted"))
    company = trade.company
    card = await trade.asks("Hello")
    await trade.answers("It is ready", card)
    trade.vendor.reacts(trade.ona, await trade.gets("It is ready"), "👍")
    await company.sees(TOMAS, "reacted")

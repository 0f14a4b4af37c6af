"""Finding leads, in any case and any script."""

from __future__ import annotations

from dataclasses import replace

import pytest
from storage_scene import MINUTE, NOW, a_lead, door, manager, put

from leads.model import ContactPoint, Direction, LeadState, Message, PointKind
from storage import finding, lists
from storage.finding import Asked
from storage.store import Store


@pytest.fixture
async def leads(store: Store) -> list[int]:
    """Three leads, the third of them closed."""
    source = await door(store)
    first = await put(
        store,
        *a_lead(source, "Сколько стоит ДВЕРЬ? 100% дуб \0", "Ольга Петрова"),
        ContactPoint(-6, -1, PointKind.PHONE, "+79991234567"),
        ContactPoint(-7, -1, PointKind.EMAIL, "olga@example.org"),
    )
    second = await put(
        store,
        *a_lead(source, "I want a Straße", "", external_id="u2"),
        ContactPoint(-6, -1, PointKind.PHONE, "+37061234567"),
        Message(-7, -4, Direction.IN, NOW, text="later", fields={"Company": "ACME_Ltd"}),
    )
    third = await put(store, *a_lead(source, "Дверь", "Ян", external_id="u3", state=LeadState.WON))
    return [first[-4], second[-4], third[-4]]


WORDS = [
    ("ольга", [0]),
    ("ОЛЬГА петр", [0]),
    ("ольга ян", []),
    ("дверь", [2, 0]),
    ("100%", [0]),
    ("0%_", []),
    ("strasse", [1]),
    ("acme_", [1]),
    ("acme-", [1]),
    ("OLGA@example.org ДВЕРЬ", [0]),
    ("example.org", [0]),
    ("цена", []),
    ("ПЕТРО́ВА", [0]),
    ("7999", [0]),
    ("999 123", [0]),
    ("4567 дверь", [0]),
    ("+7 (999) 123-45-67", [0]),
    ("8 999 123 45 67", [0]),
    ("061234567", [1]),
    ("1234567", [1, 0]),
    ("OLGA@example", [0]),
    ("OLGA_S", [2, 1, 0]),
    ("'; DROP TABLE lead; --", []),
    ("", []),
    ("   ", []),
    ("\0", []),
]


@pytest.mark.parametrize(("words", "found"), WORDS)
async def test_find(store: Store, leads: list[int], words: str, found: list[int]) -> None:
    assert [line.lead.id for line in await store.find_leads(words, 9)] == [leads[n] for n in found]


async def test_find_by_number(store: Store, leads: list[int]) -> None:
    for form in ("{}", "#{}", "№{}"):
        found = await store.find_leads(form.format(leads[1]), 9)
        assert leads[1] in [line.lead.id for line in found]
    assert await store.find_leads("9" * 40, 9) == ()
    assert len(await store.find_leads("дверь", 1)) == 1


PAGE = lists._OPEN.replace("$1", "1").replace("$2", "0")
QUICK = [
    ("lead_listed", PAGE.replace("{whose}", "")),
    ("lead_listed_of", PAGE.replace("{whose}", " AND manager_id = 1")),
    ("desk_thread_lead", "SELECT id FROM desk_thread WHERE lead_id = 1"),
    ("desk_thread_card", "SELECT id FROM desk_thread WHERE chat_id = 1 AND card_id = 1"),
]


@pytest.mark.parametrize(("index", "sql"), QUICK)
async def test_what_is_listed_stands_in_that_order_already(store: Store, index: str, sql: str) -> None:
    plan = await plan_of(store, sql)
    assert index.upper() in plan.split()
    assert "SORT" not in plan
    assert "TEMP B-TREE" not in plan


async def test_words_are_looked_up_and_leads_asked_by_their_key(store: Store) -> None:
    args: list[object] = [9]
    rare, common = (
        finding._term(Asked((word,)), count, args) for word, count in (("zx", 1), ("door", finding.MANY))
    )
    looked_up = await plan_of(store, finding._by_word(rare, [common]), *args)
    gone_through = await plan_of(store, finding._by_age([rare, common]), *args)
    assert "LEAD_WORD_WORD" in looked_up.split()
    for plan in (looked_up, gone_through):
        assert "LEAD_WORD_PKEY" in plan or "SEARCH W USING PRIMARY KEY (LEAD_ID=?" in plan
    assert "SORT" not in gone_through
    assert "TEMP B-TREE" not in gone_through


async def plan_of(store: Store, sql: str, *args: object) -> str:
    """How the database would go about it if reading whole tables and sorting were dear."""
    async with store._db.transaction() as tx:
        if store._db.sqlite:
            found = await store._db.rows(f"EXPLAIN QUERY PLAN {sql}", *args, tx=tx)
            return " ".join(row["detail"] for row in found).upper()
        for means in ("seqscan", "sort", "bitmapscan"):
            await store._db.rows(f"SET LOCAL enable_{means} = off", tx=tx)
        found = await store._db.rows(f"EXPLAIN {sql}", *args, tx=tx)
        return " ".join(row["QUERY PLAN"] for row in found).upper()


async def test_open_leads_come_longest_unanswered_first(store: Store, leads: list[int]) -> None:
    ann = (await put(store, manager(1, "Ann")))[-1]
    for lead_id, since in ((leads[0], NOW + MINUTE), (leads[1], NOW)):
        seen = await store.lead_snapshot(lead_id)
        assert seen is not None
        await put(store, replace(seen.lead, unanswered_since=since, manager_id=ann))
    source = await store.source("shop")
    assert source is not None
    answered = (await put(store, *a_lead(source, external_id="u4")))[-4]
    everybodys = await store.open_leads(None, 9)
    assert [line.lead.id for line in everybodys] == [leads[1], leads[0], answered]
    assert [line.lead.id for line in await store.open_leads(ann, 9)] == [leads[1], leads[0]]
    assert [line.lead.id for line in await store.open_leads(ann, 1, 1)] == [leads[0]]
    assert await store.open_leads(ann + 1, 9) == ()
    first, second, third = everybodys
    assert (first.name, first.preview, first.manager_name) == ("+37061234567", "later", "Ann")
    assert (second.name, third.manager_name) == ("Ольга Петрова", "")


async def test_a_preview_is_the_customers_last_word(store: Store) -> None:
    source = await door(store)
    ids = await put(store, *a_lead(source, "first"))
    for number, (direction, text) in enumerate([(Direction.IN, "second"), (Direction.OUT, "answer")], 2):
        await put(store, Message(-1, ids[-4], direction, NOW + number * MINUTE, text=text))
    (line,) = await store.open_leads(None, 9)
    assert line.preview == "second"


async def test_a_preview_is_short(store: Store) -> None:
    source = await door(store)
    await put(store, *a_lead(source, "я" * 5000))
    (line,) = await store.open_leads(None, 9)
    assert line.preview == "я" * 200

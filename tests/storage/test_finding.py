"""What leads are found by: which words there are, when they are written, and how many are looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from storage_scene import MINUTE, NOW, a_lead, door, put

from leads.model import Contact, ContactPoint, Direction, Identity, Lead, LeadState, Message, PointKind
from storage import finding, words
from storage.finding import Asked
from storage.store import Store

TEXTS = [
    ("Call me, PLEASE!", "call me please"),
    ("olga.p@example.org", "olga.p@example.org p@example.org example.org org"),
    ("ACME_Ltd 3.50", "acme_ltd ltd 3.50 50"),
    ("Ёлка и КАФЕ́ café", "елка и кафе cafe"),
    ("İstanbul ﬁne", "istanbul fine"),
    ("O'Brien O’Brien", "o brien"),
    ("漢字abc", "漢 字 abc"),
    ("'; -- \0 _ 🙂", ""),
    ("x" * 70, "x" * 64),
]
PHONES = [
    ("+79991234567", {"79991234567", "9991234567", "~76543219997"}),
    ("+37061234567", {"37061234567", "61234567", "~76543216073"}),
    ("+442071234567", {"442071234567", "2071234567", "~765432170244"}),
]
ASKED = [
    ("#12", [Asked(("12",), 12)]),
    ("№12", [Asked(("12", "no12"), 12)]),
    ("Дверь, 5", [Asked(("дверь",)), Asked(("5",), 5)]),
    ("8 (999) 123-45", [Asked(("899912345", "~543219998"))]),
    ("8 999 123 45 67", [Asked(("89991234567", "9991234567", "~7654321999"))]),
    ("0000", [Asked(("0000",))]),
    ("olga@exam", [Asked(("olga@exam",))]),
    ("漢字", [Asked(("漢",)), Asked(("字",))]),
    ("a b c d e f g h i j", [Asked((letter,)) for letter in "abcdefgh"]),
    ("y" * 70, [Asked(("y" * 64,))]),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_words_of_a_text(text: str, expected: str) -> None:
    assert set(words.words(text)) == set(expected.split())


@pytest.mark.parametrize(("value", "expected"), PHONES)
def test_words_of_a_phone(value: str, expected: set[str]) -> None:
    assert words.of_name("phone", value) == expected


@pytest.mark.parametrize(("text", "expected"), ASKED)
def test_what_is_asked_for(text: str, expected: list[Asked]) -> None:
    assert finding.asked(text) == expected


@given(st.text(max_size=40))
def test_whoever_types_the_text_asks_for_words_of_it(text: str) -> None:
    held = set(words.words(text))
    for one in finding.asked(text):
        begun = any(word.startswith(start) for word in held for start in one.starts)
        assert begun or any(start.isdecimal() for start in one.starts)  # digits are put together to a phone
    assert all(0 < len(word) <= words.LONGEST and "\0" not in word for word in held)


async def found(store: Store, text: str) -> list[int]:
    return [line.lead.id for line in await store.find_leads(text, 9)]


async def stored(store: Store) -> list[tuple[int, str]]:
    rows = await store._db.rows("SELECT lead_id, word FROM lead_word")
    return sorted((row["lead_id"], row["word"]) for row in rows)


async def test_who_comes_back_is_found_with_both_leads(store: Store) -> None:
    source = await door(store)
    phone = ContactPoint(-6, -1, PointKind.PHONE, "+79991234567")
    ids = await put(store, *a_lead(source, "window", "Olga", state=LeadState.WON), phone)
    lead = Lead(-1, ids[-1], source.id, source.channel, LeadState.WAITING, NOW)
    again = await put(store, lead, Message(-2, -1, Direction.IN, NOW, text="door"))
    assert [await found(store, text) for text in ("olga", "1234567", "olga_s")] == [[again[-1], ids[-4]]] * 3
    assert await found(store, "olga door") == [again[-1]]
    assert await found(store, "olga window") == [ids[-4]]


async def test_what_becomes_known_later_finds_too(store: Store) -> None:
    source = await door(store)
    ids = await put(store, *a_lead(source, "first", "Olga"))
    seen = await store.lead_snapshot(ids[-4])
    assert seen is not None
    assert seen.first_message is not None
    await put(
        store,
        replace(seen.contact, name="Helga"),
        Identity(-1, ids[-1], "vk", source.id, "v9", NOW, name="Brünhild"),
        ContactPoint(-2, ids[-1], PointKind.EMAIL, "h@example.org"),
        Message(-3, ids[-4], Direction.OUT, NOW, text="second"),
        replace(seen.first_message, text="third", former=("first",), edited_at=NOW + MINUTE),
    )
    for text in ("olga", "helga", "brunhild", "h@example.org", "first", "second", "third"):
        assert await found(store, text) == [ids[-4]], text
    assert await found(store, "fourth") == []


async def test_a_very_long_text_is_found_by_its_beginning(store: Store) -> None:
    text = " ".join(f"w{number}" for number in range(2000))
    ids = await put(store, *a_lead(await door(store), text))
    assert await found(store, "w499") == [ids[-4]]
    assert await found(store, "w1999") == []


@pytest.fixture
async def many(store: Store) -> Store:
    source = await door(store)
    for number in range(6):
        words_of = f"door {'red' if number % 2 else 'blue'} n{number // 2}"
        await put(store, *a_lead(source, words_of, f"Olga {number}", external_id=f"u{number}"))
    return store


@pytest.mark.parametrize("few", [0, 3, 5])
@pytest.mark.parametrize(
    "text", ["door", "d", "red n", "n1 red", "blue", "olga door blue", "none", "2", "6 door"]
)
async def test_both_ways_to_look_find_the_same(
    many: Store, text: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await found(many, text)
    monkeypatch.setattr(finding, "MANY", few)
    monkeypatch.setattr(finding, "MANY_ALONE", few)
    assert await found(many, text) == one
    assert one == sorted(one, reverse=True)


async def test_what_very_many_hold_is_looked_for_among_the_newest(
    many: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = await found(many, "door")
    monkeypatch.setattr(finding, "MANY_ALONE", 3)
    monkeypatch.setattr(finding, "MANY", 5)
    monkeypatch.setattr(finding, "NEWEST", 2)
    assert await found(many, "door") == everything[:2]
    assert await found(many, "n0") == everything[-2:]
    assert await found(many, "door olga") == everything[:2]
    assert await found(many, "door n0") == everything[-2:]  # one rare word, and all are looked at


async def test_what_was_wiped_finds_nobody_any_more_and_all_else_does(store: Store) -> None:
    source = await door(store)
    phone = ContactPoint(-6, -1, PointKind.PHONE, "+79991234567")
    ids = await put(store, *a_lead(source, "oak table", "Olga"), phone)
    further = Message(-1, ids[-4], Direction.IN, NOW, text="oak chair", former=("ash stool",))
    (number,) = (await put(store, further)).values()
    before = set(await stored(store))
    seen = await store.message(number)
    assert seen
    await put(store, replace(seen, text="", former=(), deleted_at=NOW))
    assert before - set(await stored(store)) == {(ids[-4], word) for word in ("chair", "ash", "stool")}
    assert [await found(store, text) for text in ("chair", "oak table olga", "1234567")] == [
        [],
        [ids[-4]],
        [ids[-4]],
    ]


async def test_words_given_later_are_those_that_would_have_been_written(store: Store) -> None:
    source = await door(store)
    phone = ContactPoint(-6, -1, PointKind.PHONE, "+79991234567")
    ids = await put(store, *a_lead(source, "How much?"), phone)
    await put(store, Contact(-1, "Jan", NOW, NOW), Message(-2, ids[-4], Direction.OUT, NOW, text="Ten"))
    written = await stored(store)
    await store._db.rows("DELETE FROM lead_word")
    assert await store.give_words() is False
    await store._db.rows("INSERT INTO meta (name, value) VALUES ('wordless', '9')")
    while await store.give_words():
        pass
    assert await stored(store) == written

"""MAX's HTML and the cards of contacts, for any text."""

from __future__ import annotations

import hashlib
import hmac
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.max.markup import html
from channels.max.vcard import Card, is_vouched, read_card
from leads.events import Span

KINDS = ("bold", "italic", "underline", "strikethrough", "code", "pre", "blockquote", "link", "spoiler")


class Reader(HTMLParser):
    """The words, and how often each of them stands within which tags; a tag must end where it began."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []
        self.marked: list[frozenset[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        self.marked += [frozenset(self.open)] * len(data)


def spans(size: int) -> st.SearchStrategy[Span]:
    made = st.builds(Span, st.sampled_from(KINDS), st.integers(0, size), st.integers(0, size))
    return made.map(lambda one: Span(one.kind, one.offset, one.length, "https://x.y/?a&b"))


@given(st.data(), st.text(st.characters(exclude_categories=["Cs", "Cc"], max_codepoint=0xFFFF), min_size=1))
def test_whatever_is_formatted_reads_the_same_and_nests(data: st.DataObject, text: str) -> None:
    marks = data.draw(st.lists(spans(len(text) + 2), max_size=5))
    said = html(text, marks)
    if not said:
        return
    reader = Reader()
    reader.feed(said)
    reader.close()
    assert (reader.text, reader.open) == (text, [])
    bold = [
        any(one.offset <= at < one.offset + one.length for one in marks if one.kind == "bold")
        for at in range(len(text))
    ]
    assert ["b" in tags for tags in reader.marked] == bold


CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nTEL;TYPE=cell:79211234567\r\nFN:Анна\r\nEND:VCARD\r\n"


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (CARD, Card("79211234567", "Анна")),
        (CARD.replace("\r\n", "\n"), Card("79211234567", "Анна")),
        (CARD.replace("\r\n", "\\r\\n"), Card("79211234567", "Анна")),
        ("tel;value=uri:tel:+7-921-1\nfn:Анна", Card("+7-921-1", "Анна")),
        ("item1.TEL:1\nTEL:2\nFN:Анна\n  Кузнецова\nX-TEL:3", Card("1", "Анна Кузнецова")),
        ("FN:Пётр\\, мастер\\; цех 3", Card("", "Пётр, мастер; цех 3")),
        ("N:Кузнецова;Анна\nTEL\nFN", Card()),
        ("", Card()),
    ],
)
def test_a_card_has_a_phone_and_a_name(card: str, expected: Card) -> None:
    assert read_card(card) == expected


def test_only_the_proof_of_the_whole_card_with_our_token_counts() -> None:
    proof = hmac.new(b"token", CARD.encode(), hashlib.sha256).hexdigest()
    assert is_vouched(CARD, proof, "token")
    assert is_vouched(CARD, proof.upper(), "token")
    assert is_vouched(CARD.replace("\r\n", "\\r\\n"), proof, "token")
    for card, given_, token in (
        (CARD, "", "token"),
        (CARD, proof[:-1], "token"),
        (CARD, proof, "other"),
        (CARD.replace("7921", "7931"), proof, "token"),
        ("", hmac.new(b"token", b"", hashlib.sha256).hexdigest(), "token"),
    ):
        assert not is_vouched(card, given_, token)


@given(st.text(), st.text())
def test_no_card_and_no_proof_breaks_it(card: str, proof: str) -> None:
    read_card(card)
    assert not is_vouched(card, proof, "token")

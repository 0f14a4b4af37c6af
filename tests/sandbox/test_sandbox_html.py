"""parse_mode HTML: what Telegram stores, and what it refuses."""

import html as escaping
from itertools import pairwise

import pytest
from aiogram.utils.text_decorations import html_decoration
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import Refused
from sandbox.html import parse
from sandbox.model import Json

text_without_surrogates = st.text(st.characters(exclude_categories=["Cs"]))
tags = st.sampled_from(["b", "i", "u", "s", "tg-spoiler"])


def marked(kind: str, offset: int, length: int, **more: str) -> Json:
    return {"type": kind, "offset": offset, "length": length} | more


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>a</b><strong>b</strong>", "ab", [marked("bold", 0, 1), marked("bold", 1, 1)]),
        ("😀<i>é</i>", "😀é", [marked("italic", 2, 1)]),
        ("<b>😀<u>x</u></b>", "😀x", [marked("bold", 0, 3), marked("underline", 2, 1)]),
        ("<B>x</b >", "x", [marked("bold", 0, 1)]),
        ("&lt;b&gt; &amp;amp; &#33;&#x21;", "<b> &amp; !!", []),
        ("a > b", "a > b", []),
        (
            '<a href="https://x.example/?a=1&amp;b=2">x</a>',
            "x",
            [marked("text_link", 0, 1, url="https://x.example/?a=1&b=2")],
        ),
        ("<a>x</a>", "x", []),
        ('<span class="tg-spoiler">x</span>', "x", [marked("spoiler", 0, 1)]),
        ("<tg-spoiler>x</tg-spoiler>", "x", [marked("spoiler", 0, 1)]),
        (
            '<tg-emoji emoji-id="123">👍</tg-emoji>',
            "👍",
            [marked("custom_emoji", 0, 2, custom_emoji_id="123")],
        ),
        ("<blockquote>q</blockquote>", "q", [marked("blockquote", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [marked("expandable_blockquote", 0, 1)]),
        ("<pre>x <b>y</b></pre>", "x y", [marked("pre", 0, 3)]),
        ('<pre><code class="language-py">x</code></pre>', "x", [marked("pre", 0, 1, language="py")]),
        ("<code>x</code>", "x", [marked("code", 0, 1)]),
        ("<b></b>x", "x", []),
    ],
)
def test_what_is_stored(source: str, text: str, entities: list[Json]) -> None:
    assert parse(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("é<br>", 'Unsupported start tag "br" at byte offset 2'),
        ("<script>", 'Unsupported start tag "script" at byte offset 0'),
        ("<b", 'Unclosed start tag "b" at byte offset 0'),
        ('<a href="x>y</a>', 'Unclosed start tag "a" at byte offset 0'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<tg-emoji>x</tg-emoji>", 'Tag "tg-emoji" must have a valid "emoji-id" at byte offset 0'),
        ("<blockquote><blockquote>x</blockquote></blockquote>", "Nested blockquote at byte offset 12"),
        ("R & D", "Unescaped & at byte offset 2"),
        ("&nbsp;", "Unescaped & at byte offset 0"),
        ("&#0;", "Invalid character reference at byte offset 0"),
        ("&#xd83d;", "Invalid character reference at byte offset 0"),
    ],
)
def test_what_is_refused(source: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {why}"


@given(text_without_surrogates)
def test_escaped_text_arrives_as_it_was(text: str) -> None:
    assert parse(escaping.escape(text, quote=False)) == (text, [])


@given(st.lists(st.tuples(tags, text_without_surrogates.filter(bool)), min_size=1, max_size=8))
def test_entities_cover_what_their_tags_covered(parts: list[tuple[str, str]]) -> None:
    source = "".join(f"<{tag}>{html_decoration.quote(text)}</{tag}>" for tag, text in parts)
    read, entities = parse(source)
    units = read.encode("utf-16-le", "surrogatepass")
    covered = [units[e["offset"] * 2 : (e["offset"] + e["length"]) * 2].decode("utf-16-le") for e in entities]
    assert covered == [text for _, text in parts]
    assert all(one["offset"] + one["length"] == after["offset"] for one, after in pairwise(entities))


@given(st.text("<>/&;=\"' abiu#x1é😀", max_size=60))
def test_any_tag_soup_is_parsed_or_refused(source: str) -> None:
    try:
        text, entities = parse(source)
    except Refused:
        return
    length = len(text.encode("utf-16-le")) // 2
    assert all(0 <= e["offset"] < e["offset"] + e["length"] <= length for e in entities)

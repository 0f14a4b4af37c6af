"""Telegram's HTML, read strictly: https://core.telegram.org/bots/api#html-style

Stricter than Telegram in one point: a bare `&` is refused. Telegram lets it pass, but reads a customer's
"&lt;" as "<", so a sender that does not escape it is broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import Refused
from sandbox.text import utf16_length

Json = dict[str, Any]

_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)((?:\s+[\w-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*)\s*>")
_ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_NAME = re.compile(r"</?([^\s>/]*)")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_PLAIN = re.compile(r"[^<&]+")

_SIMPLE = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
}
_ALONE = frozenset({"code", "pre"})


@dataclass(slots=True)
class _Open:
    tag: str
    entity: Json
    start: int


@dataclass(slots=True)
class _Parser:
    source: str
    position: int = 0
    length: int = 0
    out: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def fail(self, why: str, detail: str = "") -> Refused:
        offset = len(self.source[: self.position].encode())
        return Refused(f"can't parse entities: {why} at byte offset {offset}{detail}")

    def write(self, text: str) -> None:
        self.out.append(text)
        self.length += utf16_length(text)

    def run(self) -> tuple[str, list[Json]]:
        while self.position < len(self.source):
            if plain := _PLAIN.match(self.source, self.position):
                self.write(plain[0])
                self.position = plain.end()
            elif self.source[self.position] == "&":
                self.reference()
            else:
                self.tag()
        if self.stack:
            tag = self.stack[-1].tag
            raise Refused(f"can't parse entities: Can't find end tag corresponding to start tag \"{tag}\"")
        return "".join(self.out), sorted(self.entities, key=lambda e: (e["offset"], -e["length"]))

    def reference(self) -> None:
        found = _REFERENCE.match(self.source, self.position)
        if not found:
            raise self.fail("Unescaped &")
        named, decimal, hexadecimal = found.groups()
        code = int(decimal) if decimal else int(hexadecimal or "0", 16)
        if not named and (not 0 < code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF):
            raise self.fail("Invalid character reference")
        self.write(_NAMED[named] if named else chr(code))
        self.position = found.end()

    def tag(self) -> None:
        found = _TAG.match(self.source, self.position)
        name = _NAME.match(self.source, self.position)
        word = (found[2] if found else name[1] if name else "").lower()
        if self.source.startswith("</", self.position):
            self.close(word, complete=found is not None)
        else:
            attributes = found[3] if found else None
            self.open(word, attributes)
        self.position = found.end() if found else len(self.source)

    def open(self, tag: str, attributes: str | None) -> None:
        if tag not in _SIMPLE and tag not in _SPECIAL:
            raise self.fail(f'Unsupported start tag "{tag}"')
        if attributes is None:
            raise self.fail(f'Unclosed start tag "{tag}"')
        given = {m[1].lower(): unescaped(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(attributes)}
        entity = {"type": _SIMPLE[tag]} if tag in _SIMPLE else _SPECIAL[tag](self, given)
        language = given.get("class", "")
        if tag == "code" and self.stack and self.stack[-1].tag == "pre" and language.startswith("language-"):
            self.stack[-1].entity["language"] = language.removeprefix("language-")
        self.stack.append(_Open(tag, entity, self.length))

    def close(self, tag: str, *, complete: bool) -> None:
        if not self.stack:
            raise self.fail("Unexpected end tag")
        opened = self.stack.pop()
        if not complete:
            raise self.fail("Unclosed end tag")
        if tag and tag != opened.tag:
            raise self.fail("Unmatched end tag", f', expected "</{opened.tag}>", found "</{tag}>"')
        inside = any(other.tag in _ALONE for other in self.stack)
        length = self.length - opened.start
        if opened.entity and length and not inside:
            self.entities.append(opened.entity | {"offset": opened.start, "length": length})


def _span(parser: _Parser, given: dict[str, str]) -> Json:
    if given.get("class") != "tg-spoiler":
        raise parser.fail('Tag "span" must have class "tg-spoiler"')
    return {"type": "spoiler"}


def _link(_: _Parser, given: dict[str, str]) -> Json:
    return {"type": "text_link", "url": given["href"]} if given.get("href") else {}


def _emoji(parser: _Parser, given: dict[str, str]) -> Json:
    if not given.get("emoji-id", "").isdigit():
        raise parser.fail('Tag "tg-emoji" must have a valid "emoji-id"')
    return {"type": "custom_emoji", "custom_emoji_id": given["emoji-id"]}


def _quotation(parser: _Parser, given: dict[str, str]) -> Json:
    if any(opened.tag == "blockquote" for opened in parser.stack):
        raise parser.fail("Nested blockquote")
    return {"type": "expandable_blockquote" if "expandable" in given else "blockquote"}


_SPECIAL: dict[str, Callable[[_Parser, dict[str, str]], Json]] = {
    "span": _span,
    "a": _link,
    "tg-emoji": _emoji,
    "blockquote": _quotation,
}


def unescaped(text: str) -> str:
    """Character references resolved; anything else stays as it is."""
    return _REFERENCE.sub(
        lambda m: _NAMED[m[1]] if m[1] else chr(min(int(m[2] or m[3], 10 if m[2] else 16), 0x10FFFF)), text
    )


def parse(source: str) -> tuple[str, list[Json]]:
    """Text and entities with UTF-16 offsets; Refused with Telegram's words."""
    return _Parser(source).run()

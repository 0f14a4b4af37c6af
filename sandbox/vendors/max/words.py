"""What MAX refuses in a message, and in which words."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from sandbox.vendors.stage import Answer, Choice, Refused

TEXT_LIMIT, ROWS, IN_A_ROW, WIDE_IN_A_ROW = 4000, 30, 7, 3
TAGS = {"i", "em", "b", "strong", "s", "del", "u", "ins", "a", "pre", "code", "mark", "h1", "blockquote"}
Json = dict[str, Any]


def refused(status: int, code: str, message: str) -> Answer:
    """MAX's way to refuse."""
    return Answer.of({"code": code, "message": message}, status)


def odd(message: str) -> Refused:
    return Refused(refused(400, "proto.payload", message))


TOO_LONG = refused(400, "proto.payload", "text: size must be between 0 and 4000")


def text_of(given: Json) -> str:
    """The words of a message as a person reads them."""
    text, form = given.get("text") or "", given.get("format")
    if not isinstance(text, str) or len(text) > TEXT_LIMIT:
        raise Refused(TOO_LONG)
    if form not in {None, "html", "markdown"}:
        raise odd("format: unknown")
    return _Words(text).said if form == "html" else text


def keyboard(rows: object) -> tuple[Choice, ...]:
    """The buttons of all rows; a link is wide."""
    if not isinstance(rows, list) or not 0 < len(rows) <= ROWS:
        raise odd("buttons: 1 to 30 rows")
    for row in rows:
        wide = any(one.get("type") == "link" for one in row)
        if not 0 < len(row) <= (WIDE_IN_A_ROW if wide else IN_A_ROW):
            raise odd("buttons: too many in a row")
    return tuple(choice(one) for row in rows for one in row)


def choice(button: Json) -> Choice:
    if not button.get("text"):
        raise odd("buttons: text is required")
    if button.get("type") == "callback" and isinstance(button.get("payload"), str):
        return Choice(button["text"], button["payload"])
    if button.get("type") == "link" and str(button.get("url")).startswith(("http://", "https://")):
        return Choice(button["text"], url=button["url"])
    raise odd("buttons: unknown")


class _Words(HTMLParser):
    """What a person reads of MAX's HTML; a tag that is not closed, or not known, is refused here."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.said = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()
        if self.open:
            raise odd("text: a tag is not closed")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise odd(f"text: unknown tag {tag}")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise odd(f"text: {tag} is closed where it is not open")

    def handle_data(self, data: str) -> None:
        self.said += data

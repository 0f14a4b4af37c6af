"""Is it a message? As strict as WhatsApp; what the product sends besides is a mistake here, too.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.vendors.meta import refusal
from sandbox.vendors.stage import Choice, Refused
from sandbox.vendors.whatsapp.words import TEMPLATES, odd

TEXT, CAPTION, BODY, KEY = 4096, 1024, 1024, 512
MIB = 1024 * 1024
# type of message -> types of file, and how large one may be
FILES = {
    "image": (frozenset({"image/jpeg", "image/png"}), 5 * MIB),
    "video": (frozenset({"video/mp4", "video/3gpp"}), 16 * MIB),
    "audio": (frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}), 16 * MIB),
    "document": (frozenset[str](), 100 * MIB),
}
Json = Mapping[str, Any]


def members(where: str, given: Any, required: Sequence[str], optional: Sequence[str] = ()) -> Json:
    """An object that has all of these and no others."""
    if not isinstance(given, dict):
        raise Refused(odd(where, "must be a JSON object"))
    for name in required:
        if name not in given:
            raise Refused(refusal(131008, "Required parameter is missing", details=f"{where}.{name}"))
    if more := given.keys() - {*required, *optional}:
        raise Refused(odd(f"{where}.{min(more)}", "is unknown"))
    return given


def words(where: str, given: Any, limit: int, least: int = 1) -> str:
    """A text of so many characters."""
    if not isinstance(given, str):
        raise Refused(odd(where, "must be a string"))
    if not least <= len(given) <= limit:
        raise Refused(odd(where, f"must be between {least} and {limit} characters long"))
    return given


def envelope(given: Any) -> Json:
    """What all messages share."""
    kind = given.get("type") if isinstance(given, dict) else None
    shared = ("recipient_type", "to", "recipient", "context", "biz_opaque_callback_data")
    members("message", given, ("messaging_product", "type", str(kind)), shared)
    if given["messaging_product"] != "whatsapp" or given.get("recipient_type", "individual") != "individual":
        raise Refused(odd("messaging_product", "must be one of {WHATSAPP}"))
    if "to" in given and not re.fullmatch(r"\+?\d{5,20}", str(given["to"]), re.ASCII):
        raise Refused(odd("to", "is not a phone number"))
    if "context" in given:
        members("context", given["context"], ("message_id",))
    if "biz_opaque_callback_data" in given:
        words("biz_opaque_callback_data", given["biz_opaque_callback_data"], KEY)
    message: Json = given
    return message


def text(given: Any) -> str:
    members("text", given, ("body",), ("preview_url",))
    return words("text['body']", given["body"], TEXT)


def interactive(given: Any) -> tuple[str, tuple[Choice, ...]]:
    """The text, and its buttons or rows."""
    members("interactive", given, ("type", "body", "action"))
    body = words("interactive['body']['text']", members("body", given["body"], ("text",))["text"], BODY)
    if given["type"] == "button":
        return body, _buttons(members("action", given["action"], ("buttons",))["buttons"])
    if given["type"] == "list":
        action = members("action", given["action"], ("button", "sections"))
        words("interactive['action']['button']", action["button"], 20)
        return body, _rows(action["sections"])
    raise Refused(odd("interactive['type']", "must be one of {BUTTON, LIST}"))


def _buttons(given: Any) -> tuple[Choice, ...]:
    replies = [members("button", one, ("type", "reply"))["reply"] for one in given]
    if not 1 <= len(replies) <= 3:
        raise Refused(odd("interactive['action']['buttons']", "must have 1 to 3 buttons"))
    for reply in replies:
        members("reply", reply, ("id", "title"))
        words("button id", reply["id"], 256)
        words("button title", reply["title"], 20)
    return _told_apart(replies)


def _rows(sections: Any) -> tuple[Choice, ...]:
    rows: list[Json] = []
    for section in sections:
        words("section title", members("section", section, ("rows",), ("title",)).get("title", "-"), 24)
        rows += section["rows"]
    if not 1 <= len(rows) <= 10:
        raise Refused(odd("interactive['action']['sections']", "must have 1 to 10 rows"))
    for row in rows:
        members("row", row, ("id", "title"), ("description",))
        words("row id", row["id"], 200)
        words("row title", row["title"], 24)
        words("row description", row.get("description", ""), 72, 0)
    return _told_apart(rows)


def _told_apart(given: Sequence[Json]) -> tuple[Choice, ...]:
    if len({one["id"] for one in given}) < len(given):
        raise Refused(odd("id", "must not be twice the same"))
    return tuple(Choice(one["title"], one["id"]) for one in given)


def template(given: Any) -> tuple[str, tuple[Choice, ...]]:
    """The text with its words, and its quick replies."""
    members("template", given, ("name", "language"), ("components",))
    code = members("language", given["language"], ("code",))["code"]
    known = next((one for one in TEMPLATES if (one["name"], one["language"]) == (given["name"], code)), None)
    if known is None or known["status"] != "APPROVED":
        raise Refused(refusal(132001, "Template name does not exist in the translation", status=404))
    parameters = [word for part in given.get("components", []) for word in _parameters(part)]
    filled = known["components"][0]["text"]
    if len(re.findall(r"{{\d+}}", filled)) != len(parameters):
        raise Refused(refusal(132000, "Number of parameters does not match the expected number of params"))
    for place, word in enumerate(parameters, 1):
        filled = filled.replace(f"{{{{{place}}}}}", word)
    buttons = [one for part in known["components"] for one in part.get("buttons", [])]
    return filled, tuple(Choice(one["text"], one["text"]) for one in buttons)


def _parameters(part: Any) -> list[str]:
    if members("component", part, ("type", "parameters"))["type"] != "body":
        raise Refused(refusal(132012, "Parameter format does not match format in the created template"))
    given = [members("parameter", one, ("type", "text"))["text"] for one in part["parameters"]]
    if any(not one or re.search(r"[\n\t]| {5}", one) for one in given):
        details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        raise Refused(
            refusal(132018, "There is an issue with the parameters in your template", details=details)
        )
    return given


def file(kind: str, mime: str, size: int) -> None:
    """Whether a file may go as that; documents may be anything."""
    mimes, limit = FILES[kind]
    if (mimes and mime not in mimes) or not 0 < size <= limit:
        raise Refused(refusal(131053, "Media upload error", details=f"{mime} of {size} bytes as {kind}"))

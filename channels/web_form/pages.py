"""Our own small pages: the form that a browser finds at its address, thanks, and sorry."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from channels.kit.contract import Outcome, Reply, Source
from channels.web_form.accepting import languages
from channels.web_form.words import PROBLEMS, WORDS
from leads.events import Call

THANKS = "thanks"  # the query that asks for the thank-you page
FOLDER = Path(__file__).parent


def form(source: Source, call: Call) -> Reply:
    """The hosted form, each time with a new id, so that only a repeated click is a duplicate."""
    hidden = {
        "_ts": str(int(call.received_at.timestamp())),
        "_id": str(uuid.uuid4()),
        "referrer": call.headers.get("referer", ""),
    }
    return _page(source, call, "form.html", hidden)


def thanks(source: Source, call: Call) -> Reply:
    """What a browser sees when its page named no place of its own."""
    return _page(source, call, "thanks.html", {})


def problem(source: Source, call: Call, outcome: Outcome) -> Reply:
    """The same as a problem document, for a person."""
    language = _language(source, call)
    return _page(source, call, "sorry.html", {"why": WORDS[language][PROBLEMS.get(outcome, "mend")]})


def _page(source: Source, call: Call, file: str, values: Mapping[str, str]) -> Reply:
    language, nonce = _language(source, call), secrets.token_urlsafe(12)
    title = source.settings.title
    words = {**WORDS[language], **values, "language": language, "nonce": nonce}
    words["heading"] = title or words["heading"]
    words["title"] = title or words["thanks" if file == "thanks.html" else "heading"]
    safe = {key: escape(text) for key, text in words.items()}
    body = _template("page.html").substitute(safe, main=_template(file).substitute(safe), style=_style())
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; base-uri 'none'"
    headers = {"Content-Language": language, "Content-Security-Policy": policy, "Vary": "Accept-Language"}
    return Reply(200, body.encode("utf-8", "replace"), "text/html; charset=utf-8", headers)


def _language(source: Source, call: Call) -> str:
    wanted = (tag.partition("-")[0] for tag in languages(call))
    return next((tag for tag in wanted if tag in WORDS), source.settings.language)


@cache
def _template(file: str) -> Template:
    return Template((FOLDER / "html" / file).read_text("utf-8"))


@cache
def _style() -> str:
    return (FOLDER / "html" / "style.css").read_text("utf-8")

"""What a form's sender hears: JSON for scripts, a redirect for browsers, and CORS for all."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from channels.kit import edge
from channels.kit.contract import Answered, Outcome, Reply, Source
from channels.kit.errors import Malformed
from channels.web_form import pages
from channels.web_form.accepting import prefers_html
from channels.web_form.body import read_form
from leads.events import Call

TAKEN = frozenset({Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.PARKED})


def answer(source: Source, call: Call, answered: Answered) -> Reply:
    """Taken: 303 for a browser, else `{"id", "status"}`; a duplicate hears the same. Problems keep CORS."""
    if prefers_html(call):
        return _for_browser(source, call, answered)
    if answered.outcome in TAKEN:
        return _cors(call, edge.json_reply({"id": next(iter(answered.ids), None), "status": "accepted"}))
    return _cors(call, edge.default_answer(source, call, answered))


def preflight(call: Call) -> Reply:
    """Any site may ask: whether it may post is said where it can be read, in the answer to the post."""
    headers = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "content-type, idempotency-key",
        "Access-Control-Max-Age": "86400",
    }
    return _cors(call, Reply(204, headers=headers))


def origin_allowed(source: Source, call: Call) -> bool:
    """Whether the posting page is of a site on the list, or our own."""
    origin = (call.headers.get("origin") or _origin_of(call.headers.get("referer", ""))).lower()
    own = {
        _origin_of(source.base_url),
        *(f"{scheme}://{call.headers.get('host')}" for scheme in ("http", "https")),
    }
    return bool(origin) and origin in {*source.settings.allowed_origins, *own}


def _for_browser(source: Source, call: Call, answered: Answered) -> Reply:
    status = edge.HTTP[answered.outcome][0]
    if status >= 400:
        problem = edge.problem(answered)
        return replace(pages.problem(source, call, answered.outcome), status=status, headers=problem.headers)
    return Reply(303, headers={"Location": _next(source, call) or f"?{pages.THANKS}=1"})


def _next(source: Source, call: Call) -> str:
    """The page's `_next`, if it leads to a registered host; anything else would be an open redirect."""
    if not source.settings.next_hosts:
        return ""
    try:
        url = read_form(call).control("_next")
        parts = urlsplit(url)
        host = parts.hostname or ""
    except (Malformed, ValueError):
        return ""
    tame = parts.scheme in {"http", "https"} and url.isascii() and url.isprintable() and "\\" not in url
    return url if tame and host in source.settings.next_hosts else ""


def _cors(call: Call, reply: Reply) -> Reply:
    """Nothing here depends on cookies, so every origin may read the answer, errors too."""
    origin = call.headers.get("origin", "")
    headers = {**reply.headers, "Vary": "Origin, Accept"}
    if origin and origin.isascii() and origin.isprintable():
        headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "retry-after"}
    return Reply(reply.status, reply.body, reply.content_type, headers)


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""

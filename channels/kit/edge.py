"""From a call to an HTTP answer, the same way for every channel.

This is the only place that knows which outcome is which HTTP status.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from pydantic_core import to_json

from channels.kit.contract import (
    Accept,
    Answered,
    Channel,
    Ignored,
    Item,
    Outcome,
    Reply,
    Source,
    Unreadable,
)
from channels.kit.errors import Malformed, Rejected
from leads.errors import StoreUnavailable
from leads.events import Call, Inbound, Receipt

log = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024
RETRY_AFTER = 5  # seconds

# outcome -> status, title, what the caller can do when nothing more exact is known
HTTP: dict[Outcome, tuple[int, str, str]] = {
    Outcome.ACCEPTED: (200, "Accepted", ""),
    Outcome.DUPLICATE: (200, "Accepted", ""),
    Outcome.IGNORED: (200, "Ignored", ""),
    Outcome.PARKED: (200, "Accepted", ""),
    Outcome.REJECTED: (401, "Proof missing or wrong", "Check the secret of this source and send again."),
    Outcome.FORBIDDEN: (403, "Not allowed", "This source does not take calls from there."),
    Outcome.MALFORMED: (400, "Not readable", "Mend the body and send again."),
    Outcome.TOO_LARGE: (413, "Too large", "Send a smaller body."),
    Outcome.UNSUPPORTED: (415, "Content type not supported", "Send another Content-Type."),
    Outcome.TOO_SLOW: (408, "Too slow", "Send the same call again."),
    Outcome.TOO_MANY: (429, "Too many calls", "Wait as long as Retry-After says and send again."),
    Outcome.UNKNOWN_SOURCE: (
        404,
        "No such source",
        "Check the address; `frontdesk source list` shows the open ones.",
    ),
    Outcome.UNAVAILABLE: (503, "Not stored", "Nothing was taken. Send the same call again later."),
}
_BY_STATUS = {408: Outcome.TOO_SLOW, 413: Outcome.TOO_LARGE, 415: Outcome.UNSUPPORTED}


async def take(channel: Channel, source: Source | None, call: Call, accept: Accept) -> Reply:
    """Take one call: who knows it, who proved it, what is in it; commit, and only then say yes."""
    if source is None:
        return unknown_source()
    hello = channel.handshake(source, call)
    if hello is not None:
        return hello
    try:
        _verify(channel, source, call)
        items = _read(channel, source, call)
        receipt = await accept(source, call, items)
    except (Rejected, Malformed) as error:
        return refuse(channel, source, call, error)
    except StoreUnavailable:
        return channel.answer(source, call, Answered(Outcome.UNAVAILABLE, retry_after=RETRY_AFTER))
    return channel.answer(source, call, _success(items, receipt))


def refuse(channel: Channel, source: Source, call: Call, error: Rejected | Malformed) -> Reply:
    """The channel's answer to a call that was not taken."""
    if isinstance(error, Rejected):
        outcome = Outcome.FORBIDDEN if error.forbidden else Outcome.REJECTED
    else:
        outcome = unreadable(error)
    log.info("refused %s %s: %s", source.channel, outcome, error)
    return channel.answer(source, call, Answered(outcome, why=str(error)))


def unreadable(error: Malformed) -> Outcome:
    """Which outcome it is when nobody proved the call."""
    return _BY_STATUS.get(error.status, Outcome.MALFORMED)


def unknown_source() -> Reply:
    """The answer for an address that no source has."""
    return problem(Answered(Outcome.UNKNOWN_SOURCE))


def default_answer(source: Source, call: Call, answered: Answered) -> Reply:
    """200 with `{"status"}`, or a problem. What was parked or seen before is answered like what was taken."""
    status, title, _ = HTTP[answered.outcome]
    if status >= 400:
        return problem(answered)
    return json_reply({"status": title.lower()}, status)


def problem(answered: Answered) -> Reply:
    """Problem details (RFC 9457); `detail` says what to do next."""
    status, title, advice = HTTP[answered.outcome]
    body = {
        "type": f"urn:frontdesk:problem:{answered.outcome.value.replace('_', '-')}",
        "title": title,
        "status": status,
        "detail": answered.why or advice,
    }
    seconds = answered.retry_after or (RETRY_AFTER if status in (429, 503) else None)
    headers = {"Retry-After": str(seconds)} if seconds else {}
    return replace(json_reply(body, status, headers), content_type="application/problem+json")


def json_reply(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """A JSON answer."""
    return Reply(status, to_json(body), "application/json", headers or {})


def _verify(channel: Channel, source: Source, call: Call) -> None:
    try:
        channel.verify(source, call)
    except Rejected:
        if source.previous is None:
            raise
        channel.verify(replace(source, settings=source.previous, previous=None), call)


def _read(channel: Channel, source: Source, call: Call) -> Sequence[Item]:
    """What the call holds. Once a proof has verified, what we cannot read is kept raw, never refused."""
    try:
        return channel.parse(source, call) or (Ignored("empty"),)
    except Malformed as error:
        if not channel.signed(source):
            raise
        return (Unreadable(call.body, str(error)),)
    except Exception as error:
        log.exception("channels/%s could not read a call", source.channel)
        return (Unreadable(call.body, f"our reader failed: {type(error).__name__}"),)


def _success(items: Sequence[Item], receipt: Receipt) -> Answered:
    if any(isinstance(item, Inbound) for item in items):
        outcome = Outcome.ACCEPTED
    elif any(isinstance(item, Unreadable) for item in items):
        outcome = Outcome.PARKED
    else:
        return Answered(Outcome.IGNORED, receipt.ids)
    return Answered(outcome if receipt.fresh else Outcome.DUPLICATE, receipt.ids)

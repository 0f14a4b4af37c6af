"""Reads a posted form: who, what, where from, and what makes it unique."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime

import aiohttp
from pydantic_core import to_json

from channels.kit import edge
from channels.kit.contract import Ignored, Item, Reply, Source
from channels.kit.errors import Malformed, Rejected
from channels.kit.reading import content_type
from channels.kit.verify import standard_webhook
from channels.web_form import answers, pages
from channels.web_form.accepting import languages
from channels.web_form.attribution import attribution, mark
from channels.web_form.body import Form, read_form
from channels.web_form.mapping import FORM_NAMES, Meaning, normal, understand
from channels.web_form.multipart import bytes_of
from channels.web_form.schema import Settings
from leads.events import Attachment, Call, Capabilities, Inbound, Kind, Media, SendCode, Sender, SendError

name = "web_form"
can = Capabilities(answers=False, signed=False)

MULTIPART_LIMIT = 10 * 1024 * 1024
MAX_KEY = 200
# Our own inputs: they steer, and are not shown.
CONTROLS = frozenset({"_gotcha", "_ts", "_id", "_next", "_subject"})


def handshake(source: Source, call: Call) -> Reply | None:
    """Preflights, and our own page for a browser that opens the form's address."""
    if call.method == "OPTIONS":
        return answers.preflight(call)
    if call.method in {"GET", "HEAD"} and not signed(source):
        return pages.thanks(source, call) if pages.THANKS in call.query else pages.form(source, call)
    return None


def signed(source: Source) -> bool:
    """Only in the signed mode; otherwise the key in the address is all the proof there is."""
    return _settings(source).signing_secret is not None


def body_limit(call: Call) -> int:
    """More for files."""
    return MULTIPART_LIMIT if content_type(call.headers) == "multipart/form-data" else edge.BODY_LIMIT


def verify(source: Source, call: Call) -> None:
    """The signature in the signed mode, else the site that posts."""
    settings = _settings(source)
    if settings.signing_secret is not None:
        standard_webhook(call, settings.signing_secret.get_secret_value())
    elif settings.allowed_origins and not answers.origin_allowed(source, call):
        raise Rejected(
            "This form is not taken from that site; add its origin to allowed_origins.", forbidden=True
        )


def parse(source: Source, call: Call) -> Sequence[Item]:
    """One enquiry. What looks like a machine's is marked, never refused."""
    if call.method != "POST":
        raise Malformed("Send the form with POST.")
    form = read_form(call)
    fields = {key: text for key, text in form.fields.items() if key not in CONTROLS}
    if not fields and not form.files:
        raise Malformed("The form has no fields.")
    if fields == {"test": "test"}:
        return [Ignored("test")]
    return [_inbound(source, call, form, fields)]


async def fetch_media(http: aiohttp.ClientSession, source: Source, attachment: Attachment) -> Media:
    """The bytes of an uploaded file, which came with the form."""
    try:
        raw = bytes_of(attachment.ref)
    except ValueError:
        raise SendError(SendCode.BAD_MEDIA, "the file was not kept") from None
    return Media(attachment.name, attachment.mime, len(raw), _once(raw))


def _inbound(source: Source, call: Call, form: Form, fields: Mapping[str, str]) -> Inbound:
    marks = {key: text for key, text in fields.items() if mark(key)}
    meaning = understand({key: text for key, text in fields.items() if key not in marks}, source.country)
    event_id, content_key = _identity(source, call, form, fields)
    sender = Sender(
        name=meaning.name, phone=meaning.phone, email=meaning.email, language=_language(meaning, call)
    )
    return Inbound(
        kind=Kind.FORM,
        sender=sender,
        conv=_conv(sender) or event_id or content_key,
        event_id=event_id,
        content_key=content_key,
        text=meaning.message,
        attachments=form.files,
        fields=_titled(source, form, meaning),
        attribution=attribution(
            marks,
            page=meaning.page,
            referrer=meaning.referrer,
            referer_header=call.headers.get("referer", ""),
            cookies=meaning.cookies,
        ),
        suspicion=_suspicion(source, call, form, fields),
    )


def _identity(source: Source, call: Call, form: Form, fields: Mapping[str, str]) -> tuple[str, str]:
    """The event's id, or the key of its content where nobody gave an id."""
    given = call.headers.get("webhook-id" if signed(source) else "idempotency-key", "")
    given = given.strip().strip('"') or form.control("_id")
    if given:
        return (given if len(given) <= MAX_KEY else _digest(given)), ""
    files = [(one.name, one.size, _digest(one.ref)) for one in form.files]
    return "", _sha(to_json([source.key, sorted(fields.items()), files]))


def _digest(text: str) -> str:
    return _sha(text.encode())


def _sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _conv(sender: Sender) -> str:
    return "".join(filter(str.isdecimal, sender.phone)) or sender.email.lower()


def _titled(source: Source, form: Form, meaning: Meaning) -> dict[str, str]:
    """The form's name first, unless the form tells it by itself."""
    title = form.control("_subject") or _settings(source).title
    if title and not any(normal(key) in FORM_NAMES for key in meaning.rest):
        return {"form": title, **meaning.rest}
    return dict(meaning.rest)


def _language(meaning: Meaning, call: Call) -> str:
    return (meaning.language or next(iter(languages(call)), ""))[:35]


def _suspicion(source: Source, call: Call, form: Form, fields: Mapping[str, str]) -> str:
    settings = _settings(source)
    if settings.honeypot and form.control("_gotcha"):
        return "honeypot"
    shown = _moment(form.control("_ts"))
    # A page whose clock is ahead of ours proves nothing.
    if shown and 0 <= (call.received_at - shown).total_seconds() < settings.min_seconds:
        return "time_trap"
    return "" if form.files or any(map(str.strip, fields.values())) else "empty"


def _moment(text: str) -> datetime | None:
    """Unix time in seconds or, as Date.now() gives it, in milliseconds."""
    if not (text.isascii() and text.isdigit() and len(text) <= 13):
        return None
    seconds = int(text) / (1000 if len(text) > 11 else 1)
    return datetime.fromtimestamp(seconds, UTC)


def _settings(source: Source) -> Settings:
    settings: Settings = source.settings
    return settings


async def _once(raw: bytes) -> AsyncIterator[bytes]:
    yield raw

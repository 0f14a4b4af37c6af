"""Where a lead came from: channel, page, campaign; the first and the last touch."""

from __future__ import annotations

from collections.abc import Iterator

from bot.views.paper import Reader, clip
from bot.views.ways import channel_name
from leads.events import Attribution
from leads.ports import LeadSnapshot

_LINE = 160
_TOUCH = 120
_CLICK_IDS = frozenset({"gclid", "fbclid", "yclid", "ttclid", "msclkid", "gbraid", "wbraid"})
_CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def origin(snapshot: LeadSnapshot, reader: Reader) -> Iterator[str]:
    """This lead's own way in, then the contact's first and last one where they differ from it."""
    lead, contact = snapshot.lead, snapshot.contact
    source = (snapshot.sources or {}).get(lead.source_id, "")
    channel = channel_name(lead.channel, reader)
    yield f"📍 {channel} · {source}" if source else f"📍 {channel}"
    for emoji, fact in _facts(lead.attribution, reader):
        yield f"{emoji} {clip(fact, _LINE)}"
    told = {summary(lead.attribution, reader), ""}
    first, last = summary(contact.first_touch, reader), summary(contact.last_touch, reader)
    if first not in told:
        yield f"👣 {reader.say('card-first-touch', **{'from': clip(first, _TOUCH)})}"
    if last not in told | {first}:
        yield f"🔁 {reader.say('card-last-touch', **{'from': clip(last, _TOUCH)})}"


def summary(touch: Attribution, reader: Reader) -> str:
    """A touch in one line."""
    return " · ".join(fact for _, fact in _facts(touch, reader))


def _facts(touch: Attribution, reader: Reader) -> Iterator[tuple[str, str]]:
    campaign = [touch.params[name] for name in _CAMPAIGN if touch.params.get(name)]
    if campaign:
        yield "🎯", " / ".join(campaign)
    others = [f"{name} {clip(value, 40)}" for name, value in _other_params(touch) if value]
    if others:
        yield "🏷", " · ".join(others)
    if touch.ad:
        yield "📣", reader.say("card-ad", ad=touch.ad)
    if touch.payload:
        yield "🔑", reader.say("card-start-link", payload=touch.payload)
    if touch.page:
        yield "🔗", _short(touch.page, touch)
    if touch.referrer:
        yield "🚪", reader.say("card-came-by", referrer=_short(touch.referrer, touch))


def _other_params(touch: Attribution) -> Iterator[tuple[str, str]]:
    """Click ids are long and for machines: that there is one is enough."""
    for name, value in touch.params.items():
        if name in _CLICK_IDS:
            yield name, "✓" if value else ""
        elif name not in _CAMPAIGN:
            yield name, value


def _short(url: str, touch: Attribution) -> str:
    """An address as people say it, without the parameters that are told above."""
    bare, _, query = url.partition("#")[0].partition("?")
    rest = "&".join(each for each in query.split("&") if each and each.partition("=")[0] not in touch.params)
    address = bare.partition("://")[2] if bare.startswith(("http://", "https://")) else bare
    return f"{address}?{rest}" if rest else address.rstrip("/")

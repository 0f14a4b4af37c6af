"""Which way a reply goes, as the card tells it."""

from __future__ import annotations

from datetime import timedelta

from bot.views.paper import Reader
from leads import ways
from leads.changes import Rules
from leads.model import Conversation
from leads.ports import LeadSnapshot
from leads.windows import LEFT, is_late, late_until, shuts_at


def answerable(snapshot: LeadSnapshot, reader: Reader) -> tuple[Conversation, ...]:
    """The conversations that can be answered now: the newest inbound one first, late ones last."""
    return ways.answerable(snapshot, Rules(can=reader.can), reader.now)


def chosen(snapshot: LeadSnapshot, reader: Reader) -> Conversation | None:
    """The one chosen on the card, else the newest."""
    open_ = answerable(snapshot, reader)
    return next((each for each in open_ if each.id == snapshot.lead.via), open_[0] if open_ else None)


def shut(conversation: Conversation, snapshot: LeadSnapshot, reader: Reader) -> str:
    """Why nothing can be sent there, as the key of a refusal; empty when it can."""
    return ways.obstacle(snapshot, conversation, Rules(can=reader.can), reader.now)


def channel_name(channel: str, reader: Reader) -> str:
    key = f"channel-{channel}"
    return reader.say(key) if reader.texts.has(key) else channel.replace("_", " ").capitalize()


def where(conversation: Conversation, snapshot: LeadSnapshot, reader: Reader) -> str:
    """A conversation's channel, with its source where the channel alone does not tell."""
    name = channel_name(conversation.channel, reader)
    alike = [each for each in snapshot.conversations if each.channel == conversation.channel]
    source = (snapshot.sources or {}).get(conversation.source_id, "")
    return f"{name} · {source}" if source and len({each.source_id for each in alike}) > 1 else name


def window(way: Conversation, reader: Reader) -> str:
    """Until when that way is open, in a sentence; empty where it is for ever."""
    rules = Rules(can=reader.can)
    shuts, late = shuts_at(way, rules), late_until(way, rules)
    if late and is_late(way, rules, reader.now):
        return f"⌛️ {reader.say('card-window-late', until=reader.clock(late))}"
    if shuts and shuts - reader.now > LEFT[0]:
        return f"⏳ {reader.say('card-window', until=reader.clock(shuts))}"
    if shuts:
        # The card is not told anew for minutes.
        hours = (shuts - reader.now) // timedelta(hours=1)
        return f"⏳ {reader.say('card-window-left', until=reader.clock(shuts), hours=hours)}"
    return ""

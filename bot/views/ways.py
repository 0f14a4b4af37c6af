"""Which way a reply goes, as the card tells it."""

from __future__ import annotations

from bot.views.paper import Reader
from leads.changes import Rules
from leads.model import Conversation
from leads.ports import LeadSnapshot
from leads.ways import obstacle


def answerable(snapshot: LeadSnapshot, reader: Reader) -> tuple[Conversation, ...]:
    """The conversations that can be answered now, the newest inbound one first."""
    return tuple(each for each in snapshot.conversations if not shut(each, snapshot, reader))


def chosen(snapshot: LeadSnapshot, reader: Reader) -> Conversation | None:
    """The one chosen on the card, else the newest."""
    ways = answerable(snapshot, reader)
    return next((each for each in ways if each.id == snapshot.lead.via), ways[0] if ways else None)


def shut(conversation: Conversation, snapshot: LeadSnapshot, reader: Reader) -> str:
    """Why nothing can be sent there, as the key of a refusal; empty when it can."""
    return obstacle(snapshot, conversation, Rules(can=reader.can), reader.now)


def channel_name(channel: str, reader: Reader) -> str:
    key = f"channel-{channel}"
    return reader.say(key) if reader.texts.has(key) else channel.replace("_", " ").capitalize()


def where(conversation: Conversation, snapshot: LeadSnapshot, reader: Reader) -> str:
    """A conversation's channel, with its source where the channel alone does not tell."""
    name = channel_name(conversation.channel, reader)
    alike = [each for each in snapshot.conversations if each.channel == conversation.channel]
    source = (snapshot.sources or {}).get(conversation.source_id, "")
    return f"{name} · {source}" if source and len({each.source_id for each in alike}) > 1 else name

"""The door that Meta pushes to, as every channel of Meta's has it: its settings are told by these names."""

from __future__ import annotations

from channels.kit import meta
from channels.kit.contract import Reply, Source
from leads.events import Call


def handshake(source: Source, call: Call) -> Reply | None:
    """Meta asks once, when the address is entered."""
    return meta.handshake(source.settings.verify_token, call)


def verify(source: Source, call: Call) -> None:
    """Signed with the secret of one of the apps."""
    meta.verify(source.settings.app_secret, call)


def body_limit(call: Call) -> int:
    """A call holds up to 1,000 updates."""
    return meta.BODY_LIMIT

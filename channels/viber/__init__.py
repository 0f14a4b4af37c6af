"""The customers' Viber bot: its callbacks come in, answers go out through the REST Bot API."""

from channels.kit.fetching import fetch_media
from channels.viber.connect import probe, profile, register, registered
from channels.viber.inbound import answer, parse, verify
from channels.viber.outbound import send
from channels.viber.settings import CAN as can  # noqa: N811
from channels.viber.settings import Settings as settings  # noqa: N813

name = "viber"

__all__ = [
    "answer",
    "can",
    "fetch_media",
    "name",
    "parse",
    "probe",
    "profile",
    "register",
    "registered",
    "send",
    "settings",
    "verify",
]

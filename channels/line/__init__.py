"""The customers' LINE: an official account's webhook comes in, replies and pushes go out."""

from channels.line.connect import probe, profile, register, registered
from channels.line.inbound import parse, verify
from channels.line.media import fetch_media
from channels.line.outbound import send, typing
from channels.line.settings import CAN as can  # noqa: N811
from channels.line.settings import Settings as settings  # noqa: N813

name = "line"

__all__ = [
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
    "typing",
    "verify",
]

"""A company's bot in the messenger MAX: updates by webhook or long poll, answers through its Bot API.

Not the protocol of people's own accounts, which is nobody's to use.
"""

from channels.max.connect import poll, probe, register, registered
from channels.max.inbound import parse, verify
from channels.max.media import fetch_media
from channels.max.outbound import send, typing
from channels.max.settings import CAN as can  # noqa: N811
from channels.max.settings import Settings as settings  # noqa: N813

name = "max"

__all__ = [
    "can",
    "fetch_media",
    "name",
    "parse",
    "poll",
    "probe",
    "register",
    "registered",
    "send",
    "settings",
    "typing",
    "verify",
]

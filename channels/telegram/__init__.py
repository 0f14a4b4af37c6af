"""The customers' Telegram bot: updates by webhook or long poll, answers through the Bot API.

The managers' desk is another bot and another room. aiogram stays out: its import is slow.
"""

from channels.kit.telegram_media import fetch_media
from channels.kit.telegram_pressing import answer
from channels.kit.telegram_reading import verify
from channels.kit.telegram_settings import Settings as settings  # noqa: N813
from channels.telegram.connect import poll, probe, register, registered
from channels.telegram.inbound import parse
from channels.telegram.limits import CAN as can  # noqa: N811
from channels.telegram.outbound import send, typing

name = "telegram"

__all__ = [
    "answer",
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

"""A manager's own Telegram account, connected to a bot of ours (Telegram Business).

The customers' bot is another channel; both share `kit/telegram_*.py`.
"""

from channels.kit.telegram_media import fetch_media
from channels.kit.telegram_pressing import answer
from channels.kit.telegram_reading import verify
from channels.kit.telegram_settings import Settings as settings  # noqa: N813
from channels.telegram_business.connect import poll, probe, register, registered
from channels.telegram_business.inbound import parse
from channels.telegram_business.limits import CAN as can  # noqa: N811
from channels.telegram_business.outbound import send, typing

name = "telegram_business"

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

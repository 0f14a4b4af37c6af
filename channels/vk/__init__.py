"""A VK community: messages, comments and lead forms come by callback or long poll, answers go by its API."""

from channels.kit.fetching import fetch_media
from channels.vk.callback import register, registered
from channels.vk.connect import poll
from channels.vk.inbound import answer, handshake, parse, verify
from channels.vk.outbound import send, typing
from channels.vk.people import probe, profile
from channels.vk.settings import CAN as can  # noqa: N811
from channels.vk.settings import Settings as settings  # noqa: N813

name = "vk"

__all__ = [
    "answer",
    "can",
    "fetch_media",
    "handshake",
    "name",
    "parse",
    "poll",
    "probe",
    "profile",
    "register",
    "registered",
    "send",
    "settings",
    "typing",
    "verify",
]

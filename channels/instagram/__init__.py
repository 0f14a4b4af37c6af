"""Instagram: the direct messages of one professional account, comments below its posts, mentions.

Through the Graph API, with Instagram Login or through the linked Facebook Page.
"""

from channels.instagram.connect import fetch_media, probe, profile, register, registered
from channels.instagram.inbound import body_limit, handshake, parse, verify
from channels.instagram.outbound import send, typing
from channels.instagram.settings import CAN as can  # noqa: N811
from channels.instagram.settings import Settings as settings  # noqa: N813

name = "instagram"

__all__ = [
    "body_limit",
    "can",
    "fetch_media",
    "handshake",
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

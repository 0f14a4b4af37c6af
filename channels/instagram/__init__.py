"""Instagram: the direct messages of one professional account, comments below its posts, mentions.

Through the Graph API, with Instagram Login or through the linked Facebook Page.
"""

from channels.instagram.connect import probe, profile, register, registered
from channels.instagram.inbound import parse
from channels.instagram.outbound import send, typing
from channels.instagram.settings import CAN as can  # noqa: N811
from channels.instagram.settings import Settings as settings  # noqa: N813
from channels.kit.fetching import fetch_media
from channels.kit.meta_webhook import body_limit, handshake, verify

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

"""Facebook Messenger: the inbox of one Page, through the Graph API.

Comments and lead ads of the Page are other channels' business.
"""

from channels.kit.fetching import fetch_media
from channels.kit.meta_webhook import body_limit, handshake, verify
from channels.messenger.connect import probe, profile, register, registered
from channels.messenger.inbound import parse
from channels.messenger.outbound import send, typing
from channels.messenger.settings import CAN as can  # noqa: N811
from channels.messenger.settings import Settings as settings  # noqa: N813

name = "messenger"

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

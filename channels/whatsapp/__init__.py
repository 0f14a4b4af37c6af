"""WhatsApp through Meta's Cloud API: webhooks in, the Graph API out.

The proofs and the way to Graph are the kit's, shared with Messenger and Instagram.
"""

from channels.kit.meta_webhook import body_limit, handshake, verify
from channels.whatsapp.connect import probe, register, registered
from channels.whatsapp.inbound import parse
from channels.whatsapp.media import fetch_media
from channels.whatsapp.outbound import send
from channels.whatsapp.settings import CAN as can  # noqa: N811
from channels.whatsapp.settings import Settings as settings  # noqa: N813
from channels.whatsapp.templates import templates

name = "whatsapp"

__all__ = [
    "body_limit",
    "can",
    "fetch_media",
    "handshake",
    "name",
    "parse",
    "probe",
    "register",
    "registered",
    "send",
    "settings",
    "templates",
    "verify",
]

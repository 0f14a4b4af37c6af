"""Twilio: SMS and MMS, or WhatsApp through Twilio; one sender is one source."""

from channels.twilio.connect import probe, register, registered
from channels.twilio.inbound import answer, parse
from channels.twilio.outbound import fetch_media, send
from channels.twilio.settings import CAN as can  # noqa: N811
from channels.twilio.settings import Settings as settings  # noqa: N813
from channels.twilio.templates import templates
from channels.twilio.verifying import verify

name = "twilio"

__all__ = [
    "answer",
    "can",
    "fetch_media",
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

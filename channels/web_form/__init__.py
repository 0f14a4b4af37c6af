"""Web forms: whatever a site's form, script or server posts, made one normal enquiry.

Nothing here answers a person (a form has no way back), and nothing here speaks of one form builder.
"""

from channels.web_form.adapter import body_limit, can, fetch_media, handshake, name, parse, signed, verify
from channels.web_form.answers import answer
from channels.web_form.schema import Settings

settings = Settings

__all__ = [
    "answer",
    "body_limit",
    "can",
    "fetch_media",
    "handshake",
    "name",
    "parse",
    "settings",
    "signed",
    "verify",
]

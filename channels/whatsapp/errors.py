"""WhatsApp's error codes in our words; in answers and in webhooks alike.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
Code 131026 is the nearest to "blocked": WhatsApp does not tell who shut us out.
"""

from __future__ import annotations

from channels.kit.meta import Codes
from leads.events import SendCode

CODES: Codes = {
    131047: SendCode.WINDOW_CLOSED,  # more than 24 hours since the customer's last message
    # Not reachable at all: another way to this person is needed.
    131026: SendCode.BLOCKED,  # no WhatsApp, an old one, terms not accepted, or we are blocked
    131030: SendCode.BLOCKED,  # not among the recipients of a test number
    # Only this sender to this recipient has to wait.
    131056: SendCode.RETRY,
    # The platform, the account or the number as a whole.
    80007: SendCode.UNAVAILABLE,  # the account's rate limit
    130429: SendCode.UNAVAILABLE,  # the number's throughput
    131000: SendCode.UNAVAILABLE,  # unknown: try again
    131016: SendCode.UNAVAILABLE,  # service
    131057: SendCode.UNAVAILABLE,  # the account is being maintained or upgraded
    # Nothing goes out until somebody mends the token, the rights or the number.
    (100, 33): SendCode.MISCONFIGURED,  # no such phone_number_id, or not ours
    368: SendCode.MISCONFIGURED,  # blocked for a violation
    131005: SendCode.MISCONFIGURED,  # permission
    131031: SendCode.MISCONFIGURED,  # the account is locked
    131037: SendCode.MISCONFIGURED,  # the display name is not approved
    131045: SendCode.MISCONFIGURED,  # the number's registration
    # The file.
    131052: SendCode.BAD_MEDIA,
    131053: SendCode.BAD_MEDIA,
    132005: SendCode.TOO_LONG,  # the template with its parameters
    # Known, and of no other kind than "not like this": parameters (100, 131008, 131009), a type (131051),
    # templates (132xxx), marketing only (130472, 131049, 131050), payment (131042), a limit because of spam
    # (131048, 131064), to ourselves (131021), a BSUID where a phone is needed (131062).
    **dict.fromkeys(
        (100, 130472, 131008, 131009, 131021, 131042, 131048, 131049, 131050, 131051, 131062, 131064),
        SendCode.PERMANENT,
    ),
}

# Here the id that is not found is a file's.
MEDIA_CODES: Codes = {**CODES, 100: SendCode.BAD_MEDIA, (100, 33): SendCode.BAD_MEDIA}

# "Too many messages … to the same phone number in a short period"; how long is not told, and one message in
# six seconds is only said, so we look again soon.
PAIR_PAUSE = 6.0

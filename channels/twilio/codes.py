"""What Twilio's error codes mean to us, whether told in an answer or in a status.

Source: https://www.twilio.com/docs/api/errors. Twilio splits codes up now and then; an unknown one is
permanent.
"""

from __future__ import annotations

from leads.events import SendCode

CODES = {
    # The account, its rights, its sender.
    10001: SendCode.MISCONFIGURED,  # account is not active
    20003: SendCode.MISCONFIGURED,  # authentication error: SID, token or key
    20005: SendCode.MISCONFIGURED,  # account not active
    20404: SendCode.MISCONFIGURED,  # not found: the account's SID in the path
    21212: SendCode.MISCONFIGURED,  # invalid From
    21603: SendCode.MISCONFIGURED,  # From is required
    21606: SendCode.MISCONFIGURED,  # From is no number of ours that can send messages
    21659: SendCode.MISCONFIGURED,  # From is no Twilio number or short code
    21660: SendCode.MISCONFIGURED,  # From is not of this account
    21661: SendCode.MISCONFIGURED,  # From cannot send SMS
    21701: SendCode.MISCONFIGURED,  # the Messaging Service does not exist
    21703: SendCode.MISCONFIGURED,  # the Messaging Service has no numbers
    30002: SendCode.MISCONFIGURED,  # account suspended
    63001: SendCode.MISCONFIGURED,  # the channel did not authenticate us
    63007: SendCode.MISCONFIGURED,  # no channel with this From
    # Too fast.
    20429: SendCode.RETRY,  # too many requests
    21611: SendCode.RETRY,  # too many messages of this From are waiting
    30001: SendCode.RETRY,  # queue overflow
    63018: SendCode.RETRY,  # the channel's rate limit
    # The person.
    21610: SendCode.BLOCKED,  # unsubscribed: replied with STOP
    63014: SendCode.BLOCKED,  # blocked by user action
    63015: SendCode.BLOCKED,  # WhatsApp's sandbox: this person has not joined it
    63024: SendCode.BLOCKED,  # invalid recipient: no such account there
    63016: SendCode.WINDOW_CLOSED,  # free-form message outside of the 24 hours
    # What is sent.
    21617: SendCode.TOO_LONG,  # more than 1,600 characters
    12300: SendCode.BAD_MEDIA,  # invalid Content-Type
    11200: SendCode.BAD_MEDIA,  # the media could not be fetched from our address
    21620: SendCode.BAD_MEDIA,  # invalid media URL
    21623: SendCode.BAD_MEDIA,  # more than ten files
    30011: SendCode.BAD_MEDIA,  # MMS not supported by the recipient's phone in this region
    30019: SendCode.BAD_MEDIA,  # content size exceeds the carrier's limit
    63019: SendCode.BAD_MEDIA,  # media failed to download
}


def meaning(code: int | str | None) -> SendCode | None:
    """Ours for one of theirs, as a number or its digits; None for an unknown one."""
    try:
        return CODES.get(int(code or 0))
    except ValueError:
        return None

"""What a message holds: its attachments, where its writer came from, and everything else of it as fields.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from mimetypes import guess_extension

from channels.kit.tolerant import without_blanks
from leads.events import Attachment, Attribution, MediaKind

MEDIA = 10  # files that one message may have

# Read elsewhere, of no meaning to a person, or ours.
_READ = {
    *(
        "MessageSid",
        "SmsSid",
        "SmsMessageSid",
        "AccountSid",
        "MessagingServiceSid",
        "ApiVersion",
        "SmsStatus",
    ),
    *("MessageStatus", "MessageType", "NumSegments", "NumMedia", "ChannelMetadata", "ExternalUserId"),
    *("From", "To", "ToCity", "ToState", "ToZip", "ToCountry", "Body", "ProfileName", "WaId", "OptOutType"),
    *("ButtonText", "ButtonPayload", "Latitude", "Longitude", "Address", "Label"),
    *("OriginalRepliedMessageSid", "OriginalRepliedMessageSender"),
    *("ReferralNumMedia", "ReferralSourceId", "ReferralSourceUrl", "ReferralCtwaClid"),
}
_KINDS = {"image": MediaKind.PHOTO, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
_NAMES = {MediaKind.PHOTO: "photo", MediaKind.VIDEO: "video", MediaKind.AUDIO: "audio"}
_VOICE = "audio/ogg"  # as WhatsApp records it; a song is not sent so


def attachments(form: Mapping[str, str]) -> tuple[Attachment, ...]:
    """Everything in the message that is not text."""
    return tuple(_things(form))


def rest(form: Mapping[str, str]) -> dict[str, str]:
    """What has no place of its own (the city of the number, an ad's headline …), in its order."""
    return {
        name: value
        for name, value in form.items()
        if value and value != "false" and name not in _READ and not name.startswith("Media")
    }


def attribution(form: Mapping[str, str]) -> Attribution:
    """An ad that opens WhatsApp tells itself with the first message."""
    click = form.get("ReferralCtwaClid", "")
    return Attribution(
        params={"ctwa_clid": click} if click else {},
        page=form.get("ReferralSourceUrl", ""),
        ad=form.get("ReferralSourceId", ""),
    )


def _things(form: Mapping[str, str]) -> Iterator[Attachment]:
    if form.get("NumMedia", "0") != "0":
        for n in range(MEDIA):
            if url := form.get(f"MediaUrl{n}"):
                yield _file(url, form.get(f"MediaContentType{n}", ""), form.get("MessageType", ""))
    if form.get("Latitude") and form.get("Longitude"):
        yield _place(form)


def _file(url: str, content_type: str, message_type: str) -> Attachment:
    mime = content_type.partition(";")[0].strip().lower()
    suffix = guess_extension(mime, strict=False) or ""
    if message_type == "sticker":
        return Attachment(MediaKind.STICKER, url, f"sticker{suffix}", mime)
    if mime == _VOICE:
        return Attachment(MediaKind.VOICE, url, "voice.ogg", mime)
    kind = _KINDS.get(mime.partition("/")[0], MediaKind.FILE)
    return Attachment(kind, url, f"{_NAMES.get(kind, 'file')}{suffix}", mime)


def _place(form: Mapping[str, str]) -> Attachment:
    facts = {
        "latitude": form["Latitude"],
        "longitude": form["Longitude"],
        "title": form.get("Label", ""),
        "address": form.get("Address", ""),
    }
    return Attachment(MediaKind.LOCATION, data=without_blanks(facts))

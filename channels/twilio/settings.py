"""What one Twilio sender needs, and what it can do."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from channels.kit.shape import SourceSettings, shaped
from leads.events import Capabilities, MediaKind

WHATSAPP = "whatsapp:"


AccountSid = Annotated[str, shaped(r"AC[0-9a-fA-F]{32}", "it is AC and 32 letters and digits")]
Sender = Annotated[
    str,
    shaped(
        rf"(?:{WHATSAPP})?\+\d{{6,15}}|MG[0-9a-fA-F]{{32}}|\d{{4,8}}",
        "a number as +15551234567, whatsapp:+15551234567, a short code, or a Messaging Service's MG…",
    ),
]


class Settings(SourceSettings):
    """One number, WhatsApp sender or Messaging Service of one account."""

    account_sid: AccountSid = Field(
        description="console.twilio.com, Account Info: Account SID, starts with AC"
    )
    auth_token: SecretStr = Field(
        min_length=16, description="console.twilio.com, Account Info: Auth Token; it signs what Twilio sends"
    )
    sender: Sender = Field(
        description="who writes: +15551234567, whatsapp:+15551234567, a short code, or a service's MG…"
    )
    api_key: str = Field(
        "", description="API keys & tokens: SID of a standard key, SK…; left out, the Auth Token is used"
    )
    api_secret: SecretStr | None = Field(None, description="the secret of that key, shown once")
    shared_key: SecretStr | None = Field(
        None,
        description="secret of a webhook signing key, if your webhooks are signed with one (HMAC_SHA256)",
    )

    @model_validator(mode="after")
    def _nothing_half_set(self) -> Self:
        if bool(self.api_key) != bool(self.api_secret):
            raise ValueError("api_key and api_secret belong together: set both or neither")
        return self


# https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource (Body, MediaUrl).
# SMS has no reply window. WhatsApp has one of 24 hours: Twilio's 63016 tells when it is closed.
CAN = Capabilities(
    text_limit=1600,
    caption_limit=1600,
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.FILE}),
    templates=True,
    may_start=True,
)

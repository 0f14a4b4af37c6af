"""What one WhatsApp number needs, and what it can do."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr

from channels.kit.credentials import Credential, made
from channels.kit.meta import VERSION, AppSecrets
from channels.kit.shape import SourceSettings, shaped
from leads.events import Capabilities, MediaKind

MetaId = Annotated[str, shaped(r"\d{1,30}", "an id is digits only: copy it from API Setup")]


class Settings(SourceSettings):
    """One number of the WhatsApp Business Platform (Cloud API)."""

    phone_number_id: MetaId = Field(
        description="the number's id (not the number itself): App Dashboard > WhatsApp > API Setup",
    )
    waba_id: MetaId = Field(
        description="the WhatsApp Business Account ID: App Dashboard > WhatsApp > API Setup",
    )
    token: Credential = Field(
        description="a system user's permanent token with whatsapp_business_messaging and "
        "whatsapp_business_management: Business settings > Users > System users > Generate token",
    )
    app_secret: AppSecrets = Field(
        description="the app's secret: App Dashboard > App settings > Basic; several apps' parted by commas"
    )
    verify_token: SecretStr = Field(
        default_factory=made,
        min_length=8,
        max_length=200,
        description="a word of yours that goes with the callback address; made at random when left out",
    )
    version: Annotated[str, shaped(r"v\d{1,3}\.\d{1,2}", "a version looks like v26.0")] = Field(
        default=VERSION, description="of the Graph API, as v26.0"
    )
    list_button: str = Field(
        default="☰",
        min_length=1,
        max_length=20,
        description="what stands on the button that opens a list of more than three choices",
    )


# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
CAN = Capabilities(
    text_limit=4096,
    caption_limit=1024,
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.FILE}),
    buttons=10,
    reactions=True,
    read_marks=True,
    reply_window=timedelta(hours=24),
    templates=True,
)

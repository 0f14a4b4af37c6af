"""What one Facebook Page needs, and what Messenger can do."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, SecretStr

from channels.kit.credentials import Credential, made
from channels.kit.meta import AppSecrets
from channels.kit.meta_reply import QUICK_REPLIES, TYPES
from channels.kit.shape import SourceSettings
from leads.events import Capabilities


class Settings(SourceSettings):
    """One Page. Its app pushes to us; `app_id` lets us tell it where to."""

    page_id: str = Field(
        pattern=r"^\d{1,32}$", description="the Page's id: facebook.com/<page> → About → Page transparency"
    )
    token: Credential = Field(
        description="a Page access token: developers.facebook.com → your app → Messenger → API setup",
    )
    app_secret: AppSecrets = Field(
        description="developers.facebook.com → your app → App settings → Basic → App secret"
    )
    verify_token: SecretStr = Field(
        default_factory=made,
        min_length=1,
        description="typed beside the callback URL under Messenger → Webhooks; made at random when left out",
    )
    app_id: str = Field(
        default="",
        pattern=r"^\d{0,32}$",
        description="the app's id, top left in its dashboard: with it the webhook registers itself",
    )


# https://developers.facebook.com/docs/messenger-platform/reference/send-api (text: below 2,000 characters)
# https://developers.facebook.com/documentation/business-messaging/messenger-platform/send-messages/sender-actions
CAN = Capabilities(
    text_limit=1999,
    caption_limit=-1,  # a file has no caption: the text follows it
    media=frozenset(TYPES),
    buttons=QUICK_REPLIES,
    reactions=True,
    read_marks=True,
    typing=True,
    reply_window=timedelta(hours=24),
    late=timedelta(days=7),
)

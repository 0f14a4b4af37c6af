"""What one professional account needs, and what Instagram can do."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from channels.kit.credentials import Credential, made
from channels.kit.meta import AppSecrets
from channels.kit.meta_reply import QUICK_REPLIES
from channels.kit.shape import SourceSettings
from leads.events import Capabilities, MediaKind


class Settings(SourceSettings):
    """One account, connected to an app with Instagram Login, or through its Facebook Page."""

    account_id: str = Field(
        pattern=r"^\d{1,32}$",
        description="the professional account's id (1784…): GET /me?fields=user_id, or the Page's "
        "instagram_business_account",
    )
    token: Credential = Field(
        description="Instagram Login: the account's token under Instagram → API setup (60 days); "
        "Facebook Login: the Page's access token",
    )
    app_secret: AppSecrets = Field(
        description="Instagram → API setup → Instagram app secret, and App settings → Basic → App secret: "
        "both, parted by a comma",
    )
    login: Literal["instagram", "facebook"] = Field(
        default="instagram", description="how the account was connected to the app: instagram or facebook"
    )
    page_id: str = Field(
        default="", pattern=r"^\d{0,32}$", description="Facebook Login only: the id of the linked Page"
    )
    username: str = Field(
        default="", description="the account's name: own comments are known by it as well as by the id"
    )
    verify_token: SecretStr = Field(
        default_factory=made,
        min_length=1,
        description="typed beside the callback URL under Webhooks; made at random when left out",
    )

    @model_validator(mode="after")
    def _has_its_page(self) -> Self:
        if self.login == "facebook" and not self.page_id:
            raise ValueError("login=facebook needs page_id, the id of the linked Page")
        return self

    @property
    def sender_id(self) -> str:
        """Whose messages and subscriptions they are in Graph's eyes."""
        return self.page_id if self.login == "facebook" else self.account_id


# https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/send-message
CAN = Capabilities(
    text_limit=999,  # "less than 1000 characters"
    text_bytes=1000,
    caption_limit=-1,  # a file has no caption: the text follows it
    media=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.FILE}),
    buttons=QUICK_REPLIES,
    reactions=True,
    read_marks=True,
    typing=True,
    reply_window=timedelta(hours=24),
    late=timedelta(days=7),
)

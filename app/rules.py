"""The company's settings as decisions see them."""

from __future__ import annotations

from app.settings import Settings
from channels.kit.discover import channels
from leads.changes import Rules


def rules_of(settings: Settings) -> Rules:
    return Rules(
        zone=settings.timezone,
        language=settings.language,
        country=settings.country,
        can={name: channel.can for name, channel in channels().items()},
        first_answer=settings.first_answer,
        first_answer_head=settings.first_answer_head,
        keep_deleted=settings.keep_deleted,
    )

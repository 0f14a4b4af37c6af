"""Tokens and secrets as settings: copied whole, or made here."""

from __future__ import annotations

import secrets
from typing import Annotated

from pydantic import SecretStr

from channels.kit.shape import shaped

# It becomes a header's value, where a line break would begin another header.
Credential = Annotated[
    SecretStr, shaped(r"[!-~]{16,2000}", "copy it whole: at least 16 characters, without spaces")
]

# What a vendor repeats in a header: the Bot API and MAX name the same letters.
HeaderSecret = Annotated[SecretStr, shaped(r"[\w-]{16,256}", "use 16 to 256 of A-Z a-z 0-9 _ -")]


def made() -> SecretStr:
    """A secret of our own, that nobody can guess."""
    return SecretStr(secrets.token_urlsafe(32))

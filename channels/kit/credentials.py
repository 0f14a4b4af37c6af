"""Tokens and secrets as settings: what was copied with a space or a line break is told at once."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr


def _whole(value: SecretStr) -> SecretStr:
    """It becomes a header's value, where a line break would begin another header."""
    if re.fullmatch(r"[!-~]{16,2000}", value.get_secret_value(), re.ASCII) is None:
        raise ValueError("copy it whole: at least 16 characters, without spaces")
    return value


Credential = Annotated[SecretStr, AfterValidator(_whole)]

"""What settings must look like, so that a half-copied token is found when it is given, not when used."""

from __future__ import annotations

import re

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr


class SourceSettings(BaseModel):
    """Of one source. No refusal repeats what was given: it may be a secret in the wrong place."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def shaped(pattern: str, message: str) -> AfterValidator:
    """In `Annotated`: a text or a secret that the whole pattern must fit; `message` says what to do."""

    def check(value: str | SecretStr) -> str | SecretStr:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if re.fullmatch(pattern, text, re.ASCII) is None:
            raise ValueError(message)
        return value

    return AfterValidator(check)

"""What a form's door needs to know; every value can be given as text on the command line."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from channels.kit.shape import SourceSettings
from channels.kit.verify import standard_key


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part for part in (piece.strip().lower() for piece in value.split(",")) if part)
    return value


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
            raise ValueError(f"{value!r} is no origin; write it as https://shop.example")
    return tuple(value.rstrip("/") for value in values)


def _hosts(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if "/" in value:
            raise ValueError(f"{value!r} is no host; write it as shop.example")
    return values


def _signing_secret(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not 24 <= len(standard_key(value.get_secret_value())) <= 64:
        raise ValueError("a signing secret is whsec_ and the base64 of 24 to 64 random bytes")
    return value


CommaList = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Settings(SourceSettings):
    """One form, or one site with several."""

    title: str = Field("", description="the form's name, on the card and on our pages")
    language: Literal["en", "ru"] = Field(
        "en", description="of our pages, for a browser that asks for another one"
    )
    allowed_origins: Annotated[CommaList, AfterValidator(_origins)] = Field(
        (), description="the sites that may post, with commas between them; every site when left out"
    )
    next_hosts: Annotated[CommaList, AfterValidator(_hosts)] = Field(
        (), description="where `_next` may lead, with commas between them"
    )
    honeypot: bool = Field(True, description="whether a filled hidden field means a machine")
    min_seconds: float = Field(
        2, ge=0, description="sent sooner after it was shown, a machine did it; 0 turns this off"
    )
    signing_secret: Annotated[SecretStr | None, AfterValidator(_signing_secret)] = Field(
        None,
        description="whsec_… of Standard Webhooks: only signed calls are taken then, and browsers are not",
    )

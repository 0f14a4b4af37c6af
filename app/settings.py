"""Settings: the only reader of the environment and of `.env`. Names are fixed (README, "Settings")."""

from __future__ import annotations

import os
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from app.killpoints import Point
from texts import Texts, catalogue

PREFIX = "FRONTDESK_"
LANGUAGES = ("en", "ru")


class SettingsError(Exception):
    """Settings that cannot work; each line of `str(error)` names a variable and says what to do."""


class Settings(BaseSettings):
    """What the environment says, checked. Secrets are `SecretStr`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", extra="allow", frozen=True
    )

    database_url: str = "sqlite://var/frontdesk.db"
    desk_token: SecretStr | None = None
    owner_id: Annotated[tuple[int, ...], NoDecode] = ()
    telegram_api: str = ""
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    secret: SecretStr | None = None
    timezone: str = "UTC"
    language: str = "en"
    country: str = ""
    send_rates: str = "bot=30,chat=1,group=20"
    intake_rates: str = "source=2000,address=5"
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    metrics_token: SecretStr | None = None
    first_answer_minutes: int = Field(default=15, ge=1)
    first_answer_head_minutes: int = Field(default=30, ge=1)
    keep_days: int = Field(default=30, ge=1)
    keep_deleted: bool = True
    test_kill: Point = ""

    @field_validator("owner_id", "trusted_proxies", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("desk_token", "secret", "metrics_token", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"sqlite", "postgres", "postgresql"}:
            raise ValueError("settings-database-url")
        return value

    @field_validator("desk_token")
    @classmethod
    def _token_shape(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().partition(":")[0].isdigit():
            raise ValueError("settings-token")
        return value

    @field_validator("public_url", "telegram_api")
    @classmethod
    def _http_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.netloc):
            raise ValueError("settings-url")
        return value.rstrip("/")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("settings-timezone") from None
        return value

    @field_validator("language")
    @classmethod
    def _known_language(cls, value: str) -> str:
        if value not in LANGUAGES:
            raise ValueError("settings-language")
        return value

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        if value and (len(value) != 2 or not value.isalpha()):
            raise ValueError("settings-country")
        return value.upper()

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            for item in value:
                ip_network(item, strict=False)
        except ValueError:
            raise ValueError("settings-proxies") from None
        return value

    @field_validator("send_rates", "intake_rates")
    @classmethod
    def _rates(cls, value: str) -> str:
        if value != "off":
            parse_rates(value)
        return value

    @model_validator(mode="after")
    def _nothing_half_set(self) -> Settings:
        if self.public_url and not self.metrics_token:
            raise ValueError("settings-metrics-token")
        if not self.database_url.startswith("sqlite") and not self.secret:
            raise ValueError("settings-secret")
        return self

    @property
    def state_folder(self) -> Path:
        """Key file, blobs and lock: beside the SQLite file, else `var/`."""
        if self.database_url.startswith("sqlite"):
            return Path(self.database_url.removeprefix("sqlite://")).parent
        return Path("var")

    @property
    def send_budgets(self) -> dict[str, float] | None:
        """`send_rates` as numbers; None where they are off."""
        return None if self.send_rates == "off" else parse_rates(self.send_rates)

    @property
    def first_answer(self) -> timedelta:
        return timedelta(minutes=self.first_answer_minutes)

    @property
    def first_answer_head(self) -> timedelta:
        return timedelta(minutes=self.first_answer_head_minutes)

    def channel_api(self, channel: str) -> str:
        """`FRONTDESK_<CHANNEL>_API`, or empty for the vendor's own; Telegram's is every Telegram bot's."""
        extra: dict[str, Any] = self.model_extra or {}
        name = f"{channel}_api"
        own = getattr(self, name, "") or extra.get(name, "") or extra.get(f"{PREFIX}{name}".lower(), "")
        return str(own or (self.telegram_api if channel.startswith("telegram") else ""))


class FixedSettings(Settings):
    """Settings that take nothing from the environment, for the demo and for tests."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def parse_rates(value: str) -> dict[str, float]:
    """`bot=30,chat=1` as numbers above zero; `off` is for the caller to see first."""
    rates: dict[str, float] = {}
    for part in value.split(","):
        name, _, number = part.partition("=")
        try:
            rates[name.strip()] = float(number)
        except ValueError:
            raise ValueError("settings-rates") from None
        if rates[name.strip()] <= 0:
            raise ValueError("settings-rates")
    return rates


def load_settings(**given: Any) -> Settings:
    """Read the environment. `given` overrides it; `_env_file=None` leaves `.env` alone.

    Raises `SettingsError` with one line for each variable that cannot work.
    """
    try:
        return Settings(**_channel_apis() | given)
    except ValidationError as error:
        texts = catalogue(os.environ.get(f"{PREFIX}LANGUAGE", "en"))
        raise SettingsError("\n".join(_line(texts, item) for item in error.errors())) from None


def _channel_apis() -> dict[str, str]:
    """`FRONTDESK_<CHANNEL>_API`: pydantic reads only the variables of declared fields."""
    names = [name for name in os.environ if name.startswith(PREFIX) and name.endswith("_API")]
    return {name.removeprefix(PREFIX).lower(): os.environ[name] for name in names}


def _line(texts: Texts, item: Any) -> str:
    key = str(item["msg"]).removeprefix("Value error, ")
    message = texts.say(key) if key.startswith("settings-") else key
    return f"{PREFIX}{str(item['loc'][0]).upper()}: {message}" if item["loc"] else message

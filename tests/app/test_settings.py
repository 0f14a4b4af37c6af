"""Settings: nothing set works, half set is refused with the variable's name, secrets stay inside."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import FixedSettings, SettingsError, load_settings, parse_rates

TOKEN = "123456789:" + "a" * 35


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DESK_TOKEN", "PUBLIC_URL", "DATABASE_URL", "LANGUAGE", "TIMEZONE"):
        monkeypatch.delenv(f"FRONTDESK_{name}", raising=False)


def test_nothing_set_is_fine() -> None:
    settings = load_settings()
    assert settings.database_url == "sqlite://var/frontdesk.db"
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.desk_token is None
    assert settings.state_folder == Path("var")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DESK_TOKEN", "hello"),
        ("PUBLIC_URL", "desk.example.org"),
        ("TELEGRAM_API", "ftp://x"),
        ("TIMEZONE", "Moon/Base"),
        ("TIMEZONE", "../../etc/passwd"),
        ("LANGUAGE", "xx"),
        ("COUNTRY", "Latvia"),
        ("SEND_RATES", "bot=fast"),
        ("SEND_RATES", "bot=0"),
        ("INTAKE_RATES", "bot"),
        ("PORT", "99999"),
        ("OWNER_ID", "anna"),
    ],
)
def test_a_value_that_cannot_work_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"FRONTDESK_{name}", value)
    with pytest.raises(SettingsError, match=f"^FRONTDESK_{name}: "):
        load_settings()


def test_a_public_address_needs_a_metrics_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_PUBLIC_URL", "https://desk.example.org")
    with pytest.raises(SettingsError, match="FRONTDESK_METRICS_TOKEN"):
        load_settings()
    monkeypatch.setenv("FRONTDESK_METRICS_TOKEN", "something-long-and-random")
    assert load_settings().public_url == "https://desk.example.org"


def test_postgresql_needs_the_shared_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_DATABASE_URL", "postgres://u@localhost/x")
    with pytest.raises(SettingsError, match="FRONTDESK_SECRET"):
        load_settings()


def test_errors_speak_the_language_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_LANGUAGE", "ru")
    monkeypatch.setenv("FRONTDESK_COUNTRY", "Latvia")
    with pytest.raises(SettingsError, match="две буквы"):
        load_settings()


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_DESK_TOKEN", TOKEN)
    settings = load_settings()
    assert TOKEN not in repr(settings)
    assert settings.desk_token
    assert settings.desk_token.get_secret_value() == TOKEN


def test_a_wrong_secret_is_not_printed_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_DESK_TOKEN", "pasted-something-secret")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "pasted" not in str(caught.value)


def test_dotenv_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FRONTDESK_PORT=9001\nFRONTDESK_COUNTRY=lv\nFRONTDESK_VK_API=http://a\n")
    assert load_settings().port == 9001
    assert load_settings().country == "LV"
    assert load_settings().channel_api("vk") == "http://a"
    monkeypatch.setenv("FRONTDESK_PORT", "9002")
    assert load_settings().port == 9002
    assert load_settings(_env_file=None).country == ""


def test_an_api_base_of_any_channel_is_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_WHATSAPP_API", "http://127.0.0.1:1")
    monkeypatch.setenv("FRONTDESK_TELEGRAM_API", "http://127.0.0.1:2/")
    settings = load_settings()
    assert settings.channel_api("whatsapp") == "http://127.0.0.1:1"
    assert settings.channel_api("telegram") == "http://127.0.0.1:2"
    assert settings.channel_api("line") == ""


def test_lists_are_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_OWNER_ID", "1, 2,")
    monkeypatch.setenv("FRONTDESK_TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1")
    settings = load_settings()
    assert settings.owner_id == (1, 2)
    assert settings.trusted_proxies == ("10.0.0.0/8", "127.0.0.1")


def test_an_unreadable_proxy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_TRUSTED_PROXIES", "the-proxy")
    with pytest.raises(SettingsError, match=r"^FRONTDESK_TRUSTED_PROXIES: "):
        load_settings()


@given(st.dictionaries(st.sampled_from(["bot", "chat", "group"]), st.integers(1, 10**6), min_size=1))
def test_rates_read_back_as_written(rates: dict[str, int]) -> None:
    assert parse_rates(",".join(f"{name}={value}" for name, value in rates.items())) == rates


def test_telegrams_server_counts_for_every_telegram_bot() -> None:
    made = FixedSettings(telegram_api="http://127.0.0.1:1")
    asked = [made.channel_api(name) for name in ("telegram", "telegram_business", "viber")]
    assert asked == ["http://127.0.0.1:1", "http://127.0.0.1:1", ""]

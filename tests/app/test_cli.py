"""The short commands: what they do, their exit codes, and that their words say what to do next."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from cli_scene import DESK, SHOP, SHOP_2, Command
from databases import SECRET

from channels.kit.discover import channels

FORM = ("source", "add", "web_form", "--key", "form")

HERE = "https://desk.example"


def test_run_without_a_token_says_how_to_get_one(frontdesk: Command) -> None:
    done = frontdesk("run")
    assert done.exit_code == 1
    assert "@BotFather" in done.stderr
    assert "FRONTDESK_DESK_TOKEN" in done.stderr
    assert "make demo" in done.stderr


def test_run_speaks_the_language_that_is_set(frontdesk: Command) -> None:
    assert "не задан" in frontdesk("run", language="ru").stderr


@pytest.mark.parametrize("roles", ["cook", "web,cook", ""])
def test_run_knows_its_roles(frontdesk: Command, roles: str) -> None:
    done = frontdesk("run", "--roles", roles, desk_token=DESK)
    assert done.exit_code == 2
    assert "web, work, desk and clock" in done.stderr


def test_a_taken_port_is_said(frontdesk: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = frontdesk("run", "--roles", "web", port=port)
    assert done.exit_code == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "FRONTDESK_PORT" in done.stderr


def test_a_setting_that_cannot_work_is_named(frontdesk: Command) -> None:
    done = frontdesk("source", "list", port="many", timezone="Moon/Base")
    assert done.exit_code == 1
    assert "FRONTDESK_PORT: " in done.stderr
    assert "FRONTDESK_TIMEZONE: " in done.stderr


@pytest.mark.parametrize(
    "words", [("nonsense",), ("source", "open"), ("journal",), ("manager", "add", "anna")]
)
def test_wrong_use_ends_with_2(frontdesk: Command, words: tuple[str, ...]) -> None:
    assert frontdesk(*words).exit_code == 2


# --- sources ------------------------------------------------------------------------------------------------


def test_a_source_is_opened_shown_and_closed(frontdesk: Command) -> None:
    assert "frontdesk source add" in frontdesk("source", "list").stdout
    added = frontdesk(*FORM, public_url="https://desk.example.org", metrics_token="long-enough")
    assert added.exit_code == 0
    assert "https://desk.example.org/in/web_form/form" in added.stdout
    assert "/in/web_form/form" in frontdesk("source", "list").stdout
    assert frontdesk("source", "remove", "form").exit_code == 0
    assert "/in/web_form/form" not in frontdesk("source", "list").stdout


def test_a_left_out_key_is_random(frontdesk: Command) -> None:
    frontdesk("source", "add", "web_form")
    frontdesk("source", "add", "web_form")
    keys = {line.split()[1] for line in frontdesk("source", "list").stdout.splitlines()}
    assert len(keys) == 2
    assert all(len(key) >= 32 for key in keys)


def test_a_local_address_is_called_one(frontdesk: Command) -> None:
    added = frontdesk(*FORM)
    assert "http://127.0.0.1:8080/in/web_form/form" in added.stdout
    assert "FRONTDESK_PUBLIC_URL" in added.stdout


@pytest.mark.parametrize("key", ["a b", "../etc", "ключ", "x" * 65])
def test_a_key_that_fits_no_path_is_refused(frontdesk: Command, key: str) -> None:
    done = frontdesk("source", "add", "web_form", "--key", key)
    assert done.exit_code == 2
    assert "1 to 64" in done.stderr


def test_a_key_is_given_once(frontdesk: Command) -> None:
    frontdesk(*FORM)
    done = frontdesk(*FORM)
    assert done.exit_code == 1
    assert "form already" in done.stderr


def test_an_unknown_channel_is_answered_with_the_known_ones(frontdesk: Command) -> None:
    done = frontdesk("source", "add", "pigeon")
    assert done.exit_code == 2
    assert "telegram" in done.stderr


@pytest.mark.parametrize(
    ("channel", "value", "complaint"),
    [
        ("web_form", "colour=red", "allowed_origins"),
        ("web_form", "title", "NAME=VALUE"),
        ("web_form", "min_seconds=soon", "min_seconds"),
        ("web_form", "signing_secret=guess-this-1", "signing"),
        ("telegram", "username=shop", "A telegram source needs token"),
        ("telegram", "username=shop", "as @BotFather told it"),
        ("telegram", "token=pasted-by-mistake-1", "BotFather"),
    ],
)
def test_settings_that_do_not_fit_are_named_and_not_shown(
    frontdesk: Command, channel: str, value: str, complaint: str
) -> None:
    done = frontdesk("source", "add", channel, "--set", value)
    assert done.exit_code == 2
    assert complaint in done.stderr
    assert "guess-this" not in done.output
    assert "by-mistake" not in done.output


def test_what_is_wanted_at_the_vendor_is_printed_unless_it_is_told_by_ourselves(frontdesk: Command) -> None:
    values = {
        "phone_number_id": "1055",
        "waba_id": "2055",
        "token": "EAAG" + "x" * 40,
        "app_secret": "a" * 32,
    }
    words = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    done = frontdesk("source", "add", "whatsapp", "--key", "wa", *words)
    assert done.exit_code == 0, done.output
    assert "verify_token = " in done.stdout
    assert values["token"] not in done.stdout
    more = {"public_url": HERE, "metrics_token": "m" * 24}
    public = frontdesk("source", "add", "whatsapp", "--key", "wb", *words, **more)
    assert f"{HERE}/in/whatsapp/wb" in public.stdout
    assert "verify_token" not in public.stdout


@pytest.mark.parametrize("channel", channels())
def test_every_channel_says_what_it_needs_and_how_it_is_got(frontdesk: Command, channel: str) -> None:
    done = frontdesk("source", "about", channel)
    assert done.exit_code == 0
    settings = channels()[channel].settings.model_fields
    for name, field in settings.items():
        assert name in done.stdout
        assert field.description, f"{channel}: nobody says where {name} is found"
        assert field.description in done.stdout
    assert f"# {channel}" in done.stdout


def test_the_managers_bot_is_not_for_customers(frontdesk: Command) -> None:
    add = ("source", "add", "telegram", "--key", "shop", "--set")
    done = frontdesk(*add, f"token={DESK}", desk_token=DESK)
    assert done.exit_code == 2
    assert "@BotFather" in done.stderr
    assert frontdesk(*add, f"token={SHOP}", desk_token=DESK).exit_code == 0
    done = frontdesk("source", "rotate", "shop", "--set", f"token={DESK}", desk_token=DESK)
    assert done.exit_code == 2


def test_rotating_says_how_long_the_old_secret_is_good(frontdesk: Command) -> None:
    frontdesk("source", "add", "telegram", "--key", "shop", "--set", f"token={SHOP}")
    rotate = ("source", "rotate", "shop", "--set", f"token={SHOP_2}", "--until")
    done = frontdesk(*rotate, "2030-01-02T10:00", timezone="Europe/Vilnius")
    assert done.exit_code == 0
    assert "2030-01-02 10:00:00" in done.stdout
    assert frontdesk(*rotate, "soon").exit_code == 2
    assert frontdesk("source", "rotate", "shop", "--set", "colour=red").exit_code == 2


@pytest.mark.parametrize("verb", ["rotate", "remove"])
def test_an_unknown_source_is_said_to_be_one(frontdesk: Command, verb: str) -> None:
    done = frontdesk("source", verb, "nowhere")
    assert done.exit_code == 1
    assert "frontdesk source list" in done.stderr


# --- managers -----------------------------------------------------------------------------------------------


def test_managers_come_and_go(frontdesk: Command) -> None:
    assert "frontdesk manager add" in frontdesk("manager", "list").stdout
    added = frontdesk("manager", "add", "102", "--name", "Tomas", "--team", "kitchens")
    assert added.exit_code == 0
    assert "press Start" in added.stdout
    assert frontdesk("manager", "add", "101", "--name", "Vera", "--role", "owner").exit_code == 0
    vera, tomas = sorted(frontdesk("manager", "list").stdout.splitlines())
    assert vera.split()[:4] == ["101", "owner", "off", "shift"]
    assert tomas.split() == ["102", "manager", "on", "shift", "Tomas", "kitchens"]
    assert frontdesk("manager", "remove", "102").exit_code == 0
    assert "Tomas" not in frontdesk("manager", "list").stdout
    assert frontdesk("manager", "add", "102", "--name", "Tomas").exit_code == 0
    again = frontdesk("manager", "add", "101", "--name", "Vera Finch")
    assert (again.exit_code, "already" in again.stderr) == (1, True)
    names = {line.split(maxsplit=4)[4].strip() for line in frontdesk("manager", "list").stdout.splitlines()}
    assert names == {"Vera", "Tomas"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "103", "--name", "Ann", "--role", "cook"), 2),
        (("add", "103"), 2),
        (("add", "0", "--name", "Ann"), 2),
        (("add", "9" * 20, "--name", "Ann"), 2),
        (("remove", "103"), 1),
    ],
)
def test_what_cannot_be_done_with_managers(frontdesk: Command, words: tuple[str, ...], code: int) -> None:
    frontdesk("manager", "add", "102", "--name", "Tomas")
    done = frontdesk("manager", *words)
    assert done.exit_code == code
    assert done.stderr.strip()
    assert len(frontdesk("manager", "list").stdout.splitlines()) == 1


# --- rows ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noun", ["parked", "outbox"])
def test_empty_lists_say_so(frontdesk: Command, noun: str) -> None:
    done = frontdesk(noun, "list")
    assert done.exit_code == 0
    assert "Nothing" in done.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("parked", "show", "7"), 1),
        (("parked", "replay", "7"), 1),
        (("parked", "replay"), 2),
        (("outbox", "retry", "7"), 1),
        (("outbox", "retry"), 2),
        (("journal", "7"), 1),
        (("journal", "9" * 20), 2),
        (("parked", "show", "9" * 20), 2),
        (("outbox", "retry", "9" * 20), 2),
    ],
)
def test_what_is_not_there_cannot_be_shown(frontdesk: Command, words: tuple[str, ...], code: int) -> None:
    done = frontdesk(*words)
    assert done.exit_code == code
    assert done.stderr.strip()


@pytest.mark.parametrize("words", [("parked", "replay", "--all"), ("outbox", "retry", "--all")])
def test_all_of_none_is_done(frontdesk: Command, words: tuple[str, ...]) -> None:
    done = frontdesk(*words)
    assert done.exit_code == 0
    assert done.stdout.startswith("0 ")


# --- the store ----------------------------------------------------------------------------------------------


def test_migrating_makes_the_database_and_its_key(frontdesk: Command, tmp_path: Path) -> None:
    assert frontdesk("migrate").exit_code == 0
    assert (tmp_path / "var" / "frontdesk.db").exists()
    assert (tmp_path / "var" / "key").stat().st_mode & 0o077 == 0
    assert frontdesk("migrate").exit_code == 0


def test_a_database_that_is_away_is_said_without_its_password(frontdesk: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    away = f"postgres://u:hunter2@127.0.0.1:{port}/x"
    for words in (("source", "list"), ("check",), ("migrate",), ("run", "--roles", "web")):
        done = frontdesk(*words, database_url=away, secret=SECRET)
        assert done.exit_code == 1
        assert "cannot be reached" in done.stderr
        assert "hunter2" not in done.output


def test_a_file_that_is_no_database_is_left_alone(frontdesk: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("milk, bread, butter " * 50)
    done = frontdesk("source", "list", database_url="sqlite://notes.txt")
    assert done.exit_code == 1
    assert "not a database" in done.stderr
    assert (tmp_path / "notes.txt").read_text().startswith("milk")


def test_another_key_does_not_open_the_store(frontdesk: Command) -> None:
    frontdesk(*FORM, secret=SECRET)
    other = frontdesk("secret").stdout.strip()
    done = frontdesk("source", "list", secret=other)
    assert done.exit_code == 1
    assert "FRONTDESK_SECRET" in done.stderr
    assert other not in done.output
    assert frontdesk("source", "list", secret=SECRET).exit_code == 0


@pytest.mark.parametrize("noun", ["source", "manager", "parked", "outbox"])
def test_a_bare_noun_shows_its_verbs(frontdesk: Command, noun: str) -> None:
    assert "list" in frontdesk(noun).output

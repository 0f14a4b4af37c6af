"""The open doors as a running process knows them: reread, rotated, closed; a misfit harms nobody."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from cli_scene import SHOP, SHOP_2
from databases import Clock
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, ValidationError, field_validator

from app import sources as sources_module
from app.logs import MASK, Redactor
from app.settings import FixedSettings
from app.sources import Sources, complaint, new_key, plain, secrets_of
from channels.kit.discover import channels
from leads.errors import StoreUnavailable
from storage.store import Store

FORM = {"title": "Kitchens", "min_seconds": 0}
BOT = {"token": SHOP, "secret": "a-webhook-secret-of-tests"}
NEXT = {"token": SHOP_2, "secret": "the-next-webhook-secret-1"}


@pytest.fixture
def redact() -> Redactor:
    return Redactor()


@pytest.fixture
def doors(store: Store, clock: Clock, redact: Redactor) -> Sources:
    settings = FixedSettings(public_url="https://desk.example", metrics_token=SecretStr("x"), country="LV")
    return Sources(store, channels(), settings, redact, clock)


def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources_module, "REREAD_AT_MOST_EVERY", -1.0)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every reading of the sources leaves a line."""
    lines: list[str] = []
    real: Callable[..., Awaitable[Any]] = Store.sources

    async def read(self: Store, **options: Any) -> Any:
        lines.append("read")
        return await real(self, **options)

    monkeypatch.setattr(Store, "sources", read)
    return lines


async def test_a_door_opened_meanwhile_is_found_at_its_first_call(
    doors: Sources, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch)
    await doors.refresh()
    assert await doors.find("web_form", "form") is None
    row = await store.add_source("web_form", "form", FORM)
    found = await doors.find("web_form", "form")
    assert found is not None
    assert (found.id, found.channel, found.key) == (row.id, "web_form", "form")
    assert found.settings.title == "Kitchens"
    assert (found.base_url, found.country) == ("https://desk.example", "LV")


async def test_guessed_keys_do_not_have_the_database_read_each_time(
    doors: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources_module, "REREAD_AT_MOST_EVERY", 3600.0)
    reads = counted(monkeypatch)
    await doors.refresh()
    for number in range(50):
        assert await doors.find("web_form", f"guess-{number}") is None
    assert len(reads) == 1


async def test_known_doors_are_found_without_the_database(
    doors: Sources, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch)
    row = await store.add_source("web_form", "form", FORM)
    await doors.refresh()
    reads = counted(monkeypatch)
    assert await doors.find("web_form", "form")
    assert await doors.by_id(row.id)
    assert reads == []


async def test_a_key_belongs_to_its_channel(doors: Sources, store: Store) -> None:
    await store.add_source("web_form", "form", FORM)
    await doors.refresh()
    assert await doors.find("telegram", "form") is None


async def test_a_closed_door_is_closed_at_the_next_look(doors: Sources, store: Store) -> None:
    row = await store.add_source("web_form", "form", FORM)
    await doors.refresh()
    assert [source.key for source in doors.all()] == ["form"]
    await store.remove_source("form")
    await doors.refresh()
    assert doors.all() == ()
    assert await doors.by_id(row.id) is None


async def test_a_source_is_found_by_its_number_though_it_is_newer_than_the_last_look(
    doors: Sources, store: Store
) -> None:
    await doors.refresh()
    row = await store.add_source("telegram", "shop", BOT)
    found = await doors.by_id(row.id)
    assert found is not None
    assert found.key == "shop"


async def test_a_channel_that_is_no_more_costs_only_its_own_door(
    doors: Sources, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await store.add_source("pigeon", "loft", {"colour": "grey"})
    await store.add_source("web_form", "form", FORM)
    await doors.refresh()
    assert [source.key for source in doors.all()] == ["form"]
    assert "pigeon" in caplog.text


@pytest.mark.parametrize(
    "misfit", [{"token": "123456:too-short", "secret": "s"}, {"token": SHOP, "colour": "red"}, {}]
)
async def test_settings_that_fit_no_more_cost_only_their_own_door_and_are_not_told(
    doors: Sources, store: Store, caplog: pytest.LogCaptureFixture, misfit: dict[str, str]
) -> None:
    await store.add_source("telegram", "old", misfit)
    await store.add_source("telegram", "shop", BOT)
    await doors.refresh()
    assert [source.key for source in doors.all()] == ["shop"]
    assert "do not fit" in caplog.text
    for value in misfit.values():
        assert value not in caplog.text or len(value) < 8


async def test_both_secrets_count_until_the_date_and_then_only_the_new_one(
    doors: Sources, store: Store, clock: Clock
) -> None:
    await store.add_source("telegram", "shop", BOT)
    await store.rotate("shop", NEXT, clock() + timedelta(hours=1))
    await doors.refresh()
    (source,) = doors.all()
    assert source.settings.secret.get_secret_value() == NEXT["secret"]
    assert source.previous.secret.get_secret_value() == BOT["secret"]
    clock.move(timedelta(minutes=59))
    await doors.refresh()
    assert doors.all()[0].previous is not None
    clock.move(timedelta(minutes=1))
    await doors.refresh()
    assert doors.all()[0].previous is None


async def test_every_secret_of_a_source_is_learnt_by_the_log_the_former_ones_too(
    doors: Sources, store: Store, clock: Clock, redact: Redactor
) -> None:
    await store.add_source("telegram", "shop", BOT)
    await store.rotate("shop", NEXT, clock() + timedelta(hours=1))
    await doors.refresh()
    line = f"sent {NEXT['secret']} and {BOT['secret']} as {SHOP_2.partition(':')[2]}"
    assert redact(line) == f"sent {MASK} and {MASK} as {MASK}"


async def test_a_vendors_other_address_reaches_the_source(store: Store, clock: Clock) -> None:
    settings = FixedSettings(telegram_api="http://127.0.0.1:9/")
    doors = Sources(store, channels(), settings, Redactor(), clock)
    await store.add_source("telegram", "shop", BOT)
    await store.add_source("web_form", "form", FORM)
    await doors.refresh()
    assert [source.api_base for source in doors.all()] == ["http://127.0.0.1:9", ""]


async def test_while_the_database_is_away_known_doors_stay_open(
    doors: Sources, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch)
    await store.add_source("web_form", "form", FORM)
    await doors.refresh()

    async def away(_: Store, **__: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(Store, "sources", away)
    assert await doors.find("web_form", "form")
    with pytest.raises(StoreUnavailable):  # a 503: whether the key exists is not known
        await doors.find("web_form", "other")
    assert len(doors.all()) == 1


async def test_an_unchanged_source_equals_itself_after_rereading(doors: Sources, store: Store) -> None:
    """What polls or registers a source does so again only when it has changed."""
    await store.add_source("telegram", "shop", BOT)
    await doors.refresh()
    (before,) = doors.all()
    await doors.refresh()
    assert doors.all() == (before,)


# --- settings as values -------------------------------------------------------------------------------------


class Toy(BaseModel):
    """Settings of no channel."""

    name: str = ""
    token: SecretStr | None = None
    hosts: tuple[str, ...] = ()

    @field_validator("name")
    @classmethod
    def _small(cls, value: str) -> str:
        if value != value.lower():
            raise ValueError("write it in small letters")
        return value


@given(st.text(min_size=1), st.text().map(str.lower), st.lists(st.text()).map(tuple))
def test_settings_survive_being_stored(token: str, name: str, hosts: tuple[str, ...]) -> None:
    if name != name.lower():
        return
    settings = Toy(name=name, token=SecretStr(token), hosts=hosts)
    assert Toy.model_validate(plain(settings)) == settings
    assert plain(settings)["token"] == token
    assert list(secrets_of(settings)) == [token]


def test_no_secret_is_made_of_what_is_not_there() -> None:
    assert list(secrets_of(None, Toy(), Toy(token=SecretStr("a")))) == ["a"]


def test_a_complaint_names_each_field_and_shows_no_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Toy.model_validate({"name": "SECRET-NAME", "token": ["hidden-value"], "hosts": [5]})
    said = complaint(caught.value)
    assert "name: write it in small letters" in said
    assert "token: " in said
    assert "hosts.0: " in said
    assert "SECRET" not in said
    assert "hidden-value" not in said


def test_made_up_keys_fit_into_a_path_and_differ() -> None:
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(32 <= len(key) <= 64 and key.replace("-", "").replace("_", "").isalnum() for key in keys)


async def test_reading_the_doors_says_nothing_of_those_that_fit(
    doors: Sources, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "app")
    await store.add_source("telegram", "shop", BOT)
    await doors.refresh()
    assert caplog.text == ""

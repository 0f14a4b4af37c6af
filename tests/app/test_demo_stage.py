"""The demo's side of the stage: no real settings, an empty start, and a clock that forgets no reminder."""

from __future__ import annotations

import asyncio
import socket
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from cli_scene import Command
from hypothesis import given, settings
from hypothesis import strategies as st

from app import demo, morning
from app.demo import DESK_TOKEN, SHOP_TOKEN, Stage, build_stage, clear_state, demo_settings, free_port
from app.morning import Person, said, sketch
from app.runtime import Runtime
from leads.changes import Changes
from leads.model import Contact, Lead, LeadState, Reminder, ReminderKind
from sandbox.media import image_size
from storage.lifecycle import service_lock
from storage.store import Store

TOMAS = 102


def test_real_settings_are_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("FRONTDESK_DESK_TOKEN=1:real\nFRONTDESK_TELEGRAM_API=http://real\n")
    monkeypatch.setenv("FRONTDESK_DATABASE_URL", "postgres://real@db/real")
    monkeypatch.setenv("FRONTDESK_PUBLIC_URL", "https://real.example")
    found = demo_settings()
    assert found.desk_token
    assert found.desk_token.get_secret_value() == DESK_TOKEN
    assert found.database_url == "sqlite://var/demo/frontdesk.db"
    assert (found.public_url, found.telegram_api) == ("", "")


def test_the_demo_begins_with_an_empty_folder_and_keeps_the_lock_it_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "STATE", tmp_path / "demo")
    clear_state()  # nothing there yet
    (tmp_path / "demo" / "blobs" / "ab").mkdir(parents=True)
    for name in ("frontdesk.db", "frontdesk.db-wal", "key", "blobs/ab/cd", "frontdesk.db.running"):
        (tmp_path / "demo" / name).write_bytes(b"old")
    (tmp_path / "beside.txt").write_bytes(b"mine")
    clear_state()
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["frontdesk.db.running"]
    assert (tmp_path / "beside.txt").exists()


def test_a_taken_port_is_replaced_by_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = free_port(port)
        assert found not in {0, port}
    assert free_port(port) == port


def test_a_second_demo_is_refused_with_a_sentence(frontdesk: Command, tmp_path: Path) -> None:
    with service_lock(f"sqlite://{tmp_path}/var/demo/frontdesk.db"):
        done = frontdesk("demo", "--port", "0")
    assert done.exit_code == 1
    assert done.stderr.strip()


def test_the_stage_opens_at_nine_where_the_company_is() -> None:
    stage = build_stage(8080, 8081)
    local = stage.clock.now().astimezone(ZoneInfo(demo.ZONE))
    assert local.time().replace(second=0, microsecond=0) == time(9)
    assert (stage.url, stage.form_url) == (
        "http://127.0.0.1:8080",
        f"http://127.0.0.1:8081/in/web_form/{demo.FORM_KEY}",
    )
    assert set(stage.world.bots) == {DESK_TOKEN, SHOP_TOKEN}
    people = {stage.cast.owner, *stage.cast.managers, *stage.cast.customers}
    assert {person.id for person in people} == set(stage.world.users)
    assert stage.world.bots[DESK_TOKEN].topics


# --- the moved clock ----------------------------------------------------------------------------------------


@asynccontextmanager
async def moving(store: Store) -> AsyncIterator[Stage]:
    """A stage whose service is nothing but its store."""
    stage = build_stage(8080, 8081)
    stage.runtime = cast(Runtime, SimpleNamespace(store=store, settings=demo_settings()))
    task = asyncio.create_task(stage.keep_moving())
    try:
        yield stage
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def remind(store: Store, at: datetime, text: str) -> None:
    (source,) = await store.sources() or (await store.add_source("web_form", "form", {}),)
    if await store.manager_by_telegram(TOMAS) is None:
        await store.add_manager(TOMAS, "Tomas")
    manager = await store.manager_by_telegram(TOMAS)
    assert manager is not None
    put = (
        Contact(-1, "Olga", at, at),
        Lead(-2, -1, source.id, "web_form", LeadState.ACTIVE, at, manager_id=manager.id),
        Reminder(-3, -2, ReminderKind.MANUAL, at, manager_id=manager.id, text=text),
    )
    await store.commit(Changes(put=put))


async def test_a_leap_stops_at_each_reminder_so_that_none_is_late(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "SHOWN_WITHIN", 0.01)
    async with moving(store) as stage:
        start = stage.clock.now()
        for hours in (3, 1, 2):
            await remind(store, start + timedelta(hours=hours), f"in {hours} h")
        async with asyncio.timeout(20):
            await stage.move(timedelta(hours=4))
        assert timedelta(hours=4) <= stage.clock.now() - start < timedelta(hours=4, minutes=1)
    rows = await store.claim_outbox("managers", "test", 20)
    fired = [await store.reminder(row.body.args["reminder"]) for row in rows if "reminder" in row.body.args]
    assert [one.text for one in fired if one] == ["in 1 h", "in 2 h", "in 3 h"]
    assert not any(one.late for one in fired if one)
    for one in fired:
        assert one is not None
        assert one.fired_at is not None
        assert timedelta() <= one.fired_at - one.due_at < timedelta(minutes=1)


async def test_moves_add_up_and_what_is_further_away_waits(store: Store) -> None:
    async with moving(store) as stage:
        start = stage.clock.now()
        await remind(store, start + timedelta(days=1), "tomorrow")
        stage.advance(timedelta(minutes=5))
        async with asyncio.timeout(20):
            await stage.move(timedelta(minutes=7))
        assert timedelta(minutes=12) <= stage.clock.now() - start < timedelta(minutes=13)
    assert await store.claim_outbox("managers", "test", 20) == []


# --- the morning --------------------------------------------------------------------------------------------


def test_what_a_message_says() -> None:
    assert said({"text": "a", "caption": "b"}) == "a"
    assert said({"caption": "b"}) == "b"
    assert said({"photo": []}) == ""


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60))
def test_the_drawn_plan_is_a_sound_picture(width: int, height: int) -> None:
    data = sketch(width, height)
    assert image_size(data) == (width, height)
    position, kinds, pixels = 8, [], b""
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        content = data[position + 8 : position + 8 + length]
        assert struct.unpack(">I", data[position + 8 + length : position + 12 + length]) == (
            zlib.crc32(kind + content),
        )
        kinds.append(kind)
        pixels += content if kind == b"IDAT" else b""
        position += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    assert len(zlib.decompress(pixels)) == height * (1 + 3 * width)


def test_the_plan_shows_walls_a_window_and_units() -> None:
    wall, window, unit = (60, 64, 72), (120, 180, 230), (214, 190, 150)
    seen = {morning._plan(x, y, 480, 320) for x in range(480) for y in range(0, 320, 4)}
    assert {wall, window, unit} <= seen


async def test_a_scene_that_never_comes_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(morning, "PATIENCE", 0.05)
    stage = build_stage(8080, 8081)
    listeners = len(stage.world.listeners)

    async def move(by: timedelta) -> None:
        stage.clock.advance(by)

    with pytest.raises(TimeoutError):
        await morning.morning(stage.world, stage.cast, move, stage.form_url, stage.url)
    assert len(stage.world.listeners) == listeners


async def test_the_morning_begins_when_everybody_has_been_greeted(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not before: a manager who was not greeted would miss the first lead."""
    monkeypatch.setattr(morning, "PATIENCE", 0.2)
    stage = build_stage(8080, 8081)
    moved: list[timedelta] = []

    async def move(by: timedelta) -> None:
        moved.append(by)

    def greet(person: Person) -> None:
        chat = stage.world.chat(stage.cast.desk, person.id)
        chat.post(stage.cast.desk.as_user(), {"text": "Hello"})
        stage.world.changed()

    playing = asyncio.create_task(
        morning.morning(stage.world, stage.cast, move, "http://127.0.0.1:1/", stage.url)
    )
    for person in stage.cast.managers:
        while not stage.world.chat(stage.cast.desk, person.id).started:
            await asyncio.sleep(0)
        greet(person)
    assert moved == []
    greet(stage.cast.owner)
    with pytest.raises(OSError, match=r"127\.0\.0\.1"):  # the form has nobody behind it here
        await playing
    assert moved == [timedelta(minutes=4)]

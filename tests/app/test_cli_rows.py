"""What `parked`, `outbox` and `journal` print of rows that are there, and that trying again tries again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from cli_scene import SHOP, Command
from databases import SECRET, Clock

from leads.changes import Changes, End, Settle, ToCustomer, ToManager, View
from leads.events import Call, Inbound, Kind, Outgoing, Sender
from leads.model import Contact, Entry, Lead, LeadState
from scheduler.clock import real_now
from storage.lifecycle import open_store
from storage.store import Store

T = TypeVar("T")
NOW = Clock()()
FORM = ("source", "add", "web_form", "--key", "form")
Run = Callable[..., str]


@pytest.fixture
def run(frontdesk: Command) -> Run:
    """A command that must end well; what it says."""

    def ran(*words: str, **settings: str) -> str:
        done = frontdesk(*words, secret=SECRET, **settings)
        assert done.exit_code == 0, done.output
        return done.stdout

    return ran


def soon() -> datetime:
    """For leases, a moment after all that the commands did."""
    return real_now() + timedelta(seconds=1)


def stored(folder: Path, work: Callable[[Store], Awaitable[T]]) -> T:
    """Write beside the commands, as the service would; business stands at nine."""

    async def written() -> T:
        url = f"sqlite://{folder}/var/frontdesk.db"
        store = await open_store(url, state=folder / "var", secret=SECRET, now=Clock(), lease_now=soon)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(written())


async def parked_event(store: Store, event_id: str = "e1", text: str = "Сколько стоит кухня?") -> int:
    (source,) = await store.sources()
    event = Inbound(
        Kind.FORM, Sender(name="Olga"), event_id, event_id=event_id, text=text, suspicion="honeypot"
    )
    call = Call("POST", {}, {}, b"{}", NOW)
    return (await store.accept(source.id, call, [event])).ids[0]


async def unreadable(store: Store, raw: bytes) -> int:
    (source,) = await store.sources()
    return (await store.accept(source.id, Call("POST", {}, {}, raw, NOW), [], [(raw, "body: no form")])).ids[
        0
    ]


async def unsent(store: Store, *bodies: ToManager | ToCustomer) -> list[int]:
    """Rows to send that were given up."""
    await store.commit(Changes(put=bodies))
    ids = []
    for queue in ("customers", "managers"):
        for row in await store.claim_outbox(queue, "test", 10):  # type: ignore[arg-type]
            end = Settle("outbox", row.id, row.attempt, End.PARKED, "blocked: the person shut us out")
            await store.commit(Changes(settle=end))
            ids.append(row.id)
    return ids


# --- parked -------------------------------------------------------------------------------------------------


def test_a_parked_event_is_listed_with_its_reason_and_shown_whole(run: Run, tmp_path: Path) -> None:
    run(*FORM)
    number = stored(tmp_path, parked_event)
    line = run("parked", "list").strip()
    assert line.split() == [str(number), "2026-03-02", "09:00:00", "form", "honeypot"]
    shown = run("parked", "show", str(number))
    head, _, rest = shown.partition("\n\n")
    assert "honeypot" in head
    assert json.loads(rest)["text"] == "Сколько стоит кухня?"
    assert "кухня" in rest, "people read it: no escapes"


def test_times_are_those_of_the_company(run: Run, tmp_path: Path) -> None:
    run(*FORM)
    stored(tmp_path, parked_event)
    assert "2026-03-02 14:30:00" in run("parked", "list", timezone="Asia/Kolkata")


def test_an_unreadable_piece_is_shown_as_it_came(run: Run, tmp_path: Path) -> None:
    run(*FORM)
    number = stored(tmp_path, lambda store: unreadable(store, b"name=\xff\xfeOlga&\xd0\xb4\xd0\xb0"))
    shown = run("parked", "show", str(number))
    assert "body: no form" in shown
    assert "Olga&да" in shown
    assert "\N{REPLACEMENT CHARACTER}" in shown


def test_a_managers_update_is_shown_too(run: Run, tmp_path: Path) -> None:
    run(*FORM)

    async def park(store: Store) -> int:
        await store.accept_updates("1", [{"update_id": 5, "message": {"text": "/нет"}}], None)
        (row,) = await store.claim_updates("test", 1)
        await store.commit(Changes(settle=Settle("inbox", row.inbox_id, row.attempt, End.PARKED, "KeyError")))
        return row.inbox_id

    number = stored(tmp_path, park)
    assert str(number) in run("parked", "list")
    shown = run("parked", "show", str(number))
    assert json.loads(shown.partition("\n\n")[2]) == {"update_id": 5, "message": {"text": "/нет"}}


def test_the_newest_parked_come_first(run: Run, tmp_path: Path) -> None:
    run(*FORM)

    async def two(store: Store) -> list[int]:
        return [await parked_event(store, f"e{number}") for number in range(2)]

    first, second = stored(tmp_path, two)
    assert [int(line.split()[0]) for line in run("parked", "list").splitlines()] == [second, first]


def test_replaying_one_leaves_the_others(run: Run, tmp_path: Path, frontdesk: Command) -> None:
    run(*FORM)

    async def two(store: Store) -> list[int]:
        return [await parked_event(store, f"e{number}") for number in range(2)]

    first, second = stored(tmp_path, two)
    assert run("parked", "replay", str(first)).startswith("One ")
    assert [line.split()[0] for line in run("parked", "list").splitlines()] == [str(second)]
    assert frontdesk("parked", "replay", str(first), secret=SECRET).exit_code == 1
    claimed = stored(tmp_path, lambda store: store.claim_events("test", 10))
    assert [row.inbox_id for row in claimed] == [first]


def test_what_is_still_unreadable_is_named_with_why(run: Run, tmp_path: Path) -> None:
    run("source", "add", "telegram", "--key", "shop", "--set", f"token={SHOP}")
    number = stored(tmp_path, lambda store: unreadable(store, b"[]"))
    said = run("parked", "replay", "--all")
    assert f"{number}" in said
    assert "nothing in it is an event" in said
    assert said.splitlines()[-1].startswith("0 ")
    assert str(number) in run("parked", "list")


def test_check_counts_what_lies_there(run: Run, tmp_path: Path, frontdesk: Command) -> None:
    run(*FORM)
    assert "parked" not in frontdesk("check", secret=SECRET).stdout

    async def both(store: Store) -> None:
        await parked_event(store)
        await unsent(store, ToManager(View.SAY, 101, args={"key": "x"}))

    stored(tmp_path, both)
    said = frontdesk("check", secret=SECRET).stdout
    assert "frontdesk parked list" in said
    assert "frontdesk outbox list" in said


# --- unsent -------------------------------------------------------------------------------------------------


def test_unsent_messages_are_listed_by_whom_they_were_for(run: Run, tmp_path: Path) -> None:
    run(*FORM)
    to_manager = ToManager(View.SAY, 101, args={"key": "x"})
    to_customer = ToCustomer(1, 1, "c", Outgoing("201", "Private words"))
    ids = stored(tmp_path, lambda store: unsent(store, to_manager, to_customer))
    said = run("outbox", "list")
    lines = {int(line.split()[0]): line for line in said.splitlines()}
    assert lines.keys() == set(ids)
    assert {line.split()[3] for line in lines.values()} == {"manager", "customer"}
    assert all("shut us out" in line for line in lines.values())
    assert "Private" not in said


def test_an_unsent_message_is_sent_again(run: Run, tmp_path: Path, frontdesk: Command) -> None:
    run(*FORM)
    first, second = stored(
        tmp_path, lambda store: unsent(store, ToManager(View.HELP, 101), ToManager(View.HELP, 102))
    )
    assert run("outbox", "retry", str(first)).startswith("One ")
    assert [line.split()[0] for line in run("outbox", "list").splitlines()] == [str(second)]
    assert frontdesk("outbox", "retry", str(first), secret=SECRET).exit_code == 1
    assert run("outbox", "retry", "--all").startswith("One ")
    claimed = stored(tmp_path, lambda store: store.claim_outbox("managers", "test", 10))
    assert {row.id for row in claimed} == {first, second}


# --- the receipt of a lead ----------------------------------------------------------------------------------


def test_a_journal_is_a_receipt_in_the_order_of_events(run: Run, tmp_path: Path) -> None:
    run(*FORM)

    async def lead(store: Store) -> int:
        (source,) = await store.sources()
        put = (
            Contact(-1, "Olga", NOW, NOW),
            Lead(-2, -1, source.id, "web_form", LeadState.WAITING, NOW),
            Entry(-3, NOW, "received", lead_id=-2, data={"source": "form"}),
            Entry(-4, NOW + timedelta(seconds=1), "routed", lead_id=-2, data={"why": "nobody", "team": "a"}),
            Entry(-5, NOW + timedelta(minutes=2), "shown", lead_id=-2),
        )
        return (await store.commit(Changes(put=put)))[-2]

    number = stored(tmp_path, lead)
    lines = [line.split() for line in run("journal", str(number)).splitlines()]
    assert [line[:3] for line in lines] == [
        ["2026-03-02", "09:00:00", "received"],
        ["2026-03-02", "09:00:00", "stored"],
        ["2026-03-02", "09:00:01", "routed"],
        ["2026-03-02", "09:02:00", "shown"],
    ]
    assert lines[2][3:] == ["why=nobody", "team=a"]


def test_another_lead_has_another_journal(run: Run, tmp_path: Path, frontdesk: Command) -> None:
    run(*FORM)
    done = frontdesk("journal", "1", secret=SECRET)
    assert done.exit_code == 1
    assert "1" in done.stderr

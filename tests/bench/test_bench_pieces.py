"""The small pieces that the figures stand on: the load, the arithmetic, the page, the rows, the slow disk."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from databases import OpenStore

from bench.accept import slowfsync
from bench.figures import Figure, against, percentile, spelled, wants
from bench.fill import fill, word
from bench.load import Gun, Order, complete, fire, request
from bench.places import Place
from bench.process import python
from bench.report import page, table, write

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


def figure(name: str, *runs: float, piece: str = "accept") -> Figure:
    return Figure(piece, name, "a second", runs)


def test_a_ratio_is_taken_run_by_run() -> None:
    ours, bare = figure("ours", 10, 90, 30), figure("bare", 20, 100, 100)
    found = against(ours, bare, at_least=0.5)
    assert (found.value, found.ratio, found.against, found.met) == (30, 0.5, "bare", True)
    assert against(ours, bare, at_most=0.4).met is False


def test_a_goal_is_reached_by_the_median() -> None:
    assert wants(figure("ours", 1, 5, 9), at_least=5).met is True
    assert wants(figure("ours", 1, 5, 9), at_most=4).met is False


def test_percentiles_are_of_what_was_measured() -> None:
    assert percentile(range(1, 101), 50) == 51
    assert percentile(range(1, 101), 99) == 100
    assert percentile([7.0], 99) == 7.0
    assert percentile([], 99) == 0.0


@pytest.mark.parametrize(("value", "text"), [(12345.6, "12,346"), (12.34, "12.3"), (0.126, "0.13")])
def test_figures_have_as_many_digits_as_mean_something(value: float, text: str) -> None:
    assert spelled(value) == text


def test_each_lead_is_another_person_and_says_its_number() -> None:
    head, _, body = request(Order(80, keyed=True), 7).partition(b"\r\n\r\n")
    form = json.loads(body)
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Idempotency-Key: 000000007" in head
    assert form["phone"] == "+37060000007"
    assert "lead-000000007" in form["message"]


@pytest.mark.parametrize(
    ("answer", "whole"),
    [(OK[:20], False), (OK, False), (OK + b"{", False), (OK + b"{}", True), (OK.lower() + b"{}", True)],
)
def test_an_answer_is_counted_when_all_of_it_is_there(answer: bytes, whole: bool) -> None:
    assert complete(answer) is whole


def test_the_load_counts_what_was_answered(tmp_path: Path) -> None:
    with python("bench.bare", log=tmp_path / "log") as port:
        volley = fire(Order(port, connections=4, count=40, first=100, traced=True))
        refused = fire(Order(port, path="/nowhere/at/all", connections=2, count=4))
    assert volley.ok == 40
    assert volley.statuses == {"200": 40}
    assert sorted(map(int, volley.moments)) == list(range(100, 140))
    assert all(posted < answered for posted, answered in volley.moments.values())
    assert (refused.ok, refused.statuses) == (0, {"404": 4})


async def test_the_load_ends_when_the_service_dies() -> None:
    async def die(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(die, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        volley = await asyncio.to_thread(lambda: Gun(Order(port, connections=3, seconds=30)).shoot())
    assert (volley.ok, volley.statuses) == (0, {"broken": 3})


def test_the_page_says_every_figure_and_whether_its_goal_was_reached(tmp_path: Path) -> None:
    bare = figure("bare aiohttp", 100, 100)
    figures = [
        bare,
        against(figure("ours", 40, 40), bare, at_least=0.5),
        figure("a card", 3, 4, piece="reading"),
    ]
    write(tmp_path, figures, "a machine.", 2)
    text = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert text == page(figures, "a machine.", 2)
    assert "A machine." in text
    assert "| ours | 40.0 a second | 40.0 – 40.0 | 0.40 × bare aiohttp | ≥ 0.5 × | **no** |" in text
    assert text.index("## Taking leads") < text.index("## Cards, lists, search")
    assert (tmp_path / "benchmarks.png").read_bytes().startswith(b"\x89PNG")
    assert "NOT reached" in table(figures)


async def test_rows_of_plain_sql_read_as_leads(
    open_store: OpenStore, database_url: str, tmp_path: Path
) -> None:
    store = await open_store()
    await store.add_source("web_form", "form", {})
    for number in (501, 502):
        await store.add_manager(number, f"Manager {number}")
    await store.close()
    await asyncio.to_thread(fill, Place(database_url, tmp_path), 300, 2)
    store = await open_store()
    lead = await store.lead_snapshot(299)
    assert lead
    assert lead.contact.name == f"{word(299)} {word(299 // 7)}"
    assert lead.first_message
    assert "ZX299" in lead.first_message.text
    assert [line.lead.id for line in await store.find_leads("ZX299", 10)] == [299]
    assert [line.lead.id for line in await store.find_leads("+37061000299", 10)] == [299]
    assert sorted(line.lead.id for line in await store.open_leads(None, 10)) == [100, 200, 300]
    written = await store._db.rows("SELECT lead_id, word FROM lead_word ORDER BY 1, 2")
    await store._db.rows("DELETE FROM lead_word")
    await store._db.rows("INSERT INTO meta (name, value) VALUES ('wordless', '300')")
    while await store.give_words():
        pass
    assert await store._db.rows("SELECT lead_id, word FROM lead_word ORDER BY 1, 2") == written


@pytest.mark.skipif(not shutil.which("gcc"), reason="there is no gcc here")
def test_the_slow_disk_is_slow_and_can_fail(tmp_path: Path) -> None:
    """Asked of the C library itself, in a process that has it loaded before."""
    code = "import os, sys; f = open(sys.argv[1], 'w'); os.fsync(f.fileno()); os.fdatasync(f.fileno())"
    words = [sys.executable, "-c", code, str(tmp_path / "file")]
    with slowfsync(100_000) as slow:
        began = time.monotonic()
        subprocess.run(words, env=os.environ | slow, check=True)
        assert time.monotonic() - began >= 0.2
        failing = os.environ | slow | {"SLOWFSYNC_ERRNO": "28"}
        done = subprocess.run(words, env=failing, check=False, capture_output=True)
    assert os.strerror(28).encode() in done.stderr

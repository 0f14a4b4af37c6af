"""Cards, lists, search and the reminders' tick with 10 thousand to a million leads."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.bench import Bench, log
from bench.figures import Figure, against, wants
from bench.fill import fill
from bench.places import KINDS, MANAGERS, SPOKEN
from bench.process import ENVIRONMENT, ROOT

SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (1_000, 10_000)
SPELLED = {1_000: "1 k", 10_000: "10 k", 100_000: "100 k", 1_000_000: "1 M"}
GOALS = {"sqlite": 50, "postgres": 20}  # ms, p99 at a million
GROWS = 2.0  # times the smallest
MEMORY_GOAL = 5  # MiB that a million waiting reminders may add
NAMES = {"card": "a card's lead", "list": "a list of open leads", "search": "a search"}
Told = dict[str, list[float]]


def reading(bench: Bench) -> list[Figure]:
    """p99 of each, and what a tick over waiting reminders costs in time and memory."""
    sizes = QUICK_SIZES if bench.quick else SIZES
    told: dict[tuple[str, int], Told] = {}
    for kind in KINDS:
        for size in sizes:
            told[kind, size] = _told(bench, kind, size)
            short = {name: round(sum(values) / len(values), 2) for name, values in told[kind, size].items()}
            log.info("%s leads, %s: %s", size, kind, short)
    found = []
    for kind in KINDS:
        for what in NAMES:
            found += _grown(kind, what, {size: told[kind, size][what] for size in sizes})
    for kind in KINDS:
        found += _ticks(kind, {size: told[kind, size] for size in sizes})
    return found


def _told(bench: Bench, kind: str, size: int) -> Told:
    """Each round is a process of its own."""
    rounds: Told = {}
    with bench.fresh(kind) as place:
        fill(place, size, len(MANAGERS))
        for _ in range(bench.runs):
            words = [sys.executable, "-m", "bench.reader", place.url, str(place.folder), str(size)]
            done = subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE)
            for name, value in json.loads(done.stdout).items():
                rounds.setdefault(name, []).append(value)
    return rounds


def _grown(kind: str, what: str, by_size: dict[int, list[float]]) -> list[Figure]:
    figures = [
        Figure("reading", f"{NAMES[what]}, p99, {SPELLED[size]} leads, {SPOKEN[kind]}", "ms", tuple(values))
        for size, values in by_size.items()
    ]
    smallest, *_, largest = figures
    figures[-1] = against(wants(largest, at_most=GOALS[kind]), smallest)
    return figures


def _ticks(kind: str, by_size: dict[int, Told]) -> list[Figure]:
    figures = [
        Figure("reminders", f"a tick, {SPELLED[size]} waiting, {SPOKEN[kind]}", "ms", tuple(told["tick"]))
        for size, told in by_size.items()
    ]
    smallest, *_, largest = figures
    figures[-1] = against(largest, smallest, at_most=GROWS)
    least, *_, most = (told["memory"] for told in by_size.values())
    name = f"memory that {SPELLED[max(by_size)]} waiting add, {SPOKEN[kind]}"
    added = tuple(max(high - low, 0.0) for high, low in zip(most, least, strict=True))
    return [*figures, wants(Figure("reminders", name, "MiB", added), at_most=MEMORY_GOAL)]

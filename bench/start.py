"""How soon the first lead is taken after a start, and how much memory an idle service holds."""

from __future__ import annotations

import time

from bench.bench import Bench
from bench.figures import Figure, wants
from bench.places import KINDS, MANAGERS, SPOKEN
from bench.process import resident
from bench.service import ALL, accepts, service

START_GOAL = 1.5  # seconds
ALL_GOAL, WEB_GOAL = 220, 70  # MiB
SETTLES = 2.0  # seconds


def start(bench: Bench) -> list[Figure]:
    """From the command to the first 200 with all roles; resident memory once nothing happens any more."""
    found = []
    for kind in KINDS:
        began, everything, web = [], [], []
        for _ in range(bench.runs):
            seconds, memory = _all_roles(bench, kind)
            began.append(seconds)
            everything.append(memory)
            web.append(_web_alone(bench, kind))
        name = SPOKEN[kind]
        found += [
            wants(_figure(f"first accepted lead after start, {name}", "s", began), at_most=START_GOAL),
            wants(_figure(f"idle, all roles, {name}", "MiB", everything), at_most=ALL_GOAL),
            wants(_figure(f"idle, web alone, {name}", "MiB", web), at_most=WEB_GOAL),
        ]
    return found


def _all_roles(bench: Bench, kind: str) -> tuple[float, float]:
    token = bench.telegram.new_bot(topics=False)
    with (
        bench.fresh(kind) as place,
        service(place, ALL, telegram=bench.telegram.port, token=token) as made,
    ):
        seconds = accepts(made.port) - made.began
        bench.telegram.wait_greeted(token, len(MANAGERS))
        time.sleep(SETTLES)
        return seconds, resident(made.process.pid)


def _web_alone(bench: Bench, kind: str) -> float:
    with bench.fresh(kind) as place, service(place, "web") as made:
        accepts(made.port)
        time.sleep(SETTLES / 2)
        return resident(made.process.pid)


def _figure(name: str, unit: str, values: list[float]) -> Figure:
    return Figure("start", name, unit, tuple(values))

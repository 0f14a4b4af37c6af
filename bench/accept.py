"""How many leads a second are taken, beside aiohttp that only answers; and what a slow disk does to it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.bench import Bench, log
from bench.figures import Figure, against, wants
from bench.load import Order, Volley, fire
from bench.places import KINDS, SPOKEN, Places, places
from bench.process import python
from bench.service import accepts, service

WARM = 0.5  # seconds
SLOW_MICROS = 2000
ACCEPTS_GOAL = 0.5  # of bare aiohttp
SLOW_GOAL = 2500


def accept(bench: Bench) -> list[Figure]:
    """Bare aiohttp, then us on each database, in turn; plain posts, and posts with an Idempotency-Key."""
    taken: dict[str, list[float]] = {}
    for run in range(bench.runs):
        with python("bench.bare", log=bench.places.folder / "bare.log") as port:
            taken.setdefault("bare", []).append(_saturated(bench, port).a_second)
        for kind in KINDS:
            with bench.fresh(kind) as place, service(place, "web") as made:
                accepts(made.port)
                taken.setdefault(kind, []).append(_saturated(bench, made.port).a_second)
                keyed = _saturated(bench, made.port, first=5_000_000, keyed=True)
                taken.setdefault(f"{kind} keyed", []).append(keyed.a_second)
        log.info("accept, run %s: %s", run + 1, {name: round(values[-1]) for name, values in taken.items()})
    bare = _figure("accept", "bare aiohttp answers 200", taken["bare"])
    found = [bare]
    for kind in KINDS:
        plain = _figure("accept", f"Frontdesk takes a form, {SPOKEN[kind]}", taken[kind])
        found.append(against(plain, bare, at_least=ACCEPTS_GOAL))
        keyed_figure = _figure("accept", f"… with an Idempotency-Key, {SPOKEN[kind]}", taken[f"{kind} keyed"])
        found.append(against(keyed_figure, bare))
    return found


def slow_disk(bench: Bench) -> list[Figure]:
    """The same with a disk whose fsync takes 2 ms."""
    found = []
    with slowfsync(SLOW_MICROS) as slow, places(slow) as slowly:
        for kind in KINDS:
            taken = [_taken_slowly(bench, slowly, kind, slow) for _ in range(bench.runs)]
            log.info("fsync of 2 ms, %s: %s", kind, [round(value) for value in taken])
            figure = _figure("fsync", f"Frontdesk takes a form, fsync of 2 ms, {SPOKEN[kind]}", taken)
            found.append(wants(figure, at_least=SLOW_GOAL))
    return found


def _taken_slowly(bench: Bench, slowly: Places, kind: str, slow: dict[str, str]) -> float:
    place = slowly.fresh(kind)
    try:
        with service(place, "web", more=slow if kind == "sqlite" else {}) as made:
            accepts(made.port)
            return _saturated(bench, made.port).a_second
    finally:
        slowly.forget(place)


def _saturated(bench: Bench, port: int, *, first: int = 1, keyed: bool = False) -> Volley:
    fire(Order(port, seconds=WARM, first=first, keyed=keyed))
    volley = fire(Order(port, seconds=bench.seconds, first=first + 1_000_000, keyed=keyed))
    if set(volley.statuses) != {"200"}:
        raise RuntimeError(f"not everything was taken: {volley.statuses}")
    return volley


def _figure(piece: str, name: str, values: list[float]) -> Figure:
    return Figure(piece, name, "a second", tuple(values))


@contextmanager
def slowfsync(micros: int) -> Iterator[dict[str, str]]:
    """The environment in which fsync takes so much longer; needs gcc."""
    with tempfile.TemporaryDirectory(prefix="fd-slow-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        library = folder / "slowfsync.so"
        source = Path(__file__).with_name("slowfsync.c")
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"],  # noqa: S607
            check=True,
        )
        yield {"LD_PRELOAD": str(library), "SLOWFSYNC_MICROS": str(micros)}

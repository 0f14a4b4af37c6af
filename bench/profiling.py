"""Where the time of a path goes: the service under cProfile, and its dearest functions."""

from __future__ import annotations

import io
import pstats
from pathlib import Path

from bench.bench import Bench
from bench.load import Order, fire
from bench.places import KINDS
from bench.service import accepts, service
from bench.whole import saturated

LINES = 45
PATHS = ("accept", "intake")


def profile(bench: Bench, path: str) -> str:
    """Both databases, by own time and by time with callees."""
    return "\n".join(f"=== {path}, {kind} ===\n{_profiled(bench, path, kind)}" for kind in KINDS)


def _profiled(bench: Bench, path: str, kind: str) -> str:
    found = bench.places.folder / f"{path}-{kind}.prof"
    if path == "accept":
        with bench.fresh(kind) as place, service(place, "web", profile=found) as made:
            accepts(made.port)
            fire(Order(made.port, seconds=2 * bench.seconds))
    else:
        with bench.desk(kind, profile=found) as (made, token):
            saturated(bench, made.port, token, 500)
    return _dearest(found)


def _dearest(path: Path) -> str:
    told = io.StringIO()
    stats = pstats.Stats(str(path), stream=told)
    for order in ("tottime", "cumulative"):
        stats.sort_stats(order).print_stats(LINES)
    return told.getvalue()

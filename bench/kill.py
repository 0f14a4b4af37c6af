"""kill -9 in the middle of a volley, then a new start: how many acknowledged leads are never shown."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from bench.bench import Bench, log
from bench.figures import Figure, wants
from bench.load import FORM, Order, Volley, fire
from bench.peers import node_red
from bench.places import KINDS, MANAGERS, SPOKEN, Place
from bench.service import ALL, service

RATE, COUNT, KILLED_AFTER = 800.0, 800, 0.9
WAITS = 60.0  # seconds at most for what is late; rows of the dead process come back after their lease
PEER_WAITS = 10.0  # nothing comes later

Starting = Callable[[], AbstractContextManager[tuple[int, "subprocess.Popen[bytes]"]]]


def kill(bench: Bench) -> list[Figure]:
    """800 leads within a second; the process dies in the midst of them and comes back at once."""
    found = [_figure(SPOKEN[kind], [_ours(bench, kind) for _ in range(bench.runs)]) for kind in KINDS]
    if bench.peers:
        found.append(_figure(node_red.NAME, [_node_red(bench) for _ in range(bench.runs)]))
    return found


def _ours(bench: Bench, kind: str) -> float:
    token = bench.telegram.new_bot(topics=False)
    with bench.fresh(kind) as place:
        return _lost(bench, token, partial(_frontdesk, bench, place, token))


@contextmanager
def _frontdesk(bench: Bench, place: Place, token: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with service(place, ALL, telegram=bench.telegram.port, token=token) as made:
        bench.telegram.wait_greeted(token, len(MANAGERS))
        yield made.port, made.process


def _node_red(bench: Bench) -> float:
    token = bench.telegram.new_bot(topics=False)
    folder = bench.places.folder / f"node-red-{bench.telegram.count}"
    node_red.furnish(folder, bench.telegram.port, token)
    return _lost(bench, token, partial(node_red.started, folder), path=node_red.PATH, waits=PEER_WAITS)


def _lost(bench: Bench, token: str, start: Starting, *, path: str = FORM, waits: float = WAITS) -> float:
    volleys: list[Volley] = []
    with start() as (port, process):
        order = Order(port, path, count=COUNT, rate=RATE, traced=True)
        firing = threading.Thread(target=lambda: volleys.append(fire(order)))
        firing.start()
        time.sleep(KILLED_AFTER)
        process.kill()
        firing.join()
    acknowledged = set(volleys[0].moments)
    with start():
        missing = _never_shown(bench, token, acknowledged, waits)
    log.info("kill -9: %s acknowledged, %s never shown", len(acknowledged), len(missing))
    return float(len(missing))


def _never_shown(bench: Bench, token: str, acknowledged: set[str], waits: float) -> set[str]:
    """Some are shown that nobody was told are stored, so it is not enough to count."""
    deadline, shown = time.monotonic() + waits, set[str]()
    while acknowledged - shown and (left := deadline - time.monotonic()) > 0:
        shown = set(bench.telegram.shown(token, len(shown) + 1, left))
    return acknowledged - shown


def _figure(name: str, values: list[float]) -> Figure:
    figure = Figure("kill", f"acknowledged and never shown after kill -9, {name}", "leads", tuple(values))
    return figure if name == node_red.NAME else wants(figure, at_most=0)

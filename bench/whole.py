"""The whole way, form → card at the fake Telegram: how many a second, and how long at 50 a second."""

from __future__ import annotations

from dataclasses import dataclass

from bench.bench import Bench, log
from bench.figures import Figure, against, percentile, wants
from bench.load import FORM, Order, Volley, fire
from bench.peers import node_red
from bench.places import KINDS, SPOKEN
from bench.service import accepts

CONNECTIONS = 32
LEADS = 600  # of one volley
WARM = 50
RATE = 50
P50_GOAL, P99_GOAL = 2.0, 8.0  # ms to the 200
PEER_GOAL = 1.0
GIVE_UP = 120.0


@dataclass(frozen=True, slots=True)
class Way:
    """Posts with their answers, and the cards that came of them."""

    volley: Volley
    cards: dict[str, float]

    @property
    def a_second(self) -> float:
        """From the first post to the last card; each acknowledged lead must have one."""
        posted = self.volley.moments
        if missing := posted.keys() - self.cards.keys():
            raise RuntimeError(
                f"{len(missing)} of {len(posted)} leads were taken and not shown: {min(missing)} …"
            )
        first = min(begin for begin, _ in posted.values())
        return len(posted) / (max(self.cards[number] for number in posted) - first)

    def milliseconds(self, percent: float, *, to_card: bool) -> float:
        ends = self.cards if to_card else {number: end for number, (_, end) in self.volley.moments.items()}
        waits = sorted(ends[n] - begin for n, (begin, _) in self.volley.moments.items() if n in ends)
        return percentile(waits, percent) * 1000


def whole(bench: Bench) -> list[Figure]:
    """All roles in one process, with validation, identity, routing and order on; peers in the same run."""
    leads = LEADS // 5 if bench.quick else LEADS
    shown: dict[str, list[float]] = {}
    for run in range(bench.runs):
        for kind in KINDS:
            with bench.desk(kind) as (made, token):
                shown.setdefault(kind, []).append(saturated(bench, made.port, token, leads).a_second)
        with bench.desk("sqlite", topics=True) as (made, token):
            shown.setdefault("topics", []).append(saturated(bench, made.port, token, leads).a_second)
        if bench.peers:
            with node_red.desk(bench) as (port, token):
                way = saturated(bench, port, token, leads, path=node_red.PATH)
                shown.setdefault("peer", []).append(way.a_second)
        log.info(
            "whole way, run %s: %s", run + 1, {name: round(values[-1]) for name, values in shown.items()}
        )
    found = [_rate(f"form → card, {SPOKEN[kind]}", shown[kind]) for kind in KINDS]
    found.append(_rate("form → topic and card, SQLite", shown["topics"]))
    if not bench.peers:
        return found
    peer = _rate(f"form → card, {node_red.NAME}", shown["peer"])
    return [peer, *(against(figure, peer, at_least=PEER_GOAL) for figure in found)]


def saturated(bench: Bench, port: int, token: str, leads: int, *, path: str = FORM) -> Way:
    """So many leads as fast as they are taken, after a few to warm up."""
    _way(bench, token, Order(port, path, CONNECTIONS, count=WARM, traced=True), WARM)
    order = Order(port, path, CONNECTIONS, count=leads, first=WARM, traced=True)
    return _way(bench, token, order, WARM + leads)


def latency(bench: Bench) -> list[Figure]:
    """50 leads a second: from the post to its 200, and to its card."""
    seconds = 3.0 * bench.seconds
    found: list[Figure] = []
    for kind in KINDS:
        ways = []
        for run in range(bench.runs):
            with bench.desk(kind) as (made, token):
                accepts(made.port)
                ways.append(steady(bench, made.port, token, seconds))
            log.info("50 a second, %s, run %s: p99 %.1f ms", kind, run + 1, ways[-1].volley.p99 * 1000)
        found += _latencies(SPOKEN[kind], ways, ours=True)
    if bench.peers:
        ways = []
        for _ in range(bench.runs):
            with node_red.desk(bench) as (port, token):
                ways.append(steady(bench, port, token, seconds, path=node_red.PATH))
        found += _latencies(node_red.NAME, ways, ours=False)
    return found


def steady(bench: Bench, port: int, token: str, seconds: float, *, path: str = FORM) -> Way:
    """The same number of leads each second."""
    _way(bench, token, Order(port, path, CONNECTIONS, count=WARM, rate=RATE, traced=True), WARM)
    count = int(RATE * seconds)
    order = Order(port, path, CONNECTIONS, count=count, rate=RATE, first=WARM, traced=True)
    return _way(bench, token, order, WARM + count)


def _way(bench: Bench, token: str, order: Order, least: int) -> Way:
    volley = fire(order)
    if set(volley.statuses) != {"200"}:
        raise RuntimeError(f"not everything was taken: {volley.statuses}")
    return Way(volley, bench.telegram.shown(token, least, GIVE_UP))


def _rate(name: str, values: list[float]) -> Figure:
    return Figure("whole", name, "a second", tuple(values))


def _latencies(name: str, ways: list[Way], *, ours: bool) -> list[Figure]:
    found = []
    for to_card, end in ((False, "200"), (True, "card")):
        for percent, goal in ((50, P50_GOAL), (99, P99_GOAL)):
            values = tuple(way.milliseconds(percent, to_card=to_card) for way in ways)
            figure = Figure("latency", f"{RATE}/s, {name}: to the {end}, p{percent}", "ms", values)
            found.append(wants(figure, at_most=goal) if ours and not to_card else figure)
    return found

"""`python -m bench [PIECE …]`: measures, prints a table, and after a full run writes `docs/benchmarks.md`."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from pathlib import Path

from bench import accept, channels, drain, kill, machine, profiling, reading, report, start, whole
from bench.bench import Bench, log
from bench.figures import Figure
from bench.process import ROOT

PIECES: dict[str, Callable[[Bench], list[Figure]]] = {
    "accept": accept.accept,
    "fsync": accept.slow_disk,
    "channels": channels.every,
    "whole": whole.whole,
    "latency": whole.latency,
    "start": start.start,
    "drain": drain.drain,
    "reading": reading.reading,
    "kill": kill.kill,
}


def main() -> None:
    given = _arguments()
    logging.basicConfig(level=logging.WARNING, format="%(relativeCreated)7d ms  %(message)s")
    log.setLevel(logging.INFO)
    runs = given.runs or (1 if given.quick else 5)
    seconds = given.seconds or (0.5 if given.quick else 1.5)
    bench = Bench(runs, seconds, given.quick, given.peers)
    with bench.stack:
        if given.profile:
            print(profiling.profile(bench, given.profile))
            return
        figures = _measured(bench, given.pieces or _usual(peers=given.peers))
    about = machine.described(peers=given.peers)
    print(f"\n{about}\n\n{report.table(figures)}")
    out = given.out or (None if given.pieces or given.quick else ROOT / "docs")
    if out:
        report.write(out, figures, about, runs)


def _usual(*, peers: bool) -> list[str]:
    """All pieces; dying is measured beside the peers only, for it takes its time."""
    return [name for name in PIECES if peers or name != "kill"]


def _measured(bench: Bench, pieces: list[str]) -> list[Figure]:
    figures = []
    for name in pieces:
        began = time.monotonic()
        figures += PIECES[name](bench)
        log.info("%s took %.0f s", name, time.monotonic() - began)
    return figures


def _arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="python -m bench", description="Measures Frontdesk beside others.")
    words.add_argument("pieces", nargs="*", metavar="PIECE", help=f"of {', '.join(PIECES)}; all unless told")
    words.add_argument("--runs", type=int, help="5 unless told")
    words.add_argument("--seconds", type=float, help="of one measurement; 1.5 unless told")
    words.add_argument("--quick", action="store_true", help="the short form, to see that it works")
    words.add_argument("--peers", action="store_true", help="Node-RED too, installed by npm")
    words.add_argument("--out", type=Path, help="where the page goes; docs/ after a full run")
    words.add_argument(
        "--profile", choices=["accept", "intake"], help="what costs most on that path, instead"
    )
    given = words.parse_args()
    if unknown := set(given.pieces) - set(PIECES):
        words.error(f"there is no piece {', '.join(sorted(unknown))}")
    return given


if __name__ == "__main__":
    main()

"""How many claimed rows a second are settled by 1, 2 and 4 processes on one PostgreSQL, beside raw rows."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import asyncpg

from bench.bench import Bench, log
from bench.figures import Figure, against
from bench.places import Place
from bench.process import ENVIRONMENT, ROOT, end
from leads.events import Inbound, Kind, Sender
from storage.codec import dump_event

PROCESSES = (1, 2, 4)
KEYS = 500  # conversations
ROWS = 100_000
GOAL = 0.5

_EVENT = Inbound(kind=Kind.FORM, sender=Sender(name="Client", phone="+37060000000"), conv="c", text="hello")
_OURS = """
INSERT INTO inbox (lane, origin, event_id, source_id, conv_key, conv_seq, state, run_at, payload, stored_at)
SELECT 'customers', 'source:1', 'e' || i, (SELECT min(id) FROM source), 'source:1:c' || (i % $2::int),
       i / $2::int + 1, 'ready', 0, $3, 0
FROM generate_series(1, $1::int) AS n(i)"""
_RAW = [
    """CREATE TABLE raw_job (id bigserial PRIMARY KEY, state text NOT NULL, payload text NOT NULL)
       WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)""",
    "CREATE INDEX raw_job_ready ON raw_job (id) WHERE state = 'ready'",
]
_RAW_ROWS = "INSERT INTO raw_job (state, payload) SELECT 'ready', $2 FROM generate_series(1, $1::int) AS n(i)"


def drain(bench: Bench) -> list[Figure]:
    """Claiming and settling only: nothing is done with the rows. Raw rows know no order and no fence."""
    drained: dict[tuple[str, int], list[float]] = {}
    for run in range(bench.runs):
        for processes in PROCESSES:
            for what in ("raw", "ours"):
                rate = _drained(bench, what, processes)
                drained.setdefault((what, processes), []).append(rate)
        last = {f"{what} {n}": round(values[-1]) for (what, n), values in drained.items()}
        log.info("drain, run %s: %s", run + 1, last)
    found = []
    for processes in PROCESSES:
        name = f"{processes} process{'es' if processes > 1 else ''}"
        raw = _figure(f"raw rows, unordered, {name}", drained["raw", processes])
        ours = _figure(f"Frontdesk's store, in order, {name}", drained["ours", processes])
        found += [raw, against(ours, raw, at_least=GOAL)]
    return found


def _drained(bench: Bench, what: str, processes: int) -> float:
    rows = ROWS // 5 if bench.quick else ROWS
    with bench.fresh("postgres") as place:
        asyncio.run(_fill(place, what, rows))
        with ExitStack() as stack:
            workers = [stack.enter_context(_worker(what, place, bench.seconds)) for _ in range(processes)]
            for worker in workers:
                _line(worker)  # it is connected
            for worker in workers:
                assert worker.stdin
                worker.stdin.write(b"go\n")
                worker.stdin.flush()
            told = [json.loads(_line(worker)) for worker in workers]
    if sum(one["rows"] for one in told) >= rows:
        log.warning("drain: %s rows were too few for %s processes", rows, processes)
    return sum(float(one["rows"] / one["seconds"]) for one in told)


async def _fill(place: Place, what: str, rows: int) -> None:
    connection = await asyncpg.connect(place.url)
    payload = dump_event(_EVENT)
    try:
        if what == "ours":
            await connection.execute(_OURS, rows, KEYS, payload)
        else:
            for statement in _RAW:
                await connection.execute(statement)
            await connection.execute(_RAW_ROWS, rows, payload)
        await connection.execute("ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


@contextmanager
def _worker(what: str, place: Place, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", "bench.drainer", what, place.url, str(seconds)]
    process = subprocess.Popen(
        words, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        end(process)


def _line(worker: subprocess.Popen[bytes]) -> bytes:
    assert worker.stdout
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError("a draining process ended early")
    return line


def _figure(name: str, values: list[float]) -> Figure:
    return Figure("drain", name, "rows a second", tuple(values))

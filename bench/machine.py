"""What was measured on: the machine, its disk and the versions, in one paragraph."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench.peers import node_red

PACKAGES = ("aiohttp", "aiogram", "tortoise-orm", "asyncpg", "pydantic")


def described(*, peers: bool) -> str:
    """The sentence that stands above the figures."""
    import sqlite3  # noqa: PLC0415

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory",
        f"{platform.system()} {platform.release()}",
        f"an fsync takes {_fsync_ms():.2f} ms here",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        "PostgreSQL 18 on a Unix socket",
        ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    ]
    if peers:
        parts.append(node_red.versions())
    return "; ".join(parts) + "."


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _fsync_ms(times: int = 200) -> float:
    """What each commit costs at least."""
    waits = []
    with tempfile.TemporaryFile() as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            waits.append((time.perf_counter() - began) * 1000)
    return median(waits)

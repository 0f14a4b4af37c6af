"""Brings the gauges up to date when somebody asks for them. Cheap however much waits."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from app.metrics import Metrics
from app.runtime import ANSWERS_WITHIN
from leads.errors import StoreUnavailable
from storage.store import Store

STATES = ("ready", "leased", "dead")


async def measure(store: Store, metrics: Metrics, now: Callable[[], datetime], state: Path) -> None:
    """What this process knows is told even while the store is away."""
    metrics.away.clear()
    for queue, away in metrics.destinations.items():
        for destination in away():
            metrics.away.labels(queue, destination).set(1)
    metrics.disk.set(_free(state))
    metrics.store.set(0)
    with suppress(StoreUnavailable, TimeoutError):
        async with asyncio.timeout(ANSWERS_WITHIN):
            await _queues(store, metrics, now())
            await _database(store, metrics)
        metrics.store.set(1)


async def _queues(store: Store, metrics: Metrics, now: datetime) -> None:
    for queue, depth in (await store.counts()).items():
        for name in STATES:
            metrics.rows.labels(queue, name).set(getattr(depth, name))
        age = (now - depth.oldest).total_seconds() if depth.oldest else 0
        metrics.oldest.labels(queue).set(max(age, 0))


async def _database(store: Store, metrics: Metrics) -> None:
    metrics.leases.clear()
    for name, owner in (await store.watching.holders()).items():
        metrics.leases.labels(name, owner).set(1)
    if oldest := await store.watching.oldest():
        metrics.xmin.set(oldest.xmin)
        metrics.transaction.set(oldest.seconds)


def _free(folder: Path) -> int:
    """Where it lies, or will: the first file makes it."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free

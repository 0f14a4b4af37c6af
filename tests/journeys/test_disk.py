"""A disk that is slow, or fails to flush: what was acknowledged is there, and nothing else was."""

from __future__ import annotations

import asyncio
import errno
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from journeys.load import Load, ready, taken_is_shown
from journeys.process import ROOT, Town, town
from journeys.servers import server

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("gcc") is None, reason="the shim needs a C compiler"),
]


@dataclass(frozen=True, slots=True)
class Disk:
    """How flushing goes for those whose environment it is in."""

    library: Path
    told: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "SLOWFSYNC_FILE": str(self.told)}

    def becomes(self, *, slower: int = 0, failing: int = 0) -> None:
        """Microseconds that each flush takes more, and the number of the error that it fails with."""
        self.told.write_text(f"{slower} {failing}")


@pytest.fixture(scope="module")
def disk() -> Iterator[Disk]:
    source = ROOT / "bench" / "slowfsync.c"
    # Not below pytest's folders: the user that PostgreSQL runs as must read it too.
    with tempfile.TemporaryDirectory(prefix="fd-disk-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        disk = Disk(folder / "slowfsync.so", folder / "told")
        command = ["gcc", "-shared", "-fPIC", "-O2", "-o", disk.library, source, "-ldl"]
        subprocess.run(command, check=True)
        yield disk


@pytest.fixture(autouse=True)
def _well_at_first(disk: Disk) -> None:
    disk.becomes()


async def busy(it: Town) -> tuple[Load, asyncio.Task[None]]:
    await it.service.start()
    load = Load(it)
    running = asyncio.create_task(load.goes_on())
    await load.grows(load.taken)
    return load, running


async def slows_down(load: Load, disk: Disk) -> None:
    for micros in (2_000, 20_000):
        disk.becomes(slower=micros)
        for _ in range(5):
            await load.grows(load.taken)
    assert load.refused == []
    disk.becomes()


async def fails(load: Load, disk: Disk, error: int) -> None:
    """Nothing is acknowledged any more, and whoever asks whether we are ready is told no."""
    disk.becomes(failing=error)
    await load.grows(load.refused)
    taken = len(load.taken)
    assert await ready(load.it) == 503
    for _ in range(10):
        await load.grows(load.refused)
    assert len(load.taken) == taken
    disk.becomes()


async def goes_on(load: Load) -> None:
    await load.grows(load.taken)
    assert await ready(load.it) == 200


async def test_sqlite(tmp_path: Path, disk: Disk) -> None:
    """What could not be flushed is undone, so nothing needs a new start when the disk is mended."""
    async with town(f"sqlite://{tmp_path}/f.db", tmp_path) as it:
        it.service.environment |= disk.environment
        load, running = await busy(it)
        await slows_down(load, disk)
        for error in (errno.EIO, errno.ENOSPC):
            await fails(load, disk, error)
            await goes_on(load)
        load.over = True
        await running
        await taken_is_shown(load)


async def test_postgres(tmp_path: Path, disk: Disk) -> None:
    """It lets nobody in rather than trust such a disk, until somebody stops it and starts it anew."""
    with server(disk.environment) as own:
        async with town(await own.database(), tmp_path) as it:
            load, running = await busy(it)
            await slows_down(load, disk)
            await fails(load, disk, errno.EIO)
            await own.stop()
            await own.start()
            await goes_on(load)
            load.over = True
            await running
            await taken_is_shown(load)

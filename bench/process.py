"""Child processes of the measurements: starting, watching, ending them; nothing is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_RUNTIME_DIR")
ENVIRONMENT = {name: os.environ[name] for name in KEPT if name in os.environ} | {"PYTHONPATH": str(ROOT)}
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    words: Sequence[str], log: Path, *, cwd: Path = ROOT, more: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process until the end of the block; then SIGTERM, and SIGKILL to one that does not hear."""
    with log.open("ab") as out:
        process = subprocess.Popen(words, cwd=cwd, env=ENVIRONMENT | dict(more or {}), stdout=out, stderr=out)
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def python(module: str, *words: str, log: Path) -> Iterator[int]:
    """One of our small servers: `python -m module PORT …` until the end of the block; its port."""
    port = free_port()
    with running([sys.executable, "-m", module, str(port), *words], log) as process:
        listens(port, process)
        yield port


def listens(port: int, process: subprocess.Popen[bytes], *, step: float = 0.005) -> None:
    """Wait until somebody answers at the port."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}; see its log")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(step)
    raise TimeoutError(f"{process.args!r} does not listen")


def resident(pid: int) -> float:
    """MiB of memory that the process holds now."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0

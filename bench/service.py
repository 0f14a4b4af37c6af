"""Frontdesk as an operator runs it: `python -m app run` in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import Order, request
from bench.places import SECRET, Place
from bench.process import PATIENCE, free_port, listens, running
from bench.telegram import OWNER

ALL = "web,work,desk,clock"


@dataclass(frozen=True, slots=True)
class Service:
    port: int
    process: subprocess.Popen[bytes]
    began: float  # of the monotonic clock, just before it was started


@contextmanager
def service(
    place: Place,
    roles: str = ALL,
    *,
    telegram: int = 0,
    token: str = "",
    more: Mapping[str, str] | None = None,
    profile: Path | None = None,
) -> Iterator[Service]:
    """Run until the end of the block; it listens already. `profile`: where cProfile's findings go."""
    port = free_port()
    settings = {
        "FRONTDESK_DATABASE_URL": place.url,
        "FRONTDESK_SECRET": SECRET,
        "FRONTDESK_PORT": str(port),
        "FRONTDESK_INTAKE_RATES": "off",
        "FRONTDESK_SEND_RATES": "off",
        "FRONTDESK_OWNER_ID": str(OWNER),
    }
    if token:
        settings |= {"FRONTDESK_DESK_TOKEN": token, "FRONTDESK_TELEGRAM_API": f"http://127.0.0.1:{telegram}"}
    profiled = ["-m", "cProfile", "-o", str(profile)] if profile else []
    words = [sys.executable, *profiled, "-m", "app", "run", "--roles", roles]
    began = time.monotonic()
    with running(words, place.log, cwd=place.folder, more=settings | dict(more or {})) as process:
        listens(port, process)
        yield Service(port, process, began)


def accepts(port: int) -> float:
    """Post until a lead is taken; the moment of the 200."""
    import http.client  # noqa: PLC0415

    order = Order(port)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        body = request(order, 0).partition(b"\r\n\r\n")[2]
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            link.request("POST", order.path, body, {"Content-Type": "application/json"})
            if link.getresponse().status == 200:
                return time.monotonic()
        except OSError:
            pass
        finally:
            link.close()
        time.sleep(0.005)
    raise TimeoutError("no lead was taken")

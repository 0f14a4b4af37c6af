"""The load: keep-alive connections in one thread, close to the sockets, so that the client is not the limit.

A process of its own: it takes an `Order` as JSON on its command line and prints a `Volley` as JSON.
"""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field

from bench.figures import percentile
from bench.process import ENVIRONMENT, ROOT

BODY = (
    b'{"name":"Client %09d","phone":"+3706%07d","email":"client%09d@example.com",'
    b'"message":"lead-%09d: how much is a kitchen of three metres, and when could you come to measure?",'
    b'"utm_source":"search","utm_medium":"cpc","utm_campaign":"spring"}'
)
PHONES = 10_000_000
FORM = "/in/web_form/form"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Order:
    """What to post. A rate of 0 posts again as soon as a connection is free; a count of 0 has no end."""

    port: int
    path: str = FORM
    connections: int = 64
    seconds: float = 3.0
    count: int = 0
    rate: float = 0.0
    first: int = 0  # the number of the first lead
    traced: bool = False  # whether the moments of every lead are told
    keyed: bool = False  # whether each post has an Idempotency-Key
    channel: str = ""  # whose message it is; a form's when empty


@dataclass(frozen=True, slots=True)
class Volley:
    """What came of it; moments are of the machine's monotonic clock, which all its processes share."""

    ok: int
    seconds: float
    p50: float
    p99: float
    statuses: dict[str, int]
    moments: dict[str, tuple[float, float]] = field(default_factory=dict)  # nine digits → posted, answered

    @property
    def a_second(self) -> float:
        return self.ok / self.seconds if self.seconds else 0.0


def fire(order: Order) -> Volley:
    """Shoot from a process of its own and wait for the end."""
    words = [sys.executable, "-m", "bench.load", json.dumps(asdict(order))]
    done = subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE)
    return Volley(**json.loads(done.stdout))


def request(order: Order, number: int) -> bytes:
    """The whole request of one lead."""
    body = BODY % (number, number % PHONES, number, number)
    key = b"Idempotency-Key: %09d\r\n" % number if order.keyed else b""
    head = b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    return head % (order.path.encode(), len(body)) + key + b"\r\n" + body


def prepared(order: Order) -> list[bytes]:
    """The requests of another channel than the form, signed before the clock runs."""
    if not order.channel:
        return []
    from bench import messages  # noqa: PLC0415  slow to import

    pushes = messages.made(order.channel, order.count).pushes
    return [messages.raw(order.channel, push) for push in pushes]


def complete(answer: bytes) -> bool:
    """Whether the bytes are a whole answer."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    found = _LENGTH.search(head)
    return len(body) >= int(found[1]) if found else True


@dataclass(slots=True)
class _Line:
    """One connection with the lead that is under way on it."""

    link: socket.socket
    number: int = 0
    began: float = 0.0
    answer: bytes = b""


class Gun:
    def __init__(self, order: Order) -> None:
        self.order = order
        self.made = prepared(order)
        self.lines = {
            line.link.fileno(): line for line in (_connect(order.port) for _ in range(order.connections))
        }
        self.free = list(self.lines.values())
        self.poll = select.epoll()
        for number in self.lines:
            self.poll.register(number, select.EPOLLIN)
        self.sent = 0
        self.shots: list[tuple[int, float, float]] = []
        self.statuses: Counter[str] = Counter()

    def shoot(self) -> Volley:
        began = time.monotonic()
        while True:
            now = time.monotonic()
            over = self._over(now - began)
            while self.free and not over and now >= self._due(began):
                self._send(self.free.pop(), max(self._due(began), began))
                over = self._over(now - began)
            if (over and len(self.free) == len(self.lines)) or not self.lines:
                break
            if not self._receive(max(self._due(began) - now, 0.0) if self.free and not over else 1.0):
                self._give_up_if_late(now - began)
        seconds = time.monotonic() - began
        for line in self.lines.values():
            line.link.close()
        self.poll.close()
        return self._volley(seconds)

    def _over(self, passed: float) -> bool:
        order = self.order
        return bool(order.count and self.sent >= order.count) or (not order.count and passed >= order.seconds)

    def _due(self, began: float) -> float:
        """When the next lead is to be posted; a late one counts from when it was due."""
        return began + self.sent / self.order.rate if self.order.rate else 0.0

    def _send(self, line: _Line, due: float) -> None:
        line.number = self.order.first + self.sent
        line.answer = b""
        line.began = due if self.order.rate else time.monotonic()
        self.sent += 1
        with contextlib.suppress(OSError):  # a broken connection says so when it is read
            line.link.send(self.made[self.sent - 1] if self.made else request(self.order, line.number))

    def _receive(self, wait: float) -> bool:
        # epoll alone rounds up to milliseconds.
        if wait and self.order.rate and not select.select([self.poll], [], [], wait)[0]:
            return True
        events = self.poll.poll(0 if self.order.rate else wait)
        for number, _ in events:
            line = self.lines[number]
            if not self._read(line):
                self._forget(line, number)
            elif complete(line.answer):
                status = line.answer[9:12].decode()
                self.statuses[status] += 1
                if status == "200":
                    self.shots.append((line.number, line.began, time.monotonic()))
                self.free.append(line)
        return bool(events)

    def _read(self, line: _Line) -> bool:
        """False when the service has gone."""
        try:
            more = line.link.recv(65536)
        except OSError:
            more = b""
        line.answer += more
        return bool(more)

    def _forget(self, line: _Line, number: int) -> None:
        self.poll.unregister(number)
        line.link.close()
        del self.lines[number]
        if line in self.free:
            self.free.remove(line)
        self.statuses["broken"] += 1

    def _give_up_if_late(self, passed: float) -> None:
        if passed > self.order.seconds + 60:
            raise TimeoutError(f"no answer on {len(self.lines) - len(self.free)} connections")

    def _volley(self, seconds: float) -> Volley:
        waits = sorted(end - start for _, start, end in self.shots)
        traced = {f"{n:09}": (start, end) for n, start, end in self.shots} if self.order.traced else {}
        p50, p99 = percentile(waits, 50), percentile(waits, 99)
        return Volley(self.statuses["200"], seconds, p50, p99, dict(self.statuses), traced)


def _connect(port: int) -> _Line:
    link = socket.create_connection(("127.0.0.1", port), timeout=10)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Line(link)


if __name__ == "__main__":
    print(json.dumps(asdict(Gun(Order(**json.loads(sys.argv[1]))).shoot())))

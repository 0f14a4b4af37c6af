"""What an operator watches. A registry of its own for each runtime, so that two can live in one process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The series of one runtime; names follow Prometheus' conventions (seconds, _total)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._accepting()
        self._sending()
        self._database()
        self.destinations: dict[str, Callable[[], frozenset[int]]] = {}
        """by queue, those that are away now"""

        self._answered = cache(self._children)

    def _accepting(self) -> None:
        counter = partial(Counter, registry=self.registry)
        self.calls = counter(
            "frontdesk_calls_total", "Calls of sources by their HTTP status", ["channel", "status"]
        )
        self.ignored = counter(
            "frontdesk_ignored_total", "Genuine items that were not for us", ["channel", "why"]
        )
        self.accept_seconds = Histogram(
            "frontdesk_accept_seconds",
            "From the request to the answer",
            ["channel"],
            registry=self.registry,
            buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
        )

    def _sending(self) -> None:
        gauge = partial(Gauge, registry=self.registry)
        self.sends = Counter(
            "frontdesk_sends_total",
            "Sending by queue and outcome",
            ["queue", "outcome"],
            registry=self.registry,
        )
        self.send_seconds = Histogram(
            "frontdesk_send_seconds",
            "From being written to being sent",
            ["queue", "channel"],
            registry=self.registry,
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 1800, 7200),
        )
        unreachable = "1 for each source (by its number) or bot (0) that this process cannot reach"
        self.away = gauge("frontdesk_destination_away", unreachable, ["queue", "destination"])

    def _database(self) -> None:
        gauge = partial(Gauge, registry=self.registry)
        self.store = gauge("frontdesk_store_up", "1 while the database answers")
        self.rows = gauge("frontdesk_queue_rows", "Rows of a queue by state", ["queue", "state"])
        claimable = "Age of the oldest row that could be claimed now"
        self.oldest = gauge("frontdesk_queue_oldest_seconds", claimable, ["queue"])
        self.leases = gauge("frontdesk_lease_held", "1 for each lease by who holds it", ["name", "owner"])
        snapshot = "How many transactions old the oldest snapshot is"
        self.xmin = gauge("frontdesk_postgres_oldest_xmin_age", snapshot)
        opened = "For how long the oldest transaction is open"
        self.transaction = gauge("frontdesk_postgres_oldest_transaction_seconds", opened)
        free = "Free space where the files lie, and the database too if it is SQLite"
        self.disk = gauge("frontdesk_state_folder_free_bytes", free)

    def answered(self, channel: str, status: int, seconds: float) -> None:
        """Count one call of a source; to look a series up by its labels costs more than to count."""
        calls, took = self._answered(channel, status)
        calls.inc()
        took.observe(seconds)

    def _children(self, channel: str, status: int) -> tuple[Counter, Histogram]:
        return self.calls.labels(channel, status), self.accept_seconds.labels(channel)

    def text(self) -> bytes:
        return generate_latest(self.registry)

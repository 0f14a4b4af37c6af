"""The clocks, and the only caller of `datetime.now`.

Business time is what people live by; the demo can move it. Leases and retries run on real time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def real_now() -> datetime:
    """Real time, aware UTC: for leases and retries."""
    return datetime.now(UTC)


class Clock:
    """Business time: real time plus an offset."""

    def __init__(self, start: datetime | None = None) -> None:
        self._offset = start - real_now() if start else timedelta()

    def now(self) -> datetime:
        return real_now() + self._offset

    def advance(self, by: timedelta) -> None:
        self._offset += by

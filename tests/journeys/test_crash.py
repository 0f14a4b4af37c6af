"""kill -9, SIGTERM and commands beside the running service: what was acknowledged is shown, once."""

from __future__ import annotations

from pathlib import Path

from journeys.process import town


async def test_killed_between_acknowledgement_and_card(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path) as it:
        await it.service.start()
        assert await it.post("Oak table", name="Dana", phone="+37061234567") == 200
        await it.service.kill()
        repeats = await it.in_flight()
        await it.service.start()
        await it.until(lambda: it.shown("Oak table"))
        await it.drained()
        assert 1 <= it.shown("Oak table") <= 1 + repeats

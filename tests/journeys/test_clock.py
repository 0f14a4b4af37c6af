"""The clock jumps, a zone changes its hour, we were away for long: each follow-up comes once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from journeys.company import IRINA, MORNING, TOMAS, make_world, opened
from journeys.test_a_reminder_fires import an_answered_chat, notices

from scheduler.clock import Clock

HOUR = timedelta(hours=1)
BEFORE_SUMMER = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)  # in Vilnius clocks go forward the next night
BEFORE_WINTER = datetime(2026, 10, 24, 9, 0, tzinfo=UTC)


async def test_jumps_of_an_hour_both_ways(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        card = await an_answered_chat(company)
        company.says(TOMAS, "/remind 30m in the jump", at=card)
        company.says(TOMAS, "/remind 90m after the jump", at=card)
        await company.sees(TOMAS, "after the jump")
        company.clock.advance(HOUR)
        await company.until(lambda: notices(company, TOMAS, "in the jump"))
        company.clock.advance(-2 * HOUR)
        company.says(TOMAS, "/remind 10m set in the past", at=card)
        await company.sees(TOMAS, "set in the past")
        company.clock.advance(HOUR)
        await company.until(lambda: notices(company, TOMAS, "set in the past"))
        company.clock.advance(HOUR)
        await company.until(
            lambda: notices(company, TOMAS, "after the jump") or company.clock.advance(HOUR / 4)
        )
        await company.settled()
        for words in ("in the jump", "after the jump", "set in the past"):
            assert len(notices(company, TOMAS, words)) == 1


@pytest.mark.parametrize(
    ("start", "hours"), [(BEFORE_SUMMER, 22), (BEFORE_WINTER, 23)], ids=["to summer", "to winter"]
)
async def test_ten_in_the_morning_is_that_in_the_night_when_the_hour_changes(
    database_url: str, start: datetime, hours: int
) -> None:
    """In March it is 11:00 when it is asked for and 10:00 is 22 hours away, in October 12:00 and 23."""
    clock = Clock(start)
    world = make_world(clock, topics=True)
    zone = {"timezone": "Europe/Vilnius", "managers": (IRINA,)}
    async with opened(database_url, clock=clock, world=world, fresh=True, **zone) as company:
        company.writes(201, "Hello")
        card = await company.sees(IRINA, "Hello")
        company.says(IRINA, "/remind завтра 10:00 счёт", at=card)
        await company.sees(IRINA, "завтра 10:00: счёт")
        company.says(IRINA, f"/remind {hours - 1}h 50m сначала это", at=card)
        await company.sees(IRINA, "сначала это")
        company.clock.advance(timedelta(hours=hours) - timedelta(minutes=5))
        await company.until(lambda: notices(company, IRINA, "сначала это"))
        await company.settled()
        assert not notices(company, IRINA, "счёт")
        company.clock.advance(timedelta(minutes=6))
        await company.until(lambda: notices(company, IRINA, "счёт"))
        await company.settled()
        assert len(notices(company, IRINA, "счёт")) == 1


async def test_a_month_without_us(database_url: str) -> None:
    """Everything that came due comes once at the next start, and is marked as late."""
    clock = Clock(MORNING)
    world = make_world(clock, topics=True)
    async with opened(database_url, managers=(TOMAS,), clock=clock, world=world, fresh=True) as company:
        card = await an_answered_chat(company)
        for number in range(1, 6):
            company.says(TOMAS, f"/remind {number}h thing {number}.", at=card)
            await company.sees(TOMAS, f"thing {number}.")
        await company.settled()
    clock.advance(timedelta(days=31))
    for _ in range(2):
        async with opened(database_url, managers=(TOMAS,), clock=clock, world=world) as company:
            for number in range(1, 6):
                await company.until(lambda n=number: notices(company, TOMAS, f"thing {n}."))  # type: ignore[misc]
            await company.settled()
    for number in range(1, 6):
        (notice,) = notices(company, TOMAS, f"thing {number}.")
        assert "Late" in notice

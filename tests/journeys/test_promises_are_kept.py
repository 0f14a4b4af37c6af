"""Each journey ends with `verify` over its database; here it finds something."""

from __future__ import annotations

import pytest
from journeys.company import opened
from journeys.process import rows


@pytest.mark.parametrize(
    ("harm", "promise"),
    [
        ("UPDATE inbox SET ended_at = NULL", "ends-inbox"),
        ("DELETE FROM journal", "vanished-inbox"),
        ("UPDATE outbox SET lease_owner = 'me'", "ends-outbox"),
    ],
)
async def test_a_journey_that_ends_with_a_broken_promise_is_red(
    database_url: str, harm: str, promise: str
) -> None:
    with pytest.raises(AssertionError, match=promise):
        await harmed(database_url, harm)


async def harmed(database_url: str, harm: str) -> None:
    async with opened(database_url) as company:
        await company.post_form(name="Olga", message="How much is a kitchen?")
        await company.settled()
        await rows(database_url, harm)

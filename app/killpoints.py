"""Named instants at which a test has the service die, as by kill -9. None unless FRONTDESK_TEST_KILL is set.

after_commit   an event is stored, its sender has no answer yet
before_done    an event is claimed, nothing of it is decided yet
after_show     a manager's Telegram has a message, we have not noted it yet
after_send     a customer has a reply, we have not noted it yet
by_poison      an event is claimed whose text is POISON
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Literal, ParamSpec, TypeVar

from leads.changes import Arrived
from scheduler.drains import Drain

Point = Literal["", "after_commit", "before_done", "after_show", "after_send", "by_poison"]
POISON = "a test's poison"
P = ParamSpec("P")
R = TypeVar("R")
Act = Callable[P, Coroutine[Any, Any, R]]


def dies_after(chosen: Point, point: Point, do: Act[P, R]) -> Act[P, R]:
    """`do` as it is, or with death behind it when that is the chosen point."""
    if chosen != point:
        return do

    async def do_and_die(*args: P.args, **kwargs: P.kwargs) -> R:
        result = await do(*args, **kwargs)
        _die()
        return result

    return do_and_die


def dies_before(chosen: Point, point: Point, drain: Drain[Any]) -> Drain[Any]:
    """The drain as it is, or one that dies of its first row."""

    async def die(_: object) -> None:
        _die()

    return replace(drain, handle=die) if chosen == point else drain


def dies_of_poison(chosen: Point) -> Callable[[Arrived], None]:
    """What to do first with a claimed event."""

    def first(row: Arrived) -> None:
        if chosen == "by_poison" and row.event.text == POISON:
            _die()

    return first


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)

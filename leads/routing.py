"""Who gets a lead, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leads.model import Data, Manager, Role


@dataclass(frozen=True, slots=True)
class Routed:
    """The chosen one (None: nobody is on shift) and the reason as data: {why, among, …}."""

    manager: Manager | None
    why: Data


def route(
    managers: Sequence[Manager], owner_id: int | None, now: datetime, *, exclude: Collection[int] = ()
) -> Routed:
    """The contact's own manager when on shift, else whose turn is longest ago; a tie goes to the lower id.

    Owner and head count as soon as they are on shift, which they are only after /on. Whom the bot cannot
    reach is passed over as long as there is somebody else.
    """
    on_shift = [one for one in managers if one.active and one.on_shift and one.id not in exclude]
    pool = [one for one in on_shift if one.unreachable_since is None] or on_shift
    among = sorted(one.id for one in pool)
    if not pool:
        return Routed(None, {"why": "nobody_on_shift", "among": []})
    own = next((one for one in pool if one.id == owner_id), None)
    if own:
        return Routed(own, {"why": "own_manager", "among": among})
    turn = min(pool, key=lambda one: (one.last_lead_at.timestamp() if one.last_lead_at else 0.0, one.id))
    return Routed(turn, {"why": "round_robin", "among": among})


class Turns:
    """Whose turn it was, as far as this process decided: what is still being committed counts, too.

    Without it a burst goes to one manager, for the store tells all its readers the same turns.
    """

    def __init__(self) -> None:
        self._taken: dict[int, datetime] = {}

    def seen(self, managers: Sequence[Manager]) -> tuple[Manager, ...]:
        """The managers with the newer of what is stored and what was decided."""
        return tuple(replace(one, last_lead_at=self._newer(one)) for one in managers)

    def take(self, manager_id: int, now: datetime) -> None:
        """Each turn is later than all before it, also within one tick of the clock."""
        newest = max(self._taken.values(), default=now)
        self._taken[manager_id] = max(now, newest + timedelta(microseconds=1))

    def _newer(self, manager: Manager) -> datetime | None:
        known = [at for at in (manager.last_lead_at, self._taken.get(manager.id)) if at]
        return max(known, default=None)


def heads(managers: Sequence[Manager]) -> tuple[Manager, ...]:
    """Who is told when something is amiss: heads and owners, the reachable ones if there are any."""
    all_of_them = tuple(one for one in managers if one.active and one.role is not Role.MANAGER)
    return tuple(one for one in all_of_them if one.unreachable_since is None) or all_of_them

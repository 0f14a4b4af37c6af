"""Who gets a lead, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

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


def heads(managers: Sequence[Manager]) -> tuple[Manager, ...]:
    """Who is told when something is amiss: heads and owners, the reachable ones if there are any."""
    all_of_them = tuple(one for one in managers if one.active and one.role is not Role.MANAGER)
    return tuple(one for one in all_of_them if one.unreachable_since is None) or all_of_them

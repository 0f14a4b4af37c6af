"""Who works the desk: invitations, shifts, who can be reached."""

from __future__ import annotations

from datetime import datetime

from leads.changes import Act, Rules, Settle, ToManager
from leads.model import Manager, Role
from leads.ports import Store


async def shift(store: Store, act: Act, on: bool) -> None:
    """On or off shift. Whoever comes on gets the waiting leads, oldest first."""
    raise NotImplementedError


async def invite(store: Store, act: Act, role: Role) -> str:
    """A one-time token. "{token}" in the texts of `act.also` (a link) stands for it."""
    raise NotImplementedError


async def join(
    store: Store,
    token: str,
    telegram_id: int,
    *,
    name: str,
    language: str,
    now: datetime,
    rules: Rules,
    settle: Settle | None = None,
    also: tuple[ToManager, ...] = (),
) -> Manager:
    """Use an invitation; a manager gets the waiting leads at once."""
    raise NotImplementedError


async def first_owner_invite(store: Store, now: datetime) -> str | None:
    """A token that makes its opener the owner, as long as there is none."""
    raise NotImplementedError


async def greet(
    store: Store,
    manager: Manager,
    language: str,
    *,
    settle: Settle | None,
    also: tuple[ToManager, ...],
    now: datetime,
) -> None:
    """A manager (re)opened the chat: can be reached again, and what was parked for them goes out."""
    raise NotImplementedError


async def add(
    store: Store,
    telegram_id: int,
    name: str,
    now: datetime,
    rules: Rules,
    *,
    role: Role = Role.MANAGER,
    team: str = "",
) -> Manager:
    """Add somebody by hand, or change name, role and team of one who is there."""
    raise NotImplementedError


async def remove(store: Store, telegram_id: int, now: datetime, rules: Rules) -> bool:
    """Take somebody off the desk and route their open leads anew; False when there is no such manager."""
    raise NotImplementedError

"""Who works the desk: invitations, shifts, who can be reached."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from leads import normal
from leads.assigning import give, moved, unseen
from leads.changes import Act, Changes, Rules, Settle, ToManager, View
from leads.errors import Refused
from leads.journal import Word
from leads.model import Invite, LeadState, Manager, Role
from leads.ports import Store
from leads.routing import heads, route
from leads.writing import Writing, thrice

INVITE_LASTS = timedelta(days=7)
FIRST_INVITE_LASTS = timedelta(hours=24)
LINK_MARK = "{token}"
_RANK = {Role.MANAGER: 0, Role.HEAD: 1, Role.OWNER: 2}
_AT_ONCE = 200


async def shift(store: Store, act: Act, on: bool) -> None:
    """On or off shift. Whoever comes on gets the waiting leads, oldest first.

    Being on shift is committed first, so that no lead begins to wait any more, then each lead, and the
    update is settled last: should all of it run a second time, it finds nothing left to do.
    """
    if act.by.on_shift is not on:
        w = Writing()
        w.put(replace(act.by, on_shift=on))
        w.note(act.now, Word.SHIFT, manager=act.by.id, on=on)
        await store.commit(w.changes())
    if on:
        await give_waiting(store, act.now)
    await store.commit(Changes(act.also, act.settle))


async def give_waiting(store: Store, now: datetime) -> int:
    """Route the leads that wait, oldest first, as long as somebody is on shift; how many found a manager."""
    given = 0
    while leads := await store.waiting_leads(_AT_ONCE):
        results = [await give(store, lead.id, now) for lead in leads]
        given += sum(results)
        if not any(results):
            break
    return given


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def invite(store: Store, act: Act, role: Role) -> str:
    """A one-time token. "{token}" in the texts of `act.also` (a link) stands for it.

    Heads invite managers, owners everybody. Refused: refused-invite-role.
    """
    if act.by.role is Role.MANAGER or (act.by.role is Role.HEAD and role is not Role.MANAGER):
        raise Refused("refused-invite-role", role=role.value)
    token = secrets.token_urlsafe(24)
    until = act.now + INVITE_LASTS
    fresh = Invite(-1, _hash(token), role, act.now, until, created_by=act.by.id)
    await store.commit(Changes((fresh, *_with_token(act.also, token)), act.settle))
    return token


def _with_token(rows: Sequence[ToManager], token: str) -> list[ToManager]:
    def filled(value: object) -> object:
        return value.replace(LINK_MARK, token) if isinstance(value, str) else value

    return [replace(row, args={name: filled(value) for name, value in row.args.items()}) for row in rows]


async def first_owner_invite(store: Store, now: datetime) -> str | None:
    """A token that makes its opener the owner, as long as there is none."""
    if any(one.role is Role.OWNER for one in await store.managers()):
        return None
    token = secrets.token_urlsafe(24)
    fresh = Invite(-1, _hash(token), Role.OWNER, now, now + FIRST_INVITE_LASTS)
    await store.commit(Changes((fresh,)))
    return token


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
    """Use an invitation; a manager gets the waiting leads at once.

    Who is at the desk already only rises by it. Refused: refused-invite.
    """

    async def once() -> Manager:
        found = await store.invite(_hash(token))
        if found is None or found.used_by is not None or found.expires_at <= now:
            raise Refused("refused-invite")
        known = await store.manager_by_telegram(telegram_id)
        fresh = _joined(known or await _stranger(store, telegram_id), name, found.role)
        fresh = replace(fresh, language=language or fresh.language, unreachable_since=None)
        w = Writing()
        w.put(fresh, replace(found, used_by=fresh.id))
        w.note(now, Word.JOINED, manager=fresh.id, role=fresh.role.value)
        await store.commit(w.changes(settle, also, revive=(telegram_id,)))
        return fresh

    manager = await thrice(once)
    if manager.on_shift:
        await give_waiting(store, now)
    return manager


async def _stranger(store: Store, telegram_id: int) -> Manager:
    """A row that the invitation can name, with no access until the invitation is used."""
    blank = Manager(-1, telegram_id, "", on_shift=False, active=False)
    ids = await store.commit(Changes((blank,)))
    return replace(blank, id=ids[blank.id])


def _joined(one: Manager, name: str, role: Role) -> Manager:
    if one.active:
        return replace(one, role=max(one.role, role, key=_RANK.__getitem__))
    return replace(one, name=normal.name(name), role=role, on_shift=role is Role.MANAGER, active=True)


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
    w = Writing()
    here = replace(manager, language=language or manager.language, unreachable_since=None)
    if here != manager:
        w.put(here)
    if manager.unreachable_since:
        w.note(now, Word.REACHABLE, manager=manager.id)
    await store.commit(w.changes(settle, also, revive=(manager.telegram_id,)))


async def away(store: Store, manager: Manager, *, settle: Settle | None, now: datetime) -> None:
    """A manager shut the bot out: the heads hear of it before a message to them fails."""
    w = Writing()
    unreachable(w, manager, await store.managers(), now)
    await store.commit(w.changes(settle))


def unreachable(w: Writing, manager: Manager, managers: Sequence[Manager], now: datetime) -> None:
    """The heads hear of it once; never the one who cannot be reached."""
    if manager.unreachable_since:
        return
    w.put(replace(manager, unreachable_since=now))
    w.note(now, Word.UNREACHABLE, manager=manager.id)
    args = {"key": "manager-unreachable", "name": manager.name}
    for head in heads(managers):
        if head.id != manager.id and head.unreachable_since is None:
            coalesce = f"unreachable:{manager.id}:{head.telegram_id}"
            w.put(ToManager(View.SAY, head.telegram_id, args=args, coalesce=coalesce))


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

    async def once() -> Manager:
        known = await store.manager_by_telegram(telegram_id)
        w = Writing()
        fresh = known or Manager(w.new_id(), telegram_id, "", on_shift=role is Role.MANAGER)
        fresh = replace(fresh, name=normal.name(name) or fresh.name, role=role, team=team or fresh.team)
        w.put(fresh)
        if known is None:
            w.note(now, Word.JOINED, manager=fresh.id, role=role.value)
        ids = await store.commit(w.changes())
        return replace(fresh, id=ids.get(fresh.id, fresh.id))

    manager = await thrice(once)
    if manager.on_shift:
        await give_waiting(store, now)
    return manager


async def remove(store: Store, telegram_id: int, now: datetime, rules: Rules) -> bool:
    """Take somebody off the desk and route their open leads anew; False when there is no such manager."""
    manager = await store.manager_by_telegram(telegram_id)
    if manager is None:
        return False
    w = Writing()
    w.put(replace(manager, active=False, on_shift=False))
    w.note(now, Word.LEFT, manager=manager.id)
    await store.commit(w.changes())
    while lines := await store.open_leads(manager.id, _AT_ONCE):
        for line in lines:
            await _released(store, line.lead.id, manager, now)
    return True


async def _released(store: Store, lead_id: int, former: Manager, now: datetime) -> None:
    """The lead of one who left: to whoever is next, else it waits and the heads are told."""

    async def once() -> None:
        snapshot = await store.lead_snapshot(lead_id)
        if snapshot is None or not snapshot.lead.open or snapshot.lead.manager_id != former.id:
            return
        w = Writing()
        routed = route(snapshot.managers, None, now)
        if routed.manager:
            news = await unseen(store, snapshot, routed.manager)
            w.put(moved(w, snapshot, routed.manager, routed.why, now, news=news))
        else:
            w.put(*(replace(one, active=False) for one in snapshot.threads if one.active))
            w.put(replace(snapshot.lead, manager_id=None, state=LeadState.WAITING, routed=routed.why))
            w.note(now, Word.ROUTED, lead=lead_id, **routed.why)
            notices = (ToManager(View.UNROUTED, one.telegram_id, lead_id) for one in heads(snapshot.managers))
            w.put(*notices)
        await store.commit(w.changes())

    await thrice(once)

"""Which way a reply goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leads import normal
from leads.changes import Rules
from leads.errors import Refused
from leads.events import SendCode
from leads.model import Conversation, PointKind
from leads.ports import LeadSnapshot
from leads.windows import is_late, is_shut

NO_WAY = "refused-no-way"
SHUT = {"refused-blocked": SendCode.BLOCKED, "refused-window": SendCode.WINDOW_CLOSED}


def obstacle(snapshot: LeadSnapshot, way: Conversation, rules: Rules, now: datetime) -> str:
    """Why nothing can be sent this way: refused-no-way, -blocked or -window; empty when it can."""
    can = rules.can.get(way.channel)
    if can is None or not can.answers or not way.thread:
        return NO_WAY
    if any(one.id == way.identity_id and one.blocked_at for one in snapshot.identities):
        return "refused-blocked"
    if is_shut(way, rules, now) and not is_late(way, rules, now):
        return "refused-window"
    return ""


def answerable(snapshot: LeadSnapshot, rules: Rules, now: datetime) -> tuple[Conversation, ...]:
    """The conversations that can be answered now: the newest inbound one first, late ones last."""
    open_ = [one for one in snapshot.conversations if not obstacle(snapshot, one, rules, now)]
    return tuple(sorted(open_, key=lambda one: is_late(one, rules, now)))


def choose(
    snapshot: LeadSnapshot, rules: Rules, now: datetime, wished: Sequence[int | None] = ()
) -> tuple[Conversation, str]:
    """The first of the wished conversations that has answers at all, else the newest that can be answered;
    and what keeps it shut, as `obstacle` says.

    A wish that is shut just now is named as such rather than sent elsewhere: the manager chose it. Refused:
    refused-no-way (phone, email) when there is only the phone.
    """
    by_id = {one.id: one for one in snapshot.conversations}
    chosen = [by_id[one] for one in wished if one in by_id]
    for way in [*chosen, *answerable(snapshot, rules, now), *snapshot.conversations]:
        why = obstacle(snapshot, way, rules, now)
        if why != NO_WAY:
            return way, why
    raise Refused(NO_WAY, phone=_point(snapshot, PointKind.PHONE), email=_point(snapshot, PointKind.EMAIL))


def _point(snapshot: LeadSnapshot, kind: PointKind) -> str:
    value = next((one.value for one in snapshot.points if one.kind is kind), "")
    return normal.shown_phone(value) if kind is PointKind.PHONE else value

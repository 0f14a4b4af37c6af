"""Rows to managers become messages: `render` sends one and returns what to remember of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot import showing, telling, threads
from bot.calls import Notifier, Order
from bot.kept import Kept
from bot.views.paper import reader_for
from leads.changes import Outbound, Row, ToManager, View
from leads.events import SendCode, SendError

__all__ = ["Notifier", "render"]

_VIEWS: dict[View, Callable[[Notifier, Order], Awaitable[object]]] = {
    View.CARD: showing.show_card,
    View.CARD_EDIT: threads.refresh,
    View.CUSTOMER: showing.show_message,
    View.CUSTOMER_EDIT: showing.show_edit,
    View.CUSTOMER_EVENT: showing.show_event,
    View.STATE: showing.show_state,
    View.REMINDER: telling.reminder,
    View.MOVED: telling.moved,
    View.UNROUTED: telling.unrouted,
    View.SAY: telling.say,
    View.HELP: telling.help_page,
    View.LEADS: telling.leads,
    View.LEAD: telling.lead,
    View.FOUND: telling.found,
    View.INVITE: telling.invite,
    View.TEMPLATE: telling.template,
}


async def render(out: Notifier, row: Outbound) -> tuple[Row, ...]:
    """Show one row and return the rows that remember it; raises SendError.

    What is already shown is not shown again, as far as the store knows of it.
    """
    order = await _read(out, row)
    out = replace(out, urgency=row.priority, kept=Kept())
    await _VIEWS[order.body.view](out, order)
    return out.kept.taken()


async def _read(out: Notifier, row: Outbound) -> Order:
    body = row.body
    if not isinstance(body, ToManager):
        raise SendError(SendCode.PERMANENT, f"outbox row {row.id} is not for a manager")
    snapshot = None if body.lead_id is None else await out.store.lead_snapshot(body.lead_id)
    if snapshot:
        manager = next((one for one in snapshot.managers if one.telegram_id == body.chat_id), None)
    else:
        manager = await out.store.manager_by_telegram(body.chat_id)
    reader = reader_for(manager, out.rules, out.clock(), str(body.args.get("language", "")))
    return Order(row, body, reader, manager, snapshot)

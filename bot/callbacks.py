"""Every button of the desk. Packed, each fits into Telegram's 64 bytes."""

from __future__ import annotations

from enum import StrEnum

from aiogram.filters.callback_data import CallbackData


class When(StrEnum):
    """The presets of reminders; `NINE` is tomorrow at 9:00 of the manager's own zone."""

    HALF_HOUR = "30m"
    HOUR = "1h"
    THREE_HOURS = "3h"
    NINE = "9am"


class Verdict(StrEnum):
    """How a lead is closed; the values are those of `LeadState`."""

    WON = "won"
    LOST = "lost"
    SPAM = "spam"


class Why(StrEnum):
    """Why a lead was lost; the word is kept as the lead's `close_reason`."""

    NONE = ""
    PRICE = "price"
    NOT_NOW = "not_now"
    COMPETITOR = "competitor"
    NO_ANSWER = "no_answer"
    NOT_OURS = "not_ours"


class Take(CallbackData, prefix="take"):
    lead: int


class HandOver(CallbackData, prefix="hand"):
    """`to` is a manager's id; 0 asks for the menu of managers."""

    lead: int
    to: int = 0


class RemindMenu(CallbackData, prefix="remind"):
    lead: int


class Remind(CallbackData, prefix="at"):
    lead: int
    preset: When


class Note(CallbackData, prefix="note"):
    lead: int


class CloseMenu(CallbackData, prefix="closing"):
    """`lost` asks for the reasons why a lead was lost."""

    lead: int
    lost: bool = False


class Close(CallbackData, prefix="close"):
    lead: int
    state: Verdict
    reason: Why = Why.NONE


class Reopen(CallbackData, prefix="reopen"):
    lead: int


class Via(CallbackData, prefix="via"):
    """Send the replies to this conversation."""

    lead: int
    conversation: int


class Back(CallbackData, prefix="back"):
    """From a menu to the card's own buttons."""

    lead: int


class Open(CallbackData, prefix="open"):
    """Show this lead as a fresh card."""

    lead: int


class TryAgain(CallbackData, prefix="again"):
    """Send a failed reply once more."""

    message: int


class SendVia(CallbackData, prefix="resend"):
    """Send a failed reply through another conversation of the same customer."""

    message: int
    conversation: int


class Templates(CallbackData, prefix="tpls"):
    """Which approved texts there are for a conversation; a page, the first is 0."""

    lead: int
    conversation: int
    page: int = 0


class PickTemplate(CallbackData, prefix="tpl"):
    """`key` is `leads.templates.key_of` the template."""

    lead: int
    conversation: int
    key: str


class SendTemplate(CallbackData, prefix="tplgo"):
    """Send what stands above this button."""

    lead: int


class ReminderDone(CallbackData, prefix="done"):
    reminder: int


class ReminderSnooze(CallbackData, prefix="snooze"):
    reminder: int
    preset: When


class Leads(CallbackData, prefix="leads"):
    """A page of the list of leads, the first is 0."""

    page: int = 0

"""The words of the journal: what an `Entry.kind` says, and what its `data` holds."""

from __future__ import annotations

from enum import StrEnum


class Word(StrEnum):
    # of an event
    RECEIVED = "received"  # `inbox_id`; {kind, channel, source}
    LINKED = "linked"  # {by, value?, others?}
    IGNORED = "ignored"  # `inbox_id`; {why, kind}
    SILENCED = "silenced"  # `inbox_id`; a spammer wrote again: kept in the inbox, shown to nobody
    EDITED = "edited"
    DELETED = "deleted"
    REACTED = "reacted"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    ECHOED = "echoed"  # the company answered outside of the desk
    # of a lead
    OPENED = "opened"
    ROUTED = "routed"  # the reason as data, see routing.py
    ANNOUNCED = "announced"  # the card was written to `manager_id`
    SHOWN = "shown"  # written by the notifier; {message?, chat}
    TAKEN = "taken"
    HANDED_OVER = "handed_over"  # {to}
    NOTED = "noted"
    VIA = "via"  # {conversation}
    CLOSED = "closed"  # {state, reason}
    REOPENED = "reopened"
    # of a reply
    REPLIED = "replied"
    SENT = "sent"  # {message}; all its parts
    STATE = "state"  # {message, state}; what the vendor said later
    FAILED = "failed"  # {message, part, code, detail}
    RETRIED = "retried"  # {message}
    WENT = "went"  # {message, part, external_id}; a part of several
    TAKEN_BACK = "taken_back"  # {message}; a manager asked for it
    TEMPLATE = "template"  # {chat, desk_id, via, template}; picked, and what is still asked or shown there
    TOLD = "told"  # {what}; a manager was told what need not be told twice
    # of a reminder
    REMIND = "remind"  # {due, text}
    REMINDED = "reminded"  # {reminder, kind, late}
    SNOOZED = "snoozed"  # {reminder, until}
    DONE = "done"  # {reminder}
    # of a person
    SHIFT = "shift"  # {on}
    JOINED = "joined"  # {role}
    LEFT = "left"
    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"

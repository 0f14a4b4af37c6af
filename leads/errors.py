"""Errors of the meaning.

LeadsError
├── Conflict           somebody else changed the same thing meanwhile: read anew and decide again
├── LostLease          the claimed row went to another worker: drop what was decided
├── StoreUnavailable   nothing could be committed: the sender shall try again
└── Refused            a rule says no; `reason` names the sentence that a person reads
"""

from __future__ import annotations


class LeadsError(Exception):
    """Root of this room's errors."""


class Conflict(LeadsError):
    """Somebody else changed the same thing meanwhile: read anew and decide again."""


class LostLease(LeadsError):
    """The claimed row went to another worker: drop what was decided."""


class StoreUnavailable(LeadsError):
    """Nothing could be committed: the sender shall try again."""


class Refused(LeadsError):
    """A rule says no. `reason` is the key of a sentence in the catalogues, `args` fill it in."""

    def __init__(self, reason: str, **args: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.args_ = args

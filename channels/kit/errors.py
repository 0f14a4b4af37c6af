"""Errors of the channels.

ChannelError
├── Rejected      the proof is missing or wrong: 401, or 403 when the caller is known and may not
├── Malformed     nothing in the call can be read: 400
└── HalfMade      a folder under channels/ lacks a part of the contract: no process starts with it
"""


class ChannelError(Exception):
    """`str(error)` is safe to show to the caller: it says what to change and holds no secret."""


class Rejected(ChannelError):
    """The proof is missing or wrong."""

    def __init__(self, message: str, *, forbidden: bool = False) -> None:
        super().__init__(message)
        self.forbidden = forbidden


class Malformed(ChannelError):
    """Nothing in the call can be read. `status` is 400, 408, 413 or 415."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class HalfMade(ChannelError):
    """A folder under `channels/` lacks a part of the contract; the message names the folder and the part."""

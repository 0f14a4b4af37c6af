"""What a vendor does wrong on command: how, to which calls, how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox.vendors.stage import Answer

Kind = Literal["refuse", "hang", "slow", "lost", "html", "huge", "cut"]
BEFORE: tuple[Kind, ...] = ("refuse", "hang")
AFTER: tuple[Kind, ...] = ("lost", "html", "huge", "cut", "slow")


@dataclass(slots=True)
class Fault:
    """One rule for calls that hold `words` in path, query or body (all, when empty).

    refuse  `answer` in place of the effect, e.g. one of `vendor.refusals`
    hang    no effect, and no answer until the caller gives up
    slow    the answer comes `seconds` later
    lost    the effect happens, the connection is closed without an answer
    html    the effect happens, the answer is a page
    huge    the effect happens, the answer is 32 MiB
    cut     the effect happens, half of the answer comes
    """

    kind: Kind
    words: str = ""
    times: int | None = 1  # None: until it is taken away
    answer: Answer | None = None
    seconds: float = 1.0


@dataclass(slots=True)
class Faults:
    """The rules of one vendor; `duplicate` makes every webhook call twice."""

    rules: list[Fault] = field(default_factory=list)
    duplicate: bool = False

    def add(self, fault: Fault) -> Fault:
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        self.rules.clear()
        self.duplicate = False

    def take(self, call: str, kinds: tuple[Kind, ...]) -> Fault | None:
        """The first rule of these kinds that fits the call, used up by one."""
        fault = next((one for one in self.rules if one.kind in kinds and one.words in call), None)
        if fault and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                # By identity: two rules may look alike.
                self.rules[:] = [one for one in self.rules if one is not fault]
        return fault

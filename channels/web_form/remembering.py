"""Forms name their fields alike, post after post: what a name means is worked out once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

NAMES = 4096
LONGEST = 64  # characters: strangers choose the names, and are not to fill our memory


def remembered(meaning: Callable[[str], T]) -> Callable[[str], T]:
    """The same function, which remembers its answers for short names."""
    known = lru_cache(NAMES)(meaning)

    def answer(name: str) -> T:
        return known(name) if len(name) <= LONGEST else meaning(name)

    return answer

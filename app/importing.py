"""Importing what is large while requests are answered, and sparing the collector what will stay."""

from __future__ import annotations

import asyncio
import gc
from importlib import import_module
from types import ModuleType


async def imported(name: str) -> ModuleType:
    """The module, imported in a thread.

    The collector rests meanwhile: it would stop every thread for a sixth of a second and find nothing.
    """
    gc.disable()
    try:
        return await asyncio.to_thread(import_module, name)
    finally:
        gc.enable()
        settled()


def settled() -> None:
    """Whatever was made so far stays: the collector need never look at it again."""
    gc.freeze()

"""Finds the channels: every folder beside the kit whose package exports the contract's names.

No list is kept anywhere, so that adding a channel edits no existing file.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import cast

import aiohttp

from channels.kit import edge
from channels.kit.contract import Channel, Reply, Source
from channels.kit.errors import HalfMade
from leads.events import Call

ROOM = Path(__file__).parents[1]
REQUIRED = ("name", "settings", "can", "verify", "parse")
OPTIONAL = (
    "handshake",
    "signed",
    "body_limit",
    "answer",
    "typing",
    "send",
    "fetch_media",
    "poll",
    "register",
    "registered",
    "templates",
    "profile",
    "probe",
)


@cache
def channels() -> Mapping[str, Channel]:
    """Every channel by its name, sorted; raises `HalfMade` when a folder is not a whole channel."""
    return MappingProxyType({name: load(name) for name in folders()})


def folders(room: Path = ROOM) -> list[str]:
    """The names of the channel folders; one that holds nothing but caches is no channel."""
    return sorted(
        path.name
        for path in room.iterdir()
        if path.is_dir()
        and path.name != "kit"
        and path.name[0] not in "._"
        and any(child.name != "__pycache__" for child in path.iterdir())
    )


def load(folder: str) -> Channel:
    """One channel by its folder."""
    return complete(importlib.import_module(f"channels.{folder}"), folder)


def complete(module: ModuleType, folder: str) -> Channel:
    """The module's names with the defaults for those that it lacks."""
    exported = {name: getattr(module, name) for name in REQUIRED + OPTIONAL if hasattr(module, name)}
    _refuse_half_made(exported, folder)
    can = exported["can"]
    defaults = {
        "handshake": _no_handshake,
        "signed": lambda source: can.signed,
        "body_limit": lambda call: edge.BODY_LIMIT,
        "answer": edge.default_answer,
        "typing": _no_typing,
    }
    return cast(Channel, SimpleNamespace(**defaults | exported))


def offers(channel: Channel, name: str) -> bool:
    """Whether the channel has `send`, `poll`, `fetch_media`, `probe` … at all."""
    return hasattr(channel, name)


def _refuse_half_made(exported: dict[str, object], folder: str) -> None:
    missing = [name for name in REQUIRED if name not in exported]
    if missing:
        raise HalfMade(f"channels/{folder} is half made: its __init__.py exports no {', '.join(missing)}")
    if exported["name"] != folder:
        raise HalfMade(f"channels/{folder} calls itself {exported['name']!r}: name must equal the folder")
    can = exported["can"]
    for promise, function in (
        ("answers", "send"),
        ("polling", "poll"),
        ("typing", "typing"),
        ("templates", "templates"),
    ):
        if getattr(can, promise) and function not in exported:
            raise HalfMade(
                f"channels/{folder} is half made: can.{promise} is set, but it exports no {function}"
            )


def _no_handshake(source: Source, call: Call) -> Reply | None:
    return None


async def _no_typing(http: aiohttp.ClientSession, source: Source, recipient: str) -> None:
    return None

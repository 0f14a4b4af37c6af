"""Tortoise's clients, opened our way. Tortoise finds them by `get_client_class`."""

from __future__ import annotations

from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.sqlite.client import SqliteClient

SQLITE_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "busy_timeout": 5000,
    "foreign_keys": "ON",
    "journal_size_limit": 64 * 1024 * 1024,
}
POSTGRES_SETTINGS = {
    "application_name": "frontdesk",
    "idle_in_transaction_session_timeout": "60000",
    "jit": "off",
}
CONNECT_SECONDS = 5
COMMAND_SECONDS = 30


async def _leave(connection: Any) -> None:
    """We change nothing in a session, so returning it to the pool needs no round trip to reset it."""


class PostgresClient(AsyncpgDBClient):
    """Takes the whole address as asyncpg reads it: sockets, TLS and all."""

    def __init__(self, dsn: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dsn = dsn

    async def create_pool(self, **kwargs: Any) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            self.dsn,
            min_size=1,
            max_size=10,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            server_settings=POSTGRES_SETTINGS,
            reset=_leave,
        )


def get_client_class(info: dict[str, Any]) -> type[SqliteClient] | type[PostgresClient]:
    return PostgresClient if "dsn" in info["credentials"] else SqliteClient


def credentials(url: str) -> dict[str, Any]:
    """What the client of this address is made with."""
    if url.startswith("sqlite://"):
        return {"file_path": url.removeprefix("sqlite://"), **SQLITE_PRAGMAS}
    return {"dsn": url}

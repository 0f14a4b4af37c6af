"""Tortoise's clients, opened our way. Tortoise finds them by `get_client_class`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionWrapper, translate_exceptions

T = TypeVar("T")
Act = Callable[[BaseDBAsyncClient], Coroutine[Any, Any, T]]

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


class SqliteInThread(SqliteTransactionWrapper):
    """A transaction on the connection's own thread: nothing here waits for another thread."""

    def __init__(self, client: SqliteClient, connection: sqlite3.Connection) -> None:
        super().__init__(client)
        self._raw = connection

    @translate_exceptions
    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        return self._raw.execute(query, values).lastrowid

    @translate_exceptions
    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        self._raw.executemany(query, values)

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, list[Any]]:
        before = self._raw.total_changes
        rows = self._raw.execute(query, values or ()).fetchall()
        return (self._raw.total_changes - before) or len(rows), rows

    @translate_exceptions
    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        return [dict(row) for row in self._raw.execute(query, values or ())]


def in_thread(client: SqliteClient, connection: sqlite3.Connection, act: Act[T], begin: str) -> T:
    """Do the act in a transaction, from `begin` to COMMIT in one go: on the connection's own thread."""
    connection.execute(begin)
    try:
        result = _finished(act(SqliteInThread(client, connection)))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return result


def _finished(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    work.close()
    raise RuntimeError("a transaction of SQLite waited for something else than its database")


def get_client_class(info: dict[str, Any]) -> type[SqliteClient] | type[PostgresClient]:
    return PostgresClient if "dsn" in info["credentials"] else SqliteClient


def credentials(url: str) -> dict[str, Any]:
    """What the client of this address is made with."""
    if url.startswith("sqlite://"):
        return {"file_path": url.removeprefix("sqlite://"), **SQLITE_PRAGMAS}
    return {"dsn": url}

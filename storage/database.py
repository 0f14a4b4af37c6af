"""One open database: its connections, its transactions, its dialect, its clocks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from contextvars import copy_context
from copy import copy
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Literal, TypeVar, cast

from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionWrapper
from tortoise.context import TortoiseContext, _current_context

from leads.errors import Conflict, StoreUnavailable
from storage import backends
from storage.backends import PostgresClient
from storage.codec import micros
from storage.faults import is_away, is_clash, is_late, is_taken

Tx = BaseDBAsyncClient
T = TypeVar("T")
Clock = Callable[[], datetime]


@lru_cache(1024)
def _numbered(sql: str) -> str:
    """Our statements number their arguments as PostgreSQL does; SQLite writes ?1."""
    return sql.replace("$", "?")


def marks(sql: str, first: int, count: int) -> str:
    """The statement with `{ids}` spelled out as `count` arguments from number `first` on."""
    return sql.replace("{ids}", ", ".join(f"${first + i}" for i in range(count)))


class Database:
    """Raw statements, and transactions for them and for Tortoise alike.

    On SQLite everything goes through one connection and one lock, and each transaction is BEGIN IMMEDIATE.
    """

    def __init__(self, context: TortoiseContext, *, now: Clock, lease_now: Clock) -> None:
        self._context = context
        self.client = context.db()
        self.dialect = cast(Literal["sqlite", "postgres"], self.client.capabilities.dialect)
        # Tortoise keeps its insert statements by this name, for the whole process.
        self.client.connection_name = self.dialect
        self.now = now
        self.lease_now = lease_now
        self.on_commit: list[Callable[[str], None]] = []
        self.tells: list[Callable[[str], None]] = []
        self.closers: list[Callable[[], Awaitable[None]]] = []

    @classmethod
    async def connect(cls, url: str, *, now: Clock, lease_now: Clock) -> Database:
        context = TortoiseContext()
        connection = {"engine": "storage.backends", "credentials": backends.credentials(url)}
        apps = {"storage": {"models": ["storage.models"], "default_connection": "default"}}
        with _active(context):
            await context.init(config={"connections": {"default": connection}, "apps": apps})
            database = cls(context, now=now, lease_now=lease_now)
            await database.client.create_connection(with_db=True)
        return database

    async def close(self) -> None:
        for close in self.closers:
            await close()
        await self.client.close()

    @property
    def sqlite(self) -> bool:
        return self.dialect == "sqlite"

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Tortoise finds this database, and the driver's errors become those of `leads.errors`."""
        try:
            with _active(self._context):
                yield
        except Exception as error:
            if is_late(error):
                self._distrust_connections()
            if is_away(error):
                raise StoreUnavailable(type(error).__name__) from error
            if is_taken(error) or is_clash(error):
                raise Conflict(str(error)) from error
            raise

    def _distrust_connections(self) -> None:
        """What swallowed a statement may have swallowed all connections: none that is open is used again."""
        pool = None if self.sqlite else cast(PostgresClient, self.client)._pool
        if pool is not None:
            with suppress(StopIteration):  # now, before the next statement: it waits for nothing
                pool.expire_connections().send(None)

    async def run(self, act: backends.Act[T]) -> T:
        """Do `act(tx)` in a transaction; it must await nothing but statements.

        On SQLite it runs whole on the connection's thread: going there and back for each statement costs more
        than most statements.
        """
        if not self.sqlite:
            async with self._postgres_transaction() as tx:
                return await act(tx)
        return await self._in_thread(act, "BEGIN IMMEDIATE")

    async def _in_thread(self, act: backends.Act[T], begin: str) -> T:
        client = cast(SqliteClient, self.client)
        async with client._lock:
            connection = client._connection
            if connection is None:
                raise StoreUnavailable("closed")
            inside = partial(copy_context().run, backends.in_thread, client, connection._conn, act, begin)
            return cast(T, await connection._execute(inside))  # type: ignore[no-untyped-call]

    async def look(self, act: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
        """Do several reads on one connection; `act` gets this database as that connection sees it.

        On SQLite they are done in one go on its thread, as in `run`.
        """
        if self.sqlite:
            return await self._in_thread(lambda tx: act(self._through(tx)), "BEGIN")
        client = cast(PostgresClient, self.client)
        if client._pool is None:
            raise StoreUnavailable("closed")
        async with client._pool.acquire() as connection:
            return await act(self._through(_on(client, connection)))

    def _through(self, tx: Tx) -> Database:
        made = copy(self)
        made.client = tx
        return made

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        return self._sqlite_transaction() if self.sqlite else self._postgres_transaction()

    @asynccontextmanager
    async def _sqlite_transaction(self) -> AsyncIterator[Tx]:
        client = cast(SqliteClient, self.client)
        async with client._lock:
            connection = client._connection
            if connection is None:
                raise StoreUnavailable("closed")
            try:
                await (await connection.execute("BEGIN IMMEDIATE")).close()
                yield SqliteTransactionWrapper(client)
                await connection.commit()
            except BaseException:
                await connection.rollback()
                raise

    @asynccontextmanager
    async def _postgres_transaction(self) -> AsyncIterator[Tx]:
        client = cast(PostgresClient, self.client)
        if client._pool is None:
            raise StoreUnavailable("closed")
        async with client._pool.acquire() as connection, connection.transaction():
            yield _on(client, connection)

    async def rows(self, sql: str, *args: Any, tx: Tx | None = None) -> list[dict[str, Any]]:
        """What a statement returns, inside the transaction when one is given."""
        text = _numbered(sql) if self.sqlite else sql
        return await (tx or self.client).execute_query_dict(text, list(args))

    async def one(self, sql: str, *args: Any, tx: Tx | None = None) -> dict[str, Any] | None:
        return next(iter(await self.rows(sql, *args, tx=tx)), None)

    def array(self, values: Sequence[Any]) -> Any:
        """Many values as one argument: PostgreSQL has arrays, SQLite reads JSON."""
        return json.dumps(values, ensure_ascii=False) if self.sqlite else list(values)

    def micros_now(self) -> int:
        return micros(self.now())

    def micros_lease(self) -> int:
        return micros(self.lease_now())

    def announce(self, queues: Sequence[str]) -> None:
        """Tell that rows were added to these queues; call it after the commit."""
        for queue in dict.fromkeys(queues):
            self.woken(queue)
            for tell in self.tells:
                tell(queue)

    def woken(self, queue: str) -> None:
        """Rows were added to this queue, here or by another process."""
        for hook in self.on_commit:
            hook(queue)


def _on(client: PostgresClient, connection: Any) -> Tx:
    tx = TransactionWrapper(client)
    tx._connection = connection
    return tx


@contextmanager
def _active(context: TortoiseContext) -> Iterator[None]:
    token = _current_context.set(context)
    try:
        yield
    finally:
        _current_context.reset(token)

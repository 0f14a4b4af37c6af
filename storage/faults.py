"""Which errors of the drivers mean that the database is away, and which that somebody was faster."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from asyncpg import exceptions as pg
from tortoise.exceptions import BaseORMException, DBConnectionError

from leads.errors import StoreUnavailable

# https://sqlite.org/rescode.html, primary codes: not our mistake but the disk's, the lock's or the file's
_SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
_SQLITE_TAKEN = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
    }
)
_POSTGRES_AWAY = (
    pg.PostgresConnectionError,
    pg.OperatorInterventionError,
    pg.InsufficientResourcesError,
    pg.InvalidCatalogNameError,
    pg.ObjectNotInPrerequisiteStateError,  # the database lets nobody in
    pg.InvalidAuthorizationSpecificationError,
    pg.ReadOnlySQLTransactionError,
    pg.PostgresSystemError,
    pg.PostgresIOError,
    pg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    pg.InternalClientError,
)
_POSTGRES_TAKEN = (pg.UniqueViolationError, pg.ForeignKeyViolationError)
_POSTGRES_CLASH = (pg.SerializationError, pg.DeadlockDetectedError)


def _root(error: BaseException) -> BaseException:
    """The driver's error: Tortoise wraps it as its only argument."""
    while isinstance(error, BaseORMException) and error.args and isinstance(error.args[0], BaseException):
        error = error.args[0]
    return error


def is_away(error: BaseException) -> bool:
    """Nothing was committed through no fault of what was asked."""
    error = _root(error)
    if isinstance(error, sqlite3.Error):
        return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _SQLITE_AWAY
    if isinstance(error, ValueError):  # aiosqlite, once closed
        return str(error) in {"no active connection", "Connection closed"}
    return isinstance(error, (DBConnectionError, OSError, TimeoutError, *_POSTGRES_AWAY))


def is_late(error: BaseException) -> bool:
    """PostgreSQL did not answer within the time that a statement has."""
    return isinstance(_root(error), TimeoutError)


def is_taken(error: BaseException) -> bool:
    """A unique key was taken meanwhile, or a row that was named is gone."""
    error = _root(error)
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) in _SQLITE_TAKEN
    return isinstance(error, _POSTGRES_TAKEN)


def is_clash(error: BaseException) -> bool:
    """PostgreSQL undid this transaction in favour of another: the same again may well succeed."""
    return isinstance(_root(error), _POSTGRES_CLASH)


@contextmanager
def told_away() -> Iterator[None]:
    """A database that cannot be reached becomes `StoreUnavailable`."""
    try:
        yield
    except Exception as error:
        if is_away(error):
            raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
        raise

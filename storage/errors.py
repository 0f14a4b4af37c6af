"""Errors of this room that a person reads; each says what to do. `leads.errors` has those of single calls.

StorageError
├── BadUrl             the database address is not one we can open
├── SecretMissing      stored credentials exist and the key is not at hand, or PostgreSQL without a key
├── SecretMalformed    the key is not 32 bytes in urlsafe base64
├── WrongSecret        the key is not the one that this database was made with
├── AlreadyRunning     another service holds this SQLite file, or works on a database that is to be copied
├── NotEmpty           the target of a copy holds something already
├── CopyDiffers        what was written is not what was read
├── DatabaseTooNew     a newer program has migrated this database
├── MigrationChanged   an applied migration is not the one that this program has
├── UnknownSource      no such source
├── KeyTaken           another source has this key
└── TooLarge           a file is bigger than allowed
"""

from __future__ import annotations


class StorageError(Exception):
    """Root of this room's errors."""


class BadUrl(StorageError):
    """The database address is not one we can open."""


class SecretMissing(StorageError):
    """The key is not at hand."""


class SecretMalformed(StorageError):
    """The key is not 32 bytes in urlsafe base64."""


class WrongSecret(StorageError):
    """The key is not the one that this database was made with."""


class AlreadyRunning(StorageError):
    """Another service holds this SQLite file, or works on a database that is to be copied."""


class NotEmpty(StorageError):
    """The target of a copy holds something already; `str(error)` is the table."""


class CopyDiffers(StorageError):
    """What was written is not what was read; `str(error)` is the table."""


class DatabaseTooNew(StorageError):
    """A newer program has migrated this database."""


class MigrationChanged(StorageError):
    """An applied migration is not the one that this program has."""


class UnknownSource(StorageError):
    """No such source."""


class KeyTaken(StorageError):
    """Another source has this key."""


class TooLarge(StorageError):
    """A file is bigger than allowed."""

"""Files that came or go: kept once, found again by their vendor's reference, lent out by tickets."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from storage.blobs import Blobs
from storage.calls import insist
from storage.database import Database
from storage.secrets import Box

_KNOWN = "SELECT blob FROM file WHERE source_id = $1 AND ref = $2"
_KEEP = """
INSERT INTO file (source_id, ref, blob, kept_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (source_id, ref) DO UPDATE SET blob = excluded.blob, kept_at = excluded.kept_at
RETURNING blob"""
TICKET_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Lent:
    """A file that somebody with a ticket may read."""

    path: Path
    name: str
    mime: str


class Files:
    """References are kept as hashes: a vendor's link may hold a secret."""

    def __init__(self, database: Database, box: Box, folder: Path) -> None:
        self._db = database
        self._box = box
        self._blobs = Blobs(folder)

    async def known(self, source_id: int, ref: str) -> Path | None:
        """What that reference turned out to be, if it lies here."""
        row = await insist(self._db, Database.one, _KNOWN, source_id, _hashed(ref))
        return self._blobs.path(row["blob"]) if row else None

    async def keep(self, source_id: int, ref: str, chunks: AsyncIterator[bytes], limit: int) -> Path:
        """Store a stream of at most `limit` bytes under its reference. Raise `TooLarge`."""
        blob, _ = await self._blobs.put(chunks, limit)
        await insist(self._db, Database.one, _KEEP, source_id, _hashed(ref), blob, self._db.micros_now())
        path = self._blobs.path(blob)
        if path is None:
            raise FileNotFoundError(blob)
        return path

    def by_content(self, blob: str) -> Path | None:
        """A file by the hash of its content."""
        return self._blobs.path(blob)

    def ticket(self, path: Path, name: str, mime: str) -> str:
        """Lets whoever has it read this file for a day; nobody can make one up."""
        return self._box.close({"file": path.parent.name + path.name, "name": name, "mime": mime})

    def lent(self, ticket: str) -> Lent | None:
        """The file of a ticket that is still good."""
        found = self._box.open_fresh(ticket, TICKET_SECONDS)
        path = self._blobs.path(found["file"]) if found and "file" in found else None
        return Lent(path, found["name"], found["mime"]) if found and path else None


def _hashed(ref: str) -> str:
    return hashlib.sha256(ref.encode("utf-8", "surrogatepass")).hexdigest()

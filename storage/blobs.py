"""Files by the hash of their content, below the state folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from storage.errors import TooLarge

_HASH = re.compile(r"[0-9a-f]{64}")
_CHUNK = 256 * 1024


class Blobs:
    """Nothing outside `root` is ever touched: names are hashes, made here."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def put(self, chunks: AsyncIterator[bytes], limit: int) -> tuple[str, int]:
        """Keep a stream of at most `limit` bytes; its SHA-256 in hex and its size. Raise `TooLarge`."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.root, prefix=".part-")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                digest, size = await _write(file, chunks, limit)
            await asyncio.to_thread(self._keep, part, digest)
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)
        return digest, size

    def _keep(self, part: Path, digest: str) -> None:
        place = self._place(digest)
        place.parent.mkdir(exist_ok=True)
        part.replace(place)

    def _place(self, digest: str) -> Path:
        if not _HASH.fullmatch(digest):
            raise ValueError("not a content hash")
        return self.root / digest[:2] / digest[2:]

    def path(self, digest: str) -> Path | None:
        """Where the file lies, None when we do not have it."""
        place = self._place(digest)
        return place if place.is_file() else None

    async def open(self, digest: str) -> AsyncIterator[bytes]:
        """The content in chunks; raise FileNotFoundError."""
        with await asyncio.to_thread(self._place(digest).open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk


async def _write(file: BinaryIO, chunks: AsyncIterator[bytes], limit: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"more than {limit} bytes")
        digest.update(chunk)
        await asyncio.to_thread(file.write, chunk)
    await asyncio.to_thread(_flush, file)
    return digest.hexdigest(), size


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())

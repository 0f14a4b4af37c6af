"""Files by content."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.blobs import Blobs
from storage.errors import TooLarge


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "state" / "blobs")


async def stream(*chunks: bytes, breaks: bool = False) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
    if breaks:
        raise ConnectionResetError


def files(blobs: Blobs) -> list[Path]:
    return [path for path in blobs.root.rglob("*") if path.is_file()]


async def test_a_stream_is_kept_once_by_its_content(blobs: Blobs) -> None:
    digest, size = await blobs.put(stream(b"hello ", b"world"), 11)
    assert (digest, size) == (hashlib.sha256(b"hello world").hexdigest(), 11)
    assert await blobs.put(stream(b"hello world"), 99) == (digest, size)
    assert len(files(blobs)) == 1
    assert b"".join([chunk async for chunk in blobs.open(digest)]) == b"hello world"
    path = blobs.path(digest)
    assert path is not None
    assert path.read_bytes() == b"hello world"


async def test_an_empty_file_is_a_file(blobs: Blobs) -> None:
    digest, size = await blobs.put(stream(), 0)
    assert size == 0
    assert [chunk async for chunk in blobs.open(digest)] == []


async def test_a_file_too_large_leaves_nothing_behind(blobs: Blobs) -> None:
    with pytest.raises(TooLarge, match="10"):
        await blobs.put(stream(b"12345", b"67890", b"1"), 10)
    assert files(blobs) == []


async def test_a_broken_stream_leaves_nothing_behind(blobs: Blobs) -> None:
    with pytest.raises(ConnectionResetError):
        await blobs.put(stream(b"12345", breaks=True), 10)
    assert files(blobs) == []


async def test_what_is_not_there(blobs: Blobs) -> None:
    digest = "0" * 64
    assert blobs.path(digest) is None
    with pytest.raises(FileNotFoundError):
        await anext(aiter(blobs.open(digest)))


@pytest.mark.parametrize("name", ["../key", "", "/etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "..%2f"])
async def test_no_name_leads_outside(blobs: Blobs, name: str) -> None:
    with pytest.raises(ValueError, match="hash"):
        blobs.path(name)
    with pytest.raises(ValueError, match="hash"):
        await anext(aiter(blobs.open(name)))

"""A voice message that any player takes: Ogg with Opus frames of silence, so that no file is shipped."""

from __future__ import annotations

import struct
from functools import cache

SILENCE = b"\xf8\xff\xfe"  # one Opus frame of 20 ms
RATE, FRAME = 48_000, 960  # samples a second, samples in a frame
FRAMES_A_PAGE = 50
_BEGINS, _ENDS = 2, 4


@cache
def silence(seconds: int = 2) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc7845"""
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 0, RATE, 0, 0)
    vendor = b"sandbox"
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
    pages = [_page(0, _BEGINS, 0, [head]), _page(1, 0, 0, [tags])]
    for number in range(seconds):
        last = _ENDS if number == seconds - 1 else 0
        sample = (number + 1) * FRAMES_A_PAGE * FRAME
        pages.append(_page(number + 2, last, sample, [SILENCE] * FRAMES_A_PAGE))
    return b"".join(pages)


def _page(number: int, flags: int, position: int, packets: list[bytes]) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc3533#section-6; every packet is shorter than 255 bytes."""
    lengths = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, 1, number, 0)
    page = head + bytes([len(lengths)]) + lengths + b"".join(packets)
    return page[:22] + struct.pack("<I", _crc(page)) + page[26:]


@cache
def _table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return table


def _crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = ((value << 8) & 0xFFFFFFFF) ^ _table()[(value >> 24) ^ byte]
    return value

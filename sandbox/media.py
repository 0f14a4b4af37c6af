"""Files the way bots see them: opaque ids bound to one bot, and the objects that describe them."""

from __future__ import annotations

import hashlib
import mimetypes
import struct
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_FOLDERS = {
    "photo": "photos",
    "document": "documents",
    "voice": "voice",
    "video": "videos",
    "audio": "music",
    "animation": "animations",
    "video_note": "video_notes",
    "sticker": "stickers",
}
_MIME = {"voice": "audio/ogg", "video": "video/mp4", "audio": "audio/mpeg", "animation": "video/mp4"}


@dataclass(frozen=True, slots=True)
class Stored:
    file_id: str
    unique_id: str
    path: str
    data: bytes
    kind: str
    content: Any
    """what a message that carries this file has under its kind"""


@dataclass(slots=True)
class Files:
    """Every file of every bot: a `file_id` means nothing to another bot."""

    _by_id: dict[tuple[int, str], Stored] = field(default_factory=dict)
    _by_path: dict[tuple[int, str], Stored] = field(default_factory=dict)

    def get(self, bot_id: int, file_id: str) -> Stored | None:
        return self._by_id.get((bot_id, file_id))

    def at(self, bot_id: int, path: str) -> Stored | None:
        return self._by_path.get((bot_id, path))

    def put(self, bot_id: int, kind: str, data: bytes, name: str = "", mime: str = "", **more: Any) -> Stored:
        """Keep a file as `kind` (photo, voice, …); `more` goes into the object that describes it."""
        number = len(self._by_id)
        unique = hashlib.sha256(data).hexdigest()[:15]
        file_id = f"{kind}-{bot_id}-{number}-{unique}"
        basics = {"file_id": file_id, "file_unique_id": unique, "file_size": len(data)}
        content = _describe(kind, basics, data, name, mime or _guess(kind, name)) | more
        path = f"{_FOLDERS[kind]}/file_{number}{_suffix(kind, name)}"
        stored = Stored(file_id, unique, path, data, kind, [content] if kind == "photo" else content)
        self._by_id[bot_id, file_id] = self._by_path[bot_id, path] = stored
        return stored


def _suffix(kind: str, name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if stem and suffix.isalnum():
        return dot + suffix
    return {"photo": ".jpg", "voice": ".oga", "sticker": ".webp", "audio": ".mp3"}.get(kind, ".mp4")


def _guess(kind: str, name: str) -> str:
    return _MIME.get(kind) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _describe(kind: str, basics: Json, data: bytes, name: str, mime: str) -> Json:
    named = {"file_name": name} if name else {}
    details: dict[str, Json] = {
        "document": named | {"mime_type": mime},
        "voice": {"duration": 1, "mime_type": mime},
        "audio": named | {"duration": 1, "mime_type": mime},
        "video_note": {"length": 240, "duration": 1},
        "sticker": {"type": "regular", "is_animated": False, "is_video": False, "width": 512, "height": 512},
    }
    if kind == "photo":
        width, height = image_size(data) or (0, 0)
        return basics | {"width": width, "height": height}
    moving = named | {"width": 640, "height": 480, "duration": 1, "mime_type": mime}
    return basics | details.get(kind, moving)


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF, WebP or JPEG by its header; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return struct.unpack("<HH", data[6:10])
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return 512, 512
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """The first frame header (SOF0…SOF15 without DHT, JPG and DAC) tells the size."""
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return width, height
        position += 2 + struct.unpack(">H", data[position + 2 : position + 4])[0]
    return None

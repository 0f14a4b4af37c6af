"""multipart/form-data: fields and files, held in memory (the edge has bounded the body)."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from channels.kit.errors import Malformed
from leads.events import Attachment, MediaKind

# It warns of every broken body, and strangers send as many as they like.
logging.getLogger("python_multipart").setLevel(logging.ERROR)

MAX_PARTS = 1000
MAX_FILES = 10  # of further ones only name and size are kept
MAX_NAME = 200

# What the first bytes say, not what the sender says: the ones that every messenger shows as a picture.
PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
KINDS = {"video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}


@dataclass(slots=True)
class _Part:
    headers: dict[str, str] = field(default_factory=dict)
    header: bytes = b""
    value: bytes = b""
    data: bytearray = field(default_factory=bytearray)
    whole: bool = False


def read(content_type: str, body: bytes) -> tuple[list[tuple[str, str]], tuple[Attachment, ...]]:
    """The fields and the files, each in the order of the form; raises `Malformed`."""
    fields: list[tuple[str, str]] = []
    files: list[Attachment] = []
    for part in _parts(content_type, body):
        _, options = parse_options_header(part.headers.get("content-disposition", ""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            fields.append((name, part.data.decode("utf-8", "replace")))
        elif part.data:  # a file input that was left empty is sent with no bytes
            keep = len(files) < MAX_FILES
            files.append(_file(options[b"filename"], part, keep=keep))
    return fields, tuple(files)


def bytes_of(ref: str) -> bytes:
    """The bytes inside an attachment's `data:` reference; raises `ValueError`."""
    head, comma, data = ref.partition(";base64,")
    if not (head.startswith("data:") and comma):
        raise ValueError("no data: reference")
    return base64.b64decode(data, validate=True)


def _file(filename: bytes, part: _Part, *, keep: bool) -> Attachment:
    raw = bytes(part.data)
    picture = _picture(raw)
    declared = part.headers.get("content-type", "").partition(";")[0].strip().lower()
    mime = picture or declared or "application/octet-stream"
    kind = MediaKind.PHOTO if picture else KINDS.get(mime.partition("/")[0], MediaKind.FILE)
    ref = f"data:{mime};base64,{base64.b64encode(raw).decode()}" if keep else ""
    return Attachment(kind, ref, _safe_name(filename), mime, len(raw))


def _picture(raw: bytes) -> str:
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for start, mime in PICTURES.items() if raw.startswith(start)), "")


def _safe_name(filename: bytes) -> str:
    """Without folders and control characters; old browsers send the whole path."""
    text = "".join(filter(str.isprintable, filename.decode("utf-8", "replace")))
    name = PurePosixPath(text.replace("\\", "/")).name
    return name[-MAX_NAME:] if name not in {"", ".."} else "file"


def _parts(content_type: str, body: bytes) -> list[_Part]:
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise Malformed("The Content-Type multipart/form-data names no boundary; let the browser set it.")
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise Malformed("The multipart body does not follow its boundary.") from None
    whole = [part for part in reader.parts if part.whole]
    if not whole:
        raise Malformed("The multipart body holds no whole part.")
    return whole


class _Reader:
    """Collects parts from the parser's callbacks."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []

    def callbacks(self) -> dict[str, object]:
        return {
            name: getattr(self, name)
            for name in (
                "on_part_begin",
                "on_part_data",
                "on_part_end",
                "on_header_field",
                "on_header_value",
                "on_header_end",
            )
        }

    def on_part_begin(self) -> None:
        if len(self.parts) >= MAX_PARTS:
            raise Malformed(f"The form has more than {MAX_PARTS} fields.")
        self.parts.append(_Part())

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].data += data[start:end]

    def on_part_end(self) -> None:
        self.parts[-1].whole = True

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].value += data[start:end]

    def on_header_end(self) -> None:
        part = self.parts[-1]
        # Latin-1 keeps every byte; names in UTF-8 are decoded later.
        part.headers[part.header.decode("latin-1").strip().lower()] = part.value.decode("latin-1").strip()
        part.header = part.value = b""

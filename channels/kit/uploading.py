"""Files that go out: as multipart forms, or by an address where the vendor fetches them itself.

Nothing in a name or a type can break out of its header.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from channels.kit.reading import well_formed
from leads.events import Media, SendCode, SendError


def at_hand(media: Media | None) -> Media:
    """The file's bytes; raises `SendError` when there are none."""
    if media is None:
        raise SendError(SendCode.BAD_MEDIA, "the file's bytes are not at hand")
    return media


def addressed(media: Media | None, vendor: str) -> Media:
    """A file that the vendor can fetch at its `url`; raises `SendError` when it has none."""
    if media is None or not media.url:
        raise SendError(
            SendCode.BAD_MEDIA, f"{vendor} fetches files by their address: that needs FRONTDESK_PUBLIC_URL"
        )
    return media


def file_form(fields: Mapping[str, Any], file_field: str, media: Media, name: str = "") -> aiohttp.FormData:
    """The fields, JSON where they are no text, and then the file under its own name or another one."""
    form = aiohttp.FormData(quote_fields=False)  # quoted names would be shown percent-encoded
    for key, value in fields.items():
        form.add_field(key, value if isinstance(value, str) else json.dumps(value))
    filename, mime = file_name(name or media.name), mime_type(media.mime)
    form.add_field(file_field, media.chunks, filename=filename, content_type=mime)
    return form


def file_name(name: str) -> str:
    """A name for a header: no line breaks, quotes or folders."""
    return re.sub(r'[\x00-\x1f\x7f"\\/]', "_", well_formed(name))[:200] or "file"


def mime_type(mime: str) -> str:
    """A plain type; anything else is just bytes."""
    plain = re.fullmatch(r"[\w.+-]+/[\w.+-]+", mime, re.ASCII)
    return mime if plain else "application/octet-stream"

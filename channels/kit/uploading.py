"""Files as multipart forms: nothing in a name or a type can break out of its header."""

from __future__ import annotations

import re
from collections.abc import Mapping

import aiohttp

from channels.kit.reading import well_formed
from leads.events import Media


def file_form(fields: Mapping[str, str], file_field: str, media: Media, name: str = "") -> aiohttp.FormData:
    """The fields, and then the file under its own name or another one."""
    form = aiohttp.FormData(quote_fields=False)  # quoted names would be shown percent-encoded
    for key, value in fields.items():
        form.add_field(key, value)
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

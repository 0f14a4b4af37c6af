"""Whom we believe to be MAX: besides the usual roots one more, where the settings name it.

Its API shows a certificate of the Russian national CA, which no usual store holds
(https://dev.max.ru/docs-api). The root counts for this source's calls alone; what is not trusted is refused.
"""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path
from typing import Any

from channels.kit.contract import Source
from channels.max.settings import Settings
from leads.events import SendCode, SendError


def trusting(source: Source) -> dict[str, Any]:
    """The option of an aiohttp call that says so; raises `SendError` when the file is none."""
    settings: Settings = source.settings
    if not settings.ca_file:
        return {}
    path = Path(settings.ca_file)
    try:
        return {"ssl": _context(path, path.stat().st_mtime_ns)}
    except OSError as error:  # an SSLError is one
        what = f"ca_file cannot be used ({type(error).__name__}): name a PEM file with the root certificate"
        raise SendError(SendCode.MISCONFIGURED, what) from None


@lru_cache(maxsize=8)
def _context(path: Path, changed: int) -> ssl.SSLContext:
    """One object for one file, so that connections are used again; a changed file is read anew."""
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=path)
    return context

"""Calls to vendors: bounded in time and size, no redirects, and failures as `SendError`.

A vendor's URL may hold a token (Telegram's does), so no URL gets into an exception or a log.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, Any

import aiohttp

from leads.events import TOO_BIG, Media, SendCode, SendError

TIMEOUT = 20.0  # seconds in all
ANSWER_LIMIT = 1024 * 1024
CHUNK = 64 * 1024
IN_MEMORY = 1024 * 1024  # bytes of a file; more of it goes to disk
DETAIL_LIMIT = 300


@dataclass(frozen=True, slots=True)
class VendorAnswer:
    """What a vendor answered; `data` is None where the body is no JSON. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    text: str
    data: Any


# Reads a failure in the vendor's own words, or gives None for the general rule.
Explain = Callable[[VendorAnswer], SendError | None]


async def request_json(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    what: str,
    seconds: float = TIMEOUT,
    explain: Explain | None = None,
    **options: Any,
) -> Any:
    """The JSON of a 2xx answer; raises `SendError`. `what` names the call; `options` go to aiohttp."""
    total = aiohttp.ClientTimeout(total=seconds)
    try:
        async with http.request(method, url, allow_redirects=False, timeout=total, **options) as response:
            answer = await _read(response)
    except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
        raise _unreachable(error, what) from None
    if 200 <= answer.status < 300 and answer.data is not None:
        return answer.data
    raise (explain and explain(answer)) or general_error(answer, what)


async def download(
    http: aiohttp.ClientSession,
    url: str,
    *,
    what: str,
    limit: int,
    name: str = "",
    mime: str = "",
    seconds: float = TIMEOUT,
    explain: Explain | None = None,
) -> Media:
    """A file of at most `limit` bytes, held on disk; raises `SendError` (bad media when it is larger)."""
    total = aiohttp.ClientTimeout(total=seconds)
    try:
        async with http.get(url, allow_redirects=False, timeout=total) as response:
            if response.status != 200:
                answer = await _read(response)
                raise (explain and explain(answer)) or general_error(answer, what)
            return await spooled(response, name, mime, limit)
    except (aiohttp.ClientError, OSError) as error:
        raise _unreachable(error, what) from None


async def spooled(response: aiohttp.ClientResponse, name: str, mime: str, limit: int) -> Media:
    """The body of an answer, to be read later; raises `SendError` when it is larger than `limit` bytes."""
    if (response.content_length or 0) > limit:
        raise too_large(limit)
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by its reader
    try:
        size = await _fill(file, response, limit)
    except BaseException:
        file.close()
        raise
    return Media(name, mime or response.content_type, size, _chunks(file))


async def _fill(file: IO[bytes], response: aiohttp.ClientResponse, limit: int) -> int:
    """Its size; ready to be read from its start."""
    async for chunk in response.content.iter_chunked(CHUNK):
        if file.tell() + len(chunk) > limit:
            raise too_large(limit)
        file.write(chunk)
    size = file.tell()
    file.seek(0)
    return size


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def too_large(limit: int) -> SendError:
    return SendError(SendCode.BAD_MEDIA, f"file: larger than {limit} bytes", data={TOO_BIG: str(limit)})


def general_error(answer: VendorAnswer, what: str) -> SendError:
    """The failure by its HTTP status alone."""
    detail = f"{what}: {answer.status} {answer.text[:DETAIL_LIMIT]}".strip()
    if answer.status == 429:
        return SendError(SendCode.RETRY, detail, retry_after=retry_after(answer.headers))
    return SendError(_code(answer.status), detail)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of the header Retry-After, which is a number or a date; None when there is none to read."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        now = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return max(0.0, (_aware(until) - _aware(now)).total_seconds())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _code(status: int) -> SendCode:
    if status >= 500 or status in (200, 201, 202, 204, 408, 425):  # a 2xx that is no JSON is a broken answer
        return SendCode.UNAVAILABLE
    if status == 401 or status < 400:  # a redirect is a wrong base URL; credentials never follow one
        return SendCode.MISCONFIGURED
    return SendCode.BAD_MEDIA if status == 413 else SendCode.PERMANENT


async def _read(response: aiohttp.ClientResponse) -> VendorAnswer:
    raw = await _bounded(response, ANSWER_LIMIT)
    text = (raw or b"").decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    headers = {name.lower(): value for name, value in response.headers.items()}
    return VendorAnswer(response.status, headers, text, data)


async def _bounded(response: aiohttp.ClientResponse, limit: int) -> bytes | None:
    raw = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        raw += chunk
        if len(raw) > limit:
            return None
    return bytes(raw)


def _unreachable(error: Exception, what: str) -> SendError:
    # Only the class name: aiohttp's messages may hold the URL.
    return SendError(SendCode.UNAVAILABLE, f"{what}: {type(error).__name__}")

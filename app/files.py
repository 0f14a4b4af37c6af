"""Files on their way to the desk and to customers, each fetched once."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from urllib.parse import quote

import aiohttp
from pydantic import SecretStr

from app.sources import Sources
from channels.kit.contract import Channel, Source
from channels.kit.discover import offers
from leads.events import TOO_BIG, Attachment, Media, MediaKind, SendCode, SendError
from storage.errors import TooLarge
from storage.files import Files as Kept

MEDIA_LIMIT = 50 * 1024 * 1024
FILE_PAUSE = 2.0  # seconds until a file is asked for again
DESK = "desk:"  # marks a file that a manager sent: its id belongs to the managers' bot
CHUNK = 256 * 1024
_NAMELESS = {
    MediaKind.PHOTO: ("photo.jpg", "image/jpeg"),
    MediaKind.VIDEO: ("video.mp4", "video/mp4"),
    MediaKind.VOICE: ("voice.ogg", "audio/ogg"),
    MediaKind.AUDIO: ("audio.mp3", "audio/mpeg"),
}


class Files:
    """What fetching needs; one for a runtime. `public_url` is how the internet reaches us, or empty."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        channels: Mapping[str, Channel],
        sources: Sources,
        kept: Kept,
        desk: Source | None,
        public_url: str = "",
    ) -> None:
        self._http = http
        self._channels = channels
        self._sources = sources
        self._kept = kept
        self._desk = desk
        self._public_url = public_url

    async def incoming(self, attachment: Attachment, source_id: int) -> Path:
        """What a customer sent, as a file of ours; raises `SendError`."""
        source = await self._sources.by_id(source_id)
        if source is None:
            raise SendError(SendCode.PERMANENT, "this source was closed")
        return await self._here(attachment, source)

    async def outgoing(self, attachment: Attachment, source: Source) -> Media:
        """What goes to a customer, with a public address where there can be one; raises `SendError`."""
        try:
            path = await self._here(attachment, source)
        except SendError as error:
            if error.code not in {SendCode.UNAVAILABLE, SendCode.MISCONFIGURED}:
                raise
            # The file's server is away or refuses us, which says nothing of where the message goes.
            raise SendError(SendCode.RETRY, error.detail, retry_after=FILE_PAUSE) from None
        size = (await asyncio.to_thread(path.stat)).st_size
        name, mime = _named(attachment)
        return Media(name, mime, size, _read(path), self._address(path, name, mime))

    async def _here(self, attachment: Attachment, source: Source) -> Path:
        """The file, fetched unless it lies here already."""
        owner = 0 if attachment.ref.startswith(DESK) else source.id
        if attachment.blob and (held := self._kept.by_content(attachment.blob)):
            return held
        if known := await self._kept.known(owner, attachment.ref):
            return known
        media = await self._fetch(attachment, source)
        try:
            return await self._kept.keep(owner, attachment.ref, media.chunks, MEDIA_LIMIT)
        except TooLarge as error:
            raise SendError(SendCode.BAD_MEDIA, str(error), data={TOO_BIG: str(MEDIA_LIMIT)}) from None
        except FileNotFoundError:
            raise SendError(SendCode.UNAVAILABLE, "the file vanished") from None

    async def _fetch(self, attachment: Attachment, source: Source) -> Media:
        if attachment.ref.startswith(DESK):
            return await self._fetch_from_desk(attachment)
        channel = self._channels[source.channel]
        if not offers(channel, "fetch_media"):
            raise SendError(SendCode.BAD_MEDIA, f"{source.channel} gives no files")
        return await channel.fetch_media(self._http, source, attachment)

    async def _fetch_from_desk(self, attachment: Attachment) -> Media:
        if self._desk is None:
            raise SendError(SendCode.MISCONFIGURED, "the managers' bot has no token here")
        telegram = self._channels[self._desk.channel]
        return await telegram.fetch_media(
            self._http, self._desk, replace(attachment, ref=attachment.ref.removeprefix(DESK))
        )

    def _address(self, path: Path, name: str, mime: str) -> str:
        """Some vendors look at the end of an address for what a file is."""
        if not self._public_url:
            return ""
        return f"{self._public_url}/file/{self._kept.ticket(path, name, mime)}/{quote(name)}"


def _named(attachment: Attachment) -> tuple[str, str]:
    """A file's name and media type; Telegram tells neither of a photo."""
    name, mime = _NAMELESS.get(attachment.kind, ("file", "application/octet-stream"))
    given = PurePath(attachment.name).name[-60:]
    guessed = mimetypes.guess_type(given)[0] if given else mime
    return given or name, attachment.mime or guessed or mime


async def _read(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


def desk_source(telegram: Channel, token: str, api_base: str) -> Source:
    """The managers' bot as a source of the Telegram channel, for fetching the files that managers send."""
    settings = telegram.settings.model_construct(token=SecretStr(token), secret=SecretStr(""))
    return Source(id=0, channel="telegram", key="desk", settings=settings, api_base=api_base)

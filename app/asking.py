"""What vendors are asked besides sending: their approved texts, and who somebody is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import aiohttp

from app.files import Files
from app.sources import Sources, label
from channels.kit.contract import Channel, Source
from channels.kit.discover import offers
from leads import profiles
from leads.events import Attachment, Profile, SendCode, SendError, Template
from storage.store import Store
from storage.strangers import Stranger

AT_ONCE = 20
PAUSE = 60.0  # seconds in which a source that failed is not asked for profiles
TEMPLATES_FOR = 60.0  # seconds
_LATER = frozenset({SendCode.RETRY, SendCode.UNAVAILABLE, SendCode.MISCONFIGURED})

log = logging.getLogger(__name__)


class Asking:
    """One for a runtime."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        channels: Mapping[str, Channel],
        sources: Sources,
        store: Store,
        files: Files,
        now: Callable[[], datetime],
    ) -> None:
        self._http = http
        self._channels = channels
        self._sources = sources
        self._store = store
        self._files = files
        self._now = now
        self._templates: dict[int, tuple[float, Sequence[Template]]] = {}
        self._not_before: dict[int, float] = {}

    async def templates(self, source_id: int) -> Sequence[Template]:
        """The approved texts of a source, remembered for a minute; raises `SendError`."""
        at, known = self._templates.get(source_id, (-TEMPLATES_FOR, ()))
        source = await self._sources.by_id(source_id)
        if source is None or not offers(self._channels[source.channel], "templates"):
            return ()
        if time.monotonic() - at >= TEMPLATES_FOR:
            known = await self._channels[source.channel].templates(self._http, source)
            self._templates[source_id] = time.monotonic(), known
        return known

    async def meet(self) -> None:
        """Ask who the new people are; those whose vendor is away are asked later."""
        now = time.monotonic()
        askable = {
            source.id: source
            for source in self._sources.all()
            if offers(self._channels[source.channel], "profile")
            and now >= self._not_before.get(source.id, now)
        }
        for stranger in await self._store.strangers.some(askable, AT_ONCE):
            await self._ask(stranger, askable[stranger.identity.source_id])

    async def _ask(self, stranger: Stranger, source: Source) -> None:
        channel = self._channels[source.channel]
        try:
            profile = await channel.profile(self._http, source, stranger.identity.external_id)
            avatar = await self._picture(profile.avatar, source)
        except SendError as error:
            if error.code in _LATER:
                self._not_before[source.id] = time.monotonic() + (error.retry_after or PAUSE)
                log.info("source %s: asking for a profile failed: %s", label(source.key), error)
                return
            profile, avatar = Profile(), ""
        await self._learnt(stranger, profile, avatar)

    async def _picture(self, avatar: Attachment | None, source: Source) -> str:
        """The content hash; a picture that cannot be had is of no importance."""
        if avatar is None:
            return ""
        try:
            path = await self._files.incoming(avatar, source.id)
        except SendError:
            return ""
        return path.parent.name + path.name

    async def _learnt(self, stranger: Stranger, profile: Profile, avatar: str) -> None:
        identity, lead_id = stranger.identity, stranger.lead_id
        await profiles.learn(self._store, identity, lead_id, profile, avatar, self._now())

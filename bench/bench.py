"""What every piece of the measurements is given."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.places import MANAGERS, Place, Places, places
from bench.process import python
from bench.service import ALL, Service, service
from bench.telegram import Telegram

log = logging.getLogger("bench")


@dataclass
class Bench:
    """How long and how often; databases and the fake Telegram come when they are first asked for."""

    runs: int = 5
    seconds: float = 1.5
    quick: bool = False
    peers: bool = False
    stack: ExitStack = field(default_factory=ExitStack)
    _places: Places | None = None
    _telegram: Telegram | None = None

    @property
    def places(self) -> Places:
        if self._places is None:
            self._places = self.stack.enter_context(places())
        return self._places

    @property
    def telegram(self) -> Telegram:
        if self._telegram is None:
            port = self.stack.enter_context(python("bench.telegram", log=self.places.folder / "telegram.log"))
            self._telegram = Telegram(port)
        return self._telegram

    @contextmanager
    def fresh(self, kind: str) -> Iterator[Place]:
        place = self.places.fresh(kind)
        try:
            yield place
        finally:
            self.places.forget(place)

    @contextmanager
    def desk(
        self, kind: str, *, topics: bool = False, profile: Path | None = None
    ) -> Iterator[tuple[Service, str]]:
        """A whole company with all roles, ready to work; and its bot's token."""
        token = self.telegram.new_bot(topics=topics)
        with (
            self.fresh(kind) as place,
            service(place, ALL, telegram=self.telegram.port, token=token, profile=profile) as made,
        ):
            self.telegram.wait_greeted(token, len(MANAGERS))
            yield made, token

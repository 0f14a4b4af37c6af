"""The desk's collaborators, and one update on its way through the handlers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from aiogram import Bot, Dispatcher

from bot.views.paper import Reader
from leads.changes import Act, Changes, End, Rules, Settle, ToManager, View
from leads.events import Template
from leads.model import Manager
from leads.ports import Store
from texts import Texts, catalogue

Templates = Callable[[int], Awaitable[Sequence[Template]]]
"""the approved texts of a source, as its vendor lists them; raises SendError"""

SENTENCES = 5  # to one stranger a day


async def no_templates(source_id: int) -> Sequence[Template]:
    return ()


@dataclass(slots=True)
class Strangers:
    """How often each stranger was answered today; bounded, and forgotten at a restart."""

    room: int = 1000
    _heard: OrderedDict[int, tuple[date, int]] = field(default_factory=OrderedDict)

    def times(self, chat_id: int, today: date) -> int:
        day, times = self._heard.get(chat_id, (today, 0))
        return times if day == today else 0

    def count(self, chat_id: int, today: date) -> None:
        self._heard[chat_id] = today, self.times(chat_id, today) + 1
        self._heard.move_to_end(chat_id)
        while len(self._heard) > self.room:
            self._heard.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the handlers work with; `now` is the business clock."""

    bot: Bot
    store: Store
    rules: Rules
    now: Callable[[], datetime]
    dispatcher: Dispatcher
    strangers: Strangers = field(default_factory=Strangers)
    templates: Templates = no_templates


@dataclass(slots=True)
class Turn:
    """One update: where it came from, who sent it, and whether its inbox row is settled.

    Whatever takes `settle` along (`act`, `answer`) counts as settling; the worker settles the rest.
    """

    desk: Desk
    settle: Settle
    now: datetime
    chat_id: int = 0
    topic_id: int | None = None
    desk_id: int | None = None  # the message written, or the one that carries the pressed button
    quoted: int | None = None  # the message replied to; never a topic's root
    language: str = ""
    manager: Manager | None = None
    toast: str = ""  # shown when a button was pressed
    alert: bool = False  # as a box to be closed
    settled: bool = False

    @property
    def store(self) -> Store:
        return self.desk.store

    @property
    def texts(self) -> Texts:
        return catalogue(self.language)

    @property
    def by(self) -> Manager:
        if self.manager is None:
            raise PermissionError("a stranger got as far as a handler for managers")
        return self.manager

    @property
    def zone(self) -> str:
        return (self.manager.zone if self.manager else "") or self.desk.rules.zone

    @property
    def asking(self) -> Act:
        """For looking only: nothing is written."""
        return Act(self.by, self.now, self.desk.rules)

    def act(self, *also: ToManager) -> Act:
        self.settled = True
        return Act(self.by, self.now, self.desk.rules, self.settle, also)

    def row(self, view: View, lead_id: int | None = None, **args: object) -> ToManager:
        """A row for the place where this was asked."""
        return ToManager(view, self.chat_id, lead_id, self.topic_id, self.desk_id, args)

    def say(self, key: str, **args: object) -> ToManager:
        if self.manager is None:
            args["language"] = self.language
        return self.row(View.SAY, None, key=key, **args)

    @property
    def reader(self) -> Reader:
        return Reader(self.texts, self.zone, self.now, self.desk.rules.can)

    async def answer(self, *rows: ToManager) -> None:
        """Write these rows, or none, and be done."""
        self.settled = True
        await self.store.commit(Changes(put=rows, settle=self.settle))

    async def park(self, reason: str) -> None:
        self.settled = True
        await self.store.commit(Changes(settle=replace(self.settle, end=End.PARKED, reason=reason)))

    async def lead(self) -> int | None:
        """The lead worked where this was written."""
        return await self.store.lead_at(self.chat_id, self.topic_id, self.quoted)

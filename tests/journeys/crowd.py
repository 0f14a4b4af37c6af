"""A small load of forms, customers' messages and managers' replies, and what must be true in the end."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from random import Random

import aiohttp
import pytest
from journeys.company import ANTON, JONAS, TOMAS, said
from journeys.process import Town

from sandbox.model import Json

REMINDING = ("waiting for a first answer", "has had no answer")


@dataclass
class Crowd:
    """Every text is unlike every other; each ends in a full stop, so that none begins another."""

    town: Town
    rng: Random
    written: dict[int, list[str]] = field(default_factory=lambda: {ANTON: [], JONAS: []})
    replies: dict[int, list[str]] = field(default_factory=lambda: {ANTON: [], JONAS: []})
    acknowledged: list[str] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)
    """forms that got no answer; their sender tries again"""
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def arrives(self) -> None:
        for customer in self.written:
            self.town.world.user_starts(self.town.shop, customer)

    def writes(self) -> None:
        """Each customer writes; the manager answers whom he has seen."""
        for customer, texts in self.written.items():
            texts.append(f"wish {customer}-{next(self._numbers)}.")
            self.town.world.user_sends(self.town.shop, customer, text=texts[-1])
            thread = self._thread(customer)
            if thread:
                reply = f"reply {customer}-{next(self._numbers)}."
                self.town.world.user_sends(self.town.desk, TOMAS, text=reply, thread_id=thread)
                self.replies[customer].append(reply)

    def _thread(self, customer: int) -> int | None:
        def holds(message: Json) -> bool:
            return message["from"]["is_bot"] and f"wish {customer}-" in said(message)

        messages = self.town.world.chat(self.town.desk, TOMAS).messages.values()
        return next((one["message_thread_id"] for one in messages if holds(one)), None)

    def posts(self, forms: int) -> list[asyncio.Task[None]]:
        """New forms, and those that got no answer before."""
        texts, self.owed = self.owed + [f"form {next(self._numbers)}." for _ in range(forms)], []
        return [asyncio.create_task(self._post(text)) for text in texts]

    async def _post(self, text: str) -> None:
        phone = f"+3706{self.rng.randrange(10**7):07}"
        try:
            status = await self.town.post(text, name="Dana", phone=phone)
        except (aiohttp.ClientError, OSError):
            self.owed.append(text)
            return
        assert status == 200
        self.acknowledged.append(text)

    async def everything_is_shown(self, repeats: int) -> int:
        """acknowledged ⊆ stored ⊆ shown; each is stored once; what is shown again was in flight: how many."""
        customers = [text for texts in self.written.values() for text in texts]
        answers = [text for texts in self.replies.values() for text in texts]
        try:
            await self.town.until(lambda: not self.missing())
        except TimeoutError:
            pytest.fail(f"nobody was shown {self.missing()}; {self.town.service.log[-20:]}")
        await self.town.drained()
        stored = Counter(text for (text,) in await self.town.rows("SELECT text FROM message"))
        assert {text: stored[text] for text in self.acknowledged + customers + answers} == dict.fromkeys(
            self.acknowledged + customers + answers, 1
        )
        news = self._news()
        again = sum(sum(text in one for one in news) - 1 for text in self.acknowledged + customers)
        again += sum(len(self.read(one)) - len(set(self.read(one))) for one in self.replies)
        assert again <= repeats
        for table in ("inbox", "outbox"):
            assert await self.town.rows(f"SELECT reason FROM {table} WHERE state = 'dead'") == []  # noqa: S608
        return again

    async def each_reminder_fired_once(self) -> int:
        """As a row for each who is told of it; none that was due is left. How many fired."""
        fired = {
            number for (number,) in await self.town.rows("SELECT id FROM reminder WHERE state = 'fired'")
        }
        rows = await self.town.rows("SELECT payload FROM outbox WHERE lane = 'managers'")
        notices = [told for (payload,) in rows if (told := json.loads(payload))["view"] == "reminder"]
        told = Counter((one["args"]["reminder"], one["chat_id"]) for one in notices)
        assert set(told.values()) <= {1}
        assert {number for number, _ in told} >= fired
        late = "SELECT count(*) FROM reminder WHERE state = 'waiting' AND due_at < {now}"
        ((left,),) = await self.town.rows(late.replace("{now}", str(int(time.time() * 1_000_000))))
        assert left == 0
        return len(fired)

    def missing(self) -> list[str]:
        """What nobody has been shown yet."""
        customers = [text for texts in self.written.values() for text in texts]
        unread = [text for one in self.replies for text in self.replies[one] if text not in self.read(one)]
        shown = " ".join(self._news())
        return [text for text in self.acknowledged + customers if text not in shown] + unread

    def _news(self) -> list[str]:
        """What the desk was shown but for reminders, which say again what was written."""
        return [text for text in self.town.at_desk() if not any(words in text for words in REMINDING)]

    def read(self, customer: int) -> list[str]:
        return [text for text in self.town.read_by(customer) if text.startswith("reply ")]

    def order_is_kept(self) -> None:
        """Of what came more than once, the first counts."""
        at_desk = " ".join(self._news())
        for customer, texts in self.written.items():
            assert sorted(texts, key=at_desk.index) == texts
            assert list(dict.fromkeys(self.read(customer))) == self.replies[customer]

"""Forms without a pause while the store is away, and what each of them was answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import aiohttp
from journeys.process import Town


@dataclass
class Load:
    """Forms, one after the other by a few senders, and what each was answered."""

    it: Town
    taken: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    others: list[object] = field(default_factory=list)
    over: bool = False

    async def goes_on(self, senders: int = 4) -> None:
        await asyncio.gather(*(self._send(number) for number in range(senders)))

    async def _send(self, sender: int) -> None:
        number = 0
        while not self.over:
            number += 1
            await self._one(f"form {sender}-{number}.")
            await asyncio.sleep(0.02)

    async def _one(self, text: str) -> None:
        url, headers = f"{self.it.service.url}/in/web_form/form", {"Idempotency-Key": text}
        try:
            async with self.it.http.post(url, json={"message": text}, headers=headers) as answer:
                if answer.status == 200:
                    self.taken.append(text)
                elif answer.status == 503 and int(answer.headers["Retry-After"]) > 0:
                    self.refused.append(text)
                else:
                    self.others.append((answer.status, await answer.text()))
        except (aiohttp.ClientError, TimeoutError) as error:
            self.others.append(error)

    async def grows(self, answers: list[str]) -> None:
        """Wait for another answer of that sort."""
        begin = len(answers)
        async with asyncio.timeout(60):
            while len(answers) == begin:
                await asyncio.sleep(0.01)


async def ready(it: Town) -> int:
    async with it.http.get(f"{it.service.url}/health/ready") as answer:
        return answer.status


async def taken_is_shown(load: Load) -> None:
    """acknowledged ⊆ stored ⊆ shown, and nothing was answered but 200 and 503."""
    assert load.others == []
    await load.it.until(lambda: not [text for text in load.taken if not load.it.shown(text)])
    await load.it.drained()
    assert [text for text in load.taken if load.it.shown(text) != 1] == []

"""One round of reading: `python -m bench.reader URL FOLDER LEADS`; prints its p99s in ms, and its memory."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from bench.figures import percentile
from bench.fill import FIRST_PHONE, WORDS, word
from bench.places import Place, Places
from bench.process import resident
from leads import reminders
from leads.changes import Rules
from scheduler.clock import real_now
from storage.store import Store

SAMPLES = 200
SECONDS = 0.7  # of one kind of question at most
LEAST = 2  # questions, however long they take
PAGE = 10
Ask = Callable[[int], Awaitable[object]]


async def main(url: str, folder: str, leads: int) -> dict[str, float]:
    place = Place(url, Path(folder))
    store = await Places(place.folder, url).open(place)
    dice = random.Random(4)
    try:
        told = {"tick": percentile(await _ask(lambda _: _tick(store), SAMPLES), 50)}
        told["memory"] = resident(os.getpid())
        told["card"] = percentile(await _ask(lambda _: store.lead_snapshot(dice.randint(1, leads))), 99)
        told["list"] = percentile(
            await _ask(lambda n: store.open_leads(n % 4 + 1 if n % 2 else None, PAGE)), 99
        )
        waits = []
        for kind, ask in _searches(store, leads, dice).items():
            asked = await _ask(ask, SAMPLES // 4)
            told[f"search: {kind}"] = percentile(asked, 99)
            waits += asked
        told["search"] = percentile(sorted(waits), 99)
        return told
    finally:
        await store.close()


def _searches(store: Store, leads: int, dice: random.Random) -> dict[str, Ask]:
    """What managers look for: things that one lead has, that many have, and that none has."""

    def number() -> int:
        return dice.randint(1, leads)

    def name(of: int) -> str:
        return word(of % WORDS)

    def both() -> str:
        one = number()
        return f"{name(one)} {name(one // 7)}"

    said: dict[str, Callable[[], str]] = {
        "phone": lambda: f"+3706{FIRST_PHONE + number()}",
        "end of a phone": lambda: str(FIRST_PHONE + number())[1:],
        "e-mail": lambda: f"client{number()}@example.com",
        "first name": lambda: name(number()),
        "both names": both,
        "rare word": lambda: f"ZX{number()}",
        "word of most": lambda: "kitchen",
        "word of none": lambda: f"absent{number()}",
        "lead number": lambda: f"#{number()}",
    }
    return {kind: partial(_search, store, words) for kind, words in said.items()}


async def _search(store: Store, words: Callable[[], str], _: int) -> None:
    await store.find_leads(words(), PAGE)


async def _tick(store: Store) -> None:
    """What the clock does every half second while nothing is due."""
    fired = await reminders.fire_due(store, real_now(), Rules())
    assert not fired


async def _ask(ask: Ask, samples: int = SAMPLES) -> list[float]:
    """How long each took in ms, in order; the first one warms up."""
    await ask(0)
    waits: list[float] = []
    deadline = time.perf_counter() + SECONDS
    while len(waits) < samples and (len(waits) < LEAST or time.perf_counter() < deadline):
        began = time.perf_counter()
        await ask(len(waits))
        waits.append((time.perf_counter() - began) * 1000)
    return sorted(waits)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))))

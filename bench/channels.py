"""A text message of every channel, verified, read and committed, beside a form: how many a second."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from app.sources import plain
from bench.bench import Bench, log
from bench.figures import Figure, against
from bench.load import Order, fire
from bench.messages import HERE, KEY, channels, made
from bench.places import SECRET, Place
from bench.service import accepts, service
from channels.kit.discover import channels as known
from scheduler.clock import real_now
from storage.lifecycle import open_store

GOAL = 0.5  # of a form
COUNT, QUICK = 4000, 800
NOWHERE = "http://127.0.0.1:9"


def every(bench: Bench) -> list[Figure]:
    """All channels in turn, run by run, on SQLite; a form stands at the head of each run."""
    count = QUICK if bench.quick else COUNT
    taken: dict[str, list[float]] = {}
    for run in range(bench.runs):
        for name in ("web_form", *channels()):
            taken.setdefault(name, []).append(_rate(bench, name, count))
        log.info("channels, run %s: %s", run + 1, {name: round(rates[-1]) for name, rates in taken.items()})
    form = Figure("channels", "web_form", "a second", tuple(taken.pop("web_form")))
    found = [Figure("channels", name, "a second", tuple(rates)) for name, rates in taken.items()]
    return [form, *(against(figure, form, at_least=GOAL) for figure in found)]


def _rate(bench: Bench, name: str, count: int) -> float:
    with bench.fresh("sqlite") as place:
        if name != "web_form":
            asyncio.run(_open(place, name, made(name, 0).settings))
        outside = {"FRONTDESK_PUBLIC_URL": HERE, "FRONTDESK_METRICS_TOKEN": "m" * 24}
        apis = {f"FRONTDESK_{one.upper()}_API": NOWHERE for one in known()}
        with service(place, "web", more=outside | apis) as running:
            accepts(running.port)
            channel = "" if name == "web_form" else name
            order = Order(running.port, count=count, first=1, channel=channel)
            volley = fire(order)
    if volley.statuses != {"200": count}:
        raise RuntimeError(f"{name}: not everything was taken: {volley.statuses}")
    return volley.a_second


async def _open(place: Place, name: str, settings: Mapping[str, str]) -> None:
    checked = known()[name].settings.model_validate(dict(settings))
    store = await open_store(place.url, state=place.folder, secret=SECRET, now=real_now, lease_now=real_now)
    await store.add_source(name, KEY, plain(checked))
    await store.close()

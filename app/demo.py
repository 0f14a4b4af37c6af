"""`frontdesk demo`: the service beside a sandbox, with people, a form, and a morning of leads.

It ignores `.env` and real tokens, and has a database of its own that starts empty each time.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from app.commands.common import Console
from app.commands.service import stopped
from app.morning import Cast, Person, morning
from app.rules import rules_of
from app.runtime import Runtime
from app.settings import FixedSettings, Settings
from app.sources import plain
from app.wiring import ROLES, build
from channels.kit.discover import channels
from leads import people
from leads.model import Role
from sandbox import server
from sandbox.api import make_app
from sandbox.playground import PlaygroundConfig, attach
from sandbox.world import World
from scheduler.clock import Clock, real_now
from storage.lifecycle import service_lock

log = logging.getLogger(__name__)

STATE = Path("var/demo")
DESK_TOKEN = "100200300:demo-desk-token-for-the-sandbox-only"  # noqa: S105 - opens the sandbox only
SHOP_TOKEN = "100200301:demo-shop-token-for-the-sandbox-only"  # noqa: S105
FORM_KEY = "demo-form"
ZONE = "Europe/Vilnius"

OWNER = Person(101, "Vera", "en", "vera_desk")
MANAGERS = (Person(102, "Tomas", "en", "tomas_desk"), Person(103, "Ирина", "ru", "irina_desk"))
CUSTOMERS = (
    Person(201, "Антон", "ru", "anton_builds"),
    Person(202, "Jonas", "en", "jonas_k"),
    Person(203, "Marta", "en", ""),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """The sandbox's side of the demo."""

    world: World
    cast: Cast
    clock: Clock
    port: int
    product_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def form_url(self) -> str:
        return f"http://127.0.0.1:{self.product_port}/in/web_form/{FORM_KEY}"


def demo_settings() -> Settings:
    """The same for everybody, whatever the environment says."""
    return FixedSettings(
        database_url=f"sqlite://{STATE}/frontdesk.db",
        desk_token=SecretStr(DESK_TOKEN),
        owner_id=(OWNER.id,),
        timezone=ZONE,
        country="LT",
        send_rates="off",
    )


async def play(console: Console, port: int) -> int:
    """Run the demo until it is interrupted."""
    logging.getLogger().setLevel(logging.WARNING)
    chosen = free_port(port)
    if port and chosen != port:
        console.say("demo-port", port=port, free=chosen)
    with service_lock(console.settings.database_url):
        clear_state()
        stage = build_stage(chosen, free_port(0))
        sandbox = await open_sandbox(stage)
        runtime = await open_product(stage, console)
        console.say("demo-ready", url=stage.url)
        story = asyncio.create_task(_told(stage))
        try:
            await stopped()
        finally:
            story.cancel()
            await asyncio.gather(story, return_exceptions=True)
            await runtime.close()
            await sandbox.close()
    return 0


def free_port(wanted: int) -> int:
    """The wanted port on loopback, or any free one when it is taken (or 0)."""
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise OSError("no free port on loopback")


def clear_state() -> None:
    """Start empty; the lock file beside the database stays, we hold it."""
    for path in STATE.iterdir() if STATE.exists() else ():
        if path.is_dir():
            shutil.rmtree(path)
        elif not path.name.endswith(".running"):
            path.unlink()


def build_stage(port: int, product_port: int) -> Stage:
    """The sandbox's people and bots, at nine this morning."""
    zone = ZoneInfo(ZONE)
    clock = Clock(datetime.combine(real_now().astimezone(zone).date(), time(9), zone))
    world = World(clock.now)
    desk = world.add_bot(DESK_TOKEN, "northlight_desk_bot", "Northlight desk", topics=True)
    shop = world.add_bot(SHOP_TOKEN, "northlight_bot", "Northlight Kitchens")
    for person in (OWNER, *MANAGERS, *CUSTOMERS):
        username = person.username or None
        world.add_user(person.id, person.name, username=username, language_code=person.language)
    cast = Cast(desk, shop, OWNER, MANAGERS, CUSTOMERS)
    return Stage(world, cast, clock, port, product_port)


async def open_sandbox(stage: Stage) -> server.Running:
    app = make_app(stage.world)
    config = PlaygroundConfig(
        title="Northlight Kitchens",
        form_url=stage.form_url,
        customer_bots=[SHOP_TOKEN],
        desk_bot=DESK_TOKEN,
        managers=[person.id for person in (*MANAGERS, OWNER)],
        customers=[person.id for person in CUSTOMERS],
        now=stage.clock.now,
        advance=stage.clock.advance,
        timezone=ZONE,
    )
    attach(app, stage.world, config=config)
    return await server.start(stage.world, port=stage.port, app=app)


async def open_product(stage: Stage, console: Console) -> Runtime:
    """The real service; only its settings say that Telegram is the sandbox."""
    settings = console.settings.model_copy(
        update={"port": stage.product_port, "telegram_api": stage.url, "host": "127.0.0.1"}
    )
    runtime = await build(settings, roles=ROLES, clock=stage.clock, redact=console.redact)
    await furnish(runtime, stage)
    await runtime.start()
    return runtime


async def furnish(runtime: Runtime, stage: Stage) -> None:
    """The sources and the people of the demo."""
    store, now, rules = runtime.store, stage.clock.now(), rules_of(runtime.settings)
    form = {
        "title": "Northlight Kitchens",
        "allowed_origins": f"{stage.url},http://localhost:{stage.port}",
        "min_seconds": "0",
    }
    for channel, key, given in (
        ("web_form", FORM_KEY, form),
        ("telegram", "demo-bot", {"token": SHOP_TOKEN}),
    ):
        settings = channels()[channel].settings.model_validate(given)
        await store.add_source(channel, key, plain(settings))
    await people.add(store, OWNER.id, OWNER.name, now, rules, role=Role.OWNER)
    for person in MANAGERS:
        await people.add(store, person.id, person.name, now, rules)


async def _told(stage: Stage) -> None:
    try:
        await morning(stage.world, stage.cast, stage.clock, stage.form_url, stage.url)
    except Exception:
        log.exception("the sample morning stopped; the playground goes on")

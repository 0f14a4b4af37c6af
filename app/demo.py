"""`frontdesk demo`: the service beside a sandbox, with people, a form, and a morning of leads.

It ignores `.env` and real tokens, and has a database of its own that starts empty each time.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from app.commands.common import Console, stopping
from app.morning import Cast, Person, morning
from app.rules import rules_of
from app.runtime import Runtime
from app.settings import FixedSettings, Settings
from app.sources import plain
from app.visitors import everybody, key_of, open_vendors, place
from app.wiring import ROLES, build
from channels.kit.discover import channels
from leads import people, reminders
from leads.model import Role
from sandbox import server
from sandbox.api import make_app
from sandbox.playground import PlaygroundConfig, attach
from sandbox.vendors.serving import Vendors
from sandbox.world import World
from scheduler.clock import Clock, real_now
from storage.lifecycle import service_lock

log = logging.getLogger(__name__)

STATE = Path("var/demo")
DESK_TOKEN = "100200300:demo-desk-token-for-the-sandbox-only"  # noqa: S105 - opens the sandbox only
SHOP_TOKEN = "100200301:demo-shop-token-for-the-sandbox-only"  # noqa: S105
FORM_KEY = "demo-form"
ZONE = "Europe/Vilnius"
SHOWN_WITHIN = 1.0  # seconds

OWNER = Person(101, "Vera", "en", "vera_desk")
MANAGERS = (Person(102, "Tomas", "en", "tomas_desk"), Person(103, "Ирина", "ru", "irina_desk"))
CUSTOMERS = (
    Person(201, "Антон", "ru", "anton_builds"),
    Person(202, "Jonas", "en", "jonas_k"),
    Person(203, "Marta", "en", ""),
)


@dataclass(slots=True)
class Stage:
    """The sandbox's side of the demo, and the service once it is there."""

    world: World
    cast: Cast
    clock: Clock
    port: int
    product_port: int
    vendors: Vendors
    runtime: Runtime | None = None
    _moves: asyncio.Queue[timedelta] = field(default_factory=asyncio.Queue)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def advance(self, by: timedelta) -> None:
        """Move the clock soon; see `keep_moving`."""
        self._moves.put_nowait(by)

    async def move(self, by: timedelta) -> None:
        """Move the clock, and return when it has arrived."""
        self.advance(by)
        await self._moves.join()

    async def keep_moving(self) -> None:
        """A moved clock stops at each reminder on its way, so that none is late for being fast-forwarded."""
        while True:
            target = self.clock.now() + await self._moves.get()
            while self.runtime and (due := await self.runtime.store.due_reminders(target, 1)):
                self.clock.advance(max(due[0].due_at - self.clock.now(), timedelta()))
                await reminders.fire_due(
                    self.runtime.store, self.clock.now(), rules_of(self.runtime.settings)
                )
                await self._shown(self.runtime)
            self.clock.advance(max(target - self.clock.now(), timedelta()))
            self.world.changed()
            self._moves.task_done()

    async def _shown(self, runtime: Runtime) -> None:
        """Give what was fired the time to be shown, unless Telegram is made to fail just now."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SHOWN_WITHIN):
                depth = (await runtime.store.counts())["managers_out"]
                while depth.ready or depth.leased:
                    await asyncio.sleep(0.02)
                    depth = (await runtime.store.counts())["managers_out"]

    @property
    def product_url(self) -> str:
        return f"http://127.0.0.1:{self.product_port}"

    @property
    def form_url(self) -> str:
        return f"{self.product_url}/in/web_form/{FORM_KEY}"


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
    stop = stopping()
    with service_lock(console.settings.database_url):
        clear_state()
        stage = build_stage(chosen, free_port(0))
        sandbox = await open_sandbox(stage)
        runtime = await open_product(stage, console)
        console.say("demo-ready", url=stage.url)
        stage.runtime = runtime
        tasks = [asyncio.create_task(_told(stage)), asyncio.create_task(stage.keep_moving())]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
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
    desk = world.add_bot(DESK_TOKEN, "alderfinch_desk_bot", "Alder & Finch desk", topics=True)
    shop = world.add_bot(SHOP_TOKEN, "alderfinch_bot", "Alder & Finch")
    for person in (OWNER, *MANAGERS, *CUSTOMERS):
        username = person.username or None
        world.add_user(person.id, person.name, username=username, language_code=person.language)
    vendors = open_vendors(world, clock.now)
    cast = Cast(desk, shop, OWNER, MANAGERS, CUSTOMERS, vendors, everybody(vendors))
    stage = Stage(world, cast, clock, port, product_port, vendors)
    place(vendors, stage.url, stage.product_url)
    return stage


async def open_sandbox(stage: Stage) -> server.Running:
    app = make_app(stage.world)
    config = PlaygroundConfig(
        title="Alder & Finch",
        form_url=stage.form_url,
        customer_bots=[SHOP_TOKEN],
        desk_bot=DESK_TOKEN,
        managers=[person.id for person in (*MANAGERS, OWNER)],
        customers=[person.id for person in CUSTOMERS],
        now=stage.clock.now,
        advance=stage.advance,
        timezone=ZONE,
        vendors=stage.vendors,
    )
    stage.vendors.mount(app)
    attach(app, stage.world, config=config)
    return await server.start(stage.world, port=stage.port, app=app)


async def open_product(stage: Stage, console: Console) -> Runtime:
    """The real service; only its settings say that Telegram and the vendors are the sandbox.

    The sandbox is all the internet there is, and it reaches us: some vendors take files by address only.
    """
    settings = console.settings.model_copy(
        update={
            "host": "127.0.0.1",
            "port": stage.product_port,
            "public_url": stage.product_url,
            "metrics_token": SecretStr(secrets.token_urlsafe()),
            "telegram_api": stage.url,
        }
        | {f"{name}_api": vendor.stage.base for name, vendor in stage.vendors.all.items()}
    )
    runtime = await build(settings, roles=ROLES, clock=stage.clock, redact=console.redact)
    await furnish(runtime, stage)
    await runtime.start()
    return runtime


async def furnish(runtime: Runtime, stage: Stage) -> None:
    """The sources and the people of the demo."""
    store, now, rules = runtime.store, stage.clock.now(), rules_of(runtime.settings)
    form = {
        "title": "Alder & Finch",
        "allowed_origins": f"{stage.url},http://localhost:{stage.port}",
        "min_seconds": "0",
    }
    for channel, key, given in (
        ("web_form", FORM_KEY, form),
        ("telegram", "demo-bot", {"token": SHOP_TOKEN}),
        *((name, key_of(name), vendor.settings()) for name, vendor in stage.vendors.all.items()),
    ):
        settings = channels()[channel].settings.model_validate(given)
        await store.add_source(channel, key, plain(settings))
    await people.add(store, OWNER.id, OWNER.name, now, rules, role=Role.OWNER)
    for person in MANAGERS:
        await people.add(store, person.id, person.name, now, rules)


async def _told(stage: Stage) -> None:
    try:
        await morning(stage.world, stage.cast, stage.move, stage.form_url, stage.url)
    except Exception:
        log.exception("the sample morning stopped; the playground goes on")

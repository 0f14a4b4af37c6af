"""Customers of other messengers on the page, in Chromium: their phones, and what can be done on each."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, async_playwright, expect
from sandbox_pigeon import NOW, Pigeon
from test_playground_page import CHROMIUM, FLAGS, PNG
from test_playground_vendors import Parrot, says

from sandbox.api import make_app
from sandbox.playground import PlaygroundConfig, attach
from sandbox.server import start
from sandbox.vendors.serving import Vendors
from sandbox.vendors.stage import Choice
from sandbox.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
SHOP, DESK = "100:shop", "200:desk"
DECODED = """async () => {
  const file = await fetch(document.querySelector("audio").src);
  const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(await file.arrayBuffer());
  return sound.duration;
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium() -> AsyncIterator[Browser]:
    if not CHROMIUM:
        assert not os.environ.get("CI"), "CI must have a Chromium"
        pytest.skip("no Chromium: the browser tests are skipped")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which(CHROMIUM), args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def phones(browser: Browser, **context: Any) -> AsyncIterator[tuple[Vendors, Page]]:
    """A page with one customer on Telegram and one each at two vendors, of which one can do little."""
    world, vendors = World(lambda: NOW), Vendors(lambda: NOW)
    world.add_bot(SHOP, "shop_bot", "Shop")
    world.add_bot(DESK, "desk_bot", "Desk", topics=True)
    world.add_user(701, "Anna", "Reyes")
    world.add_user(501, "Marta", "Owens")
    for name, make, who in (("parrot", Parrot, "Polly Green"), ("pigeon", Pigeon, "Paul Grey")):
        vendor = vendors.bring(name, make)
        vendor.stage.post = lambda _: None
        vendor.stage.listeners.append(world.changed)
        vendor.enters(1, who)
    app = make_app(world)
    vendors.mount(app)
    config = PlaygroundConfig("Shop", "/form", [SHOP], DESK, [501], [701], lambda: NOW, vendors=vendors)
    attach(app, world, config=config)
    running = await start(world, app=app)
    page = await browser.new_page(**{"viewport": {"width": 1300, "height": 850}, **context})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    try:
        await page.goto(running.url)
        yield vendors, page
        assert errors == []
    finally:
        await page.close()
        await running.close()


async def test_each_customer_stands_under_the_name_of_their_messenger(chromium: Browser) -> None:
    async with phones(chromium) as (_, page):
        tabs = page.get_by_test_id("customer-tab")
        await expect(tabs).to_have_count(3)
        channels = [await tabs.nth(number).get_attribute("data-channel") for number in range(3)]
        assert channels == ["telegram", "parrot", "pigeon"]
        await expect(tabs.nth(0)).to_contain_text("Telegram")
        await expect(tabs.nth(1)).to_contain_text("Pigeon")  # the look that both birds have
        await tabs.nth(1).click()
        head = page.get_by_test_id("customer-chat").locator(".chat-head")
        assert await head.evaluate("it => getComputedStyle(it).backgroundColor") == "rgb(51, 85, 68)"
        await expect(head).to_contain_text("Shop")
        await tabs.nth(0).click()
        assert await head.evaluate("it => getComputedStyle(it).backgroundColor") != "rgb(51, 85, 68)"


async def test_a_customer_writes_edits_reacts_presses_and_takes_back(chromium: Browser) -> None:
    async with phones(chromium) as (vendors, page):
        parrot = vendors.all["parrot"]
        notes = parrot.stage.chats["p1"].notes
        await page.locator("[data-channel=parrot][data-testid=customer-tab]").click()
        chat, field = page.get_by_test_id("customer-chat"), page.get_by_test_id("customer-input")
        await field.fill("Hello")
        await field.press("Enter")
        mine = chat.get_by_test_id("message").first
        await expect(mine).to_contain_text("Hello")
        await expect(mine.locator(".ticks")).to_have_attribute("aria-label", "Delivered")
        parrot.stage.chats["p1"].read_at = NOW
        says(parrot, "Well?", buttons=(Choice("Yes", "y"),))
        await expect(mine.locator(".ticks")).to_have_attribute("aria-label", "Read by the company")

        await mine.hover()
        await mine.get_by_test_id("message-edit").click()
        await field.fill("Good morning")
        await field.press("Enter")
        await expect(mine).to_contain_text("Good morning")
        theirs = chat.get_by_test_id("message").nth(1)
        await theirs.get_by_test_id("key").click()
        await theirs.hover()
        await theirs.get_by_test_id("message-react").click()
        await expect(theirs.get_by_test_id("reaction")).to_have_text("👍")
        assert (notes[0].former, notes[1].state) == (["Hello"], "read")

        await page.get_by_test_id("customer-voice").click()
        picture: FilePayload = {"name": "room.png", "mimeType": "image/png", "buffer": PNG}
        await page.get_by_test_id("customer-file").set_input_files(files=[picture])
        await expect(chat.get_by_alt_text("Photo")).to_be_visible()
        assert await page.evaluate(DECODED) == pytest.approx(2, abs=0.1)

        await mine.hover()
        await mine.get_by_test_id("message-delete").click()
        await expect(mine).to_contain_text("Message deleted")
        await expect(mine.get_by_test_id("message-edit")).to_have_count(0)
        assert notes[0].deleted


async def test_what_a_vendor_does_not_have_is_not_offered(chromium: Browser) -> None:
    async with phones(chromium) as (vendors, page):
        await page.locator("[data-channel=pigeon][data-testid=customer-tab]").click()
        await page.get_by_test_id("customer-input").fill("Hello")
        await page.get_by_test_id("customer-send").click()
        says(vendors.all["pigeon"], "Good morning")
        chat = page.get_by_test_id("customer-chat")
        await expect(chat.get_by_test_id("message")).to_have_count(2)
        for missing in ("message-edit", "message-delete", "message-react", "customer-contact"):
            await expect(chat.get_by_test_id(missing)).to_have_count(0)
        await expect(page.get_by_test_id("customer-voice")).to_be_hidden()
        assert await page.get_by_test_id("customer-file").get_attribute("accept") == "image/*"


async def test_only_who_looks_has_read(chromium: Browser) -> None:
    async with phones(chromium) as (vendors, page):
        said = says(vendors.all["pigeon"], "Are you there?")
        tab = page.locator("[data-channel=pigeon][data-testid=customer-tab]")
        await expect(tab.locator(".badge")).to_have_text("1")
        assert said.state == "delivered"
        await tab.click()
        await expect(tab.locator(".badge")).to_have_count(0)
        await page.wait_for_function("!document.querySelector('.rail .badge')")
        await expect(page.get_by_test_id("customer-chat")).to_contain_text("Are you there?")
        for _ in range(100):
            if said.state == "read":
                break
            await page.evaluate("new Promise(requestAnimationFrame)")
        assert said.state == "read"


async def test_a_newcomer_comes_through_the_chosen_door(chromium: Browser) -> None:
    async with phones(chromium) as (vendors, page):
        menu = page.get_by_test_id("customer-new-menu")
        await page.get_by_test_id("customer-new").click()
        await expect(menu.get_by_role("menuitem")).to_have_count(3)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Escape")
        await expect(menu).to_be_hidden()
        await expect(page.get_by_test_id("customer-new")).to_be_focused()
        await page.get_by_test_id("customer-new").click()
        await menu.locator("[data-channel=pigeon]").click()
        await expect(page.get_by_test_id("customer-tab")).to_have_count(4)
        await expect(page.get_by_test_id("customer-chat")).to_contain_text("Say hello as Mira")
        assert len(vendors.all["pigeon"].stage.chats) == 2


async def test_the_switches_break_whoever_is_chosen(chromium: Browser) -> None:
    async with phones(chromium) as (vendors, page):
        token = page.get_by_test_id("fault-token")
        await expect(token).to_be_hidden()
        await page.get_by_test_id("fault-vendor").select_option("pigeon")
        await expect(token).to_have_attribute("aria-label", "Pigeon refuses the token")
        await token.click()
        await expect(token).to_have_attribute("aria-checked", "true")
        [rule] = vendors.all["pigeon"].stage.faults.rules
        assert rule.answer == vendors.all["pigeon"].refusals["misconfigured"]
        await expect(page.locator("option[value=pigeon]")).to_have_text("Pigeon ⚡")
        await page.get_by_test_id("fault-vendor").select_option("parrot")
        await expect(token).to_have_attribute("aria-checked", "false")


@pytest.mark.parametrize("width", [390, 700, 1100])
async def test_nothing_sticks_out(chromium: Browser, width: int) -> None:
    async with phones(chromium, viewport={"width": width, "height": 800}) as (vendors, page):
        says(
            vendors.all["parrot"],
            "A word of considerable length: Donaudampfschifffahrtsgesellschaftskapitän" * 3,
        )
        await page.locator("[data-channel=parrot][data-testid=customer-tab]").click()
        await expect(page.get_by_test_id("customer-chat")).to_contain_text("considerable")
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(beyond) == 0
        await expect(page.get_by_test_id("desk-input")).to_be_visible()

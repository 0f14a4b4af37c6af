"""`make demo` as a newcomer meets it: one command, one page, and the whole path walked in Chromium."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
MORNING_ENDS = 60_000  # milliseconds
STEP = 20_000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """The demo in a folder of its own; its page's address as it was printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "app", "demo", "--port", str(free_port())]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        async with asyncio.timeout(30):
            while not (found := re.search(rb"http://\S+", await process.stdout.readline())):
                assert process.returncode is None, "the demo ended by itself"
        yield found.group().decode()
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 15) == 0


@asynccontextmanager
async def page_at(url: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(url)
        await page.wait_for_selector("html[data-ready]")
        yield page
        assert errors == []
        await browser.close()


def part(page: Page, name: str, words: str | re.Pattern[str] = "") -> Locator:
    found = page.get_by_test_id(name)
    return found.filter(has_text=words) if words else found


async def who_has(page: Page, lead: str | re.Pattern[str]) -> None:
    """Open the desk of the manager who got this lead, and its topic."""
    for _ in range(40):
        for manager in ("Tomas", "Ирина"):
            await part(page, "manager-tab", manager).click()
            topic = part(page, "topic", lead)
            if await topic.count():
                await topic.click()
                return
        await page.wait_for_timeout(250)
    raise AssertionError(f"nobody got the lead of {lead}")


async def desk_says(page: Page, words: str | re.Pattern[str]) -> None:
    await expect(page.get_by_test_id("desk-messages")).to_contain_text(words, timeout=STEP)


@pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="no Chromium on this machine")
async def test_form_card_reply_read_reminder(tmp_path: Path) -> None:
    async with demo(tmp_path) as url, page_at(url) as page:
        # The sample morning ends with a reminder that nobody has noticed.
        await part(page, "manager-tab", "Tomas").click()
        await expect(part(page, "topic", "Jonas")).to_be_visible(timeout=MORNING_ENDS)
        await part(page, "topic", "Jonas").click()
        await expect(page.get_by_test_id("desk-messages")).to_contain_text(
            "waiting for a first answer", timeout=MORNING_ENDS
        )

        # A form becomes a card.
        await page.get_by_test_id("customer-form-tab").click()
        await page.get_by_test_id("form-name").fill("Marta Walker")
        await page.get_by_test_id("form-phone").fill("+44 7700 900203")
        await page.get_by_test_id("form-email").fill("marta@example.com")
        await page.get_by_test_id("form-message").fill("A kitchen under the roof, please")
        await page.get_by_test_id("form-submit").click()
        await expect(page.get_by_test_id("form-result")).to_be_visible(timeout=STEP)
        await who_has(page, "Marta Walker")
        await desk_says(page, "A kitchen under the roof, please")
        await desk_says(page, "+44 7700 900203")

        # A customer opens the chat and writes twice: one topic.
        await part(page, "customer-tab", "Marta").click()
        await page.get_by_test_id("customer-start").click()
        for words in ("Hello, it is me again", "now in Telegram"):
            await page.get_by_test_id("customer-input").fill(words)
            await page.get_by_test_id("customer-send").click()
        await who_has(page, re.compile(r"#\d+ Marta(?! Walker)"))
        await desk_says(page, "Hello, it is me again")
        await desk_says(page, "now in Telegram")

        # The manager answers, the customer reads it, the manager sees that it went.
        await page.get_by_test_id("desk-input").fill("Hello Marta! Saturday at noon?")
        await page.get_by_test_id("desk-send").click()
        await expect(page.get_by_test_id("customer-messages")).to_contain_text(
            "Hello Marta! Saturday at noon?", timeout=STEP
        )
        await expect(page.get_by_test_id("desk-messages").get_by_test_id("reaction")).to_contain_text(
            re.compile("👌|👍|✅"), timeout=STEP
        )

        # A reminder is set in words and comes when its time has come.
        await page.get_by_test_id("desk-input").fill("/remind 2h call Marta back")
        await page.get_by_test_id("desk-send").click()
        await desk_says(page, re.compile("I will remind you|Напомню"))
        await page.get_by_test_id("clock-plus-60").click()
        await page.get_by_test_id("clock-plus-60").click()
        await expect(part(page, "key", "+1 h").or_(part(page, "key", "+1 ч")).last).to_be_visible(
            timeout=STEP
        )
        await desk_says(page, re.compile("call Marta back"))

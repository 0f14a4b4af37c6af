"""The playground's page in Chromium: what a visitor sees and does."""

from __future__ import annotations

import base64
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, FilePayload, Page, async_playwright, expect

from sandbox.api import make_app
from sandbox.model import Json
from sandbox.playground import PlaygroundConfig, attach
from sandbox.server import start
from sandbox.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SHOP, DESK = "100:shop", "200:desk"
ANNA, MARTA, PAVEL = 701, 501, 502
NASTY = '<img src=x onerror="window.hacked=1"> & "quotes"'
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class Stage:
    """A world with two managers and one customer, its page's address, and what the form posted."""

    def __init__(self, *, topics: bool) -> None:
        self.at = datetime(2026, 3, 17, 7, 2, tzinfo=UTC)
        self.world = World(lambda: self.at)
        self.shop = self.world.add_bot(SHOP, "shop_bot", "Shop")
        self.desk = self.world.add_bot(DESK, "desk_bot", "Desk", topics=topics)
        self.world.add_user(ANNA, "Anna", "Reyes")
        self.world.add_user(MARTA, "Marta", "Owens")
        self.world.add_user(PAVEL, "Pavel", "Sidorov")
        self.forms: list[tuple[str, Json]] = []
        self.form_answers: list[tuple[int, Json]] = []
        self.url = ""

    def app(self) -> web.Application:
        app = make_app(self.world)
        app.router.add_post("/in/web_form/demo", self._take_form)
        config = PlaygroundConfig(
            title="Test",
            form_url="/in/web_form/demo",
            customer_bots=[SHOP],
            desk_bot=DESK,
            managers=[MARTA, PAVEL],
            customers=[ANNA],
            now=lambda: self.at,
            advance=self._advance,
            timezone="Europe/Vilnius",
        )
        attach(app, self.world, config=config)
        return app

    def _advance(self, by: timedelta) -> None:
        self.at += by

    async def _take_form(self, request: web.Request) -> web.Response:
        self.forms.append((request.headers["Idempotency-Key"], await request.json()))
        status, body = self.form_answers.pop(0) if self.form_answers else (200, {"status": "accepted"})
        return web.json_response(body, status=status)

    async def updates(self, page: Page, token: str) -> list[Json]:
        answer = await page.request.get(f"{self.url}/bot{token}/getUpdates")
        return (await answer.json())["result"]  # type: ignore[no-any-return]

    def bot_posts(self, user: int, text: str, *, thread: int | None = None, **more: Any) -> Json:
        chat = self.world.chat(self.desk, user)
        message = chat.post(self.desk.as_user(), {"text": text, **more}, thread)
        self.world.changed()
        return message

    def bot_opens(self, user: int, name: str) -> int:
        return self.world.chat(self.desk, user).open_topic(self.desk.as_user(), name).thread_id


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM:
        assert not os.environ.get("CI"), "CI must have a Chromium"
        pytest.skip("no Chromium: the browser tests are skipped")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def staged(
    browser: Browser, *, topics: bool = True, **context: Any
) -> AsyncIterator[tuple[Stage, Page]]:
    """A stage and a page on it; an error in the page's scripts or policy fails the test."""
    stage = Stage(topics=topics)
    running = await start(stage.world, app=stage.app())
    stage.url = running.url
    page = await browser.new_page(viewport={"width": 1300, "height": 850}, **context)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    try:
        await page.goto(running.url)
        yield stage, page
        assert errors == []
    finally:
        await page.close()
        await running.close()


async def test_the_form_posts_to_the_product_and_shows_its_answer(browser: Browser) -> None:
    async with staged(browser) as (stage, page):
        await page.get_by_test_id("form-name").fill("Emily")
        await page.get_by_test_id("form-submit").click()
        await expect(page.get_by_test_id("form-result")).to_contain_text("Leave a phone")
        assert stage.forms == []

        stage.form_answers = [(503, {"title": "Unavailable", "detail": "The store is down."})]
        await page.get_by_test_id("form-phone").fill("+44 20 7946 0018")
        await page.get_by_test_id("form-email").fill("emily@example.com")
        await page.get_by_test_id("form-message").fill(NASTY)
        await page.get_by_test_id("form-submit").click()
        await expect(page.get_by_test_id("form-result")).to_contain_text("The store is down.")
        await expect(page.get_by_test_id("form-message")).to_have_value(NASTY)

        await page.get_by_test_id("form-submit").click()
        await expect(page.get_by_test_id("form-result")).to_contain_text("Your request is in")
        await expect(page.get_by_test_id("form-message")).to_have_value("")
        (first_key, body), (second_key, _) = stage.forms
        assert first_key == second_key
        assert (body["name"], body["message"]) == ("Emily", NASTY)
        assert "utm_source=google" in body["page"]

        await page.get_by_test_id("form-example").click()
        await page.get_by_test_id("form-submit").click()
        await expect(page.get_by_test_id("form-result")).to_contain_text("Your request is in")
        assert stage.forms[2][0] != first_key


async def test_a_customer_writes_edits_and_attaches(browser: Browser) -> None:
    async with staged(browser) as (stage, page):
        await page.get_by_test_id("customer-tab").click()
        chat = page.get_by_test_id("customer-chat")
        await expect(chat).to_contain_text("Say hello as Anna Reyes")
        await page.get_by_test_id("customer-start").click()
        await expect(chat.get_by_test_id("message")).to_contain_text("/start")

        field = page.get_by_test_id("customer-input")
        await field.fill("first line")
        await field.press("Shift+Enter")
        await field.press_sequentially(NASTY)
        await field.press("Enter")
        mine = chat.get_by_test_id("message").nth(1)
        await expect(mine).to_contain_text(NASTY)
        await expect(field).to_have_value("")

        await mine.hover()
        await mine.get_by_test_id("message-edit").click()
        await field.fill("corrected")
        await page.get_by_test_id("customer-send").click()
        await expect(mine).to_contain_text("corrected")
        await expect(mine).to_contain_text("edited")

        picture: FilePayload = {"name": "room.png", "mimeType": "image/png", "buffer": PNG}
        await page.get_by_test_id("customer-file").set_input_files(files=[picture])
        await expect(chat.get_by_alt_text("Photo")).to_be_visible()
        loaded = "image => image.complete && image.naturalWidth === 1"
        await page.wait_for_function(f"({loaded})(document.querySelector('img'))")
        assert await page.evaluate("window.hacked") is None
        kinds = [next(iter(update.keys() - {"update_id"})) for update in await stage.updates(page, SHOP)]
        assert kinds == ["message", "message", "edited_message", "message"]


async def test_a_customer_blocks_the_bot_and_another_one_comes(browser: Browser) -> None:
    async with staged(browser) as (stage, page):
        await page.get_by_test_id("customer-tab").click()
        await page.get_by_test_id("customer-block").click()
        await expect(page.get_by_test_id("customer-input")).to_have_attribute(
            "placeholder", "You blocked this bot"
        )
        assert stage.world.chat(stage.shop, ANNA).blocked
        await page.get_by_test_id("customer-block").click()
        await expect(page.get_by_test_id("customer-input")).to_have_attribute(
            "placeholder", "Message as Anna"
        )

        await page.get_by_test_id("customer-new").click()
        await expect(page.get_by_test_id("customer-tab")).to_have_count(2)
        await expect(page.get_by_test_id("customer-chat")).to_contain_text("Say hello as Nora")


async def test_a_lead_opens_its_topic_and_the_manager_works_in_it(browser: Browser) -> None:
    keys = [[{"text": "Take", "callback_data": "take", "style": "success"}]]
    text = "New lead NASTY secret"
    entities = [
        {"type": "bold", "offset": 0, "length": 8},
        {"type": "spoiler", "offset": 15, "length": 6},
    ]
    async with staged(browser) as (stage, page):
        await expect(page.get_by_test_id("desk-messages")).to_be_attached()
        await expect(page.get_by_text("No topics yet")).to_be_visible()
        thread = stage.bot_opens(MARTA, "#1 · Anna")
        card = stage.bot_posts(
            MARTA, text, thread=thread, entities=entities, reply_markup={"inline_keyboard": keys}
        )
        await expect(page.get_by_test_id("topic")).to_contain_text("#1 · Anna")
        shown = page.locator(f"[data-testid=desk-messages] [data-message-id='{card['message_id']}']")
        await expect(shown.locator("strong")).to_have_text("New lead")
        await shown.locator(".spoiler").click()
        await expect(shown.locator(".spoiler")).to_have_class("spoiler shown")

        await shown.get_by_role("button", name="Take").click()
        await expect(page.get_by_test_id("toast")).to_have_count(0)
        [press] = stage.world.callbacks.values()
        press.answer = {"text": "It is yours", "show_alert": False}
        stage.world.changed()
        await expect(page.get_by_test_id("toast")).to_have_text("It is yours")

        await shown.hover()
        await shown.get_by_test_id("message-reply").click()
        await page.get_by_test_id("desk-input").fill("Hello Anna")
        await page.get_by_test_id("desk-send").click()
        mine = page.get_by_test_id("desk-messages").locator("li.mine")
        await expect(mine).to_contain_text("Hello Anna")
        await expect(mine.locator(".quote")).to_contain_text("New lead")
        sent = (await stage.updates(page, DESK))[-1]["message"]
        assert sent["message_thread_id"] == thread
        assert sent["reply_to_message"]["message_id"] == card["message_id"]

        stage.world.chat(stage.desk, MARTA).reactions[sent["message_id"]] = {
            200: [{"type": "emoji", "emoji": "👍"}]
        }
        stage.world.changed()
        await expect(mine.get_by_test_id("reaction")).to_have_text("👍")

        page.on("dialog", lambda dialog: dialog.accept())
        await page.get_by_test_id("topic-delete").click()
        await expect(page.get_by_test_id("topic")).to_have_count(0)


async def test_unread_counts_rise_elsewhere_and_fall_when_looked_at(browser: Browser) -> None:
    async with staged(browser) as (stage, page):
        first = stage.bot_opens(MARTA, "#1")
        stage.bot_posts(MARTA, "one", thread=first)
        await expect(page.get_by_test_id("desk-messages")).to_contain_text("one")
        second = stage.bot_opens(MARTA, "#2")
        stage.bot_posts(MARTA, "two", thread=second)
        stage.bot_posts(MARTA, "three", thread=second)
        stage.bot_posts(PAVEL, "for Pavel", thread=stage.bot_opens(PAVEL, "#3"))
        row = page.locator(f"[data-thread='{second}']")
        await expect(row.locator(".badge")).to_have_text("2")
        await expect(page.locator(f"[data-manager='{PAVEL}'] .badge")).to_have_text("1")
        await expect(page.get_by_test_id("desk-messages")).to_contain_text("one")
        await row.click()
        await expect(page.get_by_test_id("desk-messages")).to_contain_text("three")
        await expect(row.locator(".badge")).to_have_count(0)
        await page.locator(f"[data-manager='{PAVEL}']").click()
        await expect(page.get_by_test_id("desk-messages")).to_contain_text("for Pavel")


async def test_what_a_manager_writes_outside_topics_is_followed_to_its_new_topic(browser: Browser) -> None:
    async with staged(browser) as (stage, page):
        stage.bot_posts(
            MARTA, "Welcome, open /help", entities=[{"type": "bot_command", "offset": 14, "length": 5}]
        )
        await page.get_by_test_id("desk-messages").get_by_role("button", name="/help").click()
        await expect(page.get_by_test_id("topic")).to_have_attribute("aria-current", "true")
        await expect(page.get_by_test_id("desk-messages").locator("li.mine")).to_contain_text("/help")


async def test_a_bot_without_topics_is_a_plain_chat(browser: Browser) -> None:
    link = "https://t.me/desk_bot?start=abc"
    async with staged(browser, topics=False) as (stage, page):
        stage.bot_posts(MARTA, link, entities=[{"type": "url", "offset": 0, "length": len(link)}])
        await expect(page.get_by_test_id("topic-list")).to_be_hidden()
        await page.get_by_test_id("desk-messages").get_by_role("link", name=link).click()
        await expect(page.get_by_test_id("desk-messages").locator("li.mine")).to_contain_text("/start abc")
        assert (await stage.updates(page, DESK))[-1]["message"]["text"] == "/start abc"


async def test_the_clock_the_faults_and_the_log(browser: Browser) -> None:
    async with staged(browser) as (stage, page):
        clock = page.get_by_test_id("clock")
        await expect(clock).to_contain_text("09:02")
        await page.get_by_test_id("clock-plus-15").click()
        await expect(clock).to_contain_text("09:17")
        await page.get_by_test_id("clock-plus-60").click()
        await expect(clock).to_contain_text("10:17")
        await page.get_by_test_id("clock-tomorrow").click()
        await expect(clock).to_contain_text("09:00")
        assert stage.at == datetime(2026, 3, 18, 7, 0, tzinfo=UTC)

        fault = page.get_by_test_id("fault-500")
        await expect(fault).to_have_attribute("aria-checked", "false")
        await fault.click()
        await expect(fault).to_have_attribute("aria-checked", "true")
        assert [rule.kind for rule in stage.world.faults.rules] == ["server_error"]
        await fault.click()
        await expect(fault).to_have_attribute("aria-checked", "false")

        await page.get_by_test_id("request-log-toggle").click()
        log = page.get_by_test_id("request-log")
        await expect(log).to_contain_text("No calls yet")
        stage.world.note(stage.desk, "sendMessage", NASTY, 429)
        await expect(log.get_by_test_id("log-row")).to_contain_text(NASTY)
        await expect(log.locator(".status.bad")).to_have_text("429")
        await page.keyboard.press("Escape")
        await expect(log).to_be_hidden()


async def test_the_page_speaks_russian_and_fits_a_small_dark_screen(browser: Browser) -> None:
    async with staged(browser, locale="ru-RU", color_scheme="dark") as (_, page):
        await page.set_viewport_size({"width": 1100, "height": 700})
        await expect(page.get_by_test_id("form-submit")).to_have_text("Жду звонка")
        await expect(page).to_have_title(re.compile("песочница"))
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(width) == 0
        assert await page.evaluate("getComputedStyle(document.querySelector('.pane')).backgroundColor") == (
            "rgb(21, 29, 39)"
        )


async def test_a_lost_connection_is_told_and_mended(browser: Browser) -> None:
    stage = Stage(topics=True)
    first = await start(stage.world, app=stage.app())
    page = await browser.new_page()
    try:
        await page.goto(first.url)
        await expect(page.locator(".connection")).to_be_hidden()
        await first.close()
        await expect(page.locator(".connection")).to_contain_text("Connection lost")
        second = await start(stage.world, port=int(first.url.rpartition(":")[2]), app=stage.app())
        stage.bot_posts(MARTA, "still here")
        await expect(page.get_by_test_id("desk-messages")).to_contain_text("still here")
        await expect(page.locator(".connection")).to_be_hidden()
        await page.close()
        await second.close()
    finally:
        await first.close()

"""A real browser: our own page, a site's script from another origin, and the way back."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, async_playwright

from channels.kit import serving
from channels.kit.contract import Item, Source
from channels.kit.discover import load
from leads.events import Call, Inbound, Receipt

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SITE = """<button>Go</button><pre></pre><script>
document.querySelector("button").onclick = async () => {
  const send = (body) => fetch("@DESK@", {
    method: "POST", body, headers: {"Content-Type": "application/json", "Idempotency-Key": "k1"},
  }).then(async (answer) => [answer.status, await answer.json()]);
  const said = [await send('{"name":"Script"}'), await send("{")];
  const words = said.map(([status, body]) => [status, body.status]);
  document.querySelector("pre").textContent = JSON.stringify(words);
};
</script>"""


@dataclass
class Desk:
    """A form's door behind a server, and what came through it."""

    url: str = ""
    site: str = ""
    items: list[Inbound] = field(default_factory=list)
    later: timedelta = timedelta()  # how much later posts come than pages are shown

    async def accept(self, source: Source, call: Call, items: Sequence[Item]) -> Receipt:
        self.items += [item for item in items if isinstance(item, Inbound)]
        return Receipt((len(self.items),), 1)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    channel, desk = load("web_form"), Desk()

    async def door(request: web.Request) -> web.Response:
        origins = {"allowed_origins": desk.site}
        source = Source(1, "web_form", "k", channel.settings.model_validate(origins))
        now = datetime.now(UTC) + (desk.later if request.method == "POST" else timedelta())
        return await serving.serve(request, channel, source, desk.accept, peer="", now=now)

    async def site(request: web.Request) -> web.Response:
        return web.Response(text=SITE.replace("@DESK@", desk.url), content_type="text/html")

    app, other = web.Application(), web.Application()
    app.router.add_route("*", "/in/web_form/k", door)
    other.router.add_get("/", site)
    async with TestServer(app) as first, TestServer(other) as second:
        desk.url, desk.site = str(first.make_url("/in/web_form/k")), str(second.make_url("/")).rstrip("/")
        yield desk


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "CI needs Chromium for the browser tests"
        pytest.skip("no Chromium: the browser tests are skipped")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def test_a_visitor_fills_our_page_and_comes_back_with_another_question(
    desk: Desk, browser: Browser
) -> None:
    desk.later = timedelta(seconds=9)
    page = await browser.new_page(locale="ru-RU")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.goto(f"{desk.url}?utm_source=qr")
    for text in ("Первый", "Второй"):
        await page.get_by_label("Имя").fill("Анна 🌷")
        await page.get_by_label("Телефон").fill("+7 916 123-45-67")
        await page.get_by_label("Сообщение").fill(text)
        files = [{"name": "план.txt", "mimeType": "text/plain", "buffer": b"plan"}]
        await page.get_by_label("Файл").set_input_files(files)  # type: ignore[arg-type]
        await page.get_by_role("button", name="Отправить").click()
        await page.get_by_role("status").wait_for()
        assert page.url == f"{desk.url}?thanks=1"
        await page.go_back()
        await page.get_by_label("Имя").wait_for()
    first, second = desk.items
    assert (first.text, second.text) == ("Первый", "Второй")
    assert first.event_id != second.event_id, "the second question would be taken for the first"
    assert (first.sender.name, first.sender.language) == ("Анна 🌷", "ru-ru")
    assert first.attribution.params == {"utm_source": "qr"}
    assert [one.name for one in first.attachments] == ["план.txt"]
    assert first.suspicion == ""
    assert complaints == []


async def test_a_script_of_another_site_reads_every_answer(desk: Desk, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(desk.site)
    await page.get_by_role("button").click()
    await page.get_by_text("[[").wait_for()
    assert await page.locator("pre").text_content() == '[[200,"accepted"],[400,400]]'
    assert [item.event_id for item in desk.items] == ["k1"]

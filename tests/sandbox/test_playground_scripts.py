"""The page's building blocks, one by one in Chromium: formatted text, lists that keep their nodes, times."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, async_playwright

from sandbox.playground import STATIC

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
TYPES = {".js": "text/javascript", ".html": "text/html"}
KINDS = [
    *(
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "code",
        "spoiler",
        "mention",
        "hashtag",
        "url",
        "email",
    ),
    *("phone_number", "bot_command", "text_link", "custom_emoji"),
]
Json = dict[str, Any]


async def _from_disk(route: Route) -> None:
    """The files as they are, without a server: nothing of them calls home."""
    name = route.request.url.rpartition("/")[2]
    if not name:
        await route.fulfill(body="<!doctype html><div id=toasts></div>", content_type="text/html")
        return
    path = STATIC / name
    await route.fulfill(body=path.read_text("utf-8"), content_type=TYPES[path.suffix])


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def page() -> AsyncIterator[Page]:
    if not CHROMIUM:
        assert not os.environ.get("CI"), "CI must have a Chromium"
        pytest.skip("no Chromium: the browser tests are skipped")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(locale="en-GB")
        await page.route("**/*", _from_disk)
        await page.goto("http://page.test/")
        yield page
        await browser.close()


DRAW = """async ([text, entities]) => {
  const { rich } = await import("/entities.js");
  const place = document.createElement("div");
  place.append(...rich(text, entities, { command() {}, open() { return false } }));
  return [place.innerHTML, place.textContent];
}"""


async def drawn(page: Page, text: str, *entities: Json) -> tuple[str, str]:
    html, said = await page.evaluate(DRAW, [text, list(entities)])
    return html, said


def entity(kind: str, offset: int, length: int, **more: str) -> Json:
    return {"type": kind, "offset": offset, "length": length} | more


# --- text with entities -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "entities", "html"),
    [
        ("plain", [], "plain"),
        ("a bold c", [entity("bold", 2, 4)], "a <strong>bold</strong> c"),
        ("😀 b", [entity("italic", 3, 1)], "😀 <em>b</em>"),
        (
            "one two",
            [entity("italic", 4, 3), entity("bold", 0, 7)],
            "<strong>one <em>two</em></strong>",
        ),
        ("ab", [entity("bold", 0, 2), entity("italic", 0, 2)], "<strong><em>ab</em></strong>"),
        ("> q\nafter", [entity("blockquote", 0, 3)], "<blockquote>&gt; q</blockquote>after"),
        ("x\ny", [entity("bold", 0, 1)], "<strong>x</strong>\ny"),
        ("who", [entity("of_tomorrow", 0, 3)], "<span>who</span>"),
        ("ab", [entity("bold", 5, 3)], "ab"),
        ("ab", [entity("bold", 0, 99)], "<strong>ab</strong>"),
    ],
)
async def test_formatting_is_drawn(page: Page, text: str, entities: list[Json], html: str) -> None:
    assert (await drawn(page, text, *entities))[0] == html


@pytest.mark.parametrize(
    ("text", "one", "address"),
    [
        ("shop.example/a", entity("url", 0, 14), "https://shop.example/a"),
        ("http://a.example", entity("url", 0, 16), "http://a.example"),
        ("a@b.example", entity("email", 0, 11), "mailto:a@b.example"),
        ("+370 (612) 34-567", entity("phone_number", 0, 17), "tel:+37061234567"),
        ("here", entity("text_link", 0, 4, url="tg://resolve?domain=shop"), "tg://resolve?domain=shop"),
    ],
)
async def test_addresses_become_links_that_tell_nobody_where_from(
    page: Page, text: str, one: Json, address: str
) -> None:
    html, said = await drawn(page, text, one)
    assert f'href="{address}"' in html
    assert 'rel="noopener noreferrer"' in html
    assert said == text


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        " javascript:x",
        "",
    ],
)
async def test_an_address_that_could_run_is_no_link(page: Page, address: str) -> None:
    for one in (entity("text_link", 0, len("click"), url=address), entity("text_link", 0, 5)):
        html, said = await drawn(page, "click", one)
        assert "href" not in html
        assert said == "click"
    html, _ = await drawn(page, address or "-", entity("url", 0, len(address) or 1))
    assert 'href="javascript' not in html.lower()
    assert 'href="data' not in html.lower()


async def test_no_text_is_ever_html(page: Page) -> None:
    text = '<img src=x onerror=alert(1)> & "quotes" <b>'
    html, said = await drawn(page, text, entity("bold", 0, 8), entity("code", 8, 10))
    assert said == text
    assert "<img" not in html
    assert "<b>" not in html


async def test_whatever_the_entities_every_character_is_shown_once(page: Page) -> None:
    """Nested, overlapping, out of range or in any order."""
    chance = random.Random(20260302)
    for _ in range(150):
        text = "".join(chance.choice("ab \n😀<&é") for _ in range(chance.randint(0, 12)))
        entities = [
            entity(
                chance.choice(KINDS), chance.randint(0, 14), chance.randint(0, 14), url="https://a.example"
            )
            for _ in range(chance.randint(0, 5))
        ]
        _, said = await drawn(page, text, *entities)
        assert said == text, entities


async def test_a_command_is_a_button_and_a_spoiler_opens(page: Page) -> None:
    found = await page.evaluate(
        """async () => {
          const { rich } = await import("/entities.js");
          const said = [];
          const acts = { command: (raw) => said.push(raw), open: () => true };
          const command = { type: "bot_command", offset: 0, length: 6 };
          const entities = [command, { type: "spoiler", offset: 7, length: 4 }];
          const place = document.createElement("div");
          place.append(...rich("/leads dark", entities, acts));
          place.querySelector("button").click();
          const spoiler = place.querySelector(".spoiler");
          const before = spoiler.classList.contains("shown");
          spoiler.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab" }));
          const tabbed = spoiler.classList.contains("shown");
          spoiler.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
          return [said, before, tabbed, spoiler.classList.contains("shown")];
        }"""
    )
    assert found == [["/leads"], False, False, True]


async def test_a_link_that_the_page_takes_over_is_not_followed(page: Page) -> None:
    found = await page.evaluate(
        """async () => {
          const { rich } = await import("/entities.js");
          const follow = (taken) => {
            const place = document.createElement("div");
            const link = [{ type: "text_link", offset: 0, length: 1, url: "https://t.me/shop" }];
            place.append(...rich("x", link, { command() {}, open: () => taken }));
            const click = new MouseEvent("click", { cancelable: true });
            place.querySelector("a").dispatchEvent(click);
            return click.defaultPrevented;
          };
          return [follow(true), follow(false)];
        }"""
    )
    assert found == [True, False]


# --- nodes --------------------------------------------------------------------------------------------------


LISTS = """async ([before, after]) => {
  const { h, reconcile } = await import("/dom.js");
  const place = document.createElement("ul");
  const options = { key: (item) => item[0], build: (item) => h("li", {}, item.join(":")), arriving: "new" };
  reconcile(place, before, options);
  const old = new Map([...place.children].map((node) => [node.dataset.key, node]));
  for (const node of old.values()) node.classList.remove("new");
  reconcile(place, after, options);
  return [...place.children].map((node) => [node.textContent, node === old.get(node.dataset.key),
                                            node.classList.contains("new")]);
}"""


async def test_a_list_follows_its_items_and_keeps_what_is_unchanged(page: Page) -> None:
    before = [["a", "1"], ["b", "1"], ["c", "1"]]
    after = [["d", "1"], ["c", "1"], ["b", "2"]]
    assert await page.evaluate(LISTS, [before, after]) == [
        ["d:1", False, True],
        ["c:1", True, False],
        ["b:2", False, False],
    ]


async def test_any_list_becomes_any_other(page: Page) -> None:
    chance = random.Random(7)
    for _ in range(120):
        before, after = (
            [[key, str(chance.randint(0, 1))] for key in chance.sample("abcdef", chance.randint(0, 6))]
            for _ in range(2)
        )
        found = await page.evaluate(LISTS, [before, after])
        assert [text for text, _, _ in found] == [":".join(item) for item in after]
        kept = {text for text, same, _ in found if same}
        assert kept == {":".join(item) for item in after if item in before}


async def test_the_focus_survives_a_change_of_its_item(page: Page) -> None:
    found = await page.evaluate(
        """async () => {
          const { h, reconcile } = await import("/dom.js");
          const place = document.createElement("div");
          document.body.append(place);
          const build = (item) => h("p", {}, h("button", {}, "1"), h("button", { class: item.name }, "2"));
          reconcile(place, [{ id: 1, name: "first" }], { key: (item) => item.id, build });
          place.querySelector(".first").focus();
          reconcile(place, [{ id: 1, name: "second" }], { key: (item) => item.id, build });
          const name = document.activeElement.className;
          place.remove();
          return name;
        }"""
    )
    assert found == "second"


async def test_attributes_that_are_off_are_left_out(page: Page) -> None:
    found = await page.evaluate(
        """async () => {
          const { h } = await import("/dom.js");
          const props = { hidden: true, title: false, lang: null, id: undefined, alt: "<b>",
                          data: { key: 5 } };
          const made = h("p", props, "a", null, false, ["b", undefined, h("i", {}, 0)]);
          return [made.innerHTML, ...[...made.attributes].map((each) => [each.name, each.value])];
        }"""
    )
    assert found == ["ab<i>0</i>", ["hidden", ""], ["alt", "<b>"], ["data-key", "5"]]


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Anna Reyes", "AR"), ("ирина", "И"), ("Ann Mary Lee", "AM"), ("😀 Bo", "B"), ("", "?"), ("🙂", "?")],
)
async def test_a_face_is_made_of_initials(page: Page, name: str, initials: str) -> None:
    made = """async ([name]) => {
      const { avatar } = await import("/dom.js");
      const [one, two] = [avatar(7, name), avatar(7, "Z")];
      return [one.textContent, one.style.cssText === two.style.cssText];
    }"""
    assert await page.evaluate(made, [name]) == [initials, True]


@pytest.mark.parametrize(("count", "shown"), [(0, None), (1, "1"), (99, "99"), (100, "99+")])
async def test_a_count_that_does_not_fit_is_cut(page: Page, count: int, shown: str | None) -> None:
    made = 'async ([n]) => (await import("/dom.js")).badge(n, "unread")?.textContent ?? null'
    assert await page.evaluate(made, [count]) == shown


async def test_only_the_newest_toasts_stay_and_an_alert_waits_for_its_click(page: Page) -> None:
    found = await page.evaluate(
        """async () => {
          const { toast } = await import("/dom.js");
          for (const text of ["a", "b", "c", "d", "e"]) toast(text);
          toast("<b>look", { alert: true, ok: "Fine" });
          const notes = [...document.querySelectorAll(".toast")];
          const said = notes.map((note) => note.textContent);
          notes.at(-1).querySelector("button").click();
          const leaving = notes.map((note) => note.classList.contains("leaving"));
          document.getElementById("toasts").replaceChildren();
          return [said, leaving];
        }"""
    )
    assert found == [["c", "d", "e", "<b>lookFine"], [False, False, False, True]]


# --- what was read, and what time it is ---------------------------------------------------------------------


async def test_what_was_read_counts_for_this_run_only(page: Page) -> None:
    found = await page.evaluate(
        """async () => {
          const seen = await import("/seen.js");
          const message = (id, more = {}) => ({ id, mine: false, service: null, ...more });
          const messages = [message(1), message(2, { mine: true }), message(3, { service: {} }), message(4)];
          seen.useRun("one");
          const counts = [seen.unread("c", messages)];
          seen.markRead("c", messages.slice(0, 1));
          counts.push(seen.unread("c", messages), seen.unread("other", messages));
          seen.markRead("c", messages);
          seen.markRead("c", messages.slice(0, 1));
          counts.push(seen.unread("c", messages));
          seen.useRun("two");
          counts.push(seen.unread("c", messages));
          seen.useRun("one");
          counts.push(seen.unread("c", messages));
          sessionStorage.setItem("seen-three", "{broken");
          seen.useRun("three");
          counts.push(seen.unread("c", messages));
          return counts;
        }"""
    )
    assert found == [2, 1, 2, 0, 2, 0, 2]


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-03-17T22:30:00+00:00", "Today"),  # half past midnight there
        ("2026-03-17T21:30:00+00:00", "Yesterday"),
        ("2026-03-16T20:00:00+00:00", "Monday 16 March"),
    ],
)
async def test_days_are_those_of_the_company(page: Page, at: str, day: str) -> None:
    found = await page.evaluate(
        """async ([at]) => {
          const clock = await import("/clock.js");
          clock.setClock({ now: "2026-03-18T07:02:00+00:00", timezone: "Europe/Vilnius" });
          return [clock.day(Date.parse(at)), clock.time(Date.parse("2026-03-18T07:02:00Z"))];
        }""",
        [at],
    )
    assert found == [day, "09:02"]


async def test_the_clock_runs_on_between_two_snapshots(page: Page) -> None:
    ahead = await page.evaluate(
        """async () => {
          const clock = await import("/clock.js");
          clock.setClock({ now: "2026-03-18T07:02:00+00:00", timezone: "UTC" });
          const before = clock.nowMs();
          while (clock.nowMs() === before);
          return [before >= Date.parse("2026-03-18T07:02:00Z"), clock.nowMs() > before];
        }"""
    )
    assert ahead == [True, True]

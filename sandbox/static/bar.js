// The top bar: the business clock, the fault switches and the log of Bot API calls.

import { exactTime, longDay, nowMs, time } from "./clock.js";
import { h, icon, iconButton, reconcile } from "./dom.js";
import { say } from "./words.js";

const FAULTS = ["500", "429", "token", "slow", "lost"];
const TELEGRAM = "telegram";

/** The bar with `element`, `drawer` and `show(snapshot)`. */
export function topBar({ act }) {
  const clock = clockView(act);
  const faults = faultsView(act);
  const log = logView();
  const element = h("header", { class: "top" },
    h("div", { class: "brand" }, h("span", { class: "mark" }, icon("mark")), h("h1", {}, "Frontdesk"),
      h("span", { class: "dot" }, "·"), h("span", { class: "product" }, say("product"))),
    clock.element, h("div", { class: "top-end" }, faults.element, log.toggle));
  return {
    element,
    drawer: log.drawer,
    show(snapshot) {
      clock.show(snapshot.clock);
      faults.show(snapshot);
      log.show(snapshot);
    },
  };
}

function clockView(act) {
  const hours = h("b", {});
  const date = h("span", { class: "date" });
  const face = h("div", { class: "clock", "data-testid": "clock", role: "timer", "aria-label": say("clock"), title: say("clock") }, icon("clock"), hours, date);
  const jump = (name, payload, testid) => h("button", {
    type: "button", class: "button small", title: say(`${name}Hint`), "data-testid": testid, on: { click: () => act({ do: "advance", ...payload }) },
  }, say(name));
  const buttons = h("div", { class: "jumps" }, jump("plus15", { minutes: 15 }, "clock-plus-15"),
    jump("plus60", { minutes: 60 }, "clock-plus-60"), jump("tomorrow", { tomorrow: true }, "clock-tomorrow"));
  const tick = () => {
    hours.textContent = time(nowMs());
    date.textContent = longDay(nowMs());
  };
  setInterval(tick, 1000);
  return {
    element: h("div", { class: "clock-group" }, face, buttons),
    show({ movable }) {
      buttons.hidden = !movable;
      tick();
    },
  };
}

/** Switches for one vendor at a time, chosen beside them; without other vendors it is Telegram's. */
function faultsView(act) {
  const switches = new Map(FAULTS.map((name) => [name, h("button", {
    type: "button", class: "switch", role: "switch", "aria-checked": "false", "data-testid": `fault-${name}`, on: { click: () => flip(name) },
  }, say(`fault_${name}_short`))]));
  const whose = h("select", { class: "whose-faults", "aria-label": say("faultsWhose"), "data-testid": "fault-vendor", hidden: true, on: { change: () => draw() } });
  const name = h("span", {}, say("faults"));
  const element = h("div", { class: "faults", role: "group", "aria-label": say("faults"), title: say("faultsNote") },
    h("span", { class: "faults-name" }, icon("bolt"), name), whose, ...switches.values());
  let known = new Map();

  const chosen = () => known.get(whose.value) ?? known.get(TELEGRAM);
  const any = (faults) => FAULTS.some((one) => faults[one]);

  function flip(kind) {
    const on = switches.get(kind).getAttribute("aria-checked") !== "true";
    act({ do: "fault", kind, on, bot: chosen().id });
  }

  function draw() {
    const { title, faults } = chosen();
    for (const [kind, button] of switches) {
      button.hidden = !(kind in faults);
      button.setAttribute("aria-checked", String(Boolean(faults[kind])));
      button.setAttribute("aria-label", say(`fault_${kind}`, { who: title }));
      button.title = `${say(`fault_${kind}`, { who: title })}. ${say(`fault_${kind}_hint`)}`;
    }
    element.classList.toggle("on", [...known.values()].some((one) => any(one.faults)));
  }

  function show({ faults, bots }) {
    const vendors = Object.entries(bots).filter(([, bot]) => bot.look).map(([id, bot]) => ({ id, title: bot.look.title, faults: bot.faults }));
    known = new Map([{ id: TELEGRAM, title: "Telegram", faults }, ...vendors].map((one) => [one.id, one]));
    whose.hidden = vendors.length === 0;
    name.textContent = say(vendors.length === 0 ? "faults" : "faultsAny");
    reconcile(whose, [...known.values()].map((one) => ({ id: one.id, title: any(one.faults) ? `${one.title} ⚡` : one.title })), {
      key: ({ id }) => id, build: ({ id, title }) => h("option", { value: id, selected: id === whose.value }, title),
    });
    draw();
  }
  return { element, show };
}

function logView() {
  const rows = h("ol", { class: "log-rows" });
  const empty = h("p", { class: "log-empty" }, say("logEmpty"));
  const drawer = h("aside", { class: "drawer", id: "request-log", "data-testid": "request-log", "aria-label": say("logTitle"), hidden: true },
    h("header", {}, h("div", {}, h("h2", {}, say("logTitle")), h("p", {}, say("logNote"))), iconButton("close", say("close"), () => open(false))),
    empty, rows);
  const failures = h("span", { class: "badge", hidden: true });
  const toggle = h("button", {
    type: "button", class: "button small", "aria-expanded": "false", "aria-controls": "request-log", "data-testid": "request-log-toggle",
    on: { click: () => open(drawer.hidden) },
  }, icon("list"), say("log"), failures);

  function open(wanted) {
    drawer.hidden = !wanted;
    toggle.setAttribute("aria-expanded", String(wanted));
    if (!wanted) toggle.focus();
  }
  document.addEventListener("keydown", (event) => event.key === "Escape" && !drawer.hidden && open(false));

  return {
    drawer,
    toggle,
    show({ log, bots }) {
      empty.hidden = log.length > 0;
      const bad = log.filter(({ status }) => status >= 400).length;
      failures.hidden = bad === 0;
      failures.textContent = String(bad);
      const named = log.map((entry) => ({ ...entry, who: bots[entry.bot]?.look?.title ?? `@${entry.bot}` }));
      reconcile(rows, named.reverse(), { key: ({ id }) => id, build: logRow });
    },
  };
}

function logRow(entry) {
  const kind = entry.status === 0 ? "lost" : entry.status < 400 ? "fine" : "bad";
  return h("li", { class: "log-row", "data-testid": "log-row" },
    h("time", {}, exactTime(entry.at)), h("span", { class: `status ${kind}` }, entry.status || "—"),
    h("span", { class: "log-words" }, h("b", {}, entry.method), h("small", {}, entry.who), h("span", { dir: "auto" }, entry.summary)));
}

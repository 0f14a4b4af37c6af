// The top bar: the business clock, the fault switches and the log of Bot API calls.

import { exactTime, longDay, nowMs, time } from "./clock.js";
import { h, icon, iconButton, reconcile } from "./dom.js";
import { say } from "./words.js";

const FAULTS = ["500", "429", "slow", "lost"];

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
      faults.show(snapshot.faults);
      log.show(snapshot.log);
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

function faultsView(act) {
  const flip = (name) => act({ do: "fault", kind: name, on: switches.get(name).getAttribute("aria-checked") !== "true" });
  const switches = new Map(FAULTS.map((name) => [name, h("button", {
    type: "button", class: "switch", role: "switch", "aria-checked": "false", "data-testid": `fault-${name}`,
    title: `${say(`fault_${name}`)}. ${say(`fault_${name}_hint`)}`, "aria-label": say(`fault_${name}`), on: { click: () => flip(name) },
  }, say(`fault_${name}_short`))]));
  const element = h("div", { class: "faults", role: "group", "aria-label": say("faults"), title: say("faultsNote") },
    h("span", { class: "faults-name" }, icon("bolt"), h("span", {}, say("faults"))), ...switches.values());
  return {
    element,
    show(faults) {
      for (const name of FAULTS) switches.get(name).setAttribute("aria-checked", String(Boolean(faults[name])));
      element.classList.toggle("on", FAULTS.some((name) => faults[name]));
    },
  };
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
    show(log) {
      empty.hidden = log.length > 0;
      const bad = log.filter(({ status }) => status >= 400).length;
      failures.hidden = bad === 0;
      failures.textContent = String(bad);
      reconcile(rows, [...log].reverse(), { key: ({ id }) => id, build: logRow });
    },
  };
}

function logRow(entry) {
  const kind = entry.status === 0 ? "lost" : entry.status < 400 ? "fine" : "bad";
  return h("li", { class: "log-row", "data-testid": "log-row" },
    h("time", {}, exactTime(entry.at)), h("span", { class: `status ${kind}` }, entry.status || "—"),
    h("span", { class: "log-words" }, h("b", {}, entry.method), h("small", {}, `@${entry.bot}`), h("span", { dir: "auto" }, entry.summary)));
}

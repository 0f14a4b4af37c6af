// A button that asks "which one?" when there is more than one answer.

import { h, reconcile } from "./dom.js";
import { mark } from "./looks.js";

/** A button with `element` and `show(choices)`; `pick(id)` is told what was chosen. */
export function menu({ testid, label, pick, face, name }) {
  const items = h("div", { class: "menu", role: "menu", "aria-label": label, hidden: true, "data-testid": `${testid}-menu` });
  const button = h("button", {
    type: "button", class: "person add", "data-testid": testid, title: label, "aria-label": label, "aria-haspopup": "menu", "aria-expanded": "false",
    on: { click: () => (choices.length > 1 ? open(items.hidden) : pick(choices[0]?.id)) },
  }, h("span", { class: "face" }, face), h("span", { class: "person-words" }, h("span", { class: "person-name" }, name)));
  const element = h("div", { class: "adding" }, button, items);
  let choices = [];

  function open(wanted) {
    items.hidden = !wanted;
    button.setAttribute("aria-expanded", String(wanted));
    if (wanted) {
      place();
      items.querySelector("button")?.focus();
    }
  }

  /** Beside the button, wholly on the page: the list that it stands in may scroll. */
  function place() {
    const at = button.getBoundingClientRect();
    items.style.left = `${Math.max(8, Math.min(at.right + 6, window.innerWidth - items.offsetWidth - 8))}px`;
    items.style.top = `${Math.max(8, Math.min(at.top, window.innerHeight - items.offsetHeight - 8))}px`;
  }

  function row(choice) {
    const choose = () => {
      open(false);
      button.focus();
      pick(choice.id);
    };
    return h("button", { type: "button", role: "menuitem", class: "menu-item", "data-channel": choice.id, on: { click: choose } },
      mark(choice), h("span", {}, choice.title));
  }

  items.addEventListener("keydown", (event) => {
    const rows = [...items.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      rows.at((rows.indexOf(document.activeElement) + step) % rows.length).focus();
    }
    if (event.key === "Escape") {
      open(false);
      button.focus();
    }
  });
  document.addEventListener("pointerdown", (event) => !element.contains(event.target) && !items.hidden && open(false));

  return {
    element,
    show(next) {
      choices = next;
      reconcile(items, next, { key: ({ id }) => id, build: row });
    },
  };
}

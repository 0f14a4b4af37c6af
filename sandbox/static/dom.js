// Building and updating elements. Data reaches the page as text nodes and attributes only, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `on` holds listeners, `data` the dataset, false and null attributes are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A symbol of the sprite in index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function iconButton(name, label, act, props = {}) {
  return h("button", { type: "button", class: "icon-button", title: label, "aria-label": label, on: { click: act }, ...props },
    icon(name));
}

const HUES = [8, 28, 145, 175, 205, 228, 265, 325];

/** The initials on a colour that stays with the id. */
export function avatar(id, name, size = "") {
  const initials = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word)).slice(0, 2).map((word) => [...word][0]).join("");
  const circle = h("span", { class: `avatar ${size}`, "aria-hidden": "true" }, initials.toUpperCase() || "?");
  circle.style.setProperty("--hue", HUES[numberOf(id) % HUES.length]);
  return circle;
}

/** Telegram's ids are numbers, other vendors' are not. */
function numberOf(id) {
  if (Number.isFinite(Number(id))) return Math.abs(Number(id));
  return [...String(id)].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 9973, 7);
}

export function badge(count, label) {
  return count > 0 ? h("span", { class: "badge", "aria-label": label }, count > 99 ? "99+" : String(count)) : null;
}

/**
 * Makes the children of `parent` match `items`, keeping every node whose item is unchanged,
 * so that scrolling, focus and running animations survive a snapshot.
 */
export function reconcile(parent, items, { key, build, arriving = "" }) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const id = String(key(item));
    const sign = JSON.stringify(item);
    let node = old.get(id);
    old.delete(id);
    if (!node || node.sign !== sign) {
      const fresh = build(item);
      fresh.dataset.key = id;
      fresh.sign = sign;
      if (node) {
        if (place === node) place = fresh;
        replaceKeepingFocus(node, fresh);
      } else if (arriving) fresh.classList.add(arriving);
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

function replaceKeepingFocus(node, fresh) {
  const focusable = "button, a, input, [tabindex]";
  const at = [...node.querySelectorAll(focusable)].indexOf(document.activeElement);
  const self = node === document.activeElement;
  node.replaceWith(fresh);
  if (self) fresh.focus();
  else if (at >= 0) fresh.querySelectorAll(focusable)[at]?.focus();
}

/** A short sentence at the foot of the page; `alert` ones wait for a click. */
export function toast(text, { alert = false, ok = "OK" } = {}) {
  const place = document.getElementById("toasts");
  const note = h("div", { class: `toast ${alert ? "alert" : ""}`, role: alert ? "alertdialog" : "status", "data-testid": "toast" },
    h("span", { dir: "auto" }, text));
  const leave = () => {
    note.classList.add("leaving");
    setTimeout(() => note.remove(), 200);
  };
  if (alert) note.append(h("button", { type: "button", class: "button small", on: { click: leave } }, ok));
  else setTimeout(leave, 4500);
  place.append(note);
  while (place.children.length > 4) place.firstElementChild.remove();
}

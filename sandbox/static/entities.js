// Telegram's text and entities as nodes. Offsets count UTF-16 units, as JavaScript's strings do.

import { h, toast } from "./dom.js";
import { say } from "./words.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", blockquote: "blockquote",
  expandable_blockquote: "blockquote", code: "code", pre: "pre",
};

const BLOCKS = new Set(["blockquote", "pre"]);

/** Nodes of a text; `act(command)` is called for a bot command, `open(link)` may take a link over. */
export function rich(text, entities, { command, open }) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return span(text, 0, text.length, sorted, { command, open });
}

function span(text, from, to, entities, acts) {
  const nodes = [];
  let at = from;
  let rest = entities;
  while (rest.length > 0) {
    const [first, ...others] = rest;
    const start = Math.max(first.offset, at);
    const end = Math.min(first.offset + first.length, to);
    if (start >= end) {
      rest = others;
      continue;
    }
    if (start > at) nodes.push(text.slice(at, start));
    const inside = others.filter((entity) => entity.offset < end && entity.offset + entity.length <= end);
    nodes.push(wrap(first, text.slice(start, end), span(text, start, end, inside, acts), acts));
    // A block ends its line by itself, so the line break behind it would show as an empty line.
    at = BLOCKS.has(TAGS[first.type]) && text[end] === "\n" ? end + 1 : end;
    rest = others.filter((entity) => !inside.includes(entity));
  }
  if (at < to) nodes.push(text.slice(at, to));
  return nodes;
}

function wrap(entity, raw, children, acts) {
  if (entity.type === "spoiler") return spoiler(children);
  if (entity.type === "bot_command") {
    return h("button", { type: "button", class: "link", on: { click: () => acts.command(raw) } }, ...children);
  }
  if (entity.type === "code") {
    return h("code", { title: "⧉", on: { click: () => copy(raw) } }, ...children);
  }
  const address = addressOf(entity, raw);
  if (address) return anchor(address, children, acts);
  if (TAGS[entity.type]) return h(TAGS[entity.type], {}, ...children);
  if (["mention", "text_mention", "hashtag", "cashtag"].includes(entity.type)) return h("span", { class: "link" }, ...children);
  return h("span", {}, ...children);
}

function addressOf(entity, raw) {
  if (entity.type === "text_link") return safe(entity.url ?? "");
  if (entity.type === "url") return safe(/^[a-z][a-z0-9+.-]*:/i.test(raw) ? raw : `https://${raw}`);
  if (entity.type === "email") return `mailto:${raw}`;
  if (entity.type === "phone_number") return `tel:${raw.replace(/[^\d+]/g, "")}`;
  return "";
}

function safe(address) {
  return /^(https?|mailto|tel|tg):/i.test(address) ? address : "";
}

function anchor(address, children, { open }) {
  const follow = (event) => {
    if (open(address)) event.preventDefault();
  };
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer", on: { click: follow } }, ...children);
}

function spoiler(children) {
  const hidden = h("span", { class: "spoiler", tabindex: "0", role: "button" }, ...children);
  const show = () => hidden.classList.add("shown");
  hidden.addEventListener("click", show);
  hidden.addEventListener("keydown", (event) => event.key === "Enter" && show());
  return hidden;
}

export function copy(text) {
  navigator.clipboard?.writeText(text).then(() => toast(say("copied")), () => {});
}

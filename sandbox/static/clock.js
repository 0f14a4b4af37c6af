// The business clock as the page sees it: the server's time, running on between snapshots, in the company's zone.

import { language, say } from "./words.js";

let base = { at: Date.now(), seen: performance.now(), zone: "UTC" };
const formats = new Map();

export function setClock({ now, timezone }) {
  base = { at: Date.parse(now), seen: performance.now(), zone: timezone };
}

export function nowMs() {
  return base.at + performance.now() - base.seen;
}

function format(options) {
  const name = base.zone + JSON.stringify(options);
  if (!formats.has(name)) {
    formats.set(name, new Intl.DateTimeFormat(language === "ru" ? "ru" : "en-GB", { timeZone: base.zone, ...options }));
  }
  return formats.get(name);
}

export const time = (at) => format({ hour: "2-digit", minute: "2-digit" }).format(new Date(at));
export const exactTime = (at) => format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(at));
export const longDay = (at) => format({ weekday: "short", day: "numeric", month: "short" }).format(new Date(at));

const dayKey = (at) => format({ year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(at));

/** "Today", "Yesterday" or the date. */
export function day(at) {
  if (dayKey(at) === dayKey(nowMs())) return say("today");
  if (dayKey(at) === dayKey(nowMs() - 86_400_000)) return say("yesterday");
  return format({ weekday: "long", day: "numeric", month: "long" }).format(new Date(at));
}

// The messengers' looks: a colour, a letter, and the shape of bubbles. Hints, no copies of anybody's logo.

import { h } from "./dom.js";

const TELEGRAM = { title: "Telegram", header: "#2f86ec", ink: "#ffffff" };

/** What a list shows of a channel: {id, title, header, ink}. */
export function channelOf(bot, id) {
  const { title, header, ink } = bot.look ?? TELEGRAM;
  return { id: bot.look ? id : "telegram", title, header, ink };
}

/** A small disc with the channel's first letter; its name stands beside it in words. */
export function mark({ title, header, ink }) {
  const disc = h("span", { class: "mark-of", "aria-hidden": "true" }, title[0]);
  disc.style.setProperty("--brand", header);
  disc.style.setProperty("--brand-ink", ink);
  return disc;
}

const VARIABLES = {
  "--brand": "header", "--brand-ink": "ink", "--theirs": "company", "--mine": "customer", "--mine-text": "said", "--wall": "wallpaper",
};

/** Dresses a phone as that vendor's; without a look it is Telegram's again. */
export function dress(phone, look) {
  phone.classList.toggle("dressed", Boolean(look));
  phone.dataset.shape = look?.shape ?? "";
  for (const [name, member] of Object.entries(VARIABLES)) {
    if (look) phone.style.setProperty(name, look[member]);
    else phone.style.removeProperty(name);
  }
  if (look) phone.style.setProperty("--accent", look.accent || look.header);
  else phone.style.removeProperty("--accent");
}

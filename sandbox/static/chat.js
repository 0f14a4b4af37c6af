// A chat: the messages of one person with one bot (or of one topic) and the composer below. Used on both sides.

import { composer } from "./composer.js";
import { h, icon, reconcile } from "./dom.js";
import { messageRow } from "./message.js";
import { say } from "./words.js";
import { day, nowMs } from "./clock.js";

/** What a person on Telegram can do; other vendors tell it themselves. */
const TELEGRAM_CAN = { edited: true, deleted: false, reacted: true, sends: ["photo", "file", "voice"] };
const TYPING_MS = 5000; // as long as Telegram's apps show a chat action

/**
 * A chat view with `element` and `show(state)`. `act(payload)` sends an act to the server.
 * state: {id, person, messages, all, bot, empty, placeholder, commands, disabled}
 */
export function chatView({ testid, act, openLink }) {
  const list = h("ol", { class: "messages", "data-testid": `${testid}-messages`, role: "log", "aria-live": "polite", tabindex: "0" });
  const empty = h("div", { class: "empty" });
  const below = h("button", { type: "button", class: "below", hidden: true, "aria-label": say("newBelow"), on: { click: () => toEnd("smooth") } }, icon("down"));
  const typing = h("div", { class: "typing", hidden: true, role: "status" }, h("i"), h("i"), h("i"), say("typing"));
  const scroller = h("div", { class: "scroller" }, empty, list);
  const write = composer({ testid, act });
  const element = h("div", { class: "chat" }, h("div", { class: "canvas" }, scroller, typing, below), write.element);
  let state = null;
  let shown = "";
  let stopTyping = 0;

  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  const toEnd = (behavior = "instant") => scroller.scrollTo({ top: scroller.scrollHeight, behavior });
  scroller.addEventListener("scroll", () => {
    if (atEnd()) below.hidden = true;
  });
  // A picture that arrives late must not push the newest message out of sight.
  scroller.addEventListener("load", () => below.hidden && toEnd(), true);

  const address = () => ({ user: state.person.id, bot: state.bot.id });
  const chat = {
    find: (id) => state.all.find((message) => message.id === id),
    row: (id) => list.querySelector(`[data-message-id="${Number(id)}"]`),
    reply: (message) => write.reply(message),
    edit: (message) => write.edit(message),
    react: (message, emoji) => act({ do: "react", ...address(), message: message.id, emoji }),
    remove: (message) => act({ do: "delete", ...address(), message: message.id }),
    can: (what) => (state.bot.can ?? TELEGRAM_CAN)[what],
    ticks: () => Boolean(state.bot.look?.ticks),
    author: (message) => message.author || state.bot.name,
    press: (message, button) => act({ do: "press", ...address(), message: message.id, data: button.data }),
    command: (text) => act({ do: "send", ...address(), thread: state.thread, text }),
    open: (link) => openLink(link, address()),
  };

  function showTyping(since) {
    const left = since ? TYPING_MS - (nowMs() - Date.parse(since)) : 0;
    typing.hidden = left <= 0 || left > TYPING_MS;
    clearTimeout(stopTyping);
    if (!typing.hidden) stopTyping = setTimeout(() => typing.toggleAttribute("hidden", true), left);
  }

  function show(next) {
    const other = shown !== next.id;
    state = next;
    const follow = other || atEnd();
    const before = list.childElementCount;
    if (other) list.replaceChildren();
    reconcile(list, withDays(next), {
      key: (item) => item.key, arriving: other ? "" : "arrive",
      build: (item) => (item.day ? h("li", { class: "day" }, h("span", {}, item.day)) : messageRow(item.message, chat)),
    });
    shown = next.id;
    empty.hidden = next.messages.length > 0;
    if (!empty.hidden) empty.replaceChildren(...next.empty());
    write.show({ ...next, sends: (next.bot.can ?? TELEGRAM_CAN).sends });
    showTyping(next.person.typing);
    const grown = list.childElementCount > before;
    const own = grown && next.messages.at(-1)?.mine;
    if (follow || own) toEnd(other ? "instant" : "smooth");
    else if (grown) below.hidden = false;
    if (other) below.hidden = true;
  }
  return { element, show, focus: write.focus };
}

function withDays({ messages, all }) {
  const items = [];
  let last = "";
  for (const message of messages) {
    const label = day(message.date);
    if (label !== last) items.push({ key: `day-${label}`, day: label });
    last = label;
    // The quoted message is part of what is drawn, so its edit draws the quote anew.
    const quoted = message.reply_to && all.find((other) => other.id === message.reply_to);
    items.push({ key: message.id, message, quoted: quoted ? quoted.text : "" });
  }
  return items;
}

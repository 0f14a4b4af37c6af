// The left side: the company's web form and the customers, each on the phone of their own messenger.

import { chatView } from "./chat.js";
import { avatar, badge, h, icon, iconButton, reconcile } from "./dom.js";
import { webForm } from "./form.js";
import { channelOf, dress, mark } from "./looks.js";
import { menu } from "./menu.js";
import { markRead, unread } from "./seen.js";
import { say } from "./words.js";

const FORM = "form";

/** The pane with `element` and `show(snapshot)`. */
export function customersPane({ act, openLink }) {
  const list = h("div", { class: "people", role: "group", "aria-label": say("customers"), "data-testid": "customer-list" });
  const adding = menu({ testid: "customer-new", label: say("newCustomer"), pick: create, face: h("span", { class: "avatar" }, icon("plus")), name: say("newShort") });
  const form = webForm();
  const head = h("header", { class: "chat-head" });
  const chat = chatView({ testid: "customer", act, openLink });
  const talk = h("div", { class: "talk", "data-testid": "customer-chat", hidden: true }, head, chat.element);
  const element = h("section", { class: "pane customers", "aria-label": say("customers") },
    h("div", { class: "pane-title" }, h("h2", {}, say("customers")), h("span", {}, say("customersNote"))),
    h("div", { class: "pane-body customers-body" }, h("div", { class: "rail" }, list, adding.element), form.element, talk));
  let chosen = FORM;
  let wanted = false;
  let snapshot = null;
  let readTo = "";

  function create(bot) {
    wanted = true;
    act({ do: "new_customer", bot });
  }

  function pick(id) {
    chosen = id;
    show(snapshot);
    list.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (id !== FORM) chat.focus();
  }

  function tab(item) {
    const isForm = item.id === FORM;
    const face = isForm ? h("span", { class: "avatar web" }, icon("globe")) : avatar(item.user, item.name);
    return h("button", {
      type: "button", class: "person", "aria-pressed": String(item.selected), "data-customer": item.user, "data-channel": item.channel.id,
      "data-testid": isForm ? "customer-form-tab" : "customer-tab", on: { click: () => pick(item.id) },
    }, h("span", { class: "face" }, face, !isForm && mark(item.channel)),
    h("span", { class: "person-words" }, h("span", { class: "person-name", dir: "auto" }, isForm ? item.name : item.name.split(" ")[0]),
      h("small", { class: "person-channel" }, item.channel.title)), badge(item.unread, say("unread", { n: item.unread })));
  }

  function show(next) {
    if (wanted && snapshot && next.customers.length > snapshot.customers.length) {
      chosen = key(next.customers.find((customer) => !snapshot.customers.some((old) => key(old) === key(customer))));
      wanted = false;
    }
    snapshot = next;
    const customer = next.customers.find((one) => key(one) === chosen);
    if (!customer) chosen = FORM;
    if (customer && !document.hidden) looksAt(customer, next.bots[customer.bot]);
    reconcile(list, [
      { id: FORM, name: say("webForm"), unread: 0, selected: chosen === FORM, channel: { id: FORM, title: say("site") } },
      ...next.customers.map((one) => ({
        id: key(one), user: one.id, name: one.name, unread: unread(key(one), one.messages), selected: key(one) === chosen, channel: channelOf(next.bots[one.bot], one.bot),
      })),
    ], { key: ({ id }) => id, build: tab });
    adding.show(channels(next));
    form.element.hidden = chosen !== FORM;
    talk.hidden = chosen === FORM;
    form.show(next);
    if (customer) showChat(customer, next);
  }

  /** Who looks at a chat has read it, and some vendors tell the company so. */
  function looksAt(customer, bot) {
    markRead(key(customer), customer.messages);
    const last = customer.messages.findLast(({ fresh }) => fresh)?.id;
    if (!last || !bot.can?.was_read || readTo === `${key(customer)}-${last}`) return;
    readTo = `${key(customer)}-${last}`;
    act({ do: "read", user: customer.id, bot: customer.bot });
  }

  function showChat(customer, { bots }) {
    const bot = { id: customer.bot, ...bots[customer.bot] };
    dress(talk, bot.look);
    reconcile(head, [{ customer: { id: customer.id, name: customer.name, blocked: customer.blocked }, bot: { ...bot, faults: null } }],
      { key: ({ customer: { id } }) => id, build: heading });
    const barred = say(bot.look ? "blockedThem" : "blocked");
    chat.show({
      id: key(customer), person: customer, bot, thread: null, messages: customer.messages, all: customer.messages,
      placeholder: customer.blocked ? barred : say("messageTo", { name: customer.name.split(" ")[0] }),
      commands: customer.commands, disabled: customer.blocked, empty: () => empty(customer, bot),
    });
  }

  function heading({ customer, bot }) {
    const address = { user: customer.id, bot: bot.id };
    const under = customer.blocked ? say(bot.look ? "blockedThem" : "blocked") : (bot.look?.title ?? `@${bot.username}`);
    const word = say(customer.blocked ? "unblock" : bot.look ? "blockThem" : "block");
    const blocks = !bot.can || bot.can.blocked;
    const shares = !bot.can || bot.can.sends.includes("contact");
    return h("div", { class: "chat-heading" }, avatar(bot.id, bot.name, "bot"),
      h("div", { class: "chat-title" }, h("b", { dir: "auto" }, bot.name), h("small", {}, under)),
      h("span", { class: "whose" }, avatar(customer.id, customer.name, "tiny"), h("span", { dir: "auto" }, customer.name)),
      shares && iconButton("phone", say("shareContact"), () => act({ do: "contact", ...address }), { disabled: customer.blocked, "data-testid": "customer-contact" }),
      blocks && iconButton(customer.blocked ? "unlock" : "block", word,
        () => act({ do: customer.blocked ? "unblock" : "block", ...address }), { "data-testid": "customer-block" }));
  }

  function empty(customer, bot) {
    const start = () => act({ do: "send", user: customer.id, bot: customer.bot, thread: null, text: "/start" });
    return [avatar(customer.id, customer.name, "big"), h("h3", { dir: "auto" }, say("chatEmptyTitle", { name: customer.name })), h("p", {}, say("chatEmpty")),
      !bot.look && h("button", { type: "button", class: "button", "data-testid": "customer-start", on: { click: start } }, say("start"))].filter(Boolean);
  }
  return { element, show };
}

const key = (customer) => `customer-${customer.id}-${customer.bot}`;

/** Where a new customer may come from: Telegram first. */
function channels({ bots }) {
  const vendors = Object.entries(bots).filter(([, bot]) => bot.look).map(([id, bot]) => channelOf(bot, id));
  return [channelOf({}, undefined), ...vendors];
}

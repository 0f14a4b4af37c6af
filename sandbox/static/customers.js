// The left side: the company's web form and the customers who write to its bot.

import { chatView } from "./chat.js";
import { avatar, badge, h, icon, iconButton, reconcile } from "./dom.js";
import { webForm } from "./form.js";
import { markRead, unread } from "./seen.js";
import { say } from "./words.js";

const FORM = "form";

/** The pane with `element` and `show(snapshot)`. */
export function customersPane({ act, openLink }) {
  const list = h("div", { class: "people", role: "group", "aria-label": say("customers"), "data-testid": "customer-list" });
  const add = h("button", {
    type: "button", class: "person add", "data-testid": "customer-new", title: say("newCustomer"), "aria-label": say("newCustomer"), on: { click: () => create() },
  }, h("span", { class: "avatar" }, icon("plus")), h("span", { class: "person-name" }, say("newShort")));
  const form = webForm();
  const head = h("header", { class: "chat-head" });
  const chat = chatView({ testid: "customer", act, openLink });
  const talk = h("div", { class: "pane-body talk", "data-testid": "customer-chat", hidden: true }, head, chat.element);
  const element = h("section", { class: "pane customers", "aria-label": say("customers") },
    h("div", { class: "pane-title" }, h("h2", {}, say("customers")), h("span", {}, say("customersNote"))),
    h("div", { class: "people-row" }, list, add), form.element, talk);
  let chosen = FORM;
  let wanted = false;
  let snapshot = null;

  function create() {
    wanted = true;
    act({ do: "new_customer" });
  }

  function pick(id) {
    chosen = id;
    show(snapshot);
    if (id !== FORM) chat.focus();
  }

  function tab(item) {
    const isForm = item.id === FORM;
    const face = isForm ? h("span", { class: "avatar web" }, icon("globe")) : avatar(item.user, item.name);
    return h("button", {
      type: "button", class: "person", "aria-pressed": String(item.selected), "data-customer": item.user,
      "data-testid": isForm ? "customer-form-tab" : "customer-tab", on: { click: () => pick(item.id) },
    }, h("span", { class: "face" }, face, badge(item.unread, say("unread", { n: item.unread }))),
    h("span", { class: "person-name", dir: "auto" }, isForm ? item.name : item.name.split(" ")[0]));
  }

  function show(next) {
    if (wanted && snapshot && next.customers.length > snapshot.customers.length) {
      chosen = key(next.customers.find((customer) => !snapshot.customers.some((old) => old.id === customer.id)));
      wanted = false;
    }
    snapshot = next;
    const customer = next.customers.find((one) => key(one) === chosen);
    if (!customer) chosen = FORM;
    if (customer && !document.hidden) markRead(key(customer), customer.messages);
    reconcile(list, [
      { id: FORM, name: say("webForm"), unread: 0, selected: chosen === FORM },
      ...next.customers.map((one) => ({
        id: key(one), user: one.id, name: one.name, unread: unread(key(one), one.messages), selected: key(one) === chosen,
      })),
    ], { key: ({ id }) => id, build: tab });
    form.element.hidden = chosen !== FORM;
    talk.hidden = chosen === FORM;
    form.show(next);
    if (customer) showChat(customer, next);
  }

  function showChat(customer, { bots }) {
    const bot = { id: customer.bot, ...bots[customer.bot] };
    reconcile(head, [{ customer: { id: customer.id, name: customer.name, blocked: customer.blocked }, bot }],
      { key: ({ customer: { id } }) => id, build: heading });
    chat.show({
      id: key(customer), person: customer, bot, thread: null, messages: customer.messages, all: customer.messages,
      placeholder: customer.blocked ? say("blocked") : say("messageTo", { name: customer.name.split(" ")[0] }),
      commands: customer.commands, disabled: customer.blocked, empty: () => empty(customer),
    });
  }

  function heading({ customer, bot }) {
    const address = { user: customer.id, bot: bot.id };
    return h("div", { class: "chat-heading" }, avatar(bot.id, bot.name, "bot"),
      h("div", { class: "chat-title" }, h("b", { dir: "auto" }, bot.name), h("small", {}, customer.blocked ? say("blocked") : `@${bot.username}`)),
      h("span", { class: "whose" }, avatar(customer.id, customer.name, "tiny"), h("span", { dir: "auto" }, customer.name)),
      iconButton("phone", say("shareContact"), () => act({ do: "contact", ...address }), { disabled: customer.blocked, "data-testid": "customer-contact" }),
      iconButton(customer.blocked ? "unlock" : "block", customer.blocked ? say("unblock") : say("block"),
        () => act({ do: customer.blocked ? "unblock" : "block", ...address }), { "data-testid": "customer-block" }));
  }

  function empty(customer) {
    const start = () => act({ do: "send", user: customer.id, bot: customer.bot, thread: null, text: "/start" });
    return [avatar(customer.id, customer.name, "big"), h("h3", { dir: "auto" }, say("chatEmptyTitle", { name: customer.name })),
      h("p", {}, say("chatEmpty")), h("button", { type: "button", class: "button", "data-testid": "customer-start", on: { click: start } }, say("start"))];
  }
  return { element, show };
}

const key = (customer) => `customer-${customer.id}-${customer.bot}`;

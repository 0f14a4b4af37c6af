// The right side: a manager's own Telegram, open at the chat with the desk bot.

import { chatView } from "./chat.js";
import { time } from "./clock.js";
import { avatar, badge, h, icon, iconButton, reconcile } from "./dom.js";
import { summary } from "./message.js";
import { markRead, unread } from "./seen.js";
import { say } from "./words.js";

/** The pane with `element` and `show(snapshot)`. */
export function deskPane({ act, openLink }) {
  const tabs = h("div", { class: "people", role: "group", "aria-label": say("desk"), "data-testid": "manager-tabs" });
  const topics = h("nav", { class: "topics", "data-testid": "topic-list", "aria-label": say("topics") });
  const hint = h("p", { class: "topics-empty" }, say("topicsEmpty"));
  const side = h("div", { class: "side" }, topics, hint);
  const head = h("header", { class: "chat-head" });
  const chat = chatView({ testid: "desk", act: (payload) => act(watched(payload)), openLink });
  const talk = h("div", { class: "talk" }, head, chat.element);
  const body = h("div", { class: "pane-body desk-body" }, side, talk);
  const nobody = h("div", { class: "empty standing" }, h("h3", {}, say("noManagersTitle")), h("p", {}, say("noManagers")));
  const element = h("section", { class: "pane desk", "aria-label": say("desk") },
    h("div", { class: "pane-title" }, h("h2", {}, say("desk")), h("span", {}, say("deskNote"))),
    h("div", { class: "people-row" }, tabs), body, nobody);
  let chosen = null;
  const opened = new Map(); // manager id → topic id, or 0 for the main chat
  let snapshot = null;
  let expected = null;

  /** What a manager writes outside a topic opens one, as in Telegram; the view then goes there. */
  function watched(payload) {
    const manager = snapshot.managers.find(({ id }) => id === chosen);
    if (["send", "file"].includes(payload.do) && payload.thread === null && snapshot.bots[manager.bot].topics) {
      expected = { manager: manager.id, after: Math.max(0, ...manager.topics.map(({ id }) => id)) };
    }
    return payload;
  }

  function followOwnTopic(manager) {
    const own = expected?.manager === manager.id && manager.topics.find(({ id, mine }) => mine && id > expected.after);
    if (!own) return;
    opened.set(manager.id, own.id);
    expected = null;
  }

  function pick(id) {
    chosen = id;
    show(snapshot);
  }

  function open(thread) {
    opened.set(chosen, thread);
    show(snapshot);
    chat.focus();
  }

  function tab(item) {
    return h("button", {
      type: "button", class: "person", "aria-pressed": String(item.selected), "data-testid": "manager-tab", "data-manager": item.id,
      on: { click: () => pick(item.id) },
    }, h("span", { class: "face" }, avatar(item.id, item.name), badge(item.unread, say("unread", { n: item.unread }))),
    h("span", { class: "person-name", dir: "auto" }, item.name.split(" ")[0]));
  }

  function topicRow(item) {
    const face = item.id === 0 ? h("span", { class: "avatar bot" }, icon("bot")) : avatar(item.id, item.name.replace(/^[^\p{L}]+/u, ""), "lead");
    return h("button", {
      type: "button", class: "topic", "aria-current": String(item.selected), "data-testid": item.id === 0 ? "topic-main" : "topic",
      "data-thread": item.id, on: { click: () => open(item.id) },
    }, face, h("span", { class: "topic-words" },
      h("span", { class: "topic-line" }, h("b", { dir: "auto" }, item.name), item.at && h("time", {}, time(item.at))),
      h("span", { class: "topic-line" }, h("small", { dir: "auto" }, item.last), badge(item.unread, say("unread", { n: item.unread })))));
  }

  function show(next) {
    snapshot = next;
    const managers = next.managers;
    body.hidden = managers.length === 0;
    nobody.hidden = managers.length > 0;
    if (managers.length === 0) return;
    if (!managers.some(({ id }) => id === chosen)) chosen = liveliest(managers);
    const manager = managers.find(({ id }) => id === chosen);
    const bot = { id: manager.bot, ...next.bots[manager.bot] };
    followOwnTopic(manager);
    const thread = currentThread(manager, bot);
    const messages = bot.topics ? inThread(manager, thread) : manager.messages;
    if (!document.hidden) markRead(threadKey(manager, thread), messages);
    showTabs(next);
    showTopics(manager, bot, thread);
    showChat(manager, bot, thread, messages);
  }

  function currentThread(manager, bot) {
    if (!bot.topics) return 0;
    const known = opened.get(manager.id);
    if (known === 0 || manager.topics.some(({ id }) => id === known)) return known;
    // Until the visitor chooses, the first lead opens by itself.
    const newest = [...manager.topics].sort((a, b) => lastId(manager, b.id) - lastId(manager, a.id))[0];
    if (newest) opened.set(manager.id, newest.id);
    return newest ? newest.id : 0;
  }

  function showTabs({ managers, bots }) {
    reconcile(tabs, managers.map((one) => ({
      id: one.id, name: one.name, selected: one.id === chosen, unread: allUnread(one, bots[one.bot].topics),
    })), { key: ({ id }) => id, build: tab });
  }

  function showTopics(manager, bot, thread) {
    side.hidden = !bot.topics;
    body.classList.toggle("plain", !bot.topics);
    if (!bot.topics) return;
    hint.hidden = manager.topics.length > 0;
    const rows = manager.topics.map((topic) => topicItem(manager, topic, thread)).sort((a, b) => b.order - a.order);
    const main = topicItem(manager, { id: 0, name: say("mainChat") }, thread);
    main.last ||= say("mainChatHint");
    reconcile(topics, [main, ...rows].map(({ order, ...item }) => item), { key: ({ id }) => id, build: topicRow, arriving: "arrive" });
  }

  function showChat(manager, bot, thread, messages) {
    const topic = manager.topics.find(({ id }) => id === thread) ?? null;
    reconcile(head, [{ manager: { id: manager.id, name: manager.name, blocked: manager.blocked }, bot, topic }], { key: () => "head", build: heading });
    chat.show({
      id: threadKey(manager, thread), person: manager, bot, thread: thread || null, messages, all: manager.messages,
      placeholder: say(manager.blocked ? "blocked" : bot.topics && !topic ? "mainPlaceholder" : "messageTo", { name: manager.name.split(" ")[0] }), commands: manager.commands, disabled: manager.blocked, empty: () => empty(topic, manager),
    });
  }

  function heading({ manager, bot, topic }) {
    const title = topic ? topic.name : bot.name;
    const remove = () => window.confirm(say("deleteTopicSure")) && act({ do: "delete_topic", user: manager.id, bot: bot.id, thread: topic.id });
    return h("div", { class: "chat-heading" }, topic ? avatar(topic.id, title.replace(/^[^\p{L}]+/u, ""), "lead") : h("span", { class: "avatar bot" }, icon("bot")),
      h("div", { class: "chat-title" }, h("b", { dir: "auto" }, title), h("small", {}, topic ? bot.name : `@${bot.username}`)),
      h("span", { class: "whose" }, avatar(manager.id, manager.name, "tiny"), h("span", { dir: "auto" }, manager.name)),
      topic && iconButton("trash", say("deleteTopic"), remove, { "data-testid": "topic-delete" }),
      iconButton(manager.blocked ? "unlock" : "block", say(manager.blocked ? "unblock" : "block"),
        () => act({ do: manager.blocked ? "unblock" : "block", user: manager.id, bot: bot.id }), { "data-testid": "desk-block" }));
  }

  function empty(topic, manager) {
    if (topic) return [h("p", {}, say("topicEmpty"))];
    const start = () => act(watched({ do: "send", user: manager.id, bot: manager.bot, thread: null, text: "/start" }));
    return [h("span", { class: "empty-icon" }, icon("inbox")), h("h3", {}, say("deskEmptyTitle")), h("p", {}, say("deskEmpty")),
      h("button", { type: "button", class: "button", "data-testid": "desk-start", on: { click: start } }, say("start"))];
  }
  return { element, show };
}

const threadKey = (manager, thread) => `manager-${manager.id}-${manager.bot}-${thread}`;
const inThread = (manager, thread) => manager.messages.filter((message) => (message.thread ?? 0) === thread);
const lastId = (manager, thread) => inThread(manager, thread).at(-1)?.id ?? 0;

function topicItem(manager, topic, selected) {
  const messages = inThread(manager, topic.id);
  const last = messages.filter((message) => !message.service).at(-1);
  return {
    id: topic.id, name: topic.name, selected: topic.id === selected, unread: unread(threadKey(manager, topic.id), messages),
    last: last ? summary(last) : "", at: last?.date ?? "", order: last?.id ?? topic.id,
  };
}

function allUnread(manager, topics) {
  if (!topics) return unread(threadKey(manager, 0), manager.messages);
  return [0, ...manager.topics.map(({ id }) => id)].reduce((sum, id) => sum + unread(threadKey(manager, id), inThread(manager, id)), 0);
}

/** At first, the manager whose chat spoke last is shown. */
function liveliest(managers) {
  const last = (manager) => Date.parse(manager.messages.at(-1)?.date ?? 0) || 0;
  return managers.reduce((best, manager) => (last(manager) > last(best) ? manager : best)).id;
}

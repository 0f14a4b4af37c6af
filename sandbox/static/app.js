// The page: one WebSocket that brings snapshots of the whole world and carries people's acts back.

import { topBar } from "./bar.js";
import { setClock } from "./clock.js";
import { customersPane } from "./customers.js";
import { deskPane } from "./desk.js";
import { h, toast } from "./dom.js";
import { useRun } from "./seen.js";
import { say } from "./words.js";

const root = document.getElementById("app");
const status = h("div", { class: "connection", role: "status" }, say("connecting"));
let socket = null;
let snapshot = null;
let answered = null;

function act(payload) {
  if (socket?.readyState !== WebSocket.OPEN) return toast(say("lost"));
  socket.send(JSON.stringify(payload));
  return undefined;
}

/** Takes over t.me links to the bots of this sandbox: their payload is a /start from that person. */
function openLink(link, { user }) {
  const address = new URL(link, location.href);
  if (!["t.me", "telegram.me"].includes(address.hostname)) return false;
  const username = address.pathname.slice(1).toLowerCase();
  const bot = Object.entries(snapshot.bots).find(([, one]) => one.username.toLowerCase() === username)?.[0];
  if (!bot) return false;
  const payload = address.searchParams.get("start");
  act({ do: "send", user, bot: Number(bot), thread: null, text: payload ? `/start ${payload}` : "/start" });
  return true;
}

const bar = topBar({ act });
const customers = customersPane({ act, openLink });
const desk = deskPane({ act, openLink });
root.append(bar.element, h("main", {}, customers.element, desk.element), bar.drawer);
document.body.append(status);

function draw(next) {
  snapshot = next;
  document.title = `Frontdesk · ${say("product")}`;
  document.documentElement.dataset.ready = "yes";
  useRun(next.run);
  setClock(next.clock);
  bar.show(next);
  customers.show(next);
  desk.show(next);
  announce(next.answers);
}

/** Shows what answerCallbackQuery said; answers from before the page was opened stay silent. */
function announce(answers) {
  const first = answered === null;
  answered ??= new Set();
  for (const { id, text, alert } of answers) {
    if (!first && !answered.has(id) && text) toast(text, { alert, ok: say("ok") });
    answered.add(id);
  }
}

function connect() {
  socket = new WebSocket(new URL("ws", location.href.replace(/^http/, "ws")));
  socket.addEventListener("open", () => {
    status.hidden = true;
  });
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "snapshot") draw(message);
    else if (message.type === "refused") toast(say("refused", { why: message.why }));
  });
  socket.addEventListener("close", () => {
    status.textContent = say("lost");
    status.hidden = false;
    setTimeout(connect, 1000);
  });
}

document.documentElement.lang = navigator.language;
// What was drawn while the tab was hidden counts as read only once somebody looks.
document.addEventListener("visibilitychange", () => snapshot && !document.hidden && draw(snapshot));
connect();

// Where a person writes: text, files, a reply, an edit, the bot's commands.

import { h, icon, iconButton, toast } from "./dom.js";
import { summary } from "./message.js";
import { say } from "./words.js";

const MAX_FILE = 10 * 1024 * 1024;
const ACCEPTED = [["photo", "image/*"], ["video", "video/*"], ["audio", "audio/*"]];

/** A composer with `element`, `show(state)`, `reply(message)`, `edit(message)` and `focus()`. */
export function composer({ testid, act }) {
  let state = null;
  let target = null; // {mode: "reply" | "edit", message}
  const drafts = new Map();
  const input = h("textarea", { class: "input", rows: "1", dir: "auto", "data-testid": `${testid}-input`, maxlength: "20000" });
  const send = h("button", { type: "submit", class: "send", "data-testid": `${testid}-send`, title: say("send"), "aria-label": say("send") }, icon("send"));
  const file = h("input", { type: "file", hidden: true, tabindex: "-1", "data-testid": `${testid}-file`, "aria-label": say("attach") });
  const attach = iconButton("clip", say("attach"), () => file.click(), { "data-testid": `${testid}-attach` });
  const voice = iconButton("mic", say("sendVoice"), () => act({ do: "voice", ...address() }), { "data-testid": `${testid}-voice` });
  const context = h("div", { class: "context", hidden: true });
  const commands = h("div", { class: "commands", hidden: true, role: "group", "aria-label": say("commands") });
  const keys = h("div", { class: "reply-keys", hidden: true });
  const slash = iconButton("slash", say("commands"), () => toggleCommands(), { hidden: true });
  const form = h("form", { class: "composer" }, commands, context, h("div", { class: "bar" }, attach, input, slash, voice, send), keys, file);

  const address = () => ({ user: state.person.id, bot: state.bot.id, thread: state.thread });

  function grow() {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight + 2, 160)}px`;
    send.classList.toggle("ready", input.value.trim() !== "");
  }

  function submit() {
    const text = input.value;
    if (text.trim() === "") return;
    if (target?.mode === "edit") act({ do: "edit", ...address(), message: target.message.id, text });
    else act({ do: "send", ...address(), text, reply_to: target?.message.id ?? null });
    input.value = "";
    commands.hidden = true;
    aim(null);
  }

  function aim(next) {
    target = next;
    context.hidden = next === null;
    const editing = next?.mode === "edit";
    if (next) {
      context.replaceChildren(icon(editing ? "edit" : "reply"),
        h("span", { class: "context-words" },
          h("b", {}, editing ? say("editing") : say("replyingTo", { name: next.message.author || state.bot.name })),
          h("span", { dir: "auto" }, summary(next.message))),
        iconButton("close", say("cancel"), () => stop()));
    }
    grow();
  }

  function stop() {
    if (target?.mode === "edit") input.value = "";
    aim(null);
    input.focus();
  }

  function toggleCommands(prefix = "/") {
    const fitting = (state.commands ?? []).filter(({ command }) => `/${command}`.startsWith(prefix));
    const open = prefix !== "/" || commands.hidden || input.value === "/";
    commands.replaceChildren(...fitting.map(({ command, description }) => h("button", {
      type: "button", class: "command", on: { click: () => choose(command) },
    }, h("b", {}, `/${command}`), h("span", {}, description))));
    commands.hidden = !open || fitting.length === 0;
  }

  /** The reply keyboard that the bot asked the app to show. */
  function showKeys(rows) {
    keys.hidden = rows.length === 0;
    keys.replaceChildren(...rows.map((row) => h("div", { class: "keys" }, ...row.map((key) => h("button", {
      type: "button", dir: "auto", on: { click: () => act(key.contact ? { do: "contact", ...address() } : { do: "send", ...address(), text: key.text }) },
    }, key.text)))));
  }

  function choose(command) {
    input.value = `/${command} `;
    commands.hidden = true;
    grow();
    input.focus();
  }

  async function upload(chosen) {
    if (chosen.size > MAX_FILE) return toast(say("fileTooBig"));
    const data = await base64(chosen);
    const kind = /^image\/(png|jpeg|webp)$/.test(chosen.type) ? "photo" : "document";
    act({ do: "file", ...address(), kind, name: chosen.name, mime: chosen.type, data, caption: input.value.trim(),
      reply_to: target?.mode === "reply" ? target.message.id : null });
    input.value = "";
    return aim(null);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
    if (event.key === "Escape" && target) stop();
  });
  input.addEventListener("input", () => {
    grow();
    if (/^\/\w*$/.test(input.value)) toggleCommands(input.value);
    else commands.hidden = true;
  });
  file.addEventListener("change", () => {
    if (file.files[0]) upload(file.files[0]);
    file.value = "";
  });
  input.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.files?.[0];
    if (pasted) {
      event.preventDefault();
      upload(pasted);
    }
  });

  function show(next) {
    if (state && state.id !== next.id) {
      drafts.set(state.id, target?.mode === "edit" ? "" : input.value);
      input.value = drafts.get(next.id) ?? "";
      commands.hidden = true;
      state = next;
      aim(null);
    }
    state = next;
    input.placeholder = next.placeholder;
    input.setAttribute("aria-label", next.placeholder);
    showKeys(next.person.keyboard);
    slash.hidden = !next.commands?.length;
    voice.hidden = !["voice", "audio"].some((kind) => next.sends.includes(kind));
    attach.hidden = !["photo", "video", "file"].some((kind) => next.sends.includes(kind));
    file.accept = next.sends.includes("file") ? "" : ACCEPTED.filter(([kind]) => next.sends.includes(kind)).map(([, type]) => type).join(",");
    form.toggleAttribute("inert", Boolean(next.disabled));
    form.classList.toggle("disabled", Boolean(next.disabled));
  }

  return {
    element: form,
    show,
    focus: () => input.focus(),
    reply: (message) => {
      aim({ mode: "reply", message });
      input.focus();
    },
    edit: (message) => {
      input.value = message.text;
      aim({ mode: "edit", message });
      input.focus();
    },
  };
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",", 2)[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

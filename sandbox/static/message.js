// One message as a bubble: quote, media, text, reactions, time, and the inline keyboard below.

import { copy, rich } from "./entities.js";
import { h, icon, iconButton } from "./dom.js";
import { time } from "./clock.js";
import { say } from "./words.js";

const QUICK_REACTION = "👍";

/**
 * The row of a message. `chat` offers find(id), act(payload), reply(message), edit(message), command(text) and open(link).
 */
export function messageRow(message, chat) {
  if (message.service) {
    return h("li", { class: "service", "data-message-id": message.id }, h("span", { dir: "auto" }, summary(message)));
  }
  const media = message.media;
  const bare = media && ["sticker", "video_note"].includes(media.kind);
  const bubble = h("div", { class: `bubble ${bare ? "bare" : ""} ${media?.kind === "photo" ? "pictured" : ""}` },
    quote(message, chat), media && mediaView(media),
    message.deleted && h("div", { class: "text gone" }, say("deleted")),
    message.text && h("div", { class: "text", dir: "auto" }, ...rich(message.text, message.entities, chat)),
    footer(message, chat));
  return h("li", { class: `message ${message.mine ? "mine" : "theirs"}`, "data-message-id": message.id, "data-testid": "message" },
    h("div", { class: "stack" }, h("div", { class: "line" }, bubble, tools(message, chat)), keyboard(message, chat)));
}

function quote(message, chat) {
  const original = message.reply_to && chat.find(message.reply_to);
  if (!original || original.service) return null;
  const show = () => {
    const row = chat.row(original.id);
    row?.scrollIntoView({ block: "center", behavior: "smooth" });
    row?.classList.add("flash");
    setTimeout(() => row?.classList.remove("flash"), 1200);
  };
  return h("button", { type: "button", class: "quote", on: { click: show } },
    h("b", { dir: "auto" }, chat.author(original)), h("span", { dir: "auto" }, message.quote || summary(original)));
}

/** A line that stands for a message in lists and quotes. */
export function summary(message) {
  if (message.service) return say(message.service.kind, message.service);
  const media = message.media ? say(message.media.kind) : "";
  const named = message.media?.kind === "document" && message.media.name ? message.media.name : media;
  return [named, message.text.split("\n").find((line) => line.trim())].filter(Boolean).join(" · ");
}

function mediaView(media) {
  if (media.kind === "sticker") return h("span", { class: "sticker" }, media.name);
  if (media.kind === "photo") return picture(media);
  if (["video", "video_note", "animation"].includes(media.kind) && media.url) {
    return h("video", { class: "picture", src: media.url, controls: true, preload: "metadata" });
  }
  if (["voice", "audio"].includes(media.kind) && media.url) {
    return h("div", { class: "file" }, h("audio", { src: media.url, controls: true, preload: "none", "aria-label": say(media.kind) }));
  }
  const body = [h("span", { class: "file-icon" }, icon(FILE_ICONS[media.kind] ?? "file")),
    h("span", { class: "file-words" }, h("b", { dir: "auto" }, media.name || say(media.kind)), h("small", {}, media.note || size(media.size)))];
  return media.url ? h("a", { class: "file", href: media.url, download: media.name || "file" }, ...body) : h("div", { class: "file" }, ...body);
}

function picture(media) {
  const img = h("img", { src: media.url, alt: say("photo") });
  const link = h("a", { class: "picture", href: media.url, target: "_blank", rel: "noopener" }, img);
  img.addEventListener("error", () => link.replaceChildren(icon("image")));
  return link;
}

const FILE_ICONS = { contact: "person", location: "pin" };

function size(bytes) {
  if (!bytes) return "";
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1 << 20 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
}

function footer(message, chat) {
  const reactions = message.reactions.map(({ emoji, mine }) => h("button", {
    type: "button", class: `reaction ${mine ? "own" : ""}`, "data-testid": "reaction", "aria-label": say("react", { emoji }),
    on: { click: () => chat.react(message, mine ? "" : emoji) },
  }, emoji));
  const stamp = h("span", { class: "stamp" }, message.edited ? `${say("edited")} ` : "", h("time", { datetime: message.date }, time(message.date)), ticks(message, chat));
  return h("div", { class: "footer" }, h("span", { class: "reactions" }, ...reactions), stamp);
}

/** Whether the company has read it, where the messenger shows so. */
function ticks(message, chat) {
  if (!message.mine || message.deleted || !chat.ticks()) return null;
  const told = say(message.read ? "ticksRead" : "ticksSent");
  return h("span", { class: `ticks ${message.read ? "read" : ""}`, role: "img", "aria-label": told, title: told }, "✓✓");
}

function tools(message, chat) {
  if (message.deleted) return null;
  const react = () => h("button", {
    type: "button", class: "icon-button", "data-testid": "message-react", "aria-label": say("react", { emoji: QUICK_REACTION }),
    on: { click: () => chat.react(message, QUICK_REACTION) },
  }, QUICK_REACTION);
  return h("div", { class: "tools" },
    iconButton("reply", say("reply"), () => chat.reply(message), { "data-testid": "message-reply" }),
    message.editable && chat.can("edited") && iconButton("edit", say("edit"), () => chat.edit(message), { "data-testid": "message-edit" }),
    message.editable && chat.can("deleted") && iconButton("trash", say("delete"), () => chat.remove(message), { "data-testid": "message-delete" }),
    !message.mine && chat.can("reacted") && react());
}

function keyboard(message, chat) {
  if (!message.buttons?.length) return null;
  return h("div", { class: "keyboard" }, ...message.buttons.map((row) =>
    h("div", { class: "keys" }, ...row.map((button) => key(message, button, chat)))));
}

function key(message, button, chat) {
  const press = () => {
    if (button.url) return chat.open(button.url) || window.open(button.url, "_blank", "noopener");
    if (button.copy) return copy(button.copy);
    return chat.press(message, button);
  };
  return h("button", {
    type: "button", class: `key ${["primary", "success", "danger"].includes(button.style) ? button.style : ""}`,
    disabled: button.disabled, "data-testid": "key", dir: "auto", on: { click: press },
  }, button.text, button.url && icon("out"), button.copy && icon("copy"));
}

// A believable company page whose form posts for real to the product, as a browser on a foreign site would.

import { h, icon } from "./dom.js";
import { language, say } from "./words.js";

const SITE = "https://alder-finch.example/kitchens/";
const ORIGINS = [
  { name: "Google Ads", query: "utm_source=google&utm_medium=cpc&utm_campaign=spring-kitchens&gclid=demo-7f3a", referrer: "https://www.google.com/" },
  { name: "Instagram", query: "utm_source=instagram&utm_medium=social&utm_campaign=oak-reel", referrer: "https://l.instagram.com/" },
  { name: say("originNews"), query: "utm_source=newsletter&utm_medium=email&utm_campaign=march", referrer: "" },
  { name: say("originDirect"), query: "", referrer: "" },
];
const EXAMPLES = {
  en: [
    ["Emily Carter", "+44 20 7946 0018", "emily.carter@example.com", "Hello! We are moving in June and need a kitchen for a 12 m² room, with an island if it fits."],
    ["Jonas Weber", "+49 30 2345 6789", "jonas.weber@example.com", "How much is the oak front from your spring catalogue, about 4 metres?"],
    ["Olivia Martin", "+1 415 555 0132", "olivia.m@example.com", "Can someone come and measure on Saturday?"],
  ],
  ru: [
    ["Анна Соколова", "+7 495 123-45-67", "anna.sokolova@example.com", "Здравствуйте! Переезжаем в июне, нужна кухня в комнату 12 м², если поместится, с островом."],
    ["Игорь Лебедев", "+7 812 765-43-21", "igor.lebedev@example.com", "Сколько стоят дубовые фасады из весеннего каталога, метра четыре?"],
    ["Мария Ким", "+7 343 222-33-44", "maria.kim@example.com", "Можно ли приехать на замер в субботу?"],
  ],
}[language];

/** The pretend site with `element` and `show(snapshot)`. */
export function webForm() {
  let target = "";
  let origin = ORIGINS[0];
  let example = 0;
  let idempotencyKey = crypto.randomUUID();
  const fields = {
    name: field("name", "text", { autocomplete: "off" }),
    phone: field("phone", "tel", { autocomplete: "off" }),
    email: field("email", "email", { autocomplete: "off" }),
    message: h("textarea", { id: "form-message", name: "message", rows: "3", dir: "auto", "data-testid": "form-message" }),
  };
  const submit = h("button", { type: "submit", class: "site-button", "data-testid": "form-submit" }, say("formSubmit"));
  const result = h("div", { class: "site-result", role: "status", "aria-live": "polite", "data-testid": "form-result" });
  const address = h("span", { class: "address", dir: "ltr" });
  const posts = h("code", {});
  const form = h("form", { class: "site-form", novalidate: true },
    h("div", { class: "pair" }, labelled("name", fields.name), labelled("phone", fields.phone)),
    labelled("email", fields.email), labelled("message", fields.message),
    h("div", { class: "site-actions" }, submit,
      h("button", { type: "button", class: "site-plain", "data-testid": "form-example", on: { click: fill } }, say("formExample"))),
    result);
  const choices = h("div", { class: "origins", role: "radiogroup", "aria-label": say("formCame") },
    h("span", {}, say("formCame")), ...ORIGINS.map(choice));

  function choice(one) {
    const radio = h("input", { type: "radio", name: "origin", checked: one === origin, on: { change: () => come(one) } });
    return h("label", { class: "origin" }, radio, h("span", {}, one.name));
  }

  function come(one) {
    origin = one;
    address.replaceChildren(h("b", {}, "alder-finch.example"), "/kitchens/", one.query ? `?${one.query}` : "");
  }

  function fill() {
    const [name, phone, email, message] = EXAMPLES[example++ % EXAMPLES.length];
    for (const [key, value] of Object.entries({ name, phone, email, message })) fields[key].value = value;
    fresh();
    submit.focus();
  }

  function fresh() {
    idempotencyKey = crypto.randomUUID();
    result.replaceChildren();
  }

  async function post(event) {
    event.preventDefault();
    const values = Object.fromEntries(Object.entries(fields).map(([key, input]) => [key, input.value]));
    if (![values.phone, values.email, values.message].some((value) => value.trim())) return tell("warn", say("formAny"));
    submit.disabled = true;
    submit.textContent = say("formSending");
    try {
      await deliver({ ...values, page: SITE + (origin.query ? `?${origin.query}` : ""), referrer: origin.referrer });
    } catch {
      tell("bad", say("formDown"), "");
    }
    submit.disabled = false;
    submit.textContent = result.querySelector(".bad") ? say("formAgain") : say("formSubmit");
    return undefined;
  }

  async function deliver(values) {
    // The key stays the same when the visitor tries again, so that a lost answer makes no second lead.
    const response = await fetch(target, {
      method: "POST", credentials: "omit", body: JSON.stringify(values),
      headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": idempotencyKey },
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) return tell("bad", say("formBad", { status: response.status }), answer.detail ?? answer.title ?? "");
    const again = answer.status === "duplicate";
    tell("good", again ? say("formDuplicate") : say("formOk"), again ? "" : say("formOkNote"));
    if (!again) form.reset();
    idempotencyKey = crypto.randomUUID();
    return undefined;
  }

  function tell(kind, title, note = "") {
    const icons = { good: "check", warn: "info", bad: "alert" };
    result.replaceChildren(h("div", { class: `site-note ${kind}` }, icon(icons[kind]),
      h("div", {}, h("b", {}, title), note && h("small", { dir: "auto" }, note))));
  }

  form.addEventListener("submit", post);
  // A changed form is another request, so it gets another key.
  form.addEventListener("input", fresh);
  come(origin);

  const element = h("div", { class: "pane-body browser" },
    h("div", { class: "browser-bar", "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("span", { class: "address-box" }, icon("lock"), address)),
    h("div", { class: "site" },
      h("header", { class: "site-head" }, h("span", { class: "logo" }, icon("leaf"), say("formSite")),
        h("nav", { "aria-hidden": "true" }, ...say("formNav").map((word) => h("span", {}, word)))),
      h("div", { class: "hero" }, h("small", {}, say("formTag")), h("h3", {}, say("formHead")), h("p", {}, say("formLead"))),
      h("div", { class: "site-card" }, form), choices,
      h("p", { class: "pretend" }, say("formPrivacy"), " ", posts)));

  function show(snapshot) {
    target = snapshot.form_url;
    posts.textContent = new URL(target, location.href).pathname;
  }
  return { element, show };
}

function field(name, type, props) {
  return h("input", { id: `form-${name}`, name, type, dir: "auto", "data-testid": `form-${name}`, ...props });
}

function labelled(name, input) {
  const label = { name: "formName", phone: "formPhone", email: "formEmail", message: "formMessage" }[name];
  return h("div", { class: "site-field" }, h("label", { for: `form-${name}` }, say(label)), input);
}

// What a person has read already, kept for the tab's life: unread counts are the page's own affair.

const read = new Map();
let store = "";

/** Forgets what was read in another run of the sandbox, whose message ids began anew. */
export function useRun(run) {
  if (store === run) return;
  store = run;
  read.clear();
  try {
    for (const [chat, id] of JSON.parse(sessionStorage.getItem(`seen-${run}`) ?? "[]")) read.set(chat, id);
  } catch {
    sessionStorage.removeItem(`seen-${run}`);
  }
}

export function unread(chat, messages) {
  const last = read.get(chat) ?? 0;
  return messages.filter((message) => !message.mine && !message.service && message.id > last).length;
}

export function markRead(chat, messages) {
  const last = messages.at(-1)?.id ?? 0;
  if (last <= (read.get(chat) ?? 0)) return;
  read.set(chat, last);
  sessionStorage.setItem(`seen-${store}`, JSON.stringify([...read]));
}

// ---- what this browser keeps for when there is no connection: who reads here, the newest home page as data, and what
// waits to be sent. The pages and the service worker share this file.

const keptDay = 86_400_000, waitingLife = 30 * keptDay;

// kept runs one transaction on the two tables, and returns what act's request has found.
function kept(mode, act) {
  return new Promise((done, failed) => {
    const open = indexedDB.open("cruddur", 1);
    open.onupgradeneeded = () => {
      open.result.createObjectStore("one"); // "state", "home"
      open.result.createObjectStore("outbox", { keyPath: "id" });
    };
    open.onerror = () => failed(open.error);
    open.onsuccess = () => {
      const db = open.result, act2 = db.transaction(["one", "outbox"], mode);
      let request = null;
      act2.oncomplete = () => { db.close(); done(request?.result); };
      act2.onabort = () => { db.close(); failed(act2.error); };
      request = act(act2.objectStore("one"), act2.objectStore("outbox"));
    };
  });
}

const keptState = () => kept("readonly", (one) => one.get("state"));

// noteReader stores who reads here. What another member has left of their home page is deleted.
const noteReader = (state) => kept("readwrite", (one) => {
  one.put(state, "state");
  one.get("home").onsuccess = (e) => { if (e.target.result && e.target.result.member !== state.member) one.delete("home"); };
});

// noteTheme keeps the light that the reader has chosen, for the page without a connection.
const noteTheme = (theme) => kept("readwrite", (one) => {
  one.get("state").onsuccess = (e) => { one.put({ ...e.target.result, theme }, "state"); };
});

// alive returns what may still be shown of a home page at a local time: nothing after a day, nothing if the clock has
// been set back since it was stored or last looked at, and no card after its end by the server's clock.
function alive(home, local) {
  if (!home || local < home.seen || local - home.stored >= keptDay) return null;
  return { ...home, seen: local, cards: home.cards.filter((card) => card.end > local + home.offset) };
}

// keptHome returns the home page as it may be shown now, and deletes the rest of it.
const keptHome = (local = Date.now()) => new Promise((done, failed) => {
  let home = null;
  kept("readwrite", (one) => {
    one.get("home").onsuccess = (e) => {
      home = alive(e.target.result, local);
      home ? one.put(home, "home") : one.delete("home");
    };
  }).then(() => done(home), failed);
});

// dropKept takes cards out of the home page that is kept: they are gone.
const dropKept = (gone) => kept("readwrite", (one) => {
  one.get("home").onsuccess = (e) => {
    const home = e.target.result;
    if (home?.cards.some(gone)) one.put({ ...home, cards: home.cards.filter((card) => !gone(card)) }, "home");
  };
});

const forgetHome = () => kept("readwrite", (one) => { one.delete("home"); });

// forgetMember deletes everything of a member: they have signed out, or are no member any more.
const forgetMember = (member) => kept("readwrite", (one, outbox) => {
  one.delete("home");
  one.delete("state");
  outbox.openCursor().onsuccess = (e) => {
    const at = e.target.result;
    if (at?.value.by === member) at.delete();
    at?.continue();
  };
});

const waitingItems = async () => (await kept("readonly", (one, outbox) => outbox.getAll())).sort((a, b) => a.at - b.at);

// alone keeps two from handling what waits at once: the worker that sends it, and a page that edits or discards it.
const alone = (act) => navigator.locks.request("cruddur-outbox", act);

// itemOf makes of a form what waits; null if it is not one that can wait.
function itemOf(path, fields, at) {
  const value = (name) => fields.find(([n]) => n === name)?.[1] ?? "";
  if (!value("by") || !value("draft") || !String(value("message")).trim() || value("do")) return null;
  return { id: value("draft"), by: value("by"), path, at, state: "waiting", fields: fields.filter(([, v]) => typeof v === "string" || v.size > 0) };
}

const fieldOf = (item, name) => item.fields.find(([n]) => n === name)?.[1] ?? "";

// renamed gives an item another key, because another text waits under its own.
function renamed(item) {
  const id = crypto.getRandomValues(new Uint32Array(3)).reduce((text, n) => text + n.toString(36), "");
  return { ...item, id, fields: item.fields.map(([name, value]) => [name, name === "draft" ? id : value]) };
}

// lifeOf is the chosen life in milliseconds; 0 if none is chosen.
function lifeOf(ttl) {
  const [, n, unit] = /^(\d+)-(hour|day)s?$/.exec(ttl) ?? [];
  return n ? n * (unit === "hour" ? keptDay / 24 : keptDay) : 0;
}

// outlived reports whether something has waited longer than it was to live. It is not sent by itself: if the server had
// taken it and the answer was lost, it has ended meanwhile, and with it the key by which the server would know it again.
function outlived(item, local) {
  const life = lifeOf(fieldOf(item, "ttl"));
  return life > 0 && local - item.at >= life;
}

// verdict says what becomes of something that was sent: "sent", "waiting" for another time, or "refused".
function verdict(status, codes = []) {
  if (status >= 200 && status < 300) return "sent";
  if (status === 0 || status === 408 || status === 429 || status >= 500 || codes.includes("other_member")) return "waiting";
  return "refused";
}

// ---- the installed app: its service worker, what is kept for when there is no connection, and the page that shows it

const isShell = root.matches("[data-offline]");
const canKeep = "serviceWorker" in navigator && isSecureContext && "indexedDB" in window && "locks" in navigator;

// cardData is what is kept of a card: text and times, no picture.
function cardData(crud) {
  const left = $("time.left", crud), text = (selector) => $(selector, crud)?.textContent ?? "";
  return {
    id: crud.id, name: text(".who b"), handle: text(".who .dim"), face: $(".av", crud).className, warning: text(".cw-text"), say: text(".say"),
    why: text(".why").trim(), pictures: $$(".pic", crud).length, from: left.dataset.from, until: left.dateTime, end: Date.parse(left.dateTime),
  };
}

// keepHome stores the newest home page that the reader saw, in place of the one before.
function keepHome() {
  const feed = location.pathname === "/" && !new URLSearchParams(location.search).has("before") && $(".feed"), local = Date.now();
  if (!feed) return;
  const cards = $$(".crud:not(.gone)", feed).slice(0, 20).map(cardData);
  kept("readwrite", (one) => { one.put({ member: me() ?? null, stored: local, seen: local, offset, cards }, "home"); }).catch(() => {});
}

// seen tells what is kept who reads this page: another reader finds nothing of the one before.
async function seen() {
  if (performance.getEntriesByType("navigation")[0]?.responseStatus >= 500) return; // the page does not know who reads it
  await noteReader({ member: me() ?? null, path: self() ?? "", language: words.tag, theme: root.dataset.theme ?? "" });
  keepHome();
}

async function installed() {
  const worker = navigator.serviceWorker;
  let before = worker.controller; // the first worker of all is no other version
  worker.addEventListener("message", (e) => { if (e.data.outbox) told(e.data.sent); });
  worker.addEventListener("controllerchange", () => { if (before) compare(); before = worker.controller; });
  await idle(); // the page comes first
  const registration = await worker.register("/sw.js");
  sendWaiting();
  let asked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || Date.now() - asked < 3_600_000) return;
    asked = Date.now();
    registration.update().catch(() => {});
  });
}

const idle = () => new Promise((done) => {
  const soon = () => window.requestIdleCallback ? requestIdleCallback(done, { timeout: 3000 }) : setTimeout(done, 500);
  document.readyState === "complete" ? soon() : addEventListener("load", soon, { once: true });
});

// told shows what has become of what waited.
function told(sent) {
  waiting();
  if (sent) say(t("{n} sent.", { n: sent }));
}

// compare asks a new worker whether this page belongs to its version, and says quietly that there is another.
function compare() {
  const ask = new MessageChannel(), files = $$('link[rel="stylesheet"], script[src]').map((el) => new URL(el.href ?? el.src).pathname);
  ask.port1.onmessage = (e) => { if (!e.data) anotherVersion(); };
  navigator.serviceWorker.controller.postMessage({ files }, [ask.port2]);
}

// unsaved reports whether a reload would lose something: drafts are kept, what is typed elsewhere is not.
const unsaved = () => $$(".given > li").length > 0 || $$("main :is(input, textarea, select)").some((el) =>
  el.type === "checkbox" || el.type === "radio" ? el.name !== "ttl" && !el.matches(".keys-on") && el.checked !== el.defaultChecked
    : el.tagName === "SELECT" ? [...el.options].some((o) => o.defaultSelected && !o.selected)
      : !/^(message|content_warning|draft)$/.test(el.name) && el.type !== "search" && el.value !== el.defaultValue);

function anotherVersion() {
  if ($(".update")) return;
  const line = make("p", { className: "update", textContent: `${t("There is a new version.")} ` });
  line.append(press(t("Reload"), () => {
    if (!unsaved()) { location.reload(); return; }
    line.remove();
    say(t("A reload would lose what you have typed here. The next page that you open is the new version."));
  }));
  document.body.append(line);
  announce(t("There is a new version."));
}

// ---- the page without a connection

// keptCard makes a card of what is kept: to read, for nothing can be done with it now.
function keptCard(card) {
  const crud = make("article", { className: "crud", id: card.id, tabIndex: -1 }), id = card.id.replace("crud-", "");
  const say = make("p", { className: "say", id: `say-${id}`, dir: "auto", textContent: card.say });
  const head = make("div", { className: "crud-head" }), who = make("span", { className: "who", id: `by-${id}` }), when = make("span", { className: "when dim" });
  crud.setAttribute("aria-labelledby", who.id);
  crud.setAttribute("aria-describedby", say.id);
  crud.setAttribute("aria-setsize", -1);
  const b = make("b"), name = make("bdi", { textContent: card.name });
  b.append(name);
  who.append(b, " ", make("bdi", { className: "dim", textContent: card.handle }));
  when.append(make("time", { className: "ago", dateTime: card.from }));
  head.append(who, when);
  const face = make("span", { className: /^av av\d$/.test(card.face) ? card.face : "av av0", textContent: card.name.match(/[\p{L}\p{N}]/u)?.[0].toUpperCase() ?? "#" });
  face.setAttribute("aria-hidden", "true");
  if (card.why) crud.append(make("p", { className: "why", textContent: card.why }));
  crud.append(face, head);
  if (card.warning) {
    const folded = make("details", { className: "cw" }), summary = make("summary"), text = make("span", { className: "cw-text", dir: "auto", textContent: card.warning });
    summary.append(text, " ", make("span", { className: "cw-do cw-show", textContent: t("Show") }), make("span", { className: "cw-do cw-hide", textContent: t("Hide") }));
    folded.append(summary, say);
    crud.append(folded);
  } else crud.append(say);
  if (card.pictures) crud.append(make("p", { className: "dim", textContent: t("{n} pictures, which are not kept", { n: card.pictures }) }));
  const acts = make("div", { className: "acts" }), ends = make("span", { className: "ends" }), left = make("time", { className: "left", dateTime: card.until });
  left.dataset.from = card.from;
  ends.append(make("span", { className: "sr", textContent: `${t("ends in")} ` }), left);
  acts.append(ends);
  crud.append(acts, $("#fuse").content.cloneNode(true));
  return crud;
}

// shellBegins learns who read here last, before the rest of the script looks.
async function shellBegins() {
  const state = await keptState().catch(() => null);
  if (!state?.member) return;
  root.dataset.member = state.member;
  root.dataset.self = state.path;
  form.elements.by.value = state.member;
  form.elements.draft.value = freshId();
  form.hidden = false;
}

async function shellShows() {
  const home = await keptHome().catch(() => null), feed = $(".feed");
  if (home && home.member === (me() ?? null) && home.cards.length) {
    offset = home.offset;
    Object.assign($("#kept-note time"), { className: "ago", dateTime: new Date(home.stored + home.offset).toISOString() });
    $("#kept-note").hidden = feed.hidden = false;
    $("#none-note").hidden = true;
    addCards(feed, home.cards.map(keptCard));
    setTimeout(() => location.reload(), Math.max(0, home.stored + keptDay - Date.now()));
  }
  $("#again").addEventListener("click", comeBack);
  addEventListener("online", comeBack);
  let wait = 2000;
  const look = async () => {
    if (!document.hidden && await reached()) { comeBack(); return; }
    setTimeout(look, wait = Math.min(30_000, wait * 1.5));
  };
  setTimeout(look, wait);
}

const reached = () => fetch("/manifest.webmanifest", { cache: "no-store" }).then((r) => r.ok, () => false);

// comeBack opens the page that was asked for, unless somebody is writing: then it says that the connection is back.
function comeBack(e) {
  if (e?.type === "click" || !area.value.trim()) { location.reload(); return; }
  put($("#offline-note"), t("The connection is back."));
  announce(t("The connection is back."));
}

// onward does what has to wait until the page stands.
async function onward() {
  if (!canKeep) return;
  if (isShell) await shellShows();
  else await seen().catch(() => {});
  await nowWaiting();
  await waiting();
  addEventListener("online", sendWaiting);
  await installed().catch(() => {}); // a browser may refuse: then the pages work as ever
}

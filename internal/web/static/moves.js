// ---- the page moves with the world: what waits behind the pill, what is gone, numbers that change

// what is on this page, and of whom: home, following, by:HANDLE, replies:HANDLE, thread:UUID, notifications, talk:HANDLE
// or talks. Only first pages say so.
const [what, whose = ""] = (root.dataset.shows ?? "").split(":");
const fresh = new Map(); // what waits behind the pill: cruds, and by whom they are
let away = false, noted = 0, above = false, freshButton = null, missing = null;

const sameHandle = (a, b) => a.toLowerCase() === b.toLowerCase();
const cardOf = (uuid) => document.getElementById(`crud-${uuid}`);
const uuidOf = (crud) => crud.id.replace("crud-", "");
const present = (within = document) => $$(".feed .crud:not(.gone)", within);

// belongs reports whether a new crud belongs on this page.
function belongs({ handle, parent, root: top, followed, feed }) {
  switch (what) {
    case "home": return !top && feed !== "following";
    case "following": return !top && followed;
    case "by": return !top && sameHandle(handle, whose);
    case "replies": return Boolean(top) && sameHandle(handle, whose);
    case "thread": return parent === whose || fresh.has(parent) || Boolean(parent && cardOf(parent)?.matches(".in, .alone ~ .crud"));
  }
  return false;
}

const moves = {
  new(crud) {
    if (cardOf(crud.uuid) || fresh.has(crud.uuid) || !belongs(crud)) return;
    fresh.set(crud.uuid, crud.handle);
    showPill();
  },
  gone({ uuid, handle, feed }) {
    if (feed === "home" && what !== "home" && !location.pathname.startsWith("/tags/")) return;
    if (uuid) goneCrud(uuid);
    else goneMember(handle);
    showPill();
  },
  counts: numbersOf,
  unread(numbers) {
    clearTimeout(badges.timer); // of several that come together, the newest
    badges.timer = setTimeout(badges, 100, numbers);
  },
  message({ handle }) {
    if (what === "talk" && sameHandle(handle, whose)) talkMoves();
    else if (what === "talks") { noted = 1; showPill(); }
  },
  reload({ reason }) { missing = missing === "sight" ? missing : reason; catchUp(); },
};

// ---- the pill

function pillText() {
  const n = fresh.size;
  if (away) return t("New since you were away");
  if (what === "notifications" && noted) return t("{n} new notifications", { n: noted });
  if (what === "talks" && noted) return t("New messages");
  if (n) return what === "thread" || what === "replies" ? t("{n} new replies", { n }) : t("{n} new cruds", { n });
  return above ? t("To the newest cruds") : "";
}

// showPill says how much is new. A screen reader is told at most every half minute.
function showPill() {
  const text = pillText();
  if (!freshButton && !text) return;
  if (!freshButton) {
    freshButton = make("button", { type: "button", className: "fresh" });
    freshButton.addEventListener("click", showFresh);
    const bar = make("div", { className: "fresh-bar" });
    bar.append(freshButton);
    const list = $("main :is(.feed, .notes, .talk-lines)"); // below the form, so that nobody is kept from writing
    list ? list.before(bar) : $("main").prepend(bar);
  }
  if (!text && document.activeElement === freshButton) $("main").focus({ preventScroll: true });
  freshButton.hidden = !text;
  put(freshButton, text);
  if (!fresh.size && !away && !noted) return;
  showPill.timer ??= setTimeout(() => {
    if (!freshButton.hidden) announce(freshButton.textContent, "fresh");
    showPill.last = Date.now();
    showPill.timer = undefined;
  }, Math.max(0, (showPill.last ?? 0) + 30_000 - Date.now()));
}

function toTop() {
  above = false;
  showPill();
  scrollTo({ top: 0, behavior: calm.matches ? "instant" : "smooth" });
}

// showFresh is a press of the pill. More than a page of new cruds is a new page.
async function showFresh() {
  if (above && !fresh.size && !away) { toTop(); return; }
  if (showFresh.busy) return;
  showFresh.busy = true;
  freshButton.setAttribute("aria-busy", "true");
  const whole = away || what === "talks" || fresh.size > 20, page = whole ? null : await readAgain();
  const top = scrollY < 50;
  if (page?.doc && (what === "notifications" ? newNotes(page.doc) : insert(page.doc))) {
    fresh.clear();
    noted = 0;
    above = !top && what !== "thread";
    if (top) toTop();
    else showPill();
  } else if (whole || page?.doc) {
    scrollTo({ top: 0, behavior: "instant" });
    location.reload();
  } else say(t("That did not work. Try again in a moment."));
  freshButton.removeAttribute("aria-busy");
  showFresh.busy = false;
}

addEventListener("scroll", () => {
  if (above && scrollY < 50) { above = false; showPill(); }
}, { passive: true });

// readAgain fetches this page, as the server renders it for this reader now. No doc and no status: nothing came; no doc:
// there is no such page any more.
async function readAgain(address = location.href) {
  const url = new URL(address);
  for (const key of ["notice", "draft", "waiting"]) url.searchParams.delete(key);
  if (me() && /^(home|following)$/.test(what)) url.searchParams.set("feed", what === "home" ? "everyone" : "following");
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" }, redirect: "manual" });
    if (answer.ok) return { status: answer.status, doc: new DOMParser().parseFromString(await answer.text(), "text/html") };
    return { status: answer.type === "opaqueredirect" ? 401 : answer.status };
  } catch { return { status: 0 }; }
}

// arrivals returns the cards of a page that are not on this one, each list with the card that it stands before, or
// null. In a feed what follows the last known card is older than this page.
function arrivals(doc) {
  const groups = [];
  let group = [], after = null;
  for (const card of $$(".feed .crud", doc)) {
    const here = document.getElementById(card.id);
    if (!here) { group.push(card); continue; }
    if (group.length) groups.push({ cards: group, after, before: here });
    [group, after] = [[], here];
  }
  if (group.length && what === "thread") groups.push({ cards: group, after, before: null });
  return groups;
}

// insert puts what is new at its place, without moving what is read. It reports whether it could.
function insert(doc) {
  const feed = $(".feed"), known = $$(".feed .crud", doc).some((card) => document.getElementById(card.id));
  if (!feed || !known) return false;
  const add = () => {
    const sum = $(".sum", doc), old = $(".sum", feed);
    if (sum && old) old.replaceWith(sum);
    else if (sum) feed.append(sum);
    for (const { cards, after, before } of arrivals(doc)) {
      const place = what === "thread" ? followerOf(after, feed) : before;
      addCards(feed, cards.map((card) => document.adoptNode(card)), place);
    }
  };
  if (scrollY < 50 && calm.matches) add();
  else steadily(add);
  return true;
}

// followerOf returns what a reply stands before that comes after a card. The form and the sum stay with the crud itself.
function followerOf(card, feed) {
  if (card && !card.matches(".alone")) return card.nextElementSibling;
  return $(".alone ~ .crud", feed);
}

function newNotes(doc) {
  const list = $(".notes"), lines = $(".notes", doc);
  if (!list || !lines) return false;
  list.replaceChildren(...[...lines.children].map((line) => document.adoptNode(line)));
  tick();
  toTop();
  return true;
}

// ---- what has changed: numbers, ends, badges

function showNumbers(crud, numbers) {
  for (const [name, n] of Object.entries(numbers)) {
    const b = $(`.do.${name}`, crud);
    if (b && !b.busy) showNumber(b, n);
  }
  if (!crud.matches(".alone")) return;
  const reposts = $(".stat-repost", crud), likes = $(".stat-like", crud);
  if (reposts && numbers.repost) put(reposts, t("{n} reposts", { n: numbers.repost }));
  if (likes && numbers.like) put(likes, t("{n} likes", { n: numbers.like }));
}

function numbersOf({ uuid, replies, reposts, likes, expires_at }) {
  const crud = cardOf(uuid);
  if (!crud || crud.matches(".gone")) return;
  if (likes !== undefined) showNumbers(crud, { reply: replies, repost: reposts, like: likes });
  else { missing ??= "numbers"; catchUp(); }
  const left = $("time.left", crud), fuse = $(".fuse-left", crud);
  if (!left || Date.parse(left.dateTime) === Date.parse(expires_at)) return;
  for (const time of [left, $(".facts span:nth-child(2) time", crud)]) if (time) time.dateTime = expires_at;
  fuse?.burning?.cancel();
  if (fuse) delete fuse.burning;
  tick();
}

function badges({ notifications, messages, answer }) {
  const text = (n) => n >= 100 ? "99+" : String(n);
  for (const a of $$('.menu a[href="/notifications"]')) {
    const bell = $(".bell", a), label = a.lastElementChild;
    for (const el of $$("b, .sr", a)) el.remove();
    if (!notifications) continue;
    const mark = make("b", { className: answer ? "count-new" : "dot-new", textContent: answer ? text(notifications) : "" });
    mark.setAttribute("aria-hidden", "true");
    bell.append(mark);
    label.append(make("span", { className: "sr", textContent: t(", {text} new", { text: text(notifications) }) }));
  }
  for (const a of $$('.menu a.desk[href="/messages"]')) {
    $(".badge", a)?.remove();
    if (!messages) continue;
    const badge = make("span", { className: "badge", textContent: text(messages) });
    badge.append(make("span", { className: "sr", textContent: ` ${t("unread")}` }));
    a.append(badge);
  }
  for (const label of $$('.menu a[href="/me"] > span')) {
    for (const el of $$(".sr, .dot", label)) el.remove();
    if (!messages) continue;
    const dot = make("span", { className: "dot" });
    dot.setAttribute("aria-hidden", "true");
    label.append(make("span", { className: "sr", textContent: t(", unread messages") }), dot);
  }
  document.title = (notifications && answer ? `(${text(notifications)}) ` : "") + document.title.replace(/^\(\d+\+?\) /, "");
  if (what === "notifications" && notifications) { noted = notifications; showPill(); }
}

// ---- catching up: after a gap, when the reader may see less than before, or when numbers must be fetched

// catchUp reads the page again, quietly. A hidden tab does it when it is seen.
export function catchUp() {
  if (document.hidden || !missing || catchUp.busy || catchUp.waits === missing) return;
  clearTimeout(catchUp.timer);
  catchUp.waits = missing;
  const wait = { numbers: Math.max(500, (catchUp.last ?? -30_000) + 30_000 - performance.now()), gap: performance.now() < 15_000 ? 0 : 3000 * Math.random() }[missing] ?? 0; // not all browsers at once
  catchUp.timer = setTimeout(async () => {
    const why = missing;
    [missing, catchUp.waits, catchUp.last] = [null, null, performance.now()];
    catchUp.busy = true;
    const done = await compareAll(why).catch(() => false);
    catchUp.busy = false;
    if (!done && why === "sight") { missing = why; setTimeout(catchUp, 5000); }
    else if (missing) catchUp();
  }, wait);
}

// compareAll looks for each card on the pages that the server shows now. It reports whether it could.
async function compareAll(why) {
  if (what === "talk") { await talkMoves(); return true; }
  if (why === "sight" && what === "notifications") return compareNotes();
  if (!$(".feed")) { if (why === "gap" && what) { away = true; showPill(); } return true; }
  const left = new Map(present().map((crud) => [crud.id, crud]));
  let address = location.href, oldest = "";
  for (let n = 0; address && left.size && n < 5; n++) {
    const { doc, status } = await readAgain(address);
    if (!doc && status !== 404 && status !== 401) return false;
    for (const card of doc ? $$(".feed .crud", doc) : []) {
      const crud = left.get(card.id);
      if (crud) showNumbers(crud, Object.fromEntries(["reply", "repost", "like"].map((name) => [name, Number($(`.do.${name} .n`, card)?.textContent || 0)])));
      left.delete(oldest = card.id);
    }
    if (doc && n === 0 && why === "gap") missedCruds(doc);
    const next = doc && $(".older a[rel=next]", doc);
    address = next ? new URL(next.getAttribute("href"), location.href).href : "";
  }
  const gone = [...left.values()].filter((crud) => !address || why === "sight" || what !== "following" && crud.id > oldest);
  if (gone.length) goneCards(gone, ({ id }) => gone.some((crud) => uuidOf(crud) === id));
  return true;
}

// compareNotes takes away the notifications that the server does not tell any more, or not so.
async function compareNotes() {
  const { doc } = await readAgain(), says = (note) => $$(".note-did a", note).map((a) => a.getAttribute("href")).join();
  if (!doc) return false;
  const there = new Set($$(".note", doc).map(says));
  for (const note of $$(".note:not(.gone)")) if (!there.has(says(note))) blank(note);
  return true;
}

// missedCruds: of a page that has just come it is known how much is new; later a reload is better.
function missedCruds(doc) {
  const cards = arrivals(doc).flatMap((group) => group.cards);
  if (!cards.length && $$(".feed .crud", doc).some((card) => document.getElementById(card.id))) return;
  if (performance.now() < 15_000 && cards.length && what) for (const card of cards) fresh.set(uuidOf(card), $(".who .dim", card).textContent.slice(1));
  else away = Boolean(what);
  showPill();
}

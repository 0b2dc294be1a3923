// ---- keyboard: single keys lead through every list. They can be switched off, in their list and in the settings
// (WCAG 2.2, 2.1.4); Page Up and Page Down always work, as the ARIA pattern of a feed has it.

const keysKey = "cruddur-keys";
const still = /^(radio|checkbox|button|submit|file)$/; // inputs into which nothing is typed
const typing = (el) => el.isContentEditable || /^(TEXTAREA|SELECT)$/.test(el.tagName) || el.tagName === "INPUT" && !still.test(el.type);

// items are what j and k lead through: the messages of an open conversation, or the entries of the page's lists.
const items = () => $(".talk") ? $$(".talk .msg") : $$("main :is(.crud, .note, .talk-line, .person)");
const item = () => items().find((el) => el.contains(document.activeElement));

// step gives the focus to the next entry, or from elsewhere to the first one on the screen.
function step(by) {
  const list = items(), at = list.indexOf(item());
  if (at >= 0) { reveal(list[at + by]); return; }
  const seen = list.findIndex((el) => el.getBoundingClientRect().top >= 0);
  reveal(by > 0 ? list[Math.max(0, seen)] : list.at(seen < 0 ? -1 : Math.max(0, seen - 1)));
}

// reveal gives the focus to an entry and shows it whole, or its beginning if it is too high, clear of the bars.
function reveal(el) {
  if (!el) return;
  if (!el.hasAttribute("tabindex")) el.tabIndex = -1;
  el.focus({ preventScroll: true });
  el.scrollIntoView({ block: el.offsetHeight > innerHeight / 2 ? "start" : "center", behavior: calm.matches ? "auto" : "smooth" });
}

function go(selector) { const a = $(selector); if (a) location.href = a.href; return Boolean(a); }

// openItem follows the link of an entry: a crud's, a conversation's, a member's, or what a notification is about.
function openItem(el) {
  const a = el && ($(".when[href]", el) ?? $$(".note-did a", el).at(-1) ?? (el.matches(".crud") ? null : $("a.who", el)));
  if (a) location.href = a.href;
}

// unfold opens what a content warning hides, or closes it.
function unfold(crud, open) {
  const folded = crud && $(".cw", crud);
  if (folded) folded.open = open ?? !folded.open;
}

function picturesKey() {
  const crud = current(), pic = crud && $("a.pic", crud);
  if (!pic) return;
  unfold(crud, true);
  pic.click();
}

function searchKey() {
  const field = $("input[type=search]");
  if (field) field.focus();
  else location.href = "/search";
}

// newest shows the newest cruds. Where some wait behind a button, that is pressed.
function newest() {
  const waiting = $("button.fresh:not([hidden])");
  if (waiting) waiting.click();
  else if (location.pathname === "/" && !location.search) { scrollTo(0, 0); location.reload(); }
  else location.href = "/";
}

const afterG = { h: "a.logo", n: '.menu a[href="/notifications"]', m: '.menu a[href="/messages"]', p: ".me-link", s: '.menu a[href="/settings"]' };
const keys = {
  j: () => step(1), k: () => step(-1),
  o: () => openItem(item()),
  r: replyKey,
  l: () => markKey("button.like"),
  b: () => markKey("button.repost"),
  x: () => unfold(current()),
  e: picturesKey,
  c: () => area && !form.matches("[data-reply]") ? area.focus() : go('.menu a[href="/compose"]'),
  ".": newest,
  "/": searchKey,
  "?": () => $("dialog.keys").showModal(),
};

// inFeed handles the keys of the ARIA pattern of a feed, and reports whether it has.
function inFeed(e) {
  const feed = e.target.closest?.(".feed");
  if (!feed || typing(e.target) || e.altKey || e.metaKey || e.shiftKey) return false;
  if (!e.ctrlKey && (e.key === "PageDown" || e.key === "PageUp")) {
    const list = $$(".crud", feed), at = list.indexOf(e.target.closest(".crud"));
    if (at < 0) return false;
    reveal(list[at + (e.key === "PageDown" ? 1 : -1)]);
    return true;
  }
  if (!e.ctrlKey || e.key !== "End" && e.key !== "Home") return false;
  const all = $$("a[href], button, input, select, textarea, summary, [tabindex='0']").filter((el) => !el.disabled && el.tabIndex >= 0 && el.checkVisibility());
  const place = e.key === "End" ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const outside = all.filter((el) => !feed.contains(el) && feed.compareDocumentPosition(el) & place);
  const to = e.key === "End" ? outside[0] : outside.at(-1);
  to?.focus();
  return Boolean(to);
}

let prefixed = 0; // when g was pressed

// single handles the single keys, and reports whether it has.
function single(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || e.getModifierState("AltGraph") || typing(e.target)) return false;
  if (e.repeat && e.key !== "j" && e.key !== "k") return false; // a key that is held likes once
  if (e.key === "Enter") {
    if (!items().includes(e.target)) return false;
    openItem(e.target);
    return true;
  }
  if (prefixed && Date.now() - prefixed < 1500 && Object.hasOwn(afterG, e.key)) {
    prefixed = 0;
    go(afterG[e.key]);
    return true;
  }
  prefixed = e.key === "g" ? Date.now() : 0;
  if (!Object.hasOwn(keys, e.key)) return false;
  keys[e.key]();
  return true;
}

function keyboard() {
  const boxes = $$("input.keys-on"), isOn = () => store.get(keysKey) !== "off";
  const show = () => { for (const box of boxes) box.checked = isOn(); };
  for (const box of boxes) {
    box.addEventListener("change", () => { store.set(keysKey, box.checked ? null : "off"); show(); });
  }
  addEventListener("storage", (e) => { if (e.key === keysKey || e.key === null) show(); });
  show();
  for (const open of $$(".keys-open")) {
    open.hidden = false;
    open.addEventListener("click", keys["?"]);
  }
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.isComposing || e.keyCode === 229 || $("dialog[open]")) return;
    if (inFeed(e) || isOn() && single(e)) e.preventDefault();
  });
}

// ---- drafts: typed text stays in this browser until it is posted. Each tab writes its own draft; drafts of
// closed tabs are offered under the form. Drafts expire too.

const draftPrefix = "cruddur-draft:", mostDrafts = 20, draftLife = 30 * 86_400_000;

function parsed(json) {
  try { return JSON.parse(json); } catch { return null; }
}

// readDraft returns a draft by its id, or nothing if it is not a draft or too old.
function readDraft(id) {
  const d = id && parsed(store.get(draftPrefix + id));
  const right = d && typeof d.text === "string" && typeof d.by === "string" && Date.now() - d.at < draftLife;
  return right ? { ...d, id } : null;
}

const dropDraft = (id) => store.set(draftPrefix + id, null);

// draftsOf lists a member's drafts, newest first, and removes those that have expired or exceed the limit.
function draftsOf(member) {
  const all = [];
  for (const key of store.keys()) {
    if (!key.startsWith(draftPrefix)) continue;
    const d = readDraft(key.slice(draftPrefix.length));
    if (d?.text.trim()) all.push(d);
    else if (!d || Date.now() - d.at > 60_000) store.set(key, null); // an emptied one has told the other tabs
  }
  all.sort((a, b) => b.at - a.at);
  for (const d of all.splice(mostDrafts)) dropDraft(d.id);
  return all.filter((d) => d.by === member);
}

// The signed-in member; a form that came back because the session ended still belongs to the draft's author.
const self = () => $(".me .me-link")?.pathname ?? root.dataset.self;
const author = () => self() ?? readDraft(form.elements.draft.value)?.by;

// A tab remembers the draft of each member that it shows, and what it has posted, by id and a checksum of the text.
// What a draft is for: a new crud, or a reply to one.
const aim = () => form.getAttribute("action");
const aimOf = (d) => d.to ?? "/compose";
const tabKey = (member) => `cruddur-draft ${member}${form && aim() !== "/compose" ? ` ${aim()}` : ""}`;
const sum = (text) => [...text.trim()].reduce((h, c) => Math.imul(h ^ c.codePointAt(0), 16777619), 2166136261) >>> 0;
const postedHere = () => parsed(tabStore.get("cruddur-posted")) ?? [];
const freshId = () => crypto.getRandomValues(new Uint32Array(3)).reduce((id, n) => id + n.toString(36), "");

function keepDraft() {
  const by = author(), id = form.elements.draft.value;
  if (!by) return;
  tabStore.set(tabKey(by), id);
  // An empty draft is written too: a duplicated tab, which has the same draft, must see the difference.
  store.set(draftPrefix + id, JSON.stringify({ by, to: aim(), text: area.value, ttl: form.elements.ttl?.value ?? "", warning: warning(), at: Date.now() }));
  put($(".kept", form), area.value.trim() && store.get(draftPrefix + id) !== null ? t("draft kept") : "");
}

// warning is the content warning in the form, where it has one.
const warning = () => form.elements.content_warning?.value;

// show puts a draft into the form; without a content warning of its own it has that of the form, which a reply takes
// over from what it answers.
function show(id, text, ttl, warned) {
  form.elements.draft.value = id;
  area.value = text;
  const field = form.elements.content_warning;
  if (field) {
    field.value = warned ?? field.defaultValue;
    field.closest("details").open = field.value !== "";
  }
  const pick = ttl && $$('input[name="ttl"]', form).find((r) => r.value === ttl);
  if (pick) pick.checked = true;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

// settle empties the form if Back restored a posted text, from bfcache or by refilling the form.
function settle() {
  if (!form) return;
  const id = form.elements.draft.value, list = postedHere();
  const back = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (list.some((p) => p.id === id || back && area.value && p.sum === sum(area.value))) show(freshId(), "");
  offer();
}

// notePosted forgets the draft that was posted.
function notePosted(id) {
  const d = readDraft(id);
  tabStore.set("cruddur-posted", JSON.stringify([{ id, sum: d ? sum(d.text) : 0 }, ...postedHere()].slice(0, mostDrafts)));
  dropDraft(id);
  history.replaceState(null, "", location.pathname + location.hash);
}

function drafts() {
  if (root.dataset.posted) notePosted(root.dataset.posted);
  if (!form) return;
  const id = form.elements.draft, by = author(), kept = by && readDraft(tabStore.get(tabKey(by)));
  form.addEventListener("input", () => { keepDraft(); preview(); });
  if (kept?.by === by && kept?.text && (area.value === "" || area.value === kept.text)) show(kept.id, kept.text, kept.ttl, kept.warning);
  else if (area.value) keepDraft();
  addEventListener("storage", (e) => {
    if (e.key === draftPrefix + id.value) elsewhere(parsed(e.oldValue), parsed(e.newValue));
    offer();
  });
  settle();
}

// elsewhere reacts when another tab has changed this tab's draft: if it was posted or discarded, the same text
// is removed here too; if it was edited, each tab has its own draft from now on.
function elsewhere(was, is) {
  if (!area.value) return;
  if (!is && was?.text.trim() === area.value.trim()) show(freshId(), "");
  else if (is?.text !== area.value) show(freshId(), area.value, undefined, warning());
}

// offer lists the drafts of closed or crashed tabs under the form: for a reply those to the same crud, for a new crud
// all of them, because what was answered may be gone, but no private message.
function offer() {
  let box = $(".drafts", form);
  const list = draftsOf(self()).filter((d) => d.id !== form.elements.draft.value && (aimOf(d) === aim() || aim() === "/compose" && !aimOf(d).startsWith("/messages/")));
  if (!box && list.length) {
    box = make("section", { className: "drafts" });
    box.setAttribute("aria-label", t("Unsent drafts"));
    $(".compose-body", form).append(box);
  }
  box?.replaceChildren(
    make("p", { textContent: t("{n} unsent drafts", { n: list.length }) }),
    ...list.map((d) => {
      const item = make("div", { className: "draft" });
      item.append(make("span", { className: "draft-text", dir: "auto", textContent: d.text }),
        press(t("Restore"), () => { show(d.id, d.text, d.ttl, d.warning); offer(); area.focus(); }),
        press(t("Discard"), () => { dropDraft(d.id); offer(); area.focus(); }));
      return item;
    }));
  if (box) box.hidden = list.length === 0;
}

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

function press(text, act) {
  const b = make("button", { type: "button", className: "linkish", textContent: text });
  b.addEventListener("click", act);
  return b;
}

// forget deletes a member's drafts when they sign out or delete their account: the next user of this machine
// must not find them. A session that expires leaves them for the member's next session.
function forget() {
  const drop = (member) => {
    for (const d of draftsOf(member)) dropDraft(d.id);
    tabStore.set(tabKey(member), null);
    tabStore.set("cruddur-posted", null);
  };
  const leave = () => { tabStore.set("cruddur-leaving", self()); tabStore.set("cruddur-left", me() ?? null); };
  for (const f of $$('form[action="/signout"]')) f.addEventListener("submit", () => { drop(self()); leave(); });
  for (const f of $$('form[action="/settings/delete"]')) f.addEventListener("submit", leave);
  const leaving = tabStore.get("cruddur-leaving"), left = tabStore.get("cruddur-left");
  if (!leaving || isShell) return;
  tabStore.set("cruddur-leaving", null);
  tabStore.set("cruddur-left", null);
  if (self() || !/^(farewell|signedout)$/.test(new URLSearchParams(location.search).get("notice"))) return;
  drop(leaving);
  if (left && canKeep) forgetMember(left).catch(() => {}); // the service worker does so too
}

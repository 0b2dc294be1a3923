// ---- what ends or is gone: its text goes at once, its place keeps its height until the reader is elsewhere

// over leaves a notification's place as it was, and takes away what it says.
function over(note) {
  note.style.minHeight = `${note.offsetHeight}px`;
  delete note.dataset.ends;
  note.className = "note gone dim";
  note.textContent = t("ended");
  leaving.observe(note);
}

// expire removes the text but keeps the row and its height, so that nothing moves.
function expire(crud) {
  crud.style.height = `${crud.getBoundingClientRect().height}px`;
  crud.classList.add("gone");
  const text = $(".say", crud), folded = $(".cw", crud);
  if (folded && text) {
    text.id = $("summary", folded).id;
    folded.replaceWith(text);
  }
  if (text) text.textContent = t("This crud has ended.");
  for (const b of $$(".do, .pics", crud)) b.remove();
  leave(crud);
  if (canKeep) keptHome().catch(() => {}); // nor is it kept any longer
}

// leaving takes away what is gone once nobody sees it, and the page does not move under a finger. What a page is about
// stays.
const unseenGone = new Set();
const leaving = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) isIntersecting ? unseenGone.delete(target) : unseenGone.add(target);
  rest();
});

function leave(el) {
  if (!el.matches(".alone")) leaving.observe(el);
}

function rest() {
  clearTimeout(rest.timer);
  if (unseenGone.size) rest.timer = setTimeout(clearGone, 200);
}

addEventListener("scroll", () => { if (unseenGone.size) rest(); }, { passive: true });

function clearGone() {
  const feeds = new Set();
  steadily(() => {
    for (const el of unseenGone) {
      if (el.contains(document.activeElement)) continue; // it leaves when the focus does
      unseenGone.delete(el);
      leaving.unobserve(el);
      feeds.add(el.closest("[role=feed]"));
      el.remove();
    }
  });
  for (const feed of feeds) if (feed) number(feed);
}

document.addEventListener("focusout", () => { if (unseenGone.size) rest(); });

// steadily changes what is outside of the screen. What is read stays where it is, to the pixel.
export function steadily(change) {
  const bar = innerWidth < 736 ? $(".rail").offsetHeight : 60;
  const read = $$(":is(.feed, .notes) > *").find((el) => !unseenGone.has(el) && el.getBoundingClientRect().bottom > bar), before = read?.getBoundingClientRect().top;
  change();
  const moved = read?.isConnected ? read.getBoundingClientRect().top - before : 0;
  if (moved) scrollBy({ top: moved, behavior: "instant" });
}

// ---- what others have taken away

// blank takes away what something says, and leaves its place.
function blank(el) {
  const focused = el.contains(document.activeElement);
  el.style.height = `${el.getBoundingClientRect().height}px`;
  el.classList.add("gone", "removed");
  el.replaceChildren(make("p", { className: "say dim", textContent: t("Gone.") }));
  for (const name of ["aria-labelledby", "aria-describedby", "data-ends"]) el.removeAttribute(name);
  if (focused) el.focus({ preventScroll: true });
  leave(el);
}

function goneCrud(uuid) {
  fresh.delete(uuid);
  goneCards([cardOf(uuid)].filter(Boolean), ({ id }) => id === uuid);
  for (const el of $$(`:is(.soon li, .note):has(a[href*="/status/${uuid}"])`)) blankLine(el);
}

// goneMember takes away what a member has written, and what names them in lists.
function goneMember(handle) {
  for (const [uuid, by] of fresh) if (sameHandle(by, handle)) fresh.delete(uuid);
  const theirs = (el) => $$("a[href]", el).some((a) => !a.closest(".say") && new RegExp(`^/(messages/)?@${handle}(/|$)`, "i").test(a.pathname));
  goneCards(present().filter(theirs), ({ by }) => sameHandle(by, handle));
  for (const el of $$(".soon li, .note:not(.gone), .talk-line, .side .person").filter(theirs)) blankLine(el);
  if (what === "talk" && sameHandle(handle, whose)) $(".msgs")?.replaceChildren();
}

function blankLine(el) {
  if (el.matches(".note")) { blank(el); return; }
  el.style.height = `${el.getBoundingClientRect().height}px`;
  el.replaceChildren();
}

// goneCards takes away cards and, on the page of a conversation, what hangs on them. Nor is it kept for later.
function goneCards(cards, match) {
  const all = new Set(cards), list = present(), thread = $(".feed.single");
  const depth = (crud) => crud.matches(".up") ? -2 : crud.matches(".alone") ? -1 : Number(/\bd(\d)\b/.exec(crud.className)?.[1] ?? 0);
  for (const crud of thread ? cards : []) {
    for (const below of list.slice(list.indexOf(crud) + 1)) {
      if (depth(crud) > -2 && depth(below) <= depth(crud)) break;
      all.add(below);
    }
  }
  for (const crud of all) if (!crud.matches(".removed")) dropCard(crud);
  if (canKeep) dropKept((card) => match({ id: card.id.replace("crud-", ""), by: card.handle.replace(/^@/, "") })).catch(() => {});
}


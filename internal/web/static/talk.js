// ---- liking, reposting, following: shown at once, and taken back with a message if the server does not agree

let toastTimer = 0;

// say shows a message for a while; a screen reader reads it out.
function say(text) {
  announce(text, "toast");
  const toast = $(".toast");
  toast.textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.textContent = ""; }, 6000);
}

// why puts a failure into words.
function why(status) {
  if (status === 0) return navigator.onLine === false ? t("You are offline.") : t("The server cannot be reached.");
  if (status === 401) return t("You are signed out. Sign in first.");
  if (status === 404) return t("It has ended, or is gone.");
  if (status === 429) return t("Too many in a short time. Wait a little.");
  return t("That did not work. Try again in a moment.");
}

// ask sends a form as a script does, and returns the answer, or the status if it failed (0: none came).
async function ask(path) {
  try {
    const r = await fetch(path, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams() });
    if (!r.ok) return { status: r.status };
    return { status: 200, body: await r.json() };
  } catch { return { status: 0 }; }
}

const pressed = (b) => b.getAttribute("aria-pressed") === "true";

// address is where a button's form goes to switch it on or off.
const address = (b, on) => b.getAttribute("formaction").replace(/\/(un)?([a-z]+)$/, on ? "/$2" : "/un$2");

// turn shows a button as on or off. Its address does the opposite the next time.
function turn(b, on) {
  if (pressed(b) === on) return;
  b.setAttribute("aria-pressed", String(on));
  b.setAttribute("formaction", address(b, !on));
  const text = $(".follow-text", b);
  if (text) { put(text, on ? t("button: Following") : t("Follow")); b.classList.toggle("ghost", on && b.matches(".button")); }
}

const markNumber = (b) => Number($(".n", b)?.textContent || 0);
const showNumber = (b, n) => { const el = $(".n", b); if (el) put(el, n > 0 ? String(n) : ""); };

// toggle does what a button says. A second press while the first is on its way waits: the last one counts.
async function toggle(b) {
  turn(b, !pressed(b));
  showNumber(b, markNumber(b) + (pressed(b) ? 1 : -1));
  if (b.busy) return;
  b.busy = true;
  for (let stored = !pressed(b); stored !== pressed(b);) {
    const wanted = pressed(b), { status, body } = await ask(address(b, wanted));
    if (status !== 200) {
      if (pressed(b) !== stored) { // take it back
        turn(b, stored);
        showNumber(b, markNumber(b) + (stored ? 1 : -1));
      }
      say(b.classList.contains("follow") ? t("Not followed: {reason}", { reason: why(status) }) : t("Not saved: {reason}", { reason: why(status) }));
      break;
    }
    stored = wanted;
    if (pressed(b) === stored) agree(b, body);
  }
  b.busy = false;
}

// agree shows the numbers that the server has answered.
function agree(b, body) {
  const crud = b.closest(".crud");
  if (!b.classList.contains("follow")) {
    showNumber($(".do.like", crud), body.likes);
    showNumber($(".do.repost", crud), body.reposts);
    return;
  }
  const followers = $("a.followers");
  if (followers && followers.pathname === `${owner(b)}/followers` && followers.dataset.more === undefined) {
    const [before, after] = t("{n} followers", { n: body.followers }).split(body.followers);
    followers.replaceChildren(before, make("b", { textContent: body.followers }), after);
  }
  // The same member may stand on the page several times.
  for (const other of $$("button.follow")) if (other !== b && owner(other) === owner(b)) turn(other, pressed(b));
}

const owner = (b) => b.getAttribute("formaction").replace(/\/[a-z]+$/, "");

function talking() {
  document.addEventListener("submit", (e) => {
    if (e.target.id !== "marks" || !e.submitter) return;
    e.preventDefault();
    toggle(e.submitter);
  });
  // A menu closes when the reader goes elsewhere.
  const close = (but) => { for (const d of $$("details.more[open]")) if (d !== but) d.open = false; };
  document.addEventListener("click", (e) => close(e.target.closest?.("details.more")));
  document.addEventListener("keydown", (e) => {
    const menu = e.key === "Escape" && $("details.more[open]");
    if (menu) { menu.open = false; $("summary", menu).focus(); }
  });
  document.addEventListener("toggle", (e) => {
    if (e.target.matches?.("details.more") && e.target.open) copying(e.target);
  }, true);
}

// copying adds "Copy link" to a menu, for only a script can do it.
function copying(menu) {
  const list = $(".more-list", menu), open = $("a", list);
  if (!navigator.clipboard || $(".copy", list)) return;
  const b = make("button", { type: "button", className: "copy", textContent: t("Copy link") });
  b.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(open.href);
      say(t("The link is copied."));
    } catch { say(t("The link could not be copied.")); }
    menu.open = false;
    $("summary", menu).focus();
  });
  open.after(b);
}

// current is the crud that a key is about: the one with the focus, or the one of the page.
const current = () => document.activeElement?.closest?.(".crud") ?? $(".crud.alone");

function replyKey() {
  const crud = current();
  if (!crud) return;
  if (crud.matches(".alone") && area && form.matches("[data-reply]")) { area.focus(); return; }
  const a = $("a.reply", crud);
  if (a) location.href = a.href;
}

function markKey(selector) {
  const b = $(selector, current() ?? document.createElement("p"));
  b?.click();
}

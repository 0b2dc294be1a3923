// What the pages do beyond HTML. Everything works without this file.

const root = document.documentElement;
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const $ = (selector, within = document) => within.querySelector(selector);

// Storage may be switched off, full or cleared at any time.
const storage = (name) => ({
  get(key) { try { return window[name].getItem(key); } catch { return null; } },
  set(key, value) { try { value === null ? window[name].removeItem(key) : window[name].setItem(key, value); } catch { /* then nothing is stored */ } },
  keys() { try { return Object.keys(window[name]); } catch { return []; } },
});
const store = storage("localStorage"), tabStore = storage("sessionStorage");

// ---- words: the server puts `words` before this file, in the language of the page

const plurals = new Intl.PluralRules(words.tag);

// t returns a text in the page's language. What stands in braces is replaced by a value; n chooses the plural.
export function t(english, values = {}) {
  let text = words.texts[english] ?? english;
  if (typeof text === "object") text = text[plurals.select(values.n)] ?? text.other;
  return text.replace(/(@?)\{(\w+)\}/g, (all, at, name) => name in values ? isolated(at + values[name]) : all);
}

// isolated gives what comes into a text that is written from right to left a direction of its own, as the server does.
const isolated = (text) => words.direction === "rtl" ? `\u2068${text}\u2069` : text;

// ---- counting and counting down: the same rules as in Go (text_test.go compares them)

// unseen matches an invisible text, which the server treats as blank.
const unseen = /^[\p{White_Space}\p{Cc}\p{Cf}\p{Mn}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufffc\u{1d159}\u{13441}\u{13442}]*$/u;

// count returns the number of code points of a message after the server has trimmed it.
export function count(text) {
  if (unseen.test(text)) return 0;
  return [...text.replace(/\r+\n/g, "\n").replace(/^[\p{White_Space}\p{Cc}\u200b\u2060\ufeff]+|[\p{White_Space}\p{Cc}\u200b\u2060\ufeff]+$/gu, "")].length;
}

const hours = (n) => t("{n}h", { n }), minutes = (n) => t("{n}m", { n });

// countdown formats ms milliseconds, rounded down, in at most two units, and shows
// seconds in the last five minutes (internal/lang/testdata/countdown.json).
export function countdown(ms) {
  if (ms <= 0) return t("expired");
  const min = 60_000, units = (large, one, small, other) => [large && one(large), small && other(small)].filter(Boolean).join(" ");
  if (ms < 5 * min) {
    const s = Math.ceil(ms / 1000);
    return units(Math.floor(s / 60), minutes, s % 60, (n) => t("{n}s", { n }));
  }
  const m = Math.floor(ms / min);
  if (m < 1440) return units(Math.floor(m / 60), hours, m % 60, minutes);
  const h = Math.floor(m / 60);
  return units(Math.floor(h / 24), (n) => t("{n}d", { n }), h % 24, hours);
}

// change returns how long the text of countdown stays correct, in whole milliseconds.
export function change(ms) {
  const min = 60_000;
  return ms < 5 * min ? ms % 1000 || 1000 : ms % (ms < 1440 * min ? min : 60 * min) + 1;
}

// ago formats how long ago something was, the same way (internal/lang/testdata/ago.json).
export function ago(ms) {
  const min = Math.floor(ms / 60_000);
  if (min < 1) return t("now");
  if (min < 60) return t("{n}m ago", { n: min });
  if (min < 1440) return t("{n}h ago", { n: Math.floor(min / 60) });
  return t("{n}d ago", { n: Math.floor(min / 1440) });
}

const exact = new Intl.DateTimeFormat(words.tag, { dateStyle: "full", timeStyle: "short" });
const two = (n) => String(n).padStart(2, "0");

// clock formats a time of day in the reader's zone.
const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;

// day formats a time as "Tue 24 Nov, 20:04" in the reader's zone, or by another pattern of the language. The names are
// those of the server, because browsers have others.
export function day(time, pattern = words.dayTime) {
  const date = new Date(time);
  const values = { weekday: words.weekdays[date.getDay()], day: date.getDate(), month: words.months[date.getMonth()], time: clock(date) };
  return pattern.replace(/\{(\w+)\}/g, (all, name) => values[name]);
}

// The server's clock decides; this is the offset of the reader's clock when the page arrived.
const arrived = performance.getEntriesByType("navigation")[0]?.responseStart;
let offset = root.dataset.now ? Number(root.dataset.now) - (arrived ? performance.timeOrigin + arrived : Date.now()) : 0;
const now = () => Date.now() + offset;

// A page that was fetched ahead, when its link was pressed, is as old as the press was long. The page before has left the
// difference of the clocks, which tells; what is older than a moment is fetched anew, because cruds may be gone since.
const clocks = Number(tabStore.get("cruddur-clocks") ?? NaN), ahead = performance.getEntriesByType("navigation")[0]?.deliveryType === "navigational-prefetch";
if (ahead && root.dataset.now) {
  const age = clocks - (Number(root.dataset.now) - Date.now());
  if (age < 2000) offset = clocks;
  else location.reload();
} else if (root.dataset.now) tabStore.set("cruddur-clocks", String(offset));

// ---- one timer for all the times of a page

function put(el, text, title) {
  if (el.textContent !== text) el.textContent = text;
  if (title && el.title !== title) el.title = title;
}

function tick() {
  const at = now();
  let next = 30_000;
  for (const el of $$("time.left")) {
    const end = Date.parse(el.dateTime), left = end - at;
    const crud = el.closest(".crud"), head = el.closest(".talk-head");
    const text = countdown(left);
    put(el, left > 0 ? crud ? text : t("{leftText} left", { leftText: text }) : crud ? t("ended") : text, exact.format(end));
    el.classList.toggle("hot", left < 300_000);
    if (left > 0) next = Math.min(next, change(left) + 1);
    if (!crud && !head) continue;
    (crud ?? head).classList.toggle("warm", left < 3_600_000);
    burn($(".fuse-left", crud ?? head), end - Date.parse(el.dataset.from), left);
    if (crud && left <= 0 && !crud.classList.contains("gone")) expire(crud);
  }
  for (const el of $$("time.ago")) {
    const when = Date.parse(el.dateTime);
    put(el, ago(at - when), exact.format(when));
  }
  for (const el of $$(".note[data-ends]")) {
    const left = Date.parse(el.dataset.ends) - at;
    if (left > 0) next = Math.min(next, left + 1);
    else over(el);
  }
  for (const el of $$("time.at")) put(el, day(Date.parse(el.dateTime)), exact.format(Date.parse(el.dateTime)));
  next = Math.min(next, ending(at));
  preview();
  clearTimeout(tick.timer);
  if (!document.hidden) tick.timer = setTimeout(tick, Math.max(50, next));
}

// burn lets a fuse burn by itself: one animation for its whole life, so no timer moves it. It has a step for each pixel,
// so nothing is drawn between two of them; with reduced motion it has one a minute. In the last hour its colour warms.
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function burn(fuse, life, left) {
  if (!fuse || !(life > 0)) return;
  if (!fuse.burning) {
    const width = fuse.ownerSVGElement.clientWidth * devicePixelRatio, most = Math.ceil(life / 60_000);
    const steps = Math.max(1, calm.matches ? most : Math.ceil(width));
    const warm = Math.max(0, 1 - 3_600_000 / life);
    fuse.setAttribute("width", 100);
    fuse.burning = fuse.animate([
      { offset: 0, transform: "scaleX(1)" },
      { offset: warm, fill: "var(--fuse)" },
      { offset: 1, transform: "scaleX(0)", fill: "var(--warm)" },
    ], { duration: life, easing: `steps(${steps})`, fill: "forwards" });
  }
  // The animation has its own clock, which stops while the machine sleeps.
  const at = Math.min(life, Math.max(0, life - left));
  if (Math.abs((fuse.burning.currentTime ?? 0) - at) > 1000) fuse.burning.currentTime = at;
}

calm.addEventListener("change", () => {
  for (const fuse of $$(".fuse-left")) { fuse.burning?.cancel(); delete fuse.burning; }
  tick();
});

// ---- composing

const form = $("form.compose"), area = form && $("textarea", form);

function preview() {
  const life = form && $('input[name="ttl"]:checked', form)?.dataset;
  const seconds = Number(life?.seconds);
  if (life?.end) put($("#ttl-hint"), t("gone {time}", { time: day(Date.parse(life.end)) }));
  else if (seconds) put($("#ttl-hint"), t("gone {time}", { time: day(now() + seconds * 1000) }));
}

function counters() {
  for (const el of $$(".count[data-most]")) {
    const field = el.dataset.for ? document.getElementById(el.dataset.for) : area;
    if (!field) continue;
    el.innerHTML = '<svg class="ring" viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="8"/><circle class="ring-left" cx="10" cy="10" r="8" pathLength="60"/></svg><span class="count-n"></span>';
    const most = Number(el.dataset.most), show = () => {
      const left = most - count(field.value);
      put($(".count-n", el), left < 0 ? t("{n} too many", { n: -left }) : t("{n} left", { n: left }));
      $(".ring-left", el).setAttribute("stroke-dasharray", `${Math.min(60, Math.max(0, left))} 60`);
      el.classList.toggle("shown", left <= 60);
      el.classList.toggle("near", left <= 20 && left >= 0);
      el.classList.toggle("over", left < 0);
    };
    field.addEventListener("input", show);
    show();
  }
}

// complain shows an error beside its field, as the server would, and moves the focus there.
function complain(field, text) {
  let p = document.getElementById(`${field.id}-error`);
  if (!p) {
    p = Object.assign(document.createElement("p"), { id: `${field.id}-error`, className: "error" });
    field.after(p);
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${p.id}`.trim());
  }
  p.textContent = text;
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

let sent = 0;

function composing() {
  if (!form) return;
  form.addEventListener("focusin", () => form.classList.add("open")); // on a phone it stays open, so that nothing moves under a finger
  form.addEventListener("submit", (e) => {
    const n = count(area.value);
    const most = Number($("#count-hint", form).dataset.most);
    if (n === 0 || n > most) {
      e.preventDefault();
      complain(area, n === 0 ? t("Write something first: it needs at least one character that people can see.") : t("That is longer than {n} characters.", { n: most }));
      return;
    }
    const warned = form.elements.content_warning;
    if (warned && count(warned.value) > Number($(".warn .count", form).dataset.most)) {
      e.preventDefault();
      warned.closest("details").open = true;
      complain(warned, t("A content warning has at most {n} characters.", { n: Number($(".warn .count", form).dataset.most) }));
      return;
    }
    // A second press within seconds is a mistake, not a second crud.
    if (Date.now() - sent < 5000) e.preventDefault();
    else sent = Date.now();
  });
  area.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && !e.isComposing) {
      e.preventDefault();
      form.requestSubmit();
    }
  });
}

// ---- light and dark

function themes() {
  document.addEventListener("submit", (e) => {
    const theme = e.target.matches("form.theme") && e.submitter?.value;
    if (!theme) return;
    e.preventDefault();
    const age = theme === "auto" ? 0 : 31_536_000, secure = location.protocol === "https:" ? ";Secure" : "";
    document.cookie = `cruddur-theme=${theme};Path=/;Max-Age=${age};SameSite=Lax${secure}`;
    theme === "auto" ? delete root.dataset.theme : (root.dataset.theme = theme);
    for (const b of $$("form.theme button")) b.setAttribute("aria-pressed", String(b.value === theme));
    if (canKeep) noteTheme(root.dataset.theme ?? "").catch(() => {});
  });
}

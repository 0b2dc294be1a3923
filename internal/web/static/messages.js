// ---- private messages

// ending takes messages away at their end, and returns how long it is until the next one.
function ending(at) {
  let next = Infinity;
  for (const el of $$("[data-end]")) {
    const left = Date.parse(el.dataset.end) - at;
    if (left > 0) next = Math.min(next, left + 1);
    else if (el.matches(".msg")) vanish(el);
    else { el.removeAttribute("data-end"); put(el, t("nothing alive right now")); }
  }
  return next;
}

// vanish removes a message, and the day above it if nothing is left of that.
function vanish(msg) {
  if (msg.contains(document.activeElement)) $(".talk-log").focus();
  const above = msg.previousElementSibling, below = msg.nextElementSibling;
  msg.remove();
  if (above?.matches(".msg-day") && !below?.matches(".msg, .msg-note")) above.remove();
}

// writing shows days and times in the reader's zone. The newest message is at the bottom, where the log begins.
function writing() {
  const list = $(".msgs");
  if (!list) return;
  let before = "", moved = false;
  for (const msg of $$(".msg", list)) {
    const at = new Date(msg.dataset.at), today = day(at, words.day);
    put($(".clock", msg), clock(at), exact.format(at));
    msg.title = t("ends {time}", { time: day(msg.dataset.end) });
    const above = msg.previousElementSibling?.matches(".msg-day") ? msg.previousElementSibling.textContent : "";
    moved ||= above !== (today === before ? "" : today);
    before = today;
  }
  if (!moved) return; // the reader's days are those of the server
  for (const el of $$(".msg-day", list)) el.remove();
  before = "";
  for (const msg of $$(".msg", list)) {
    const today = day(msg.dataset.at, words.day);
    if (today === before) continue;
    const line = make("li", { className: "msg-day" });
    line.append(make("span", { textContent: before = today }));
    msg.before(line);
  }
}

// talkMoves shows what is new in the open conversation, and takes away what is gone. It counts as read, so a hidden tab
// waits until it is seen.
async function talkMoves() {
  if (document.hidden) { missing ??= "gap"; return; }
  if (talkMoves.busy) { talkMoves.again = true; return; }
  talkMoves.busy = true;
  do {
    talkMoves.again = false;
    const { doc, status } = await readAgain();
    if (doc && $(".talk-page", doc)) showTalk(doc);
    else if (status === 404) $(".talk-page").replaceChildren();
  } while (talkMoves.again);
  talkMoves.busy = false;
}

function showTalk(doc) {
  const log = $(".talk-log"), page = $(".talk-page"), focused = page.contains(document.activeElement) ? document.activeElement : null;
  const read = Math.abs(log.scrollTop) < 40 ? null : $$(".msg", page).find((msg) => msg.getBoundingClientRect().bottom > log.getBoundingClientRect().top);
  const before = read?.getBoundingClientRect().top, list = $(".msgs", doc), first = list && $(".msg", list)?.id;
  const older = first ? $$(".msg", page).filter((msg) => msg.id < first) : [];
  let arrived = 0;
  for (const msg of list ? $$(".msg", list) : []) {
    const here = document.getElementById(msg.id);
    if (here) msg.replaceWith(here);
    else if (!msg.matches(".own")) arrived++;
  }
  list?.prepend(...older);
  page.replaceChildren(...[...$(".talk-page", doc).childNodes].map((node) => document.adoptNode(node)));
  const head = $(".talk-head"), fresh = $(".talk-head", doc);
  if (!$("details[open]", head) && !head.contains(document.activeElement)) head.replaceWith(document.adoptNode(fresh));
  for (const line of $$(".talk-line", doc)) {
    const here = $$(".talk-lines .talk-line").find((el) => $("a.who", el)?.pathname === $("a.who", line).pathname);
    if (here && !here.contains(document.activeElement)) here.replaceWith(document.adoptNode(line));
  }
  writing();
  tick();
  focused?.isConnected && focused.focus({ preventScroll: true });
  if (read?.isConnected) log.scrollTop += read.getBoundingClientRect().top - before;
  if (arrived) announce(t("{n} new messages", { n: arrived }), "talk");
}

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

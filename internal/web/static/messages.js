// ---- private messages

const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const date = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

// ending takes messages away at their end, and returns how long it is until the next one.
function ending(t) {
  let next = Infinity;
  for (const el of $$("[data-end]")) {
    const left = Date.parse(el.dataset.end) - t;
    if (left > 0) next = Math.min(next, left + 1);
    else if (el.matches(".msg")) vanish(el);
    else { el.removeAttribute("data-end"); put(el, "nothing alive right now"); }
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
    const at = new Date(msg.dataset.at), today = date.format(at);
    put($(".clock", msg), hour.format(at), exact.format(at));
    msg.title = `ends ${day(new Date(msg.dataset.end))}`;
    const above = msg.previousElementSibling?.matches(".msg-day") ? msg.previousElementSibling.textContent : "";
    moved ||= above !== (today === before ? "" : today);
    before = today;
  }
  if (!moved) return; // the reader's days are those of the server
  for (const el of $$(".msg-day", list)) el.remove();
  before = "";
  for (const msg of $$(".msg", list)) {
    const today = date.format(new Date(msg.dataset.at));
    if (today === before) continue;
    const line = make("li", { className: "msg-day" });
    line.append(make("span", { textContent: before = today }));
    msg.before(line);
  }
}

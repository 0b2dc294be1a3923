// ---- live: the stream of what is new, has gone and concerns the reader; one for all tabs of a browser (docs/live.md)

// The tab that holds the lock has the stream and passes on what comes. Each tab keeps the newest events, so that any of
// them can take over and tell another what it has missed.
const streamKinds = ["new", "gone", "counts", "unread", "message", "reload"], hiddenLife = 300_000, mostRecent = 300;
const tabId = Math.random();
let seenId = root.dataset.live ?? "", recent = [], recentFrom = seenId;
let channel = null, source = null, asking = null, release = null, tries = 0;

const streamName = () => `cruddur-live ${me() ?? ""}`;
const bootOf = (id) => id.split("-")[0], numberOf = (id) => Number(id.split("-")[1]);
const streamAddress = () => `/live?${new URLSearchParams({ after: seenId, member: me() ?? "" })}`;

function living() {
  if (!seenId) return;
  if ("BroadcastChannel" in window && navigator.locks) {
    channel = new BroadcastChannel(streamName());
    channel.onmessage = ({ data }) => passed(data);
  }
  document.addEventListener("visibilitychange", () => {
    clearTimeout(living.timer);
    if (document.hidden) living.timer = setTimeout(letGo, hiddenLife);
    else { take(); catchUp(); }
  });
  addEventListener("pagehide", letGo);
  addEventListener("pageshow", (e) => { if (e.persisted) take(); });
  document.addEventListener("submit", (e) => { if (e.target.getAttribute("action") === "/signout") endStream(true); });
  take();
}

// take asks for the stream, and for what other tabs know already.
export function take() {
  if (!seenId) return;
  if (!channel) { if (!source) connect(); return; }
  channel.postMessage({ hello: seenId, tab: tabId });
  if (asking) return;
  asking = new AbortController();
  navigator.locks.request(streamName(), { signal: asking.signal }, () => new Promise((done) => {
    release = done;
    if (!seenId) { done(); return; }
    channel.postMessage({ leads: true });
    connect();
  })).catch(() => { /* it has let go before it was its turn */ });
}

// letGo gives the stream to another tab.
export function letGo() {
  clearTimeout(later.timer);
  source?.close();
  source = null;
  asking?.abort();
  release?.();
  asking = release = null;
}

// endStream ends it for all tabs: the member has signed out, or may not read any more.
function endStream(tell) {
  if (tell) channel?.postMessage({ end: true });
  seenId = "";
  letGo();
}

function connect() {
  source = new EventSource(streamAddress());
  source.onopen = () => { tries = 0; };
  for (const kind of streamKinds) {
    source.addEventListener(kind, (e) => {
      const event = { kind, id: e.lastEventId, data: JSON.parse(e.data) };
      channel?.postMessage({ event });
      learn(event);
    });
  }
  source.onerror = () => { // a browser comes back by itself unless it was refused
    if (source?.readyState !== EventSource.CLOSED) return;
    source = null;
    later();
  };
}

// later tries again after a refusal, with growing pauses that differ between browsers. A way to the sign-in page means
// that the session has ended.
function later(atLeast = 0) {
  clearTimeout(later.timer);
  later.timer = setTimeout(async () => {
    const answer = await fetch(streamAddress(), { method: "HEAD", redirect: "manual" }).catch(() => null);
    if (!seenId || channel && !release) return;
    if (answer?.type === "opaqueredirect" || answer?.status === 404) endStream(true);
    else if (answer?.ok) connect();
    else later(Number(answer?.headers.get("Retry-After") ?? 0) * 1000);
  }, Math.max(atLeast, Math.min(60_000, 1000 * 2 ** tries++)) * (0.5 + Math.random()));
}

// passed handles what other tabs say.
function passed({ event, events, to, hello, tab, leads, end }) {
  if (!seenId) return;
  if (end) endStream(false);
  else if (leads) channel.postMessage({ hello: seenId, tab: tabId });
  else if (event) learn(event);
  else if (to === tabId) events.forEach(learn);
  else if (hello && release) channel.postMessage({ to: tab, events: missedSince(hello) });
}

// missedSince returns what came after an event; if that is not known here, that something is missing.
function missedSince(id) {
  if (bootOf(id) === bootOf(recentFrom) && numberOf(id) >= numberOf(recentFrom)) return recent.filter((e) => numberOf(e.id) > numberOf(id));
  return [{ kind: "reload", id: seenId, data: { reason: "gap" } }];
}

// learn takes in an event that this tab does not know yet.
function learn(event) {
  const same = bootOf(event.id) === bootOf(seenId);
  if (event.kind === "reload" && event.data.reason === "gap") [recent, recentFrom] = [[], event.id];
  else if (same && numberOf(event.id) <= numberOf(seenId)) return;
  else {
    recent.push(event);
    if (recent.length > mostRecent) recentFrom = recent.shift().id;
  }
  if (!same || numberOf(event.id) > numberOf(seenId)) seenId = event.id;
  moves[event.kind]?.(event.data);
}

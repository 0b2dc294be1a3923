// The service worker. Before this file stand, from the server: version, files (all of one set, by names that change with
// their content) and shells (the page without a connection, by language). It stores no page: pages may not be kept.

const cacheName = `cruddur-${version}`;
const posts = /^\/compose$|^\/@[^/]+\/status\/[^/]+\/reply$/, leaves = /^\/(signout|settings\/delete)$/;

// A new version comes whole or not at all, and takes over at once: pages come from the server anyway, so an old worker
// would only stand beside new pages. Those that are open keep their files, because the set before this one stays.
addEventListener("install", (e) => {
  skipWaiting();
  e.waitUntil(caches.open(cacheName).then((cache) => cache.addAll([...files, ...Object.values(shells)])));
});

addEventListener("activate", (e) => e.waitUntil((async () => {
  const old = (await caches.keys()).filter((name) => name.startsWith("cruddur-") && name !== cacheName);
  await Promise.all(old.slice(0, -1).map((name) => caches.delete(name)));
  await registration.navigationPreload?.enable();
  await clients.claim();
})()));

addEventListener("fetch", (e) => {
  const { method, mode, url } = e.request, { origin, pathname } = new URL(url);
  if (origin !== location.origin) return;
  if (method === "GET" && pathname.startsWith("/static/")) e.respondWith(file(e.request));
  else if (mode !== "navigate") return;
  else if (method === "GET") e.respondWith(page(e));
  else if (posts.test(pathname)) e.respondWith(post(e.request, pathname));
  else if (leaves.test(pathname)) e.respondWith(leave(e.request));
  else e.waitUntil(forgetHome()); // a block, a mute, a deletion: the page that is kept is out of date
});

const file = async (request) => await caches.match(request, { ignoreVary: true }) ?? fetch(request);

async function page(e) {
  e.waitUntil(tidy().catch(() => {}));
  try { return await e.preloadResponse ?? await fetch(e.request); } catch { return shell(); }
}

// tidy deletes from the disk what has ended.
async function tidy() {
  await keptHome();
  await kept("readwrite", (one, outbox) => {
    outbox.openCursor().onsuccess = (e) => {
      const at = e.target.result;
      if (at && Date.now() - at.value.at >= waitingLife) at.delete();
      at?.continue();
    };
  });
}

// shell is the page without a connection, in the reader's language and light.
async function shell() {
  const state = await keptState().catch(() => null);
  const address = shells[state?.language] ?? shells[navigator.languages.map((tag) => tag.split("-")[0]).find((tag) => shells[tag])] ?? Object.values(shells)[0];
  const found = await (await caches.open(cacheName)).match(address);
  if (!found) return Response.error();
  const headers = new Headers(found.headers);
  headers.delete("Content-Length");
  const text = await found.text();
  return new Response(/^(light|dark)$/.test(state?.theme) ? text.replace("<html ", `<html data-theme="${state.theme}" `) : text, { headers });
}

// post sends a crud or a reply. If that fails for want of a connection it is kept, with the key by which the server
// takes it once, and the reader sees that it waits.
async function post(request, path) {
  const copy = request.clone();
  try { return await fetch(request); } catch (failure) { if (request.signal.aborted) throw failure; } // stopped by the reader
  try {
    let item = itemOf(path, [...await copy.formData()], Date.now());
    if (!item) return shell();
    await alone(async () => {
      const same = (await waitingItems()).find((x) => x.id === item.id);
      if (same && fieldOf(same, "message") !== fieldOf(item, "message")) item = renamed(item); // a duplicated tab: both texts wait
      await kept("readwrite", (one, outbox) => { outbox.put(item); });
    });
    await registration.sync?.register("cruddur-outbox").catch(() => {});
    return Response.redirect(`/?waiting=${item.id}`, 303);
  } catch { return shell(); } // the text is still a draft
}

async function leave(request) {
  const state = await keptState().catch(() => null);
  await forgetHome().catch(() => {});
  const answer = await fetch(request);
  if (answer.type === "opaqueredirect" && state?.member) await forgetMember(state.member);
  return answer;
}

// sendAll sends what the member who is signed in has written, the oldest first. It reports whether something waits on.
async function sendAll() {
  let sent = 0, left = false;
  await alone(async () => {
    const member = (await keptState())?.member;
    for (const item of await waitingItems()) {
      if (!member || item.by !== member || item.state !== "waiting") continue;
      const late = outlived(item, Date.now()), { state, why, gone } = late ? { state: "refused" } : await sendOne(item);
      if (state === "sent") sent++;
      if (state === "waiting") { left = true; break; }
      await kept("readwrite", (one, outbox) => { state === "sent" ? outbox.delete(item.id) : outbox.put({ ...item, state, why, late, gone }); });
    }
  });
  for (const client of await clients.matchAll()) client.postMessage({ outbox: true, sent });
  return left;
}

async function sendOne(item) {
  const body = new FormData();
  for (const [name, value] of item.fields) body.append(name, value);
  let status = 0, answer = {};
  try {
    const r = await fetch(item.path, { method: "POST", headers: { Accept: "application/json" }, body });
    status = r.status;
    answer = await r.json();
  } catch { /* the status says what it was */ }
  return { state: verdict(status, answer.codes), why: answer.error ?? "", gone: status === 404 };
}

addEventListener("sync", (e) => e.waitUntil(sendAll().then((left) => { if (left) throw new Error("later"); })));

addEventListener("message", (e) => {
  if (e.data.send) e.waitUntil(sendAll());
  if (e.data.files) e.ports[0].postMessage(e.data.files.every((name) => files.includes(name)));
});

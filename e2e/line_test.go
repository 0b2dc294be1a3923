package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
)

// line is the connection between browsers and the server of a world. A connection that is taken away from a tab alone
// is not taken away from its service worker, so tests take it away here.
type line struct {
	down   atomic.Bool                  // every request is cut off
	losing atomic.Bool                  // forms are taken, and their answers lost
	server atomic.Pointer[http.Handler] // may be replaced by another version
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.losing.Load() && r.Method == http.MethodPost {
		(*l.server.Load()).ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	if l.down.Load() {
		panic(http.ErrAbortHandler)
	}
	(*l.server.Load()).ServeHTTP(w, r)
}

// installed waits until the service worker answers for the page.
func (b *tab) installed() {
	b.t.Helper()
	b.allow("ERR_EMPTY_RESPONSE")
	b.allow("ERR_CONNECTION")
	b.until(`navigator.serviceWorker.controller?.state === "activated"`)
}

// stored is everything that the browser keeps for the site, as text: tables, caches, storage.
func (b *tab) stored() string {
	b.t.Helper()
	return eval[string](b, `(async () => {
		const all = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})];
		for (const { name, version } of await indexedDB.databases()) {
			const db = await new Promise((done) => { indexedDB.open(name, version).onsuccess = (e) => done(e.target.result); });
			for (const table of db.objectStoreNames) all.push(table + ": " + JSON.stringify(await new Promise((done) => { db.transaction(table).objectStore(table).getAll().onsuccess = (e) => done(e.target.result); })));
			db.close();
		}
		for (const name of await caches.keys()) {
			const cache = await caches.open(name);
			for (const request of await cache.keys()) all.push(request.url + (request.url.includes("/static/") ? "" : " " + await (await cache.match(request)).text()));
		}
		return all.join("\n");
	})()`)
}

// keeps reports whether the browser keeps a text.
func (b *tab) keeps(text string) bool { b.t.Helper(); return strings.Contains(b.stored(), text) }

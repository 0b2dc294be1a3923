package web

import (
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cruddur"
)

// TestWorker checks the service worker and the pages that it shows without a connection: it is asked for each time,
// may load our own files only, knows files and pages that exist, and changes with the place.
func TestWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	address := regexp.MustCompile(`"(/static/[^"]+|/offline[^"]+)"`)
	version := func() string {
		t.Helper()
		a := ada.get("/sw.js").want(t, 200)
		for name, want := range map[string]string{
			"Cache-Control": "public, no-cache", "Content-Type": "text/javascript; charset=utf-8", "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if again := w.stranger().get("/sw.js"); again.body != a.body {
			t.Error("the worker differs by who asks")
		}
		r := httptest.NewRequest("GET", "/sw.js", nil)
		r.Header.Set("If-None-Match", a.header.Get("ETag"))
		ada.send(r).want(t, 304)
		known := address.FindAllStringSubmatch(a.body, -1)
		if want := 1 + 2*len(w.site.Languages.All()); len(known) != want {
			t.Errorf("it knows %d files and pages, want %d", len(known), want)
		}
		var first string
		for _, m := range known {
			path := strings.ReplaceAll(m[1], `\u0026`, "&")
			got := ada.get(path).want(t, 200)
			if !strings.HasPrefix(path, "/offline") {
				continue
			}
			u, _ := url.Parse(path)
			first = u.Query().Get("version")
			if got.Find("html").AttrOr("lang", "") != u.Query().Get("language") || strings.Contains(got.body, "ada") || got.Find("form.compose[hidden] input[name=by][value='']").Length() != 1 || got.Find("script:not([src]), style, [style]").Length() != 0 {
				t.Errorf("%s:\n%s", path, got.body)
			}
			if got := got.header.Get("Content-Security-Policy"); got != headerAsking[0] {
				t.Errorf("%s: policy %q", path, got)
			}
		}
		return first
	}
	was := version()
	if version() != was {
		t.Error("the version changes by itself")
	}
	w.set(func(p *cruddur.Place) { p.Name = "Harbour"; p.Reading = cruddur.ReadingMembers })
	if version() == was {
		t.Error("the version stays when the place gets another name")
	}
	// A worker of one version never gets a page of another.
	ada.get("/offline?language=en&version="+was).want(t, 404)
	ada.get("/offline?language=xx").want(t, 404)
	ada.get("/offline").want(t, 404)
}

// TestFormOfAnotherMember: a form names the member for whom it was made, and nobody else posts it. The text comes back.
func TestFormOfAnotherMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, a := w.member("ada")
	noor, _ := w.member("noor")
	crud := w.crud(a, "hello", "7-days")
	at := "/@ada/status/" + crud.UUID.String() + "/reply"
	script := func(b *browser, path string, pairs ...string) *answer {
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "application/json")
		return b.send(r)
	}
	for _, path := range []string{"/compose", at} {
		by := ada.get(path).Find(`input[name="by"]`).AttrOr("value", "")
		if by != a.UUID.String() {
			t.Fatalf("%s: the form names %q", path, by)
		}
		got := noor.post(path, "message", "mine alone", "ttl", "1-hour", "by", by).want(t, 403)
		if got.Find("#message").Text() != "mine alone" || !strings.HasPrefix(got.text(".banner"), "Somebody else is signed in here now") || got.Find(`input[name="by"]`).AttrOr("value", "") != by {
			t.Errorf("%s: %s", path, got.text("main"))
		}
		if got := script(noor, path, "message", "mine alone", "ttl", "1-hour", "by", by).want(t, 403); !strings.Contains(got.body, `"codes":["other_member"],"error":"Somebody else`) {
			t.Errorf("%s: %s", path, got.body)
		}
		if got := script(w.stranger(), path, "message", "mine alone", "ttl", "1-hour", "by", by).want(t, 401); !strings.Contains(got.body, `"error":"You are not signed in`) {
			t.Errorf("%s: %s", path, got.body)
		}
		if got := script(ada, path, "message", strings.Repeat("x", 1025), "ttl", "1-hour", "by", by).want(t, 422); !strings.Contains(got.body, `"error":"That is longer`) {
			t.Errorf("%s: %s", path, got.body)
		}
		for range 2 { // as after a lost answer
			if got := script(ada, path, "message", "mine "+path, "ttl", "1-hour", "by", by, "draft", "key").want(t, 200); got.body != `{"sent":true}` {
				t.Errorf("%s: %s", path, got.body)
			}
		}
	}
	if n := ada.get("/").Find(".crud").Length(); n != 2 {
		t.Errorf("%d cruds, want 2", n)
	}
	if n := ada.get("/@ada/replies").Find(".crud").Length(); n != 1 {
		t.Errorf("%d replies, want 1", n)
	}
}

// TestPrefetchChangesNothing: a page that a browser fetches ahead does not choose a feed.
func TestPrefetchChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	r := httptest.NewRequest("GET", "/?feed=following", nil)
	r.Header.Set("Sec-Purpose", "prefetch")
	if a := ada.send(r).want(t, 200); len(a.header.Values("Set-Cookie")) != 0 || a.header.Get("Speculation-Rules") == "" {
		t.Errorf("cookies %q, rules %q", a.header.Values("Set-Cookie"), a.header.Get("Speculation-Rules"))
	}
	rules := ada.get(strings.Trim(ada.get("/").header.Get("Speculation-Rules"), `"`)).want(t, 200)
	if got := rules.header.Get("Content-Type"); got != "application/speculationrules+json" {
		t.Errorf("the rules are %q", got)
	}
}

package web

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/postgres"
)

// somewhere fills a pattern with ada, a crud and a picture.
func somewhere(pattern string, crud, picture cruddur.UUID) string {
	if strings.HasPrefix(pattern, "/pictures") {
		crud = picture
	}
	return strings.NewReplacer("{at}", "@ada", "{uuid}", crud.String(), "{file}", "small.jpg", "{tag}", "tea", "{token}", "x", "{$}", "").Replace(pattern)
}

// CVE-2026-23964 (Mastodon), CVE-2025-65796 to 65798, CVE-2022-4686 (Memos): a member could change or delete what is
// another's by its id.
//
// Bob sends every form of an owner with the id of ada's crud, message or session: nothing of hers changes.
func TestAdvisoryObjectsOfOthers(t *testing.T) {
	t.Parallel()
	w, ada, bob, a, b := pair(t)
	crud := w.crud(a, "hers", "1-day")
	message, err := w.db.SendTo(t.Context(), a.UUID, b.UUID, "", "her message", w.now)
	w.must(err)
	list, err := w.site.Sessions.List(t.Context(), a.UUID, w.now)
	w.must(err)
	asked := 0
	for _, rt := range w.site.routes() {
		if rt.method != http.MethodPost || rt.who != owner || !strings.Contains(rt.pattern, "{uuid}") {
			continue
		}
		for _, id := range []cruddur.UUID{crud.UUID, message.UUID, message.Conversation, list[0].UUID} {
			asked++
			if got := bob.post(somewhere(rt.pattern, id, id), "ttl", "1-hour", "session", list[0].UUID.String()); got.status < 400 {
				t.Errorf("%s with %s = %d", rt.pattern, id, got.status)
			}
		}
	}
	bob.post("/settings/sessions/end", "session", list[0].UUID.String()) // ada still reads below
	if asked < 12 {
		t.Errorf("only %d forms were sent", asked)
	}
	if got, err := w.db.Activity(t.Context(), crud.UUID, w.now); err != nil || !cmp.Equal(got, crud) {
		t.Errorf("her crud is %+v, %v, want %+v", got, err, crud)
	}
	if got := linesOf(ada.get("/messages/@bob").want(t, 200), ".msg .say"); len(got) != 1 || got[0] != "her message" {
		t.Errorf("her messages are %q", got)
	}
}

// CVE-2026-22246 (Mastodon): any member could download the lists of another.
func TestAdvisoryExportOfOthers(t *testing.T) {
	t.Parallel()
	w, _, bob, a, _ := pair(t)
	w.crud(a, "only in her export", "1-day")
	for _, rt := range w.site.routes() {
		if strings.Contains(rt.pattern, "export") && (rt.who != owner || strings.Contains(rt.pattern, "{")) {
			t.Errorf("%s names a member, or is not for owners only", rt.pattern)
		}
	}
	query := ""
	for _, name := range []string{"handle", "member", "user", "uuid", "id", "of", "subject"} {
		query += "&" + name + "=ada&" + name + "=" + a.UUID.String()
	}
	got := bob.get("/settings/export.zip?"+query[1:]).want(t, 200)
	z, err := zip.NewReader(strings.NewReader(got.body), int64(len(got.body)))
	w.must(err)
	all := ""
	for _, f := range z.File {
		r, err := f.Open()
		w.must(err)
		text, err := io.ReadAll(r)
		w.must(err)
		all += f.Name + string(text)
	}
	if strings.Contains(all, "only in her export") || strings.Contains(all, "ada@example.com") || !strings.Contains(all, "bob@example.com") {
		t.Errorf("bob's export is\n%s", all)
	}
	w.stranger().get("/settings/export.zip").goes(t, "/signin?return_to=%2Fsettings%2Fexport.zip")
}

// CVE-2026-25540 (Mastodon): an answer made for one viewer was given to others.
//
// Ada and bob read every page: no cache may keep it, and what ada's browser kept does not serve bob.
func TestAdvisorySharedCache(t *testing.T) {
	t.Parallel()
	w, ada, bob, a, _ := pair(t)
	crud := w.crud(a, "hers #tea", "1-day")
	picture, _ := w.pictured(a, crud.UUID, "")
	public := []string{"/sw.js", "/icon.svg", "/manifest.webmanifest", "/robots.txt"} // the same for everybody
	read := 0
	for _, rt := range w.site.routes() {
		path := somewhere(rt.pattern, crud.UUID, picture.UUID)
		if rt.method != http.MethodGet || rt.pattern == "/dev/mailbox" {
			continue
		}
		hers := ada.get(path)
		cache, vary := hers.header.Get("Cache-Control"), strings.Join(hers.header.Values("Vary"), ", ")
		if hers.status != 200 {
			continue
		}
		read++
		if strings.Contains(cache, "public") {
			if !slices.Contains(public, path) {
				t.Errorf("%s may be kept by all: %s", path, cache)
			}
			continue
		}
		if strings.HasPrefix(path, "/pictures/") && strings.Contains(cache, "private") && w.stranger().get(path).body == hers.body {
			continue // in the reader's own browser, and the same for everybody who may see it
		}
		if !strings.Contains(cache, "no-store") && (!strings.Contains(cache, "private") || !strings.Contains(vary, "Cookie")) {
			t.Errorf("%s: Cache-Control: %q, Vary: %q", path, cache, vary)
		}
		if tag := hers.header.Get("ETag"); tag != "" {
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("If-None-Match", tag)
			if again, his := bob.send(r), bob.get(path); again.status == http.StatusNotModified && his.body != hers.body {
				t.Errorf("%s: ada's tag serves bob", path)
			}
		}
	}
	if read < 25 {
		t.Errorf("only %d pages were read", read)
	}
}

// CVE-2026-23961 (Mastodon): the posts of suspended members came back by others' boosts.
//
// What sue wrote is nowhere once she is suspended, the reader has blocked her, or its time is over: not by a repost or
// like of bob's, in notifications, search, tags or Atom feeds, and it can be reported no more.
func TestAdvisorySuspendedByRepost(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, a, sue cruddur.User) error{
		"suspended": func(w *world, _, sue cruddur.User) error { return w.db.Suspend(t.Context(), sue.UUID, w.now) },
		"blocked": func(w *world, a, sue cruddur.User) error {
			return w.db.Block(t.Context(), a.UUID, sue.UUID, true, w.now)
		},
		"over": func(w *world, _, _ cruddur.User) error { w.now = w.now.Add(time.Hour); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ada, bob, a, b := pair(t)
			_, sue := w.member("sue")
			w.must(w.db.Follow(t.Context(), a.UUID, sue.UUID, true, w.now))
			_, err := w.db.UpdateProfile(t.Context(), b.UUID, postgres.ProfileChange{LikesPublic: new(true)}, w.now)
			w.must(err)
			crud := w.crud(sue, "secretword betweenus #tea @ada", "1-hour")
			bob.post(pathOfCrud(crud) + "/repost")
			bob.post(pathOfCrud(crud) + "/like")
			paths := []string{
				"/", "/?feed=following", "/@bob/likes", "/@sue", "/notifications", "/search?q=secretword", "/tags/tea",
				"/tags/tea/feed.atom", "/@sue/feed.atom", pathOfCrud(crud), pathOfCrud(crud) + "/report",
			}
			seen := 0
			for _, path := range paths {
				if strings.Contains(ada.get(path).body, "betweenus") {
					seen++
				}
			}
			if seen != len(paths) {
				t.Errorf("before, only %d of %d pages show it", seen, len(paths))
			}
			w.must(end(w, a, sue))
			for _, path := range paths {
				if strings.Contains(ada.get(path).body, "betweenus") {
					t.Errorf("%s shows it", path)
				}
			}
			ada.post(pathOfCrud(crud)+"/report", "reason", "spam").want(t, http.StatusNotFound)
		})
	}
}

// CVE-2025-56760 (Memos): the name of an uploaded file chose where it was written.
//
// Whatever a file is called, its address is an id of ours, and no address leads out of the pictures.
func TestAdvisoryUploadPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	for _, name := range []string{"../../../../tmp/x.png", "/etc/cron.d/x", `..\..\x.png`, "x.png;.sh", "%2e%2e%2fx", "<script>.svg", strings.Repeat("a", 5000)} {
		src := ada.uploadNamed(t, name)
		id, file, _ := strings.Cut(strings.TrimPrefix(src, "/pictures/"), "/")
		if _, err := cruddur.ParseUUID(id); err != nil || file != "small.jpg" && file != "small.png" {
			t.Errorf("the picture of %.30q is at %q", name, src)
		}
		ada.get(src).want(t, 200)
		for _, odd := range []string{"..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "..%5csmall.jpg", "small.jpg%00", "small.svg", "small.jpg%2f.."} {
			ada.get("/pictures/"+id+"/"+odd).want(t, http.StatusNotFound)
		}
	}
}

// uploadNamed uploads a picture under a file name, and returns the address at which the form shows it.
func (b *browser) uploadNamed(t *testing.T, name string) string {
	t.Helper()
	var body bytes.Buffer
	body.WriteString("--x\r\nContent-Disposition: form-data; name=\"ttl\"\r\n\r\n1-hour\r\n--x\r\nContent-Disposition: form-data; name=\"do\"\r\n\r\npictures\r\n")
	body.WriteString("--x\r\nContent-Disposition: form-data; name=\"pictures\"; filename=\"" + name + "\"\r\nContent-Type: text/html\r\n\r\n" + dot(t, 7) + "\r\n--x--\r\n")
	r := httptest.NewRequest("POST", "/compose", &body)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	src, ok := b.send(r).want(t, 200).Find(".given img").Attr("src")
	if !ok {
		t.Errorf("a file called %.30q is not taken", name)
	}
	return src
}

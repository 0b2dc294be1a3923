package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cruddur"
)

// CVE-2025-50738, CVE-2025-56761, CVE-2023-0108 to 0112, CVE-2022-4690 (Memos), CVE-2023-36459, CVE-2023-42452
// (Mastodon), CVE-2025-31483 (Miniflux): what a member wrote or uploaded ran as a script in others' browsers.
//
// Every text that somebody can store here holds markup, and then an operator reads every page: none of it became an
// element. A picture that is a page too is served as a picture only.
func TestAdvisoryStoredScript(t *testing.T) {
	t.Parallel()
	const script = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	c := newCourt(t)
	ada, op := c.as("ada"), c.as("op")
	ada.post("/settings/profile", "display_name", `<script>alert(1)</script>`, "bio", script, "default_ttl", "1-day").goes(t, "/settings?notice=saved")
	ada.post("/compose", "message", script+" #tea @op", "content_warning", script, "ttl", "1-day").goes(t, "/?notice=posted")
	picture := c.uploads(script)
	c.now = c.now.Add(time.Second)
	crud, err := c.db.CreateWith(t.Context(), c.users["ada"].UUID, cruddur.Draft{Message: script + " #tea", TTL: "1-day", Pictures: []cruddur.UUID{picture.UUID}}, c.now)
	c.must(err)
	_, err = c.db.SendTo(t.Context(), c.users["ada"].UUID, c.users["op"].UUID, "", script, c.now)
	c.must(err)
	for _, path := range []string{pathOfCrud(crud), "/@ada"} {
		c.as("bo").post(path+"/report", "reason", "spam", "words", script).goes(t, "/reported?about=ada")
	}
	op.post("/moderation/members/@ada/note", "note", script)
	op.post("/admin/invitations", "uses", "1", "days", "1", "note", script)
	c.set(func(p *cruddur.Place) {
		p.Name, p.Line, p.Rules, p.Contact = "<script>alert(1)</script>", script, script, script
	})
	cases, err := c.db.Cases(t.Context(), cruddur.AtCommandLine, cruddur.UUID{}, 9, c.now)
	c.must(err)
	if len(cases) != 2 {
		t.Fatalf("%d cases", len(cases))
	}
	shown := 0
	for _, rt := range c.site.routes() {
		if rt.method != http.MethodGet {
			continue
		}
		id := crud.UUID
		if strings.HasPrefix(rt.pattern, "/moderation/cases") {
			id = cases[0].UUID
		}
		path := somewhere(rt.pattern, id, picture.UUID)
		for _, b := range []*browser{op, c.stranger()} {
			a := b.get(path)
			shown += strings.Count(a.body, "alert(1)")
			kind := a.header.Get("Content-Type")
			if strings.HasPrefix(kind, "image/jpeg") || strings.HasPrefix(kind, "image/png") || strings.HasPrefix(kind, "application/zip") {
				if a.header.Get("X-Content-Type-Options") != "nosniff" || strings.HasPrefix(kind, "image/") && strings.Contains(a.body, "alert(1)") {
					t.Errorf("%s is %s: %v", path, kind, a.header)
				}
				continue
			}
			if strings.Contains(a.body, "<script>alert") || a.Find(`script:not([src]), [onerror], img[src="x"]`).Length() != 0 {
				t.Errorf("%s: became an element", path)
			}
			if csp := a.header.Get("Content-Security-Policy"); strings.HasPrefix(kind, "text/html") && (!strings.Contains(csp, "default-src 'none'") && !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe")) {
				t.Errorf("%s: Content-Security-Policy: %q", path, csp)
			}
		}
	}
	if shown < 60 {
		t.Errorf("the text was shown %d times only", shown)
	}
}

// uploads is a picture of ada's that is a page of HTML too, with the alt text.
func (c *court) uploads(alt string) cruddur.Picture {
	c.t.Helper()
	p, err := c.site.Gallery.Upload(c.t.Context(), strings.NewReader(dot(c.t, 9)+"<html><script>alert(1)</script>"), c.users["ada"].UUID, cruddur.CrudPicture, alt, c.now)
	c.must(err)
	r := httptest.NewRequest("GET", "/pictures/"+p.UUID.String()+"/small.jpg", nil)
	if a := c.as("ada").send(r); a.status == 200 && strings.Contains(a.body, "alert(1)") {
		c.t.Error("the picture keeps the page")
	}
	return p
}

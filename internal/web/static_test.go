package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cruddur/internal/lang"
)

// TestFirstView limits the first view of a feed of 20 cruds: at most 60 kB compressed, and at most 6 requests.
func TestFirstView(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, u := w.member("ada")
	for i := range 20 {
		w.now = noon.Add(time.Duration(i) * time.Minute)
		w.crud(u, fmt.Sprintf("%d: %s", i, strings.Repeat("Sphinx of black quartz, judge my vow. @noor #tea ", 5)), "1-day")
	}
	a := b.get("/").want(t, 200)
	if n := a.Find(".crud").Length(); n != 20 {
		t.Fatalf("%d cruds", n)
	}
	addresses := []string{}
	a.Find("link[href], script[src], img[src], use[href], iframe, video, audio").Each(func(_ int, s *goquery.Selection) {
		for _, name := range []string{"href", "src"} {
			if v, ok := s.Attr(name); ok && !strings.HasPrefix(v, "#") {
				addresses = append(addresses, v)
			}
		}
	})
	total := squeezed(t, a.body)
	t.Logf("the page: %d B, %d B compressed", len(a.body), total)
	for _, address := range addresses {
		r := httptest.NewRequest("GET", address, nil)
		r.Header.Set("Accept-Encoding", "gzip, br")
		part := b.send(r).want(t, 200)
		t.Logf("%s: %d B", address, len(part.body))
		total += len(part.body)
	}
	if requests := 1 + len(addresses); requests > 6 || total > 60_000 {
		t.Errorf("first view: %d requests, %d B, want at most 6 and 60000", requests, total)
	} else {
		t.Logf("first view: %d requests, %d B", requests, total)
	}
}

func squeezed(t *testing.T, s string) int {
	t.Helper()
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, 5)
	z.Write([]byte(s))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

func TestStaticFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.stranger()
	ask := func(path, encoding string) *answer {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", encoding)
		return b.send(r)
	}
	for path, f := range w.site.static.byPath {
		plain := ask(path, "identity").want(t, 200)
		if plain.body != string(f.data) || plain.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: not the file", path)
		}
		if got := plain.header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control = %q", path, got)
		}
		if got := plain.header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options = %q", path, got)
		}
		if f.gzipped == nil {
			continue
		}
		packed := ask(path, "br;q=1.0, gzip;q=0.8").want(t, 200)
		z, err := gzip.NewReader(strings.NewReader(packed.body))
		w.must(err)
		unpacked, err := io.ReadAll(z)
		if err != nil || string(unpacked) != string(f.data) || packed.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: compressed: %v", path, err)
		}
	}
	ask("/static/app.000000000000.css", "").want(t, 404)
	ask("/static/", "").want(t, 404)
	ask("/favicon.ico", "").want(t, 200)
	if got := ask("/robots.txt", "").want(t, 200).body; !strings.Contains(got, "Disallow: /\n") {
		t.Errorf("robots.txt = %q", got)
	}
	var m struct {
		Icons []struct{ Src string }
	}
	w.must(json.Unmarshal([]byte(ask("/manifest.webmanifest", "").want(t, 200).body), &m))
	for _, icon := range m.Icons {
		ask(icon.Src, "").want(t, 200)
	}
}

// TestEveryPartIsServed checks that each style sheet and script stands in one list of parts, so none is forgotten, and
// that it is served within the first file of its list alone.
func TestEveryPartIsServed(t *testing.T) {
	t.Parallel()
	languages, err := lang.Load(lang.Files())
	if err != nil {
		t.Fatal(err)
	}
	s, err := loadStatic(languages)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := staticEmbed.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if ext := path.Ext(e.Name()); ext != ".css" && ext != ".js" {
			continue
		}
		data, err := staticEmbed.ReadFile("static/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		var in []string
		for name, f := range s.plain {
			if bytes.Contains(f.data, data) {
				in = append(in, name)
			}
		}
		want := []string{"app.css"}
		if path.Ext(e.Name()) == ".js" { // one for each language
			want = nil
			if e.Name() == worker {
				continue // for each place
			}
			for _, l := range languages.All() {
				want = append(want, "app-"+l.Tag+".js")
			}
		}
		if slices.Sort(in); !slices.Equal(in, want) {
			t.Errorf("%s is served in %v, want %v alone", e.Name(), in, want)
		}
	}
}

// TestStylesNameNoSide checks that the style sheets say where a line begins and ends, and not left and right: a page in
// a language that is written from right to left is mirrored by its direction alone. What has to name a side stands
// under [dir=rtl].
func TestStylesNameNoSide(t *testing.T) {
	t.Parallel()
	languages, err := lang.Load(lang.Files())
	if err != nil {
		t.Fatal(err)
	}
	s, err := loadStatic(languages)
	if err != nil {
		t.Fatal(err)
	}
	sheet := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(s.plain["app.css"].data), "")
	side := regexp.MustCompile(`(^|[;{\s-])(left|right)\s*:|(margin|padding|border)-(left|right)\b|border-(top|bottom)-(left|right)-radius|(text-align|float|clear)\s*:\s*(left|right)|translateX|translate\(-?[1-9]`)
	four := regexp.MustCompile(`[;{\s](margin|padding|inset|border-width|border-style|border-radius)\s*:\s*([^;{}]+)`)
	value := regexp.MustCompile(`[\w.%-]+(\([^()]*(\([^()]*\)[^()]*)*\))?`)
	for _, line := range strings.Split(sheet, "\n") {
		if side.MatchString(line) && !strings.Contains(line, "[dir=rtl]") {
			t.Errorf("a side is named: %s", line)
		}
		for _, m := range four.FindAllStringSubmatch(line, -1) {
			if v := value.FindAllString(m[2], -1); len(v) == 4 && (v[1] != v[3] || m[1] == "border-radius" && v[0] != v[1]) {
				t.Errorf("the sides differ: %s", m[0])
			}
		}
	}
}

// TestNothingInline checks that no page has an inline script, style or handler, and that every answer has the policy.
func TestNothingInline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	crud := w.crud(u, "hello", "1-day")
	at := "/@ada/status/" + crud.UUID.String()
	handler := regexp.MustCompile(`(?i)\son[a-z]+=`)
	for _, path := range []string{"/", "/?feed=following", at, at + "/delete", at + "/end", at + "/reply", at + "/likes", at + "/reposts", "/@ada", "/@ada/replies", "/@ada/likes", "/@ada/followers", "/@ada/following", "/compose", "/me", "/settings", "/settings/expire", "/settings/delete", "/about", "/terms", "/privacy", "/dev/mailbox", "/nowhere"} {
		for _, b := range []*browser{ada, w.stranger()} {
			a := b.get(path)
			if a.Find("script:not([src]), style, [style], base, object, embed").Length() != 0 || handler.MatchString(a.body) || strings.Contains(a.body, "javascript:") {
				t.Errorf("%s holds something inline", path)
			}
			policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
			if a.Find("#marks, #pictures").Length() != 0 { // the script asks the server
				policy += "; connect-src 'self'"
			}
			for name, want := range map[string]string{
				"Content-Security-Policy":    policy,
				"Cross-Origin-Opener-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			} {
				if got := a.header.Get(name); got != want {
					t.Errorf("%s: %s = %q", path, name, got)
				}
			}
		}
	}
}

// CVE-2022-4683 (Memos): the cookie of the session was sent without TLS too.
func TestAdvisoryCookieAttributes(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		w := newWorld(t, func(c *Config) {
			if c.Secure = secure; secure {
				c.BaseURL = "https://cruddur.example"
			}
		})
		w.member("ada")
		a := w.stranger().post("/signin", "email", "ada@example.com", "password", password("ada"))
		a.goes(t, "/")
		got := a.header.Values("Set-Cookie")[0]
		want := regexp.MustCompile(`^cruddur=[\w-]{43}; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax$`)
		if secure {
			want = regexp.MustCompile(`^__Host-cruddur=[\w-]{43}; Path=/; Max-Age=7776000; HttpOnly; Secure; SameSite=Lax$`)
		}
		if !want.MatchString(got) {
			t.Errorf("secure %v: Set-Cookie = %q", secure, got)
		}
		for path, field := range map[string]string{"/theme": "theme", "/language": "language"} {
			for _, line := range w.stranger().post(path, field, map[string]string{"theme": "dark", "language": "fr"}[field]).header.Values("Set-Cookie") {
				if strings.Contains(line, "; Secure") != secure || !strings.Contains(line, "; SameSite=Lax") {
					t.Errorf("secure %v: %s sets %q", secure, path, line)
				}
			}
		}
		if hsts := a.header.Get("Strict-Transport-Security"); (hsts != "") != secure {
			t.Errorf("secure %v: Strict-Transport-Security = %q", secure, hsts)
		}
	}
}

func TestTheme(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.stranger()
	r := httptest.NewRequest("POST", "/theme", strings.NewReader("theme=light"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Referer", "http://localhost/about?a=b")
	b.send(r).goes(t, "/about?a=b")
	if v, _ := b.get("/about").Find("html").Attr("data-theme"); v != "light" {
		t.Errorf("theme = %q", v)
	}
	b.post("/theme", "theme", `"><script>`).goes(t, "/")
	if _, ok := b.get("/about").Find("html").Attr("data-theme"); ok {
		t.Error("the system's choice is not back")
	}
	b.cookies["cruddur-theme"] = "plaid"
	if _, ok := b.get("/about").Find("html").Attr("data-theme"); ok {
		t.Error("a theme that is none is shown")
	}
}

package web

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"cruddur/internal/ratelimit"
)

// hostile lists texts that people and scanners send in fields.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' or 1=1 --`, `</textarea></title><script>x`, "{{.}} ${x} %s %00 %zz",
	"a\x00b", "\xff\xfe", "\u202egnp.exe\u202c", "مرحبا بالعالم", "Z\u0341a\u0317l\u0349g\u0313o", strings.Repeat("\u0301", 400),
	strings.Repeat("a", 60_000), strings.Repeat("👍", 300), "\u200b", " ", "\r\n\r\n", "javascript:alert(1)", "//evil.example", "../../etc/passwd",
}

// TestHostileText puts hostile text into every field of every form: the answer is never a server error, the text
// never becomes an element, and storable text is stored.
func TestHostileText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	w.member("bob")
	ada.post("/messages/@bob", "message", "hello")
	for path, b := range map[string]*browser{
		"/@bob/report": ada, "/messages/@bob": ada, "/messages/new": ada,
		"/compose": ada, "/settings": ada, "/signup": w.stranger(), "/confirm": w.stranger(), "/confirm/resend": w.stranger(),
		"/signin": w.stranger(), "/forgot": w.stranger(), "/reset": w.stranger(),
	} {
		b.get(path).want(t, 200).Find(`main form[method=post]`).Each(func(_ int, f *goquery.Selection) {
			action, _ := f.Attr("action")
			if action == "/signout" || action == "/settings/password" || strings.Contains(action, "/delete/") {
				return
			}
			f.Find("[name]:not(button, [type=radio]:not([checked]))").Each(func(_ int, input *goquery.Selection) {
				name, _ := input.Attr("name")
				for _, text := range hostile {
					b.hostile(f, action, name, text)
				}
			})
		})
	}
}

// hostile sends the form with the text in one field.
func (b *browser) hostile(f *goquery.Selection, action, name, text string) {
	b.t.Helper()
	b.site = "same-origin"
	b.world.site.Limits = ratelimit.New()
	pairs := []string{}
	f.Find("[name]:not(button)").Each(func(_ int, input *goquery.Selection) {
		n, _ := input.Attr("name")
		value, _ := input.Attr("value")
		kind, _ := input.Attr("type")
		if _, checked := input.Attr("checked"); kind == "radio" && !checked {
			return
		}
		if option := input.Find("option[selected]"); option.Length() > 0 {
			value, _ = option.Attr("value")
		}
		if n == name {
			value = text
		}
		pairs = append(pairs, n, value)
	})
	a := b.post(action, pairs...)
	what := action + " " + name + " " + strings.ToValidUTF8(text[:min(len(text), 40)], "?")
	if a.status >= 500 || a.status < 300 {
		b.t.Errorf("%q: status %d", what, a.status)
	}
	if location := a.header.Get("Location"); location != "" && (!strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//")) {
		b.t.Errorf("%q: leads to %q", what, location)
	}
	if a.Find("script:not([src]), img, [onerror]").Length() != 0 || strings.Contains(a.body, "alert(1)</script>") {
		b.t.Errorf("%q: became an element", what)
	}
	if input := a.Find(`main [name="` + name + `"]`); a.status == 422 && input.Length() > 0 && !input.Is("select, [type=password], [type=hidden], [type=radio], [type=file], button") {
		got, _ := input.Attr("value")
		if input.Is("textarea") {
			got = input.Text()
		}
		clean := func(s string) string {
			s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
			return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
		}
		if clean(got) != clean(text) {
			b.t.Errorf("%q: kept as %q", what, got[:min(len(got), 80)])
		}
	}
}

// TestHostileNames shows members and cruds with such names and texts, as far as they can be stored.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	for _, text := range hostile {
		name := text
		if len(name) > 50 {
			name = "x"
		}
		ada.post("/settings/profile", "display_name", name, "bio", text, "default_ttl", "1-day")
		ada.post("/compose", "message", text, "ttl", "1-day")
		ada.post("/compose", "message", "warned", "content_warning", text, "ttl", "1-day")
		for _, path := range []string{"/", "/@ada", "/settings"} {
			a := ada.get(path).want(t, 200)
			if a.Find("script:not([src]), main img, [onerror]").Length() != 0 {
				t.Errorf("%s with %q: became an element", path, text[:min(len(text), 40)])
			}
		}
		w.now = w.now.Add(1)
	}
	if n, warned := w.stranger().get("/").Find(".crud").Length(), w.stranger().get("/").Find(".cw").Length(); n < 16 || warned < 5 {
		t.Errorf("%d cruds of %s are shown, %d with a warning", n, u.Handle, warned)
	}
}

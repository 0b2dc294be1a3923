package web

import (
	"bytes"
	"errors"
	"html"
	"html/template"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"

	"cruddur"
	"cruddur/internal/lang"
)

func TestLinkify(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"":                    ``,
		"a < b & c":           `a &lt; b &amp; c`,
		`<script>alert("@x")`: `&lt;script&gt;alert(&#34;@x&#34;)`,
		"@Ada":                `<a class="mention" href="/@ada"><bdi>@Ada</bdi></a>`,
		"#Tee":                `<a class="tag" href="/tags/tee"><bdi>#Tee</bdi></a>`,
		"#Café":               `<a class="tag" href="/tags/caf%C3%A9"><bdi>#Café</bdi></a>`,
		"＃猫":                  `<a class="tag" href="/tags/%E7%8C%AB"><bdi>＃猫</bdi></a>`,
		"https://a.example/" + strings.Repeat("x", 60): `<a class="link" rel="nofollow noopener noreferrer ugc" href="https://a.example/` + strings.Repeat("x", 60) +
			`" title="https://a.example/` + strings.Repeat("x", 60) + `"><bdi dir="ltr">a.example/` + strings.Repeat("x", 14) + "…" + strings.Repeat("x", 9) + `</bdi></a>`,
		"mail ada@example.com":                     `mail ada@example.com`,
		"https://a.example/":                       `<a class="link" rel="nofollow noopener noreferrer ugc" href="https://a.example/"><bdi dir="ltr">a.example</bdi></a>`,
		`https://a.example/'x"y`:                   `<a class="link" rel="nofollow noopener noreferrer ugc" href="https://a.example/&#39;x"><bdi dir="ltr">a.example/&#39;x</bdi></a>&#34;y`,
		"javascript:alert(1)":                      `javascript:alert(1)`,
		"\u202ehttps://a.example/moc.knab//:sptth": "\u202e" + `<a class="link" rel="nofollow noopener noreferrer ugc" href="https://a.example/moc.knab//:sptth"><bdi dir="ltr">a.example/moc.knab//:sptth</bdi></a>` + "\u202c",
		"https://a.example/\u202emoc.knab":         `<a class="link" rel="nofollow noopener noreferrer ugc" href="https://a.example/"><bdi dir="ltr">a.example</bdi></a>` + "\u202emoc.knab\u202c",
		"\u202e@ada #tea":                          "\u202e" + `<a class="mention" href="/@ada"><bdi>@ada</bdi></a> <a class="tag" href="/tags/tea"><bdi>#tea</bdi></a>` + "\u202c",
		"\u2069\u202cx":                            `x`,
	} {
		if got := string(linkify(message)); got != want {
			t.Errorf("linkify(%q)\n got %s\nwant %s", message, got, want)
		}
	}
}

// FuzzLinkify checks that a message becomes only text, our three elements and their fixed attributes, and that no
// text is lost.
func FuzzLinkify(f *testing.F) {
	for _, s := range []string{
		"hello", "<script>", `"'><img src=x onerror=alert(1)>`, "@ada #b https://c.example/?d=e&f=g", "https://x\"onmouseover=alert(1)", "http://javascript:alert(1)//",
		"\x00", "\u202e", "\u2069\u202e@ada\u2067\n#b\u202c", "#\u0301", "https://<b>", "&lt;", "@ada<b>", "https://a.example/" + strings.Repeat("é", 60), "http://[::1", "\xff@aa",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, message string) {
		if !utf8.ValidString(message) || strings.ContainsAny(message, "\x00\r") {
			return // CheckMessage refuses these
		}
		out := string(linkify(message))
		z := xhtml.NewTokenizer(strings.NewReader(out))
		var text strings.Builder
		links := 0
		for {
			switch z.Next() {
			case xhtml.ErrorToken:
				if !strings.Contains(message, "://") && text.String() != cruddur.Balance(message) {
					t.Fatalf("text = %q, want %q\n%s", text.String(), cruddur.Balance(message), out)
				}
				if links != 0 {
					t.Fatalf("%d elements stay open: %s", links, out)
				}
				return
			case xhtml.TextToken:
				text.WriteString(html.UnescapeString(string(z.Raw())))
			case xhtml.StartTagToken:
				links++
				checkTag(t, z.Token(), out)
			case xhtml.EndTagToken:
				links--
			default:
				t.Fatalf("an odd token in %s", out)
			}
		}
	})
}

func checkTag(t *testing.T, tag xhtml.Token, out string) {
	t.Helper()
	if tag.DataAtom != atom.A && tag.DataAtom != atom.Bdi {
		t.Fatalf("element %s in %s", tag.Data, out)
	}
	for _, a := range tag.Attr {
		switch a.Key {
		case "class", "rel", "dir", "title":
		case "href":
			if !strings.HasPrefix(a.Val, "/@") && !strings.HasPrefix(a.Val, "/tags/") && !strings.HasPrefix(a.Val, "http://") && !strings.HasPrefix(a.Val, "https://") {
				t.Fatalf("link to %q in %s", a.Val, out)
			}
		default:
			t.Fatalf("attribute %s in %s", a.Key, out)
		}
	}
}

// TestEveryCodeHasASentence reads the codes from the source of the packages that return them.
func TestEveryCodeHasASentence(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`(?:Invalid\("[a-z_]*", "([a-z_0-9]+)"\)|NewError\([\w.]+, "([a-z_0-9]+)"\)|Codes: +\[\]string\{"([a-z_0-9]+)"\})`)
	prefixed := regexp.MustCompile(`checkLine\("[a-z_]+", "([a-z_]+)"`)
	found := map[string]bool{}
	for _, dir := range []string{"../..", "../postgres", "../identity", "../identity/local", "../postconfirm", "../api", "."} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			source, err := os.ReadFile(dir + "/" + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range literal.FindAllStringSubmatch(string(source), -1) {
				found[m[1]+m[2]+m[3]] = true
			}
			for _, m := range prefixed.FindAllStringSubmatch(string(source), -1) {
				found[m[1]+"_exceed_max_chars"], found[m[1]+"_invalid_text"] = true, true
			}
		}
	}
	if len(found) < 20 {
		t.Fatalf("only %d codes found: %v", len(found), found)
	}
	for code := range found {
		if _, ok := sentences[code]; !ok {
			t.Errorf("no sentence for %s", code)
		}
	}
	for _, k := range []cruddur.Kind{
		cruddur.KindInvalid, cruddur.KindUnauthenticated, cruddur.KindForbidden, cruddur.KindNotFound, cruddur.KindConflict,
		cruddur.KindTooMany, cruddur.KindUnavailable, cruddur.KindInternal,
	} {
		if _, ok := sentences[string(k)]; !ok {
			t.Errorf("no sentence for the kind %s", k)
		}
	}
}

func TestShortLink(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://a.example/":   "a.example",
		"http://a.example/b/c": "a.example/b/c",
		"https://a.example/" + strings.Repeat("x", 100) + "yz": "a.example/" + strings.Repeat("x", 14) + "…xxxxxxxyz",
		"https://a.example/" + strings.Repeat("x", 39):         "a.example/" + strings.Repeat("x", 14) + "…xxxxxxxxx",
		"https://a.example/" + strings.Repeat("x", 38):         "a.example/" + strings.Repeat("x", 38),
		"https://" + strings.Repeat("a", 100) + ".example/b":   strings.Repeat("a", 100) + ".example/b",
	} {
		if got, cut := shortLink(in); got != want || cut != strings.Contains(want, "…") {
			t.Errorf("shortLink(%q) = %q, %v, want %q", in, got, cut, want)
		}
	}
}

// FuzzFragments checks that fragment and html/template make the same document from a file.
func FuzzFragments(f *testing.F) {
	languages, err := lang.Load(lang.Files())
	if err != nil {
		f.Fatal(err)
	}
	english := languages.English()
	source, err := readTemplate("card", english)
	if err != nil {
		f.Fatal(err)
	}
	fast, err := loadFragment("card", english, cardFields)
	if err != nil {
		f.Fatal(err)
	}
	slow := template.Must(template.New("card").Parse(source))
	fastSoon, err := loadFragment("soon", english, soonFields)
	if err != nil {
		f.Fatal(err)
	}
	if source, err = readTemplate("soon", english); err != nil {
		f.Fatal(err)
	}
	slowSoon := template.Must(template.New("soon").Parse(source))
	f.Add("Ada", "ada", "hello @noor", 3, true)
	f.Add(`"><script>`, `' onclick=x`, "</p>&lt;\x00", -1, false)
	f.Add("\u202e+=`/{{.}}", "{{", "https://a.example/?b&c", 100, true)
	f.Fuzz(func(t *testing.T, name, handle, message string, n int, own bool) {
		c := &card{
			lang: english,
			ID:   handle, Position: n, Path: template.URL("/@a/" + strconv.Itoa(n)), Author: "/@a", DisplayName: name, Handle: handle,
			avatar: avatar{Letter: name, Class: handle, URL: message}, Pictures: []cruddur.Picture{{Width: 3, Height: 9, Alt: message, Color: handle}}, Message: linkify(message), Created: name, CreatedText: message, Expires: handle, ExpiresText: name,
			Left: n, Own: own,
		}
		if own {
			c.Warning = name
		}
		var a, b bytes.Buffer
		if err := fast.render(&a, c); err != nil {
			t.Fatal(err)
		}
		if err := slow.Execute(&b, c); err != nil {
			t.Fatal(err)
		}
		if got, want := document(t, &a), document(t, &b); got != want {
			t.Errorf("fast: %s\nslow: %s", got, want)
		}
		next := &soon{c.Path, name, message, handle, name, handle}
		a.Reset()
		b.Reset()
		if err := errors.Join(fastSoon.render(&a, next), slowSoon.Execute(&b, next)); err != nil {
			t.Fatal(err)
		}
		if got, want := document(t, &a), document(t, &b); got != want {
			t.Errorf("fast: %s\nslow: %s", got, want)
		}
	})
}

// document parses HTML and writes it in a normal form.
func document(t *testing.T, b *bytes.Buffer) string {
	t.Helper()
	root, err := xhtml.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := xhtml.Render(&out, root); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestTimes compares the format of times with that of the standard library.
func TestTimes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(-62135596800000, 253402300799999).Draw(t, "ms")).In(time.FixedZone("", 3600*rapid.IntRange(-12, 14).Draw(t, "zone")))
		if got, want := wire(at), at.UTC().Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Errorf("wire = %q, want %q", got, want)
		}
	})
}

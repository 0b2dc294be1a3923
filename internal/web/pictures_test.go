package web

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// dot is a PNG of one grey.
func dot(t testing.TB, shade uint8) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 60, 40))
	for i := range img.Pix {
		img.Pix[i] = shade
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// upload sends a form with files, as a browser does: name, value, name, value; a file's name begins with @.
func (b *browser) upload(path string, pairs ...string) *answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, file := strings.CutPrefix(pairs[i], "@"); file {
			part, err := form.CreateFormFile(name, "photo.png")
			b.must(err)
			_, err = part.Write([]byte(pairs[i+1]))
			b.must(err)
			continue
		}
		b.must(form.WriteField(pairs[i], pairs[i+1]))
	}
	b.must(form.Close())
	r := httptest.NewRequest("POST", path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.send(r)
}

// Without a script: the form adds pictures, shows them with a field for what they show, and posts them; the card has
// them in their order with their place and colour. A form that is sent twice posts once.
func TestPicturesByForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	a := ada.upload("/compose", "draft", "d1", "message", "", "ttl", "1-hour", "@pictures", dot(t, 200), "@pictures", dot(t, 10), "do", "pictures").want(t, 200)
	if a.Find(`.given input[name=picture]`).Length() != 2 || a.Find(".error").Length() != 0 {
		t.Fatalf("the form keeps %s", a.text(".given"))
	}
	var pairs []string
	a.Find(".given li").Each(func(i int, li *goquery.Selection) {
		value, _ := li.Find("[name=picture]").Attr("value")
		name, _ := li.Find("textarea").Attr("name")
		pairs = append(pairs, "picture", value, name, fmt.Sprintf("shade <%d>", i+1))
	})
	src, _ := a.Find(".given img").Attr("src")
	if got := ada.get(src).want(t, 200); got.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("a picture that is not posted may be kept: %v", got.header)
	}
	w.stranger().get(src).want(t, 404)
	// Too long a text: nothing is lost.
	again := ada.upload("/compose", append(pairs, "draft", "d1", "message", strings.Repeat("x", 281), "ttl", "1-hour", "@pictures", "")...).want(t, 422)
	if again.Find(`.given [name=picture]`).Length() != 2 || again.text(".given textarea") != "shade <1>shade <2>" {
		t.Errorf("after an error the form keeps %s", again.text(".given"))
	}
	send := append(pairs, "draft", "d1", "message", "look", "ttl", "1-hour", "@pictures", dot(t, 90))
	for range 2 {
		ada.upload("/compose", send...).want(t, 303)
	}
	home := w.stranger().get("/").want(t, 200)
	if n := home.Find(".crud").Length(); n != 1 {
		t.Fatalf("there are %d cruds, want 1", n)
	}
	var alts []string
	home.Find(".pics3 .pic img").Each(func(_ int, img *goquery.Selection) {
		alt, _ := img.Attr("alt")
		width, _ := img.Attr("width")
		alts = append(alts, alt+" "+width)
	})
	if got := strings.Join(alts, ", "); got != "shade <1> 60, shade <2> 60,  60" {
		t.Errorf("the card shows %q", got)
	}
	if fill, _ := home.Find(".pic rect").Attr("fill"); fill != "#c8c8c8" {
		t.Errorf("the first has the colour %s", fill)
	}
	if n := home.Find(".pic .alt").Length(); n != 2 {
		t.Errorf("%d have the badge, want 2", n)
	}
	removed, _ := a.Find(".given [name=picture]").First().Attr("value")
	if got := ada.upload("/compose", append(pairs, "remove", removed, "draft", "d2", "message", "x", "do", "pictures")...); got.Find(".given li").Length() != 1 {
		t.Errorf("after one is removed there are %d", got.Find(".given li").Length())
	}
}

// A reply takes pictures too, and what is refused says why beside the field.
func TestPicturesRefusedByForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	bob, _ := w.member("bob")
	root := w.crud(u, "root", "1-day")
	at := "/@ada/status/" + root.UUID.String()
	bob.upload(at+"/reply", "message", "mine", "ttl", "", "@pictures", dot(t, 1)).want(t, 303)
	if bob.get(at).Find("article:not(.alone) .pics1 .pic").Length() != 1 {
		t.Error("the reply shows no picture")
	}
	five := []string{"message", "keep me", "ttl", "1-hour"}
	for i := range 5 {
		five = append(five, "@pictures", dot(t, uint8(i)))
	}
	for name, pairs := range map[string][]string{
		"SVG":   {"message", "keep me", "ttl", "1-hour", "@pictures", `<svg xmlns="http://www.w3.org/2000/svg"/>`},
		"HTML":  {"message", "keep me", "ttl", "1-hour", "@pictures", "<!doctype html>"},
		"five":  five,
		"bob's": {"message", "keep me", "ttl", "1-hour", "picture", pictureOf(t, bob)},
	} {
		a := ada.upload("/compose", pairs...).want(t, 422)
		if a.text("textarea#message") != "keep me" || a.text("#pictures-error") == "" {
			t.Errorf("%s: %q, %q", name, a.text("textarea#message"), a.text("#pictures-error"))
		}
	}
	if n := w.stranger().get("/").Find(".crud").Length(); n != 1 {
		t.Errorf("%d cruds are there, want the first alone", n)
	}
	// The session has ended: the text is not lost, and the file is not stored.
	before, err := w.db.PicturesOf(t.Context(), u.UUID, w.now)
	w.must(err)
	ada.cookies = map[string]string{}
	a := ada.upload("/compose", "message", "keep me", "ttl", "1-hour", "@pictures", dot(t, 3)).want(t, 401)
	after, err := w.db.PicturesOf(t.Context(), u.UUID, w.now)
	w.must(err)
	if a.text("textarea#message") != "keep me" || len(after) != len(before) {
		t.Errorf("%q is left, and %d pictures instead of %d", a.text("textarea#message"), len(after), len(before))
	}
	ada.upload("/theme", "theme", "dark").want(t, 422) // no other form takes files
}

// pictureOf is what a form of a member keeps of a picture.
func pictureOf(t *testing.T, b *browser) string {
	t.Helper()
	value, _ := b.upload("/compose", "@pictures", dot(t, 7), "do", "pictures").want(t, 200).Find("[name=picture]").Attr("value")
	return value
}

// A picture by its address is there as long as its crud, with headers that let it do nothing; from the end on the answer
// is that of what was never there.
func TestPictureByAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Limits = ratelimit.Unlimited() })
	ada, u := w.member("ada")
	_, banned := w.member("banned")
	ada.upload("/compose", "message", "look", "ttl", "1-hour", "@pictures", dot(t, 200)).want(t, 303)
	src, _ := ada.get("/").Find(".pic").Attr("href")
	never := "/pictures/" + cruddur.UUID{6: 0x70}.String() + "/large.jpg"
	gone := w.stranger().get(never).want(t, 404).body
	for _, b := range []*browser{ada, w.stranger()} {
		a := b.get(src).want(t, 200)
		for name, want := range map[string]string{
			"Content-Type": "image/jpeg", "Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff",
			"Cache-Control": "private, max-age=3600, immutable", "Cross-Origin-Resource-Policy": "cross-origin", "Accept-Ranges": "bytes",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		r := httptest.NewRequest("GET", src, nil)
		r.Header.Set("If-None-Match", a.header.Get("Etag"))
		if known := b.send(r); known.status != 304 || known.body != "" || known.header.Get("Cache-Control") != a.header.Get("Cache-Control") {
			t.Errorf("with its tag = %d, %d bytes, %v", known.status, len(known.body), known.header)
		}
		r = httptest.NewRequest("GET", src, nil)
		r.Header.Set("Range", "bytes=0-1")
		if part := b.send(r); part.status != 206 || part.body != "\xff\xd8" {
			t.Errorf("a part of it = %d %q", part.status, part.body)
		}
	}
	archive := ada.get("/settings/export.zip").want(t, 200).body
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	w.must(err)
	b, err := fs.ReadFile(z, strings.TrimPrefix(strings.Replace(src, "/large", "", 1), "/"))
	if err != nil || string(b) != ada.get(src).body {
		t.Errorf("the export has %d bytes of the picture, %v", len(b), err)
	}
	w.now = noon.Add(59*time.Minute + 30500*time.Millisecond)
	if got := ada.get(src).want(t, 200).header.Get("Cache-Control"); got != "private, max-age=29, immutable" {
		t.Errorf("29.5 s before its end: %q", got)
	}
	for _, name := range []string{"large.png", "small.gif", "middle.jpg", "large", "..%2flarge.jpg"} {
		ada.get(strings.Replace(src, "large.jpg", name, 1)).want(t, 404)
	}
	w.now = noon.Add(time.Hour)
	for _, b := range []*browser{ada, w.stranger()} {
		for _, path := range []string{src, strings.Replace(src, "large", "small", 1)} {
			if a := b.get(path).want(t, 404); b != ada && a.body != gone {
				t.Errorf("%s after its end is not answered as what was never there", path)
			}
		}
	}
	_ = u
	p, err := w.site.Gallery.SetFace(t.Context(), strings.NewReader(dot(t, 9)), banned.UUID, cruddur.Avatar, w.now)
	w.must(err)
	p.UserUUID = banned.UUID
	if a := w.stranger().get(p.Path(cruddur.Small)).want(t, 200); a.header.Get("Cache-Control") != "private, max-age=3600, immutable" {
		t.Errorf("an avatar may be kept: %q", a.header.Get("Cache-Control"))
	}
	w.must(w.db.Suspend(t.Context(), banned.UUID, w.now))
	if a := w.stranger().get(p.Path(cruddur.Small)).want(t, 404); a.body != gone {
		t.Error("a suspended member's avatar is not answered as what was never there")
	}
}

// The settings take a picture and a banner, the pages show them, and they can be taken off.
func TestFacesByForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	w.crud(u, "hello", "1-day")
	for _, kind := range []string{"avatar", "banner"} {
		ada.upload("/settings/"+kind, "@"+kind, dot(t, 100)).want(t, 303)
		if a := ada.upload("/settings/"+kind, "@"+kind, "<svg/>").want(t, 422); a.text(".face .error") == "" {
			t.Errorf("%s: no error beside the field", kind)
		}
		if a := ada.upload("/settings/"+kind, "@"+kind, "").want(t, 422); !strings.Contains(a.text(".face .error"), "Choose a picture") {
			t.Errorf("%s, empty: %q", kind, a.text(".face .error"))
		}
	}
	home, profile := w.stranger().get("/"), w.stranger().get("/@ada")
	if home.Find(".crud .av img").Length() != 1 || profile.Find(".av-big img").Length() != 1 || profile.Find(".banner-sky img").Length() != 1 || ada.get("/").Find(".me .av img").Length() != 1 {
		t.Error("a page does not show the picture or the banner")
	}
	for _, kind := range []string{"avatar", "banner"} {
		ada.upload("/settings/"+kind, "do", "remove", "@"+kind, "").want(t, 303)
	}
	home, profile = w.stranger().get("/"), w.stranger().get("/@ada")
	if home.Find(".av img").Length()+profile.Find(".av img, .banner-sky img").Length() != 0 || home.text(".crud .av") != "A" {
		t.Error("a page still shows what was taken off")
	}
}

// The script sends pictures one at a time, and gets what the form keeps or a sentence.
func TestPictureForTheScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	if a := ada.upload("/pictures", "@pictures", dot(t, 1)).want(t, 200); !strings.Contains(a.body, `"url":"/pictures/`) || !strings.Contains(a.body, `.jpg"`) {
		t.Errorf("the answer is %s", a.body)
	}
	if a := ada.upload("/pictures", "@pictures", "<svg/>").want(t, 422); !strings.Contains(a.body, `{"error":"That is no picture`) {
		t.Errorf("the answer is %s", a.body)
	}
	ada.upload("/pictures").want(t, 422)
	w.stranger().upload("/pictures", "@pictures", dot(t, 1)).want(t, 401)
	ada.site = "cross-site"
	ada.upload("/pictures", "@pictures", dot(t, 1)).want(t, 403)
}

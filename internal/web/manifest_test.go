package web

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur"
)

// TestManifest checks that the manifest has what browsers ask of an app that can be installed: an identity, a scope, an
// icon of 192 and of 512 pixels, one that may be cut to a shape, and shortcuts to pages that exist.
func TestManifest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	for colour, prefix := range map[string]string{"": "/static/icon-", "#00cc88": "/icon.png?icon-"} {
		w.set(func(p *cruddur.Place) { p.Colour = colour })
		var m struct {
			ID        string `json:"id"`
			Start     string `json:"start_url"`
			Scope     string
			Display   string
			Lang      string
			Theme     string `json:"theme_color"`
			Icons     []struct{ Src, Sizes, Type, Purpose string }
			Shortcuts []struct{ Name, URL string }
		}
		r := httptest.NewRequest("GET", "/manifest.webmanifest", nil)
		r.Header.Set("Accept-Language", "fr")
		a := w.stranger().send(r).want(t, 200)
		w.must(json.Unmarshal([]byte(a.body), &m))
		if !strings.Contains(a.header.Get("Vary"), "Accept-Language") {
			t.Errorf("Vary: %q", a.header.Get("Vary"))
		}
		if diff := cmp.Diff([]string{"/", "/", "/", "standalone", "fr"}, []string{m.ID, m.Start, m.Scope, m.Display, m.Lang}); diff != "" {
			t.Error(diff)
		}
		var sizes []string
		for _, icon := range m.Icons[1:] {
			sizes = append(sizes, icon.Sizes+" "+icon.Purpose)
			a := w.stranger().get(icon.Src).want(t, 200)
			img, err := png.Decode(strings.NewReader(a.body))
			if err != nil || !strings.HasPrefix(icon.Sizes, img.Bounds().Size().String()[1:4]+"x") || !strings.HasPrefix(icon.Src, prefix) {
				t.Errorf("%s: %s: %v", colour, icon.Src, err)
			}
		}
		if diff := cmp.Diff([]string{"192x192 any", "512x512 any", "512x512 maskable"}, sizes); diff != "" {
			t.Error(diff)
		}
		for _, x := range m.Shortcuts {
			ada.get(x.URL).want(t, 200)
		}
		if len(m.Shortcuts) != 2 || m.Shortcuts[0].Name != "Nouveau crud" {
			t.Errorf("shortcuts: %v", m.Shortcuts)
		}
	}
	w.stranger().get("/icon.png").want(t, 404)
	w.stranger().get("/icon.png?icon-13").want(t, 404)
}

// TestIconsTakeTheColour checks that the icons with the colours of the default place stay as they are, and that no pixel
// of the old colour is left with others.
func TestIconsTakeTheColour(t *testing.T) {
	t.Parallel()
	s := newWorld(t).site.static
	for _, x := range appIcons {
		data := s.plain[x.name+".png"].data
		was, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []placeView{{Own: true, Colour: "#9500ff", Dark: true}, {Own: true, Colour: "#ffee00"}} {
			b, err := colourIcon(data, p)
			if err != nil {
				t.Fatal(err)
			}
			is, err := png.Decode(bytes.NewReader(b))
			if err != nil || is.Bounds() != was.Bounds() {
				t.Fatalf("%s: %v", x.name, err)
			}
			at := is.Bounds().Max.Div(2)
			at.Y = at.Y * 58 / 100 // on the bubble, above the glyphs
			r, g, bl, _ := is.At(at.X, at.Y).RGBA()
			if want := map[bool][3]uint32{true: {0x95, 0, 0xff}, false: {0xff, 0xee, 0}}[p.Dark]; [3]uint32{r >> 8, g >> 8, bl >> 8} != want {
				t.Errorf("%s in %s is %x %x %x at %v", x.name, p.Colour, r>>8, g>>8, bl>>8, at)
			}
			if !p.Dark {
				continue
			}
			for y := range is.Bounds().Max.Y {
				for x0 := range is.Bounds().Max.X {
					r1, g1, b1, _ := was.At(x0, y).RGBA()
					r2, g2, b2, _ := is.At(x0, y).RGBA()
					for _, d := range []int{int(r1>>8) - int(r2>>8), int(g1>>8) - int(g2>>8), int(b1>>8) - int(b2>>8)} {
						if d > 3 || d < -3 {
							t.Fatalf("%s: the pixel at %d,%d has changed by %d", x.name, x0, y, d)
						}
					}
				}
			}
		}
	}
}

// TestBarColours checks that the bar of the browser has the colour of the page.
func TestBarColours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if css := string(w.site.static.plain["app.css"].data); !strings.Contains(css, "--bg: light-dark("+lightColour+", rgb(8 1 14));") || darkColour != "#08010e" {
		t.Error("the sheet has other colours")
	}
	b := w.stranger()
	for theme, want := range map[string][]string{"": {darkColour, lightColour}, "dark": {darkColour}, "light": {lightColour}} {
		b.cookies["cruddur-theme"] = theme
		var got []string
		for _, m := range b.get("/about").Find(`meta[name="theme-color"]`).EachIter() {
			got = append(got, m.AttrOr("content", ""))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", theme, diff)
		}
	}
}

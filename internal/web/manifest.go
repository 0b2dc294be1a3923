package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"strings"

	"cruddur"
	"cruddur/internal/lang"
)

// The colours behind the pages, dark and light; app.css has the same as --bg.
const darkColour, lightColour = "#08010e", "#f7f3ff" // layout.html has both, for the bar of the browser

// appIcons are the icons of an installed app, by the name of their file without its extension. Systems cut a maskable
// icon to a shape of their own, so everything stands in its middle.
var appIcons = []struct{ name, sizes, purpose string }{
	{"icon-192", "192x192", "any"},
	{"icon-512", "512x512", "any"},
	{"icon-maskable", "512x512", "maskable"},
}

// manifestIcon and manifestShortcut are members of the manifest (https://www.w3.org/TR/appmanifest/).
type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose"`
}

type manifestShortcut struct {
	Name  string         `json:"name"`
	URL   string         `json:"url"`
	Icons []manifestIcon `json:"icons"`
}

// manifest is the web app manifest of a place.
func (s *staticFiles) manifest(p placeView, l *lang.Language) []byte {
	description := l.Text("A micro-blog in which everything has an end.")
	if p.Line != "" {
		description = p.Line
	}
	icons := []manifestIcon{{p.Icon, "any", "image/svg+xml", "any"}}
	for _, x := range appIcons {
		src := s.plain[x.name+".png"].path
		if p.Own {
			src = "/icon.png?" + x.name + strings.Replace(p.Colour, "#", "-", 1)
		}
		icons = append(icons, manifestIcon{src, x.sizes, "image/png", x.purpose})
	}
	b, err := json.Marshal(map[string]any{
		"id": "/", "start_url": "/", "scope": "/", "display": "standalone",
		"name": p.Name, "short_name": p.Name, "description": description, "lang": l.Tag, "dir": l.Direction,
		"background_color": darkColour, "theme_color": darkColour, "categories": []string{"social"}, "icons": icons,
		"shortcuts": []manifestShortcut{
			{l.Text("New crud"), "/compose", icons[1:2]},
			{l.Text("Notifications"), "/notifications", icons[1:2]},
		},
	})
	if err != nil {
		panic(err) // strings only
	}
	return b
}

// getManifest answers the manifest with which the pages can be installed like a program. Browsers ask for it without
// cookies, so its language is the one that the browser asks for.
func (s *site) getManifest(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	w.Header().Set("Content-Type", "application/manifest+json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Add("Vary", "Accept-Language, Cookie")
	w.Write(s.static.manifest(placeOf(v.place, s.static.assets[0]), v.lang))
	return nil
}

// colouredIcons are the icons of the app in the colour of the place, by their names.
type colouredIcons struct {
	colour string
	files  map[string][]byte
}

// getAppIcon answers one of appIcons in the colour of the place: its query begins with the name.
func (s *site) getAppIcon(w http.ResponseWriter, r *http.Request) error {
	p := placeOf(visitOf(r).place, s.static.assets[0])
	files := s.coloured.Load()
	if files == nil || files.colour != p.Colour {
		var err error
		if files, err = s.static.colourIcons(p); err != nil {
			return err
		}
		s.coloured.Store(files)
	}
	for _, x := range appIcons {
		if strings.HasPrefix(r.URL.RawQuery, x.name) {
			w.Header().Set("Content-Type", mediaTypes[".png"])
			w.Header().Set("Cache-Control", "public, max-age=3600")
			w.Write(files.files[x.name])
			return nil
		}
	}
	return cruddur.NewError(cruddur.KindNotFound)
}

// colourIcons makes the icons of a place.
func (s *staticFiles) colourIcons(p placeView) (*colouredIcons, error) {
	out := &colouredIcons{p.Colour, map[string][]byte{}}
	for _, x := range appIcons {
		b, err := colourIcon(s.plain[x.name+".png"].data, p)
		if err != nil {
			return nil, fmt.Errorf("icon of the place: %s: %w", x.name, err)
		}
		out.files[x.name] = b
	}
	return out, nil
}

// The three colours of the icons, as in icon.svg.
var (
	iconGround = [3]float64{0x1a, 0x06, 0x30}
	iconBubble = [3]float64{0x95, 0x00, 0xff}
	iconGlyphs = [3]float64{0xff, 0xff, 0xff}
)

// colourIcon puts the colours of a place into an icon. Each pixel is a mixture of the icon's three colours, because
// edges are smooth: it finds the shares, and mixes the new colours by them.
func colourIcon(data []byte, p placeView) ([]byte, error) {
	if !p.Own {
		return data, nil
	}
	in, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	bubble, glyphs := [3]float64{}, [3]float64{}
	for i := range 3 {
		bubble[i] = float64(hexDigit(p.Colour[1+2*i])*16 + hexDigit(p.Colour[2+2*i]))
		if p.Dark {
			glyphs[i] = 255
		}
	}
	out := image.NewNRGBA(in.Bounds())
	draw.Draw(out, out.Bounds(), in, in.Bounds().Min, draw.Src)
	for i := 0; i < len(out.Pix); i += 4 {
		inBubble, inGlyphs := shares(out.Pix[i : i+3])
		for j := range 3 {
			mixed := iconGround[j] + inBubble*(bubble[j]-iconGround[j]) + inGlyphs*(glyphs[j]-iconGround[j])
			out.Pix[i+j] = uint8(min(255, max(0, mixed+0.5)))
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, fewColours(out))
	return b.Bytes(), err
}

// shares returns how much of a pixel is bubble and how much glyph, by least squares; the rest is ground.
func shares(pixel []uint8) (inBubble, inGlyphs float64) {
	var bb, bg, gg, bx, gx float64
	for i := range 3 {
		b, g, x := iconBubble[i]-iconGround[i], iconGlyphs[i]-iconGround[i], float64(pixel[i])-iconGround[i]
		bb, bg, gg, bx, gx = bb+b*b, bg+b*g, gg+g*g, bx+b*x, gx+g*x
	}
	d := bb*gg - bg*bg
	return (bx*gg - gx*bg) / d, (gx*bb - bx*bg) / d
}

// fewColours returns the image with a palette, in a third of the bytes, if it has at most 256 colours.
func fewColours(in *image.NRGBA) image.Image {
	places := map[color.NRGBA]uint8{}
	out := image.NewPaletted(in.Bounds(), nil)
	for i := 0; i < len(in.Pix); i += 4 {
		c := color.NRGBA{in.Pix[i], in.Pix[i+1], in.Pix[i+2], in.Pix[i+3]}
		place, ok := places[c]
		if !ok {
			if len(places) == 256 {
				return in
			}
			place = uint8(len(places))
			places[c], out.Palette = place, append(out.Palette, c)
		}
		out.Pix[i/4] = place
	}
	return out
}

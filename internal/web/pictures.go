package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"cruddur"
	"cruddur/internal/gallery"
	"cruddur/internal/lang"
)

// Pictures is the part of the Store with which members show pictures.
type Pictures interface {
	CreateWith(ctx context.Context, author cruddur.UUID, draft cruddur.Draft, now time.Time) (cruddur.Activity, error)
	ReplyWith(ctx context.Context, author, parent cruddur.UUID, draft cruddur.Draft, now time.Time) (cruddur.Activity, error)
	Picture(ctx context.Context, id, viewer cruddur.UUID, now time.Time) (cruddur.Picture, error)
	SetFace(ctx context.Context, user cruddur.UUID, kind cruddur.PictureKind, picture cruddur.UUID, now time.Time) error
	DescribePicture(ctx context.Context, id, user cruddur.UUID, alt string, now time.Time) error
}

// getPicture serves one size of a picture to everybody who may see it. Only for one that nobody else may see the
// reader is identified: its owner, who has not posted it yet.
func (s *site) getPicture(w http.ResponseWriter, r *http.Request) error {
	id, err := cruddur.ParseUUID(r.PathValue("uuid"))
	if err != nil {
		return err
	}
	v := visitOf(r)
	p, err := s.Store.Picture(r.Context(), id, cruddur.UUID{}, v.now)
	if cruddur.KindOf(err) == cruddur.KindNotFound && err != nil {
		if err := s.identify(w, r); err != nil {
			return err
		}
		if v.viewer == nil {
			return cruddur.NewError(cruddur.KindNotFound)
		}
		p, err = s.Store.Picture(r.Context(), id, v.viewer.UUID, v.now)
	}
	if err != nil {
		return err
	}
	size, err := gallery.Size(p, r.PathValue("file"))
	if err != nil {
		return err
	}
	if s.Gallery == nil {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	return s.Gallery.Serve(w, r, p, size, false, v.now)
}

// writePics writes the pictures of a crud. Each has its place, and its colour, before it comes: an SVG of its shape in
// its mean colour, since the policy admits no style in a page. A single one has its own ratio, up to 3 to 4. Without
// the script, the link leads to the large size.
func (c *card) writePics(b *bytes.Buffer) {
	n := len(c.Pictures)
	if n == 0 {
		return
	}
	b.WriteString(`<div class="pics pics` + strconv.Itoa(n) + `">`)
	for i := range c.Pictures {
		writePic(b, c.lang, &c.Pictures[i], i+1, n)
	}
	b.WriteString(`</div>`)
}

func writePic(b *bytes.Buffer, l *lang.Language, p *cruddur.Picture, place, of int) {
	attribute := func(name, value string) {
		b.WriteString(` ` + name + `="`)
		escapeTo(b, value)
		b.WriteByte('"')
	}
	w, h := p.Width, min(p.Height, p.Width*4/3)
	longer := max(p.Width, p.Height)
	small := p.Width * min(longer, 400) / longer
	label := l.Text("Picture")
	if of > 1 {
		label = l.Text("Picture {place} of {n}", "place", strconv.Itoa(place), "n", strconv.Itoa(of))
	}
	if p.Alt == "" {
		label = l.Text("{picture}, without a description", "picture", label)
	} else {
		label = l.Text("{picture}: {description}", "picture", label, "description", p.Alt)
	}
	b.WriteString(`<a class="pic"`)
	attribute("href", p.Path(cruddur.Large))
	attribute("aria-label", label)
	b.WriteString(`><svg aria-hidden="true" preserveAspectRatio="none"`)
	attribute("width", strconv.Itoa(w))
	attribute("viewBox", "0 0 "+strconv.Itoa(w)+" "+strconv.Itoa(max(1, h)))
	b.WriteString(`><rect width="100%" height="100%"`)
	attribute("fill", p.Color)
	b.WriteString(`/></svg><img loading="lazy" decoding="async"`)
	attribute("src", p.Path(cruddur.Small))
	attribute("srcset", p.Path(cruddur.Small)+" "+strconv.Itoa(max(1, small))+"w, "+p.Path(cruddur.Large)+" "+strconv.Itoa(p.Width)+"w")
	b.WriteString(` sizes="(max-width: 40rem) 92vw, 33rem"`)
	attribute("width", strconv.Itoa(p.Width))
	attribute("height", strconv.Itoa(p.Height))
	attribute("alt", p.Alt)
	b.WriteString(`>`)
	if p.Alt != "" {
		b.WriteString(`<span class="alt" aria-hidden="true"></span>`)
	}
	b.WriteString(`</a>`)
}

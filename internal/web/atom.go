package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/lang"
)

// The newest cruds of a member, and those with a tag, for programs that read feeds: Atom (RFC 4287). What has ended is
// in no answer. A program may keep an answer, but must ask each time whether it still holds, so what has ended or was
// deleted does not come from a cache, as with the API; no other cache may keep it.

// feedFile is the end of the address of a feed.
const feedFile = "/feed.atom"

// atomFeed is a feed before it is written. Addresses are paths.
type atomFeed struct {
	Path    string // of the feed
	Page    string // of the page with the same cruds
	Title   string
	Begun   time.Time // the time of a feed without cruds
	Entries []cruddur.Activity
}

func (s *site) getProfileFeed(w http.ResponseWriter, r *http.Request) error {
	p, err := s.profileAt(r)
	if err != nil {
		return err
	}
	list, err := s.Store.ActivitiesOf(r.Context(), p.UUID, cruddur.UUID{}, cruddur.PageSize, visitOf(r).now)
	if err != nil {
		return err
	}
	page := string(profilePath(p.Handle))
	s.writeFeed(w, r, &atomFeed{page + feedFile, page, cruddur.ShownName(p.DisplayName, p.Handle) + " (@" + p.Handle + ")", p.CreatedAt, list})
	return nil
}

func (s *site) getTagFeed(w http.ResponseWriter, r *http.Request) error {
	tag, err := tagAt(w, r, feedFile)
	if tag == "" || err != nil {
		return err
	}
	list, err := s.Store.TaggedRoots(r.Context(), tag, cruddur.UUID{}, cruddur.PageSize, visitOf(r).now)
	if err != nil {
		return err
	}
	page := string(tagPath(tag))
	s.writeFeed(w, r, &atomFeed{page + feedFile, page, "#" + tag, time.Unix(0, 0), list})
	return nil
}

// writeFeed answers with a feed, or says that its reader has the newest state already.
func (s *site) writeFeed(w http.ResponseWriter, r *http.Request, f *atomFeed) {
	b := buffers.Get().(*bytes.Buffer)
	defer putBuffer(b)
	x := atomWriter{b: b, base: strings.TrimSuffix(s.BaseURL, "/"), lang: visitOf(r).lang}
	x.feed(f)
	sum := sha256.Sum256(b.Bytes())
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("Content-Type", "application/atom+xml; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Etag", tag)
	h.Set("X-Robots-Tag", "noindex, noarchive")
	h.Add("Vary", "Cookie, Accept-Language")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.Write(b.Bytes()) // an error here means that the client has disconnected
}

// atomWriter writes XML. All text goes through text, which also replaces what XML cannot hold.
type atomWriter struct {
	b    *bytes.Buffer
	base string // the address of the site, without a slash at its end
	lang *lang.Language
}

func (x *atomWriter) text(s string) {
	xml.EscapeText(x.b, []byte(s)) //nolint:errcheck // a buffer takes everything
}

// element writes an element with text in it; attributes are written as they are.
func (x *atomWriter) element(name, attributes, text string) {
	x.b.WriteString("<" + name + attributes + ">")
	x.text(text)
	x.b.WriteString("</" + name + ">\n")
}

// link writes a link to a path of the site.
func (x *atomWriter) link(relation, media, path string) {
	x.b.WriteString(`<link rel="` + relation + `" type="` + media + `" href="`)
	x.text(x.base + path)
	x.b.WriteString("\"/>\n")
}

func (x *atomWriter) author(name, handle string) {
	x.b.WriteString("<author>")
	x.element("name", "", cruddur.Balance(cruddur.ShownName(name, handle)))
	x.element("uri", "", x.base+string(profilePath(handle)))
	x.b.WriteString("</author>\n")
}

func (x *atomWriter) feed(f *atomFeed) {
	x.b.WriteString(xml.Header + `<feed xmlns="http://www.w3.org/2005/Atom">` + "\n")
	x.element("id", "", x.base+f.Path)
	x.element("title", "", cruddur.Balance(f.Title))
	updated := f.Begun
	if len(f.Entries) > 0 {
		updated = f.Entries[0].CreatedAt
	}
	x.element("updated", "", wire(updated))
	x.link("self", "application/atom+xml", f.Path)
	x.link("alternate", "text/html", f.Page)
	x.element("generator", "", "Cruddur")
	for i := range f.Entries {
		x.entry(&f.Entries[i])
	}
	x.b.WriteString("</feed>\n")
}

// entry writes a crud. If it has a content warning, that stands for the text and the pictures: who wants to see them
// follows the link.
func (x *atomWriter) entry(a *cruddur.Activity) {
	path := string(crudPath(a.Handle, a.UUID.String()))
	x.b.WriteString("<entry>\n")
	x.element("id", "", x.base+path)
	x.element("title", "", excerptOf(a, x.lang, mostExcerpt))
	x.element("published", "", wire(a.CreatedAt))
	x.element("updated", "", wire(a.CreatedAt))
	x.link("alternate", "text/html", path)
	x.author(a.DisplayName, a.Handle)
	x.element("rights", "", x.lang.Text("It ends on {time}.", "time", x.lang.Date(a.ExpiresAt)))
	if a.Warning != "" {
		x.element("summary", "", excerptOf(a, x.lang, 2*cruddur.MaxWarning))
	} else {
		x.element("content", ` type="html"`, x.html(a))
	}
	x.b.WriteString("</entry>\n")
}

// html returns the text and the pictures of a crud as HTML with whole addresses.
func (x *atomWriter) html(a *cruddur.Activity) string {
	var b bytes.Buffer
	b.WriteString("<p>")
	b.WriteString(strings.ReplaceAll(string(linked(a.Message, x.base, true)), "\n", "<br>"))
	b.WriteString("</p>")
	for i := range a.Pictures {
		p := &a.Pictures[i]
		b.WriteString(`<p><img src="`)
		escapeTo(&b, x.base+p.Path(cruddur.Large))
		b.WriteString(`" alt="`)
		escapeTo(&b, p.Alt)
		b.WriteString(`" width="` + strconv.Itoa(p.Width) + `" height="` + strconv.Itoa(p.Height) + `"></p>`)
	}
	return b.String()
}

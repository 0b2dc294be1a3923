package web

import (
	"bytes"
	"html/template"
	"strings"

	"cruddur"
)

// linkify returns a message as HTML: all text is escaped, mentions and addresses become links, hashtags are marked.
// Each of these is isolated, so that no directional formatting character before it can reorder it, and such
// characters are closed at the end of the message. This is the only text from members that html/template does not
// escape itself.
func linkify(message string) template.HTML {
	b := buffers.Get().(*bytes.Buffer)
	defer putBuffer(b)
	if !strings.ContainsAny(message, "@#") && !strings.Contains(message, "://") {
		escapeTo(b, cruddur.Balance(message))
		return template.HTML(b.String())
	}
	var bidi cruddur.Balancer
	for _, s := range cruddur.Segments(message) {
		switch s.Kind {
		case cruddur.Mention:
			b.WriteString(`<a class="mention" href="/@`)
			b.WriteString(s.Value) // a–z, 0–9 and _ only
			b.WriteString(`"><bdi>`)
			escapeTo(b, s.Text)
			b.WriteString(`</bdi></a>`)
		case cruddur.Hashtag:
			b.WriteString(`<bdi class="tag">`)
			escapeTo(b, s.Text)
			b.WriteString(`</bdi>`)
		case cruddur.Link:
			b.WriteString(`<a class="link" rel="nofollow noopener noreferrer ugc" href="`)
			escapeTo(b, s.Value)
			b.WriteString(`"><bdi dir="ltr">`)
			escapeTo(b, shortLink(s.Text))
			b.WriteString(`</bdi></a>`)
		default:
			escapeTo(b, bidi.Text(s.Text))
		}
	}
	b.WriteString(bidi.End())
	return template.HTML(b.String())
}

// shortLink leaves out the scheme, and the end of a long address; it always keeps the host, so that readers see where
// the link goes.
func shortLink(s string) string {
	_, rest, _ := strings.Cut(s, "://")
	rest = strings.TrimSuffix(rest, "/")
	host, path, found := strings.Cut(rest, "/")
	if !found || len(rest) <= 48 {
		return rest
	}
	if runes := []rune(path); len(runes) > 24 {
		path = string(runes[:23]) + "…"
	}
	return host + "/" + path
}

package web

import (
	"bytes"
	"html/template"
	"strings"

	"cruddur"
)

// linkify returns a message as HTML: all text is escaped, mentions, hashtags and addresses become links.
// Each of these is isolated, so that no directional formatting character before it can reorder it, and such
// characters are closed at the end of the message. This is the only text from members that html/template does not
// escape itself.
func linkify(message string) template.HTML { return linked(message, "", true) }

// linked is linkify, in which tags may stay plain text. The addresses of this site begin with base.
func linked(message, base string, tags bool) template.HTML {
	b := buffers.Get().(*bytes.Buffer)
	defer putBuffer(b)
	if !strings.ContainsAny(message, "@#＃") && !strings.Contains(message, "://") {
		escapeTo(b, cruddur.Balance(message))
		return template.HTML(b.String())
	}
	var bidi cruddur.Balancer
	for _, s := range cruddur.Segments(message) {
		kind := s.Kind
		if kind == cruddur.Hashtag && !tags {
			kind = cruddur.Plain
		}
		switch kind {
		case cruddur.Mention:
			b.WriteString(`<a class="mention" href="`)
			escapeTo(b, base)
			b.WriteString(`/@`)
			b.WriteString(s.Value) // a–z, 0–9 and _ only
			b.WriteString(`"><bdi>`)
			escapeTo(b, s.Text)
			b.WriteString(`</bdi></a>`)
		case cruddur.Hashtag:
			b.WriteString(`<a class="tag" href="`)
			escapeTo(b, base)
			b.WriteString(string(tagPath(s.Value))) // escaped for a path, in which no sign of HTML is left
			b.WriteString(`"><bdi>`)
			escapeTo(b, s.Text)
			b.WriteString(`</bdi></a>`)
		case cruddur.Link:
			b.WriteString(`<a class="link" rel="nofollow noopener noreferrer ugc" href="`)
			escapeTo(b, s.Value)
			text, cut := shortLink(s.Text)
			if cut {
				b.WriteString(`" title="`)
				escapeTo(b, s.Value)
			}
			b.WriteString(`"><bdi dir="ltr">`)
			escapeTo(b, text)
			b.WriteString(`</bdi></a>`)
		default:
			escapeTo(b, bidi.Text(s.Text))
		}
	}
	b.WriteString(bidi.End())
	return template.HTML(b.String())
}

// shortLink leaves out the scheme, and the middle of a long path; it always keeps the host, so that readers see where
// the link goes. It reports whether it has left out a part of the path.
func shortLink(s string) (text string, cut bool) {
	_, rest, _ := strings.Cut(s, "://")
	rest = strings.TrimSuffix(rest, "/")
	host, path, found := strings.Cut(rest, "/")
	if !found || len(rest) <= 48 {
		return rest, false
	}
	runes := []rune(path)
	if len(runes) <= 24 {
		return rest, false
	}
	return host + "/" + string(runes[:14]) + "…" + string(runes[len(runes)-9:]), true
}

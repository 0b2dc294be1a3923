package web

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"cruddur/internal/lang"
)

// fragment is a template file that is parsed once: the text between the fields, and a function that writes each field
// of a T. html/template took 0.6 ms for the 20 cards of a page, because it calls its escapers by reflection for every
// field; this takes a thirtieth of that. A fuzz test checks that both produce the same document from the same file.
type fragment[T any] struct {
	text   []string // one more than fields
	fields []func(*bytes.Buffer, *T)
}

// cardFields are the fields that card.html may name. Text goes through escapeTo, which is correct between tags and in
// quoted attributes, the only places where a fragment has fields.
var cardFields = map[string]func(*bytes.Buffer, *card){
	"ID":          func(b *bytes.Buffer, c *card) { escapeTo(b, c.ID) },
	"Position":    func(b *bytes.Buffer, c *card) { b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(c.Position), 10)) },
	"Path":        func(b *bytes.Buffer, c *card) { escapeTo(b, string(c.Path)) },
	"Author":      func(b *bytes.Buffer, c *card) { escapeTo(b, string(c.Author)) },
	"DisplayName": func(b *bytes.Buffer, c *card) { escapeTo(b, c.DisplayName) },
	"Handle":      func(b *bytes.Buffer, c *card) { escapeTo(b, c.Handle) },
	"Class":       func(b *bytes.Buffer, c *card) { escapeTo(b, c.Class) },
	"Face":        func(b *bytes.Buffer, c *card) { c.writeFace(b) },
	"Say":         func(b *bytes.Buffer, c *card) { c.writeSay(b) },
	"Created":     func(b *bytes.Buffer, c *card) { escapeTo(b, c.Created) },
	"CreatedText": func(b *bytes.Buffer, c *card) { escapeTo(b, c.CreatedText) },
	"Expires":     func(b *bytes.Buffer, c *card) { escapeTo(b, c.Expires) },
	"ExpiresText": func(b *bytes.Buffer, c *card) { escapeTo(b, c.ExpiresText) },
	"Left":        func(b *bytes.Buffer, c *card) { b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(c.Left), 10)) },
	"Mods":        func(b *bytes.Buffer, c *card) { escapeTo(b, c.Mods) },
	"Why":         func(b *bytes.Buffer, c *card) { c.writeWhy(b) },
	"To":          func(b *bytes.Buffer, c *card) { c.writeTo(b) },
	"Rest":        func(b *bytes.Buffer, c *card) { c.writeRest(b) },
	"Actions":     func(b *bytes.Buffer, c *card) { c.writeActions(b) },
}

// soonFields are those of soon.html.
var soonFields = map[string]func(*bytes.Buffer, *soon){
	"Path":        func(b *bytes.Buffer, s *soon) { escapeTo(b, string(s.Path)) },
	"DisplayName": func(b *bytes.Buffer, s *soon) { escapeTo(b, s.DisplayName) },
	"Message":     func(b *bytes.Buffer, s *soon) { escapeTo(b, s.Message) },
	"Expires":     func(b *bytes.Buffer, s *soon) { escapeTo(b, s.Expires) },
	"ExpiresText": func(b *bytes.Buffer, s *soon) { escapeTo(b, s.ExpiresText) },
	"LeftText":    func(b *bytes.Buffer, s *soon) { escapeTo(b, s.LeftText) },
}

// loadFragment parses a file. The only syntax that it knows is {{.Field}}.
func loadFragment[T any](name string, l *lang.Language, known map[string]func(*bytes.Buffer, *T)) (*fragment[T], error) {
	text, err := readTemplate(name, l)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f := &fragment[T]{}
	for source := text; ; {
		before, rest, more := strings.Cut(source, "{{")
		f.text = append(f.text, before)
		if !more {
			return f, nil
		}
		field, rest, _ := strings.Cut(rest, "}}")
		write := known[strings.TrimPrefix(field, ".")]
		if write == nil || !strings.HasPrefix(field, ".") {
			return nil, fmt.Errorf("%s: no field {{%s}}", name, field)
		}
		f.fields = append(f.fields, write)
		source = rest
	}
}

// render writes the fragment for one value. A panic in a field is returned as an error.
func (f *fragment[T]) render(b *bytes.Buffer, v *T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	for i, field := range f.fields {
		b.WriteString(f.text[i])
		field(b, v)
	}
	b.WriteString(f.text[len(f.fields)])
	return nil
}

// escapeTo writes text for HTML, between tags or in a quoted attribute.
func escapeTo(b *bytes.Buffer, s string) {
	start := 0
	for i := range len(s) {
		var as string
		switch s[i] {
		case '&':
			as = "&amp;"
		case '<':
			as = "&lt;"
		case '>':
			as = "&gt;"
		case '"':
			as = "&#34;"
		case '\'':
			as = "&#39;"
		case 0:
			as = "\ufffd"
		default:
			continue
		}
		b.WriteString(s[start:i])
		b.WriteString(as)
		start = i + 1
	}
	b.WriteString(s[start:])
}

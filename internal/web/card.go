package web

import (
	"bytes"
	"fmt"
	"html/template"
	"strconv"
	"strings"
)

// cardTemplate is templates/card.html, taken apart once: the text between the fields, and what writes
// each field. html/template took 0.6 ms for the 20 cards of a page, because it calls its escapers by
// reflection for every field; this takes a thirtieth of that. A fuzz test holds that both make the
// same document of the same file.
type cardTemplate struct {
	text   []string // one more than fields
	fields []func(*bytes.Buffer, *card)
}

// cardFields are the fields that card.html may name. What is text goes through escapeTo, which is
// right between tags and in quoted attributes, the only places where card.html has fields.
var cardFields = map[string]func(*bytes.Buffer, *card){
	"ID":          func(b *bytes.Buffer, c *card) { escapeTo(b, c.ID) },
	"Position":    func(b *bytes.Buffer, c *card) { b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(c.Position), 10)) },
	"Path":        func(b *bytes.Buffer, c *card) { escapeTo(b, string(c.Path)) },
	"Author":      func(b *bytes.Buffer, c *card) { escapeTo(b, string(c.Author)) },
	"DisplayName": func(b *bytes.Buffer, c *card) { escapeTo(b, c.DisplayName) },
	"Handle":      func(b *bytes.Buffer, c *card) { escapeTo(b, c.Handle) },
	"Class":       func(b *bytes.Buffer, c *card) { escapeTo(b, c.Class) },
	"Letter":      func(b *bytes.Buffer, c *card) { escapeTo(b, c.Letter) },
	"Message":     func(b *bytes.Buffer, c *card) { b.WriteString(string(c.Message)) },
	"Created":     func(b *bytes.Buffer, c *card) { escapeTo(b, c.Created) },
	"CreatedText": func(b *bytes.Buffer, c *card) { escapeTo(b, c.CreatedText) },
	"Expires":     func(b *bytes.Buffer, c *card) { escapeTo(b, c.Expires) },
	"ExpiresText": func(b *bytes.Buffer, c *card) { escapeTo(b, c.ExpiresText) },
	"Left":        func(b *bytes.Buffer, c *card) { b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(c.Left), 10)) },
	"Actions":     func(b *bytes.Buffer, c *card) { b.WriteString(string(c.Actions())) },
}

// parseCard takes the file apart. It knows {{.Field}} and nothing else.
func parseCard(source string) (*cardTemplate, error) {
	t := &cardTemplate{}
	for {
		text, rest, more := strings.Cut(source, "{{.")
		t.text = append(t.text, text)
		if !more {
			break
		}
		name, rest, ok := strings.Cut(rest, "}}")
		field := cardFields[name]
		if !ok || field == nil {
			return nil, fmt.Errorf("card.html: no field %q", name)
		}
		t.fields = append(t.fields, field)
		source = rest
	}
	if all := strings.Join(t.text, ""); strings.Contains(all, "{{") {
		return nil, fmt.Errorf("card.html: only {{.Field}} is known")
	}
	return t, nil
}

// render writes a card. A fault in one field is an error, never a panic.
func (t *cardTemplate) render(b *bytes.Buffer, c *card) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	for i, field := range t.fields {
		b.WriteString(t.text[i])
		field(b, c)
	}
	b.WriteString(t.text[len(t.fields)])
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

// Actions are what the viewer can do with the crud.
func (c *card) Actions() template.HTML {
	if !c.Own {
		return ""
	}
	var b bytes.Buffer
	b.WriteString(`<a class="act" href="`)
	escapeTo(&b, string(c.Path))
	b.WriteString(`/delete">Delete<span class="sr"> this crud</span></a>`)
	return template.HTML(b.String())
}

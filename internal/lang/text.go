package lang

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
)

// Text returns a text in the language. Pairs are a placeholder's name and what stands in its place:
//
//	l.Text("Followers of @{handle}", "handle", "ada")
func (l *Language) Text(english string, pairs ...string) string {
	text := english
	if f, ok := l.texts[english]; ok {
		text = f[plural.Other]
	}
	return l.put(text, pairs)
}

// Count is Text for a text with the number {n}: it takes the plural that the number needs.
func (l *Language) Count(english string, n int, pairs ...string) string {
	return l.put(l.Counted(english, n), append(pairs, "n", l.Number(n)))
}

// Counted is Count, but leaves the number's place open, for a number that is marked up.
func (l *Language) Counted(english string, n int) string {
	f, ok := l.texts[english]
	if !ok {
		return english
	}
	if text, ok := f[l.category(n)]; ok {
		return text
	}
	return f[plural.Other]
}

// Number writes a whole number with the language's mark between thousands: 1,024.
func (l *Language) Number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + l.number + s[i:]
	}
	return s
}

// Between these two, a text has a direction of its own, that of its first letter (Unicode Standard Annex 9, FSI and
// PDI).
const (
	isolate = "\u2068"
	pop     = "\u2069"
)

// put replaces placeholders. In a language that is written from right to left, what comes in is isolated, with the @
// before it: otherwise "@ada" would be shown as "ada@".
func (l *Language) put(text string, pairs []string) string {
	if len(pairs) == 0 {
		return text
	}
	b := make([]byte, 0, len(text)+32)
	for {
		before, rest, found := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return string(append(b, text...))
		}
		text = after
		value, known := valueOf(name, pairs)
		switch {
		case !known:
			b = append(append(append(b, before...), '{'), name...)
			b = append(b, '}')
		case l.Direction == "rtl":
			bare, at := strings.CutSuffix(before, "@")
			b = append(append(b, bare...), isolate...)
			if at {
				b = append(b, '@')
			}
			b = append(append(b, value...), pop...)
		default:
			b = append(append(b, before...), value...)
		}
	}
}

func valueOf(name string, pairs []string) (value string, known bool) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1], true
		}
	}
	return "", false
}

// placeholder matches what a translation must keep: {name}, and the tags <1> and </1> of a page.
var placeholder = regexp.MustCompile(`\{\w+\}|</?\d+>`)

// samePlaceholders returns an error if a translation lacks a placeholder or has another. A plural that is for one
// number only may leave {n} out: "a year".
func samePlaceholders(english, text string) error {
	want, got := placeholder.FindAllString(english, -1), placeholder.FindAllString(text, -1)
	slices.Sort(want)
	slices.Sort(got)
	if slices.Equal(want, got) {
		return nil
	}
	if i := slices.Index(want, "{n}"); i >= 0 && slices.Equal(slices.Delete(slices.Clone(want), i, i+1), got) {
		return nil
	}
	return fmt.Errorf("the translation has %v in place of %v", got, want)
}

// Marked matches a text of a page's template that is to be translated: [[Sign in]].
var marked = regexp.MustCompile(`(?s)\[\[(.+?)\]\]`)

// Template returns the source of an HTML template in the language: each [[text]] is replaced by its translation.
//
// Within a text stand tags and actions. The key of the catalogue has numbers for the tags, and for actions their
// names: [[Back to <a href="/@{{.Handle}}">@{{.Handle}}</a>]] is "Back to <1>@{handle}</1>". A translation is plain
// text; what HTML reserves in it is escaped.
func (l *Language) Template(source string) (string, error) {
	var errs []error
	out := marked.ReplaceAllStringFunc(source, func(match string) string {
		key, parts, err := keyOf(match[2 : len(match)-2])
		if err != nil {
			errs = append(errs, err)
			return match
		}
		f, ok := l.texts[key]
		if !ok {
			return match[2 : len(match)-2]
		}
		return l.fill(f[plural.Other], parts)
	})
	if strings.Contains(out, "[[") {
		errs = append(errs, errors.New("a [[ without its ]]"))
	}
	return out, errors.Join(errs...)
}

// TemplateKeys returns the keys of the texts in a template's source, in their order.
func TemplateKeys(source string) ([]string, error) {
	var keys []string
	for _, m := range marked.FindAllStringSubmatch(source, -1) {
		key, _, err := keyOf(m[1])
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

var (
	piece  = regexp.MustCompile(`\{\{[^}]*\}\}|<[^>]*>`)
	action = regexp.MustCompile(`^\{\{(?:\$|\.|\$\.)(?:\w+\.)*(\w+)\}\}$`)
)

// keyOf returns the catalogue's key of a text in a template, and what its placeholders stand for.
func keyOf(text string) (key string, parts map[string]string, err error) {
	parts = map[string]string{}
	var open []string // the numbers of the tags that are not closed yet
	tags, actions := 0, 0
	key = piece.ReplaceAllStringFunc(text, func(p string) string {
		var name string
		switch {
		case strings.HasPrefix(p, "{{"):
			if m := action.FindStringSubmatch(p); m != nil {
				name = "{" + strings.ToLower(m[1][:1]) + m[1][1:] + "}"
			} else {
				actions++
				name = "{" + strconv.Itoa(actions) + "}"
			}
		case strings.HasPrefix(p, "</"):
			if len(open) == 0 {
				err = fmt.Errorf("%q closes a tag that it does not open", text)
				return ""
			}
			name = "</" + open[len(open)-1] + ">"
			open = open[:len(open)-1]
		default:
			tags++
			open = append(open, strconv.Itoa(tags))
			name = "<" + strconv.Itoa(tags) + ">"
		}
		if other, ok := parts[name]; ok && other != p {
			err = fmt.Errorf("%q has two placeholders %s", text, name)
		}
		parts[name] = p
		return name
	})
	if err == nil && len(open) > 0 {
		err = fmt.Errorf("%q opens a tag that it does not close", text)
	}
	if rest := placeholder.ReplaceAllString(key, ""); err == nil && strings.ContainsAny(rest, `<>&"{}`) {
		err = fmt.Errorf("%q: a text to translate must not need escaping", text)
	}
	return key, parts, err
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "{", "&#123;")

// fill puts the parts of a template's text into its translation, and escapes the rest.
func (l *Language) fill(text string, parts map[string]string) string {
	var b strings.Builder
	last := 0
	for _, at := range placeholder.FindAllStringIndex(text, -1) {
		before, part := text[last:at[0]], parts[text[at[0]:at[1]]]
		if l.Direction == "rtl" && strings.HasPrefix(part, "{{") {
			if rest, found := strings.CutSuffix(before, "@"); found {
				before, part = rest, "@"+part
			}
			part = isolate + part + pop
		}
		b.WriteString(escaper.Replace(before))
		b.WriteString(part)
		last = at[1]
	}
	b.WriteString(escaper.Replace(text[last:]))
	return b.String()
}

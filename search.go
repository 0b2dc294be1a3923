package cruddur

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxSearch is the maximum length of what is searched for, in code points.
const MaxSearch = 200

// MostFound is the most members, and the most tags, that a search returns.
const MostFound = 10

// Search is what somebody searches for.
type Search struct {
	Term  string   // as it was typed, without blanks around it
	Query string   // PostgreSQL's tsquery; "" if nothing but members restricts the cruds
	From  []string // handles in lower case: the crud is by one of them
	Names string   // a tsquery for the names of members; "" if there is nothing to search for
	Start string   // what a handle may begin with, in lower case; "" if none can
	Tag   string   // what a tag may begin with, in its normal form; "" if none can
}

// Empty reports whether there is nothing in the term that a crud could be found by.
func (s *Search) Empty() bool { return s.Query == "" && len(s.From) == 0 }

// ParseSearch reads a term: all of its words must be in a crud, and the last may be the beginning of one. Words in
// quotation marks must follow each other. from:handle finds the cruds of a member, and #tag those with the tag. A
// term that is blank is search_term_blank, one longer than MaxSearch search_term_too_long.
func ParseSearch(term string) (Search, error) {
	term = strings.TrimFunc(strings.ToValidUTF8(term, " "), func(r rune) bool { return r == 0 || blank(r) })
	if utf8.RuneCountInString(term) > MaxSearch {
		return Search{}, Invalid("q", "search_term_too_long")
	}
	if !Visible(term) && len(wordsOf(term)) == 0 { // a mark alone, such as a vowel of Thai, is a part of a word
		return Search{}, Invalid("q", "search_term_blank")
	}
	s := Search{Term: term}
	var all, names []string
	list := parts(term)
	for i, p := range list {
		last := i == len(list)-1
		handle, from := fromOf(p)
		tag, _ := CheckTag(p.text)
		_, signed := cutSign(p.text)
		switch {
		case from:
			if !slices.Contains(s.From, handle) {
				s.From = append(s.From, handle)
			}
			continue
		case signed && tag != "" && !p.quoted:
			all = append(all, quoted("#"+tag))
			continue
		}
		if q := phrase(wordsOf(p.text), last && !p.closed); q != "" {
			all = append(all, q)
			names = append(names, phrase(wordsOf(p.text), !p.closed))
		}
	}
	s.Query, s.Names = strings.Join(all, " & "), strings.Join(names, " & ")
	if len(list) == 1 && len(s.From) == 0 {
		s.single(list[0].text)
	}
	return s, nil
}

// single reads a term of one word, which may be the beginning of a handle or of a tag.
func (s *Search) single(text string) {
	if start := strings.ToLower(strings.TrimPrefix(text, "@")); start != "" && len(start) <= MaxHandle && strings.Trim(start, handleLetters) == "" {
		s.Start = start
	}
	if tag, err := CheckTag(text); err == nil {
		s.Tag = tag
	}
}

const handleLetters = "abcdefghijklmnopqrstuvwxyz0123456789_"

// part is a piece of a term: a word, or what stands in quotation marks.
type part struct {
	text   string
	quoted bool
	closed bool // both quotation marks are there
}

// parts cuts a term at its blanks and at its quotation marks. One that is not closed yet reaches to the end: somebody
// may be typing.
func parts(term string) (out []part) {
	for term != "" {
		r, size := utf8.DecodeRuneInString(term)
		switch {
		case blank(r) || unicode.IsSpace(r):
			term = term[size:]
		case quotes(r):
			text, rest, closed := term[size:], "", false
			if n := strings.IndexFunc(text, quotes); n >= 0 {
				_, size = utf8.DecodeRuneInString(text[n:])
				text, rest, closed = text[:n], text[n+size:], true
			}
			out = append(out, part{text, true, closed})
			term = rest
		default:
			n := strings.IndexFunc(term, func(r rune) bool { return blank(r) || unicode.IsSpace(r) || quotes(r) })
			if n < 0 {
				n = len(term)
			}
			out = append(out, part{text: term[:n]})
			term = term[n:]
		}
	}
	return out
}

// quotes reports whether r is a quotation mark. Phones write the round ones.
func quotes(r rune) bool {
	return r == '"' || r == '“' || r == '”' || r == '„' || r == '«' || r == '»' || r == '＂'
}

func fromOf(p part) (handle string, ok bool) {
	if p.quoted || len(p.text) < len("from:") || !strings.EqualFold(p.text[:len("from:")], "from:") {
		return "", false
	}
	handle, err := CheckHandle(p.text[len("from:"):])
	return handle, err == nil
}

// phrase returns the tsquery for words that follow each other. With open, the last of them may be the beginning of a
// word. At the end of a text without spaces the last pair stands for its two characters, whatever follows them; a
// single character is the beginning of a pair, or the end of a text.
func phrase(words []word, open bool) string {
	if n := len(words); n > 1 && words[n-1].last && words[n-2].pair {
		words = words[:n-1]
	}
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(" <-> ")
		}
		b.WriteString(quoted(w.text))
		if i == len(words)-1 && (w.last || open && !w.pair) {
			b.WriteString(":*")
		}
	}
	if len(words) > 1 {
		return "(" + b.String() + ")"
	}
	return b.String()
}

package cruddur

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SegmentKind is the type of a piece of a message.
type SegmentKind int

// The kinds of segment.
const (
	Plain SegmentKind = iota
	Mention
	Hashtag
	Link
)

// Segment is a piece of a message. The Texts of all segments together are the message.
type Segment struct {
	Kind  SegmentKind
	Text  string // as written
	Value string // handle in lower case, tag in its normal form, both without their sign; address of a link; "" for plain text
}

// Segments splits a message into plain text, mentions (@handle), hashtags (#tag) and web addresses (http, https). A
// sign inside a word, as in an e-mail address, starts neither a mention nor a hashtag. Two tags are the same if they
// differ only in case, in width or in how a letter with an accent is encoded.
func Segments(message string) []Segment {
	if message == "" {
		return nil
	}
	signs := strings.Count(message, "@") + strings.Count(message, "#") + strings.Count(message, "://") + strings.Count(message, "＃")
	out := make([]Segment, 0, min(1+2*signs, 16)) // plain text around each; counting first costs less than growing the slice
	for s := range segments(message) {
		out = append(out, s)
	}
	return out
}

func segments(message string) iter.Seq[Segment] {
	return func(yield func(Segment) bool) {
		start := 0 // of the plain text that is not added yet
		for i := 0; i < len(message); {
			if c := message[i]; c != '@' && c != '#' && c != 'h' && c != wideSignByte {
				i++ // safe inside a rune of several bytes too: none of its later bytes is one of these
				continue
			}
			s, ok := Segment{}, false
			if i == 0 || !wordBefore(message[:i]) {
				s, ok = segmentAt(message[i:])
			}
			if !ok {
				i++
				continue
			}
			if start < i && !yield(Segment{Kind: Plain, Text: message[start:i]}) || !yield(s) {
				return
			}
			i += len(s.Text)
			start = i
		}
		if start < len(message) {
			yield(Segment{Kind: Plain, Text: message[start:]})
		}
	}
}

func wordBefore(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r == '_' || r == '@' || r == '#' || r == wideSign || r == '/' || r == '&' || unicode.IsLetter(r) || unicode.IsNumber(r)
}

func segmentAt(s string) (Segment, bool) {
	switch {
	case s[0] == '@':
		n := 1
		for n < len(s) && handleByte(s[n]) {
			n++
		}
		if n > 2 && n <= MaxHandle+1 {
			return Segment{Mention, s[:n], strings.ToLower(s[1:n])}, true
		}
	case s[0] == '#' || s[0] == wideSignByte:
		if rest, ok := cutSign(s); ok {
			if n, value := tagAt(rest); n > 0 {
				return Segment{Hashtag, s[:len(s)-len(rest)+n], value}, true
			}
		}
	case strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://"):
		n := strings.IndexFunc(s, endsLink)
		if n < 0 {
			n = len(s)
		}
		link := strings.TrimRight(s[:n], ".,;:!?'\"")
		if strings.HasSuffix(link, ")") && !strings.Contains(link, "(") {
			link = strings.TrimRight(link, ")")
		}
		if _, rest, _ := strings.Cut(link, "://"); rest != "" {
			return Segment{Link, link, link}, true
		}
	}
	return Segment{}, false
}

// endsLink reports whether a character cannot be part of a web address. An invisible character could make the address
// look like another. Joiners are the exception: addresses in some scripts need them (RFC 5892, appendix A).
func endsLink(r rune) bool {
	switch r {
	case '<', '>', '"', '{', '}', '|', '\\', '^', '`':
		return true
	}
	return unicode.IsSpace(r) || hidden(r) && r != zwnj && r != zwj
}

// Hashtags lists the tags of a message once each, in their normal form, in order of appearance.
func Hashtags(message string) []string { return values(message, Hashtag, "#"+string(wideSign)) }

// Mentions lists the handles that a message mentions, once each, in lower case.
func Mentions(message string) []string { return values(message, Mention, "@") }

func values(message string, kind SegmentKind, signs string) []string {
	if !strings.ContainsAny(message, signs) {
		return nil
	}
	var out []string
	for s := range segments(message) {
		if s.Kind == kind && !slices.Contains(out, s.Value) {
			out = append(out, s.Value)
		}
	}
	return out
}

// Cut returns the first n code points of a text, or the whole text if it is not longer. It may split a character of
// several code points, such as a flag.
func Cut(s string, n int) string {
	for i := range s {
		if n <= 0 {
			return s[:i]
		}
		n--
	}
	return s
}

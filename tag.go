package cruddur

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// MaxTag is the maximum length of a hashtag in its normal form and without its sign, in code points.
const MaxTag = 64

const (
	wideSign     = '＃'  // the full-width number sign, which keyboards for Chinese and Japanese give
	wideSignByte = 0xef // its first byte in UTF-8
)

// CheckTag returns the normal form of a hashtag that is written with or without its sign, as a segment's Value has
// it. What is no hashtag is KindNotFound, because such a page cannot exist.
func CheckTag(s string) (string, error) {
	s, _ = cutSign(s)
	if n, value := tagAt(s); n > 0 && n == len(s) {
		return value, nil
	}
	return "", NewError(KindNotFound)
}

// cutSign removes the sign of a hashtag from the beginning of a text.
func cutSign(s string) (rest string, found bool) {
	if rest, found = strings.CutPrefix(s, "#"); !found {
		rest, found = strings.CutPrefix(s, string(wideSign))
	}
	return rest, found
}

// tagAt returns the length of the hashtag with which a text begins, in bytes and without its sign, and the tag's
// normal form; 0 if there is none. A tag has letters, marks and numbers of any script, and underscores. It has at
// least one letter and does not begin with a mark: "#1" is a number, and "#" with a mark is the picture of a key.
// Some languages (Persian) write joiners within words; they are no difference between two tags.
func tagAt(s string) (n int, value string) {
	letters, ascii := false, true
	for n < len(s) {
		r, size := rune(s[n]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[n:])
			ascii = false
		}
		switch {
		case unicode.IsLetter(r):
			letters = true
		case unicode.IsNumber(r) || r == '_':
		case n > 0 && (unicode.IsMark(r) || joiner(r, s[n+size:])):
		default:
			return tagOf(s[:n], letters, ascii)
		}
		n += size
	}
	return tagOf(s, letters, ascii)
}

// joiner reports whether r is a joiner within a word that goes on with rest.
func joiner(r rune, rest string) bool {
	if r != zwnj && r != zwj {
		return false
	}
	next, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsLetter(next) || unicode.IsMark(next)
}

func tagOf(s string, letters, ascii bool) (int, string) {
	if !letters {
		return 0, ""
	}
	value := strings.ToLower(s)
	if !ascii {
		value = normalTag(s)
	}
	if value == "" || utf8.RuneCountInString(value) > MaxTag {
		return 0, ""
	}
	return len(s), value
}

// normalTag folds case and width (NFKC_Casefold, Unicode 3.13), and leaves out what compatibility forms bring in and
// no tag can have, such as the brackets of ⑴. It repeats that until nothing changes, so that a normal form is its own
// normal form. The result is "" if no letter is left.
func normalTag(s string) string {
	for range 4 {
		before := s
		s = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
		s = strings.Map(tagRune, s)
		s = strings.TrimLeftFunc(s, unicode.IsMark)
		if s == before {
			break
		}
	}
	if strings.IndexFunc(s, unicode.IsLetter) < 0 {
		return ""
	}
	return s
}

// tagRune leaves out what is no part of a tag's normal form. Variation selectors and the grapheme joiner are marks
// that nobody sees.
func tagRune(r rune) rune {
	switch {
	case unicode.Is(unicode.Variation_Selector, r) || r == '\u034f':
		return -1
	case r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
		return r
	}
	return -1
}

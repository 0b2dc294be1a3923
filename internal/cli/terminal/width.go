package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

const (
	zeroWidthJoiner = '\u200d'
	asPicture       = '\ufe0f' // variation selector 16
)

// measure splits a text into the characters that a terminal shows (Unicode Standard Annexes 11 and 29): each
// is a letter or picture with the marks that change it. It calls each with the end of the character in bytes
// and its width in cells, until each returns false.
func measure(s string, each func(end, cells int) bool) {
	cells, last, begun := 0, rune(0), false
	for i, r := range s {
		switch {
		case r == asPicture && cells == 1 && pictures(last): // ❤ becomes ❤️; a digit does not become a picture
			cells = 2
		case begun && extends(r):
		case begun && pictures(r) && last == zeroWidthJoiner, begun && skinColour(r) && pictures(last):
		case begun && regional(r) && regional(last): // two of them are one flag, and the third begins the next
			cells, r = 2, 0
		default:
			if begun && !each(i, cells) {
				return
			}
			cells, begun = cellsOf(r), true
		}
		last = r
	}
	if begun {
		each(len(s), cells)
	}
}

// extends reports whether a character takes no cell itself: marks, joiners and selectors, and the vowels and
// final consonants of a Hangul syllable.
func extends(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me) || r >= 0x1160 && r <= 0x11ff ||
		unicode.Is(unicode.Cf, r) && r != '\u00ad' && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// pictures reports whether a character may be a picture or a sign rather than a letter.
func pictures(r rune) bool { return r >= 0x203c && !unicode.IsLetter(r) }

func skinColour(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// cellsOf returns the width in cells of a character that begins a new one. If the width depends on the font,
// it counts as narrow.
func cellsOf(r rune) int {
	if extends(r) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cellsIn returns the width of a text in terminal cells.
func cellsIn(s string) int {
	if plain(s) {
		return len(s)
	}
	n := 0
	measure(s, func(_, cells int) bool {
		n += cells
		return true
	})
	return n
}

// plain reports whether each byte of a text is a character of one cell.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fitting returns the length in bytes of the longest beginning of a text that takes at most n cells. It never
// splits a character.
func fitting(s string, n int) int {
	at := 0
	measure(s, func(end, cells int) bool {
		if n -= cells; n < 0 {
			return false
		}
		at = end
		return true
	})
	return at
}

// shorten makes a text fit n cells; a shortened text ends with an ellipsis.
func shorten(s string, n int) string {
	if cellsIn(s) <= n {
		return s
	}
	if n <= 1 {
		return "…"
	}
	return strings.TrimRight(s[:fitting(s, n-1)], " ") + "…"
}

// breakText breaks a text at its spaces into lines of at most n cells; a longer word is broken too.
func breakText(s string, n int) []string {
	var lines []string
	for cellsIn(s) > n {
		at := fitting(s, n)
		if !strings.HasPrefix(s[at:], " ") {
			if space := strings.LastIndexByte(s[:at], ' '); space > 0 && cellsIn(s[:space]) > n/2 {
				at = space
			}
		}
		if at == 0 { // one character is wider than the line
			measure(s, func(end, _ int) bool { at = end; return false })
		}
		if at == len(s) {
			break
		}
		lines = append(lines, strings.TrimRight(s[:at], " "))
		s = strings.TrimLeft(s[at:], " ")
	}
	return append(lines, s)
}

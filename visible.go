package cruddur

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text from people may hold characters that are invisible, or that change the display order of others. In a name they
// make one member look like another, or like nobody, so a name may have them only where a script or an emoji needs
// them. A message may have them, because people may need them, but they must not affect the text around it: see
// Balance.

const (
	zwnj       = '\u200c'
	zwj        = '\u200d'
	blackFlag  = '\U0001F3F4' // starts the flag of a region: Scotland's has the tags gbsct
	tagEnd     = '\U000E007F'
	enclosingK = '\u20e3' // of a keycap
)

// blanks are invisible, although Unicode lists them as letters and symbols: the empty braille pattern, the object
// replacement character, a note without a head, and two hieroglyphs.
var blanks = []rune{'\u2800', '\ufffc', '\U0001D159', '\U00013441', '\U00013442'}

// unseen reports whether a character is invisible on its own: white space, controls, what Unicode calls default
// ignorable (section 5.21), format characters, marks without a letter, noncharacters.
func unseen(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r <= ' ' || r == '\x7f'
	case everyday(r):
		return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Mn)
	}
	return unicode.IsSpace(r) || slices.Contains(blanks, r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}

// Visible reports whether a text has a visible character.
func Visible(s string) bool { return strings.ContainsFunc(s, func(r rune) bool { return !unseen(r) }) }

// Tidy returns a one-line text without the characters that a name must not have: directional formatting characters
// (Bidi_Control of UAX #9), and invisible characters that no script or emoji needs at that place.
func Tidy(s string) string {
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	in := []rune(s)
	out := make([]rune, 0, len(in))
	for i := 0; i < len(in); i++ {
		if n := regionFlag(in[i:]); n > 0 {
			out = append(out, in[i:i+n]...)
			i += n - 1
			continue
		}
		var after rune
		if i+1 < len(in) {
			after = in[i+1]
		}
		if needed(out, in[i], after) {
			out = append(out, in[i])
		}
	}
	if len(out) == len(in) {
		return s
	}
	return string(out)
}

// ShownName returns a member's name as others see it. A stored name may be older than the rules: forbidden characters
// are then left out, and if nothing is left the handle is shown.
func ShownName(name, handle string) string {
	if name != "" && name[0] > ' ' && ascii(name) && name[0] != '\x7f' {
		return name // fast path for most names: no check of each rune
	}
	if name = Tidy(name); Visible(name) {
		return name
	}
	return handle
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// needed reports whether a character is visible, or visibly changes the characters beside it.
func needed(before []rune, r, after rune) bool {
	switch {
	case !hidden(r):
		return true
	case len(before) == 0:
		return r == zwj && joins(after)
	}
	last := before[len(before)-1]
	switch {
	case r == zwnj:
		return joins(base(before)) || joins(after)
	case r == zwj:
		return joins(base(before)) || joins(after) || picture(after) && (picture(last) || last == '\ufe0f')
	case unicode.Is(unicode.Variation_Selector, r):
		return varies(last, r)
	}
	return false
}

// hidden reports whether a name may have a character only where it is needed.
func hidden(r rune) bool {
	switch {
	case everyday(r):
		return false
	case slices.Contains(blanks, r):
		return true
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r): // Arabic signs around a number; they show
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}

// everyday reports whether a character is in one of the common ranges without hidden characters, so that no table
// search is necessary: Latin, Greek, Cyrillic and Hebrew; Arabic; the scripts of India and South-East Asia; Han and
// Hangul.
func everyday(r rune) bool {
	return r < '\u00ad' || r > '\u00ad' && r < '\u034f' || r > '\u034f' && r < '\u0600' ||
		r >= '\u0620' && r < '\u06dd' || r >= '\u0900' && r < '\u115f' || r > '\u3164' && r <= '\ud7ff'
}

// base is the last character that is not a combining mark.
func base(runes []rune) rune {
	for i := len(runes) - 1; i >= 0; i-- {
		if !unicode.Is(unicode.Inherited, runes[i]) {
			return runes[i]
		}
	}
	return 0
}

// joins reports whether a character belongs to a script whose letters join their neighbours, and whose
// spelling therefore needs the joiner and the non-joiner: Persian and the languages of India, above all.
func joins(r rune) bool {
	return r >= utf8.RuneSelf && !hidden(r) && unicode.In(r,
		unicode.Arabic, unicode.Syriac, unicode.Nko, unicode.Mandaic, unicode.Mongolian, unicode.Adlam, unicode.Hanifi_Rohingya,
		unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu,
		unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Chakma,
		unicode.Balinese, unicode.Javanese)
}

// picture reports whether a character can be part of an emoji: a visible symbol.
func picture(r rune) bool {
	return r >= 0xa9 && !hidden(r) && unicode.In(r, unicode.So, unicode.Sm, unicode.Sk)
}

// varies reports whether a variation selector has a meaning after a character: it selects the style of an emoji, or
// the shape of a Han or Mongolian character.
func varies(last, selector rune) bool {
	switch {
	case hidden(last) || unicode.IsSpace(last):
		return false
	case selector >= '\U000E0100':
		return unicode.Is(unicode.Han, last)
	case unicode.Is(unicode.Mongolian, selector):
		return unicode.Is(unicode.Mongolian, last)
	}
	return unicode.In(last, unicode.S, unicode.Nd, unicode.P, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Myanmar,
		unicode.Phags_Pa, unicode.Manichaean) || last == 'ℹ' || last == enclosingK
}

// regionFlag returns the length of a region's flag at the start of the text: a black flag, up to six tags that name
// the region, and the end tag (UTS #51, section 1.4.6). It returns 0 if there is none.
func regionFlag(in []rune) int {
	if len(in) == 0 || in[0] != blackFlag {
		return 0
	}
	for i := 1; i < len(in) && i <= 7; i++ {
		switch r := in[i] - 0xE0000; {
		case in[i] == tagEnd && i > 2:
			return i + 1
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		default:
			return 0
		}
	}
	return 0
}

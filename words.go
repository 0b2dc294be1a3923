package cruddur

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxWord is the number of code points of a word that a search compares: PostgreSQL takes no word of more than 2,046
// bytes.
const maxWord = 100

// WordsOf returns the words of an activity: those of its text, and those of its content warning, which are no part of
// the same phrase. It has the tags of the text alone.
func WordsOf(message, warning string) string {
	places, last := indexOf(message)
	for _, w := range wordsOf(warning) {
		places.add(w.text, last+1+w.place)
	}
	return places.String()
}

// Words returns the words of a text as PostgreSQL's tsvector: each with its places, in a form without case and
// accents, so that "cafe" finds "Café". Tags are in it too, in their normal form and with their sign. Text in a script
// that writes no spaces between words is cut into overlapping pairs of characters, so that each part of it is found.
//
// This is made here and not by PostgreSQL's dictionaries, because those know no such scripts, and because an accent
// is only taken off by the extension unaccent, which many databases do not let one create.
func Words(text string) string {
	places, _ := indexOf(text)
	return places.String()
}

// indexOf returns the words and tags of a text, and the place of the last word.
func indexOf(text string) (places index, last int) {
	for _, w := range wordsOf(text) {
		places.add(w.text, w.place)
		last = w.place
	}
	for _, tag := range Hashtags(text) {
		places.add("#"+tag, 0)
	}
	return places, last
}

// index is a tsvector: words with their places, in order of appearance.
type index struct {
	order  []string
	places map[string][]int
}

func (x *index) add(word string, place int) {
	if x.places == nil {
		x.places = map[string][]int{}
	}
	list, known := x.places[word]
	if !known {
		x.order = append(x.order, word)
	}
	if place > 0 {
		list = append(list, place)
	}
	x.places[word] = list
}

func (x *index) String() string {
	var b strings.Builder
	for i, word := range x.order {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(quoted(word))
		for j, place := range x.places[word] {
			b.WriteByte(":,"[min(j, 1)])
			b.WriteString(strconv.Itoa(place))
		}
	}
	return b.String()
}

// quoted returns a word as tsvector and tsquery read it. A word has no quotation mark in it.
func quoted(word string) string { return "'" + word + "'" }

// word is a word of a text, or a pair of characters where words have no borders.
type word struct {
	text  string
	place int  // 1 is the first
	last  bool // the last character of a text without spaces, alone
	pair  bool // a pair, which the next word overlaps
}

// wordsOf cuts a text into words: letters and numbers of any script, and the marks on them.
func wordsOf(text string) []word {
	text = folded(text)
	out := make([]word, 0, strings.Count(text, " ")+2)
	place := 0
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if !wordRune(r) {
			text = text[size:]
			continue
		}
		dense := spaceless(r)
		end := strings.IndexFunc(text, func(r rune) bool { return !wordRune(r) || spaceless(r) != dense })
		if end < 0 {
			end = len(text)
		}
		run := text[:end]
		text = text[end:]
		if !dense {
			place++
			out = append(out, word{text: Cut(run, maxWord), place: place})
			continue
		}
		for len(run) > 0 {
			_, first := utf8.DecodeRuneInString(run)
			_, second := utf8.DecodeRuneInString(run[first:])
			place++
			out = append(out, word{text: run[:first+second], place: place, last: second == 0, pair: second > 0})
			run = run[first:]
		}
	}
	return out
}

// folded returns a text without case, without differences of width, and without accents.
func folded(text string) string {
	if ascii(text) {
		return strings.ToLower(text)
	}
	text = norm.NFKD.String(cases.Fold().String(norm.NFKD.String(text)))
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch plain, special := unaccented[r]; {
		case special:
			b.WriteString(plain)
		case !accent(r) && r != zwnj && r != zwj:
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// unaccented holds letters that people write without their stroke or as two letters, and that Unicode does not
// decompose.
var unaccented = map[rune]string{
	'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'ħ': "h", 'ŧ': "t", 'ı': "i", 'æ': "ae", 'œ': "oe", 'þ': "th",
}

// accent reports whether r is a mark that may be left out: the marks that all scripts share, among them the vowels of
// Arabic, and the points of Hebrew. The marks of other scripts are vowels, without which a word is another one, and
// so are the two marks of Japanese that make ga of ka and pa of ha.
func accent(r rune) bool {
	return r >= '\u0300' && unicode.In(r, unicode.Mn, unicode.Me) && r != '\u3099' && r != '\u309a' && unicode.In(r, unicode.Inherited, unicode.Hebrew, unicode.Arabic)
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// spaceless reports whether r belongs to a script that writes no spaces between words. The sign for a long vowel is
// shared by two of them.
func spaceless(r rune) bool {
	return r >= '\u0e00' && (unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Han, unicode.Hiragana,
		unicode.Katakana, unicode.Bopomofo, unicode.Tai_Le, unicode.New_Tai_Lue, unicode.Tai_Tham, unicode.Javanese) ||
		r == '\u30fc' || r == '\u3099' || r == '\u309a' || r == '\u3006')
}

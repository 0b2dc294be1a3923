package cruddur

import "strings"

// The directional formatting characters that take effect until they are closed (UAX #9, section 2).
const (
	bidiLRE, bidiRLE, bidiPDF, bidiLRO, bidiRLO = '\u202a', '\u202b', '\u202c', '\u202d', '\u202e'
	bidiLRI, bidiRLI, bidiFSI, bidiPDI          = '\u2066', '\u2067', '\u2068', '\u2069'
)

// Balancer closes the directional formatting characters of a text at the end of the text. Browsers use the same
// characters for the borders of elements, so an unmatched closing character would end the isolation of the text's own
// element and reorder the text beside it.
type Balancer struct{ open []rune }

// Balance returns the text with every directional formatting character closed at the end of its line at the latest,
// and without closing characters that close nothing.
func Balance(s string) string {
	var b Balancer
	return b.Text(s) + b.End()
}

// Text returns the next piece of the text, balanced as far as it goes.
func (b *Balancer) Text(s string) string {
	if len(b.open) == 0 && !controls(s) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		switch r {
		case bidiLRE, bidiRLE, bidiLRO, bidiRLO, bidiLRI, bidiRLI, bidiFSI:
			b.open = append(b.open, r)
		case bidiPDF:
			if n := len(b.open); n == 0 || isolates(b.open[n-1]) {
				continue
			}
			b.open = b.open[:len(b.open)-1]
		case bidiPDI:
			if !b.endIsolate() {
				continue
			}
		case '\n', '\r', '\x1c', '\x1d', '\x1e', '\u0085', '\u2028', '\u2029': // ends of a paragraph (class B), and of a line
			out.WriteString(b.End())
		}
		out.WriteRune(r)
	}
	return out.String()
}

// controls reports whether a text may hold a character that Text must handle, judged by first bytes. Quotation marks
// and dashes share the first of these bytes.
func controls(s string) bool {
	for i := strings.IndexByte(s, 0xe2); i >= 0 && i+2 < len(s); {
		if s[i+1] == 0x80 && s[i+2] >= 0xaa || s[i+1] == 0x81 && s[i+2] >= 0xa6 {
			return true
		}
		next := strings.IndexByte(s[i+1:], 0xe2)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// endIsolate closes the innermost isolate and all embeddings in it.
func (b *Balancer) endIsolate() bool {
	for i := len(b.open) - 1; i >= 0; i-- {
		if isolates(b.open[i]) {
			b.open = b.open[:i]
			return true
		}
	}
	return false
}

// End returns the characters that close everything still open.
func (b *Balancer) End() string {
	if len(b.open) == 0 {
		return ""
	}
	var out strings.Builder
	for ; len(b.open) > 0; b.open = b.open[:len(b.open)-1] {
		if isolates(b.open[len(b.open)-1]) {
			out.WriteRune(bidiPDI)
		} else {
			out.WriteRune(bidiPDF)
		}
	}
	return out.String()
}

func isolates(r rune) bool { return r >= bidiLRI }

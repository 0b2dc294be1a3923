// Package sqlscript splits an SQL file into its statements and gives positions in the file. It must not talk
// to a database: it reads text for callers that run the statements one by one and want to name the line that
// failed.
package sqlscript

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Statement is one statement of a file, without the semicolon that ends it.
type Statement struct {
	Text   string
	Offset int // of its first byte in the file
}

// Place is a position in a file, for messages.
type Place struct {
	Line, Column int    // from 1; the column counts characters
	Text         string // the line itself
}

// MetaError says that the file contains something that only psql understands.
type MetaError struct {
	Place
	What string
}

// Error names the line.
func (e *MetaError) Error() string {
	return fmt.Sprintf("line %d: %s is a psql command, not SQL", e.Line, e.What)
}

// Split returns the statements of text. It reads quotes, dollar quotes, nested comments and the bodies of
// SQL-standard functions as PostgreSQL does. A psql command (\connect) and data within the file (copy … from
// stdin) are a [*MetaError], because a server can run neither.
func Split(text string) ([]Statement, error) {
	s := scanner{text: text, begin: -1}
	for s.at < len(s.text) {
		if err := s.step(); err != nil {
			return nil, err
		}
	}
	if err := s.end(len(s.text)); err != nil {
		return nil, err
	}
	return s.out, nil
}

// Locate returns the place of a byte of text; an offset beyond the end means the end.
func Locate(text string, offset int) Place {
	offset = max(0, min(offset, len(text)))
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	return Place{
		Line:   strings.Count(text[:start], "\n") + 1,
		Column: utf8.RuneCountInString(text[start:offset]) + 1,
		Text:   strings.TrimRight(text[start:end], "\r"),
	}
}

// Caret returns the line with a caret below the place, each indented by two. Characters that are not text, or
// would control a terminal, are replaced.
func (p Place) Caret() string {
	var line, pad strings.Builder
	for i, r := range []rune(p.Text) { // a byte that is not UTF-8 is one U+FFFD
		if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
			r = utf8.RuneError
		}
		line.WriteRune(r)
		if i >= p.Column-1 {
			continue
		}
		if r != '\t' {
			r = ' '
		}
		pad.WriteRune(r)
	}
	return "  " + line.String() + "\n  " + pad.String() + "^"
}

// ByteOffset returns the byte offset of the n-th character of text, from 1, as PostgreSQL counts positions.
func ByteOffset(text string, n int) int {
	offset := 0
	for range n - 1 {
		if offset >= len(text) {
			break
		}
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return offset
}

func copyFromStdin(statement string) bool {
	words := strings.Fields(strings.ToLower(statement[:min(len(statement), 1000)]))
	if len(words) < 4 || words[0] != "copy" {
		return false
	}
	for i := range len(words) - 1 {
		if words[i] == "from" && words[i+1] == "stdin" {
			return true
		}
	}
	return false
}

package sqlscript

import (
	"strings"
	"unicode/utf8"
)

// scanner reads a file once. It skips what it does not know.
type scanner struct {
	text    string
	at      int
	begin   int      // of the current statement, -1 between two
	words   []string // the first words of the statement, lower case
	routine bool     // the words begin a function or a procedure
	parens  int
	blocks  int // begin … end within a function's body
	out     []Statement

	backslash bool // a backslash escapes in every quoted text
}

// step skips one token.
func (s *scanner) step() error {
	rest := s.text[s.at:]
	c := rest[0]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
		s.at++
	case strings.HasPrefix(rest, "--"):
		s.at += lineEnd(rest)
	case strings.HasPrefix(rest, "/*"):
		s.at += commentEnd(rest)
	case c == '\\':
		return s.meta(rest)
	case c == ';' && s.parens == 0 && s.blocks == 0:
		if err := s.end(s.at); err != nil {
			return err
		}
		s.at++
	default:
		s.token(rest)
	}
	return nil
}

// token skips a token that belongs to a statement.
func (s *scanner) token(rest string) {
	if s.begin < 0 {
		s.begin, s.words, s.routine, s.parens, s.blocks = s.at, nil, false, 0, 0
	}
	switch c := rest[0]; {
	case c == '\'':
		s.at += quoteEnd(rest, '\'', s.backslash)
	case c == '"':
		s.at += quoteEnd(rest, '"', false)
	case (c == 'e' || c == 'E') && len(rest) > 1 && rest[1] == '\'':
		s.at += 1 + quoteEnd(rest[1:], '\'', true)
	case c == '$':
		s.at += dollarEnd(rest)
	case c == '(':
		s.parens++
		s.at++
	case c == ')':
		s.parens = max(0, s.parens-1)
		s.at++
	case wordByte(c):
		n := 1
		for n < len(rest) && (wordByte(rest[n]) || rest[n] == '$') {
			n++
		}
		s.word(strings.ToLower(rest[:n]))
		s.at += n
	default:
		_, size := utf8.DecodeRuneInString(rest)
		s.at += size
	}
}

// word records a word: in "create function … begin atomic … end" the semicolons belong to the body.
func (s *scanner) word(w string) {
	if len(s.words) < 4 {
		s.words = append(s.words, w)
		s.routine = startsRoutine(s.words)
	}
	if !s.routine || s.parens > 0 {
		return
	}
	switch w {
	case "begin":
		s.blocks++
	case "case":
		if s.blocks > 0 {
			s.blocks++
		}
	case "end":
		s.blocks = max(0, s.blocks-1)
	}
}

func startsRoutine(words []string) bool {
	if len(words) > 2 && words[1] == "or" { // create or replace
		words = words[2:]
	} else if len(words) == 0 || words[0] != "create" {
		return false
	}
	return len(words) > 1 && (words[1] == "function" || words[1] == "procedure")
}

// end ends the current statement at the offset of its terminator.
func (s *scanner) end(at int) error {
	if s.begin < 0 {
		return nil
	}
	text := strings.TrimRight(s.text[s.begin:at], " \t\r\n\f\v")
	s.out = append(s.out, Statement{text, s.begin})
	if copyFromStdin(text) {
		return &MetaError{Locate(s.text, s.begin), "copy … from stdin"}
	}
	s.begin = -1
	return nil
}

func (s *scanner) meta(rest string) error {
	what := rest[:lineEnd(rest)]
	if i := strings.IndexAny(what, " \t\r"); i > 0 {
		what = what[:i]
	}
	return &MetaError{Locate(s.text, s.at), what}
}

func wordByte(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func lineEnd(rest string) int {
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		return i
	}
	return len(rest)
}

// commentEnd returns the length of a comment, which may contain others.
func commentEnd(rest string) int {
	depth, i := 0, 0
	for i < len(rest) {
		switch {
		case strings.HasPrefix(rest[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(rest[i:], "*/"):
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(rest)
}

// quoteEnd returns the length of a quoted text; a doubled quote is one of its characters.
func quoteEnd(rest string, quote byte, backslash bool) int {
	for i := 1; i < len(rest); i++ {
		switch {
		case backslash && rest[i] == '\\':
			i++
		case rest[i] == quote && i+1 < len(rest) && rest[i+1] == quote:
			i++
		case rest[i] == quote:
			return i + 1
		}
	}
	return len(rest)
}

// dollarEnd returns the length of $tag$ … $tag$, or of the single $ of a parameter.
func dollarEnd(rest string) int {
	n := 1
	for n < len(rest) && wordByte(rest[n]) && !(n == 1 && '0' <= rest[n] && rest[n] <= '9') {
		n++
	}
	if n >= len(rest) || rest[n] != '$' {
		return n
	}
	tag := rest[:n+1]
	if i := strings.Index(rest[len(tag):], tag); i >= 0 {
		return len(tag) + i + len(tag)
	}
	return len(rest)
}

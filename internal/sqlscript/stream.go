package sqlscript

import (
	"io"
	"strings"
)

// Reader reads an SQL file statement by statement, with the rows that follow a "copy … from stdin", and keeps
// at most one statement in memory.
type Reader struct {
	// Backslash says that a backslash escapes in every quoted text: standard_conforming_strings is off.
	Backslash bool

	in   io.Reader
	text string // read and not yet returned
	at   int    // the offset in text of what is not yet returned
	line int    // of text[at], from 1
	mid  bool   // text[at] is in the middle of a line of rows
	err  error  // the error with which in ended
	size int    // how many bytes are read at once
}

// Piece is one statement of a file, or one psql command.
type Piece struct {
	Text string // without the semicolon
	Line int    // on which it begins, from 1
	Meta bool   // it begins with a backslash: a psql command
	Copy bool   // its rows follow: see [Reader.Rows]
}

// NewReader reads from in; a byte order mark at its beginning is skipped.
func NewReader(in io.Reader) *Reader {
	return &Reader{in: in, line: 1, size: 64 << 10}
}

// Next returns the next statement. At the end of the file the error is io.EOF, or the error of the reader.
func (r *Reader) Next() (Piece, error) {
	for {
		piece, ok := r.scan()
		if ok {
			return piece, nil
		}
		if r.err != nil {
			if r.err == io.EOF && piece.Text != "" { // psql runs a last statement without a semicolon too
				r.text, r.at = "", 0
				return piece, nil
			}
			return Piece{}, r.err
		}
		r.fill()
	}
}

// scan looks for a complete statement in what was read. A statement is complete when the semicolon after it
// was seen: a token that the end of the text cuts in two reaches to that end, and leaves no semicolon.
func (r *Reader) scan() (piece Piece, ok bool) {
	s := scanner{text: r.text, at: r.at, begin: -1, backslash: r.Backslash}
	for s.at < len(s.text) && len(s.out) == 0 {
		if s.text[s.at] == '\\' {
			end := strings.IndexByte(s.text[s.at:], '\n')
			if end < 0 {
				if r.err == nil {
					return piece, false
				}
				end = len(s.text) - s.at
			}
			piece = Piece{Text: strings.TrimRight(s.text[s.at:s.at+end], "\r"), Meta: true}
			r.pass(s.at)
			piece.Line = r.line
			r.pass(r.at + end)
			return piece, true
		}
		_ = s.step() // the error for rows in the file does not matter here, and a psql command is handled above
	}
	if len(s.out) == 0 {
		if s.begin >= 0 && r.err != nil {
			piece = Piece{Text: strings.TrimRight(s.text[s.begin:], " \t\r\n\f\v")}
			r.pass(s.begin)
			piece.Line = r.line
		}
		return piece, false
	}
	one := s.out[0]
	piece = Piece{Text: one.Text, Copy: copyFromStdin(one.Text)}
	end := s.at
	if piece.Copy { // the scanner has stopped at the semicolon
		eol := strings.IndexByte(s.text[end:], '\n')
		if eol < 0 && r.err == nil {
			return Piece{}, false
		}
		if eol < 0 {
			eol = len(s.text) - end - 1
		}
		end += eol + 1
	}
	r.pass(one.Offset)
	piece.Line = r.line
	r.pass(end)
	return piece, true
}

// pass moves on to a byte of text and counts the lines.
func (r *Reader) pass(to int) {
	r.line += strings.Count(r.text[r.at:to], "\n")
	r.at = to
}

// fill reads at least as much as is waiting already, so that a long statement is not scanned too often.
func (r *Reader) fill() {
	rest := r.text[r.at:]
	first := r.at == 0 && rest == "" && r.line == 1
	b := make([]byte, max(r.size, len(rest)))
	n, err := io.ReadFull(r.in, b)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	more := string(b[:n])
	if first {
		more = TrimMark(more)
	}
	r.text, r.at, r.err = rest+more, 0, err
}

// Rows returns the rows that follow the statement which [Reader.Next] has just returned, without the line \.
// that ends them. They must be read to their end before the next statement. If the file ends before that
// line, the error is io.ErrUnexpectedEOF.
func (r *Reader) Rows() io.Reader { return &rows{r: r} }

type rows struct {
	r    *Reader
	done bool
}

func (c *rows) Read(p []byte) (int, error) {
	r := c.r
	for !c.done {
		n, end := r.rowsHere()
		if n > 0 {
			n = copy(p, r.text[r.at:r.at+n])
			r.mid = r.text[r.at+n-1] != '\n'
			r.pass(r.at + n)
			return n, nil
		}
		if end > 0 {
			r.pass(r.at + end)
			c.done = true
			break
		}
		if r.err == io.EOF {
			return 0, io.ErrUnexpectedEOF
		} else if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	return 0, io.EOF
}

// rowsHere returns how many bytes of rows can be passed on, or the length of the line that ends them; both
// are 0 if more must be read to know.
func (r *Reader) rowsHere() (n, end int) {
	rest := r.text[r.at:]
	if !r.mid && strings.HasPrefix(rest, `\.`) {
		switch tail := rest[2:]; {
		case strings.HasPrefix(tail, "\n"):
			return 0, 3
		case strings.HasPrefix(tail, "\r\n"):
			return 0, 4
		case r.err != nil && strings.TrimRight(tail, "\r") == "":
			return 0, len(rest)
		case len(tail) < 2 && r.err == nil:
			return 0, 0
		}
	}
	from := 0
	for {
		i := strings.Index(rest[from:], "\n\\.")
		if i < 0 {
			break
		}
		from += i + 1
		if tail := rest[from+2:]; tail == "" || tail[0] == '\n' || tail[0] == '\r' {
			return from, 0
		}
	}
	if i := strings.LastIndexByte(rest, '\n'); i >= 0 {
		return i + 1, 0
	}
	if len(rest) >= r.size || r.err != nil {
		return len(rest), 0 // a line longer than one read, or the last one
	}
	return 0, 0
}

// TrimMark removes the byte order mark that some editors put before UTF-8.
func TrimMark(text string) string { return strings.TrimPrefix(text, "\ufeff") }

// Words returns the first words of a statement in lower case, at most four, without comments.
func Words(statement string) []string {
	s := scanner{text: statement, begin: -1}
	for s.at < len(s.text) && len(s.words) < 4 && len(s.out) == 0 {
		if s.step() != nil {
			break
		}
	}
	return s.words
}

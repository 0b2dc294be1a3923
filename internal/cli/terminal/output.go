package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// Output is where a command prints: data on Out, progress and questions on Err. A terminal gets aligned
// tables and colour, a pipe gets tabs, and with JSON set there is one document.
type Output struct {
	Out, Err  io.Writer
	Terminal  bool // Out is a terminal
	Talks     bool // Err is a terminal: progress may be painted over
	Width     int  // of the terminal, in cells: most letters take one cell, 日 takes two
	JSON      bool // one document instead of tables
	Quiet     bool // no progress: only results, warnings and errors
	Color     bool // on Out
	HeadColor bool // on Err
}

// New returns an Output for the two streams, which follows NO_COLOR, FORCE_COLOR, TERM and COLUMNS. color is
// auto, always or never.
func New(getenv func(string) string, out, err io.Writer, color string) *Output {
	o := &Output{Out: out, Err: err}
	o.Terminal, o.Talks = Is(out), Is(err)
	o.Width = terminalWidth(getenv, out)
	o.Color, o.HeadColor = wantColor(getenv, color, o.Terminal), wantColor(getenv, color, o.Talks)
	return o
}

func wantColor(getenv func(string) string, choice string, terminal bool) bool {
	switch {
	case choice == "always":
		return true
	case choice == "never", getenv("NO_COLOR") != "":
		return false
	case getenv("FORCE_COLOR") != "":
		return getenv("FORCE_COLOR") != "0"
	}
	return terminal && getenv("TERM") != "dumb"
}

func terminalWidth(getenv func(string) string, out io.Writer) int {
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n >= 20 {
		return n
	}
	if f, ok := out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w >= 20 {
			return w
		}
	}
	return 80
}

// Is reports whether a stream is a terminal.
func Is(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// The colours by meaning, as parameters of SGR (ECMA-48).
const (
	PaintHead = "36;1" // the original's cyan headings
	PaintGood = "32"
	PaintWarn = "33"
	PaintBad  = "31"
	PaintDim  = "2"
	PaintBold = "1"
)

// Paint puts a colour around a text if on is true.
func Paint(on bool, how, s string) string {
	if !on || how == "" || s == "" {
		return s
	}
	return "\x1b[" + how + "m" + s + "\x1b[0m"
}

// Heading prints on stderr which command begins, as the original's scripts did: == db-drop.
func (o *Output) Heading(name string) {
	if !o.Quiet && !o.JSON {
		fmt.Fprintln(o.Err, Paint(o.HeadColor, PaintHead, "== "+name))
	}
}

// Say prints a line of progress on stderr.
func (o *Output) Say(format string, args ...any) {
	if !o.Quiet {
		fmt.Fprintln(o.Err, Printable(fmt.Sprintf(format, args...)))
	}
}

// Warn prints a line on stderr, also with --quiet.
func (o *Output) Warn(format string, args ...any) {
	fmt.Fprintln(o.Err, Paint(o.HeadColor, PaintWarn, "warning: ")+Printable(fmt.Sprintf(format, args...)))
}

// Hint prints a line of progress with its own heading.
func (o *Output) Hint(head, text string) {
	if !o.Quiet {
		fmt.Fprintln(o.Err, Paint(o.HeadColor, PaintBold, head)+": "+Printable(text))
	}
}

// Document writes v as one JSON document that begins with schema_version.
func (o *Output) Document(v map[string]any) error {
	v["schema_version"] = 1
	e := json.NewEncoder(o.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Print writes the document if JSON is set, otherwise the tables.
func (o *Output) Print(document map[string]any, tables ...*Table) error {
	if o.JSON {
		return o.Document(document)
	}
	for i, t := range tables {
		if i > 0 && o.Terminal {
			fmt.Fprintln(o.Out)
		}
		if err := t.Write(o); err != nil {
			return err
		}
	}
	return nil
}

// Clear clears the terminal for a repaint.
func (o *Output) Clear() {
	io.WriteString(o.Out, "\x1b[H\x1b[2J")
}

// Clean makes text from a database safe for a terminal: one line, without escape sequences.
func Clean(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if disturbs(r) {
			return '�'
		}
		return r
	}, s)
}

// disturbs reports whether a character could control a terminal, or change the order of other characters.
func disturbs(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// Printable makes a text of several lines safe for a terminal. Such a text may quote an argument, a database
// or a service; each unsafe character is escaped as in Go. Line breaks stay.
func Printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return disturbs(r) && r != '\n' || r == utf8.RuneError }) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '\n' || r == '\t' || !disturbs(r) && (r != utf8.RuneError || size > 1):
			b.WriteString(s[:size])
		case r == utf8.RuneError:
			fmt.Fprintf(&b, "\\x%02x", s[0])
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[size:]
	}
	return b.String()
}

package cli

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

// output is how a command speaks: data on out, progress and questions on err. A terminal gets
// aligned tables and colour, a pipe gets tabs, and with json there is one document.
type output struct {
	out, err  io.Writer
	terminal  bool // out is one
	talks     bool // err is one: progress may be painted over
	width     int  // of the terminal, in characters
	json      bool
	quiet     bool
	color     bool // on out
	headColor bool // on err
}

// newOutput looks at the two streams and at NO_COLOR, FORCE_COLOR, TERM and COLUMNS. color is auto,
// always or never.
func (p *program) newOutput(color string) *output {
	o := &output{out: p.stdout, err: p.stderr}
	o.terminal, o.talks = isTerminal(p.stdout), isTerminal(p.stderr)
	o.width = p.terminalWidth()
	o.color, o.headColor = p.wantColor(color, o.terminal), p.wantColor(color, o.talks)
	return o
}

func (p *program) wantColor(choice string, terminal bool) bool {
	switch {
	case choice == "always":
		return true
	case choice == "never", p.getenv("NO_COLOR") != "":
		return false
	case p.getenv("FORCE_COLOR") != "":
		return p.getenv("FORCE_COLOR") != "0"
	}
	return terminal && p.getenv("TERM") != "dumb"
}

func (p *program) terminalWidth() int {
	if n, err := strconv.Atoi(p.getenv("COLUMNS")); err == nil && n >= 20 {
		return n
	}
	if f, ok := p.stdout.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w >= 20 {
			return w
		}
	}
	return 80
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Colours by what they say, as parameters of SGR.
const (
	paintHead = "36;1" // the original's cyan headings
	paintGood = "32"
	paintWarn = "33"
	paintBad  = "31"
	paintDim  = "2"
	paintBold = "1"
)

func paint(on bool, how, s string) string {
	if !on || how == "" || s == "" {
		return s
	}
	return "\x1b[" + how + "m" + s + "\x1b[0m"
}

// heading says on stderr what begins, as the original's scripts did: == db-drop.
func (o *output) heading(name string) {
	if !o.quiet && !o.json {
		fmt.Fprintln(o.err, paint(o.headColor, paintHead, "== "+name))
	}
}

// say is a line of progress on stderr.
func (o *output) say(format string, args ...any) {
	if !o.quiet {
		fmt.Fprintln(o.err, printable(fmt.Sprintf(format, args...)))
	}
}

// warn is a line on stderr that quiet does not silence.
func (o *output) warn(format string, args ...any) {
	fmt.Fprintln(o.err, paint(o.headColor, paintWarn, "warning: ")+printable(fmt.Sprintf(format, args...)))
}

// hint is a line of progress with a heading of its own.
func (o *output) hint(head, text string) {
	if !o.quiet {
		fmt.Fprintln(o.err, paint(o.headColor, paintBold, head)+": "+printable(text))
	}
}

// document writes v as one JSON document with schema_version in front.
func (o *output) document(v map[string]any) error {
	v["schema_version"] = 1
	e := json.NewEncoder(o.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// print writes the document when JSON is wanted, else the tables.
func (o *output) print(document map[string]any, tables ...*table) error {
	if o.json {
		return o.document(document)
	}
	for i, t := range tables {
		if i > 0 && o.terminal {
			fmt.Fprintln(o.out)
		}
		if err := t.write(o); err != nil {
			return err
		}
	}
	return nil
}

// clear begins a repaint of the terminal.
func (o *output) clear() {
	io.WriteString(o.out, "\x1b[H\x1b[2J")
}

// clean makes text from a database fit for a terminal: one line, and no escape sequence of somebody
// else's.
func clean(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if disturbs(r) {
			return '�'
		}
		return r
	}, s)
}

// disturbs reports whether a character could do something to a terminal, or change the order of others.
func disturbs(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// printable makes a text of several lines fit for a terminal: what it repeats of an argument, a database or
// a service, with every such character as Go would write it. The lines stay.
func printable(s string) string {
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

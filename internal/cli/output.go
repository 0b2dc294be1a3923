package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

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
		fmt.Fprintf(o.err, format+"\n", args...)
	}
}

// warn is a line on stderr that quiet does not silence.
func (o *output) warn(format string, args ...any) {
	fmt.Fprintln(o.err, paint(o.headColor, paintWarn, "warning: ")+fmt.Sprintf(format, args...))
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
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '�'
		}
		return r
	}, s)
}

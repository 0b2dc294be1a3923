package cli

import (
	"fmt"
	"strings"
	"time"
)

// progress is a bar on a terminal's stderr. On a pipe it says nothing.
type progress struct {
	o     *output
	what  string
	begun time.Time
	last  time.Time
	drawn bool
	bytes bool // the numbers are sizes
}

func (o *output) progress(what string) *progress {
	return &progress{o: o, what: what, begun: time.Now()}
}

// set repaints at most ten times a second. of 0 is an unknown end.
func (p *progress) set(done, of int64) {
	if !p.o.talks || p.o.quiet || time.Since(p.last) < 100*time.Millisecond && (of <= 0 || done < of) {
		return
	}
	p.last, p.drawn = time.Now(), true
	show := numberText
	if p.bytes {
		show = byteText
	}
	if of <= 0 {
		fmt.Fprintf(p.o.err, "\r\x1b[K%s %s", p.what, show(done))
		return
	}
	const cells = 30
	full := int(min(done, of) * cells / of)
	left := ""
	if took := time.Since(p.begun); done > 0 && done < of && took > time.Second {
		left = "  " + ageText(time.Duration(float64(took)/float64(done)*float64(of-done))) + " left"
	}
	fmt.Fprintf(p.o.err, "\r\x1b[K%s [%s%s] %3d%%  %s of %s%s", p.what,
		strings.Repeat("#", full), strings.Repeat(".", cells-full), min(done, of)*100/of, show(done), show(of), left)
}

// end leaves the line for what follows.
func (p *progress) end() {
	if p.drawn {
		fmt.Fprint(p.o.err, "\r\x1b[K")
	}
}

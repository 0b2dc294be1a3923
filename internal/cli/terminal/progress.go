package terminal

import (
	"fmt"
	"strings"
	"time"
)

// Bar is a progress bar on a terminal's stderr. On a pipe it prints nothing.
type Bar struct {
	o     *Output
	what  string
	begun time.Time
	last  time.Time
	drawn bool
	Bytes bool // the numbers are byte counts
}

// Progress begins a bar; what is its label.
func (o *Output) Progress(what string) *Bar {
	return &Bar{o: o, what: what, begun: time.Now()}
}

// Set shows how much is done, at most ten times a second. of is the total; 0 means that it is unknown.
func (p *Bar) Set(done, of int64) {
	if !p.o.Talks || p.o.Quiet || time.Since(p.last) < 100*time.Millisecond && (of <= 0 || done < of) {
		return
	}
	p.last, p.drawn = time.Now(), true
	show := NumberText
	if p.Bytes {
		show = ByteText
	}
	if of <= 0 {
		fmt.Fprintf(p.o.Err, "\r\x1b[K%s %s", p.what, show(done))
		return
	}
	const cells = 30
	full := int(min(done, of) * cells / of)
	left := ""
	if took := time.Since(p.begun); done > 0 && done < of && took > time.Second {
		left = "  " + AgeText(time.Duration(float64(took)/float64(done)*float64(of-done))) + " left"
	}
	fmt.Fprintf(p.o.Err, "\r\x1b[K%s [%s%s] %3d%%  %s of %s%s", p.what,
		strings.Repeat("#", full), strings.Repeat(".", cells-full), min(done, of)*100/of, show(done), show(of), left)
}

// End removes the bar, so that its line can be used again.
func (p *Bar) End() {
	if p.drawn {
		fmt.Fprint(p.o.Err, "\r\x1b[K")
	}
}

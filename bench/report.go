package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// line is a target's median round.
type line struct {
	order     int
	name      string
	perSecond float64
	p50, p99  time.Duration
	processor time.Duration
	failed    int
	why       string
}

type report struct {
	flags        flags
	lines        []line
	purged       time.Duration
	age          purge
	idle, loaded int64
	flask        *process
}

func (r *report) add(t *target) {
	median := func(pick func(result) float64) float64 {
		var values []float64
		for _, one := range t.results {
			values = append(values, pick(one))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	l := line{order: len(r.lines), name: t.name}
	l.perSecond = median(func(x result) float64 { return x.perSecond })
	l.p50 = time.Duration(median(func(x result) float64 { return float64(x.percentile(0.5)) }))
	l.processor = time.Duration(median(func(x result) float64 { return float64(x.processor) }))
	l.p99 = time.Duration(median(func(x result) float64 { return float64(x.percentile(0.99)) }))
	for _, one := range t.results {
		l.failed += one.failed
		if one.why != "" {
			l.why = one.why
		}
	}
	r.lines = append(r.lines, l)
}

func (r *report) find(name string) (line, bool) {
	i := slices.IndexFunc(r.lines, func(l line) bool { return l.name == name })
	if i < 0 {
		return line{}, false
	}
	return r.lines[i], true
}

// aim is a ratio of two lines that the design requires.
type aim struct {
	name, of string
	least    float64
}

var aims = []aim{
	{"home20", "constant bytes", 0.95},
	{"home20 uncached", "pgbench home20", 0.38},
	{"home20 uncached", "flask home20", 4},
	{"home100 uncached", "pgbench home100", 0.5},
	{"home100 uncached", "flask home100", 5},
	{"create", "pgbench create", 0.55},
	{"create", "flask create", 4},
	{"home20 uncached HTML", "home20 uncached", 0.5},
	{"crud HTML", "crud", 0.5},
	{"home20 plain", "constant JSON plain", 0.9},
	{"home20 gzip", "constant JSON gzip", 0.9},
	{"home20 HTML gzip", "constant HTML gzip", 0.6},
	{"home20 HTML member gzip", "constant HTML member gzip", 0.35},
	{"home20 HTML member gzip", "pgbench home20", 0.26},
	{"home20 plain, 1 % posts", "home20 plain", 0.8},
	{"home20 gzip, 1 % posts", "home20 gzip", 0.8},
	{"home20 HTML gzip, 1 % posts", "home20 HTML gzip", 0.8},
	{"home20 HTML member gzip, 1 % posts", "home20 HTML member gzip", 0.8},
}

const (
	mostP99    = 15 * time.Millisecond
	mostMemory = 80 << 20
	mostAge99  = time.Minute
	mostAge    = 5 * time.Minute
)

func (r *report) print(w io.Writer) {
	r.table(tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	r.ratios(tw, aims)
	for _, name := range []string{"home20", "home100", "home20 uncached", "home100 uncached", "home20 uncached HTML", "home20 HTML", "crud", "crud HTML", "create"} {
		if l, ok := r.find(name); ok {
			fmt.Fprintf(tw, "%s\tp99 of %s\t%.1f ms\taim ≤ %d ms\n", mark(l.p99 <= mostP99 && l.failed == 0), name, ms(l.p99), mostP99/time.Millisecond)
		}
	}
	fmt.Fprintf(tw, "%s\tmemory (RSS) before load\t%d MB\taim ≤ %d MB\n", mark(r.idle <= mostMemory), r.idle>>20, mostMemory>>20)
	fmt.Fprintf(tw, "%s\tmemory (RSS) after load\t%d MB\taim ≤ %d MB\n", mark(r.loaded <= mostMemory), r.loaded>>20, mostMemory>>20)
	if r.flask != nil {
		fmt.Fprintf(tw, "\tmemory (RSS) of the Flask peer\t%d MB\n", r.flask.memory()>>20)
	}
	if r.flags.again {
		tw.Flush()
		return
	}
	fmt.Fprintf(tw, "\tpurge of 800,000 expired rows, at most half of one connection\t%.0f s\n", r.purged.Seconds())
	a := r.age
	fmt.Fprintf(tw, "%s\tage of %d rows when they were purged, p50, p99, most\t%.1f, %.1f, %.1f s\taim ≤ %.0f s, most ≤ %.0f s\n", mark(a.p99 <= mostAge99 && a.max <= mostAge),
		a.rows, a.p50.Seconds(), a.p99.Seconds(), a.max.Seconds(), mostAge99.Seconds(), mostAge.Seconds())
	fmt.Fprintf(tw, "\thome20 uncached meanwhile, p50, p99, most\t%.1f, %.1f, %.1f ms\n", ms(a.beside.percentile(0.5)), ms(a.beside.percentile(0.99)), ms(a.beside.percentile(1)))
	tw.Flush()
}

// table prints what each target did.
func (r *report) table(tw *tabwriter.Writer) {
	fmt.Fprintf(tw, "target\trequests/s\tp50 ms\tp99 ms\tserver µs\tfailed\t\n")
	for _, l := range r.lines {
		fmt.Fprintf(tw, "%s\t%.0f\t%.2f\t%.2f\t%.0f\t%d\t%s\n", l.name, l.perSecond, ms(l.p50), ms(l.p99), ms(l.processor)*1000, l.failed, l.why)
	}
	tw.Flush()
	fmt.Println()
}

// ratios prints the aims of which both targets were measured.
func (r *report) ratios(tw *tabwriter.Writer, aims []aim) {
	for _, a := range aims {
		of, have := r.find(a.of)
		l, ok := r.find(a.name)
		if !have || !ok || of.perSecond == 0 {
			continue
		}
		ratio := l.perSecond / of.perSecond
		fmt.Fprintf(tw, "%s\t%s / %s\t%.2f\taim ≥ %.2f\n", mark(ratio >= a.least), a.name, a.of, ratio, a.least)
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func mark(ok bool) string {
	if ok {
		return "✓"
	}
	return "✗"
}

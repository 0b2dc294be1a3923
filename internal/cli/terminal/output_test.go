package terminal

import (
	"bytes"
	"testing"
)

// What is wanted by a flag goes before NO_COLOR, that before FORCE_COLOR, and all before the look at the stream.
func TestColor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		choice   string
		env      map[string]string
		terminal bool
		want     bool
	}{
		{"auto", nil, true, true},
		{"auto", nil, false, false},
		{"auto", map[string]string{"TERM": "dumb"}, true, false},
		{"auto", map[string]string{"NO_COLOR": "1"}, true, false},
		{"auto", map[string]string{"FORCE_COLOR": "1"}, false, true},
		{"auto", map[string]string{"FORCE_COLOR": "0"}, true, false},
		{"auto", map[string]string{"FORCE_COLOR": "1", "NO_COLOR": "1"}, true, false},
		{"always", map[string]string{"NO_COLOR": "1"}, false, true},
		{"never", map[string]string{"FORCE_COLOR": "1"}, true, false},
	} {
		if got := wantColor(func(k string) string { return c.env[k] }, c.choice, c.terminal); got != c.want {
			t.Errorf("--color=%s, %v, a terminal: %v: colour is %v, want %v", c.choice, c.env, c.terminal, got, c.want)
		}
	}
}

func TestWidthOfNoTerminal(t *testing.T) {
	t.Parallel()
	for columns, want := range map[string]int{"": 80, "100": 100, "20": 20, "19": 80, "wide": 80} {
		o := New(func(k string) string { return map[string]string{"COLUMNS": columns}[k] }, new(bytes.Buffer), new(bytes.Buffer), "auto")
		if o.Width != want || o.Terminal || o.Talks || o.Color || o.HeadColor {
			t.Errorf("COLUMNS=%q: %+v, want a width of %d, no terminal and no colour", columns, o, want)
		}
	}
}

// Quiet silences progress, not warnings and not results.
func TestQuiet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		quiet, json bool
		want        string
	}{
		{false, false, "== db-drop\nsaid \\x1b\nhead: hint\nwarning: careful\n"},
		{true, false, "warning: careful\n"},
		{false, true, "said \\x1b\nhead: hint\nwarning: careful\n"}, // the heading is for people alone
	} {
		var out, err bytes.Buffer
		o := &Output{Out: &out, Err: &err, Quiet: c.quiet, JSON: c.json}
		o.Heading("db-drop")
		o.Say("said %s", "\x1b")
		o.Hint("head", "hint")
		o.Warn("careful")
		if err.String() != c.want || out.String() != "" {
			t.Errorf("quiet %v, JSON %v: says %q, want %q", c.quiet, c.json, err.String(), c.want)
		}
	}
}

// A bar is painted where somebody looks, and its line is left for what follows.
func TestBar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		talks, quiet bool
		want         string
	}{
		{true, false, "\r\x1b[Kseeding [###############...............]  50%  1.0 kB of 2.0 kB\r\x1b[K"},
		{true, true, ""},
		{false, false, ""},
	} {
		var err bytes.Buffer
		bar := (&Output{Err: &err, Talks: c.talks, Quiet: c.quiet}).Progress("seeding")
		bar.Bytes = true
		bar.Set(1024, 2048)
		bar.End()
		if err.String() != c.want {
			t.Errorf("a terminal %v, quiet %v: paints %q, want %q", c.talks, c.quiet, err.String(), c.want)
		}
	}
}

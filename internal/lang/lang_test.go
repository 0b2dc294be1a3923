package lang

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cruddur"
)

func english(t *testing.T) *Language {
	t.Helper()
	set, err := Load(Files())
	if err != nil {
		t.Fatal(err)
	}
	return set.English()
}

// TestTimes compares what English says with the rules that the script of the pages follows too.
func TestTimes(t *testing.T) {
	t.Parallel()
	l := english(t)
	for file, format := range map[string]func(time.Duration) string{"countdown.json": l.Countdown, "ago.json": l.Ago} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		var cases [][2]any
		if err := json.Unmarshal(data, &cases); err != nil || len(cases) < 10 {
			t.Fatal(err, len(cases))
		}
		for _, tt := range cases {
			if got := format(time.Duration(tt[0].(float64)) * time.Millisecond); got != tt[1] {
				t.Errorf("%s: %v ms = %q, want %q", file, tt[0], got, tt[1])
			}
		}
	}
	at := time.Date(2026, 11, 24, 20, 4, 0, 0, time.FixedZone("", 3600))
	for got, want := range map[string]string{
		l.Date(at): "24 Nov 2026, 19:04 UTC", l.DayTime(at): "Tue 24 Nov, 19:04", l.Day(at): "Tue 24 Nov", l.Month(at): "November 2026",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestLivesBegin: each life begins with a short text, and goes on with another in the next instant.
func TestLivesBegin(t *testing.T) {
	t.Parallel()
	l := english(t)
	for _, p := range cruddur.Presets {
		if got, next := l.Countdown(p.Duration), l.Countdown(p.Duration-time.Microsecond); len(got) > 3 || next == got {
			t.Errorf("%s begins with %q and goes on with %q", p.Label, got, next)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	l := english(t)
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1: "-1", -123456: "-123,456"} {
		if got := l.Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
}

const head = `{"name":"X","direction":"ltr","thousands":".","weekdays":["a","b","c","d","e","f","g"],
"months":["1","2","3","4","5","6","7","8","9","10","11","12"],"long_months":["1","2","3","4","5","6","7","8","9","10","11","12"],
"day":"{weekday} {day} {month}","day_time":"{weekday} {day} {month} {time}","date":"{day} {month} {year} {time}","month":"{month} {year}","texts":`

func load(t *testing.T, tag, file string) (*Language, error) {
	t.Helper()
	set, err := Load(fstest.MapFS{"en.json": {Data: []byte(head + "{}}")}, tag + ".json": {Data: []byte(file)}})
	if err != nil {
		return nil, err
	}
	return set.Find(tag), nil
}

// TestFilesRefused: a file that would break a page stops the program at its start, with the place.
func TestFilesRefused(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		head + `{"a {b}":"c"}}`:                                           "[] in place of [{b}]",
		head + `{"a":"c {b}"}}`:                                           "[{b}] in place of []",
		head + `{"<1>a</1>":"<1>b"}}`:                                     "in place of",
		head + `{"{n} a":{"one":"b"}}}`:                                   "\"other\" is missing",
		head + `{"{n} a":{"some":"b","other":"{n} c"}}}`:                  "no plural category",
		head + `{"a":1}}`:                                                 "neither a text",
		strings.Replace(head, `"ltr"`, `"up"`, 1) + `{}}`:                 "direction",
		strings.Replace(head, `"X"`, `""`, 1) + `{}}`:                     "name",
		strings.Replace(head, `"g"]`, `"g","h"]`, 1) + `{}}`:              "weekdays",
		strings.Replace(head, `"{month} {year}"`, `"{month}"`, 1) + `{}}`: "a date",
		`{`: "JSON",
	} {
		if _, err := load(t, "de", file); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "de.json") {
			t.Errorf("%s\n%v, want %q", file, err, want)
		}
	}
	if _, err := load(t, "not a tag", head+"{}}"); err == nil {
		t.Error("a file whose name is no tag was read")
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("a catalogue without English was read")
	}
}

// TestTemplate: a translation can move the tags, and nothing in it is markup.
func TestTemplate(t *testing.T) {
	t.Parallel()
	l, err := load(t, "de", head+`{"See <1>what {name} says</1> or <2>not</2>":"<2>Nicht</2> & \"<1>{name}</1>\" {{","Old":"Alt"}}`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.Template(`<p title="[[Old]]">[[See <a href="/{{.Name}}">what {{.Name}} says</a> or <b class="x">not</b>]]</p>[[Unknown <i>text</i>]]`)
	if err != nil {
		t.Fatal(err)
	}
	want := `<p title="Alt"><b class="x">Nicht</b> &amp; &#34;<a href="/{{.Name}}">{{.Name}}</a>&#34; &#123;&#123;</p>Unknown <i>text</i>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, bad := range []string{"[[<b>a]]", "[[a</b>]]", "[[a & b]]", "[[a", `[[{{.A}} {{.B.A}}]]`} {
		if out, err := l.Template(bad); err == nil {
			t.Errorf("%s became %s", bad, out)
		}
	}
}

// TestPlaceholders: a value is put in once, and what it holds stays as it is.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	l := english(t)
	for _, tt := range [][2]string{
		{l.Text("{a} and {b} {a", "a", "{b}", "b", "x"), "{b} and x {a"},
		{l.Text("no {other} here", "a", "x"), "no {other} here"},
		{l.Text("}{ {a}", "a", "x"), "}{ {a}"},
		{l.Text("@{a}!", "a", "x"), "@x!"},
		{l.Text("{a}"), "{a}"},
	} {
		if tt[0] != tt[1] {
			t.Errorf("%q, want %q", tt[0], tt[1])
		}
	}
	rtl, err := load(t, "he", strings.Replace(head, "ltr", "rtl", 1)+`{"by @{a}, {b}":"@{a} {b} X"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := rtl.Text("by @{a}, {b}", "a", "ada", "b", "1"); got != "\u2068@ada\u2069 \u20681\u2069 X" {
		t.Errorf("%q", got)
	}
}

// TestPlurals follows CLDR's rules for whole numbers.
func TestPlurals(t *testing.T) {
	t.Parallel()
	l, err := load(t, "pl", head+`{"{n} cruds":{"one":"{n} wpis","few":"{n} wpisy","many":"{n} wpisów","other":"{n} wpisu"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{1: "1 wpis", 2: "2 wpisy", 5: "5 wpisów", 12: "12 wpisów", 22: "22 wpisy", 1000: "1.000 wpisów"} {
		if got := l.Count("{n} cruds", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if l.Lacks("{n} cruds") != nil {
		t.Errorf("lacks %v", l.Lacks("{n} cruds"))
	}
	if l, err = load(t, "pl", head+`{"{n} cruds":{"one":"{n} wpis","other":"{n} wpisu"}}}`); err != nil || strings.Join(l.Lacks("{n} cruds"), " ") != "few many" {
		t.Errorf("%v, lacks %v", err, l.Lacks("{n} cruds"))
	}
}

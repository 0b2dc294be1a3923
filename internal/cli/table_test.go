package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cruddur/internal/dbadmin"
)

// sample is a busy day's sessions and a doctor's report, always the same.
func sample() map[string]*table {
	sessions := sessionTable()
	addSession(sessions, dbadmin.Session{
		PID: 4711, User: "cruddur_app", Database: "cruddur", Client: "10.0.12.7", Application: "cruddur serve", State: "idle in transaction",
		Wait: "Client: ClientRead", Query: "select a.uuid,\n  a.message from live_activities(now()) a where a.reply_to_activity_uuid is null", Age: 93 * 60e9, InState: 11 * 60e9,
	})
	addSession(sessions, dbadmin.Session{PID: 12, User: "root", Database: "cruddur", Client: "socket", Application: "psql", State: "active", Query: "vacuum", Age: 3e9, InState: 2e9})
	addSession(sessions, dbadmin.Session{PID: 99999, Client: dbadmin.Hidden, State: dbadmin.Hidden, Query: dbadmin.Hidden})
	doctor := &table{columns: []column{{title: "CHECK"}, {title: "STATUS", paint: checkPaint}, {title: "FOUND", wrap: true}}}
	doctor.add("tls", "fail", "off: password and data cross the network readable by everybody between here and the database")
	doctor.add("expired rows", "ok", "none waits")
	return map[string]*table{"sessions": sessions, "doctor": doctor}
}

func TestTableGolden(t *testing.T) {
	t.Parallel()
	for name, table := range sample() {
		for kind, o := range map[string]*output{
			"80":         {terminal: true, width: 80, color: true},
			"140":        {terminal: true, width: 140, color: true},
			"80.nocolor": {terminal: true, width: 80},
			"piped":      {width: 80},
		} {
			t.Run(name+"."+kind, func(t *testing.T) {
				var out bytes.Buffer
				o.out, o.err = &out, &out
				if err := table.write(o); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join("testdata/golden", "table-"+name+"."+kind)
				if flag.Lookup("update").Value.String() == "true" {
					if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), out.String()); diff != "" {
					t.Errorf("(-golden +got):\n%s", diff)
				}
			})
		}
	}
}

// A table whose columns may all give way fits into any terminal that is wide enough for their least.
func TestTableFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table := &table{}
		least := 0
		for i := range rapid.IntRange(1, 6).Draw(t, "columns") {
			c := column{title: fmt.Sprintf("C%d", i), least: rapid.IntRange(2, 12).Draw(t, "least"), drop: rapid.IntRange(0, 3).Draw(t, "drop"), right: rapid.Bool().Draw(t, "right")}
			table.columns = append(table.columns, c)
			least += c.least + gap
		}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			row := make([]string, len(table.columns))
			for i := range row {
				row[i] = rapid.StringMatching(`[a-zä \x1b\n]{0,40}`).Draw(t, "cell")
			}
			table.add(row...)
		}
		width := rapid.IntRange(max(20, least), 200).Draw(t, "width")
		var out bytes.Buffer
		if err := table.write(&output{out: &out, err: &out, terminal: true, width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width && !strings.HasPrefix(line, "(") {
				t.Fatalf("%d characters on %d: %q", n, width, line)
			}
			if strings.Contains(line, "\x1b") {
				t.Fatalf("an escape sequence of somebody else's: %q", line)
			}
		}
	})
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1,234,567": numberText(1234567), "999": numberText(999), "-1,000": numberText(-1000), "0": numberText(0),
		"999 B": byteText(999), "1.0 kB": byteText(1024), "117 MB": byteText(117 << 20), "1.5 GB": byteText(3 << 29),
		"250ms": ageText(250e6), "59s": ageText(59e9), "1m05s": ageText(65e9), "2h03m": ageText(123 * 60e9), "3d04h": ageText(76 * 3600e9),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

package dbcmd

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a busy day's sessions and a doctor's report, always the same.
func sample() map[string]*terminal.Table {
	sessions := sessionTable()
	addSession(sessions, dbadmin.Session{
		PID: 4711, User: "cruddur_app", Database: "cruddur", Client: "10.0.12.7", Application: "cruddur serve", State: "idle in transaction",
		Wait: "Client: ClientRead", Query: "select a.uuid,\n  a.message from live_activities(now()) a where a.reply_to_activity_uuid is null", Age: 93 * 60e9, InState: 11 * 60e9,
	})
	addSession(sessions, dbadmin.Session{PID: 12, User: "root", Database: "cruddur", Client: "socket", Application: "psql", State: "active", Query: "vacuum", Age: 3e9, InState: 2e9})
	addSession(sessions, dbadmin.Session{PID: 99999, Client: dbadmin.Hidden, State: dbadmin.Hidden, Query: dbadmin.Hidden})
	doctor := &terminal.Table{Columns: []terminal.Column{{Title: "CHECK"}, {Title: "STATUS", Paint: checkPaint}, {Title: "FOUND", Wrap: true}}}
	doctor.Add("tls", "fail", "off: password and data are sent over the network unencrypted, readable by everybody on the way")
	doctor.Add("expired rows", "ok", "none waits")
	return map[string]*terminal.Table{"sessions": sessions, "doctor": doctor}
}

func TestTableGolden(t *testing.T) {
	t.Parallel()
	for name, table := range sample() {
		for kind, o := range map[string]*terminal.Output{
			"80":         {Terminal: true, Width: 80, Color: true},
			"140":        {Terminal: true, Width: 140, Color: true},
			"80.nocolor": {Terminal: true, Width: 80},
			"piped":      {Width: 80},
		} {
			t.Run(name+"."+kind, func(t *testing.T) {
				var out bytes.Buffer
				o.Out, o.Err = &out, &out
				if err := table.Write(o); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join("testdata/golden", "table-"+name+"."+kind)
				if *update {
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

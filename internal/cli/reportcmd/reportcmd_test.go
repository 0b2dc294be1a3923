package reportcmd_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/cli"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// desk is where an operator looks after reports.
type desk struct {
	t   *testing.T
	db  *postgres.DB
	url string
	now time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	url := pgtest.URL(t)
	return &desk{t: t, db: pgtest.Open(t, url), url: url, now: time.Now().UTC().Add(-time.Minute)}
}

func (d *desk) run(args ...string) (code int, stdout, stderr string) {
	d.t.Helper()
	var out, errs bytes.Buffer
	getenv := func(name string) string { return map[string]string{"CONNECTION_URL": d.url}[name] }
	code = cli.Run(d.t.Context(), args, getenv, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func (d *desk) must(args ...string) (stdout, stderr string) {
	d.t.Helper()
	code, stdout, stderr := d.run(args...)
	if code != 0 {
		d.t.Fatalf("cruddur %s: exit code %d\n%s", strings.Join(args, " "), code, stderr)
	}
	return stdout, stderr
}

func (d *desk) refused(code int, says string, args ...string) {
	d.t.Helper()
	got, stdout, stderr := d.run(args...)
	if got != code || !strings.Contains(stderr, says) || stdout != "" {
		d.t.Errorf("cruddur %s: exit code %d, stdout %q, stderr %q, want code %d and %q", strings.Join(args, " "), got, stdout, stderr, code, says)
	}
}

func (d *desk) json(into any, args ...string) {
	d.t.Helper()
	stdout, _ := d.must(args...)
	if err := json.Unmarshal([]byte(stdout), into); err != nil {
		d.t.Fatalf("cruddur %s: %v in %s", strings.Join(args, " "), err, stdout)
	}
}

func (d *desk) member(handle string) cruddur.User {
	d.t.Helper()
	u, err := d.db.UpsertUser(d.t.Context(), cruddur.User{Handle: handle, DisplayName: "Name of " + handle, Email: handle + "@example.com", Subject: handle}, d.now)
	d.check(err)
	return u
}

func (d *desk) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) crud(u cruddur.User, text, warning string) cruddur.Activity {
	d.t.Helper()
	a, err := d.db.CreateWith(d.t.Context(), u.UUID, cruddur.Draft{Message: text, Warning: warning, TTL: "1-day"}, d.now)
	d.check(err)
	return a
}

func (d *desk) report(by cruddur.User, a cruddur.Activity, words string) {
	d.t.Helper()
	d.now = d.now.Add(time.Millisecond)
	_, err := d.db.Report(d.t.Context(), cruddur.NewReport{Reporter: by.UUID, Kind: cruddur.ActivityTarget, Target: a.UUID, Reason: cruddur.Spam, Words: words}, d.now)
	d.check(err)
}

// logged returns what the audit log says, the newest first.
func (d *desk) logged() (out []string) {
	d.t.Helper()
	list, err := d.db.Acts(d.t.Context(), cruddur.UUID{}, 100, time.Now().UTC())
	d.check(err)
	for _, a := range list {
		out = append(out, a.Actor+" "+a.Act+" "+a.Target+" "+a.Note)
	}
	return out
}

func TestReports(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, stderr := d.must("report", "list"); !strings.Contains(stderr, "No case is open.") {
		stdout, _ := d.must("report", "list")
		if strings.Count(stdout, "\n") != 1 { // a pipe gets the heads alone
			t.Errorf("the empty list is %q, %q", stdout, stderr)
		}
	}
	ada, bo := d.member("ada"), d.member("bo")
	a := d.crud(ada, "words\x1b[31m of ada", "")
	d.report(bo, a, "the words\nof bo")
	b := d.crud(ada, "other words", "spiders")
	d.report(bo, b, "")
	var list struct {
		Schema int `json:"schema_version"`
		Cases  []struct {
			UUID, Kind, Handle string
			Target             string `json:"target_uuid"`
			Reports            int    `json:"reports_count"`
			Reasons            []string
		}
	}
	d.json(&list, "report", "list", "--json")
	if len(list.Cases) != 2 || list.Schema != 1 || list.Cases[1].Target != a.UUID.String() || list.Cases[1].Reports != 1 || !slices.Equal(list.Cases[1].Reasons, []string{"spam"}) {
		t.Fatalf("the list is %+v", list)
	}
	id, second := list.Cases[1].UUID, list.Cases[0].UUID
	stdout, _ := d.must("report", "list", "--limit", "1")
	if lines := strings.Split(strings.TrimSpace(stdout), "\n"); len(lines) != 2 || !strings.HasPrefix(lines[1], second+"\t@ada\tcrud\t1\tspam\t") || !strings.HasSuffix(lines[1], "\tspiders") {
		t.Errorf("the list of one is %q", lines)
	}
	if stdout, _ = d.must("report", "list"); strings.Contains(stdout, "\x1b") || strings.Count(stdout, "\n") != 3 {
		t.Errorf("the list is %q", stdout)
	}
	stdout, _ = d.must("report", "show", id)
	for _, want := range []string{"about\t@ada (crud " + a.UUID.String() + ")", "name\tName of ada", "@bo\tspam\t", "the words of bo"} {
		if !strings.Contains(stdout, want) || strings.Contains(stdout, "\x1b") {
			t.Errorf("show lacks %q: %q", want, stdout)
		}
	}
	var shown struct {
		Evidence struct {
			Message string
			Warning *string `json:"content_warning"`
		}
		Reports []struct{ Handle, Words string }
		Acts    []struct{ Act string }
	}
	d.json(&shown, "report", "show", "--json", second)
	if shown.Evidence.Message != "other words" || shown.Evidence.Warning == nil || *shown.Evidence.Warning != "spiders" || len(shown.Reports) != 1 || shown.Reports[0].Handle != "bo" || shown.Acts == nil {
		t.Errorf("the case is %+v", shown)
	}
	d.refused(3, "was not closed", "report", "close", id)
	d.refused(3, "was not closed", "report", "close", id, "--confirm", "bo")
	d.refused(2, "--note", "report", "close", id, "--confirm", "ada", "--note", strings.Repeat("x", 1001))
	if _, stderr := d.must("report", "close", strings.ToUpper(id), "--confirm", "@ada", "--note", "no spam"); !strings.Contains(stderr, "is closed") {
		t.Errorf("close says %q", stderr)
	}
	for _, args := range [][]string{{"report", "close", id, "--confirm", "ada"}, {"report", "show", id}} {
		d.refused(4, "no open case", args...)
	}
	d.refused(2, "not the UUID of a case", "report", "show", "1")
	d.refused(2, "--limit", "report", "list", "--limit", "-1")
	if got, want := d.logged(), []string{"command line close_case @ada crud " + a.UUID.String() + " no spam"}; !slices.Equal(got, want) {
		t.Errorf("the log says %q, want %q", got, want)
	}
}

func TestActivity(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ada, bo := d.member("ada"), d.member("bo")
	a := d.crud(ada, "the words of ada", "spiders")
	d.now = d.now.Add(time.Second)
	reply, err := d.db.Reply(t.Context(), bo.UUID, a.UUID, "", "an answer", "", d.now)
	d.check(err)
	id := a.UUID.String()
	stdout, _ := d.must("activity", "show", id)
	for _, want := range []string{"by\t@ada (Name of ada)\n", "text\tthe words of ada\n", "content warning\tspiders\n", "replies\t1\n"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("show lacks %q: %q", want, stdout)
		}
	}
	var doc map[string]any
	d.json(&doc, "activity", "show", "--json", reply.UUID.String())
	if doc["handle"] != "bo" || doc["reply_to_activity_uuid"] != id || doc["content_warning"] != nil {
		t.Errorf("the document is %v", doc)
	}
	d.check(d.db.Suspend(t.Context(), ada.UUID, d.now))
	d.refused(4, "suspension hides it", "activity", "show", id)
	d.refused(3, "was not deleted", "activity", "delete", id)
	d.refused(3, "was not deleted", "activity", "delete", id, "--confirm", "bo")
	d.check(d.db.Unsuspend(t.Context(), ada.UUID))
	if _, stderr := d.must("activity", "delete", id, "--confirm", "ada", "--note", "why"); !strings.Contains(stderr, "is deleted, with 1 reply to it") {
		t.Errorf("delete says %q", stderr)
	}
	for _, gone := range []string{id, reply.UUID.String()} {
		d.refused(4, "there is no crud", "activity", "show", gone)
		d.refused(4, "there is no crud", "activity", "delete", gone, "--confirm", "ada")
	}
	d.refused(2, "not the UUID of a crud", "activity", "delete", "x")
	d.refused(2, "accepts 1 arg", "activity", "show")
	d.refused(2, "without a value", "activity", "delete", id, "--note", "")
	if got, want := d.logged(), []string{"command line delete_activity @ada crud " + id + " why"}; !slices.Equal(got, want) {
		t.Errorf("the log says %q, want %q", got, want)
	}
}

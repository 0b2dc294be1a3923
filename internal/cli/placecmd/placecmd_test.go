package placecmd_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/cli"
	"cruddur/internal/identity"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// desk is an operator's desk: a database, and the commands that work on it.
type desk struct {
	t  *testing.T
	db *postgres.DB
	// run runs a command and returns its exit code and what it wrote.
	run func(stdin string, args ...string) (code int, stdout, stderr string)
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	url := pgtest.URL(t)
	d := &desk{t: t, db: pgtest.Open(t, url)}
	d.run = func(stdin string, args ...string) (int, string, string) {
		t.Helper()
		var out, errs bytes.Buffer
		getenv := func(name string) string {
			return map[string]string{"CONNECTION_URL": url, "BACKEND_URL": "https://club.example"}[name]
		}
		code := cli.Run(t.Context(), args, getenv, strings.NewReader(stdin), &out, &errs)
		return code, out.String(), errs.String()
	}
	return d
}

func (d *desk) must(args ...string) (stdout, stderr string) {
	d.t.Helper()
	code, stdout, stderr := d.run("", args...)
	if code != 0 {
		d.t.Fatalf("cruddur %s: exit code %d\n%s", strings.Join(args, " "), code, stderr)
	}
	return stdout, stderr
}

// refused runs a command that has to end with a code, print nothing on stdout and say something.
func (d *desk) refused(code int, says string, args ...string) {
	d.t.Helper()
	got, stdout, stderr := d.run("", args...)
	if got != code || stdout != "" || !strings.Contains(stderr, says) {
		d.t.Errorf("cruddur %s: exit code %d, stdout %q, stderr %q, want code %d and %q", strings.Join(args, " "), got, stdout, stderr, code, says)
	}
}

func TestPlaceSet(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if got, _ := d.must("place", "show"); !strings.HasPrefix(got, "WHAT\tVALUE\nname\tCruddur\n") || !strings.Contains(got, "sign-up\topen\n") || !strings.Contains(got, "reading\teverybody\n") {
		t.Errorf("a new place is %q", got)
	}
	d.refused(2, "nothing to change", "place", "set")
	d.refused(2, "nothing to change", "place", "set", "--json")
	d.refused(2, "want open, invite, domain or closed", "place", "set", "--sign-up", "Open")
	d.refused(2, "want everybody or members", "place", "set", "--reading", "all")
	d.refused(2, "needs --domains", "place", "set", "--sign-up", "domain")
	d.refused(2, "want domains as in addresses", "place", "set", "--domains", "school")
	d.refused(2, "want # and six digits", "place", "set", "--colour", "red")
	d.refused(2, "without a value", "place", "set", "--name", " ")
	d.refused(2, "needs a name", "place", "set", "--name", "\u200b")
	d.refused(2, "want line, rules,", "place", "set", "--clear", "name")
	d.refused(2, "no such file", "place", "set", "--rules-file", filepath.Join(t.TempDir(), "none"))
	d.refused(2, "unknown command", "place", "show", "more")

	code, stdout, stderr := d.run("Be kind.\nBe brief.\n", "place", "set", "--name", "Class 7b", "--rules-file", "-", "--sign-up", "invite")
	if code != 0 || stdout != "" || !strings.Contains(stderr, "Changed: name, rules, sign_up.") || !strings.Contains(stderr, "cruddur invite create") {
		t.Errorf("place set: exit code %d, %q, %q", code, stdout, stderr)
	}
	if _, stderr := d.must("place", "set", "--name", "Class 7b"); !strings.Contains(stderr, "so already") {
		t.Errorf("the same again: %q", stderr)
	}
	d.must("place", "set", "--domains", "Zürich.example,*.school.example", "--sign-up", "domain", "--reading", "members")
	var p struct {
		Name, Rules, Reading string
		SignUp               string `json:"sign_up"`
		Domains              []string
	}
	got, _ := d.must("place", "show", "--json")
	if err := json.Unmarshal([]byte(got), &p); err != nil || p.Name != "Class 7b" || p.Rules != "Be kind.\nBe brief." || p.SignUp != "domain" || p.Reading != "members" || strings.Join(p.Domains, " ") != "*.school.example zürich.example" {
		t.Errorf("place show --json = %s, %v", got, err)
	}
	if _, stderr := d.must("place", "set", "--clear", "rules,domains", "--sign-up", "closed"); !strings.Contains(stderr, "cruddur user create") {
		t.Errorf("closing it says %q", stderr)
	}
	if got, _ := d.must("place", "show"); !strings.Contains(got, "rules\t\n") || !strings.Contains(got, "domains\t\n") {
		t.Errorf("what was cleared is %q", got)
	}
	acts, err := d.db.Acts(t.Context(), cruddur.UUID{}, 10, time.Now().UTC())
	if err != nil || len(acts) != 3 || acts[2].Target != "name, rules, sign_up" || acts[2].Actor != cruddur.CommandLine {
		t.Errorf("the audit log has %+v, %v", acts, err)
	}
}

func TestInvite(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.refused(2, "want 1 to 10000", "invite", "create", "--uses", "0")
	d.refused(2, "want 1 to 10000", "invite", "create", "--uses", "10001")
	d.refused(2, "want 1 to 365", "invite", "create", "--days", "0")
	d.refused(2, "want 1 to 365", "invite", "create", "--days", "366")
	d.refused(2, "note_exceed_max_chars", "invite", "create", "--note", strings.Repeat("x", 101))
	if got, _ := d.must("invite", "list"); got != "ID\tUSED\tOF\tUNTIL\tBY\tNOTE\n" {
		t.Errorf("without invitations the list is %q", got)
	}
	link, stderr := d.must("invite", "create", "--uses", "30", "--days", "14", "--note", "class")
	m := regexp.MustCompile(`^https://club\.example/invite/([A-Za-z0-9_-]{43})\n$`).FindStringSubmatch(link)
	if m == nil || !strings.Contains(stderr, "For 30 people, until 20") {
		t.Fatalf("invite create prints %q, %q", link, stderr)
	}
	i, err := d.db.Invitation(t.Context(), identity.InvitationHash(m[1]), time.Now().UTC())
	if err != nil || i.Uses != 30 || i.Note != "class" || i.CreatedBy != cruddur.CommandLine {
		t.Errorf("stored is %+v, %v", i, err)
	}
	got, _ := d.must("invite", "list")
	if !strings.Contains(got, i.UUID.String()+"\t0\t30\t") || strings.Contains(got, m[1]) {
		t.Errorf("the list is %q", got)
	}
	d.must("place", "set", "--sign-up", "closed")
	if _, stderr := d.must("invite", "create"); !strings.Contains(stderr, "For one person") || !strings.Contains(stderr, "nobody can sign up") {
		t.Errorf("an invitation to a closed place says %q", stderr)
	}
	var made struct{ UUID, Link string }
	got, _ = d.must("invite", "create", "--json")
	if err := json.Unmarshal([]byte(got), &made); err != nil || !strings.HasPrefix(made.Link, "https://club.example/invite/") {
		t.Errorf("invite create --json = %s, %v", got, err)
	}
	if got, _ := d.must("invite", "list", "--json"); !strings.Contains(got, made.UUID) || strings.Contains(got, "/invite/") {
		t.Errorf("invite list --json = %s", got)
	}
	d.must("invite", "revoke", i.UUID.String())
	d.refused(4, "no invitation", "invite", "revoke", i.UUID.String())
	d.refused(4, "no invitation nonsense", "invite", "revoke", "nonsense")
	if _, err := d.db.Invitation(t.Context(), identity.InvitationHash(m[1]), time.Now().UTC()); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("a withdrawn invitation: %v", err)
	}
}

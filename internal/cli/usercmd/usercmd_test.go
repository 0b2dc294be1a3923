package usercmd_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/cli"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// office is an operator's desk: a database, and a provider to see what the commands have done.
type office struct {
	t        *testing.T
	url      string
	db       *postgres.DB
	provider *local.Provider
	env      map[string]string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, url: pgtest.URL(t), env: map[string]string{}}
	o.db = pgtest.Open(t, o.url)
	var err error
	o.provider, err = local.New(local.Config{Store: o.db, Mailer: mail.NewMailbox(nil), Issuer: "https://cruddur.example", Cheap: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.provider.Close(t.Context()) })
	o.env["CONNECTION_URL"] = o.url
	return o
}

// run runs a command and returns its exit code and what it wrote.
func (o *office) run(stdin string, args ...string) (code int, stdout, stderr string) {
	o.t.Helper()
	var out, errs bytes.Buffer
	getenv := func(name string) string { return o.env[name] }
	code = cli.Run(o.t.Context(), append([]string{"user"}, args...), getenv, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// must runs a command that has to succeed.
func (o *office) must(args ...string) string {
	o.t.Helper()
	code, stdout, stderr := o.run("", args...)
	if code != 0 {
		o.t.Fatalf("cruddur user %s: exit code %d\n%s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// refused runs a command that has to end with a code and say something.
func (o *office) refused(code int, says string, args ...string) {
	o.t.Helper()
	got, stdout, stderr := o.run("", args...)
	if got != code || !strings.Contains(stderr, says) || stdout != "" {
		o.t.Errorf("cruddur user %s: exit code %d, stdout %q, stderr %q, want code %d and %q", strings.Join(args, " "), got, stdout, stderr, code, says)
	}
}

func (o *office) canSignIn(email, password string) bool {
	o.t.Helper()
	_, err := o.provider.SignIn(o.t.Context(), email, password, time.Now().UTC())
	return err == nil
}

func TestUserCreate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	password := strings.TrimSpace(o.must("create", "--email", "ada@example.org", "--handle", "@Ada", "--name", "Ada L."))
	if !regexp.MustCompile(`^([a-z2-7]{5}-){3}[a-z2-7]{5}$`).MatchString(password) || !o.canSignIn("ada@example.org", password) {
		t.Errorf("create prints %q, which does not sign in", password)
	}
	code, stdout, stderr := o.run("a password from a pipe\n", "create", "--email", "bob@example.org", "--handle", "bob", "--password-stdin", "--trace-sql")
	if code != 0 || stdout != "" || !o.canSignIn("bob@example.org", "a password from a pipe") {
		t.Errorf("create --password-stdin: exit code %d, stdout %q\n%s", code, stdout, stderr)
	}
	if !strings.Contains(stderr, "sql/accounts/create.sql") || strings.Contains(stderr, "a password from") || strings.Contains(stderr, "$argon2id$") || strings.Contains(stderr, "bob@example.org\"") {
		t.Errorf("the trace is missing or shows a secret:\n%s", stderr)
	}
	var made struct{ UUID, Handle, Email, Password string }
	if err := json.Unmarshal([]byte(o.must("create", "--email", "eve@example.org", "--handle", "eve", "--json")), &made); err != nil || made.Handle != "eve" || !o.canSignIn("eve@example.org", made.Password) {
		t.Errorf("create --json = %+v, %v", made, err)
	}
	o.refused(1, "handle_taken", "create", "--email", "new@example.org", "--handle", "ADA")
	o.refused(1, "email_taken", "create", "--email", "ADA@example.org", "--handle", "neu")
	o.refused(2, "email_invalid", "create", "--email", "nobody", "--handle", "neu")
	o.refused(2, "required", "create", "--handle", "neu")
	if code, _, stderr := o.run("password1\n", "create", "--email", "new@example.org", "--handle", "neu", "--password-stdin"); code != 2 || !strings.Contains(stderr, "password_too_common") {
		t.Errorf("create with a common password: exit code %d\n%s", code, stderr)
	}
}

func TestUserConfirm(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	now := time.Now().UTC()
	for _, handle := range []string{"ada", "mallory"} {
		s := identity.SignUp{Name: handle, Email: "ada@example.org", Handle: handle, Password: "the password of " + handle}
		if err := o.provider.SignUp(t.Context(), s, now); err != nil {
			t.Fatal(err)
		}
	}
	waiting := o.must("list", "--waiting")
	if !strings.HasPrefix(waiting, "EMAIL\tHANDLE\tNAME\tSINCE\nada@example.org\t@mallory\tmallory\t") || strings.Count(waiting, "\n") != 3 {
		t.Errorf("list --waiting prints %q", waiting)
	}
	o.refused(1, "@mallory, @ada", "confirm", "ada@example.org")
	o.refused(4, "no sign-up", "confirm", "nobody@example.org")
	o.refused(4, "no sign-up", "confirm", "ada@example.org", "--handle", "eve")
	o.must("confirm", "ADA@example.org", "--handle", "@ada")
	if !o.canSignIn("ada@example.org", "the password of ada") || o.canSignIn("ada@example.org", "the password of mallory") {
		t.Error("confirm has not confirmed the sign-up that was named")
	}
	o.refused(4, "no sign-up", "confirm", "ada@example.org")
	if got := o.must("list", "--waiting"); got != "EMAIL\tHANDLE\tNAME\tSINCE\n" {
		t.Errorf("list --waiting afterwards prints %q", got)
	}
}

func TestUserList(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	today := func() string { return time.Now().UTC().Format("2006-01-02") }
	list := func(day string) string {
		return "HANDLE\tNAME\tEMAIL\tSINCE\tACCOUNT\tSESSIONS\tROLE\tSTATE\n@ada\tAda [31m\tada@example.org\t" + day + "\tlocal\t0\tmember\tactive\n"
	}
	before := today() // it may be midnight in between
	o.must("create", "--email", "ada@example.org", "--handle", "ada", "--name", "Ada \x1b[31m")
	if got, want := o.must("list"), list(today()); got != want && got != list(before) {
		t.Errorf("list prints %q, want %q", got, want)
	}
	o.must("suspend", "ADA@EXAMPLE.ORG")
	var doc struct {
		Version int `json:"schema_version"`
		Users   []struct{ Handle, State, Account string }
	}
	if err := json.Unmarshal([]byte(o.must("list", "--json")), &doc); err != nil || doc.Version != 1 || len(doc.Users) != 1 || doc.Users[0].State != "suspended" || doc.Users[0].Account != "local" {
		t.Errorf("list --json = %+v, %v", doc, err)
	}
}

func TestUserPassword(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must("create", "--email", "ada@example.org", "--handle", "ada")
	code := strings.TrimSpace(o.must("password", "@ada"))
	if err := o.provider.Reset(t.Context(), "ada@example.org", code, "a new long password", time.Now().UTC()); err != nil {
		t.Errorf("Reset() with the printed code %q = %v", code, err)
	}
	o.refused(4, "nobody", "password", "nobody")
	o.env["CRUDDUR_SMTP_URL"], o.env["CRUDDUR_MAIL_FROM"] = "smtp://ada:secret@127.0.0.1:1", "not an address"
	o.refused(2, "CRUDDUR_MAIL_FROM", "password", "ada")
	o.env["CRUDDUR_MAIL_FROM"] = ""
	o.refused(2, "CRUDDUR_MAIL_FROM", "password", "ada")
	o.env["CRUDDUR_MAIL_FROM"], o.env["CRUDDUR_SMTP_URL"] = "cruddur@example.org", "smtp://ada:sec/ret@mail"
	if code, _, stderr := o.run("", "password", "ada"); code != 2 || strings.Contains(stderr, "ret") && strings.Contains(stderr, "sec/") {
		t.Errorf("a broken URL: exit code %d, and the password is shown:\n%s", code, stderr)
	}
}

func TestUserSessions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	now := time.Now().UTC()
	password := strings.TrimSpace(o.must("create", "--email", "ada@example.org", "--handle", "ada"))
	tokens, err := o.provider.SignIn(t.Context(), "ada@example.org", password, now)
	if err != nil {
		t.Fatal(err)
	}
	sessions := identity.NewSessions(o.db)
	for range 2 {
		if _, err := sessions.Begin(t.Context(), tokens.Subject, identity.Browser{UserAgent: "Browser", Address: "192.0.2.1"}, now); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(o.must("sessions", "ada")), "\n")
	if len(lines) != 3 || !strings.HasSuffix(lines[1], "\t192.0.2.1\tBrowser") {
		t.Fatalf("sessions prints %q", lines)
	}
	id, _, _ := strings.Cut(lines[1], "\t")
	o.must("sessions", "ada", "--end", id)
	o.refused(4, "no session", "sessions", "ada", "--end", id)
	o.refused(4, "no session", "sessions", "ada", "--end", "all")
	o.must("sessions", "ada", "--end-all")
	if got := o.must("sessions", "ada"); strings.Count(got, "\n") != 1 {
		t.Errorf("sessions after --end-all prints %q", got)
	}
	if _, err := o.provider.Verify(t.Context(), tokens.Access, now); err == nil {
		t.Error("a token outlived --end-all")
	}
}

// The tokens of a member whose account is at Amazon Cognito end too, on every server.
func TestUserElsewhere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := time.Now().Add(-time.Second)
	for command, args := range map[string][]string{
		"endall":  {"sessions", "endall", "--end-all"},
		"suspend": {"suspend", "suspend"},
		"delete":  {"delete", "delete", "--confirm", "delete"},
	} {
		_, err := o.db.UpsertUser(t.Context(), cruddur.User{
			Handle: command, DisplayName: command, Email: command + "@example.org", Subject: "pool-" + command,
		}, before)
		if err != nil {
			t.Fatal(err)
		}
		o.must(args...)
		if at, _, err := o.db.CutoffOf(t.Context(), "pool-"+command, ""); err != nil || at.Before(before) {
			t.Errorf("after %v the cutoff is %v, %v", args, at, err)
		}
	}
}

// Cognito keeps the account of a member who is deleted here, and the next request makes the row again.
func TestUserDeleteElsewhere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.db.UpsertUser(t.Context(), cruddur.User{Handle: "cora", DisplayName: "Cora", Email: "cora@example.org", Subject: "sub-cora"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	code, _, stderr := o.run("", "delete", "cora", "--confirm", "cora")
	if code != 0 || !strings.Contains(stderr, "delete it there too") {
		t.Errorf("exit code %d, and it says %q", code, stderr)
	}
	o.must("create", "--email", "ada@example.org", "--handle", "ada")
	if _, _, stderr := o.run("", "delete", "ada", "--confirm", "ada"); strings.Contains(stderr, "user pool") {
		t.Errorf("of a local account it says %q", stderr)
	}
}

func TestUserSuspendAndDelete(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	password := strings.TrimSpace(o.must("create", "--email", "ada@example.org", "--handle", "ada"))
	o.must("suspend", "ada", "--note", "spam")
	o.must("suspend", "ada") // it changes nothing
	o.refused(2, "--note", "suspend", "ada", "--note", strings.Repeat("x", 1001))
	if o.canSignIn("ada@example.org", password) {
		t.Error("a suspended member signs in")
	}
	o.must("unsuspend", "ada")
	if !o.canSignIn("ada@example.org", password) {
		t.Error("the member does not sign in after unsuspend")
	}
	o.refused(3, "was not deleted", "delete", "ada")
	o.refused(3, "was not deleted", "delete", "ada", "--confirm", "bob")
	o.must("delete", "ada@example.org", "--confirm", "ada", "--note", "at their wish")
	acts, err := o.db.Acts(t.Context(), cruddur.UUID{}, 10, time.Now().UTC())
	var log []string
	for _, a := range acts {
		log = append(log, a.Actor+" "+a.Act+" "+a.Target+" "+a.Note)
	}
	if want := "command line delete_member @ada at their wish, command line unsuspend @ada , command line suspend @ada spam"; err != nil || strings.Join(log, ", ") != want {
		t.Errorf("the log says %q, %v, want %q", log, err, want)
	}
	o.refused(4, "ada", "delete", "ada", "--confirm", "ada")
	if o.canSignIn("ada@example.org", password) {
		t.Error("a deleted member signs in")
	}
	o.must("rotate-key")
	if keys, err := o.db.SigningKeys(t.Context()); err != nil || len(keys) != 1 {
		t.Errorf("%d keys after rotate-key, %v, want 1", len(keys), err)
	}
}

func TestUserRole(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must("create", "--email", "ada@example.org", "--handle", "ada")
	for _, role := range []string{"operator", "moderator", "member"} {
		if code, stdout, stderr := o.run("", "role", "@ada", role); code != 0 || stdout != "" || role != "member" && !strings.Contains(stderr, "is "+role+" now") {
			t.Errorf("role @ada %s: exit code %d, %q, %q", role, code, stdout, stderr)
		}
		if got := o.must("role", "ada@example.org"); got != role+"\n" {
			t.Errorf("the role is %q, want %s", got, role)
		}
		if _, _, stderr := o.run("", "role", "ada", role); !strings.Contains(stderr, "already") {
			t.Errorf("the same role again: %q", stderr)
		}
	}
	acts, err := o.db.Acts(t.Context(), cruddur.UUID{}, 10, time.Now().UTC())
	if err != nil || len(acts) != 3 || acts[0].Act != "role_member" || acts[0].Actor != cruddur.CommandLine || acts[0].Target != "@ada" {
		t.Errorf("the audit log has %+v, %v", acts, err)
	}
	o.refused(2, `no role "admin"`, "role", "ada", "admin")
	o.refused(4, "no member", "role", "bob", "operator")
}

func TestUserSilence(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must("create", "--email", "ada@example.org", "--handle", "ada")
	state := func() string {
		t.Helper()
		lines := strings.Split(strings.TrimSpace(o.must("list")), "\n")
		return lines[1][strings.LastIndexByte(lines[1], '\t')+1:]
	}
	said := func(want string, args ...string) {
		t.Helper()
		if _, _, stderr := o.run("", args...); !strings.Contains(stderr, want) {
			t.Errorf("cruddur user %s says %q, want %q", strings.Join(args, " "), stderr, want)
		}
	}
	said("@ada is silenced: ", "silence", "@ADA")
	said("@ada is silenced already", "silence", "ada@example.org")
	if got := state(); got != "silenced" {
		t.Errorf("list says %q", got)
	}
	o.must("suspend", "ada")
	if got := state(); got != "suspended" {
		t.Errorf("list says %q of who is suspended too", got)
	}
	o.must("unsuspend", "ada")
	said("shown to everybody again", "unsilence", "ada")
	said("@ada is not silenced", "unsilence", "ada")
	if got := state(); got != "active" {
		t.Errorf("list says %q afterwards", got)
	}
	o.refused(4, "nobody", "silence", "nobody")
	o.refused(4, "nobody", "unsilence", "nobody")
	acts, err := o.db.Acts(t.Context(), cruddur.UUID{}, 10, time.Now().UTC())
	var log []string
	for _, a := range acts {
		log = append(log, a.Actor+" "+a.Act+" "+a.Target)
	}
	if want := "command line unsilence @ada, command line unsuspend @ada, command line suspend @ada, command line silence @ada"; err != nil || strings.Join(log, ", ") != want {
		t.Errorf("the log says %q, %v, want %q", log, err, want)
	}
}

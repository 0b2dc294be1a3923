package dbadmin

import (
	"strings"
	"testing"
)

func TestWhatIsProtected(t *testing.T) {
	t.Parallel()
	const local = "postgresql:///cruddur?host=/run/postgresql&user=me"
	for _, test := range []struct {
		name, target, url, production string
		want                          string // a word of the reason; "" is unprotected
	}{
		{"socket", "", local, "", ""},
		{"localhost", "", "postgresql://me@localhost/cruddur", "", ""},
		{"localhost in capitals", "", "postgresql://me@LOCALHOST/cruddur", "", ""},
		{"localhost with a dot", "", "postgresql://me@localhost./cruddur", "", ""},
		{"an abstract socket", "", "postgresql:///cruddur?host=@cruddur&user=me", "", ""},
		{"an abstract socket, as production", "", "postgresql:///cruddur?host=@cruddur&user=me", "postgresql:///cruddur?host=@cruddur&user=you", "PROD_CONNECTION_URL"},
		{"a socket, as production in another folder", "", local, "postgresql:///cruddur?host=/tmp&user=me", ""},
		{"no host", "", "postgresql:///cruddur?user=me", "", ""},
		{"the address of all interfaces", "", "postgresql://me@0.0.0.0/cruddur", "", "not this machine"},
		{"a name under localhost, which a resolver may lead away", "", "postgresql://me@db.localhost/cruddur", "", "not this machine"},
		{"an address beside a local name", "", "postgresql://me@localhost/cruddur?hostaddr=10.0.0.5", "", "10.0.0.5 is not this machine"},
		{"loopback", "", "postgresql://me@127.0.0.2/cruddur", "", ""},
		{"loopback of version 6", "", "postgresql://me@[::1]/cruddur", "", ""},
		{"mapped loopback", "", "postgresql://me@[::ffff:127.0.0.1]/cruddur", "", ""},
		{"an environment by another name", "staging", local, "", ""},
		{"prod", "prod", local, "", "named prod"},
		{"production", "production", local, "", "named production"},
		{"another host", "", "postgresql://me@db/cruddur", "", "not this machine"},
		{"an address", "", "postgresql://me@10.0.0.5/cruddur", "", "not this machine"},
		{"Amazon", "", "postgresql://me@x.c9.ca-central-1.RDS.amazonaws.com./cruddur", "", "Amazon RDS"},
		{"one of two hosts", "", "postgresql://me@localhost,db/cruddur", "", "host db is not"},
		{"a name that begins like localhost", "", "postgresql://me@localhost.example.com/cruddur", "", "not this machine"},
		{"the same as production", "", local, local, "PROD_CONNECTION_URL"},
		{"the same in other words", "", "postgresql://you:pw@127.0.0.1:5432/cruddur", "host=localhost dbname=cruddur user=me", "PROD_CONNECTION_URL"},
		{"the same without a name", "", "postgresql://you@localhost/cruddur", "postgresql://me@localhost", "PROD_CONNECTION_URL"},
		{"another database of that server", "", "postgresql://me@localhost/dev", "postgresql://me@localhost/cruddur", ""},
		{"another port", "", "postgresql://me@localhost:5433/cruddur", "postgresql://me@localhost/cruddur", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, err := NewTarget(test.target, "--url", test.url, test.production)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(target.reasons(test.production), "; ")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("protected because %q, want %q", got, test.want)
			}
			if wantProd := test.want != "" && test.target == ""; wantProd != (target.Environment == "production") && test.target == "" {
				t.Errorf("environment %s", target.Environment)
			}
		})
	}
}

func TestDatabaseIsNeverTheUsersName(t *testing.T) {
	t.Parallel()
	target, err := NewTarget("", "--url", "postgresql://somebody@localhost", "")
	if err != nil {
		t.Fatal(err)
	}
	if target.Database() != "cruddur" || !target.Defaulted {
		t.Errorf("Database() = %s, defaulted %v", target.Database(), target.Defaulted)
	}
}

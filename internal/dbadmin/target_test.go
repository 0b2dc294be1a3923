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

// The name that the operator gives decides the environment, and how the advice calls the command.
func TestNamedTargets(t *testing.T) {
	t.Parallel()
	const local, far = "postgresql://me@localhost/dev", "postgresql://me@db.example.com/dev"
	for _, test := range []struct{ name, source, url, production, environment, command string }{
		{"", "CONNECTION_URL", local, "", "development", "cruddur db dump"},
		{"", "--url", local, "", "development", "cruddur db dump --url …"},
		{"", "CONNECTION_URL", far, "", "production", "cruddur db dump"},
		{"", "CONNECTION_URL", local, local, "production", "cruddur db dump"},
		{"prod", "PROD_CONNECTION_URL", local, "", "production", "cruddur db dump prod"},
		{"production", "--env", local, "", "production", "cruddur db dump --env production"},
		{"PROD", "--env", local, "", "production", "cruddur db dump --env PROD"},
		{"Staging", "--env", far, "", "staging", "cruddur db dump --env Staging"},
	} {
		target, err := NewTarget(test.name, test.source, test.url, test.production)
		if err != nil {
			t.Fatal(err)
		}
		if target.Environment != test.environment || target.Command("dump") != test.command {
			t.Errorf("%q of %s: environment %s, command %q, want %s, %q", test.name, test.url, target.Environment, target.Command("dump"), test.environment, test.command)
		}
	}
	if _, err := NewTarget("", "CONNECTION_URL", "postgresql://%zz", ""); err == nil || !strings.Contains(err.Error(), "CONNECTION_URL is not a usable") {
		t.Errorf("NewTarget() of no URL = %v", err)
	}
}

// Two connection strings name the same database where any host of one is a host of the other, at the same
// port, and the databases have one name.
func TestSamePlace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"postgresql://me@db/x", "postgresql://you@DB:5432/x", true},
		{"postgresql://me@db/x", "postgresql://me@db/y", false},
		{"postgresql://me@db:1/x", "postgresql://me@db:2/x", false},
		{"postgresql://me@db/cruddur", "postgresql://me@db", true},
		{"postgresql://me@a,b/x", "postgresql://me@c,b/x", true},
		{"postgresql://me@a,b/x", "postgresql://me@c,d/x", false},
		{"postgresql://me@a:1,b:2/x", "postgresql://me@a:2,b:1/x", false},
		{"postgresql://me@name/x?hostaddr=10.0.0.7", "postgresql://me@10.0.0.7/x", true},
		{"postgresql://me@name/x?hostaddr=10.0.0.7", "postgresql://me@name/x", false},
		{"postgresql://me@127.0.0.1/x", "postgresql://me@[::1]/x", true},
		{"postgresql://me@localhost/x", "postgresql://%zz", false},
		{"postgresql://me@localhost/x", "", false},
	} {
		target, err := NewTarget("", "--url", test.a, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := samePlace(target.Info, test.b); got != test.want {
			t.Errorf("samePlace(%s, %s) = %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

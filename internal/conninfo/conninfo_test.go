package conninfo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

type reading struct {
	Host               string
	Port               uint16
	User, Pass, Dbname string
	Others             []string
	Params             map[string]string
}

func read(t interface{ Fatalf(string, ...any) }, s string) reading {
	c, err := pgx.ParseConfig(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	r := reading{Host: c.Host, Port: c.Port, User: c.User, Pass: c.Password, Dbname: c.Database, Params: c.RuntimeParams}
	for _, f := range c.Fallbacks {
		r.Others = append(r.Others, f.Host)
	}
	return r
}

func TestInfoMeansTheSame(t *testing.T) {
	for _, s := range []string{
		"postgresql://cruddur:pw@db.example.com/cruddur?sslmode=require",
		"postgresql://cruddur:p%40ss%2Fw%25rd@localhost:5433/cruddur_dev",
		"postgresql://cruddur:pa%23s^s@localhost/cruddur",
		"postgres://h1:5432,h2:5433/cruddur?target_session_attrs=read-write&user=me",
		"postgresql://me@[::1]:5444/cruddur",
		"postgresql:///cruddur?host=/var/run/postgresql&user=me&port=5433",
		"postgresql://me@%2Fvar%2Frun%2Fpostgresql/cruddur",
		"postgresql://cruddur@cruddur/cruddur?options=-c%20geqo%3Doff",
		"host = localhost port=5433 user=me  password='' dbname=x",
		`host=/tmp user='me too' password='it\'s \\ here' dbname=x application_name=y`,
		`host=localhost user=me password='http://x' dbname=x`,
		"postgresql://me@localhost",
	} {
		t.Run(s, func(t *testing.T) {
			c, err := Parse(s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(read(t, s), read(t, c.DSN())); diff != "" {
				t.Errorf("%s differs (-url +dsn):\n%s", c.DSN(), diff)
			}
			masked := strings.ReplaceAll(c.Masked(), "xxxxx", "")
			want := read(t, s)
			want.Pass = ""
			got := read(t, masked)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s differs (-url +masked):\n%s", masked, diff)
			}
			if c.Get("password") != "" && strings.Contains(c.Masked()+c.PublicDSN(), c.Get("password")) {
				t.Errorf("the password is in %s or %s", c.Masked(), c.PublicDSN())
			}
		})
	}
}

func TestInfoWithAnotherDatabase(t *testing.T) {
	t.Parallel()
	const s = "postgresql://cruddur:pw%2Fcruddur@cruddur.example.com:5432,h2:5433/cruddur?sslmode=require"
	c, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	want := read(t, s)
	want.Dbname = "postgres"
	if diff := cmp.Diff(want, read(t, c.With("dbname", "postgres").DSN())); diff != "" {
		t.Errorf("With() (-want +got):\n%s", diff)
	}
}

func TestInfoAnyPassword(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.StringMatching(`[ -~äß]{1,30}`).Draw(t, "password")
		c := &Info{values: map[string]string{"host": "h", "user": "u", "password": password, "dbname": "d", "sslmode": "disable"}}
		got := read(t, c.DSN())
		if got.Pass != password {
			t.Fatalf("password %q became %q", password, got.Pass)
		}
	})
}

func TestAmbiguousURLsAreRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"postgresql://root:p@ss/wQQ:rd@localhost/cruddur",
		"postgresql://root:p@ssQQrd@localhost/cruddur",
		"postgresql://root:pa/ssQQrd@localhost/cruddur",
	} {
		_, err := Parse(s)
		if err == nil {
			t.Errorf("%s was accepted", s)
			continue
		}
		for _, part := range []string{`user "root" with the password xxxxx at host "localhost"`, "%40"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v does not say %q", s, err, part)
			}
		}
		for _, secret := range []string{"ss/", "QQ", "p@"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v shows a piece of the password", s, err)
			}
		}
	}
}

func TestForeignParametersAreDropped(t *testing.T) {
	t.Parallel()
	c, err := Parse("postgresql://u@h/d?schema=public&connection_limit=5&sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"the parameter connection_limit is left out: it is for another program, and PostgreSQL would refuse it", "the parameter schema is left out: it is for another program, and PostgreSQL would refuse it"}, c.Dropped); diff != "" {
		t.Errorf("Dropped (-want +got):\n%s", diff)
	}
	if strings.Contains(c.DSN(), "schema") {
		t.Errorf("DSN() = %s", c.DSN())
	}
}

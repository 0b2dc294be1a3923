package conninfo_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"cruddur"
	"cruddur/internal/conninfo"
)

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, url, masked              string
		user, password, host, database string
		port                           uint16
	}{
		{
			"plain", "postgresql://ana:hunter22@db.example.com:5433/cruddur", "postgresql://ana:xxxxx@db.example.com:5433/cruddur",
			"ana", "hunter22", "db.example.com", "cruddur", 5433,
		},
		{
			"the original's names everywhere", "postgres://cruddur:cruddur@cruddur/cruddur", "postgres://cruddur:xxxxx@cruddur/cruddur",
			"cruddur", "cruddur", "cruddur", "cruddur", 5432,
		},
		{"encoded", "postgres://ana:p%40ss%2Fw%3Ard%3F%23@h/cruddur", "postgres://ana:xxxxx@h/cruddur", "ana", "p@ss/w:rd?#", "h", "cruddur", 5432},
		{"colon in the password", "postgres://ana:a:b@h/cruddur", "postgres://ana:xxxxx@h/cruddur", "ana", "a:b", "h", "cruddur", 5432},
		{
			"several hosts", "postgres://ana:s3cret@h1:5432,h2:5433/cruddur?target_session_attrs=read-write",
			"postgres://ana:xxxxx@h1:5432,h2:5433/cruddur?target_session_attrs=read-write", "ana", "s3cret", "h1", "cruddur", 5432,
		},
		{"IPv6", "postgres://ana@[::1]:5433/cruddur", "postgres://ana@[::1]:5433/cruddur", "ana", "", "::1", "cruddur", 5433},
		{"socket folder", "postgres:///cruddur?host=/var/run/pg&user=ana", "postgres:///cruddur?host=/var/run/pg&user=ana", "ana", "", "/var/run/pg", "cruddur", 5432},
		{"encoded socket folder", "postgres://ana@%2Ftmp%2Fpg/cruddur", "postgres://ana@%2Ftmp%2Fpg/cruddur", "ana", "", "/tmp/pg", "cruddur", 5432},
		{
			"password as a parameter", "postgres://h/cruddur?user=ana&password=hunter22&sslmode=disable",
			"postgres://h/cruddur?user=ana&password=xxxxx&sslmode=disable", "ana", "hunter22", "h", "cruddur", 5432,
		},
		{"at in a parameter", "postgres://ana@h/cruddur?application_name=me@home", "postgres://ana@h/cruddur?application_name=me@home", "ana", "", "h", "cruddur", 5432},
		{"no database", "postgres://ana:hunter22@h", "postgres://ana:xxxxx@h", "ana", "hunter22", "h", "", 5432},
		{"keyword DSN", "host=h user=ana password='p@ss/w ://x' dbname=cruddur", "host=h port=5432 user=ana dbname=cruddur", "ana", "p@ss/w ://x", "h", "cruddur", 5432},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := conninfo.CheckURL(tt.url); err != nil {
				t.Fatalf("CheckURL() = %v", err)
			}
			c, err := pgx.ParseConfig(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			if c.User != tt.user || c.Password != tt.password || c.Host != tt.host || c.Database != tt.database || c.Port != tt.port {
				t.Errorf("parsed as user %q password %q host %q port %d database %q", c.User, c.Password, c.Host, c.Port, c.Database)
			}
			if got := conninfo.MaskURL(tt.url); got != tt.masked {
				t.Errorf("MaskURL() = %s, want %s", got, tt.masked)
			}
		})
	}
}

func TestURLsRefused(t *testing.T) {
	t.Parallel()
	both := func(a, b string) []string { return []string{"two ways", a, b} }
	for _, tt := range []struct {
		name, url string
		want      []string
	}{
		{"at in the password", "postgres://ana:hun@ter22@db.example.com/cruddur", both(`user "ana" with the password xxxxx at host "db.example.com"`, `host "xxxxx@db.example.com"`)},
		{"slash in the password", "postgres://ana:12/ter22@db.example.com/cruddur", both(`user "ana" with the password xxxxx at host "db.example.com"`, `host "ana" with the port xxxxx`)},
		{"question mark in the password", "postgres://ana:12?ter22@db.example.com/cruddur", both(`at host "db.example.com"`, `host "ana"`)},
		{"parameter in the password", "postgres://ana:12?hun=ter22@db.example.com/cruddur", both(`at host "db.example.com"`, `host "ana"`)},
		{"hash in the password", "postgres://ana:12#ter22@db.example.com/cruddur", both(`at host "db.example.com"`, `host "ana"`)},
		{"at in the user", "postgres://ana@corp@db.example.com/cruddur", both(`host "db.example.com"`, "xxxxx@db.example.com")},
		{"at in the database", "postgres://ana@db.example.com/crud@dur", []string{"two ways"}},
		{"fragment", "postgres://ana:hunter22@db.example.com/cruddur#ter22", []string{"two ways"}},
		{"another scheme", "mysql://ana:hunter22@db.example.com/cruddur", []string{"mysql://", "want postgresql://"}},
		{"port is no number", "postgres://ana:hunter22@db.example.com:abc/cruddur", []string{"cannot be parsed"}},
		{"white space", "postgres://ana: hunter22@db.example.com/cruddur", []string{"white space"}},
		{"line end", "postgres://ana:hunter22@db.example.com/cruddur\n", []string{"white space"}},
		{"unknown sslmode", "postgres://ana:hunter22@db.example.com/cruddur?sslmode=maybe", []string{"sslmode"}},
		{"broken DSN", "host=h password='hunter22", []string{"cannot be parsed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config(tt.url)
			if codes := cruddur.CodesOf(err); cruddur.KindOf(err) != cruddur.KindInvalid || !slices.Equal(codes, []string{"connection_url_invalid"}) {
				t.Errorf("kind %s, codes %v", cruddur.KindOf(err), codes)
			}
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %s", err, want)
				}
			}
			for _, text := range []string{fmt.Sprintf("%v %+v", err, err), conninfo.MaskURL(tt.url)} {
				if strings.Contains(text, "hun") || strings.Contains(text, "ter22") {
					t.Errorf("the password shows: %s", text)
				}
			}
		})
	}
}

// config is what the driver connects with.
func config(s string) (*pgx.ConnConfig, error) {
	info, err := conninfo.Parse(s)
	if err != nil {
		return nil, err
	}
	return info.Config()
}

// However a password is written into a URL, it is either understood as it was meant, or refused; and
// no text of ours shows it.
func TestURLPasswords(t *testing.T) {
	t.Parallel()
	password := rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9@/?#:&=%+'\\ ]{3,12}Qz7[@/?#:&=%+ a-z0-9]{0,6}`),
		rapid.StringMatching(`[0-9]{1,4}[@/?#:]Qz7[a-z@=/]{0,6}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		raw := password.Draw(t, "password")
		for _, tail := range []string{"/cruddur", "", "/cruddur?sslmode=disable", "?application_name=me", "/x?sslmode=maybe"} {
			s := "postgres://ana:" + raw + "@db.example.com" + tail
			c, err := config(s)
			if err != nil {
				checkHidden(t, err.Error(), raw)
			} else {
				want, unescapeErr := url.PathUnescape(raw)
				if unescapeErr != nil || c.Host != "db.example.com" || c.User != "ana" || c.Password != want {
					t.Fatalf("%s connects as %q with %q to %q", s, c.User, c.Password, c.Host)
				}
			}
			checkHidden(t, conninfo.MaskURL(s), raw)
		}
	})
}

// An encoded password arrives as it is, whatever it is made of.
func TestURLEncodedPasswords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		password := strings.ReplaceAll(rapid.String().Draw(t, "password"), "\x00", "")
		u := url.URL{Scheme: "postgres", User: url.UserPassword("ana", password), Host: "db.example.com", Path: "/cruddur"}
		c, err := config(u.String())
		if err != nil {
			t.Fatal(err)
		}
		if c.Password != password || c.Host != "db.example.com" {
			t.Fatalf("%s: password %q at %q", u.String(), c.Password, c.Host)
		}
	})
}

func checkHidden(t *rapid.T, text, password string) {
	if strings.Contains(text, "Qz7") || strings.Contains(text, password) {
		t.Fatalf("the password %q shows: %s", password, text)
	}
}

func FuzzMaskURL(f *testing.F) {
	for _, s := range []string{"postgres://a:Qz7@h/d", "host=h password=Qz7", "postgres://a:1/Qz7@h", "postgres://h/d?pass%77ord=Qz7", "postgres://h?sslpassword=Qz7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := pgx.ParseConfig(s)
		masked := conninfo.MaskURL(s)
		if err == nil && len(c.Password) > 2 && strings.Contains(masked, c.Password) &&
			!strings.Contains(strings.Replace(s, c.Password, "", 1), c.Password) {
			t.Errorf("MaskURL(%q) = %q", s, masked)
		}
	})
}

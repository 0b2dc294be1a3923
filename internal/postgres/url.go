package postgres

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// CheckURL refuses a connection URL that parses, but not to what its writer meant. A raw @ or / in a
// password ends the host early, and every parser then connects to the wrong host without a word.
func CheckURL(s string) error {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return nil // a keyword DSN has no such trap
	}
	if scheme != "postgres" && scheme != "postgresql" {
		return cruddur.Errorf(cruddur.KindInvalid, "the connection URL begins with %q, want postgresql://", scheme+"://")
	}
	authority, after, _ := strings.Cut(rest, "/")
	path, _, _ := strings.Cut(after, "?")
	if strings.Contains(path, "@") || strings.Count(strings.SplitN(authority, "?", 2)[0], "@") > 1 {
		return cruddur.Errorf(cruddur.KindInvalid,
			"the connection URL can be read in two ways: a raw @ or / stands in its user name, password or database name. Write %%40 for @ and %%2F for /")
	}
	return nil
}

// urlError keeps pgx's parse error, which masks the password, and marks it as the operator's input.
func urlError(err error) error {
	return cruddur.NewError(cruddur.KindInvalid, "connection_url_invalid").Wrap(err)
}

// MaskURL returns the URL with its password replaced, fit to be printed. What cannot be parsed is not
// printed at all.
func MaskURL(s string) string {
	if _, err := pgx.ParseConfig(s); err != nil || CheckURL(s) != nil {
		return "(a connection URL that cannot be parsed)"
	}
	if !strings.Contains(s, "://") {
		c, _ := pgx.ParseConfig(s)
		return fmt.Sprintf("host=%s port=%d user=%s dbname=%s", c.Host, c.Port, c.User, c.Database)
	}
	u, err := url.Parse(s)
	if err != nil {
		return "(a connection URL that cannot be parsed)"
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "xxxxx")
	}
	q := u.Query()
	if q.Has("password") || q.Has("sslpassword") {
		for _, k := range []string{"password", "sslpassword"} {
			if q.Has(k) {
				q.Set(k, "xxxxx")
			}
		}
		u.RawQuery = q.Encode()
	}
	return u.String()
}

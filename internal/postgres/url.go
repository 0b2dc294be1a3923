package postgres

import (
	"strings"

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
		return ambiguous(rest)
	}
	return nil
}

// urlError keeps pgx's parse error, which masks the password, and marks it as the operator's input.
func urlError(err error) error {
	return cruddur.NewError(cruddur.KindInvalid, "connection_url_invalid").Wrap(err)
}

// MaskURL returns the URL with its password replaced and every part encoded, fit to be printed. What
// cannot be parsed is not printed at all.
func MaskURL(s string) string {
	c, err := ParseConnInfo(s)
	if err != nil {
		return "(a connection URL that cannot be parsed)"
	}
	return c.Masked()
}

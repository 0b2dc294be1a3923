package postgres

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"cruddur"
)

var schemeRule = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// CheckURL refuses a connection URL that parses, but perhaps not to what its writer meant. A raw @ or /
// in a password ends it early, and every parser then connects to the wrong host without a word. A
// keyword DSN has no such trap.
func CheckURL(s string) error {
	scheme := schemeRule.FindString(s)
	if scheme == "" {
		return nil
	}
	if scheme != "postgres://" && scheme != "postgresql://" {
		return badURL("the connection URL begins with %s, want postgresql://", scheme)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return badURL("the connection URL holds white space or a control character; write %%20 for a space")
	}
	rest := s[len(scheme):]
	after := rest
	if i := strings.IndexAny(rest, "@/"); i >= 0 && rest[i] == '@' {
		after = rest[i+1:] // libpq and pgx end the password here
	}
	place, query, _ := strings.Cut(after, "?")
	if strings.Contains(place, "@") {
		return ambiguous(rest)
	}
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if strings.Contains(key, "@") || strings.Contains(value, "@") && !slices.Contains(mayHoldAt, key) {
			return ambiguous(rest) // the ? belongs to a password, most likely
		}
	}
	return nil
}

// mayHoldAt are parameters whose values may hold an @ without making anybody doubt what they are.
var mayHoldAt = []string{"application_name", "host", "options", "passfile", "password", "service", "servicefile",
	"sslcert", "sslkey", "sslpassword", "sslrootcert", "user"}

func badURL(format string, args ...any) error {
	return cruddur.NewError(cruddur.KindInvalid, "connection_url_invalid").Wrap(fmt.Errorf(format, args...))
}

// urlError is the parser's reason with nothing of the URL that could be a secret. The parser's error is
// not wrapped, for it carries the whole URL.
func urlError(s string, err error) error {
	text := err.Error()
	if i := strings.LastIndex(text, "`: "); i >= 0 {
		text = text[i+3:] // what stands before it quotes the URL
	}
	for _, secret := range secretsIn(s) {
		if secret != "" && strings.Contains(text, secret) {
			text = "(the reason would show a part of the password)"
		}
	}
	return badURL("the connection URL cannot be parsed: %s", text)
}

var (
	dsnSecret   = regexp.MustCompile(`(?i)password\s*=\s*('(?:[^'\\]|\\.)*'?|\S*)`)
	secretSplit = regexp.MustCompile(`[@/?#:&=\s'\\]+`)
)

// secretsIn are the passwords in a connection string and their pieces, since a wrong reading shows a
// piece.
func secretsIn(s string) (out []string) {
	var found []string
	if m := schemeRule.FindString(s); m != "" {
		rest := s[len(m):]
		if last := strings.LastIndex(rest, "@"); last >= 0 {
			if _, password, ok := strings.Cut(rest[:last], ":"); ok {
				found = append(found, password)
			}
		}
	}
	for _, m := range dsnSecret.FindAllStringSubmatch(s, -1) {
		found = append(found, m[1])
	}
	for _, f := range found {
		plain, err := url.PathUnescape(f)
		if err != nil {
			plain = f
		}
		out = append(out, f, plain)
		for _, piece := range append(secretSplit.Split(f, -1), secretSplit.Split(plain, -1)...) {
			if len(piece) > 1 {
				out = append(out, piece)
			}
		}
	}
	return out
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

package conninfo

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

const mask = "xxxxx"

var schemeRule = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// CheckURL refuses a connection URL that parses, but perhaps not as its writer meant. A raw @, /, ? or # in a
// password ends the host or the password early, and parsers then silently connect to the wrong host; they do
// not even agree on which. A keyword DSN does not have this problem.
func CheckURL(s string) error {
	if trimmed := strings.TrimLeft(s, " \t\r\n"); trimmed != s || strings.HasPrefix(s, `"`) || strings.HasPrefix(s, "'") {
		return cruddur.NewError(cruddur.KindInvalid, "connection_url_invalid").
			Wrap(errors.New("the connection URL begins with a blank or a quotation mark; remove it (a file of variables keeps them)"))
	}
	m := schemeRule.FindString(s)
	if m == "" {
		return nil
	}
	if m != "postgres://" && m != "postgresql://" {
		return cruddur.NewError(cruddur.KindInvalid, "connection_url_invalid").
			Wrap(fmt.Errorf("the connection URL begins with %s, want postgresql://", m))
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return cruddur.NewError(cruddur.KindInvalid, "connection_url_invalid").
			Wrap(errors.New("the connection URL contains white space or a control character; write %20 for a space"))
	}
	rest := s[len(m):]
	if ambiguous(splitURL(rest)) {
		meant, other := readings(rest)
		return cruddur.NewError(cruddur.KindInvalid, "connection_url_invalid").
			Wrap(fmt.Errorf("the connection URL can be read in two ways, %s or %s; in a user name, a password, a database name and a parameter write %%40 for @, %%2F for /, %%3F for ? and %%23 for #", meant, other))
	}
	return nil
}

// urlParts are the parts between a connection URL's delimiters, still encoded.
type urlParts struct{ authority, path, query, fragment string }

func splitURL(rest string) (p urlParts) {
	rest, p.fragment, _ = strings.Cut(rest, "#")
	rest, p.query, _ = strings.Cut(rest, "?")
	p.authority, p.path, _ = strings.Cut(rest, "/")
	return p
}

func ambiguous(p urlParts) bool {
	if strings.Count(p.authority, "@") > 1 || strings.Contains(p.path, "@") || p.fragment != "" {
		return true
	}
	for pair := range strings.SplitSeq(p.query, "&") {
		if key, _, _ := strings.Cut(pair, "="); strings.ContainsAny(key, "@/:") {
			return true
		}
	}
	// In user:12?x=3@host the ? belongs to the password; after a path it cannot.
	return p.path == "" && p.authority != "" && strings.Contains(p.query, "@")
}

// readings describes both ways to read the part after the scheme, without any piece of the password: one
// takes everything before the last @ as user and password, the other is that of a parser that stops at the
// first delimiter.
func readings(rest string) (meant, other string) {
	last := strings.LastIndex(rest, "@")
	info, after := rest[:max(last, 0)], rest[last+1:]
	user, _, hasPassword := strings.Cut(info, ":")
	if !hasPassword {
		user, _, _ = strings.Cut(info, "@")
	}
	host := splitURL(after).authority
	meant = fmt.Sprintf("as user %q with the password %s at host %q", user, mask, host)
	first, _, hasAt := strings.Cut(splitURL(rest).authority, "@")
	if name, _, _ := strings.Cut(first, ":"); !hasAt && last >= 0 {
		return meant, fmt.Sprintf("as host %q with the port %s", name, mask)
	}
	if authority := splitURL(rest).authority; last > len(authority) {
		// What a parser takes for the host is a piece of the password, if there is one.
		_, host, _ := strings.Cut(authority, "@")
		if hasPassword {
			host = mask
		}
		return meant, fmt.Sprintf("as host %q and a database with an @ in its name", host)
	}
	if last < 0 || strings.Count(splitURL(rest).authority, "@") == 1 {
		return fmt.Sprintf("as host %q and a rest that means nothing", host), "as a password that is cut short"
	}
	return meant, fmt.Sprintf("as host %q", mask+"@"+host)
}

// urlError returns the parser's reason without any part of the URL that could be a secret. The parser's error
// is not wrapped, because it contains the whole URL.
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
	return cruddur.NewError(cruddur.KindInvalid, "connection_url_invalid").
		Wrap(errors.New("the connection URL cannot be parsed: " + text))
}

var (
	dsnSecret   = regexp.MustCompile(`(?i)password\s*=\s*('(?:[^'\\]|\\.)*'?|\S*)`)
	secretSplit = regexp.MustCompile(`[@/?#:&=\s'\\]+`)
)

// secretsIn returns the passwords in a connection string and their pieces, because a wrong reading shows a
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
			if len(piece) > 3 { // a shorter one stands in half of all words, and tells nobody anything
				out = append(out, piece)
			}
		}
	}
	return out
}

// MaskURL returns the URL with its passwords replaced, safe to print. A URL that cannot be parsed is not
// printed at all.
func MaskURL(s string) string {
	c, err := pgx.ParseConfig(s)
	if err != nil || CheckURL(s) != nil {
		return "(a connection URL that cannot be parsed)"
	}
	scheme := schemeRule.FindString(s)
	if scheme == "" {
		return fmt.Sprintf("host=%s port=%d user=%s dbname=%s", c.Host, c.Port, c.User, c.Database)
	}
	p := splitURL(s[len(scheme):])
	out := scheme
	if info, hosts, ok := strings.Cut(p.authority, "@"); ok {
		if user, _, has := strings.Cut(info, ":"); has {
			info = user + ":" + mask
		}
		out += info + "@" + hosts
	} else {
		out += p.authority
	}
	if strings.Contains(s[len(scheme)+len(p.authority):], "/") && p.path != "" {
		out += "/" + p.path
	}
	sep := "?"
	for pair := range strings.SplitSeq(p.query, "&") {
		if pair == "" {
			continue
		}
		key, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(key); err != nil || strings.Contains(strings.ToLower(name), "password") {
			pair = key + "=" + mask
		}
		out += sep + pair
		sep = "&"
	}
	return out
}

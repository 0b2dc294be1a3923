package rds

import (
	"fmt"
	"net/url"
	"strings"

	"cruddur"
)

// Target is a connection URL without this tool's own parameters.
//
//	postgresql://app@HOST:PORT/cruddur?sslmode=verify-full&cruddur_auth=iam
//	postgresql://app@HOST:PORT/cruddur?sslmode=verify-full&cruddur_secret=ARN
//
// cruddur_auth=iam signs a token for each connection; cruddur_secret reads the password from Secrets Manager;
// cruddur_region names the region if the host does not.
type Target struct {
	URL     string // for pgx: without our parameters
	Host    string // "" for a socket or several hosts
	User    string
	SSLMode string
	IAM     bool
	Secret  string // ARN or name
	Region  string // from the URL, the secret's ARN or the host; "" if none of them has it
}

// OnRDS reports whether the host is an instance's endpoint, whose certificate only the RDS bundle can verify.
func (t *Target) OnRDS() bool { return hostRegion(t.Host) != "" }

// NeedsBundle reports whether the certificates of [Bundle] should be trusted for the connection:
// an RDS host is verified, and the URL names no certificate file of its own.
func (t *Target) NeedsBundle() bool {
	return t.OnRDS() && strings.HasPrefix(t.SSLMode, "verify-") && !strings.Contains(t.URL, "sslrootcert=")
}

// ParseURL removes cruddur_auth, cruddur_secret and cruddur_region from a connection URL. It changes only the query:
// pgx parses the rest. It returns a URL without these parameters unchanged.
func ParseURL(raw string) (*Target, error) {
	base, query, _ := strings.Cut(raw, "?")
	t := &Target{URL: raw}
	var rest []string
	for part := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(part, "=")
		text, err := url.QueryUnescape(value)
		if err != nil {
			return nil, invalidURL("a parameter after the question mark is not percent-encoded")
		}
		switch key {
		case "cruddur_auth":
			if text != "iam" {
				return nil, invalidURL("cruddur_auth: want iam")
			}
			t.IAM = true
			continue
		case "cruddur_secret":
			t.Secret = text
			continue
		case "cruddur_region":
			t.Region = text
			continue
		case "sslmode":
			t.SSLMode = text
		}
		if part != "" {
			rest = append(rest, part)
		}
	}
	if !t.IAM && t.Secret == "" && t.Region == "" {
		rest = nil
	} else {
		t.URL = base
		if len(rest) > 0 {
			t.URL += "?" + strings.Join(rest, "&")
		}
	}
	if err := t.place(base); err != nil {
		return nil, err
	}
	return t, t.check()
}

// place reads host and user; a URL that net/url cannot read (several hosts) has neither.
func (t *Target) place(base string) error {
	u, err := url.Parse(base)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") || strings.Contains(u.Host, ",") {
		if t.IAM || t.Secret != "" {
			return invalidURL("cruddur_auth and cruddur_secret need a URL with one host: postgresql://user@host:port/database?…")
		}
		return nil
	}
	t.Host, t.User = strings.ToLower(u.Hostname()), u.User.Username()
	if _, given := u.User.Password(); given && (t.IAM || t.Secret != "") {
		return invalidURL("a password beside cruddur_auth or cruddur_secret: leave it out")
	}
	if t.Region == "" {
		t.Region = hostRegion(t.Host)
	}
	if arn := strings.Split(t.Secret, ":"); t.Region == "" && len(arn) > 3 && arn[0] == "arn" {
		t.Region = arn[3]
	}
	return nil
}

func (t *Target) check() error {
	switch {
	case t.IAM && t.Secret != "":
		return invalidURL("cruddur_auth and cruddur_secret exclude each other")
	case !t.IAM && t.Secret == "":
		return nil
	case t.IAM && t.User == "":
		return invalidURL("cruddur_auth=iam needs the user before the host")
	case t.IAM && t.Region == "":
		return invalidURL("cruddur_auth=iam needs &cruddur_region=REGION: the host's name does not say it")
	case !encrypted[t.SSLMode]:
		return invalidURL("the password would be sent unencrypted with sslmode=" + t.SSLMode + ": want sslmode=verify-full")
	}
	return nil
}

// encrypted are the modes that never fall back to a plain connection.
var encrypted = map[string]bool{"require": true, "verify-ca": true, "verify-full": true}

func invalidURL(why string) error {
	return invalidf("connection URL: %s", why)
}

// hostRegion is the region in an RDS endpoint's name (db.c9xyz.eu-central-1.rds.amazonaws.com), or "".
func hostRegion(host string) string {
	for _, suffix := range []string{".rds.amazonaws.com", ".rds.amazonaws.com.cn"} {
		if rest, ok := strings.CutSuffix(strings.ToLower(host), suffix); ok {
			return rest[strings.LastIndexByte(rest, '.')+1:]
		}
	}
	return ""
}

// ConnectionURL returns the URL for PROD_CONNECTION_URL. It never holds a password: auth is iam, secret or none, and
// with none the password comes from PGPASSWORD or a password file.
func (i *Instance) ConnectionURL(auth, user, database string) (string, error) {
	if i.Host == "" {
		return "", &Problem{
			What: "instance " + i.ID + " has no endpoint yet", Why: "it is " + i.Status,
			Next: "cruddur rds wait " + i.ID, Kind: cruddur.KindConflict,
		}
	}
	query := "sslmode=verify-full"
	switch auth {
	case "iam":
		if !i.IAM {
			return "", &Problem{
				What: "IAM authentication is off for " + i.ID, Why: "the server would refuse the token",
				Next: "cruddur rds modify " + i.ID + " --enable-iam-database-authentication --apply-immediately", Kind: cruddur.KindConflict,
			}
		}
		query += "&cruddur_auth=iam"
	case "secret":
		if i.Secret == "" {
			return "", &Problem{
				What: "no secret is managed for " + i.ID, Why: "its master password was set by hand",
				Next: "cruddur rds modify " + i.ID + " --manage-master-user-password --apply-immediately   (or --auth iam)", Kind: cruddur.KindConflict,
			}
		}
		if user != i.MasterUser {
			return "", invalidf("the secret is that of %s, not of %s", i.MasterUser, user)
		}
		query += "&cruddur_secret=" + url.QueryEscape(i.Secret)
	case "none":
	default:
		return "", invalidf("--auth %s: want iam, secret or none", auth)
	}
	u := url.URL{Scheme: "postgresql", User: url.User(user), Host: fmt.Sprintf("%s:%d", i.Host, i.Port), Path: "/" + database, RawQuery: query}
	return u.String(), nil
}

package systemd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// firstSettings is the file of settings at first.
const firstSettings = `# The settings of cruddur serve and of the backups, one NAME=value on each line.
# "cruddur help environment" lists them. After a change: systemctl restart cruddur
# (after a change of CRUDDUR_DOMAIN: cruddur service install).
# This file may hold passwords: only root can read it.

# The domain of the server; the certificate is got and renewed for it.
#CRUDDUR_DOMAIN=cruddur.example
#CRUDDUR_ACME_EMAIL=ada@cruddur.example

# How mails are sent. Without these two they are not, and the codes of sign-ups and new passwords are in the log.
#CRUDDUR_SMTP_URL=smtp://user:password@mail.example.org:587
#CRUDDUR_MAIL_FROM=Cruddur <cruddur@cruddur.example>

# Another PostgreSQL than the private one.
#CONNECTION_URL=postgresql://cruddur:password@db.example.org/cruddur?sslmode=verify-full
`

// Settings are the lines of a file for EnvironmentFile (systemd.exec(5)).
type Settings struct{ text string }

// ReadSettings reads the settings of a system whose files are under root; if there are none yet, it returns those of a
// first installation.
func ReadSettings(root string) (s *Settings, exists bool, err error) {
	b, err := os.ReadFile(root + SettingsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return &Settings{firstSettings}, false, nil
	}
	return &Settings{string(b)}, err == nil, err
}

// Set sets one setting and leaves every other line as it is.
func (s *Settings) Set(name, value string) {
	lines := strings.Split(strings.TrimRight(s.text, "\n"), "\n")
	at := -1
	for i, line := range lines {
		found, _, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && found == name || at < 0 && ok && found == "#"+name {
			at = i
		}
	}
	line := name + "=" + quoteSetting(value)
	if at < 0 {
		lines = append(lines, line)
	} else {
		lines[at] = line
	}
	s.text = strings.Join(lines, "\n") + "\n"
}

// quoteSetting writes a value so that systemd reads it as it is.
func quoteSetting(v string) string {
	if strings.ContainsAny(v, "\\\"' \t") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
	}
	return v
}

// Values returns the settings as systemd reads them.
func (s *Settings) Values() (map[string]string, error) {
	values := map[string]string{}
	text := strings.ReplaceAll(s.text, "\\\n", "")
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || strings.ContainsAny(name, " \t\"'") {
			return nil, fmt.Errorf("%s, line %d: want NAME=value", SettingsFile, n+1)
		}
		values[name] = unquote(value)
	}
	return values, nil
}

// unquote takes quotes and backslashes off, as systemd does.
func unquote(v string) string {
	var b strings.Builder
	quote := rune(0)
	escaped := false
	for _, r := range strings.TrimSpace(v) {
		switch {
		case escaped:
			if quote == '"' && !strings.ContainsRune("\"\\`$", r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped = true
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case r == quote:
			quote = 0
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Redacted returns the lines without the values that may be secret.
func (s *Settings) Redacted() string {
	lines := strings.Split(s.text, "\n")
	for i, line := range lines {
		name, _, ok := strings.Cut(line, "=")
		if ok && !strings.HasPrefix(strings.TrimSpace(line), "#") && name != "CRUDDUR_DOMAIN" && name != "CRUDDUR_ACME_EMAIL" {
			lines[i] = name + "=(as it is)"
		}
	}
	return strings.Join(lines, "\n")
}

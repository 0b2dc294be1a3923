package guard

import (
	"strconv"

	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

// Lines describes a database, as pairs of label and value.
func Lines(f *dbadmin.Fingerprint) [][2]string {
	lines := [][2]string{
		{"host", f.Host},
		{"port", strconv.Itoa(f.Port)},
		{"database", f.Database},
		{"user", f.User + superuser(f.Superuser)},
		{"server", "PostgreSQL " + f.Server},
		{"tls", orNone(f.TLS)},
		{"marker", MarkerText(f.Marker)},
	}
	if f.ReadOnly != "" {
		lines = append(lines, [2]string{"state", f.ReadOnly})
	}
	if !f.Exists {
		return append(lines, [2]string{"state", "does not exist"})
	}
	if f.Unusable != "" {
		return append(lines, [2]string{"state", f.Unusable})
	}
	about := ""
	if f.Estimated {
		about = "about "
	}
	return append(lines,
		[2]string{"size", terminal.ByteText(f.Bytes)},
		[2]string{"users", about + countText(f.Users)},
		[2]string{"activities", about + countText(f.Activities)},
		[2]string{"sessions", strconv.Itoa(f.Sessions)},
		[2]string{"last migration", orNone(f.LastMigration)},
	)
}

func superuser(is bool) string {
	if is {
		return " (superuser)"
	}
	return ""
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// MarkerText returns a database's marker as text for people.
func MarkerText(m *dbadmin.Marker) string {
	switch {
	case m == nil:
		return "none"
	case m.Protected:
		return m.Environment + ", protected"
	}
	return m.Environment
}

func countText(n int64) string {
	if n < 0 {
		return "no such table"
	}
	return terminal.NumberText(n)
}

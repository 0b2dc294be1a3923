package postgres

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cruddur/internal/sqlscript"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations returns the embedded migration files, in goose's format.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	return sub
}

// MigrationState is the state of a migration.
type MigrationState string

// The states of a migration.
const (
	MigrationApplied    MigrationState = "applied"
	MigrationPending    MigrationState = "pending"
	MigrationOutOfOrder MigrationState = "out of order" // pending, although a newer one is applied
	MigrationEdited     MigrationState = "edited"       // the file is not the same as the one that was applied
	MigrationUnknown    MigrationState = "unknown"      // applied, and this binary has no such file
)

// Migration is one migration file and its state in the database.
type Migration struct {
	Version   int64
	Name      string // the file's name
	State     MigrationState
	Applied   bool
	AppliedAt time.Time
	Duration  time.Duration // of the run that applied it
	Checksum  string        // SHA-256 of the file, line ends as \n
}

// migrationFile is a parsed file in goose's format.
type migrationFile struct {
	version            int64
	name, text         string
	checksum           string
	marked             string // checksum with the byte order mark, if the file has one: the database may record that one
	up, down           [2]int // begin and end in text
	hasDown            bool
	outsideTransaction bool
}

var (
	migrationName = regexp.MustCompile(`^([0-9]+)_[a-z0-9_]+\.sql$`)
	gooseMark     = regexp.MustCompile(`(?m)^[ \t]*--[ \t]*\+goose[ \t]+([A-Za-z ]+?)[ \t]*\r?$`)
)

// readMigrations reads every .sql file of a folder, oldest first. Two files of one version, an invalid name,
// and a file without "+goose Up" are errors.
func readMigrations(files fs.FS) ([]migrationFile, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	var list []migrationFile
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		m, err := readMigration(name, string(b))
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b migrationFile) int { return cmp.Compare(a.version, b.version) })
	for i := 1; i < len(list); i++ {
		if list[i].version == list[i-1].version {
			return nil, fmt.Errorf("migrations %s and %s have the same number", list[i-1].name, list[i].name)
		}
	}
	return list, nil
}

// SQLText returns the text of an SQL file, without the byte order mark that some editors put before UTF-8. A
// file in UTF-16 is an error.
func SQLText(text string) (string, error) {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return "", errors.New("it is in UTF-16; save it as UTF-8")
	}
	if strings.Contains(text[:min(len(text), 1024)], "\x00") {
		return "", errors.New("it contains a zero byte, so it is not text in UTF-8")
	}
	return sqlscript.TrimMark(text), nil
}

func readMigration(name, text string) (migrationFile, error) {
	plain, err := SQLText(text)
	if err != nil {
		return migrationFile{}, err
	}
	m, err := parseMigration(name, plain)
	if plain != text {
		m.marked = checksum(text)
	}
	return m, err
}

func parseMigration(name, text string) (migrationFile, error) {
	m := migrationFile{name: name, text: text, checksum: checksum(text)}
	parts := migrationName.FindStringSubmatch(name)
	if parts == nil {
		return m, fmt.Errorf("want a name such as 00012_add_colours.sql")
	}
	version, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || version == 0 {
		return m, fmt.Errorf("%s is not a version", parts[1])
	}
	m.version = version
	section := (*[2]int)(nil)
	seenUp := false
	for _, mark := range gooseMark.FindAllStringSubmatchIndex(text, -1) {
		word := strings.ToLower(text[mark[2]:mark[3]])
		switch word {
		case "up", "down":
			if section != nil {
				section[1] = mark[0]
			}
			section = &m.up
			if word == "down" {
				section, m.hasDown = &m.down, true
			} else {
				seenUp = true
			}
			section[0] = mark[1]
		case "no transaction":
			m.outsideTransaction = true
		case "statementbegin", "statementend": // our own splitter does not need them
		default:
			return m, fmt.Errorf("the mark %q is unknown", "+goose "+text[mark[2]:mark[3]])
		}
	}
	if !seenUp {
		return m, fmt.Errorf("the mark %q is missing", "-- +goose Up")
	}
	section[1] = len(text)
	return m, nil
}

// checksum is the same for a checkout with \r\n.
func checksum(text string) string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(text, "\r\n", "\n")))
	return hex.EncodeToString(sum[:])
}

// MigrationsError lists the migrations that prevented a run; nothing was done.
type MigrationsError struct {
	Why  string
	List []Migration
	Hint string
}

// Error lists every file.
func (e *MigrationsError) Error() string {
	var b strings.Builder
	b.WriteString(e.Why)
	for _, m := range e.List {
		fmt.Fprintf(&b, "\n  %s", m.Name)
		if !m.AppliedAt.IsZero() {
			fmt.Fprintf(&b, " (applied %s)", m.AppliedAt.UTC().Format(time.DateTime))
		}
	}
	if e.Hint != "" {
		b.WriteString("\n" + e.Hint)
	}
	return b.String()
}

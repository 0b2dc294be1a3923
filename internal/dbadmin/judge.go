package dbadmin

import (
	"fmt"
	"regexp"
	"strings"

	"cruddur/internal/postgres"
	"cruddur/internal/sqlscript"
)

// verdict says how a statement of a dump is handled.
type verdict int

const (
	run      verdict = iota
	ask              // it depends on the database: see question
	runLate          // after all other statements
	leaveOut         // do not run it; see why
)

// judge reads the statements of a dump and decides how each is handled, before it is run.
type judge struct {
	dump    bool // it was written by pg_dump; of other SQL everything is run that does not end the transaction
	begun   bool // a statement that creates something was seen: --clean drops before it
	setting bool // a statement other than SET was seen: the preamble is over
	blobs   bool // within the BEGIN and COMMIT that pg_dump writes around large objects
}

var (
	settingRule    = regexp.MustCompile(`^SET ([a-z_]+) = `)
	tablespaceRule = regexp.MustCompile(`^SET default_tablespace = ('(?:[^']|'')*'|"(?:[^"]|"")*"|[a-z_0-9]+)$`)
	schemaRule     = regexp.MustCompile(`^CREATE SCHEMA ("(?:[^"]|"")*"|[a-z_][a-z_0-9$]*)$`)
	blobRule       = regexp.MustCompile(`^SELECT pg_catalog\.(lo_open|lowrite|lo_close|lo_create)\(`)
	cleanRule      = regexp.MustCompile(`^(DROP |ALTER TABLE .* DROP |ALTER TABLE .* DETACH PARTITION |CREATE OR REPLACE VIEW |SELECT pg_catalog\.lo_unlink\()`)
	ownerRule      = regexp.MustCompile(`^ALTER [A-Z ]+ .* OWNER TO ("(?:[^"]|"")*"|[A-Za-z_][A-Za-z_0-9$]*)$`)
)

// of decides on one statement. An error refuses the whole dump.
func (j *judge) of(piece sqlscript.Piece) (verdict, error) {
	if piece.Meta {
		return j.meta(piece)
	}
	words := sqlscript.Words(piece.Text)
	if len(words) == 0 {
		return leaveOut, nil
	}
	if word := postgres.EndsTransaction(piece.Text); word != "" {
		return j.transaction(word)
	}
	if j.blobs && !blobRule.MatchString(piece.Text) {
		return run, &notRestorable{"BEGIN would start a transaction of its own", ownTransaction}
	}
	if words[0] == "copy" && !piece.Copy {
		return run, &notRestorable{"a COPY from or to a file or a program of the server is not allowed", "remove it from the file"}
	}
	if !j.dump {
		return run, nil
	}
	return j.ofDump(piece, words)
}

// ofDump decides on a statement written by pg_dump.
func (j *judge) ofDump(piece sqlscript.Piece, words []string) (verdict, error) {
	if words[0] != "set" && !strings.HasPrefix(piece.Text, "SELECT pg_catalog.set_config(") {
		j.setting = true
	}
	second := ""
	if len(words) > 1 {
		second = words[1]
	}
	switch {
	case tablespaceRule.MatchString(piece.Text), !j.setting && settingRule.MatchString(piece.Text), schemaRule.MatchString(piece.Text):
		return ask, nil
	case !j.begun && cleanRule.MatchString(piece.Text): // --clean: the database is empty already
		return leaveOut, nil
	case words[0] == "create" && second == "database", words[0] == "alter" && second == "database":
		return run, &notRestorable{"it creates a database itself (--create, or pg_dumpall)", dumpAgain}
	case words[0] == "create" && second == "subscription", words[0] == "alter" && second == "subscription":
		return leaveOut, nil
	case words[0] == "create" && second == "event", words[0] == "alter" && second == "event", strings.HasPrefix(piece.Text, "COMMENT ON EVENT TRIGGER "):
		return runLate, nil
	case strings.HasPrefix(piece.Text, "COMMENT ON EXTENSION "), strings.HasPrefix(piece.Text, "COMMENT ON SUBSCRIPTION "):
		return leaveOut, nil
	case ownersOrGrants(piece, words):
		return leaveOut, nil
	}
	if words[0] == "create" {
		j.begun = true
	}
	return run, nil
}

// ownersOrGrants reports whether a statement sets owners or grants. They are left out, as pg_restore does
// with --no-owner and --no-privileges: the database keeps its own, and the roles may not exist here.
func ownersOrGrants(piece sqlscript.Piece, words []string) bool {
	switch words[0] {
	case "grant", "revoke":
		return true
	case "set", "reset":
		return len(words) > 2 && words[1] == "session" && words[2] == "authorization"
	case "alter":
		return len(words) > 1 && words[1] == "default" || ownerRule.MatchString(piece.Text)
	}
	return false
}

const (
	ownTransaction = "a restore is one transaction; remove BEGIN, COMMIT and similar statements from the file"
	dumpAgain      = "make a dump of one database: cruddur db dump -o FILE, or pg_dump without --create"
)

// meta decides on a psql command. The commands \restrict and \unrestrict, which pg_dump writes to disable all
// others, are ignored.
func (j *judge) meta(piece sqlscript.Piece) (verdict, error) {
	word, _, _ := strings.Cut(piece.Text, " ")
	switch word {
	case `\restrict`, `\unrestrict`:
		return leaveOut, nil
	case `\connect`, `\c`:
		return run, &notRestorable{word + " would continue in another database", dumpAgain}
	case `\.`:
		return run, &notRestorable{`\. has no COPY before it`, "the file is damaged, or joined from several files; dump again"}
	}
	return run, &notRestorable{printable(word) + " is a psql command, which could run any program on this machine; it is not allowed", "remove it from the file"}
}

// transaction decides on a statement that begins or ends a transaction. pg_dump writes a pair around large
// objects.
func (j *judge) transaction(word string) (verdict, error) {
	switch {
	case j.dump && word == "begin" && !j.blobs:
		j.blobs = true
		return leaveOut, nil
	case j.blobs && word == "commit":
		j.blobs = false
		return leaveOut, nil
	}
	return run, &notRestorable{strings.ToUpper(word) + " would end the transaction of the restore", ownTransaction}
}

// question returns a query that decides whether a statement is run, and its argument.
func (j *judge) question(piece sqlscript.Piece) (sql, name string) {
	if m := tablespaceRule.FindStringSubmatch(piece.Text); m != nil {
		return "select $1 = '' or exists (select from pg_tablespace where spcname = $1)", unquote(m[1])
	}
	if m := schemaRule.FindStringSubmatch(piece.Text); m != nil {
		return "select not exists (select from pg_namespace where nspname = $1)", unquote(m[1])
	}
	// pg_dump and pg_restore set the parameters of their own version, whatever version they write for: from
	// 17 on transaction_timeout, which 15 and 16 reject.
	return "select exists (select from pg_settings where lower(name) = $1)", settingRule.FindStringSubmatch(piece.Text)[1]
}

func unquote(s string) string {
	if len(s) > 1 && (s[0] == '\'' || s[0] == '"') {
		return strings.ReplaceAll(s[1:len(s)-1], s[:1]+s[:1], s[:1])
	}
	return s
}

// why names what is not restored, for the operator; "" if it is not worth mentioning.
func (j *judge) why(piece sqlscript.Piece) string {
	words := sqlscript.Words(piece.Text)
	switch {
	case piece.Meta, len(words) < 2, j.blobs:
		return ""
	case words[1] == "subscription" && words[0] == "create":
		return "subscriptions; the copy would receive the rows meant for the dumped database"
	case strings.HasPrefix(piece.Text, "SET default_tablespace"):
		return fmt.Sprintf("tablespaces that this server does not have (%s)", strings.TrimPrefix(piece.Text, "SET default_tablespace = "))
	case ownersOrGrants(piece, words):
		return "owners and grants of the dump; those of this database stay"
	}
	return ""
}

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur/internal/sqlscript"
)

// ScriptError is a server's error with its position in an SQL file.
type ScriptError struct {
	File string
	sqlscript.Place
	Err error
}

// Error returns the position as compilers print it, the server's message, and the line with a caret.
func (e *ScriptError) Error() string {
	var b strings.Builder
	pe, ok := errors.AsType[*pgconn.PgError](e.Err)
	if !ok {
		fmt.Fprintf(&b, "%s:%d:%d: %v\n%s", e.File, e.Line, e.Column, e.Err, e.Caret())
		return b.String()
	}
	fmt.Fprintf(&b, "%s:%d:%d: %s (SQLSTATE %s)\n%s", e.File, e.Line, e.Column, pe.Message, pe.Code, e.Caret())
	for _, more := range []struct{ name, text string }{{"detail", pe.Detail}, {"hint", pe.Hint}, {"where", pe.Where}} {
		if more.text != "" {
			fmt.Fprintf(&b, "\n  %s: %s", more.name, strings.ReplaceAll(more.text, "\n", "\n  "))
		}
	}
	return b.String()
}

// Unwrap returns the server's error.
func (e *ScriptError) Unwrap() error { return e.Err }

// Script is a part of an SQL file: its statements run in order, and errors give the file's line.
type Script struct {
	File  string // its name, for errors
	Text  string // the whole file
	Begin int    // the part of Text to run; End 0 means up to the end
	End   int
	// Done, if set, is called after each statement with the number of bytes of the part that have been run.
	Done func(bytes int, tag pgconn.CommandTag)
	// Answer, if set, is called with the result of each statement.
	Answer func(*pgconn.Result) error
}

// Run runs the statements on conn, in its transaction if it is in one. It returns how many have run.
func (s *Script) Run(ctx context.Context, conn *pgx.Conn) (int, error) {
	part, err := s.part()
	if err != nil {
		return 0, err
	}
	statements, err := sqlscript.Split(part)
	if err != nil {
		if meta, ok := errors.AsType[*sqlscript.MetaError](err); ok {
			return 0, s.failed(s.Begin+offsetOf(part, meta.Place), fmt.Errorf("%s is a psql command, not SQL; cruddur cannot run it", meta.What))
		}
		return 0, err
	}
	if conn.PgConn().TxStatus() == 'T' {
		for _, statement := range statements {
			if word := EndsTransaction(statement.Text); word != "" {
				return 0, s.failed(s.Begin+statement.Offset, fmt.Errorf("%s would end the transaction in which this file runs; remove it", word))
			}
		}
	}
	for i, statement := range statements {
		results, err := conn.PgConn().Exec(ctx, statement.Text).ReadAll()
		if err != nil {
			return i, s.failed(s.Begin+statement.Offset+positionOf(statement.Text, err), err)
		}
		for _, one := range results {
			if s.Answer == nil {
				break
			}
			if err := s.Answer(one); err != nil {
				return i, err
			}
		}
		if s.Done != nil {
			var tag pgconn.CommandTag
			if len(results) > 0 {
				tag = results[len(results)-1].CommandTag
			}
			s.Done(statement.Offset+len(statement.Text), tag)
		}
	}
	return len(statements), nil
}

// EndsTransaction returns the word with which a statement begins or ends a transaction, or "".
func EndsTransaction(statement string) string {
	words := sqlscript.Words(statement)
	if len(words) == 0 {
		return ""
	}
	switch words[0] {
	case "begin", "commit", "end", "abort":
		return words[0]
	case "rollback":
		if len(words) == 1 || words[1] != "to" && !(len(words) > 2 && words[2] == "to") {
			return words[0] // a rollback to a savepoint does not end the transaction
		}
	case "start", "prepare":
		if len(words) > 1 && words[1] == "transaction" {
			return words[0] + " transaction"
		}
	}
	return ""
}

func (s *Script) part() (string, error) {
	end := s.End
	if end == 0 {
		end = len(s.Text)
	}
	if s.Begin > end || end > len(s.Text) {
		return "", fmt.Errorf("%s: there is no part from %d to %d", s.File, s.Begin, end)
	}
	return s.Text[s.Begin:end], nil
}

func (s *Script) failed(offset int, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &ScriptError{s.File, sqlscript.Locate(s.Text, offset), lost(err)}
}

// positionOf returns the position of the error in the statement; most errors after parsing have none, and
// then it is the statement's beginning.
func positionOf(statement string, err error) int {
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Position > 0 && pe.InternalQuery == "" {
		return sqlscript.ByteOffset(statement, int(pe.Position))
	}
	return 0
}

// offsetOf returns the byte offset of a place: the first byte of its line, plus its column.
func offsetOf(text string, p sqlscript.Place) int {
	offset := 0
	for range p.Line - 1 {
		offset += strings.IndexByte(text[offset:], '\n') + 1
	}
	return offset + sqlscript.ByteOffset(text[offset:], p.Column)
}

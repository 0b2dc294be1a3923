package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/sqlscript"
)

// OutsideError is the failure of a file that runs without a transaction.
type OutsideError struct {
	File       string
	Statements int // that have run, and are not undone
	Err        error
	Invalid    []Invalid // what the failure has left behind
}

// Error says which statements stay.
func (e *OutsideError) Error() string {
	text := e.Err.Error()
	if e.Statements > 0 {
		text += fmt.Sprintf("\nthis file runs without a transaction, so its first %d statements stay; it must be safe to run it again", e.Statements)
	}
	return text + whatIsInvalid(e.Invalid)
}

// Unwrap returns the cause.
func (e *OutsideError) Unwrap() error { return e.Err }

// Invalid is an object that a statement outside a transaction has left incomplete.
type Invalid struct {
	Name  string // with its schema, quoted
	Table string // its table, with its schema, quoted
	What  string // what is wrong with it
	End   string // the statement that removes or completes it
	bare  []string
}

func whatIsInvalid(list []Invalid) string {
	var b strings.Builder
	for _, i := range list {
		fmt.Fprintf(&b, "\n%s of %s is %s; before the next try run: %s", i.Name, i.Table, i.What, i.End)
	}
	return b.String()
}

// invalidSQL lists every invalid index, and every partition whose detaching was interrupted. An index of a
// partitioned table is invalid on purpose until each partition has its own.
const invalidSQL = `
	select format('index %I.%I', n.nspname, c.relname), format('%I.%I', tn.nspname, t.relname),
		'invalid, so it is not used, and a unique one does not keep duplicates out',
		format('drop index concurrently %I.%I', n.nspname, c.relname), array[c.relname::text, t.relname::text]
	from pg_index i
		join pg_class c on c.oid = i.indexrelid
		join pg_namespace n on n.oid = c.relnamespace
		join pg_class t on t.oid = i.indrelid
		join pg_namespace tn on tn.oid = t.relnamespace
	where not (i.indisvalid and i.indisready and i.indislive) and c.relkind = 'i'
	union all
	select format('partition %I.%I', n.nspname, c.relname), format('%I.%I', pn.nspname, p.relname),
		'only partly detached', format('alter table %I.%I detach partition %I.%I finalize', pn.nspname, p.relname, n.nspname, c.relname),
		array[c.relname::text, p.relname::text]
	from pg_inherits h
		join pg_class c on c.oid = h.inhrelid
		join pg_namespace n on n.oid = c.relnamespace
		join pg_class p on p.oid = h.inhparent
		join pg_namespace pn on pn.oid = p.relnamespace
	where h.inhdetachpending
	order by 1`

func invalidIn(ctx context.Context, conn *pgx.Conn) ([]Invalid, error) {
	rows, err := conn.Query(ctx, invalidSQL, pgx.QueryExecModeExec)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Invalid, err error) {
		err = row.Scan(&i.Name, &i.Table, &i.What, &i.End, &i.bare)
		return i, err
	})
}

// outside runs a file without a transaction, on a connection of its own, and then looks for what it has left
// invalid: "create index concurrently if not exists" succeeds at its second try, because the invalid index of
// the first try exists.
func (m *Migrator) outside(ctx context.Context, holder *pgx.Conn, script Script) error {
	own, err := m.Connect(ctx)
	if err != nil {
		return err
	}
	defer own.Close(context.WithoutCancel(ctx))
	if err := nameWorker(ctx, holder, own); err != nil {
		return err
	}
	before, err := invalidIn(ctx, own)
	if err != nil {
		return err
	}
	n, failed := script.Run(ctx, own)
	after, err := m.invalidAfter(ctx, own)
	left := leftBy(script, before, after)
	switch {
	case failed != nil:
		return &OutsideError{script.File, n, failed, left}
	case err != nil:
		return fmt.Errorf("look for objects that %s has left invalid: %w", script.File, err)
	case len(left) > 0:
		err := fmt.Errorf("%s has run, but it is not recorded as applied, because it has left an invalid object", script.File)
		return &OutsideError{script.File, n, cruddur.NewError(cruddur.KindConflict).Wrap(err), left}
	}
	return nil
}

// invalidAfter lists the invalid objects, on another connection if the statement has broken the first.
func (m *Migrator) invalidAfter(ctx context.Context, own *pgx.Conn) ([]Invalid, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.timeout())
	defer cancel()
	if !own.IsClosed() {
		return invalidIn(ctx, own)
	}
	conn, err := m.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	return invalidIn(ctx, conn)
}

// leftBy returns what a file has left invalid: what was not invalid before, and whose name or table the file
// mentions.
func leftBy(script Script, before, after []Invalid) (left []Invalid) {
	part, err := script.part()
	if err != nil {
		return nil
	}
	for _, i := range after {
		old := slices.ContainsFunc(before, func(b Invalid) bool { return b.Name == i.Name })
		if !old || slices.ContainsFunc(i.bare, func(name string) bool { return names(part, name) }) {
			left = append(left, i)
		}
	}
	return left
}

// names reports whether a script contains a name: as a word in any case, or quoted exactly.
func names(script, name string) bool {
	if strings.Contains(script, strconv.Quote(name)) {
		return true
	}
	statements, err := sqlscript.Split(script)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(statements, func(s sqlscript.Statement) bool {
		return slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(s.Text), func(r rune) bool {
			return r != '_' && r != '$' && (r < '0' || r > '9' && r < 'a' || r > 'z' && r < 0x80)
		}), func(word string) bool { return word == name })
	})
}

// workerName is the application_name of the connection that does the work, so that another migrator that
// waits for the lock can name it: ending only the session of the lock would leave the work running.
const workerName = "cruddur db migrate, under the lock of "

func nameWorker(ctx context.Context, holder, own *pgx.Conn) error {
	var pid int32
	if err := holder.QueryRow(ctx, "select pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&pid); err != nil {
		return err
	}
	_, err := own.Exec(ctx, "select set_config('application_name', $1, false)", pgx.QueryExecModeExec, workerName+strconv.Itoa(int(pid)))
	return err
}

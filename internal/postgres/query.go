package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// queryRow runs a statement that returns exactly one row, and scans it. No row is KindNotFound.
func (d *DB) queryRow(ctx context.Context, name string, a args, dest ...any) error {
	return d.pool.queryRow(ctx, mustStatement(name), a, dest...)
}

// queryRow runs a statement outside a transaction. If a read-only server refuses it, it is sent once more:
// the connection dates from before a failover.
func (p *pool) queryRow(ctx context.Context, s *statement, a args, dest ...any) error {
	err := queryRowIn(ctx, p, s, a, dest...)
	if refusedReadOnly(err) {
		err = queryRowIn(ctx, p, s, a, dest...)
	}
	return err
}

func queryRowIn(ctx context.Context, q querier, s *statement, a args, dest ...any) error {
	values, err := s.bind(a)
	if err != nil {
		return err
	}
	rows, err := q.Query(ctx, s.text, values...)
	if err == nil {
		err = scanOne(rows, dest)
	}
	return s.wrap(err)
}

// scanOne scans the first row and waits for the statement's end: an error may come after the row.
func scanOne(rows pgx.Rows, dest []any) error {
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}

// planned is queryRow for a statement whose plan depends on its arguments: one that looks for expired rows
// finds almost none or most of the table. The pool's sessions plan every other statement once.
func (d *DB) planned(ctx context.Context, name string, a args, dest ...any) error {
	return d.transact(ctx, func(tx pgx.Tx) error {
		if err := queryRowIn(ctx, tx, mustStatement("settings/plan_each"), nil, new(string)); err != nil {
			return err
		}
		return queryRowIn(ctx, tx, mustStatement(name), a, dest...)
	})
}

// exec runs a statement and returns how many rows it has changed.
func (d *DB) exec(ctx context.Context, name string, a args) (int64, error) {
	s := mustStatement(name)
	values, err := s.bind(a)
	if err != nil {
		return 0, err
	}
	tag, err := d.pool.Exec(ctx, s.text, values...)
	if refusedReadOnly(err) {
		tag, err = d.pool.Exec(ctx, s.text, values...) // as in queryRow
	}
	return tag.RowsAffected(), s.wrap(err)
}

// queryAll scans every row with scan into a slice that is never nil.
func queryAll[T any](ctx context.Context, q querier, s *statement, a args, size int, scan func(pgx.Rows, *T) error) ([]T, error) {
	values, err := s.bind(a)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, s.text, values...)
	if err != nil {
		return nil, s.wrap(err)
	}
	defer rows.Close()
	out := make([]T, 0, size)
	for rows.Next() {
		out = append(out, *new(T))
		if err := scan(rows, &out[len(out)-1]); err != nil {
			return nil, s.wrap(err)
		}
	}
	return out, s.wrap(rows.Err())
}

// transact runs fn in a transaction, and commits if fn returns nil, otherwise rolls back.
func (d *DB) transact(ctx context.Context, fn func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, d.pool, fn)
	if _, ours := errors.AsType[*cruddur.Error](err); ours {
		return err
	}
	return classify(err)
}

// wrap adds the name of the statement's file and turns a database error into a product error.
func (s *statement) wrap(err error) error {
	if err == nil {
		return nil
	}
	return classify(fmt.Errorf("sql/%s.sql: %w", s.name, err))
}

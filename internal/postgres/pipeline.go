package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// pipeline sends the reads of many requests together, in the protocol's pipeline mode (PostgreSQL's
// documentation, 34.5): both sides make one system call for a batch instead of one for each statement. Every
// statement sees what was committed before it ran. If one fails the others do not: they are read again,
// alone.
type pipeline struct {
	pool    *pool
	lanes   *lanes[*lookup] // nil: every statement is sent alone
	timeout time.Duration   // of a batch
}

// lookup is one statement that a request waits for.
type lookup struct {
	waiter
	s    *statement
	args []any
	scan func(pgx.Rows) error
}

// readTimeout is the time limit of a batch; it leaves each request time for a second read, alone.
const readTimeout = 2 * time.Second

// newPipeline returns a pipeline with count lanes; with 0 every statement is sent alone.
func newPipeline(pool *pool, count int) *pipeline {
	p := &pipeline{pool: pool, timeout: readTimeout}
	if count > 0 {
		p.lanes = &lanes[*lookup]{most: count, send: p.send}
	}
	return p
}

// pipelined runs a statement that only reads, and scans its rows with scan.
func pipelined[T any](ctx context.Context, p *pipeline, s *statement, a args, scan func(pgx.Rows, *T) error) (T, error) {
	out := new(T)
	err := p.do(ctx, s, a, func(rows pgx.Rows) error { return scan(rows, out) })
	if err != nil {
		return *new(T), err // out may still be written to, if the request has given up
	}
	return *out, nil
}

func (p *pipeline) do(ctx context.Context, s *statement, a args, scan func(pgx.Rows) error) error {
	values, err := s.bind(a)
	if err != nil {
		return err
	}
	l := &lookup{waiter: newWaiter(ctx), s: s, args: values, scan: scan}
	if p.lanes == nil {
		return s.wrap(p.alone(l))
	}
	p.lanes.add(l)
	return s.wrap(l.wait())
}

// send runs a batch on a connection of the pool.
func (p *pipeline) send(batch []*lookup) {
	ctx, cancel := context.WithTimeout(context.Background(), p.timeout)
	defer cancel()
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		for _, l := range batch {
			l.finish(err)
		}
		return
	}
	left := p.run(ctx, conn.Conn(), batch)
	conn.Release()
	for _, l := range left {
		go func() { l.finish(p.alone(l)) }()
	}
}

// run sends the reads and scans their results. It returns those without a result.
func (p *pipeline) run(ctx context.Context, conn *pgx.Conn, batch []*lookup) (left []*lookup) {
	var b pgx.Batch
	for _, l := range batch {
		b.Queue(l.s.text, l.args...)
	}
	results := conn.SendBatch(ctx, &b)
	defer results.Close()
	for i, l := range batch {
		rows, err := results.Query()
		if err != nil {
			return batch[i:]
		}
		err = l.rows(rows)
		if rows.Err() != nil {
			return batch[i:]
		}
		l.finish(err)
	}
	return nil
}

func (l *lookup) rows(rows pgx.Rows) (err error) {
	defer rows.Close()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("read the rows: panic: %v", p) // otherwise the panic would end the process instead of one request
		}
	}()
	return l.scan(rows)
}

// alone runs one read without a batch.
func (p *pipeline) alone(l *lookup) error {
	rows, err := p.pool.Query(l.ctx, l.s.text, l.args...)
	if err != nil {
		return err
	}
	err = l.rows(rows)
	if failed := rows.Err(); failed != nil && (err == nil || errors.Is(err, pgx.ErrNoRows)) {
		return failed
	}
	return err
}

// scanRow returns a function that scans one row into its columns; no row is pgx.ErrNoRows.
func scanRow[T any](columns func(*T) []any) func(pgx.Rows, *T) error {
	return func(rows pgx.Rows, out *T) error { return scanOne(rows, columns(out)) }
}

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// step is one of several statements that are sent together.
type step struct {
	s    *statement
	args args
	scan func(pgx.Rows) error // nil: it has rows that do not matter
}

// one is a step that returns exactly one row. No row is KindNotFound.
func one(name string, a args, dest ...any) step {
	return step{s: mustStatement(name), args: a, scan: func(rows pgx.Rows) error { return scanOne(rows, dest) }}
}

// atOnce runs statements in a transaction of their own, in one round trip. Each sees what was committed while
// the ones before it waited for their locks. If a read-only server refuses them, they are sent once more, as by
// queryRow.
func (p *pool) atOnce(ctx context.Context, steps ...step) error {
	err := p.inOne(ctx, steps)
	if refusedReadOnly(err) {
		err = p.inOne(ctx, steps)
	}
	return err
}

func (p *pool) inOne(ctx context.Context, steps []step) error {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return steps[len(steps)-1].s.wrap(err)
	}
	defer conn.Release()
	return inOrder(ctx, conn, steps)
}

// batcher is a connection or a transaction.
type batcher interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// inOrder sends statements together and reads their rows. PostgreSQL runs those that come before one Sync
// message in one transaction, which it commits at the Sync unless one has failed. A step without the row that it
// should have has not failed for the server: only the last step may be one.
func inOrder(ctx context.Context, b batcher, steps []step) (err error) {
	var batch pgx.Batch
	for _, s := range steps {
		values, err := s.s.bind(s.args)
		if err != nil {
			return err
		}
		batch.Queue(s.s.text, values...)
	}
	results := b.SendBatch(ctx, &batch)
	defer func() {
		// The commit's own error comes with the end.
		if end := results.Close(); err == nil {
			err = steps[len(steps)-1].s.wrap(end)
		}
	}()
	for _, s := range steps {
		rows, err := results.Query()
		if err == nil && s.scan != nil {
			err = s.scan(rows)
		}
		rows.Close()
		if err == nil {
			err = rows.Err()
		}
		if err != nil {
			return s.s.wrap(err)
		}
	}
	return nil
}

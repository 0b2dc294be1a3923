package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// What the tests of package postgres_test see of the inside.

var (
	Classify         = classify
	ConstraintErrors = constraintErrors
	IsBinary         = isBinary
	ScanActivities   = scanActivities
)

// Patience is how long a batch may be away before those behind it get another lane.
const Patience = patience

// SetReadTimeout changes how long a batch of reads may take.
func (d *DB) SetReadTimeout(timeout time.Duration) { d.reads.timeout = timeout }

// Statements maps the name of each file under sql/ to its text and its argument names.
func Statements() map[string][2]any {
	out := map[string][2]any{}
	for name, s := range statements {
		out[name] = [2]any{s.text, s.args}
	}
	return out
}

func (d *DB) Pool() *pgxpool.Pool { return d.pool.Pool }

// Down undoes every migration, newest first.
func (d *DB) Down(ctx context.Context) error {
	_, err := d.Migrator().Down(ctx, 0, 0)
	return err
}

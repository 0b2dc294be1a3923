package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
)

// What the tests of package postgres_test see of the inside.

var (
	Classify         = classify
	ConstraintErrors = constraintErrors
)

// Statements maps the name of each file under sql/ to its text and its argument names.
func Statements() map[string][2]any {
	out := map[string][2]any{}
	for name, s := range statements {
		out[name] = [2]any{s.text, s.args}
	}
	return out
}

func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// Down undoes every migration, newest first.
func (d *DB) Down(ctx context.Context) error {
	return d.withGoose(ctx, true, func(p *goose.Provider) error {
		_, err := p.DownTo(ctx, 0)
		return err
	})
}

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// The original's idea: PostgreSQL builds the JSON and the server copies the bytes. The three functions keep
// their old names and are for data that is JSON anyway, such as an export or an operator's --json. PostgreSQL
// escapes neither < nor U+2028, so these bytes are sent as application/json with nosniff, never inside a
// script.

// QueryArrayJSON runs the statement of a file under sql/ and returns its rows as a JSON array.
func (d *DB) QueryArrayJSON(ctx context.Context, name string, a map[string]any) ([]byte, error) {
	return d.queryJSON(ctx, d.pool, wrapStatement(name, "select coalesce(json_agg(t), '[]') from (", ") t"), a)
}

// QueryObjectJSON returns the one row of a statement as a JSON object. No row is KindNotFound, never
// an empty object.
func (d *DB) QueryObjectJSON(ctx context.Context, name string, a map[string]any) ([]byte, error) {
	return d.queryJSON(ctx, d.pool, wrapStatement(name, "select row_to_json(t) from (", ") t limit 1"), a)
}

// QueryCommitJSON runs a statement that is one insert, update or delete with a returning clause in a transaction, and returns its
// one row as a JSON object after the commit. Any error rolls the transaction back and is returned; no row is
// KindNotFound.
func (d *DB) QueryCommitJSON(ctx context.Context, name string, a map[string]any) (out []byte, err error) {
	s := wrapStatement(name, "with t as (", ") select row_to_json(t) from t")
	err = d.transact(ctx, func(tx pgx.Tx) error {
		return queryRowIn(ctx, tx, s, a, &out)
	})
	d.tell(err, Watcher.Changed)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (d *DB) queryJSON(ctx context.Context, q querier, s *statement, a args) ([]byte, error) {
	var b []byte
	err := queryRowIn(ctx, q, s, a, &b)
	return b, err
}

// wrapStatement puts SQL before and after the statement of a file.
func wrapStatement(name, before, after string) *statement {
	c := *mustStatement(name)
	c.text = "/* " + name + " */ " + before + c.text + after
	return &c
}

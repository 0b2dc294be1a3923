package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"cruddur"
)

func scanIssuer(rows pgx.Rows, i *cruddur.Issuer) error {
	return rows.Scan(&i.Name, (*zeronull.Timestamptz)(&i.EndedAt))
}

// Issuers returns the issuers of access tokens, the current one first.
func (d *DB) Issuers(ctx context.Context) ([]cruddur.Issuer, error) {
	return queryAll(ctx, d.pool, mustStatement("issuers/list"), nil, 2, scanIssuer)
}

// NameIssuer makes name the current issuer if there is none or, with replace, in place of another one, and
// returns the issuers. Concurrent calls of several servers run one after the other.
func (d *DB) NameIssuer(ctx context.Context, name string, replace bool, now time.Time) (list []cruddur.Issuer, err error) {
	err = d.transact(ctx, func(tx pgx.Tx) error {
		if err := queryRowIn(ctx, tx, mustStatement("issuers/lock"), nil, new(string)); err != nil {
			return err
		}
		list, err = queryAll(ctx, tx, mustStatement("issuers/list"), nil, 2, scanIssuer)
		if err != nil || len(list) > 0 && list[0].EndedAt.IsZero() && (!replace || list[0].Name == name) {
			return err
		}
		for _, statement := range []struct {
			name string
			args args
		}{{"issuers/finish", args{"now": micro(now)}}, {"issuers/name", args{"issuer": name, "now": micro(now)}}} {
			if _, err := execIn(ctx, tx, statement.name, statement.args); err != nil {
				return err
			}
		}
		list, err = queryAll(ctx, tx, mustStatement("issuers/list"), nil, 2, scanIssuer)
		return err
	})
	return list, err
}

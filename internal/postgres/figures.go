package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// Figures returns what an operator wants to know about the place, as of now; sign-ups of the last days days.
func (d *DB) Figures(ctx context.Context, days int, now time.Time) (f cruddur.Figures, err error) {
	err = d.queryRow(ctx, "figures/counts", args{"now": micro(now)}, &f.Members, &f.Suspended, &f.Active, &f.Cruds, &f.Replies, &f.Bytes)
	if err != nil {
		return f, err
	}
	f.Tables, err = queryAll(ctx, d.pool, mustStatement("figures/tables"), nil, 10,
		func(rows pgx.Rows, t *cruddur.TableSize) error { return rows.Scan(&t.Name, &t.Bytes) })
	if err != nil {
		return f, err
	}
	today := now.UTC().Truncate(24 * time.Hour)
	since := today.AddDate(0, 0, 1-days)
	f.SignUps = make([]cruddur.DayCount, days)
	for i := range f.SignUps {
		f.SignUps[i].Day = since.AddDate(0, 0, i)
	}
	counted, err := queryAll(ctx, d.pool, mustStatement("figures/sign_ups"), args{"since": since}, days,
		func(rows pgx.Rows, c *cruddur.DayCount) error { return rows.Scan(&c.Day, &c.Count) })
	for _, c := range counted {
		if i := int(c.Day.Sub(since) / (24 * time.Hour)); i >= 0 && i < days {
			f.SignUps[i].Count = c.Count
		}
	}
	return f, err
}

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// ClockTolerance is how far the clocks of a server and its database may differ. Expiry follows the server's
// clock; times that the database sets itself, such as the order of cruds, follow its own.
const ClockTolerance = 2 * time.Second

// clockTries is how often the clock is read; the quickest reply is the most exact.
const clockTries = 3

// ClockDifference returns how far the database's clock is ahead of this machine's; negative if it is behind.
func (d *DB) ClockDifference(ctx context.Context) (time.Duration, error) {
	return clockDifference(func(at *time.Time) error { return d.queryRow(ctx, "health/clock", nil, at) })
}

// ClockDifferenceOf is ClockDifference on one connection.
func ClockDifferenceOf(ctx context.Context, conn *pgx.Conn) (time.Duration, error) {
	return clockDifference(func(at *time.Time) error { return queryRowIn(ctx, conn, mustStatement("health/clock"), nil, at) })
}

// clockDifference takes the reply as the clock's time half-way between request and reply. The error is at
// most half of that duration, which is subtracted: the remaining difference is certain.
func clockDifference(ask func(*time.Time) error) (difference time.Duration, err error) {
	quickest := time.Duration(-1)
	for range clockTries {
		var at time.Time
		asked := time.Now()
		if err := ask(&at); err != nil {
			return 0, err
		}
		took := time.Since(asked)
		if quickest >= 0 && took >= quickest {
			continue
		}
		quickest = took
		difference = at.Sub(asked.Add(took / 2))
		switch half := took / 2; {
		case difference > half:
			difference -= half
		case difference < -half:
			difference += half
		default:
			difference = 0
		}
	}
	return difference, nil
}

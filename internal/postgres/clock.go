package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// ClockTolerance is how far the clocks of a server and its database may differ. Ends are judged by the
// server's clock, and what the database makes by itself, such as the order of cruds, bears its own.
const ClockTolerance = 2 * time.Second

// clockTries is how often the clock is asked for; the quickest answer is the most exact.
const clockTries = 3

// ClockDifference is how far the database's clock is ahead of this machine's; negative: behind.
func (d *DB) ClockDifference(ctx context.Context) (time.Duration, error) {
	return clockDifference(func(at *time.Time) error { return d.queryRow(ctx, "health/clock", nil, at) })
}

// ClockDifferenceOf is ClockDifference by a connection.
func ClockDifferenceOf(ctx context.Context, conn *pgx.Conn) (time.Duration, error) {
	return clockDifference(func(at *time.Time) error { return queryRowIn(ctx, conn, mustStatement("health/clock"), nil, at) })
}

// clockDifference takes the answer for what the clock said half-way between question and answer. It is
// then wrong by half of that time at most, which is taken off: what is left is certain.
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

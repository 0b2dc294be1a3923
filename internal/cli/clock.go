package cli

import (
	"context"
	"log/slog"
	"time"

	"cruddur/internal/postgres"
)

// clockEvery is how often serve compares its clock with the database's. A clock drifts slowly, but it can be
// wrong at once after the machine was asleep.
const clockEvery = time.Minute

// watchClock logs when the clocks of server and database begin to differ, or differ by another amount: rows
// would expire too early or too late, and nothing else shows the reason.
func watchClock(ctx context.Context, log *slog.Logger, difference func(context.Context) (time.Duration, error), every time.Duration) {
	var told time.Duration
	for {
		asking, cancel := context.WithTimeout(ctx, 5*time.Second)
		d, err := difference(asking)
		cancel()
		if err == nil { // otherwise others report that the database does not answer
			told = tellClock(log, d, told)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
	}
}

// tellClock logs a changed difference, and returns the difference that was logged last.
func tellClock(log *slog.Logger, d, told time.Duration) time.Duration {
	switch {
	case d.Abs() <= postgres.ClockTolerance && told != 0:
		log.Info("the clocks of this server and of the database agree again")
		return 0
	case d.Abs() > postgres.ClockTolerance && (d-told).Abs() > postgres.ClockTolerance:
		log.Warn("the clocks of this server and of the database differ: set both by NTP", "database_is_ahead_by", d.Round(time.Millisecond))
		return d
	}
	return told
}

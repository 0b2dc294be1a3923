package cli

import (
	"context"
	"log/slog"
	"time"

	"cruddur/internal/postgres"
)

// clockEvery is how often serve compares its clock with the database's. One that runs apart does so
// slowly; a machine that was asleep is wrong at once.
const clockEvery = time.Minute

// watchClock says where the clocks of server and database differ, when that begins or changes: rows would
// end too early or too late, and nothing else names the reason.
func watchClock(ctx context.Context, log *slog.Logger, difference func(context.Context) (time.Duration, error), every time.Duration) {
	var told time.Duration
	for {
		asking, cancel := context.WithTimeout(ctx, 5*time.Second)
		d, err := difference(asking)
		cancel()
		if err == nil { // else others say that the database is away
			told = tellClock(log, d, told)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
	}
}

// tellClock returns the difference that the log knows of now.
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

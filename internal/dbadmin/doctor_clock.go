package dbadmin

import (
	"context"
	"time"

	"cruddur"
	"cruddur/internal/postgres"
)

func checkClock(ctx context.Context, p *patient) Check {
	d, err := postgres.ClockDifferenceOf(ctx, p.conn)
	switch {
	case err != nil:
		return cannot(err)
	case d.Abs() <= postgres.ClockTolerance:
		return ok("agrees with this machine's")
	case d < 0:
		return bad(CheckWarn, "set both clocks by NTP (timedatectl, chronyc tracking)", "the database's clock is %s behind this machine's", -d.Round(time.Second))
	}
	return bad(CheckWarn, "set both clocks by NTP (timedatectl, chronyc tracking)", "the database's clock is %s ahead of this machine's", d.Round(time.Second))
}

// sweeper is the process that serves the session with the sweeper's lock; 0 where nobody holds it.
func (p *patient) sweeper(ctx context.Context) (pid int, err error) {
	err = p.conn.QueryRow(ctx, `
		select coalesce((
			select l.pid
			from pg_locks l, hashtextextended($1, 0) as key
			where l.locktype = 'advisory'
				and l.granted
				and l.objsubid = 1
				and l.database = (select oid from pg_database where datname = current_database())
				and l.classid = ((key >> 32) & 4294967295)::oid
				and l.objid = (key & 4294967295)::oid
			limit 1), 0)`, cruddur.SweeperLock).Scan(&pid)
	return pid, err
}

// overdue says what to do about rows that wait for too long. That a sweeper runs is seen by its lock.
func (p *patient) overdue(ctx context.Context) (fix string, err error) {
	pid, err := p.sweeper(ctx)
	switch d, clockErr := postgres.ClockDifferenceOf(ctx, p.conn); {
	case err != nil:
		return "", err
	case pid == 0:
		return "no sweeper is running; start cruddur serve, or purge now: " + p.Command("doctor --fix"), nil
	case clockErr == nil && d.Abs() > postgres.ClockTolerance:
		return "a sweeper is running, but the clocks differ, and it goes by its own: set the clocks right; to purge now by this machine's: " + p.Command("doctor --fix"), nil
	}
	return "a sweeper is running, but does not delete them: look at the log of the cruddur serve that leads (/metrics: cruddur_sweep_leader 1), at its clock, and for whoever locks them: " + p.Command("sessions"), nil
}

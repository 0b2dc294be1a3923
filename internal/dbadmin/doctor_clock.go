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

// sweeper returns the process id of the session that holds the sweeper's lock; 0 if none does.
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

// overdue says what to do about rows that have waited too long. A running sweeper is recognised by its lock.
func (p *patient) overdue(ctx context.Context) (fix string, err error) {
	pid, err := p.sweeper(ctx)
	switch d, clockErr := postgres.ClockDifferenceOf(ctx, p.conn); {
	case err != nil:
		return "", err
	case pid == 0:
		return "no sweeper is running; start cruddur serve, or purge now: " + p.Command("doctor --fix"), nil
	case clockErr == nil && d.Abs() > postgres.ClockTolerance:
		return "a sweeper is running, but the clocks differ, and it uses its own: correct the clocks; to purge now by this machine's clock: " + p.Command("doctor --fix"), nil
	}
	return "a sweeper is running, but does not delete them: check the log of the cruddur serve that sweeps (/metrics: cruddur_sweep_leader 1), its clock, and which sessions lock the rows: " + p.Command("sessions"), nil
}

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// purge holds how long after their expiry rows were deleted by the sweeper.
type purge struct {
	rows          int
	p50, p99, max time.Duration
	beside        result // of reads that ran meanwhile
}

const (
	purgeRows = 6000
	purgeTime = 20 * time.Second
)

// watchPurge makes the database record the age of each row that is deleted from now on, and stores rows whose
// expiry is spread over purgeTime.
const watchPurge = `
create table purge_log (age interval not null);
create function note_purge() returns trigger language plpgsql as $$
begin
    insert into purge_log select clock_timestamp() - expires_at from gone;
    return null;
end $$;
create trigger note_purge after delete on activities referencing old table as gone
    for each statement execute function note_purge();
insert into activities (user_uuid, message, created_at, expires_at)
select u.uuid, 'ends soon', now() - interval '1 hour', now() + (2 + i * %[2]d / %[1]d.0) * interval '1 second'
from generate_series(1, %[1]d) i, (select uuid from users limit 1) u;`

const purgeAges = `
select count(*), round(1000 * extract(epoch from percentile_disc(0.5) within group (order by age))),
    round(1000 * extract(epoch from percentile_disc(0.99) within group (order by age))), round(1000 * extract(epoch from max(age)))
from purge_log;`

// purgeAge measures how soon expired rows are deleted from the disk, while pages are read as fast as
// possible.
func purgeAge(ctx context.Context, db *database, read func(time.Duration) result) (p purge, err error) {
	if _, err := db.sql(ctx, runName, fmt.Sprintf(watchPurge, purgeRows, int(purgeTime.Seconds()))); err != nil {
		return p, err
	}
	p.beside = read(purgeTime)
	for deadline := time.Now().Add(2 * time.Minute); p.rows < purgeRows; {
		if time.Now().After(deadline) {
			return p, fmt.Errorf("only %d of %d rows were deleted two minutes after the last expired", p.rows, purgeRows)
		}
		out, err := db.sql(ctx, runName, purgeAges)
		if err != nil {
			return p, err
		}
		fields := strings.Split(out, "|")
		if len(fields) != 4 {
			return p, fmt.Errorf("ages of purged rows: %q", out)
		}
		p.rows, err = strconv.Atoi(fields[0])
		if err != nil {
			return p, err
		}
		for i, d := range []*time.Duration{&p.p50, &p.p99, &p.max} {
			n, _ := strconv.Atoi(fields[i+1])
			*d = time.Duration(n) * time.Millisecond
		}
		time.Sleep(200 * time.Millisecond)
	}
	_, err = db.sql(ctx, runName, "drop trigger note_purge on activities; drop function note_purge; drop table purge_log;")
	return p, err
}

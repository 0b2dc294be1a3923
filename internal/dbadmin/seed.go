package dbadmin

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/postgres"
)

// SeedResult counts the rows that seeding has inserted and left unchanged.
type SeedResult struct {
	UsersInserted       int64 `json:"users_inserted"`
	UsersUnchanged      int64 `json:"users_unchanged"`
	ActivitiesInserted  int64 `json:"activities_inserted"`
	ActivitiesUnchanged int64 `json:"activities_unchanged"`
}

// batch is how many rows one statement inserts: enough to be fast, few enough to show progress and to end
// quickly at Ctrl-C.
const batch = 5000

// SeedMany adds made-up members and cruds until there are this many; existing rows are not counted. Running
// it again adds only what is missing. progress is called with the number of rows that are done and the total.
func (a *Admin) SeedMany(ctx context.Context, users, activities int64, now time.Time, progress func(done, of int64)) (r SeedResult, err error) {
	if activities > 0 && users == 0 {
		users = 1
	}
	conn, err := a.Connect(ctx)
	if err != nil {
		return r, err
	}
	defer closing(ctx, conn)
	const have = `select (select count(*) from users where handle ~ '^demo_[0-9]+$'),
		(select count(*) from activities a join users u on u.uuid = a.user_uuid where u.handle ~ '^demo_[0-9]+$')`
	if err := conn.QueryRow(ctx, have).Scan(&r.UsersUnchanged, &r.ActivitiesUnchanged); err != nil {
		return r, err
	}
	r.UsersUnchanged, r.ActivitiesUnchanged = min(r.UsersUnchanged, users), min(r.ActivitiesUnchanged, activities)
	of := users + activities
	done := r.UsersUnchanged + r.ActivitiesUnchanged
	for first := int64(1); first <= users; first += batch {
		n, err := a.seedUsers(ctx, conn, first, min(first+batch-1, users), now)
		if err != nil {
			return r, err
		}
		r.UsersInserted += n
		done += n
		progress(done, of)
	}
	for left := activities - r.ActivitiesUnchanged; left > 0; left -= batch {
		n, err := a.seedActivities(ctx, conn, min(batch, left), users, now)
		if err != nil {
			return r, err
		}
		r.ActivitiesInserted += n
		done += n
		progress(done, of)
	}
	_, err = conn.Exec(ctx, "analyze users, activities")
	return r, err
}

func (a *Admin) seedUsers(ctx context.Context, conn *pgx.Conn, first, last int64, now time.Time) (int64, error) {
	tag, err := conn.Exec(ctx, `
		insert into users (uuid, handle, display_name, email, cognito_user_id, created_at)
		select uuid_v7($3::timestamptz - interval '40 days' + n * interval '1 second'), 'demo_' || n, 'Demo member ' || n,
			'demo_' || n || '@example.com', 'demo-' || n, $3::timestamptz - interval '40 days' + n * interval '1 second'
		from generate_series($1::bigint, $2::bigint) n
		on conflict do nothing`, first, last, now)
	return tag.RowsAffected(), err
}

// seedActivities makes cruds of the last two days, each with an end between an hour and 30 days from now; the
// members take turns.
func (a *Admin) seedActivities(ctx context.Context, conn *pgx.Conn, n, users int64, now time.Time) (int64, error) {
	tag, err := conn.Exec(ctx, `
		with made as (
			select n, $2::timestamptz - random() * interval '47 hours' as created_at, 'demo_' || (1 + floor(random() * $3::bigint))::bigint as handle
			from generate_series(1, $1::bigint) n
		)
		insert into activities (uuid, user_uuid, message, created_at, expires_at)
		select uuid_v7(m.created_at), u.uuid, 'A made-up crud, number ' || (random() * 1e9)::bigint || ', to see how it goes with many',
			m.created_at, $2::timestamptz + interval '1 hour' + random() * interval '27 days'
		from made m join users u on u.handle = m.handle`, n, now, users)
	return tag.RowsAffected(), err
}

// SeedFirst inserts the sample data of internal/postgres/seed.sql. Running it again changes nothing, except
// that rows which have expired since are inserted again.
func (a *Admin) SeedFirst(ctx context.Context, now time.Time) (r SeedResult, err error) {
	err = a.InTransaction(ctx, func(conn *pgx.Conn) error {
		s, err := postgres.SeedIn(ctx, conn, now)
		r = SeedResult(s)
		return err
	})
	return r, err
}

// Replant empties every table of the schema public except those that describe the schema itself.
func (a *Admin) Replant(ctx context.Context) error {
	return a.InTransaction(ctx, func(conn *pgx.Conn) error {
		tables, err := names(ctx, conn, `
			select c.oid::regclass::text from pg_class c
			where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
				and c.relname not in ('schema_migrations', 'schema_information')
			order by 1`)
		if err != nil || len(tables) == 0 {
			return err
		}
		list := tables[0]
		for _, t := range tables[1:] {
			list += ", " + t
		}
		if _, err := conn.Exec(ctx, fmt.Sprintf("set local lock_timeout = %d", lockTimeout.Milliseconds())); err != nil {
			return err
		}
		return a.waiting(ctx, conn, lockTimeout, func() error {
			_, err := conn.Exec(ctx, "truncate "+list+" restart identity cascade")
			return err
		})
	})
}

// RequireSchema returns an error if the database has not been migrated yet.
func (a *Admin) RequireSchema(ctx context.Context) error {
	conn, err := a.Connect(ctx)
	if err != nil {
		return err
	}
	defer closing(ctx, conn)
	var ready bool
	if err := conn.QueryRow(ctx, "select to_regclass('public.activities') is not null").Scan(&ready); err != nil || ready {
		return err
	}
	return fail(cruddur.KindInvalid, fmt.Sprintf("database %s has no schema yet", a.Database()), nil, "make one: "+a.Command("migrate"))
}

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
	// Compiling a batch's plan would take longer than running it. The same call makes the same rows.
	if _, err := conn.Exec(ctx, "select set_config('jit', 'off', false), setseed(0.5)"); err != nil {
		return r, err
	}
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
	if _, err = conn.Exec(ctx, "analyze users, activities"); err != nil || r.ActivitiesInserted == 0 {
		return r, err
	}
	return r, postgres.SeedNotificationsIn(ctx, conn, "demo-%", now)
}

// seedUsers makes members, each of whom follows about ten of those before.
func (a *Admin) seedUsers(ctx context.Context, conn *pgx.Conn, first, last int64, now time.Time) (int64, error) {
	tag, err := conn.Exec(ctx, `
		insert into users (uuid, handle, display_name, email, cognito_user_id, created_at)
		select uuid_v7($3::timestamptz - interval '40 days' + n * interval '1 second'), 'demo_' || n, 'Demo member ' || n,
			'demo_' || n || '@example.com', 'demo-' || n, $3::timestamptz - interval '40 days' + n * interval '1 second'
		from generate_series($1::bigint, $2::bigint) n
		on conflict do nothing`, first, last, now)
	if err != nil || tag.RowsAffected() == 0 {
		return 0, err
	}
	_, err = conn.Exec(ctx, `
		insert into follows (uuid, follower_uuid, followed_uuid)
		select uuid_v7($3::timestamptz - random() * interval '30 days'), u.uuid, o.uuid
		from (
			select n, 'demo_' || (1 + floor(random() * (n - 1)))::bigint as other
			from generate_series(greatest($1::bigint, 2), $2::bigint) n, generate_series(1, 10)
		) w
		join users u on u.handle = 'demo_' || w.n
		join users o on o.handle = w.other
		where o.uuid <> u.uuid
		on conflict do nothing`, first, last, now)
	return tag.RowsAffected(), err
}

// seedActivities makes cruds of the last two days, each with an end between an hour and 27 days from now, by
// random members. Two of ten are replies: one to the first of the ten, the other to that reply. Some have a tag,
// and each has up to five likes.
func (a *Admin) seedActivities(ctx context.Context, conn *pgx.Conn, n, users int64, now time.Time) (int64, error) {
	tag, err := conn.Exec(ctx, `
		with made as materialized (
			select n, (n - 1) % 10 as place, (n - 1) / 10 as ten, $2::timestamptz - interval '10 seconds' - random() * interval '47 hours' as at,
				$2::timestamptz + interval '1 hour' + random() * interval '27 days' as expires_at,
				'demo_' || (1 + floor(random() * $3::bigint))::bigint as handle, (random() * 1e9)::bigint as number
			from generate_series(1, $1::bigint) n
		), placed as materialized (
			select m.*, uuid_v7(coalesce(r.at, m.at) + m.place * interval '1 second') as uuid,
				coalesce(r.at, m.at) + m.place * interval '1 second' as created_at, coalesce(r.expires_at, m.expires_at) as ends_at
			from made m
			left join made r on m.place in (8, 9) and r.ten = m.ten and r.place = 0
		), liked as materialized (
			select distinct on (l.uuid, u.uuid) l.uuid, u.uuid as user_uuid, l.at
			from (
				select p.uuid, p.created_at + ($2 - p.created_at) * random() as at, 'demo_' || (1 + floor(random() * $3))::bigint as handle
				from (select p.*, floor(random() * random() * 6)::int as likes from placed p) p, generate_series(1, p.likes)
			) l
			join users u on u.handle = l.handle
		), likes as (
			insert into likes (uuid, activity_uuid, user_uuid)
			select uuid_v7(at), uuid, user_uuid from liked
		)
		insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, root_uuid, replies_count, likes_count, created_at, expires_at)
		select p.uuid, u.uuid,
			case p.place when 8 then 'An answer to number ' when 9 then 'An answer to the answer, number ' else 'A made-up crud, number ' end || p.number
				|| case when p.place in (1, 2) then ', to see how it goes with #many' else ', to see how it goes with many' end,
			parent.uuid, root.uuid,
			case when p.place = 0 and p.n + 8 <= $1 or p.place = 8 and p.n + 1 <= $1 then 1 else 0 end,
			coalesce(l.likes, 0), p.created_at, p.ends_at
		from placed p
		left join (select uuid, count(*) as likes from liked group by uuid) l on l.uuid = p.uuid
		join users u on u.handle = p.handle
		left join placed parent on parent.ten = p.ten and (p.place = 8 and parent.place = 0 or p.place = 9 and parent.place = 8)
		left join placed root on root.ten = p.ten and root.place = 0 and p.place in (8, 9)`, n, now, users)
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

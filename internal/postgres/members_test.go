package postgres_test

import (
	"fmt"
	"testing"

	"cruddur"
	"cruddur/internal/pgtest"
)

// A list of any length comes in pages: every member once, in the order of coming.
func TestMembersInPages(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	mustExec(t, db, `
		insert into users (uuid, handle, display_name, email, cognito_user_id)
		select lpad(to_hex(n), 32, '0')::uuid, 'm' || n, 'M', 'm' || n || '@example.com',
			case n % 3 when 0 then 'not-a-uuid-' || n else lpad(to_hex(n + 5000), 32, '0')::uuid::text end
		from generate_series(1, 2300) n`)
	mustExec(t, db, `
		insert into accounts (uuid, email, password_hash, password_changed_at, created_at)
		select cognito_user_id::uuid, email, 'x', now(), now() from users where length(cognito_user_id) = 36`)
	var after cruddur.UUID
	var sizes []int
	n := 0
	for {
		page, err := db.Members(ctx, after, now)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			if n++; m.Handle != fmt.Sprint("m", n) || m.HasAccount != (n%3 != 0) {
				t.Fatalf("member %d is %s, HasAccount = %v", n, m.Handle, m.HasAccount)
			}
		}
		sizes, after = append(sizes, len(page)), page[len(page)-1].UUID
	}
	if fmt.Sprint(sizes) != "[1000 1000 300]" {
		t.Errorf("pages of %v", sizes)
	}
}

// The count on a profile ends at MostCounted, whatever it costs to know more.
func TestProfileCountsToALimit(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	for _, more := range []int{cruddur.MostCounted - 1, 1, 500} {
		mustExec(t, db, `
			insert into activities (user_uuid, message, expires_at, created_at)
			select $1, 'x', $2::timestamptz + interval '1 hour', $2 from generate_series(1, $3::int)`, uuidArg(ana), now, more)
		var stored int64
		if err := db.Pool().QueryRow(ctx, "select count(*) from activities").Scan(&stored); err != nil {
			t.Fatal(err)
		}
		p, err := db.Profile(ctx, "ana", now)
		if want := min(stored, cruddur.MostCounted); err != nil || p.CrudsCount != want {
			t.Errorf("with %d cruds CrudsCount = %d, %v, want %d", stored, p.CrudsCount, err, want)
		}
	}
}

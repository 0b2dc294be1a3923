package postgres_test

import (
	"context"
	neturl "net/url"
	"testing"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
)

// A role with the least that the post-confirmation function needs goes on storing members after an
// upgrade, without a grant by hand.
func TestMigrationKeepsTheFunctionsGrants(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	if _, err := db.Migrator().Down(t.Context(), 4, 0); err != nil {
		t.Fatal(err)
	}
	admin, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	name := "Fn-of-" + admin.Config().Database
	role := pgx.Identifier{name}.Sanitize()
	do := func(sql string) {
		t.Helper()
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	do("create role " + role)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		admin.Exec(ctx, "drop owned by "+role+"; drop role "+role)
		admin.Close(ctx)
	})
	do("grant select, insert on users to " + role)
	do("grant update (email, updated_at) on users to " + role)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	target, err := neturl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	query := target.Query()
	query.Set("role", name)
	target.RawQuery = query.Encode()
	asFunction := pgtest.Open(t, target.String())
	for _, verified := range []bool{false, true} {
		if _, err := asFunction.UpsertUser(t.Context(), cruddur.User{
			Subject: "s", Handle: "sss", DisplayName: "S", Email: "s@example.org", EmailVerified: verified,
		}, now); err != nil {
			t.Errorf("the function's role stores a member: %v", err)
		}
	}
}

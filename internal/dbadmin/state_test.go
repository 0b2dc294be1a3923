package dbadmin

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgtest"
)

// It is not parallel: while a session uses template1 no database can be created.
func TestCannotCreate(t *testing.T) {
	a := admin(t, pgtest.URL(t))
	if why, err := a.CannotCreate(t.Context()); why != "" || err != nil {
		t.Errorf("CannotCreate() = %q, %v, want nothing in the way", why, err)
	}
	conn, err := pgx.Connect(t.Context(), pgtest.WithDatabase(pgtest.AdminURL(t), "template1"))
	if err != nil {
		t.Fatal(err)
	}
	if why, err := a.CannotCreate(t.Context()); !strings.Contains(why, "template1 is in use") || err != nil {
		t.Errorf("CannotCreate() = %q, %v, want the template in use", why, err)
	}
	conn.Close(t.Context())
	a.Maintenance = "nowhere"
	if why, err := a.CannotCreate(t.Context()); !strings.Contains(why, "no other database of the server can be reached") || err != nil {
		t.Errorf("CannotCreate() = %q, %v, want no way to the server", why, err)
	}
	a.Maintenance = ""
	role := "plain_" + a.Database()
	do(t, a, "create role "+role+" createdb")
	a.Target.Info = a.Info.With("options", "-c role="+role)
	if why, err := a.CannotCreate(t.Context()); !strings.Contains(why, "only a superuser could give it back") || err != nil {
		t.Errorf("CannotCreate() = %q, %v, want somebody else's database", why, err)
	}
	a.Target.Info = a.Info.With("options", "")
	do(t, a, "alter role "+role+" nocreatedb")
	a.Target.Info = a.Info.With("options", "-c role="+role)
	if why, err := a.CannotCreate(t.Context()); !strings.Contains(why, role+" may not create databases") || err != nil {
		t.Errorf("CannotCreate() = %q, %v, want a role without the right", why, err)
	}
	a.Target.Info = a.Info.With("options", "")
	do(t, a, "drop role "+role)
}

package dbadmin

import (
	"testing"

	"cruddur"
	"cruddur/internal/pgtest"
)

// The environment production protects too: it is removed with the protection, and set with nothing else.
func TestUnlessProduction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		environment string
		protected   bool
		want        string
	}{{"production", true, "production"}, {"production", false, "development"}, {"staging", true, "staging"}, {"staging", false, "staging"}} {
		if got := unlessProduction(tt.environment, tt.protected); got != tt.want {
			t.Errorf("unlessProduction(%s, %v) = %s, want %s", tt.environment, tt.protected, got, tt.want)
		}
	}
}

// A database is marked once; who protects it or lifts that changes the marker, and the name only where it
// says production.
func TestMarker(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, tt := range []struct {
		environment string
		before      *Marker
		want, after Marker // after the protection was lifted
	}{
		{"development", nil, Marker{Environment: "development"}, Marker{Environment: "development"}},
		{"staging", nil, Marker{Environment: "staging"}, Marker{Environment: "staging"}},
		{"production", nil, Marker{Environment: "production", Protected: true}, Marker{Environment: "development"}},
		{"development", &Marker{Environment: "production", Protected: true}, Marker{Environment: "production", Protected: true}, Marker{Environment: "development"}},
		{"production", &Marker{Environment: "staging"}, Marker{Environment: "staging"}, Marker{Environment: "staging"}},
	} {
		a := admin(t, pgtest.URL(t))
		a.Environment = tt.environment
		check := func(what string, m *Marker, err error, want Marker) {
			t.Helper()
			if err != nil || m == nil || m.Environment != want.Environment || m.Protected != want.Protected {
				t.Errorf("%s of %s, before %+v: %+v, %v, want %+v", what, tt.environment, tt.before, m, err, want)
			}
		}
		m, err := a.Mark(ctx, tt.before)
		check("Mark()", m, err, tt.want)
		if m, err := a.Mark(ctx, &Marker{Environment: "other"}); m != nil || err != nil {
			t.Errorf("Mark() again = %+v, %v, want nothing written", m, err)
		}
		m, err = a.Protect(ctx, true)
		check("Protect(true)", m, err, Marker{Environment: tt.want.Environment, Protected: true})
		m, err = a.Protect(ctx, false)
		check("Protect(false)", m, err, tt.after)
	}
}

// A database without a marker gets one with the protection.
func TestProtectWithoutAMarker(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, tt := range []struct {
		environment string
		protected   bool
		want        string
	}{{"production", true, "production"}, {"production", false, "development"}, {"staging", false, "staging"}} {
		a := admin(t, pgtest.URL(t))
		a.Environment = tt.environment
		if m, err := a.Protect(ctx, tt.protected); err != nil || m.Environment != tt.want || m.Protected != tt.protected {
			t.Errorf("Protect(%v) of %s = %+v, %v, want %s", tt.protected, tt.environment, m, err, tt.want)
		}
	}
	a := admin(t, pgtest.EmptyURL(t))
	if m, err := a.Mark(ctx, nil); m != nil || err != nil {
		t.Errorf("Mark() without the table = %+v, %v", m, err)
	}
	if _, err := a.Protect(ctx, true); cruddur.KindOf(err) != cruddur.KindInvalid {
		t.Errorf("Protect() without the table = %v, want invalid", err)
	}
}

// After a restore the marker is what it was before, whatever the dump has brought.
func TestRemark(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, tt := range []struct {
		environment string
		before      *Marker
		want        Marker
	}{
		{"development", &Marker{Environment: "staging", Protected: true}, Marker{Environment: "staging", Protected: true}},
		{"production", nil, Marker{Environment: "production", Protected: true}},
		{"development", nil, Marker{Environment: "development"}},
	} {
		a := admin(t, pgtest.URL(t))
		a.Environment = tt.environment
		if _, err := a.Mark(ctx, &Marker{Environment: "dump", Protected: !tt.want.Protected}); err != nil {
			t.Fatal(err)
		}
		conn, err := a.Connect(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer closing(ctx, conn)
		if err := remark(ctx, conn, a, tt.before); err != nil {
			t.Fatal(err)
		}
		if m, err := marker(ctx, conn); err != nil || m.Environment != tt.want.Environment || m.Protected != tt.want.Protected {
			t.Errorf("remark() of %s before %+v: %+v, %v, want %+v", tt.environment, tt.before, m, err, tt.want)
		}
	}
}

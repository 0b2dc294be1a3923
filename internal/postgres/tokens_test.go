package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
)

func TestCutoffs(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := t.Context()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	u, err := db.UpsertUser(ctx, cruddur.User{Handle: "ada", DisplayName: "Ada", Email: "ada@example.org", Subject: "sub-ada"}, now)
	if err != nil {
		t.Fatal(err)
	}
	want := func(what, subject, family string, at time.Time, member *cruddur.User) {
		t.Helper()
		got, m, err := db.CutoffOf(ctx, subject, family)
		if err != nil || !got.Equal(at) {
			t.Errorf("%s: CutoffOf() = %v, %v, want %v", what, got, err, at)
		}
		if diff := cmp.Diff(member, m); diff != "" {
			t.Errorf("%s: the member (-want +got):\n%s", what, diff)
		}
	}
	cut := func(key string, at time.Time) {
		t.Helper()
		if err := db.CutOff(ctx, key, at, at.Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	sweep := func(at time.Time, rows int) {
		t.Helper()
		if n, err := db.SweepAccounts(ctx, at, 100); err != nil || n != rows {
			t.Errorf("SweepAccounts(%v) = %d, %v, want %d", at, n, err, rows)
		}
	}
	want("nothing known", "nobody", "", time.Time{}, nil)
	want("no cutoff", u.Subject, "family 1", time.Time{}, &u)

	cut(u.Subject, now)
	cut(u.Subject, now.Add(-time.Hour)) // a server whose clock is behind takes nothing back
	cut("family 1", now.Add(time.Hour))
	cut("sub-gone", now)
	want("the subject's", u.Subject, "", now, &u)
	want("another family's", u.Subject, "family 2", now, &u)
	want("the family's, which is later", u.Subject, "family 1", now.Add(time.Hour), &u)
	want("of a member without a row", "sub-gone", "", now, nil)

	sweep(now.Add(24*time.Hour-time.Microsecond), 0)
	sweep(now.Add(24*time.Hour), 2)
	want("swept", u.Subject, "", time.Time{}, &u)
	sweep(now.Add(25*time.Hour), 1)

	if err := db.Suspend(ctx, u.UUID, now); err != nil {
		t.Fatal(err)
	}
	suspended := u
	suspended.Suspended = true
	want("suspended", u.Subject, "", now, &suspended)
	if err := db.CutOff(ctx, strings.Repeat("k", 201), now, now); err == nil {
		t.Error("a key of 201 characters is taken")
	}
}

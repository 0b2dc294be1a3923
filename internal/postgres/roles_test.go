package postgres_test

import (
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

// A role is known wherever a member is looked up to act, and who gave it stands in the audit log.
func TestSetRole(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	id := account(t, db, "ada")
	ada, err := db.UserBySubject(ctx, id.String())
	must(t, err)
	family, err := db.BeginTokens(ctx, id, "hash", hash(1), now.Add(day), now)
	must(t, err)
	must(t, db.BeginSession(ctx, id.String(), hash(2), "", "", now))
	told := func() (roles []cruddur.Role) {
		t.Helper()
		bySubject, err := db.UserBySubject(ctx, id.String())
		must(t, err)
		byToken, err := db.TokenMember(ctx, family.UUID, id.String(), now)
		must(t, err)
		_, byCutoff, err := db.CutoffOf(ctx, id.String(), "")
		must(t, err)
		bySession, _, err := db.ResumeSession(ctx, hash(2), now)
		must(t, err)
		found, err := db.FindMember(ctx, "ada", now)
		must(t, err)
		listed, err := db.Members(ctx, cruddur.UUID{}, now)
		must(t, err)
		return []cruddur.Role{bySubject.Role, byToken.Role, byCutoff.Role, bySession.Role, found.Role, listed[0].Role}
	}
	want := []string{}
	for i, r := range []cruddur.Role{cruddur.RoleMember, cruddur.RoleOperator, cruddur.RoleOperator, cruddur.RoleModerator, cruddur.RoleMember} {
		at := now.Add(time.Duration(i) * time.Second)
		must(t, db.SetRole(ctx, ada.UUID, r, cruddur.Act{Actor: cruddur.CommandLine, Target: "@ada"}, at))
		for place, got := range told() {
			if got != r {
				t.Errorf("after role %v, query %d answers %v", r, place, got)
			}
		}
	}
	acts, err := db.Acts(ctx, cruddur.UUID{}, 10, now.Add(time.Minute))
	must(t, err)
	for _, a := range acts {
		want = append(want, a.Act+" "+a.Actor+" "+a.Target)
	}
	if got := strings.Join(want, ", "); got != "role_member command line @ada, role_moderator command line @ada, role_operator command line @ada" {
		t.Errorf("the log says: %s", got)
	}
	wantKind(t, db.SetRole(ctx, cruddur.UUID{1}, cruddur.RoleOperator, cruddur.Act{Actor: cruddur.CommandLine}, now), cruddur.KindNotFound)
	if _, id, err := db.CutoffOf(ctx, "nobody", ""); id != nil || err != nil {
		t.Errorf("the cutoff of nobody answers %v, %v", id, err)
	}
}

// An entry of the audit log is never changed, is read for a year, and then deleted.
func TestAuditLog(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ada := member(t, db, "ada")
	must(t, db.SetRole(ctx, ada.UUID, cruddur.RoleModerator, cruddur.Act{Actor: "@eve", Target: "@ada", Note: "the words of eve"}, now))
	must(t, db.SetRole(ctx, ada.UUID, cruddur.RoleOperator, cruddur.Act{Actor: "@eve", Target: "@ada"}, now.Add(time.Second)))
	if _, err := db.Pool().Exec(ctx, "update audit_log set note = ''"); err == nil || !strings.Contains(err.Error(), "cannot be changed") {
		t.Errorf("changing an entry: %v", err)
	}
	end := now.Add(cruddur.ActLife)
	for _, tt := range []struct {
		at   time.Time
		want int
	}{{now.Add(time.Minute), 2}, {end.Add(-time.Microsecond), 2}, {end, 1}, {end.Add(time.Second), 0}} {
		acts, err := db.Acts(ctx, cruddur.UUID{}, 10, tt.at)
		if err != nil || len(acts) != tt.want {
			t.Errorf("at %v: %d entries, %v, want %d", tt.at, len(acts), err, tt.want)
		}
	}
	acts, err := db.Acts(ctx, cruddur.UUID{}, 1, now.Add(time.Minute))
	if err != nil || len(acts) != 1 || acts[0].Act != "role_operator" {
		t.Fatalf("the first page is %+v, %v", acts, err)
	}
	acts, err = db.Acts(ctx, acts[0].UUID, 10, now.Add(time.Minute))
	if err != nil || len(acts) != 1 || acts[0].Note != "the words of eve" || !acts[0].CreatedAt.Equal(now) {
		t.Errorf("the second page is %+v, %v", acts, err)
	}
	if n, err := db.SweepAccounts(ctx, end, 100); n != 1 || err != nil {
		t.Errorf("the sweep at the first end deletes %d, %v", n, err)
	}
	if n, err := db.SweepAccounts(ctx, end.Add(time.Second), 100); n != 1 || err != nil {
		t.Errorf("the sweep at the second end deletes %d, %v", n, err)
	}
}

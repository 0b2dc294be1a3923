package postgres_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// inStore is a member as moderators find them.
func inStore(t *testing.T, db *postgres.DB, handle string) cruddur.Member {
	t.Helper()
	m, err := db.FindMember(t.Context(), handle, now)
	must(t, err)
	return m
}

// cast are the members of each role, by their handles, and who may act on whom.
func newCast(t *testing.T, db *postgres.DB) (by map[string]cruddur.Moderator) {
	t.Helper()
	by = map[string]cruddur.Moderator{"": cruddur.AtCommandLine}
	for handle, r := range map[string]cruddur.Role{
		"ana": cruddur.RoleMember, "bo": cruddur.RoleMember, "mod": cruddur.RoleModerator, "mod2": cruddur.RoleModerator, "op": cruddur.RoleOperator, "op2": cruddur.RoleOperator,
	} {
		by[handle] = withRole(t, db, handle, r)
	}
	return by
}

// The rule of the root package and that of the database are the same, for all acts and all cases.
func TestWhoMayModerate(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	by := newCast(t, db)
	reporter := member(t, db, "reporter")
	for handle := range by {
		if handle == "" {
			continue
		}
		r := cruddur.NewReport{Reporter: reporter.UUID, Kind: cruddur.MemberTarget, Target: by[handle].UUID, Reason: cruddur.Abuse}
		report(t, db, r, now)
	}
	may := 0
	for actor, m := range by {
		seen := map[string]bool{}
		if m.Role >= cruddur.RoleModerator {
			list, err := db.Cases(ctx, m, cruddur.UUID{}, 10, now)
			must(t, err)
			for _, c := range list {
				seen[c.Handle] = true
			}
			if n, err := db.CountCases(ctx, m, now); n != len(list) || err != nil {
				t.Errorf("%s counts %d, %v, and sees %d", actor, n, err, len(list))
			}
		}
		for handle, on := range by {
			if handle == "" {
				continue
			}
			want := m.May(on.UUID, on.Role)
			if want {
				may++
			}
			before := len(logged(t, db, now.Add(time.Minute)))
			target := inStore(t, db, handle)
			a := crud(t, db, cruddur.User{UUID: on.UUID}, "a crud", "1-day", now)
			_, deleted := db.DeleteActivityBy(ctx, a.UUID, m, "", now)
			n := 0
			for name, err := range map[string]error{
				"note": db.NoteOn(ctx, target, m, "a note", now), "delete": deleted,
				"suspend": db.SuspendBy(ctx, target, m, "", now), "unsuspend": db.UnsuspendBy(ctx, target, m, "", now),
				"silence": db.SilenceBy(ctx, target, m, "", now), "unsilence": db.UnsilenceBy(ctx, target, m, "", now),
			} {
				n++
				if (err == nil) != want || err != nil && cruddur.KindOf(err) != cruddur.KindForbidden {
					t.Errorf("%s by %q on %q: %v, want %t", name, actor, handle, err, want)
				}
			}
			if _, err := db.Activity(ctx, a.UUID, now); (err != nil) != want {
				t.Errorf("after %q, the crud of %q: %v", actor, handle, err)
			}
			if after := len(logged(t, db, now.Add(time.Minute))); want && after-before < 2 || !want && after != before {
				t.Errorf("%q on %q leaves %d entries", actor, handle, after-before)
			}
			if seen[handle] != want {
				t.Errorf("%q sees the case of %q: %t, want %t", actor, handle, seen[handle], want)
			}
			must(t, db.Unsuspend(ctx, on.UUID))
		}
	}
	if may != 2+2+5+5+6 {
		t.Errorf("%d pairs may", may)
	}
}

// A moderator who has lost the role, or is suspended, may nothing, whatever their page says still.
func TestLostRole(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	by := newCast(t, db)
	report(t, db, cruddur.NewReport{Reporter: by["bo"].UUID, Kind: cruddur.MemberTarget, Target: by["ana"].UUID, Reason: cruddur.Abuse}, now)
	c := onlyCase(t, db, by["mod"], now)
	must(t, db.SetRole(ctx, by["mod"].UUID, cruddur.RoleMember, cruddur.Act{Actor: "x"}, now))
	must(t, db.Suspend(ctx, by["op"].UUID, now))
	none := cruddur.Moderator{Role: cruddur.RoleModerator, Handle: "x"}
	for name, m := range map[string]cruddur.Moderator{"lost": by["mod"], "suspended": by["op"], "no uuid": none, "nobody": {}, "member": by["bo"]} {
		if n, err := db.CountCases(ctx, m, now); n != 0 && err == nil {
			t.Errorf("%s counts %d", name, n)
		}
		if _, err := db.Case(ctx, m, c.UUID, now); err == nil {
			t.Errorf("%s sees the case", name)
		}
		if err := db.CloseCase(ctx, m, c.UUID, "", now); err == nil {
			t.Errorf("%s closes the case", name)
		}
		wantKind(t, db.NoteOn(ctx, inStore(t, db, "ana"), m, "", now), cruddur.KindForbidden)
		wantKind(t, db.SuspendBy(ctx, inStore(t, db, "ana"), m, "", now), cruddur.KindForbidden)
	}
	onlyCase(t, db, by["mod2"], now)
}

// Each act leaves exactly one entry, and one that fails or changes nothing leaves none.
func TestLogIsComplete(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	mod, ana, bo := withRole(t, db, "mod", cruddur.RoleModerator), member(t, db, "ana"), member(t, db, "bo")
	root := crud(t, db, ana, "a crud", "1-day", now)
	for range 3 {
		reply(t, db, bo, root, "a reply", "", now)
	}
	over := crud(t, db, ana, "over", "1-hour", now)
	sent, err := db.SendTo(ctx, ana.UUID, bo.UUID, "", "a message", now)
	must(t, err)
	report(t, db, on(bo, root), now)
	inCase := onlyCase(t, db, mod, now)
	report(t, db, cruddur.NewReport{Reporter: bo.UUID, Kind: cruddur.MessageTarget, Target: sent.UUID, Reason: cruddur.Spam}, now.Add(time.Second))
	later := now.Add(2 * time.Hour)
	list, err := db.Cases(ctx, mod, cruddur.UUID{}, 10, later)
	must(t, err)
	before, m := logged(t, db, later), inStore(t, db, "ana")
	line := "@mod %s @ana%s why"
	says := func(act, more string) string {
		return strings.NewReplacer("%s", act).Replace(strings.Replace(line, "@ana%s", "@ana"+more, 1))
	}
	for _, tt := range []struct {
		name string
		do   func() error
		want string
	}{
		{"note", func() error { return db.NoteOn(ctx, m, mod, "why", later) }, says("note", "")},
		{"a note that is too long", func() error { return db.NoteOn(ctx, m, mod, strings.Repeat("x", 1001), later) }, ""},
		{"suspend", func() error { return db.SuspendBy(ctx, m, mod, "why", later) }, says("suspend", "")},
		{"suspend again", func() error { return db.SuspendBy(ctx, m, mod, "why", later) }, ""},
		{"unsuspend", func() error { return db.UnsuspendBy(ctx, m, mod, "why", later) }, says("unsuspend", "")},
		{"silence", func() error { return db.SilenceBy(ctx, m, mod, "why", later) }, says("silence", "")},
		{"silence again", func() error { return db.SilenceBy(ctx, m, mod, "why", later) }, ""},
		{"unsilence", func() error { return db.UnsilenceBy(ctx, m, mod, "why", later) }, says("unsilence", "")},
		{"unsilence again", func() error { return db.UnsilenceBy(ctx, m, mod, "why", later) }, ""},
		{"unsuspend again", func() error { return db.UnsuspendBy(ctx, m, mod, "why", later) }, ""},
		{"a suspension that cannot be recorded", func() error { return db.SuspendBy(ctx, m, mod, strings.Repeat("x", 1001), later) }, ""},
		{"delete what is over", func() error { _, err := db.DeleteActivityBy(ctx, over.UUID, mod, "why", later); return err }, ""},
		{"delete", func() error {
			n, err := db.DeleteActivityBy(ctx, root.UUID, mod, "why", later)
			if n != 3 {
				t.Errorf("%d replies went with it", n)
			}
			return err
		}, says("delete_activity", " crud "+root.UUID.String())},
		{"delete again", func() error { _, err := db.DeleteActivityBy(ctx, root.UUID, mod, "why", later); return err }, ""},
		{"close", func() error { return db.CloseCase(ctx, mod, inCase.UUID, "why", later) }, says("close_case", " crud "+root.UUID.String())},
		{"close again", func() error { return db.CloseCase(ctx, mod, inCase.UUID, "why", later) }, ""},
		{"close the message's", func() error { return db.CloseCase(ctx, mod, list[0].UUID, "why", later) }, says("close_case", " message "+sent.UUID.String())},
		{"delete the member", func() error { return db.DeleteMemberBy(ctx, m, mod, "why", later) }, says("delete_member", "")},
		{"delete the member again", func() error { return db.DeleteMemberBy(ctx, m, mod, "why", later) }, ""},
	} {
		err := tt.do()
		later = later.Add(time.Second)
		after := logged(t, db, later)
		var got []string
		if len(after) > len(before) {
			got = after[:len(after)-len(before)]
		}
		var want []string
		if tt.want != "" {
			want = []string{tt.want}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %v, the log (-want +got):\n%s", tt.name, err, diff)
		}
		before = after
		if suspended := tt.name == "a suspension that cannot be recorded" && !inStore(t, db, "ana").SuspendedAt.IsZero(); suspended {
			t.Error("a suspension stands that is not recorded")
		}
	}
}

// What the log says of a member begins when they joined, and another's acts are not among it.
func TestActsOn(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	mod := withRole(t, db, "mod", cruddur.RoleModerator)
	member(t, db, "ana")
	member(t, db, "ana2")
	ana := inStore(t, db, "ana")
	must(t, db.NoteOn(ctx, inStore(t, db, "ana2"), mod, "of another", now))
	before := ana
	before.CreatedAt = now.Add(time.Second)
	for i, note := range []string{"first", "second", "third"} {
		must(t, db.NoteOn(ctx, ana, mod, note, now.Add(time.Duration(i)*time.Second)))
	}
	for _, tt := range []struct {
		m    cruddur.Member
		n    int
		at   time.Time
		want []string
	}{
		{ana, 10, now.Add(time.Minute), []string{"third", "second", "first"}},
		{ana, 2, now.Add(time.Minute), []string{"third", "second"}},
		{before, 10, now.Add(time.Minute), []string{"third", "second"}},
		{ana, 10, now.Add(cruddur.ActLife), []string{"third", "second"}},
	} {
		list, err := db.ActsOn(ctx, tt.m, tt.n, tt.at)
		must(t, err)
		var got []string
		for _, a := range list {
			got = append(got, a.Note)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("ActsOn() = %v, want %v", got, tt.want)
		}
	}
}

// Reports, moderators and members who delete do the same thing at the same moment: each ends, and without an internal
// error.
func TestReportAndCloseAtOnce(t *testing.T) {
	t.Parallel()
	ctx, db := context.WithoutCancel(t.Context()), pgtest.New(t)
	mod := withRole(t, db, "mod", cruddur.RoleModerator)
	ana := member(t, db, "ana")
	var reporters []cruddur.User
	for _, handle := range []string{"bo", "cem", "dee", "eve"} {
		reporters = append(reporters, member(t, db, handle))
	}
	a := crud(t, db, ana, "a crud", "1-day", now)
	done := make(chan error, 100)
	n := 0
	do := func(f func() error) {
		n++
		go func() { done <- f() }()
	}
	for range 12 {
		for _, u := range reporters {
			do(func() error { _, err := db.Report(ctx, on(u, a), now); return err })
		}
		do(func() error {
			list, err := db.Cases(ctx, mod, cruddur.UUID{}, 10, now)
			for _, c := range list {
				err = db.CloseCase(ctx, mod, c.UUID, "", now)
			}
			return err
		})
	}
	do(func() error { _, err := db.DeleteActivityBy(ctx, a.UUID, mod, "", now); return err })
	do(func() error { return db.DeleteUser(ctx, reporters[0].UUID) })
	do(func() error { return db.DeleteUser(ctx, ana.UUID) })
	for range n {
		switch err := <-done; cruddur.KindOf(err) {
		case cruddur.KindNotFound, cruddur.KindConflict:
		default:
			if err != nil {
				t.Error(err)
			}
		}
	}
}

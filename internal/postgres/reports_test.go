package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// with gives a member a role.
func withRole(t *testing.T, db *postgres.DB, handle string, r cruddur.Role) cruddur.Moderator {
	t.Helper()
	u := member(t, db, handle)
	must(t, db.SetRole(t.Context(), u.UUID, r, cruddur.Act{Actor: cruddur.CommandLine, Target: "@" + handle}, now))
	u.Role = r
	return cruddur.ModeratorOf(&u)
}

// on is a report of a crud.
func on(reporter cruddur.User, a cruddur.Activity) cruddur.NewReport {
	return cruddur.NewReport{Reporter: reporter.UUID, Kind: cruddur.ActivityTarget, Target: a.UUID, Reason: cruddur.Spam, Words: "the words of " + reporter.Handle}
}

func report(t *testing.T, db *postgres.DB, r cruddur.NewReport, at time.Time) {
	t.Helper()
	if added, err := db.Report(t.Context(), r, at); err != nil || !added {
		t.Fatalf("Report() = %t, %v", added, err)
	}
}

// onlyCase returns the case of a place that has one.
func onlyCase(t *testing.T, db *postgres.DB, by cruddur.Moderator, at time.Time) cruddur.Case {
	t.Helper()
	list, err := db.Cases(t.Context(), by, cruddur.UUID{}, 10, at)
	if err != nil || len(list) != 1 {
		t.Fatalf("Cases() = %+v, %v, want one", list, err)
	}
	return list[0]
}

func logged(t *testing.T, db *postgres.DB, at time.Time) (out []string) {
	t.Helper()
	list, err := db.Acts(t.Context(), cruddur.UUID{}, 1000, at)
	must(t, err)
	for _, a := range list {
		out = append(out, a.Actor+" "+a.Act+" "+a.Target+" "+a.Note)
	}
	return out
}

// Reports on one target are one case with a copy of it, and a member's second report changes nothing.
func TestReport(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	mod := withRole(t, db, "mod", cruddur.RoleModerator)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	first, second := upload(t, db, ana, cruddur.CrudPicture, "a picture", now), upload(t, db, ana, cruddur.CrudPicture, "another", now)
	a, err := db.CreateWith(ctx, ana.UUID, cruddur.Draft{Message: "look", Warning: "spiders", TTL: "1-hour", Pictures: ids(first, second)}, now)
	must(t, err)
	r := on(bo, a)
	r.Copies = map[cruddur.UUID][]byte{first.UUID: {1, 2}, {1}: {3}}
	report(t, db, r, now)
	again := on(bo, a)
	again.Reason, again.Words = cruddur.Illegal, "other words"
	if added, err := db.Report(ctx, again, now.Add(time.Second)); added || err != nil {
		t.Errorf("a second report = %t, %v", added, err)
	}
	other := on(cem, a)
	other.Reason, other.Words = cruddur.Abuse, ""
	report(t, db, other, now.Add(2*time.Second))

	at := now.Add(time.Minute)
	c := onlyCase(t, db, mod, at)
	want := cruddur.Case{
		UUID: c.UUID, Kind: cruddur.ActivityTarget, Target: a.UUID, Member: ana.UUID, Handle: "ana", OpenedAt: now, ExpiresAt: now.Add(cruddur.CaseLife),
		Reports: 2, Reasons: []cruddur.Reason{cruddur.Abuse, cruddur.Spam}, Excerpt: "spiders",
	}
	if diff := cmp.Diff(want, utc(c)); diff != "" {
		t.Errorf("the case (-want +got):\n%s", diff)
	}
	f, err := db.Case(ctx, mod, c.UUID, at)
	must(t, err)
	wantEvidence := cruddur.Evidence{
		DisplayName: "Name of ana", Message: a.Message, Warning: "spiders", WrittenAt: a.CreatedAt, EndsAt: a.ExpiresAt,
		Pictures: []cruddur.EvidencePicture{
			{Position: 0, Alt: "a picture", Width: a.Pictures[0].Width, Height: a.Pictures[0].Height, Extension: "jpg", Stored: true},
			{Position: 1, Alt: "another", Width: a.Pictures[1].Width, Height: a.Pictures[1].Height, Extension: "jpg"},
		},
	}
	f.Evidence.WrittenAt, f.Evidence.EndsAt = f.Evidence.WrittenAt.UTC(), f.Evidence.EndsAt.UTC()
	if diff := cmp.Diff(wantEvidence, f.Evidence); diff != "" {
		t.Errorf("the evidence (-want +got):\n%s", diff)
	}
	if len(f.Given) != 2 || f.Given[0].Handle != "cem" || f.Given[1].Words != "the words of bo" || f.Given[1].Reason != cruddur.Spam {
		t.Errorf("the reports = %+v", f.Given)
	}
	if b, extension, err := db.CasePicture(ctx, mod, c.UUID, 0, at); err != nil || extension != "jpg" || !slices.Equal(b, []byte{1, 2}) {
		t.Errorf("the first picture = %v %s, %v", b, extension, err)
	}
	for _, position := range []int{1, 2, -1} {
		_, _, err := db.CasePicture(ctx, mod, c.UUID, position, at)
		wantKind(t, err, cruddur.KindNotFound)
	}
	if n, err := db.CountCases(ctx, mod, at); n != 1 || err != nil {
		t.Errorf("CountCases() = %d, %v", n, err)
	}
}

func utc(c cruddur.Case) cruddur.Case {
	c.OpenedAt, c.ExpiresAt = c.OpenedAt.UTC(), c.ExpiresAt.UTC()
	return c
}

// What its reporter cannot see is not there, and nobody reports themselves.
func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo, sue := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "sue")
	over, deleted, hidden := crud(t, db, ana, "over", "1-hour", now), crud(t, db, ana, "deleted", "1-hour", now), crud(t, db, sue, "hidden", "1-day", now)
	mine := crud(t, db, bo, "mine", "1-day", now)
	sent, err := db.SendTo(ctx, ana.UUID, bo.UUID, "", "a message", now)
	must(t, err)
	must(t, db.DeleteActivity(ctx, deleted.UUID, ana.UUID, now))
	must(t, db.Suspend(ctx, sue.UUID, now))
	message := func(reporter cruddur.User) cruddur.NewReport {
		return cruddur.NewReport{Reporter: reporter.UUID, Kind: cruddur.MessageTarget, Target: sent.UUID, Reason: cruddur.Abuse}
	}
	as := func(reporter, about cruddur.User) cruddur.NewReport {
		return cruddur.NewReport{Reporter: reporter.UUID, Kind: cruddur.MemberTarget, Target: about.UUID, Reason: cruddur.Abuse}
	}
	for name, tt := range map[string]struct {
		r    cruddur.NewReport
		at   time.Time
		code string
	}{
		"over":                 {on(bo, over), over.ExpiresAt, "not_found"},
		"deleted":              {on(bo, deleted), now, "not_found"},
		"hidden":               {on(bo, hidden), now, "not_found"},
		"never":                {on(bo, cruddur.Activity{UUID: cruddur.UUID{1}}), now, "not_found"},
		"mine":                 {on(bo, mine), now, "report_oneself"},
		"myself":               {as(bo, bo), now, "report_oneself"},
		"suspended":            {as(bo, sue), now, "not_found"},
		"nobody":               {as(bo, cruddur.User{UUID: cruddur.UUID{1}}), now, "not_found"},
		"my message":           {message(ana), now, "report_oneself"},
		"another's message":    {message(sue), now, "not_found"},
		"a message that ended": {message(bo), sent.ExpiresAt, "not_found"},
	} {
		added, err := db.Report(ctx, tt.r, tt.at)
		if added || err == nil || cruddur.CodesOf(err)[0] != tt.code {
			t.Errorf("%s: %t, %v, want %s", name, added, err, tt.code)
		}
	}
	report(t, db, on(bo, over), over.ExpiresAt.Add(-time.Microsecond))
	report(t, db, message(bo), sent.ExpiresAt.Add(-time.Microsecond))
	must(t, db.Block(ctx, ana.UUID, bo.UUID, true, now))
	sent2 := message(bo)
	if _, err := db.Report(ctx, sent2, now); cruddur.KindOf(err) != cruddur.KindNotFound || err == nil {
		t.Errorf("a message of somebody who blocks: %v", err)
	}
}

// The evidence outlives the crud, its author and their suspension: until its case is closed, or ends.
func TestEvidence(t *testing.T) {
	t.Parallel()
	end := now.Add(cruddur.CaseLife)
	for name, what := range map[string]struct {
		happens func(*postgres.DB, cruddur.User, cruddur.Activity) error
		orphan  bool
	}{
		"nothing": {happens: func(*postgres.DB, cruddur.User, cruddur.Activity) error { return nil }},
		"deleted": {happens: func(db *postgres.DB, u cruddur.User, a cruddur.Activity) error {
			return db.DeleteActivity(t.Context(), a.UUID, u.UUID, now)
		}},
		"suspended": {happens: func(db *postgres.DB, u cruddur.User, _ cruddur.Activity) error {
			return db.Suspend(t.Context(), u.UUID, now)
		}},
		"over and swept": {happens: func(db *postgres.DB, _ cruddur.User, a cruddur.Activity) error {
			_, err := db.Sweep(t.Context(), a.ExpiresAt, 10)
			return err
		}},
		"account is deleted": {happens: func(db *postgres.DB, u cruddur.User, _ cruddur.Activity) error {
			return db.DeleteUser(t.Context(), u.UUID)
		}, orphan: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, db := t.Context(), pgtest.New(t)
			mod := withRole(t, db, "mod", cruddur.RoleModerator)
			ana, bo := member(t, db, "ana"), member(t, db, "bo")
			picture := upload(t, db, ana, cruddur.CrudPicture, "a picture", now)
			a := pictured(t, db, ana, now, picture)
			r := on(bo, a)
			r.Copies = map[cruddur.UUID][]byte{picture.UUID: {1}}
			report(t, db, r, now)
			must(t, what.happens(db, ana, a))
			for _, at := range []time.Time{now, a.ExpiresAt, end.Add(-time.Microsecond)} {
				c := onlyCase(t, db, mod, at)
				f, err := db.Case(ctx, mod, c.UUID, at)
				if err != nil || f.Evidence.Message != a.Message || f.Handle != "ana" || f.Member.IsZero() != what.orphan || len(f.Evidence.Pictures) != 1 || len(f.Given) != 1 {
					t.Fatalf("at %v the case is %+v, %v", at, f, err)
				}
				if _, _, err := db.CasePicture(ctx, mod, c.UUID, 0, at); err != nil {
					t.Error(err)
				}
			}
			c := onlyCase(t, db, mod, now)
			if next, err := db.NextExpiry(ctx); err != nil || next.After(end) {
				t.Errorf("NextExpiry() = %v, %v, want %v at the latest", next, err, end)
			}
			if n, err := db.SweepCases(ctx, end.Add(-time.Microsecond), 10); n != 0 || err != nil {
				t.Errorf("the sweep before the end deletes %d, %v", n, err)
			}
			_, err := db.Case(ctx, mod, c.UUID, end)
			wantKind(t, err, cruddur.KindNotFound)
			_, _, err = db.CasePicture(ctx, mod, c.UUID, 0, end)
			wantKind(t, err, cruddur.KindNotFound)
			wantKind(t, db.CloseCase(ctx, mod, c.UUID, "", end), cruddur.KindNotFound)
			if list, err := db.Cases(ctx, mod, cruddur.UUID{}, 10, end); len(list) != 0 || err != nil {
				t.Errorf("at the end there are %+v, %v", list, err)
			}
			if rows, lag, err := db.PurgeLag(ctx, end.Add(time.Second)); err != nil || rows == 0 || lag < time.Second {
				t.Errorf("PurgeLag() = %d, %v, %v", rows, lag, err)
			}
			if name == "nothing" {
				must(t, db.CloseCase(ctx, mod, c.UUID, "no spam", now))
			} else if n, err := db.SweepCases(ctx, end, 10); n != 1 || err != nil {
				t.Errorf("the sweep deletes %d, %v", n, err)
			}
			var left int
			must(t, db.Pool().QueryRow(ctx, "select (select count(*) from cases) + (select count(*) from case_evidence) + (select count(*) from case_pictures) + (select count(*) from reports)").Scan(&left))
			if left != 0 {
				t.Errorf("%d rows are left", left)
			}
		})
	}
}

// A report goes with its reporter, and the case stays.
func TestReporterLeaves(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	mod := withRole(t, db, "mod", cruddur.RoleModerator)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	report(t, db, on(bo, crud(t, db, ana, "a crud", "1-day", now)), now)
	must(t, db.DeleteUser(t.Context(), bo.UUID))
	if c := onlyCase(t, db, mod, now); c.Reports != 0 || len(c.Reasons) != 0 {
		t.Errorf("the case is %+v", c)
	}
}

// A case that has ended and waits for the sweeper is none: a report opens another.
func TestReportAfterTheEnd(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	mod := withRole(t, db, "mod", cruddur.RoleModerator)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	r := cruddur.NewReport{Reporter: bo.UUID, Kind: cruddur.MemberTarget, Target: ana.UUID, Reason: cruddur.OtherReason}
	report(t, db, r, now)
	end := now.Add(cruddur.CaseLife)
	if added, err := db.Report(t.Context(), r, end.Add(-time.Microsecond)); added || err != nil {
		t.Errorf("just before the end: %t, %v", added, err)
	}
	report(t, db, r, end)
	if c := onlyCase(t, db, mod, end); !c.OpenedAt.Equal(end) || c.Reports != 1 {
		t.Errorf("the case is %+v", c)
	}
}

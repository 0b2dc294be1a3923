package rds_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur"
	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
)

func TestStop(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	create(t, c, rds.Dev)
	restarts, err := c.Stop(t.Context(), "cruddur", "")
	if err != nil || restarts.Sub(s.Now()) != awsfake.StopLasts {
		t.Fatalf("Stop() = %v, %v, want seven days", restarts, err)
	}
	if err := c.Wait(t.Context(), "cruddur", "stopped", time.Hour, silent); err != nil {
		t.Fatal(err)
	}
	i, _ := c.One(t.Context(), "cruddur")
	if i.RestartsAt == nil {
		t.Fatal("a stopped instance does not say when it starts again")
	}
	if _, err := c.Stop(t.Context(), "cruddur", ""); cruddur.KindOf(err) != cruddur.KindConflict || !strings.Contains(err.Error(), "it is stopped; this needs it available") {
		t.Errorf("Stop() again = %v, want its state and the one that is needed", err)
	}
	change := rds.NewChange("cruddur", true)
	_ = change.Set("multi-az", "true")
	if _, err := c.Modify(t.Context(), change); err == nil || !strings.Contains(err.Error(), "rds start") {
		t.Errorf("Modify() of a stopped instance = %v", err)
	}
	s.Advance(awsfake.StopLasts - time.Hour)
	r, _ := c.Audit(t.Context(), rds.AuditOptions{Checks: []string{"stopped-restart"}})
	if state(r, "stopped-restart") != rds.Warn {
		t.Errorf("an hour before the restart: %s", lines(r))
	}
	s.Advance(time.Hour)
	s.Advance(awsfake.Starting)
	if i, _ = c.One(t.Context(), "cruddur"); i.Status != "available" || i.RestartsAt != nil {
		t.Errorf("after seven days it is %s, want started by AWS", i.Status)
	}
	if err := c.Start(t.Context(), "cruddur"); cruddur.KindOf(err) != cruddur.KindConflict {
		t.Errorf("Start() of a running instance = %v", err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	i := create(t, c, rds.Prod)
	err := c.Delete(t.Context(), rds.Removal{ID: i.ID, Snapshot: "last"})
	if cruddur.KindOf(err) != cruddur.KindForbidden || !strings.Contains(err.Error(), "--disable-deletion-protection") {
		t.Fatalf("Delete() of a protected instance = %v", err)
	}
	if slices.Contains(s.Calls(), "DeleteDBInstance") {
		t.Error("a protected instance was asked to be deleted")
	}
	left, err := c.Leftovers(t.Context(), i.ID)
	if err != nil || len(left) != 3 {
		t.Errorf("Leftovers() = %v, %v, want the three groups", left, err)
	}
	if _, err := c.Snapshot(t.Context(), i.ID, "last"); err != nil {
		t.Fatal(err)
	}
	err = c.Delete(t.Context(), rds.Removal{ID: i.ID, Snapshot: "last", Unprotect: true})
	if err == nil || !strings.Contains(err.Error(), "a snapshot of this name exists") || !strings.Contains(err.Error(), "no longer protected") {
		t.Errorf("Delete() with a used name = %v, want the name and that the protection is off", err)
	}
	if err := c.Delete(t.Context(), rds.Removal{ID: i.ID, Snapshot: "last-2"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context(), i.ID, "deleted", time.Hour, silent); err != nil {
		t.Error(err)
	}
	if ok, err := c.SnapshotReady(t.Context(), "last-2"); !ok || err != nil {
		t.Errorf("SnapshotReady() = %v, %v", ok, err)
	}

	failed := create(t, c, rds.Dev)
	s.Instance(failed.ID, func(i *types.DBInstance) { i.DBInstanceStatus = aws.String("incompatible-network") })
	if err := c.Delete(t.Context(), rds.Removal{ID: failed.ID, Snapshot: "x"}); err == nil || !strings.Contains(err.Error(), "--skip-final-snapshot") {
		t.Errorf("Delete() of a broken instance = %v", err)
	}
	if err := c.Delete(t.Context(), rds.Removal{ID: failed.ID}); err != nil {
		t.Errorf("Delete() without a snapshot = %v", err)
	}
}

func TestModify(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	create(t, c, rds.Dev)
	change := rds.NewChange("cruddur", false)
	for flag, value := range map[string]string{"allocated-storage": "40", "deletion-protection": "true", "db-port-number": "6000"} {
		if err := change.Set(flag, value); err != nil {
			t.Fatal(err)
		}
	}
	when := map[string]string{}
	for _, e := range change.Effects() {
		when[e.Setting] = e.When
		if e.Setting == "db-port-number" && !strings.Contains(e.Restart, "restarts at once") {
			t.Errorf("a new port: %+v, want the restart named", e)
		}
	}
	if when["allocated-storage"] != "in the maintenance window" || when["deletion-protection"] != "at once" || when["db-port-number"] != "at once" || len(when) != 3 {
		t.Errorf("Effects() = %v", when)
	}
	i, err := c.Modify(t.Context(), change)
	if err != nil || !slices.Contains(i.Pending, "allocated-storage=40") || !i.Protected {
		t.Errorf("Modify() = %+v, %v, want the disk pending", i, err)
	}
	for name, set := range map[string][2]string{"nothing": {}, "rotation that waits": {"rotate-master-user-password", "true"}} {
		ch := rds.NewChange("cruddur", false)
		if set[0] != "" {
			_ = ch.Set(set[0], set[1])
		}
		if _, err := c.Modify(t.Context(), ch); cruddur.KindOf(err) != cruddur.KindInvalid {
			t.Errorf("%s: Modify() = %v, want invalid", name, err)
		}
	}
	small := rds.NewChange("cruddur", true)
	_ = small.Set("allocated-storage", "21")
	if _, err := c.Modify(t.Context(), small); err == nil || !strings.Contains(err.Error(), "10%") {
		t.Errorf("Modify(21 GiB) = %v, want AWS's sentence", err)
	}
}

func TestFix(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	in := parse(t, courseCommand)
	in.EngineVersion = aws.String("14.20")
	if _, err := api(s).CreateDBInstance(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	s.Advance(2 * awsfake.Creating)
	r, err := c.Audit(t.Context(), rds.AuditOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var fixed []string
	for _, f := range r.Findings {
		if !f.Fixable {
			if err := c.Fix(t.Context(), f); f.State == rds.Fail && err == nil {
				t.Errorf("Fix(%s) = nil, but it is neither immediate nor harmless", f.Check)
			}
			continue
		}
		if err := c.Fix(t.Context(), f); err != nil {
			t.Errorf("Fix(%s) = %v", f.Check, err)
		}
		fixed = append(fixed, f.Check)
	}
	if want := []string{"copy-tags", "deletion-protection", "logs"}; !slices.Equal(fixed, want) {
		t.Errorf("fixed = %v, want %v", fixed, want)
	}
	if r, err = c.Audit(t.Context(), rds.AuditOptions{Checks: fixed}); err != nil || r.Failed(rds.Info) != 0 {
		t.Errorf("after the fixes: %v\n%s", err, lines(r))
	}
}

func TestOne(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	if _, err := c.One(t.Context(), ""); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("One() of nothing = %v", err)
	}
	if r, err := c.Audit(t.Context(), rds.AuditOptions{}); err != nil || cruddur.KindOf(r.NoInstance) != cruddur.KindNotFound {
		t.Errorf("Audit() of nothing = %v, want the account judged and no instance found", err)
	}
	if _, err := c.Audit(t.Context(), rds.AuditOptions{Checks: []string{"not-public"}}); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("Audit(not-public) of nothing = %v, want no pass", err)
	}
	create(t, c, rds.Dev)
	if i, err := c.One(t.Context(), ""); err != nil || i.ID != "cruddur" {
		t.Errorf("One() = %v, %v", i, err)
	}
	create(t, c, rds.Dev, "db-instance-identifier", "second")
	if _, err := c.One(t.Context(), ""); cruddur.KindOf(err) != cruddur.KindInvalid || !strings.Contains(err.Error(), "cruddur, second") {
		t.Errorf("One() of two = %v, want both named", err)
	}
	s.Instance("second", func(i *types.DBInstance) { i.Engine = aws.String("mysql") })
	if all, err := c.Status(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("Status() = %v, %v, want PostgreSQL alone", all, err)
	}
}

// TestWaitForDeleted tells a deletion that AWS does not show yet from one that nobody has asked for.
func TestWaitForDeleted(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"available", "failed", "insufficient-capacity"} {
		s, c := start(t)
		create(t, c, rds.Dev)
		s.Instance("cruddur", func(i *types.DBInstance) { i.DBInstanceStatus = &status })
		if err := c.Wait(t.Context(), "cruddur", "deleted", time.Hour, silent); cruddur.KindOf(err) != cruddur.KindConflict || !strings.Contains(err.Error(), "cruddur rds delete cruddur") {
			t.Errorf("Wait(deleted) of one that is %s = %v, want how to delete it", status, err)
		}
		c.Sleep = func(ctx context.Context, d time.Duration) error { // the deletion shows at the second look
			if i, err := c.One(ctx, "cruddur"); err == nil && i.Status == status {
				if err := c.Delete(ctx, rds.Removal{ID: "cruddur"}); err != nil {
					t.Error(err)
				}
			}
			return s.Sleep(ctx, d)
		}
		if err := c.Wait(t.Context(), "cruddur", "deleted", time.Hour, silent); err != nil {
			t.Errorf("Wait(deleted) of one that was %s = %v", status, err)
		}
	}
}

package rds_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cruddur"
	"cruddur/internal/mototest"
	"cruddur/internal/rds"
)

// TestMoto is the whole story against somebody else's AWS: create, status, allow-ip, audit, stop,
// start, delete. Moto checks little and leaves much out, but it was written by other people.
func TestMoto(t *testing.T) {
	t.Parallel()
	url, ok := mototest.Start(t)
	if !ok {
		return
	}
	cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: &url, Credentials: config(nil).Credentials, Retryer: config(nil).Retryer}
	c := rds.New(cfg)
	ctx := t.Context()

	plan, err := rds.NewPlan(rds.Prod)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(ctx, plan, rds.Network{}); err == nil || !strings.Contains(err.Error(), "--engine-version") {
		t.Errorf("Prepare() = %v, want to be asked for the version that moto does not know", err)
	}
	if err := plan.Set("engine-version", "17"); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(ctx, plan, rds.Network{}); err != nil {
		t.Fatal(err)
	}
	i, err := c.Create(ctx, plan, silent)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(ctx, i.ID, "available", time.Minute, silent); err != nil {
		t.Fatal(err)
	}
	if i, err = c.One(ctx, ""); err != nil || i.Public || !i.IAM || !i.MultiAZ || !i.Protected || i.Port != rds.DefaultPort || i.Host == "" || i.Secret == "" || len(i.Groups) != 1 {
		t.Fatalf("One() = %+v, %v, want the recommended profile", i, err)
	}
	if again, err := c.Existing(ctx, plan); err != nil || again == nil {
		t.Errorf("Existing() = %v, %v, want the instance picked up", again, err)
	}
	motoIngress(t, c)
	motoAudit(t, c)
	motoEnd(t, c, i.ID)
}

func motoIngress(t *testing.T, c *rds.Client) {
	ctx := t.Context()
	for _, step := range []struct{ ip, old string }{{"198.51.100.7", ""}, {"203.0.113.9", "198.51.100.7/32"}, {"203.0.113.9", "203.0.113.9/32"}, {"2001:db8::7", ""}} {
		out, err := c.AllowIP(ctx, rds.Allow{Who: "anna", Address: addr(step.ip), TTL: time.Hour})
		if err != nil || out.Old != step.old || out.RuleID == "" {
			t.Fatalf("AllowIP(%s) = %+v, %v, want it instead of %q", step.ip, out, err, step.old)
		}
	}
	// Moto accepts the change of an IPv6 rule and does not make it: that must not be reported as done.
	if _, err := c.AllowIP(ctx, rds.Allow{Who: "anna", Address: addr("2001:db8::8"), TTL: time.Hour}); err == nil || !strings.Contains(err.Error(), "did not make it") {
		t.Errorf("AllowIP(IPv6) = %v, want moto's lie found out", err)
	}
	dry, err := c.AllowIP(ctx, rds.Allow{Who: "bela", Address: addr("192.0.2.1"), DryRun: true})
	if err != nil || !dry.Changed {
		t.Errorf("AllowIP(dry) = %+v, %v", dry, err)
	}
	now := c.Now
	c.Now = func() time.Time { return now().Add(2 * time.Hour) }
	gone, err := c.RevokeExpired(ctx, "", false)
	if c.Now = now; err != nil || len(gone) != 2 {
		t.Errorf("RevokeExpired() = %+v, %v, want both rules of anna", gone, err)
	}
}

func motoAudit(t *testing.T, c *rds.Client) {
	r, err := c.Audit(t.Context(), rds.AuditOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for check, want := range map[string]rds.State{
		"not-public": rds.Pass, "sg-no-world": rds.Pass, "encrypted": rds.Pass, "deletion-protection": rds.Pass, "multi-az": rds.Pass, "port": rds.Pass,
		"iam-auth": rds.Pass, "copy-tags": rds.Pass, "logs": rds.Warn, "cloudtrail": rds.Fail, "guardduty": rds.Fail,
		// What moto does not implement or leaves out is unknown, never a pass.
		"version-supported": rds.Unknown, "pending": rds.Unknown, "ca-expiry": rds.Unknown, "extended-support": rds.Unknown, "monitoring": rds.Unknown,
	} {
		if got := state(r, check); got != want {
			t.Errorf("%s = %s, want %s\n%s", check, got, want, lines(r))
		}
	}
	if err := validate(schema(t, "report.schema.json"), r); err != nil {
		t.Error(err)
	}
}

func motoEnd(t *testing.T, c *rds.Client, id string) {
	ctx := t.Context()
	if _, err := c.Stop(ctx, id, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Stop(ctx, id, ""); cruddur.KindOf(err) != cruddur.KindConflict || !strings.Contains(err.Error(), "it is stopped") {
		t.Errorf("Stop() again = %v", err)
	}
	if err := c.Start(ctx, id); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(ctx, rds.Removal{ID: id, Snapshot: "last"}); cruddur.KindOf(err) != cruddur.KindForbidden {
		t.Errorf("Delete() of a protected instance = %v", err)
	}
	if err := c.Delete(ctx, rds.Removal{ID: id, Snapshot: "last", Unprotect: true}); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(ctx, id, "deleted", time.Minute, silent); err != nil {
		t.Fatal(err)
	}
	if ok, err := c.SnapshotReady(ctx, "last"); !ok || err != nil {
		t.Errorf("SnapshotReady() = %v, %v, want the final snapshot", ok, err)
	}
}

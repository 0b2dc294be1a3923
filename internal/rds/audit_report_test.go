package rds_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
)

// TestFloors holds each severity against each floor, and what counts as failed.
func TestFloors(t *testing.T) {
	t.Parallel()
	order := []rds.Severity{rds.Info, rds.Low, rds.Medium, rds.High, rds.Critical}
	for i, s := range order {
		for j, floor := range order {
			if got := s.AtLeast(floor); got != (i >= j) {
				t.Errorf("%s.AtLeast(%s) = %v", s, floor, got)
			}
		}
		if s.AtLeast("") || s.AtLeast("urgent") {
			t.Errorf("%s is as severe as a floor that nobody knows", s)
		}
		if got, err := rds.ParseSeverity(string(s)); got != s || err != nil {
			t.Errorf("ParseSeverity(%s) = %s, %v", s, got, err)
		}
	}
	if _, err := rds.ParseSeverity("Critical"); err == nil {
		t.Error("ParseSeverity(Critical) = nil, want it refused")
	}
	r := rds.Report{Findings: []rds.Finding{
		{State: rds.Fail, Severity: rds.Low}, {State: rds.Fail, Severity: rds.High}, {State: rds.Warn, Severity: rds.Critical}, {State: rds.Unknown, Severity: rds.Critical}, {State: rds.Fail, Severity: rds.High},
	}}
	for floor, want := range map[rds.Severity]int{rds.Info: 3, rds.Low: 3, rds.Medium: 2, rds.High: 2, rds.Critical: 0, "urgent": 0} {
		if got := r.Failed(floor); got != want {
			t.Errorf("Failed(%s) = %d, want %d", floor, got, want)
		}
	}
}

// TestFixable wants a fix offered where a check has one, AWS will take it, and the verdict is FAIL.
func TestFixable(t *testing.T) {
	t.Parallel()
	harmless := map[string]bool{"sg-stale": true, "copy-tags": true, "deletion-protection": true, "minor-upgrade": true, "logs": true}
	for _, k := range rds.Checks() {
		if k.Harmless() != harmless[k.ID] {
			t.Errorf("%s: Harmless() = %v", k.ID, k.Harmless())
		}
	}
	unprotected := set(func(i *types.DBInstance) { i.DeletionProtection = aws.Bool(false) })
	inState := func(status string) func(*world) {
		return set(func(i *types.DBInstance) { i.DBInstanceStatus = &status })
	}
	forEver := func(w *world) { w.s.LogRetention = 0 }
	for name, test := range map[string]struct {
		check   string
		change  func(*world)
		fixable bool
		begins  string
	}{
		"a FAIL with a fix":             {"deletion-protection", unprotected, true, "aws rds modify-db-instance"},
		"of a stopped instance":         {"deletion-protection", all(unprotected, inState("stopped")), false, "cruddur rds start cruddur && aws rds modify-db-instance"},
		"of one that stops":             {"deletion-protection", all(unprotected, inState("stopping")), false, "cruddur rds wait cruddur --for stopped && cruddur rds start cruddur && aws"},
		"a WARN":                        {"logs", forEver, false, "aws logs put-retention-policy"},
		"a FAIL without a fix":          {"not-public", set(func(i *types.DBInstance) { i.PubliclyAccessible = aws.Bool(true) }), false, "aws rds modify-db-instance"},
		"a PASS":                        {"deletion-protection", func(*world) {}, false, ""},
		"rules of a stopped instance":   {"sg-stale", all(stale("2026-11-24T00:00:00Z"), inState("stopped")), true, "cruddur rds revoke-expired cruddur"},
		"no tags":                       {"tags", set(func(i *types.DBInstance) { i.TagList = nil }), false, "aws rds add-tags-to-resource --resource-name arn:aws:rds:eu-central-1:123456789012:db:cruddur --tags"},
		"no tags, and no ARN":           {"tags", set(func(i *types.DBInstance) { i.TagList, i.DBInstanceArn = nil, nil }), false, "aws rds add-tags-to-resource --resource-name ARN --tags"},
		"a restart while it is stopped": {"tls-forced", all(inState("stopped"), set(func(i *types.DBInstance) { i.DBParameterGroups[0].ParameterApplyStatus = str("pending-reboot") })), false, "cruddur rds start cruddur && aws rds reboot-db-instance"},
	} {
		w := goodWorld(t)
		test.change(w)
		f := w.audit(test.check).Findings[0]
		if f.Fixable != test.fixable || !strings.HasPrefix(f.Remedy, test.begins) || (test.begins == "") != (f.Remedy == "") {
			t.Errorf("%s: %s %s, fixable %v, remedy %q, want %v and %q", name, f.State, f.Check, f.Fixable, f.Remedy, test.fixable, test.begins)
		}
	}
}

// TestNamedInstances wants the named instances judged and no others.
func TestNamedInstances(t *testing.T) {
	t.Parallel()
	w := goodWorld(t)
	w.s.AddInstance(types.DBInstance{DBInstanceIdentifier: str("second"), Engine: str("postgres"), DBInstanceStatus: str("available"), Endpoint: &types.Endpoint{Port: aws.Int32(5432)}})
	for want, names := range map[string][]string{"cruddur": {"cruddur"}, "second": {"second"}, "second cruddur": {"second", "cruddur"}, "cruddur second": nil} {
		w.o.Instances = names
		var got []string
		for _, f := range w.audit("port").Findings {
			got = append(got, f.Instance)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("Audit(%v) judged %v, want %s", names, got, want)
		}
	}
	w.o.Instances = nil
	for name, err := range map[string]bool{"PORT": false, "rds.23": false, "RDS.23": false, "rds.2": false, "RDS.99": true, "": true} {
		if rds.IsCheck(name) == err {
			t.Errorf("IsCheck(%q) = %v", name, !err)
		}
		w.o.Checks = []string{name}
		r, got := w.c.Audit(t.Context(), w.o)
		if (got != nil) != err || got == nil && len(r.Findings) != 2 {
			t.Errorf("Audit(%q) = %v, want an error: %v", name, got, err)
		}
	}
}

package rdscmd_test

import (
	"slices"
	"strings"
	"testing"

	"cruddur/internal/cli/command"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

// TestRDSAgain runs commands a second time, as a provisioning script does: where the goal is reached they say so,
// end with 0 and ask nothing of AWS.
func TestRDSAgain(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Must("create", "--profile", "dev")
	again := func(words string, args ...string) {
		t.Helper()
		a.Calls()
		code, stdout, stderr := a.Run("", args...)
		if code != command.ExitOK || !strings.Contains(stdout+stderr, words) {
			t.Errorf("rds %v: exit %d, want 0 with %q\n%s%s", args, code, words, stdout, stderr)
		}
		a.looked(strings.Join(args, " "))
	}
	again("cruddur is already available", "start")
	a.Must("stop", "--wait=false")
	again("cruddur is already stopping", "stop")
	again("cruddur is already stopped", "stop")
	again("cruddur is already stopped", "stop", "--wait=false")
	a.Wants(command.ExitOK, "already stopped", "", "stop", "--snapshot")
	if _, ok := a.Last("CreateDBSnapshot"); !ok {
		t.Error("stop --snapshot of a stopped instance has taken none")
	}
	a.Advance(awsfake.Snapshots)
	a.Must("start", "--wait=false")
	again("cruddur is already starting", "start")

	i, _ := fakeClient(a).One(t.Context(), "cruddur")
	a.AddRule(ec2query.Rule{GroupID: i.Groups[0], Protocol: "tcp", FromPort: int(i.Port), ToPort: int(i.Port), CIDR: "192.0.2.9/32"})
	again("unchanged: 192.0.2.9/32", "allow-ip", "--ip", "192.0.2.9")
	again("unchanged: 192.0.2.9/32", "allow-ip", "--ip", "192.0.2.9", "--dry-run")

	a.Must("snapshot", "--db-snapshot-identifier", "before", "--wait=false")
	a.Wants(command.ExitOK, "before", "", "snapshot", "--db-snapshot-identifier", "before") // picked up
	a.Wants(command.ExitFailed, "holds the data of that time", "", "snapshot", "--db-snapshot-identifier", "before")

	a.Must("delete", "cruddur", "--confirm", "cruddur", "--wait=false", "--skip-final-snapshot")
	again("is already being deleted", "delete", "cruddur", "--wait=false")
	again("cruddur is gone", "delete", "cruddur")
	a.Wants(command.ExitNotFound, "no such database instance", "", "delete", "cruddur", "--confirm", "cruddur")
	if left := a.Calls("DescribeDBInstances"); slices.Contains(left, "DeleteDBInstance") {
		t.Error("what is gone was deleted")
	}
}

// TestRDSCreateAgain asks for something else than what exists.
func TestRDSCreateAgain(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Must("create")
	a.Wants(command.ExitOK, "it is left as it is", "", "create")
	a.Calls()
	code, stdout, stderr := a.Run("", "create", "--profile", "dev", "--port", "9999", "--master-username", "anna")
	for _, want := range []string{
		"port: asked for 9999, it is 15432", "multi-az: asked for false, it is true", "profile: asked for dev, it is prod",
		"next: cruddur rds modify cruddur ", "--db-port-number 9999", "--no-multi-az", "rds modify does not change master-username",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("create again lacks %q:\n%s", want, stderr)
		}
	}
	if code != command.ExitPending || !strings.HasPrefix(stdout, "postgresql://cruddur_admin@") {
		t.Errorf("exit %d, want %d and the URL of what exists:\n%s", code, command.ExitPending, stdout)
	}
	a.looked("create again")
	a.Wants(command.ExitOK, "port: asked for 9999, it is 15432", "", "create", "--dry-run", "--port", "9999")
}

package rdscmd_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/cli/command"
	"cruddur/internal/mototest"
	"cruddur/internal/rds/awsfake"
)

// leftLines are the commands after "left:", in their order.
func leftLines(stderr string) []string {
	var all []string
	for l := range strings.Lines(stderr) {
		if _, rest, ok := strings.Cut(l, "left: "); ok {
			if _, command, ok := strings.Cut(strings.TrimSpace(rest), ": "); ok {
				all = append(all, command)
			}
		}
	}
	return all
}

// cleanUp runs printed commands under the printed policy "tool".
func (a *amazon) cleanUp(program string, commands []string) {
	a.T.Helper()
	a.AllowOnly(policyText(a.T, "tool"))
	defer a.AllowOnly()
	for _, line := range commands {
		if words, ok := strings.CutPrefix(line, "cruddur rds delete "); ok {
			words += " --confirm " + strings.Fields(words)[0]
			a.Must(append([]string{"delete"}, strings.Fields(words)...)...)
			continue
		}
		if out, err := sh(a.T, program, a.Env, line); err != nil {
			a.T.Errorf("%s: %v\n%s", line, err, out)
		}
	}
}

// nothingLeft wants a creation that fails at its first step to list nothing.
func (a *amazon) nothingLeft(t *testing.T) {
	t.Helper()
	a.Fail(awsfake.Fault{Action: "CreateDBSubnetGroup", Code: "InstanceQuotaExceeded", Times: 1})
	if code, _, stderr := a.Run("", "create"); code != command.ExitFailed || len(leftLines(stderr)) > 0 {
		t.Errorf("exit %d, and something is left:\n%s", code, stderr)
	}
}

// three are the commands that remove the other resources of an instance.
var three = []string{"aws ec2 delete-security-group", "aws rds delete-db-parameter-group", "aws rds delete-db-subnet-group"}

func checkLeft(t *testing.T, stderr string, want ...string) []string {
	t.Helper()
	got := leftLines(stderr)
	bad := len(got) != len(want)
	for i := range min(len(got), len(want)) {
		bad = bad || !strings.HasPrefix(got[i], want[i])
	}
	if bad {
		t.Errorf("left %q, want %q\n%s", got, want, stderr)
	}
	return got
}

// TestEverySecondFailure fails twice, each time elsewhere, and wants both errors to list what exists.
func TestEverySecondFailure(t *testing.T) {
	t.Parallel()
	program, ok := mototest.AWS(t)
	if !ok {
		return
	}
	for _, second := range []string{"DescribeDBEngineVersions", "DescribeSubnets", "CreateDBSubnetGroup", "CreateDBParameterGroup", "ModifyDBParameterGroup", "CreateDBInstance"} {
		t.Run(second, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t)
			a.Fail(awsfake.Fault{Action: "CreateDBInstance", Code: "InsufficientDBInstanceCapacity", Times: 1})
			_, _, stderr := a.Run("", "create")
			checkLeft(t, stderr, three...)
			a.Fail(awsfake.Fault{Action: second, Code: "Throttling", Message: "Rate exceeded", Times: 3})
			code, _, stderr := a.Run("", "create")
			if code != command.ExitConnect || !strings.Contains(stderr, "AWS asks to slow down") {
				t.Errorf("exit %d\n%s", code, stderr)
			}
			left := checkLeft(t, stderr, three...)
			if second != "CreateDBInstance" {
				return // the same three commands: once is enough
			}
			a.cleanUp(program, left)
			a.nothingLeft(t)
		})
	}
}

// TestEveryCleanUp runs the commands that create and delete print for what they leave, and wants nothing left.
func TestEveryCleanUp(t *testing.T) {
	t.Parallel()
	program, ok := mototest.AWS(t)
	if !ok {
		return
	}
	t.Run("no room while it is made", func(t *testing.T) {
		t.Parallel()
		a := newAmazon(t)
		a.Must("create", "--no-wait", "--profile", "dev")
		a.Instance("cruddur", func(i *types.DBInstance) { i.DBInstanceStatus = aws.String("insufficient-capacity") })
		var left []string
		for range 2 { // the second time it is there already
			code, _, stderr := a.Run("", "create", "--profile", "dev")
			if code != command.ExitFailed || !strings.Contains(stderr, "--db-instance-class or --availability-zone") {
				t.Errorf("exit %d, and no way out:\n%s", code, stderr)
			}
			left = checkLeft(t, stderr, append([]string{"cruddur rds delete cruddur"}, three...)...)
		}
		a.cleanUp(program, left)
		a.nothingLeft(t)
	})
	t.Run("after delete", func(t *testing.T) {
		t.Parallel()
		a := newAmazon(t)
		a.Must("create")
		code, _, stderr := a.Run("", "delete", "cruddur", "--confirm", "cruddur", "--disable-deletion-protection", "--skip-final-snapshot")
		var left []string
		for l := range strings.Lines(stderr) {
			if l = strings.TrimSpace(l); strings.HasPrefix(l, "aws ") {
				left = append(left, l)
			}
		}
		if code != command.ExitOK || len(left) != 3 {
			t.Fatalf("exit %d, %q\n%s", code, left, stderr)
		}
		a.cleanUp(program, left)
		a.nothingLeft(t)
	})
	t.Run("what is not ours stays", func(t *testing.T) {
		t.Parallel()
		a := newAmazon(t)
		a.AddGroup("vpc-0private", "cruddur-db")
		a.nothingLeft(t)
	})
}

// TestEveryDryRunCommand types what create --dry-run prints, under the policy "tool", and wants create to find
// what it would have made itself.
func TestEveryDryRunCommand(t *testing.T) {
	t.Parallel()
	program, ok := mototest.AWS(t)
	if !ok {
		return
	}
	a := newAmazon(t)
	flags := []string{"--tags", "owner=an anna", "--availability-zone", "eu-central-1b"}
	_, script, ok := strings.Cut(a.Must(append([]string{"create", "--dry-run"}, flags...)...), "the same with the AWS CLI\n")
	if !ok || strings.Count(script, "aws ") != 6 { // one looks for the security group
		t.Fatalf("commands:\n%s", script)
	}
	a.AllowOnly(policyText(t, "tool"))
	if out, err := sh(t, program, a.Env, script); err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	a.AllowOnly()
	a.Wants(command.ExitOK, "it is left as it is", "", append([]string{"create"}, flags...)...)
	a.Wants(command.ExitOK, "tls-forced", "", "audit", "tls-forced", "in-vpc", "sg-not-default", "private-subnet")
	a.Wants(command.ExitOK, "root is one that attackers guess next", "", "create", "other", "--dry-run", "--master-username", "root")
}

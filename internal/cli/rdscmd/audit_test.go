package rdscmd_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/cli/command"
	"cruddur/internal/rds"
)

// TestRDSAuditWithoutInstance looks at regions that hold something else than PostgreSQL.
func TestRDSAuditWithoutInstance(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Wants(command.ExitNotFound, "none was made", "", "audit", "not-public")
	a.AddInstance(types.DBInstance{
		DBInstanceIdentifier: new("aur-1"), DBClusterIdentifier: new("aur"), Engine: new("aurora-postgresql"), DBInstanceStatus: new("available"), PubliclyAccessible: new(true),
	})
	a.Wants(command.ExitUsage, "aur-1 is an instance of aurora-postgresql, a member of the cluster aur", "", "audit", "aur-1")
	a.Wants(command.ExitUsage, "aur-1 is an instance of aurora-postgresql", "", "audit", "not-public", "aur-1")
	a.Wants(command.ExitNotFound, "there are aur-1 (aurora-postgresql)", "", "audit", "--fail-on", "never")
	a.Wants(command.ExitNotFound, "not judged yet: aur-1 (aurora-postgresql)", "", "audit", "--fail-on", "never")
	a.Wants(command.ExitOK, "0 snapshots, none shared", "", "audit", "RDS.1")
	a.AddSnapshot(types.DBSnapshot{DBSnapshotIdentifier: new("orphan"), Encrypted: new(false)}, "all")
	a.Wants(command.ExitFindings, "snapshot orphan with all", "", "audit", "RDS.1")
	a.Wants(command.ExitFindings, "snapshot orphan	", "", "audit", "RDS.4", "--fail-on", "medium")
	a.Wants(command.ExitFindings, "only the account was checked", "", "audit", "--outside")
	_, out, _ := a.Run("", "audit", "--json")
	if !strings.Contains(out, `"check": "snapshots-private"`) {
		t.Errorf("audit --json = %s", out)
	}
}

// TestRDSFixStopped wants nothing tried that AWS refuses, and the start named first.
func TestRDSFixStopped(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Must("create", "--profile", "dev")
	a.Instance("cruddur", func(i *types.DBInstance) { i.CopyTagsToSnapshot = new(false) })
	a.Must("stop")
	a.Wants(command.ExitFindings, "nothing was changed", "", "audit", "copy-tags", "--fix", "--yes", "--fail-on", "low")
	a.Wants(command.ExitFindings, "cruddur rds start cruddur && aws rds modify-db-instance", "", "audit", "copy-tags", "--fail-on", "low")
	a.Must("start")
	a.Wants(command.ExitOK, "copy-tags of cruddur: done", "", "audit", "copy-tags", "--fix", "--yes", "--fail-on", "low")
}

// TestRemediesAreCommands wants every command of ours in a remedy to be one, with flags that exist.
func TestRemediesAreCommands(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	found := 0
	for _, k := range rds.Checks() {
		for _, line := range regexp.MustCompile(`cruddur ((rds|db|lambda) [a-z{][^(),;&]*)`).FindAllStringSubmatch(k.Fix, -1) {
			found++
			args := strings.Fields(strings.NewReplacer("{id}", "x", "{region}", "eu-central-1").Replace(line[1]))
			args = slices.DeleteFunc(args, func(s string) bool { return strings.HasSuffix(s, ":") })
			if code, out, errs := a.Whole(append(args, "--help")...); code != command.ExitOK || !strings.Contains(out, "Usage:") {
				t.Errorf("%s: cruddur %s: exit %d\n%s", k.ID, line[1], code, errs)
			}
		}
	}
	if found < 10 {
		t.Errorf("%d commands of ours in the remedies, want those of the table", found)
	}
}

package rdscmd_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/rdscmd"
)

// foreign are the engines of RDS that are not PostgreSQL, and those that share its API. Aurora's PostgreSQL is
// another engine, with other settings.
var foreign = []string{
	"mysql", "mariadb", "oracle-se2", "oracle-ee", "custom-oracle-ee", "sqlserver-ex", "sqlserver-se", "custom-sqlserver-se", "db2-se", "db2-ae",
	"aurora-mysql", "aurora-postgresql", "docdb", "neptune", "",
}

// onEngines has a line for each command of rds: what follows its name, NAME standing for the instance. An empty
// line is a command that takes no instance.
var onEngines = map[string][]string{
	"create":         {"NAME"},
	"status":         {"NAME"},
	"wait":           {"NAME"},
	"wait deleted":   {"NAME", "--for", "deleted"},
	"stop":           {"NAME", "--snapshot"},
	"start":          {"NAME"},
	"modify":         {"NAME", "--apply-immediately", "--yes", "--allocated-storage", "100"},
	"delete":         {"NAME", "--skip-final-snapshot", "--disable-deletion-protection", "--confirm", "NAME"},
	"snapshot":       {"NAME"},
	"url":            {"NAME"},
	"url ca":         nil,
	"allow-ip":       {"NAME", "--ip", "198.51.100.7"},
	"revoke-expired": {"NAME"},
	"audit":          {"NAME"},
	"policy":         nil,
}

// line is the command line of a command on an instance; without a name it is left out.
func line(verb, name string) []string {
	args := []string{strings.TrimSuffix(verb, " deleted")}
	for _, a := range onEngines[verb] {
		if a == "NAME" {
			if a = name; name == "" {
				continue
			}
		}
		args = append(args, a)
	}
	return args
}

func (a *amazon) foreign(engine string) string {
	name := strings.TrimSuffix("their-"+engine, "-")
	a.AddInstance(types.DBInstance{
		DBInstanceIdentifier: &name, Engine: &engine, DBInstanceStatus: aws.String("available"), EngineVersion: aws.String("8.0.39"),
		DBInstanceClass: aws.String("db.t4g.micro"), MasterUsername: aws.String("admin"), AllocatedStorage: aws.Int32(20),
		Endpoint:          &types.Endpoint{Address: aws.String(name + ".cxyz.eu-central-1.rds.amazonaws.com"), Port: aws.Int32(3306)},
		VpcSecurityGroups: []types.VpcSecurityGroupMembership{{VpcSecurityGroupId: aws.String("sg-0defaultdefault")}},
	})
	return name
}

// looked wants that nothing but questions was asked of AWS.
func (a *amazon) looked(what string) {
	a.T.Helper()
	for _, call := range a.Calls() {
		if !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "Get") && !strings.HasPrefix(call, "List") {
			a.T.Errorf("%s called %s", what, call)
		}
	}
}

// TestRDSEngines names an instance of another engine to every command: refused, told what it is, unchanged.
func TestRDSEngines(t *testing.T) {
	t.Parallel()
	for _, name := range commandsOf(rdscmd.Command(new(command.Program)), "") {
		if _, ok := onEngines[name]; !ok {
			t.Errorf("cruddur rds %s has no line here: what does it do to an instance of another engine?", name)
		}
	}
	for verb, args := range onEngines {
		if args == nil {
			continue
		}
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t)
			for _, engine := range foreign {
				name := a.foreign(engine)
				code, stdout, stderr := a.Run("", line(verb, name)...)
				if code != command.ExitUsage || stdout != "" || !strings.Contains(stderr, name+" is an instance of "+cmpDash(engine)) || !strings.Contains(stderr, "nothing was changed") {
					t.Errorf("on %s: exit %d, want %d and what it is:\n%s%s", engine, code, command.ExitUsage, stdout, stderr)
				}
			}
			a.looked(verb)
		})
	}
}

// TestRDSEnginesUnnamed gives no name: instances of other engines are no candidates.
func TestRDSEnginesUnnamed(t *testing.T) {
	t.Parallel()
	for verb, args := range onEngines {
		if args == nil || slices.Contains([]string{"create", "modify", "delete", "wait deleted"}, verb) {
			continue
		}
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t)
			for _, engine := range foreign {
				a.foreign(engine)
			}
			code, stdout, stderr := a.Run("", line(verb, "")...)
			if want := map[string]int{"status": command.ExitOK, "revoke-expired": command.ExitOK, "audit": command.ExitFindings}[verb]; code != want && (want != command.ExitOK || code != command.ExitNotFound) {
				t.Errorf("exit %d:\n%s%s", code, stdout, stderr)
			}
			a.looked(verb)
			if verb == "audit" || verb == "start" {
				return
			}
			a.Must("create", "--profile", "dev")
			if code, stdout, stderr := a.Run("", line(verb, "")...); code != command.ExitOK || strings.Contains(stdout+stderr, "their-mysql") {
				t.Errorf("beside one of PostgreSQL: exit %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}

// commandsOf lists the commands below one that do something.
func commandsOf(c *cobra.Command, path string) []string {
	var all []string
	for _, sub := range c.Commands() {
		name := strings.TrimSpace(path + " " + sub.Name())
		if sub.Runnable() {
			all = append(all, name)
		}
		all = append(all, commandsOf(sub, name)...)
	}
	return all
}

func cmpDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

package lambdacmd

import (
	"bytes"
	"strings"
	"testing"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/lambda"
)

// TestLambdaVerdict is the end of status: only what was seen to be well is well.
func TestLambdaVerdict(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status lambda.Status
		want   []string // nothing: no error
	}{
		"well":              {lambda.Status{Warnings: []string{"one zone"}}, nil},
		"broken":            {lambda.Status{Problems: []string{"stopped"}}, []string{"a confirmation does not reach the database", "\n  stopped"}},
		"not known":         {lambda.Status{Unknown: []string{"denied"}}, []string{"it is unknown whether a confirmation", "\n  UNKNOWN: denied"}},
		"broken, and worse": {lambda.Status{Problems: []string{"stopped"}, Unknown: []string{"denied"}}, []string{"does not reach", "stopped", "UNKNOWN: denied"}},
	} {
		err := verdict(&test.status)
		if (err == nil) != (test.want == nil) || err != nil && command.ExitCode(t.Context(), err) != command.ExitPending {
			t.Errorf("%s: %v", name, err)
		}
		for _, w := range test.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want %q", name, err, w)
			}
		}
	}
}

// TestLambdaDeployWarns checks the warnings about what a confirmation needs and deploy does not make.
func TestLambdaDeployWarns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	warnOfDatabase(&terminal.Output{Err: &out}, lambda.Reached{
		Instance: "cruddur", ResourceID: "db-A", Problems: []string{"not admitted (aws ec2 authorize-security-group-ingress)"}, Unknown: []string{"routes"}, Warnings: []string{"one zone"},
	}, &lambda.Settings{DBUser: "u", DBResourceID: "db-B"})
	for _, want := range []string{"warning: not admitted (aws ec2", "warning: not checked: routes", "warning: one zone", "--db-resource-id db-B is not that of cruddur"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("deploy lacks %q:\n%s", want, out.String())
		}
	}
}

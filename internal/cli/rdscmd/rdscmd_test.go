package rdscmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/cli"
	"cruddur/internal/cli/clitest"
	"cruddur/internal/cli/command"
	"cruddur/internal/rds/awsfake"
)

// amazon is the fake AWS of a test.
type amazon struct{ *clitest.Amazon }

func newAmazon(t *testing.T) *amazon {
	t.Helper()
	return &amazon{clitest.NewAmazon(t)}
}

// TestRDSStory is the walk of docs/rds.md.
func TestRDSStory(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Wants(command.ExitOK, "cruddur rds create makes one", "", "status")
	plan := a.Must("create", "--dry-run")
	for _, want := range []string{"aws rds create-db-instance", "USD", "security group cruddur-db", "rds.force_ssl=1"} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan lacks %q:\n%s", want, plan)
		}
	}
	for _, call := range a.Calls() {
		if !strings.HasPrefix(call, "Describe") {
			t.Errorf("--dry-run called %s", call)
		}
	}
	link := strings.TrimSpace(a.Must("create"))
	if !strings.HasPrefix(link, "postgresql://cruddur_admin@cruddur.") || !strings.Contains(link, "sslmode=verify-full") || !strings.Contains(link, "cruddur_secret=") {
		t.Errorf("create prints %q, want the URL alone", link)
	}
	if got := strings.TrimSpace(a.Must("url")); got != link {
		t.Errorf("url prints %q, want %q", got, link)
	}
	if got := a.Must("url", "--user", "cruddur_app", "--env"); !strings.HasPrefix(got, "PROD_CONNECTION_URL='postgresql://cruddur_app@") || !strings.Contains(got, "cruddur_auth=iam") {
		t.Errorf("url --user prints %q", got)
	}
	if got := a.Must("status"); !strings.HasPrefix(got, "INSTANCE\tSTATUS\t") || !strings.Contains(got, "cruddur\tavailable\t17.7") {
		t.Errorf("piped status is not tab-separated:\n%s", got)
	}
	if got := a.Must("allow-ip"); !strings.HasPrefix(got, "(nobody) → 198.51.100.7/32") {
		t.Errorf("allow-ip prints %q", got)
	}
	if got := a.Must("update-sg-rule"); !strings.HasPrefix(got, "unchanged") {
		t.Errorf("update-sg-rule prints %q", got)
	}
	a.Wants(command.ExitFindings, "findings at or above high", "", "audit")
	a.Wants(command.ExitOK, "sg-no-world", "", "audit", "sg-no-world", "RDS.2")
	a.Wants(command.ExitOK, "guardduty", "", "audit", "--fail-on", "never")
	if got := a.Must("stop"); !strings.Contains(got, "AWS starts it again at") {
		t.Errorf("stop prints %q", got)
	}
	a.Wants(command.ExitOK, "already stopped", "", "stop")
	a.Must("start")
	a.Must("snapshot", "--db-snapshot-identifier", "before")
	a.Wants(command.ExitOK, "waiting for sun:04:10-sun:04:40 UTC", "", "modify", "cruddur", "--allocated-storage", "40")
	a.Wants(command.ExitRefused, "it is protected against deletion", "", "delete", "cruddur")
	a.Wants(command.ExitRefused, "nothing was changed", "crudder\n", "delete", "cruddur", "--disable-deletion-protection")
	a.Wants(command.ExitRefused, "nothing was changed", "", "delete", "cruddur", "--disable-deletion-protection", "--confirm", "other")
	a.Wants(command.ExitRefused, "--confirm cruddur", "", "delete", "cruddur", "--disable-deletion-protection")
	a.Wants(command.ExitOK, "cruddur is gone; final snapshot", "cruddur\n", "delete", "cruddur", "--disable-deletion-protection")
	a.Wants(command.ExitNotFound, "no such database instance", "", "status", "cruddur")
	a.Wants(command.ExitOK, "is gone", "", "wait", "cruddur", "--for", "deleted")
	a.Wants(command.ExitFindings, "no PostgreSQL instance is in eu-central-1", "", "audit")
	a.Wants(command.ExitNotFound, "no PostgreSQL instance is in eu-central-1", "", "audit", "--fail-on", "never")
	a.Wants(command.ExitNotFound, "no PostgreSQL instance is in eu-central-1", "", "audit", "RDS.2")
	a.Wants(command.ExitOK, "2 snapshots, none shared", "", "audit", "RDS.1")
}

func TestRDSWrongInput(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Must("create", "--profile", "dev")
	for _, test := range []struct {
		code  int
		words string
		args  []string
	}{
		{command.ExitUsage, "try: cruddur rds --help", []string{"stats"}},
		{command.ExitUsage, "try: cruddur rds status --help", []string{"status", "a", "b"}},
		{command.ExitUsage, "want prod or dev", []string{"create", "second", "--profile", "test"}},
		{command.ExitUsage, "would show the password", []string{"create", "second", "--master-user-password", "visible-Secret-1"}},
		{command.ExitUsage, "no such file", []string{"create", "second", "--master-user-password-file", "/nowhere"}},
		{command.ExitUsage, "1150 to 65535", []string{"create", "second", "--port", "80"}},
		{command.ExitUsage, "want a number", []string{"create", "second", "--port", "x"}},
		{command.ExitUsage, "exclude each other", []string{"create", "second", "--multi-az", "--no-multi-az"}},
		{command.ExitUsage, "want critical, high", []string{"audit", "--fail-on", "grave"}},
		{command.ExitNotFound, "no such database instance", []string{"audit", "no-such-check"}},
		{command.ExitUsage, "nothing to change", []string{"modify", "cruddur"}},
		{command.ExitUsage, "cannot wait", []string{"modify", "cruddur", "--rotate-master-user-password"}},
		{command.ExitUsage, "it is private", []string{"allow-ip", "--ip", "192.168.1.4"}},
		{command.ExitUsage, "it is a range", []string{"allow-ip", "--ip", "0.0.0.0/0"}},
		{command.ExitUsage, "want available, stopped, deleted", []string{"wait", "--for", "happy"}},
		{command.ExitUsage, "no policy is called", []string{"policy", "everything"}},
		{command.ExitUsage, "which regions", []string{"policy", "region-lock"}},
		{command.ExitUsage, "want iam, secret or none", []string{"url", "--auth", "magic"}},
		{command.ExitUsage, "accepts 1 arg", []string{"delete"}},
	} {
		a.Wants(test.code, test.words, "", test.args...)
	}
	code, out, errs := a.Run("", "create", "second", "--master-user-password", "visible-Secret-1")
	if strings.Contains(out+errs, "visible-Secret") {
		t.Errorf("exit %d, and the password is shown: %s%s", code, out, errs)
	}
}

func TestRDSEnvironment(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Must("create", "--profile", "dev")
	a.Env["GITPOD_IP"] = "203.0.113.5"
	a.Wants(command.ExitOK, "(nobody) → 203.0.113.5/32", "", "allow-ip")
	a.Env["GITPOD_IP"] = "   " // set, but by something that failed
	a.Wants(command.ExitUsage, "blanks only", "", "allow-ip")
	a.Env["GITPOD_IP"] = ""
	a.Env["DB_SG_ID"] = "sg-0defaultprivate"
	a.Wants(command.ExitUsage, "does not guard", "", "allow-ip")
	delete(a.Env, "DB_SG_ID")
	a.Env["DB_SG_RULE_ID"] = "sgr-0"
	a.Wants(command.ExitNotFound, "unset DB_SG_RULE_ID", "", "allow-ip")
	delete(a.Env, "DB_SG_RULE_ID")
	a.CheckIP = "<html>sign in</html>"
	a.Wants(command.ExitUsage, "it is a web page", "", "allow-ip")
	a.Env["CRUDDUR_ADDRESS_SOURCES"] = a.URL + "/checkip"
	a.Wants(command.ExitUsage, "two or more", "", "allow-ip")
	a.Env["CRUDDUR_ALLOWED_REGIONS"] = "ca-central-1,us-east-1"
	a.Wants(command.ExitRefused, "not one of the allowed regions", "", "create", "second")
	a.Wants(command.ExitFindings, "eu-central-1 is not one of", "", "audit", "region-lock")
	a.Env["AWS_DEFAULT_REGION"] = ""
	a.Wants(command.ExitUsage, "export AWS_DEFAULT_REGION", "", "status")
	a.Env["AWS_DEFAULT_REGION"] = awsfake.Region
	a.Env["AWS_ACCESS_KEY_ID"] = "AKIANOBODY"
	a.Wants(command.ExitConnect, "aws sts get-caller-identity", "", "status")
	a.Env["AWS_ACCESS_KEY_ID"] = awsfake.AccessKey
	a.Env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
	a.Wants(command.ExitConnect, "cannot be reached", "", "status")
}

func TestRDSAuditOutputs(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Must("create", "--profile", "dev")
	var report struct {
		SchemaVersion int `json:"schema_version"`
		Findings      []struct{ Check, State string }
	}
	_, out, _ := a.Run("", "audit", "--json")
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.SchemaVersion != 1 || len(report.Findings) < 40 {
		t.Errorf("audit --json = %v\n%s", err, out)
	}
	var sarif struct {
		Version string
		Runs    []struct{ Results []any }
	}
	_, out, _ = a.Run("", "audit", "--sarif")
	if err := json.Unmarshal([]byte(out), &sarif); err != nil || sarif.Version != "2.1.0" || len(sarif.Runs[0].Results) != len(report.Findings) {
		t.Errorf("audit --sarif = %v\n%s", err, out)
	}
	if _, out, _ = a.Run("", "audit", "--markdown"); !strings.HasPrefix(out, "# RDS audit\n") {
		t.Errorf("audit --markdown = %q", out)
	}
	a.Wants(command.ExitUsage, "exclude each other", "", "audit", "--sarif", "--markdown")
	if out := a.Must("audit", "--list"); !strings.Contains(out, "not-public\tRDS.2, CIS 2.2.3\tcritical\t") {
		t.Errorf("audit --list = %s", out)
	}
	a.Deny("ec2:DescribeSecurityGroupRules")
	a.Wants(command.ExitPending, "the audit is incomplete", "", "audit", "sg-no-world")
	a.Env["PROD_CONNECTION_URL"] = strings.TrimSpace(a.Must("url"))
	a.Wants(command.ExitFindings, "cruddur_admin is the master user", "", "audit", "app-not-master", "tls-client")
}

func TestRDSAuditFix(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Must("create", "--profile", "prod")
	a.Instance("cruddur", func(i *types.DBInstance) { i.DeletionProtection, i.CopyTagsToSnapshot = new(false), new(false) })
	a.Wants(command.ExitRefused, "no terminal to answer on", "", "audit", "deletion-protection", "--fix")
	a.Wants(command.ExitFindings, "left as it is", "n\n", "audit", "deletion-protection", "--fix", "--fail-on", "medium")
	a.Wants(command.ExitOK, "deletion-protection of cruddur: done", "y\n", "audit", "deletion-protection", "--fix", "--fail-on", "medium")
	a.Wants(command.ExitOK, "copy-tags of cruddur: done", "", "audit", "RDS.8", "RDS.17", "--fix", "--yes", "--fail-on", "low")
	a.Wants(command.ExitOK, "nothing was changed", "", "audit", "RDS.8", "RDS.17", "--fix", "--yes", "--fail-on", "low")
}

// TestRDSPasswordFile gives a password by stdin and by file, and looks for it everywhere else.
func TestRDSPasswordFile(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	const secret = "Grimm-Haus-Garten-7"
	code, out, errs := a.Run(secret+"\n", "create", "--master-user-password-file", "-", "--dry-run")
	if code != command.ExitOK || strings.Contains(out+errs, secret) {
		t.Errorf("exit %d; the password is shown: %v", code, strings.Contains(out+errs, secret))
	}
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs = a.Run("", "create", "--master-user-password-file", file)
	if code != command.ExitOK || strings.Contains(out+errs, secret) {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if call, ok := a.Last("CreateDBInstance"); !ok || call.Params.Get("MasterUserPassword") != secret || call.Params.Has("ManageMasterUserPassword") {
		t.Errorf("AWS got another password, or a managed one besides")
	}
	a.Wants(command.ExitUsage, "it has 5 characters", "short\n", "create", "second", "--master-user-password-file", "-")
	a.Fail(awsfake.Fault{Action: "CreateDBInstance", Code: "InstanceQuotaExceeded", Message: "full"})
	code, out, errs = a.Run(secret, "create", "second", "--master-user-password-file", "-")
	if code != command.ExitFailed || strings.Contains(out+errs, secret) || !strings.Contains(errs, "left: security group second-db") {
		t.Errorf("exit %d, want what was left and no password:\n%s%s", code, out, errs)
	}
}

// TestRDSCourse gives create the flags of the course week's literal command: they are taken, and what is
// less safe is said.
func TestRDSCourse(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	flags := []string{
		"create", "--db-instance-identifier", "cruddur-db-instance", "--db-instance-class", "db.t3.micro", "--engine", "postgres", "--master-username", "root",
		"--allocated-storage", "20", "--availability-zone", "eu-central-1a", "--backup-retention-period", "0", "--port", "5432", "--no-multi-az", "--db-name", "cruddur",
		"--storage-type", "gp2", "--publicly-accessible", "--storage-encrypted", "--enable-performance-insights", "--performance-insights-retention-period", "7",
		"--no-deletion-protection", "--master-user-password-file", "-",
	}
	code, out, errs := a.Run("goodDatabasePassword1", flags...)
	if code != command.ExitOK || !strings.Contains(out, "postgresql://root@cruddur-db-instance.") || strings.Contains(out+errs, "goodDatabase") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	for _, want := range []string{"publicly accessible", "no backups", "no deletion protection", "no standby", "the default port"} {
		if !strings.Contains(errs, want) {
			t.Errorf("no warning of %q:\n%s", want, errs)
		}
	}
	a.Wants(command.ExitUsage, "would show the password", "", append(flags[:len(flags)-2], "--master-user-password", "goodDatabasePassword1")...)
	a.Wants(command.ExitUsage, "supports only postgres", "", "create", "--engine", "mysql")
}

// TestRDSInterrupted stops looking in the middle of a creation and picks it up again.
func TestRDSInterrupted(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs bytes.Buffer
	p := &command.Program{
		Getenv: func(k string) string { return a.Env[k] }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Now: a.Now,
		Sleep: func(ctx context.Context, d time.Duration) error {
			cancel() // Ctrl-C
			return a.Sleep(ctx, d)
		},
	}
	if code := cli.Execute(ctx, p, []string{"rds", "create", "--profile", "dev"}); code != command.ExitInterrupted || !strings.Contains(errs.String(), "cruddur rds wait cruddur") {
		t.Errorf("exit %d, want 130 and how to go on:\n%s", code, errs.String())
	}
	a.Calls()
	a.Wants(command.ExitOK, "exists already", "", "create", "--profile", "dev")
	if _, made := a.Last("CreateDBInstance"); made {
		t.Error("the instance was made twice")
	}
	a.Wants(command.ExitPending, "continues without this command", "", "create", "slow", "--profile", "dev", "--timeout", "30s")
	a.Wants(command.ExitOK, "slow is available", "", "wait", "slow")
}

// TestRDSWatch requires one line of JSON per interval if the output is not a terminal.
func TestRDSWatch(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Must("create", "--profile", "dev", "--no-wait")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	looks := 0
	p := &command.Program{
		Getenv: func(k string) string { return a.Env[k] }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: io.Discard, Now: a.Now,
		Sleep: func(ctx context.Context, d time.Duration) error {
			if looks++; looks == 3 {
				cancel()
			}
			return a.Sleep(ctx, 3*time.Minute)
		},
	}
	if code := cli.Execute(ctx, p, []string{"rds", "status", "cruddur", "--watch", "2s"}); code != command.ExitInterrupted {
		t.Errorf("exit %d, want 130", code)
	}
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(rows) != 3 || !strings.Contains(rows[0], `"status":"creating"`) || !strings.Contains(rows[2], `"status":"available"`) || !json.Valid([]byte(rows[1])) {
		t.Errorf("status --watch prints\n%s", out.String())
	}
}

func TestRDSPolicy(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.Env = map[string]string{} // no credentials are needed
	for _, args := range [][]string{{"tool"}, {"audit"}, {"remedies"}, {"encryption"}, {"deletion"}, {"region-lock", "--allow-region", "eu-central-1"}, {"connect", "--user", "cruddur_app"}} {
		if out := a.Must(append([]string{"policy"}, args...)...); !json.Valid([]byte(out)) {
			t.Errorf("policy %v is not JSON: %s", args, out)
		}
	}
	if out := a.Must("policy"); !strings.Contains(out, "region-lock\tSCP\t") {
		t.Errorf("policy lists %s", out)
	}
	if out := a.Must("url", "ca"); !strings.Contains(out, "BEGIN CERTIFICATE") {
		t.Error("url ca prints no certificate")
	}
}

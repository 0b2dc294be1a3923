package lambda_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// TestCommands runs cruddur lambda itself on moto_server: what it prints, what it refuses, how it ends.
func TestCommands(t *testing.T) {
	t.Parallel()
	config, ok := startMoto(t)
	if !ok {
		return
	}
	pool := motoPool(t, idp.NewFromConfig(config))
	place := motoDatabase(t, config)
	home := t.TempDir()
	program := filepath.Join(home, "program")
	content, err := static()
	if err == nil {
		err = os.WriteFile(program, content, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &commands{home: home, env: []string{
		"HOME=" + home, "CRUDDUR_DATA_DIR=" + filepath.Join(home, "data"), "PATH=" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_ENDPOINT_URL=" + *config.BaseEndpoint,
		"AWS_COGNITO_USER_POOL_ID=" + pool, "PROD_CONNECTION_URL=" + place.url,
	}}
	c.story(t, program, place)
	c.refusals(t, program)
	out, _ := c.run(t, 0, "package", "--binary", program, "-o", "f.zip")
	if _, err := os.Stat(strings.TrimSpace(out)); err != nil {
		t.Errorf("package printed %q: %v", out, err)
	}
}

// commands runs cruddur lambda in an environment.
type commands struct {
	home string
	env  []string
}

func (c *commands) run(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(build(t), append([]string{"lambda"}, args...)...)
	cmd.Dir, cmd.Env = c.home, c.env
	var out, errors lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("cruddur lambda %v: exit %d, want %d\n%s%s", args, got, code, out.String(), errors.String())
	}
	return out.String(), errors.String()
}

func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("this lacks %q:\n%s", w, text)
		}
	}
}

// story deploys, deploys again, looks, and removes.
func (c *commands) story(t *testing.T, program string, place *motoPlace) {
	t.Helper()
	cruddur := func(code int, args ...string) (string, string) { t.Helper(); return c.run(t, code, args...) }
	deploy := []string{"deploy", "--binary", program, "--subnet", strings.Join(place.subnets, ","), "--security-group", place.function, "--db-resource-id", place.resource}

	_, text := cruddur(4, "status")
	has(t, text, "there is no function cruddur-post-confirm", "cruddur lambda deploy")
	out, _ := cruddur(0, append(deploy, "--dry-run")...)
	has(t, out, "create\tfunction\tcruddur-post-confirm", "aws lambda create-function", "arn:aws:rds-db:ca-central-1:123456789012:dbuser:"+place.resource+"/cruddur_lambda", `"MinimumLength": 12`)
	cruddur(4, "status") // the dry run made nothing

	_, text = cruddur(0, deploy...)
	has(t, text, "create    function", "create    trigger", "7 changes")
	wall := "aws ec2 authorize-security-group-ingress --group-id " + place.database + " --protocol tcp --port 15432 --source-group " + place.function
	has(t, text, "warning: "+place.database, wall)
	_, text = cruddur(5, "status")
	has(t, text, "a confirmation does not reach the database", wall)
	place.admit(t)
	_, text = cruddur(0, deploy...)
	has(t, text, "unchanged trigger", "0 changes")
	out, _ = cruddur(0, "status")
	has(t, out, "provided.al2023", strings.Join(place.subnets, " ")+" as "+place.function, "database\tcruddur", "pool calls\tarn:aws:lambda")
	out, _ = cruddur(0, "status", "--json")
	var document struct {
		Status struct{ Problems []string }
	}
	if err := json.Unmarshal([]byte(out), &document); err != nil || len(document.Status.Problems) != 0 {
		t.Errorf("status --json: %v\n%s", err, out)
	}

	_, text = cruddur(3, "remove")
	has(t, text, "to be deleted: function cruddur-post-confirm", "--confirm cruddur-post-confirm")
	cruddur(3, "remove", "--confirm", "something-else")
	out, _ = cruddur(0, "remove", "--dry-run")
	has(t, out, "aws lambda delete-function", "aws iam delete-role")
	cruddur(0, "status") // still there
	_, text = cruddur(0, "remove", "--confirm", "cruddur-post-confirm", "--logs")
	has(t, text, "delete    function", "4 changes")
	cruddur(4, "status")
}

// refusals end with a usage error before anything is made.
func (c *commands) refusals(t *testing.T, program string) {
	t.Helper()
	for _, wrong := range []struct {
		want string
		args []string
	}{
		{"at least two", []string{"deploy", "--binary", program, "--subnet", "subnet-a", "--security-group", "sg-1"}},
		{"no host that a function could reach", []string{"deploy", "--binary", program, "--url", "postgresql:///cruddur"}},
		{"must be the secret's ARN", []string{"deploy", "--binary", program, "--url", "postgresql://u@h/d?sslmode=verify-full&cruddur_secret=name"}},
		{"not one for Linux", []string{"deploy", "--binary", "/etc/passwd"}},
		{"must be in its pool's region", []string{"deploy", "--binary", program, "--region", "eu-west-1"}},
		{"loopback", []string{"serve", "--address", "0.0.0.0:9001"}},
	} {
		if _, text := c.run(t, 2, wrong.args...); !strings.Contains(text, wrong.want) {
			t.Errorf("cruddur lambda %v says %q, want %q", wrong.args, text, wrong.want)
		}
	}
}

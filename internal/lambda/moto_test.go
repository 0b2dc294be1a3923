package lambda_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/lambda"
	"cruddur/internal/mototest"
)

const region = "ca-central-1"

// startMoto returns a configuration for a moto of the test's own. ok is false where there is none, and then
// the test has said so.
func startMoto(t *testing.T) (c aws.Config, ok bool) {
	t.Helper()
	endpoint, ok := mototest.Start(t)
	return aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), BaseEndpoint: &endpoint}, ok
}

// motoPool is a pool with settings that UpdateUserPool would reset.
func motoPool(t *testing.T, client *idp.Client) string {
	t.Helper()
	out, err := client.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{
		PoolName: aws.String("cruddur"), AutoVerifiedAttributes: []idptypes.VerifiedAttributeType{idptypes.VerifiedAttributeTypeEmail},
		DeletionProtection: idptypes.DeletionProtectionTypeActive,
		Policies: &idptypes.UserPoolPolicyType{PasswordPolicy: &idptypes.PasswordPolicyType{
			MinimumLength: aws.Int32(12), RequireNumbers: true, RequireUppercase: true, TemporaryPasswordValidityDays: 3,
		}},
		EmailVerificationSubject: aws.String("Your Cruddur code"),
		LambdaConfig:             &idptypes.LambdaConfigType{PreSignUp: aws.String("arn:aws:lambda:ca-central-1:123456789012:function:pre-sign-up")},
		UserPoolTags:             map[string]string{"site": "cruddur"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.UserPool.Id
}

func settings(t *testing.T, pool string) lambda.Settings {
	t.Helper()
	binary, err := static()
	if err != nil {
		t.Fatal(err)
	}
	archive, arch, err := lambda.Package(binary)
	if err != nil {
		t.Fatal(err)
	}
	return lambda.Settings{
		PoolID: pool, Zip: archive, Architecture: arch, Subnets: []string{"subnet-b", "subnet-a"}, SecurityGroups: []string{"sg-1"},
		Environment: map[string]string{"CONNECTION_URL": "postgresql://cruddur:hunter2@db.example:5433/cruddur?sslmode=verify-full"},
		DBUser:      "cruddur", DBResourceID: "db-ABC",
	}
}

func summary(p lambda.Plan) []string {
	var s []string
	for _, step := range p.Steps {
		s = append(s, string(step.Action)+" "+step.What)
	}
	return s
}

// TestDeploy is the whole story on moto_server: dry run, deploy, once more, drift, status, remove.
func TestDeploy(t *testing.T) {
	t.Parallel()
	config, ok := startMoto(t)
	if !ok {
		return
	}
	client := lambda.New(config)
	client.Poll, client.Patience = 10*time.Millisecond, 10*time.Second
	pools := idp.NewFromConfig(config)
	pool := motoPool(t, pools)
	s := settings(t, pool)
	deploy := func(dry bool) lambda.Plan {
		t.Helper()
		plan, err := client.Deploy(t.Context(), s, dry, func(lambda.Step) {})
		if err != nil {
			t.Fatalf("Deploy(dry %v) = %v after %v", dry, err, summary(plan))
		}
		return plan
	}
	want := func(plan lambda.Plan, steps ...string) {
		t.Helper()
		if diff := cmp.Diff(steps, summary(plan)); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
	}
	all := []string{"create role", "create policy", "create log group", "create function", "update concurrency", "create permission", "create trigger"}
	dry := deploy(true)
	want(dry, all...)
	checkCommands(t, dry)
	if _, err := client.Status(t.Context(), s); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("after the dry run Status() = %v", err)
	}
	before := describe(t, pools, pool)
	want(deploy(false), all...)
	nothing := []string{"unchanged role", "unchanged policy", "unchanged log group", "unchanged code", "unchanged configuration", "unchanged concurrency", "unchanged permission", "unchanged trigger"}
	want(deploy(false), nothing...)

	after := describe(t, pools, pool)
	if got := aws.ToString(after.LambdaConfig.PostConfirmation); got != "arn:aws:lambda:ca-central-1:123456789012:function:cruddur-post-confirm" {
		t.Errorf("the trigger is %q", got)
	}
	if aws.ToString(after.LambdaConfig.PreSignUp) == "" || after.DeletionProtection != idptypes.DeletionProtectionTypeActive ||
		len(after.AutoVerifiedAttributes) != 1 || *after.Policies.PasswordPolicy.MinimumLength != 12 || after.UserPoolTags["site"] != "cruddur" ||
		aws.ToString(after.EmailVerificationSubject) != aws.ToString(before.EmailVerificationSubject) {
		t.Errorf("the pool has lost settings: %+v", after)
	}
	status, err := client.Status(t.Context(), s)
	if err != nil || len(status.Problems) > 0 || *status.Reserved != 5 || !slices.Equal(status.Subnets, []string{"subnet-a", "subnet-b"}) {
		t.Errorf("Status() = %+v, %v", status, err)
	}

	s.MemoryMB, s.Reserved, s.RetentionDays = 512, -1, 7
	s.Environment = map[string]string{"CONNECTION_URL": "postgresql://h/d"}
	want(deploy(false), "unchanged role", "unchanged policy", "update log group", "unchanged code", "update configuration", "delete concurrency", "unchanged permission", "unchanged trigger")
	want(deploy(false), nothing...)

	remove(t, client, s, all)
	if p := describe(t, pools, pool); p.LambdaConfig.PostConfirmation != nil || p.LambdaConfig.PreSignUp == nil || p.DeletionProtection != idptypes.DeletionProtectionTypeActive {
		t.Errorf("after remove the pool is %+v", p)
	}
}

func remove(t *testing.T, client *lambda.Client, s lambda.Settings, _ []string) {
	t.Helper()
	for _, dry := range []bool{true, false} {
		plan, err := client.Remove(t.Context(), s, true, dry, func(lambda.Step) {})
		if err != nil {
			t.Fatalf("Remove() = %v after %v", err, summary(plan))
		}
		if diff := cmp.Diff([]string{"delete trigger", "delete function", "delete role", "delete log group"}, summary(plan)); diff != "" {
			t.Errorf("Remove(dry %v) (-want +got):\n%s", dry, diff)
		}
	}
	plan, err := client.Remove(t.Context(), s, true, false, func(lambda.Step) {})
	if err != nil || plan.Changes() != 0 {
		t.Errorf("a second Remove() = %v, %v", summary(plan), err)
	}
}

func describe(t *testing.T, client *idp.Client, pool string) *idptypes.UserPoolType {
	t.Helper()
	out, err := client.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: &pool})
	if err != nil {
		t.Fatal(err)
	}
	return out.UserPool
}

// checkCommands holds the printed commands to: one for each change, and no secret in any.
func checkCommands(t *testing.T, plan lambda.Plan) {
	t.Helper()
	var all strings.Builder
	for _, s := range plan.Steps {
		if s.Action != lambda.Unchanged && len(s.Calls) == 0 {
			t.Errorf("%s %s has no aws command", s.Action, s.What)
		}
		for _, c := range s.Calls {
			all.WriteString(c + "\n")
		}
	}
	for _, content := range plan.Files {
		all.WriteString(content)
	}
	text := all.String()
	for _, want := range []string{
		"aws iam create-role --role-name cruddur-post-confirm-role", "aws lambda create-function", "--runtime provided.al2023",
		"--vpc-config SubnetIds=subnet-a,subnet-b,SecurityGroupIds=sg-1", "--source-account 123456789012", "aws cognito-idp update-user-pool",
		`"MinimumLength": 12`, `"PreSignUp"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the commands lack %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "hunter2") {
		t.Error("a command holds the database's password")
	}
}

// The trap that Deploy goes around: an update of one setting alone resets the others.
func TestUpdateUserPoolTrap(t *testing.T) {
	t.Parallel()
	config, ok := startMoto(t)
	if !ok {
		return
	}
	pools := idp.NewFromConfig(config)
	pool := motoPool(t, pools)
	_, err := pools.UpdateUserPool(t.Context(), &idp.UpdateUserPoolInput{
		UserPoolId: &pool, LambdaConfig: &idptypes.LambdaConfigType{PostConfirmation: aws.String("arn:aws:lambda:ca-central-1:123456789012:function:f")},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := describe(t, pools, pool)
	if len(p.AutoVerifiedAttributes) > 0 && *p.Policies.PasswordPolicy.MinimumLength == 12 && p.LambdaConfig.PreSignUp != nil {
		t.Error("UpdateUserPool keeps what it is not sent: then all the care of setTrigger is for nothing")
	}
}

func TestDeployRefusesForeign(t *testing.T) {
	t.Parallel()
	config, ok := startMoto(t)
	if !ok {
		return
	}
	client := lambda.New(config)
	client.Poll = 10 * time.Millisecond
	pools := idp.NewFromConfig(config)
	pool := motoPool(t, pools)
	s := settings(t, pool)
	if _, err := client.Deploy(t.Context(), s, false, func(lambda.Step) {}); err != nil {
		t.Fatal(err)
	}
	other := s
	other.Name = "another"
	if _, err := client.Deploy(t.Context(), other, false, func(lambda.Step) {}); cruddur.KindOf(err) != cruddur.KindForbidden || !strings.Contains(err.Error(), "--replace-trigger") {
		t.Errorf("a second function takes the trigger over: %v", err)
	}
	other.ReplaceTrigger = true
	plan, err := client.Deploy(t.Context(), other, false, func(lambda.Step) {})
	if err != nil || plan.Steps[len(plan.Steps)-1].Action != lambda.Update {
		t.Errorf("with ReplaceTrigger: %v, %v", summary(plan), err)
	}
	status, err := client.Status(t.Context(), s)
	if err != nil || len(status.Problems) != 1 || !strings.Contains(status.Problems[0], "another") {
		t.Errorf("Status() of the first = %+v, %v", status.Problems, err)
	}
	elsewhere := s
	elsewhere.PoolID = "eu-west-1_Example"
	if _, err := client.Deploy(t.Context(), elsewhere, true, func(lambda.Step) {}); cruddur.KindOf(err) != cruddur.KindInvalid {
		t.Errorf("a pool of another region: %v", err)
	}
	elsewhere.PoolID = "ca-central-1_Nothing"
	if _, err := client.Deploy(t.Context(), elsewhere, true, func(lambda.Step) {}); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("a pool that is not there: %v", err)
	}
}

func TestReadLogs(t *testing.T) {
	t.Parallel()
	config, ok := startMoto(t)
	if !ok {
		return
	}
	client := lambda.New(config)
	client.Poll = 20 * time.Millisecond
	logs := cloudwatchlogs.NewFromConfig(config)
	group, stream := lambda.LogGroup("f"), "2026/11/24/[$LATEST]abc"
	if err := client.ReadLogs(t.Context(), "f", time.Unix(0, 0), false, nil); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("without a log group: %v", err)
	}
	if _, err := logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
		t.Fatal(err)
	}
	if _, err := logs.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-time.Minute)
	put := func(texts ...string) {
		var events []logtypes.InputLogEvent
		for _, text := range texts {
			at = at.Add(time.Millisecond)
			events = append(events, logtypes.InputLogEvent{Message: &text, Timestamp: aws.Int64(at.UnixMilli())})
		}
		if _, err := logs.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: events}); err != nil {
			t.Fatal(err)
		}
	}
	put("one", "two")
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var got []string
	err := client.ReadLogs(ctx, "f", at.Add(-time.Hour), true, func(e lambda.LogEvent) {
		got = append(got, e.Text)
		switch len(got) {
		case 2:
			put("three")
		case 3:
			stop()
		}
	})
	if diff := cmp.Diff([]string{"one", "two", "three"}, got); diff != "" || err != nil {
		t.Errorf("ReadLogs(follow) = %v (-want +got):\n%s", err, diff)
	}
}

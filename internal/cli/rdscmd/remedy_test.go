package rdscmd_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"

	"cruddur/internal/cli/clitest"
	"cruddur/internal/mototest"
	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

const (
	alarms = "arn:aws:sns:eu-central-1:123456789012:alarms"
	key    = "arn:aws:kms:eu-central-1:123456789012:key/own"
	dbARN  = "arn:aws:rds:eu-central-1:123456789012:db:cruddur-db-instance"
)

// operators are the words in capitals that a remedy leaves to the operator, and what he puts there.
var operators = strings.NewReplacer(
	"TOPIC", alarms, "BUCKET", "trails", "ROLE", "arn:aws:iam::123456789012:role/any", "PLAN", "p-1", "OWNER", "anna", "WHO", "anna", "TABLE", "rtb-0closed", "ADDRESS", "a@example.org",
)

// uncured are the checks that no command of a remedy cures, and why.
var uncured = map[string]string{
	"in-vpc": "a move", "encrypted": "a move", "region-lock": "a move", "master-user": "a move", "extended-support": "a move", "retained-backups": "would end the last copy",
	"tls-client": "the URL is the operator's to set", "app-not-master": "a role of the database", "in-database": "a role of the database", "coverage": "not judged yet",
	"org-scp": "the organisation's administrator attaches it", "lambda-vpc": "lambda deploy, which its own tests run", "lambda-runtime": "lambda deploy, which its own tests run",
	"stopped-restart": "it comes by itself",
}

// mender runs what the audit prints: the AWS CLI's lines with the AWS CLI, under the printed policy.
type mender struct {
	*amazon
	aws     string
	audit   func(*testing.T, ...string) *rds.Report
	advance func()
}

func newMender(t *testing.T) (*mender, bool) {
	t.Helper()
	program, ok := mototest.AWS(t)
	if !ok {
		return nil, false
	}
	a := newAmazon(t)
	a.Topics[alarms] = 1
	a.Lambda = map[string]any{"Runtime": "provided.al2023", "PackageType": "Zip", "VpcConfig": map[string]any{"VpcId": "vpc-0default", "SubnetIds": []string{"subnet-0public0", "subnet-0public1"}}}
	a.RouteTables = append(a.RouteTables, ec2query.RouteTable{ID: "rtb-0closed", VpcID: "vpc-0default"})
	client := fakeClient(a)
	return &mender{a, program, func(t *testing.T, checks ...string) *rds.Report {
		t.Helper()
		r, err := client.Audit(t.Context(), rds.AuditOptions{Checks: checks, Lambda: "cruddur", UserPool: "eu-central-1_pool"})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}, func() { a.Advance(10 * time.Minute) }}, true
}

func fakeConfig(a *amazon) aws.Config {
	return aws.Config{
		Region: awsfake.Region, BaseEndpoint: &a.URL, Credentials: credentials.NewStaticCredentialsProvider(awsfake.AccessKey, awsfake.SecretKey, ""),
	}
}

func fakeClient(a *amazon) *rds.Client {
	c := rds.New(fakeConfig(a))
	c.Now, c.Sleep = a.Now, a.Sleep
	return c
}

func policyText(t *testing.T, name string) string {
	t.Helper()
	text, err := rds.Policy(name, rds.PolicyValues{})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var comment = regexp.MustCompile(`   \(.*`)

// cure runs a remedy part by part.
func (r *mender) cure(t *testing.T, remedy string) {
	t.Helper()
	line := operators.Replace(comment.ReplaceAllString(remedy, ""))
	if left := regexp.MustCompile(`\b[A-Z]{3,}\b`).FindString(regexp.MustCompile(`'[^']*'`).ReplaceAllString(line, "")); left != "" && left != "KEY" {
		t.Errorf("%s: nobody knows %s", line, left)
	}
	for _, part := range strings.Split(line, " && ") {
		r.advance()
		if words, ok := strings.CutPrefix(part, "cruddur rds "); ok {
			r.AllowOnly(policyText(t, "tool"))
			r.Must(strings.Fields(words)...)
			continue
		}
		r.AllowOnly(policyText(t, "remedies"))
		if out, err := r.sh(part); err != nil {
			t.Errorf("%s: %v\n%s", part, err, out)
		}
	}
	r.AllowOnly()
	r.advance()
}

func (r *mender) sh(line string) (string, error) {
	return sh(r.T, r.aws, r.Env, line)
}

func sh(t *testing.T, program string, env map[string]string, line string) (string, error) {
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", `aws() { "$AWS_PROGRAM" "$@"; }; `+line)
	cmd.Env = []string{"AWS_PROGRAM=" + program, "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + t.TempDir(), "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "AWS_EC2_METADATA_DISABLED=true"}
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// mend runs the remedy of every failure of the checks, and wants each check to pass afterwards.
func (r *mender) mend(t *testing.T, checks ...string) {
	t.Helper()
	report := r.audit(t, checks...)
	tried := map[string]bool{}
	for _, f := range report.Findings {
		if f.State != rds.Fail && f.State != rds.Warn || uncured[f.Check] != "" || strings.HasPrefix(f.Remedy, "no command") {
			continue
		}
		tried[f.Check] = true
		r.cure(t, f.Remedy)
		after := r.audit(t, f.Check).Findings[0]
		if after.State != rds.Pass && after.State != rds.NotApplicable {
			t.Errorf("%s was %s (%s); after\n  %s\nit is %s (%s)", f.Check, f.State, f.Observed, f.Remedy, after.State, after.Observed)
		}
	}
	for _, c := range checks {
		if !tried[c] && uncured[c] == "" {
			t.Errorf("%s needed no remedy", c)
		}
	}
}

// literal is the command of the course week, as it was published, but for its version, 14.6, which is retired.
const literal = `aws rds create-db-instance --db-instance-identifier cruddur-db-instance --db-instance-class db.t3.micro --engine postgres --engine-version 14.20 \
  --master-username root --master-user-password goodDatabasePassword1 --allocated-storage 20 --availability-zone eu-central-1a --backup-retention-period 0 --port 5432 \
  --no-multi-az --db-name cruddur --storage-type gp2 --publicly-accessible --storage-encrypted --enable-performance-insights --performance-insights-retention-period 7 --no-deletion-protection`

// course makes the course week's instance with the AWS CLI.
func (r *mender) course(t *testing.T) {
	t.Helper()
	if out, err := r.sh(literal); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r.advance()
}

// instance makes an instance like the course week's at once: starting the AWS CLI takes half a second.
func (r *mender) instance(t *testing.T) {
	t.Helper()
	_, err := awsrds.NewFromConfig(fakeConfig(r.amazon)).CreateDBInstance(t.Context(), &awsrds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("cruddur-db-instance"), DBInstanceClass: aws.String("db.t3.micro"), Engine: aws.String("postgres"), EngineVersion: aws.String("14.20"),
		MasterUsername: aws.String("root"), MasterUserPassword: aws.String("goodDatabasePassword1"), AllocatedStorage: aws.Int32(20), BackupRetentionPeriod: aws.Int32(0),
		Port: aws.Int32(5432), PubliclyAccessible: aws.Bool(true), StorageEncrypted: aws.Bool(true), EnablePerformanceInsights: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.advance()
}

// courseFails are the checks that the course week's instance and account fail, and that a command cures.
var courseFails = []string{
	"not-public", "sg-not-default", "private-subnet", "port", "backups", "backup-plan", "autoscale", "copy-tags", "tags", "tls-forced", "iam-auth", "managed-secret",
	"deletion-protection", "multi-az", "version-supported", "logs", "monitoring", "events", "cloudtrail", "cloudtrail-alarm", "guardduty", "lambda-policy",
}

// TestEveryRemedy runs every remedy that the audit can print.
func TestEveryRemedy(t *testing.T) {
	t.Parallel()
	t.Run("course week", func(t *testing.T) {
		t.Parallel()
		r, ok := newMender(t)
		if !ok {
			return
		}
		r.course(t)
		all := r.audit(t)
		for _, f := range all.Findings {
			mended := slices.Contains(courseFails, f.Check)
			if bad := f.State == rds.Fail || f.State == rds.Warn; bad != mended && !(bad && (uncured[f.Check] != "" || strings.HasPrefix(f.Remedy, "no command"))) {
				t.Errorf("%s = %s, and the list says %v", f.Check, f.State, mended)
			}
		}
		r.mend(t, courseFails...)
		// And what no command cures says so.
		for _, f := range all.Findings {
			if f.State == rds.Fail && strings.HasPrefix(f.Remedy, "aws ") && uncured[f.Check] != "" {
				t.Errorf("%s is not cured by a command, and its remedy looks like one: %s", f.Check, f.Remedy)
			}
		}
	})
	for _, test := range remedyCases() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, ok := newMender(t)
			if !ok {
				return
			}
			r.instance(t)
			test.change(r)
			r.mend(t, test.check)
		})
	}
}

// TestRemedyTable wants every check of the table either run above or named as uncured.
func TestRemedyTable(t *testing.T) {
	t.Parallel()
	run := []string{"idle"}
	for _, c := range remedyCases() {
		run = append(run, c.check)
	}
	for _, k := range rds.Checks() {
		if !slices.Contains(run, k.ID) && uncured[k.ID] == "" && !slices.Contains(courseFails, k.ID) {
			t.Errorf("nothing runs the remedy of %s", k.ID)
		}
		if !strings.HasPrefix(k.Fix, "aws ") && !strings.HasPrefix(k.Fix, "cruddur ") && !strings.HasPrefix(k.Fix, "no command") && uncured[k.ID] == "" {
			t.Errorf("%s has no command, and nothing says why: %s", k.ID, k.Fix)
		}
	}
}

// TestRemediesOnMoto runs remedies against somebody else's AWS, where it knows them.
func TestRemediesOnMoto(t *testing.T) {
	t.Parallel()
	program, ok := mototest.AWS(t)
	if !ok {
		return
	}
	endpoint, ok := mototest.Start(t)
	if !ok {
		return
	}
	env := map[string]string{"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL": endpoint}
	run := func(line string) string {
		t.Helper()
		out, err := sh(t, program, env, line)
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return strings.TrimSpace(out)
	}
	topic := run(literal + ` >/dev/null; aws rds create-db-snapshot --db-snapshot-identifier orphan --db-instance-identifier cruddur-db-instance >/dev/null
aws rds modify-db-snapshot-attribute --db-snapshot-identifier orphan --attribute-name restore --values-to-add all >/dev/null
aws s3api create-bucket --bucket trails --create-bucket-configuration LocationConstraint=eu-central-1 >/dev/null
topic="$(aws sns create-topic --name alarms --query TopicArn --output text)"; aws sns subscribe --topic-arn "$topic" --protocol sqs --notification-endpoint arn:aws:sqs:eu-central-1:123456789012:q >/dev/null
aws ec2 authorize-security-group-ingress --group-id "$(aws rds describe-db-instances --query 'DBInstances[0].VpcSecurityGroups[0].VpcSecurityGroupId' --output text)" --protocol tcp --port 5432 --cidr 0.0.0.0/0 >/dev/null
echo "$topic"`)
	client := rds.New(aws.Config{Region: "eu-central-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("x", "x", "")})
	r := &mender{&amazon{&clitest.Amazon{T: t, Env: env}}, program, func(t *testing.T, checks ...string) *rds.Report {
		t.Helper()
		report, err := client.Audit(t.Context(), rds.AuditOptions{Checks: checks})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}, func() {}}
	if topic != alarms {
		t.Errorf("the topic is %s, want %s", topic, alarms)
	}
	for _, check := range []string{
		"not-public", "sg-no-world", "backups", "tags", "snapshots-private", "events", "cloudtrail", "cloudtrail-alarm", "guardduty",
	} {
		f := r.audit(t, check).Findings[0]
		if f.State != rds.Fail && f.State != rds.Warn {
			t.Errorf("%s = %s (%s), want a failure to mend", check, f.State, f.Observed)
			continue
		}
		for part := range strings.SplitSeq(operators.Replace(comment.ReplaceAllString(f.Remedy, "")), " && ") {
			run(part)
		}
		if after := r.audit(t, check).Findings[0]; after.State != rds.Pass {
			t.Errorf("%s: after\n  %s\nit is %s (%s)", check, f.Remedy, after.State, after.Observed)
		}
	}
}

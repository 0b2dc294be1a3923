package rds_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur"
	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

const denial = "User: arn:aws:iam::1:user/x is not authorized to perform: rds:DescribeDBInstances on resource: arn:aws:rds:eu-central-1:1:db:*"

// codes are answers of AWS, and what must be in the advice.
var codes = []struct {
	code, message string
	status        int
	kind          cruddur.Kind
	want          string
}{
	{"InvalidClientTokenId", "The security token included in the request is invalid.", 403, cruddur.KindUnavailable, "aws sts get-caller-identity"},
	{"ExpiredToken", "The security token included in the request is expired", 403, cruddur.KindUnavailable, "aws sso login"},
	{"SignatureDoesNotMatch", "Signature expired: 20261124T080000Z is now earlier than 20261124T090000Z", 403, cruddur.KindUnavailable, "clock"},
	{"OptInRequired", "You are not subscribed", 403, cruddur.KindForbidden, "enable-region"},
	{"AccessDenied", denial, 403, cruddur.KindInternal, "rds:DescribeDBInstances is not allowed"},
	{"AccessDenied", denial + " with an explicit deny in a service control policy", 403, cruddur.KindInternal, "ask who administers the organisation: its SCP must allow rds:DescribeDBInstances"},
	{"AccessDenied", denial + " because no service control policy allows the rds:DescribeDBInstances action", 403, cruddur.KindInternal, "an organisation's policy forbids rds:DescribeDBInstances"},
	{"AccessDenied", denial + " with an explicit deny in a resource control policy", 403, cruddur.KindInternal, "its RCP must allow"},
	{"AccessDenied", denial + " because no permissions boundary allows the rds:DescribeDBInstances action", 403, cruddur.KindInternal, "administrator who set the boundary"},
	{"AccessDenied", denial + " because no session policy allows the rds:DescribeDBInstances action", 403, cruddur.KindInternal, "without the session policy"},
	{"UnauthorizedOperation", "You are not authorized to perform this operation. " + denial + " with an explicit deny in an identity-based policy. Encoded authorization failure message: xyz", 403, cruddur.KindInternal, "adding a permission does not help"},
	{"AccessDenied", denial + " because no identity-based policy allows the rds:DescribeDBInstances action", 403, cruddur.KindInternal, "cruddur rds policy tool"},
	{"InvalidParameterValue", "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise wait and try again later", 400, cruddur.KindInternal, "aws iam create-service-linked-role --aws-service-name rds.amazonaws.com"},
	{"InvalidParameterCombination", "Cannot find version 14.6 for postgres", 400, cruddur.KindInvalid, "leave out the minor version"},
	{"InvalidParameterCombination", "Cannot upgrade postgres from 15.4 to 17.7", 400, cruddur.KindInvalid, "ValidUpgradeTarget"},
	{"InvalidParameterCombination", "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.", 400, cruddur.KindInvalid, "--allow-major-version-upgrade"},
	{"AccessDenied", "User: arn:aws:iam::1:user/x is not authorized to perform: kms:CreateGrant on resource: y", 403, cruddur.KindInternal, "ask an administrator to allow kms:CreateGrant"},
	{"InvalidParameterCombination", "You can't modify a DB instance in a Multi-AZ DB cluster. Modify the DB cluster c instead.", 400, cruddur.KindInvalid, "aws rds modify-db-cluster"},
	{"InvalidParameterCombination", "ManageMasterUserPassword isn't supported for read replica", 400, cruddur.KindInvalid, "on its source"},
	{"InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion protection and try again.", 400, cruddur.KindForbidden, "--disable-deletion-protection"},
	{"InvalidParameterCombination", "You can't currently modify the storage of this DB instance because the previous storage change is being optimized.", 400, cruddur.KindConflict, "six hours"},
	{"InvalidParameterCombination", "You can't specify both", 400, cruddur.KindInvalid, "one of the two flags"},
	{"InvalidParameterValue", "Invalid DB engine", 400, cruddur.KindInvalid, "AWS says: Invalid DB engine"},
	{"InvalidDBInstanceState", "Instance is not in available state.", 400, cruddur.KindConflict, "rds wait"},
	{"InstanceQuotaExceeded", "quota", 400, cruddur.KindConflict, "40"},
	{"StorageQuotaExceeded", "quota", 400, cruddur.KindConflict, "describe-account-attributes"},
	{"Throttling", "Rate exceeded", 400, cruddur.KindUnavailable, "wait a minute"},
	{"RequestLimitExceeded", "Rate exceeded", 503, cruddur.KindUnavailable, "wait a minute"},
	{"InsufficientDBInstanceCapacity", "no room", 400, cruddur.KindUnavailable, "another --db-instance-class"},
	{"DBSubnetGroupDoesNotCoverEnoughAZs", "AZ", 400, cruddur.KindInvalid, "two availability zones"},
	{"KMSKeyNotAccessibleFault", "key", 400, cruddur.KindInvalid, "describe-key"},
	{"DBInstanceNotFound", "not found", 404, cruddur.KindNotFound, "rds status"},
	{"DBSnapshotAlreadyExists", "exists", 400, cruddur.KindConflict, "another name"},
	{"StorageTypeNotSupported", "type", 400, cruddur.KindInvalid, "another --db-instance-class"},
	{"ServiceUnavailable", "try later", 503, cruddur.KindUnavailable, "fault of its own"},
	{"NeverHeardOf", "a sentence", 400, cruddur.KindInternal, "NeverHeardOf"},
}

// TestCodes sends every code of AWS through a real call, and wants three lines that help.
func TestCodes(t *testing.T) {
	t.Parallel()
	for _, test := range codes {
		t.Run(test.code+" "+test.want, func(t *testing.T) {
			t.Parallel()
			s, c := start(t)
			s.Fail(awsfake.Fault{Action: "DescribeDBInstances", Code: test.code, Message: test.message, Status: test.status})
			_, err := c.Status(t.Context())
			p, ok := errors.AsType[*rds.Problem](err)
			if !ok {
				t.Fatalf("Status() = %v, want a Problem", err)
			}
			if p.What == "" || p.Why == "" || p.Next == "" || len(strings.Split(p.Error(), "\n")) != 3 {
				t.Errorf("%q, want three lines", p.Error())
			}
			if !strings.Contains(p.Error(), test.want) || cruddur.KindOf(err) != test.kind {
				t.Errorf("%q (%s), want %q (%s)", p.Error(), cruddur.KindOf(err), test.want, test.kind)
			}
			if strings.Contains(p.Error(), awsfake.SecretKey) {
				t.Error("the error shows the secret key")
			}
		})
	}
}

// TestThrottlingIsRepeated is the SDK's calls and ours: a moment of throttling is not an error.
func TestThrottlingIsRepeated(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	i := create(t, c, rds.Dev)
	s.Fail(awsfake.Fault{Action: "DescribeDBInstances", Code: "Throttling", Times: 2})
	s.Fail(awsfake.Fault{Action: "DescribeSecurityGroupRules", Code: "RequestLimitExceeded", Status: 503, Times: 2})
	s.Fail(awsfake.Fault{Action: "ListDetectors", Code: "TooManyRequestsException", Status: 429, Times: 2})
	r, err := c.Audit(t.Context(), rds.AuditOptions{Checks: []string{"sg-no-world", "guardduty"}})
	if err != nil || state(r, "sg-no-world") != rds.Pass || state(r, "guardduty") != rds.Fail {
		t.Errorf("Audit() of %s = %v\n%s", i.ID, err, lines(r))
	}
}

func TestThrottledForLongIsUnknown(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	create(t, c, rds.Dev)
	s.Fail(awsfake.Fault{Action: "DescribeSecurityGroupRules", Code: "RequestLimitExceeded", Status: 503})
	s.Fail(awsfake.Fault{Action: "DescribeDBParameters", Status: 501, Empty: true})
	r, err := c.Audit(t.Context(), rds.AuditOptions{Checks: []string{"sg-no-world", "tls-forced"}})
	if err != nil || state(r, "sg-no-world") != rds.Unknown || state(r, "tls-forced") != rds.Unknown {
		t.Errorf("Audit() = %v\n%s", err, lines(r))
	}
}

// TestWrongKeys uses real refusals of the fake: an unknown key, and a wrong secret, in every protocol.
func TestWrongKeys(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	for name, test := range map[string]struct{ key, secret, want string }{
		"an unknown key": {"AKIANOBODY", "x", "does not know the access key"},
		"a wrong secret": {awsfake.AccessKey, "wrong", "does not accept the signature"},
	} {
		cfg := config(s)
		cfg.Credentials = credentials.NewStaticCredentialsProvider(test.key, test.secret, "")
		_, err := rds.New(cfg).Status(t.Context())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: RDS: %v, want %q", name, err, test.want)
		}
		_, err = ec2query.New(cfg).Vpcs(t.Context())
		if got := rds.Explain("list", err); got == nil || !strings.Contains(got.Error(), test.want) {
			t.Errorf("%s: EC2: %v, want %q", name, got, test.want)
		}
		if _, _, err = rds.New(cfg).Account(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: STS: %v, want %q", name, err, test.want)
		}
	}
}

func TestNoAWS(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	tests := map[string]struct {
		change func(*aws.Config)
		kind   cruddur.Kind
		want   string
	}{
		"no region": {func(c *aws.Config) { c.Region, c.BaseEndpoint = "", nil }, cruddur.KindInvalid, "no region is set"},
		"no credentials": {func(c *aws.Config) {
			c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("none") })
		}, cruddur.KindUnavailable, "no AWS credentials"},
		"nobody listens": {func(c *aws.Config) { c.BaseEndpoint = aws.String("http://127.0.0.1:1") }, cruddur.KindUnavailable, "cannot be reached"},
		"the name does not resolve": {func(c *aws.Config) {
			c.HTTPClient = clientFunc(func(*http.Request) (*http.Response, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "rds.nowhere.example", IsNotFound: true}
			})
		}, cruddur.KindUnavailable, "rds.nowhere.example does not resolve"},
		"an emulator without the operation": {func(c *aws.Config) {
			c.HTTPClient = clientFunc(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 501, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
			})
		}, cruddur.KindInternal, "does not offer the operation"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(s)
			test.change(&cfg)
			for what, call := range map[string]func() error{
				"RDS": func() error { _, err := rds.New(cfg).Status(t.Context()); return err },
				"EC2": func() error { _, err := ec2query.New(cfg).Vpcs(t.Context()); return rds.Explain("list", err) },
			} {
				err := call()
				if err == nil || !strings.Contains(err.Error(), test.want) || cruddur.KindOf(err) != test.kind {
					t.Errorf("%s: %v (%s), want %q (%s)", what, err, cruddur.KindOf(err), test.want, test.kind)
				}
			}
		})
	}
}

type clientFunc func(*http.Request) (*http.Response, error)

func (f clientFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestCancelled(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	create(t, c, rds.Dev)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Status(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Status() = %v, want the cancellation", err)
	}
	if err := c.Wait(ctx, "cruddur", "stopped", 0, silent); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait() = %v, want the cancellation", err)
	}
	s.Instance("cruddur", func(i *types.DBInstance) {})
}

// TestUpgradeRefused wants the versions that are possible, where one is not.
func TestUpgradeRefused(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	create(t, c, rds.Dev, "engine-version", awsfake.Versions[0])
	s.Fail(awsfake.Fault{Action: "ModifyDBInstance", Code: "InvalidParameterCombination", Message: "Cannot upgrade postgres from " + awsfake.Versions[0] + " to 99.9", Times: 1})
	change := rds.NewChange("cruddur", true)
	if err := change.Set("engine-version", "99.9"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the injected sentence, and the fake's own
		_, err := c.Modify(t.Context(), change)
		last := awsfake.Versions[len(awsfake.Versions)-1]
		if err == nil || cruddur.KindOf(err) != cruddur.KindInvalid || !strings.Contains(err.Error(), "it can go to "+awsfake.Versions[1]) || !strings.Contains(err.Error(), "--engine-version "+last) {
			t.Errorf("Modify() = %v, want the targets from %s", err, awsfake.Versions[0])
		}
	}
}

package lambda

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// notSettable are the fields of a described pool that UpdateUserPool does not take.
var notSettable = []string{
	"AliasAttributes", "Arn", "CreationDate", "CustomDomain", "Domain", "EmailConfigurationFailure", "EstimatedNumberOfUsers", "Id",
	"LastModifiedDate", "SchemaAttributes", "SmsConfigurationFailure", "Status", "UsernameAttributes", "UsernameConfiguration",
}

// fill gives every exported field below v a value that is not its zero.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		if depth > 6 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, depth+1)
		fill(value, depth+1)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("value")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	}
}

func fullPool() *types.UserPoolType {
	var p types.UserPoolType
	fill(reflect.ValueOf(&p).Elem(), 0)
	return &p
}

// UpdateUserPool resets what it is not sent. When this test fails, the SDK has gained a field: copy it
// in updateInput, or say in notSettable that UpdateUserPool does not take it.
func TestUpdateInputIsWhole(t *testing.T) {
	t.Parallel()
	pool := fullPool()
	in := reflect.ValueOf(updateInput(pool)).Elem()
	described := reflect.ValueOf(pool).Elem()
	for i := range in.NumField() {
		f := in.Type().Field(i)
		if !f.IsExported() || f.Name == "UserPoolId" {
			continue
		}
		if in.Field(i).IsZero() {
			t.Errorf("UpdateUserPoolInput.%s is not copied from the described pool: it would be reset", f.Name)
			continue
		}
		from := f.Name
		if from == "PoolName" {
			from = "Name"
		}
		source := described.FieldByName(from)
		if !source.IsValid() {
			t.Errorf("UpdateUserPoolInput.%s has no field to be copied from", f.Name)
		} else if f.Name != "AdminCreateUserConfig" && !reflect.DeepEqual(in.Field(i).Interface(), source.Interface()) {
			t.Errorf("UpdateUserPoolInput.%s is not what the pool says", f.Name)
		}
	}
	for i := range described.NumField() {
		f := described.Type().Field(i)
		name := f.Name
		if name == "Name" {
			name = "PoolName"
		}
		settable := in.FieldByName(name).IsValid()
		if f.IsExported() && settable == slices.Contains(notSettable, f.Name) {
			t.Errorf("UserPoolType.%s: settable %v, and in notSettable %v", f.Name, settable, !settable)
		}
	}
	if fields := reflect.TypeFor[idp.UpdateUserPoolInput]().NumField(); fields != 24 {
		t.Errorf("UpdateUserPoolInput has %d fields, 24 (with noSmithyDocumentSerde) are known", fields)
	}
}

// Every other trigger must survive, also one that a later SDK knows.
func TestWithTriggerKeepsOthers(t *testing.T) {
	t.Parallel()
	pool := fullPool()
	before := *pool.LambdaConfig
	got := withTrigger(updateInput(pool), "arn:new")
	want := before
	want.PostConfirmation = aws.String("arn:new")
	if !reflect.DeepEqual(*got.LambdaConfig, want) {
		t.Errorf("LambdaConfig = %+v, want %+v", *got.LambdaConfig, want)
	}
	if !reflect.DeepEqual(*pool.LambdaConfig, before) {
		t.Error("the described pool was changed")
	}
	if withTrigger(got, "").LambdaConfig.PostConfirmation != nil {
		t.Error("the trigger is not taken away")
	}
}

func TestUpdateInputExclusiveSettings(t *testing.T) {
	t.Parallel()
	pool := fullPool()
	if got := updateInput(pool).AdminCreateUserConfig; got.UnusedAccountValidityDays != 0 || !got.AllowAdminCreateUserOnly {
		t.Errorf("AdminCreateUserConfig = %+v, want it without UnusedAccountValidityDays", got)
	}
	pool.Policies.PasswordPolicy.TemporaryPasswordValidityDays = 0
	if got := updateInput(pool).AdminCreateUserConfig; got.UnusedAccountValidityDays != 7 {
		t.Errorf("AdminCreateUserConfig = %+v, want its own validity", got)
	}
}

// fakePools is a Cognito that keeps one pool and loses what lose says.
type fakePools struct {
	PoolAPI
	pool    types.UserPoolType
	lose    func(*types.UserPoolType, int) // after the nth update
	updates int
	fail    []error // the first updates fail so
	refuse  func(*idp.UpdateUserPoolInput) error
	mfa     idp.GetUserPoolMfaConfigOutput
	mfaSet  int
}

func (f *fakePools) DescribeUserPool(context.Context, *idp.DescribeUserPoolInput, ...func(*idp.Options)) (*idp.DescribeUserPoolOutput, error) {
	p := f.pool
	return &idp.DescribeUserPoolOutput{UserPool: &p}, nil
}

func (f *fakePools) UpdateUserPool(_ context.Context, in *idp.UpdateUserPoolInput, _ ...func(*idp.Options)) (*idp.UpdateUserPoolOutput, error) {
	f.updates++
	if len(f.fail) > 0 {
		err := f.fail[0]
		f.fail = f.fail[1:]
		return nil, err
	}
	if f.refuse != nil {
		if err := f.refuse(in); err != nil {
			return nil, err
		}
	}
	from, to := reflect.ValueOf(in).Elem(), reflect.ValueOf(&f.pool).Elem()
	for i := range from.NumField() {
		name := from.Type().Field(i).Name
		if name == "PoolName" {
			name = "Name"
		}
		if field := to.FieldByName(name); from.Type().Field(i).IsExported() && field.IsValid() {
			field.Set(from.Field(i))
		}
	}
	if f.lose != nil {
		f.lose(&f.pool, f.updates)
	}
	return &idp.UpdateUserPoolOutput{}, nil
}

func (f *fakePools) GetUserPoolMfaConfig(context.Context, *idp.GetUserPoolMfaConfigInput, ...func(*idp.Options)) (*idp.GetUserPoolMfaConfigOutput, error) {
	out := f.mfa
	return &out, nil
}

func (f *fakePools) SetUserPoolMfaConfig(_ context.Context, in *idp.SetUserPoolMfaConfigInput, _ ...func(*idp.Options)) (*idp.SetUserPoolMfaConfigOutput, error) {
	f.mfaSet++
	f.pool.MfaConfiguration = in.MfaConfiguration
	f.mfa = idp.GetUserPoolMfaConfigOutput{MfaConfiguration: in.MfaConfiguration, SoftwareTokenMfaConfiguration: in.SoftwareTokenMfaConfiguration}
	return &idp.SetUserPoolMfaConfigOutput{}, nil
}

func TestSetTrigger(t *testing.T) {
	t.Parallel()
	newFake := func() *fakePools {
		f := &fakePools{pool: *fullPool()}
		f.pool.LambdaConfig.PostConfirmation = nil
		f.pool.AdminCreateUserConfig.UnusedAccountValidityDays = 0
		f.pool.MfaConfiguration = types.UserPoolMfaTypeOptional
		f.mfa = idp.GetUserPoolMfaConfigOutput{
			MfaConfiguration: types.UserPoolMfaTypeOptional, SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
		}
		return f
	}
	set := func(f *fakePools) error {
		c := &Client{Pools: f, Poll: time.Millisecond, Patience: time.Second}
		return c.setTrigger(t.Context(), "ca-central-1_Example", "arn:function")
	}
	t.Run("changes one setting", func(t *testing.T) {
		f := newFake()
		want := f.pool
		config := *f.pool.LambdaConfig
		config.PostConfirmation = aws.String("arn:function")
		want.LambdaConfig = &config
		if err := set(f); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(f.pool, want) {
			t.Error("the pool is not what it was, with the trigger")
		}
	})
	t.Run("tries again while somebody else changes the pool", func(t *testing.T) {
		f := newFake()
		busy := &smithy.GenericAPIError{Code: "ConcurrentModificationException"}
		f.fail = []error{busy, busy}
		if err := set(f); err != nil || f.updates != 3 {
			t.Errorf("error %v after %d updates", err, f.updates)
		}
	})
	t.Run("puts everything back when something is lost", func(t *testing.T) {
		f := newFake()
		before := f.pool
		f.lose = func(p *types.UserPoolType, n int) {
			if n == 1 {
				p.AutoVerifiedAttributes, p.DeletionProtection = nil, types.DeletionProtectionTypeInactive
				f.mfa.SoftwareTokenMfaConfiguration = nil
			}
		}
		err := set(f)
		if err == nil || !strings.Contains(err.Error(), "AutoVerifiedAttributes, DeletionProtection;") ||
			!strings.Contains(err.Error(), "as it was before") {
			t.Errorf("error = %v", err)
		}
		if !reflect.DeepEqual(f.pool, before) || f.mfaSet != 1 || !f.mfa.SoftwareTokenMfaConfiguration.Enabled {
			t.Error("the pool is not as it was before")
		}
	})
	t.Run("keeps an authenticator app as the only second factor", func(t *testing.T) {
		f := newFake()
		f.refuse = func(in *idp.UpdateUserPoolInput) error {
			if in.MfaConfiguration != "" {
				return &smithy.GenericAPIError{Code: "InvalidParameterException", Message: "SMS configuration is required to turn MFA on"}
			}
			f.mfa = idp.GetUserPoolMfaConfigOutput{MfaConfiguration: types.UserPoolMfaTypeOff}
			return nil
		}
		if err := set(f); err != nil {
			t.Fatal(err)
		}
		if f.mfaSet != 1 || f.mfa.MfaConfiguration != types.UserPoolMfaTypeOptional || f.pool.MfaConfiguration != types.UserPoolMfaTypeOptional ||
			aws.ToString(f.pool.LambdaConfig.PostConfirmation) != "arn:function" {
			t.Errorf("second factors %+v, pool %s", f.mfa, f.pool.MfaConfiguration)
		}
	})
	t.Run("says so when Cognito does not take it back", func(t *testing.T) {
		f := newFake()
		f.lose = func(p *types.UserPoolType, _ int) { p.UserPoolTags = nil }
		if err := set(f); err == nil || !strings.Contains(err.Error(), "does not take back UserPoolTags") {
			t.Errorf("error = %v", err)
		}
	})
}

func TestDifferentFields(t *testing.T) {
	t.Parallel()
	a, b := updateInput(fullPool()), updateInput(fullPool())
	if got := differentFields(a, b); len(got) != 0 {
		t.Errorf("two equal pools differ in %v", got)
	}
	b.Policies.PasswordPolicy.MinimumLength = aws.Int32(8)
	b.UserPoolAddOns = nil
	if diff := cmp.Diff([]string{"Policies", "UserPoolAddOns"}, differentFields(a, b)); diff != "" {
		t.Errorf("differentFields() (-want +got):\n%s", diff)
	}
	a, b = &idp.UpdateUserPoolInput{UserPoolTags: map[string]string{}, LambdaConfig: &types.LambdaConfigType{}}, &idp.UpdateUserPoolInput{}
	if got := differentFields(a, b); len(got) != 0 {
		t.Errorf("nothing and empty differ in %v", got)
	}
}

func TestRolePolicy(t *testing.T) {
	t.Parallel()
	s := Settings{
		PoolID: "ca-central-1_Example", Subnets: []string{"subnet-b", "subnet-a"}, SecurityGroups: []string{"sg-1"},
		DBUser: "cruddur", DBResourceID: "db-ABC",
	}
	_, policy := Policies(s, "aws", "ca-central-1", "123456789012")
	for _, want := range []string{
		`"logs:PutLogEvents"`, `log-group:/aws/lambda/cruddur-post-confirm:*"`, `"ec2:AssignPrivateIpAddresses"`, `"Effect": "Deny"`,
		`"lambda:SourceFunctionArn"`, `"rds-db:connect"`, `dbuser:db-ABC/cruddur"`,
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s:\n%s", want, policy)
		}
	}
	if strings.Contains(policy, "secretsmanager") || strings.Contains(policy, "CreateLogGroup") {
		t.Errorf("the policy allows more than is needed:\n%s", policy)
	}
	s.Subnets, s.SecurityGroups = nil, nil
	if _, policy := Policies(s, "aws", "ca-central-1", "123456789012"); strings.Contains(policy, "ec2:") {
		t.Errorf("outside a VPC the policy needs nothing of EC2:\n%s", policy)
	}
}

func TestSettingsCheck(t *testing.T) {
	t.Parallel()
	good := Settings{PoolID: "ca-central-1_Example", Environment: map[string]string{"CONNECTION_URL": "postgresql://h/d"}}
	for want, change := range map[string]func(*Settings){
		"":                    func(*Settings) {},
		"at least two":        func(s *Settings) { s.Subnets, s.SecurityGroups = []string{"subnet-1"}, []string{"sg-1"} },
		"needs a security":    func(s *Settings) { s.Subnets = []string{"subnet-1", "subnet-2"} },
		"needs the subnets":   func(s *Settings) { s.SecurityGroups = []string{"sg-1"} },
		"needs CONNECTION":    func(s *Settings) { s.Environment = nil },
		"the function's name": func(s *Settings) { s.Name = "a b" },
		"the user pool's id":  func(s *Settings) { s.PoolID = "pool" },
		"4096":                func(s *Settings) { s.Environment["X"] = strings.Repeat("x", 4096) },
		"128 to 10240":        func(s *Settings) { s.MemoryMB = 64 },
	} {
		s := good
		s.Environment = map[string]string{"CONNECTION_URL": "postgresql://h/d"}
		change(&s)
		s.defaults()
		err := s.check()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("check() = %v, want %q", err, want)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	err := explain("create function f", &smithy.GenericAPIError{
		Code:    "InvalidParameterValueException",
		Message: "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10].",
	})
	if !strings.Contains(err.Error(), "--reserved -1") {
		t.Errorf("explain() = %v", err)
	}
	if err := explain("x", fmt.Errorf("plain")); err.Error() != "x: plain" {
		t.Errorf("explain() = %v", err)
	}
}

// docs/lambda.md shows the two documents that deploy writes.
func TestDocumentedPolicies(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/lambda.md")
	if err != nil {
		t.Fatal(err)
	}
	trust, role := Policies(Settings{
		PoolID: "ca-central-1_AbCdEfGhI", Subnets: []string{"subnet-a", "subnet-b"}, DBUser: "cruddur_lambda", DBResourceID: "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	}, "aws", "ca-central-1", "123456789012")
	for _, document := range []string{trust, role} {
		if !strings.Contains(string(page), "```json\n"+document+"\n```") {
			t.Errorf("docs/lambda.md does not show what deploy writes:\n%s", document)
		}
	}
}

// An explicit deny of an organisation is no missing permission: a permission more does not help.
func TestExplainDenials(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"with an explicit deny in a service control policy":   "administers the organisation",
		"because no service control policy allows the action": "administers the organisation",
		"because no permissions boundary allows the action":   "the boundary",
		"with an explicit deny in an identity-based policy":   "a permission more does not help",
		"because no identity-based policy allows the action":  "docs/lambda.md has the policy",
	} {
		err := explain("do it", &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "User: x is not authorized to perform: lambda:GetFunction " + words})
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", words, err, want)
		}
	}
}

package rds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cruddur/internal/rds/ec2query"
)

// function reads the Lambda's configuration once.
func (s *subject) function(ctx context.Context) (*lambdaConfig, error) {
	return memoized(s, "lambda", func() (*lambdaConfig, error) {
		out := new(lambdaConfig)
		err := s.c.call.Get(ctx, "lambda", "GetFunctionConfiguration", "/2015-03-31/functions/"+url.PathEscape(s.opts.Lambda)+"/configuration", nil, out)
		return out, err
	})
}

type lambdaConfig struct {
	Runtime     string
	PackageType string // Zip or Image
	VpcConfig   struct {
		VpcId     string
		SubnetIds []string
	}
}

const noLambda = "no function was named (--lambda)"

func checkLambdaVpc(ctx context.Context, s *subject) result {
	if s.opts.Lambda == "" {
		return none(noLambda)
	}
	f, err := s.function(ctx)
	if err != nil {
		return unread(err)
	}
	vpc, ids := f.VpcConfig.VpcId, f.VpcConfig.SubnetIds
	switch {
	case vpc == "":
		return fail("not in a VPC")
	case len(ids) < 2:
		return fail("one subnet only")
	}
	zones, err := s.zones(ctx, ids)
	if err != nil {
		return unread(err)
	}
	if len(zones) < 2 {
		return fail(fmt.Sprintf("%d subnets, all of the zone %s", len(ids), strings.Join(zones, "")))
	}
	observed := vpc + ", " + strings.Join(zones, ", ")
	if theirs := s.databaseVPCs(); len(theirs) > 0 && !slices.Contains(theirs, vpc) {
		return warn(observed + "; the database is in " + strings.Join(theirs, ", "))
	}
	return pass(observed)
}

// zones lists the availability zones of subnets, each once.
func (s *subject) zones(ctx context.Context, ids []string) ([]string, error) {
	subnets, err := s.c.ec2.Subnets(ctx, ec2query.Filter{Name: "subnet-id", Values: ids})
	if err != nil {
		return nil, err
	}
	var zones []string
	for _, id := range ids {
		at := slices.IndexFunc(subnets, func(n ec2query.Subnet) bool { return n.ID == id && n.Zone != "" })
		if at < 0 {
			return nil, errors.New("AWS's answer has no zone of subnet " + id)
		}
		zones = append(zones, subnets[at].Zone)
	}
	slices.Sort(zones)
	return slices.Compact(zones), nil
}

// databaseVPCs are the VPCs of the judged instances.
func (s *subject) databaseVPCs() []string {
	var all []string
	for _, i := range onlyPostgres(s.all) {
		if g := i.DBSubnetGroup; g != nil && g.VpcId != nil && !slices.Contains(all, *g.VpcId) {
			all = append(all, aws.ToString(g.VpcId))
		}
	}
	return all
}

// deployed is the runtime that cruddur lambda deploy asks for.
const deployed = "provided.al2023"

// runtimes has the end dates of Lambda's runtimes, after which AWS fixes nothing: the table "Supported runtimes" of
// docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html and, for those based on Amazon Linux 2, the end of Amazon
// Linux 2.
var runtimes = map[string]string{
	"provided": "2024-01-08", "provided.al2": "2026-06-30", deployed: "2029-06-30", "go1.x": "2024-01-08",
	"python2.7": "2021-07-15", "python3.6": "2022-07-18", "python3.7": "2023-12-04", "python3.8": "2024-10-14", "python3.9": "2025-12-15",
	"python3.10": "2026-06-30", "python3.11": "2026-06-30", "python3.12": "2028-10-31", "python3.13": "2029-06-30", "python3.14": "2029-06-30",
	"nodejs": "2016-10-31", "nodejs4.3": "2020-03-05", "nodejs6.10": "2019-08-12", "nodejs8.10": "2020-03-06", "nodejs10.x": "2021-07-30",
	"nodejs12.x": "2023-03-31", "nodejs14.x": "2023-12-04", "nodejs16.x": "2024-06-12", "nodejs18.x": "2025-09-01", "nodejs20.x": "2026-04-30",
	"nodejs22.x": "2027-04-30", "nodejs24.x": "2028-04-30",
	"java8": "2024-01-08", "java8.al2": "2026-06-30", "java11": "2026-06-30", "java17": "2026-06-30", "java21": "2029-06-30", "java25": "2029-06-30",
	"dotnetcore2.1": "2022-01-05", "dotnetcore3.1": "2023-04-03", "dotnet6": "2024-12-20", "dotnet8": "2026-11-10", "dotnet10": "2028-11-14",
	"ruby2.5": "2021-07-30", "ruby2.7": "2023-12-07", "ruby3.2": "2026-03-31", "ruby3.3": "2027-03-31", "ruby3.4": "2028-03-31",
}

func checkLambdaRuntime(ctx context.Context, s *subject) result {
	if s.opts.Lambda == "" {
		return none(noLambda)
	}
	f, err := s.function(ctx)
	if err != nil {
		return unread(err)
	}
	name := f.Runtime
	if name == "" {
		if f.PackageType == "Image" {
			return none("a container image, whose system is its maker's")
		}
		return silent("Runtime")
	}
	text, known := runtimes[name]
	end, _ := time.Parse(time.DateOnly, text)
	switch {
	case !known:
		return result{state: Unknown, observed: name + ": this program does not know until when it is supported"}
	case !s.c.Now().Before(end):
		return fail(name + ": ended " + text)
	case name != deployed:
		return warn(name + " is not the one that cruddur deploys; it ends " + text)
	}
	return pass(name)
}

// invokeStatement is one statement of a function's policy.
type invokeStatement struct {
	Sid          string
	Effect       string
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Action       json.RawMessage
	Condition    map[string]map[string]any
}

func checkLambdaPolicy(ctx context.Context, s *subject) result {
	if s.opts.Lambda == "" {
		return none(noLambda)
	}
	if _, err := s.function(ctx); err != nil {
		return unread(err) // GetPolicy gives the same answer for a missing function and a missing policy
	}
	var answer struct{ Policy string }
	err := s.c.call.Get(ctx, "lambda", "GetPolicy", "/2015-03-31/functions/"+url.PathEscape(s.opts.Lambda)+"/policy", nil, &answer)
	if code(err) == "ResourceNotFoundException" {
		return fail("no policy: Cognito cannot invoke it").cure(s.addPermission())
	}
	if err != nil {
		return unread(err)
	}
	var policy struct{ Statement []invokeStatement }
	if err := json.Unmarshal([]byte(answer.Policy), &policy); err != nil {
		return unread(err)
	}
	good := 0
	var faults, cures []string
	for _, st := range policy.Statement {
		if st.Effect == "Deny" {
			continue
		}
		fault := s.permissionFault(st)
		if fault == "" {
			good++
			continue
		}
		faults = append(faults, st.Sid+" "+fault)
		cures = append(cures, "aws lambda remove-permission --function-name "+s.opts.Lambda+" --statement-id "+st.Sid)
	}
	if good == 0 {
		cures = append(cures, s.addPermission())
	}
	switch {
	case len(faults) > 0:
		return fail(strings.Join(faults, "; ")).cure(strings.Join(cures, " && "))
	case good == 0:
		return fail("no statement admits Cognito").cure(strings.Join(cures, " && "))
	}
	return pass(fmt.Sprintf("%d statements", good))
}

// addPermission returns the command that permits only the user pool to invoke the function.
func (s *subject) addPermission() string {
	pool, account := s.opts.UserPool, s.account
	if pool == "" {
		pool = "POOL"
	}
	if account == "" {
		account = "ACCOUNT"
	}
	return "aws lambda add-permission --function-name " + s.opts.Lambda + " --statement-id cognito-post-confirmation --action lambda:InvokeFunction --principal cognito-idp.amazonaws.com" +
		" --source-arn arn:" + partition(s.c.cfg.Region) + ":cognito-idp:" + s.c.cfg.Region + ":" + account + ":userpool/" + pool + " --source-account " + account
}

// partition is the ARN's second word in a region.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// permissionFault returns whom a statement permits besides the user pool; "" means nobody. It counts everything that
// it does not understand as a fault.
func (s *subject) permissionFault(st invokeStatement) string {
	var principal map[string]any
	if len(st.NotPrincipal) > 0 || json.Unmarshal(st.Principal, &principal) != nil || len(principal) != 1 || !only(principal["Service"], "cognito-idp.amazonaws.com") {
		return "admits " + strings.TrimSpace(string(st.Principal)+string(st.NotPrincipal))
	}
	var action any
	if json.Unmarshal(st.Action, &action) != nil || !only(action, "lambda:InvokeFunction") {
		return "admits to more than invoking: " + orDash(string(st.Action))
	}
	sources, accounts := condition(st.Condition, "aws:SourceArn"), condition(st.Condition, "aws:SourceAccount")
	if len(sources) == 0 || slices.ContainsFunc(sources, wild) {
		return "names no user pool"
	}
	if len(accounts) == 0 || slices.ContainsFunc(accounts, wild) {
		return "names no account"
	}
	for _, source := range sources {
		part := strings.SplitN(source, ":", 6)
		switch {
		case len(part) < 6 || part[2] != "cognito-idp" || !strings.HasPrefix(part[5], "userpool/"):
			return "names no user pool: " + source
		case !slices.Contains(accounts, part[4]) || s.account != "" && part[4] != s.account:
			return "admits another account's pool: " + source
		case s.opts.UserPool != "" && part[5] != "userpool/"+s.opts.UserPool:
			return "admits another pool: " + source
		}
	}
	return ""
}

// only reports whether a policy's value, a string or a list, is this one word, also where it is listed twice.
func only(v any, word string) bool {
	list, ok := v.([]any)
	if !ok {
		return v == any(word)
	}
	return len(list) > 0 && !slices.ContainsFunc(list, func(x any) bool { return x != any(word) })
}

func wild(s string) bool { return s == "" || strings.ContainsAny(s, "*?") }

// condition lists the values of a condition key, which is case-insensitive, from the operators that require one of
// them. Operators that end in IfExists or begin with Not require nothing. All requirements of a statement must hold:
// if it has several for one key, the first list without a wildcard counts.
func condition(all map[string]map[string]any, key string) []string {
	var loose []string
	for _, operator := range []string{"StringEquals", "ArnEquals", "StringLike", "ArnLike"} {
		for _, k := range slices.Sorted(maps.Keys(all[operator])) {
			if !strings.EqualFold(k, key) {
				continue
			}
			v := all[operator][k]
			list, ok := v.([]any)
			if !ok {
				list = []any{v}
			}
			var values []string
			for _, x := range list {
				text, _ := x.(string)
				values = append(values, text)
			}
			if len(values) > 0 && !slices.ContainsFunc(values, wild) {
				return values
			}
			loose = append(loose, values...)
		}
	}
	return loose
}

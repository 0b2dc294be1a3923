package rds_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
)

// policied changes the function's policy, which admits Cognito by one statement.
func policied(old, new string) func(*world) {
	return func(w *world) { w.s.LambdaPolicy = strings.Replace(w.s.LambdaPolicy, old, new, 1) }
}

func anyPool(w *world) { w.o.UserPool = "" }

// TestVerdictsOfPolicy is what TestUnsafePolicy leaves: the same faults where no pool is named to compare with.
func TestVerdictsOfPolicy(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_pool"
	source := func(text string) func(*world) { return all(anyPool, policied(arn, text)) }
	const open = `{"Sid":"open","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction"}`
	const denial = `{"Sid":"no","Effect":"Deny","Principal":"*","Action":"*"}`
	verdicts(t, "lambda-policy", []variant{
		{"no pool is named", rds.Pass, anyPool},
		{"another pool", rds.Pass, source(strings.Replace(arn, "_pool", "_other", 1))},
		{"any pool", rds.Fail, source(strings.Replace(arn, "eu-central-1_pool", "*", 1))},
		{"any sign in a pool", rds.Fail, source(strings.Replace(arn, "_pool", "_poo?", 1))},
		{"a pool without a name", rds.Fail, source("")},
		{"half an ARN", rds.Fail, source("arn:aws:cognito-idp")},
		{"a pool of another service", rds.Fail, source(strings.Replace(arn, "cognito-idp", "s3", 1))},
		{"no pool of Cognito", rds.Fail, source(strings.Replace(arn, "userpool", "identitypool", 1))},
		{"a denial before everybody", rds.Fail, policied("]}", ","+denial+","+open+"]}")},
		{"everybody, and no effect is named", rds.Fail, policied(`"Statement":[`, `"Statement":[{"Sid":"open","Principal":"*","Action":"lambda:InvokeFunction"},`)},
		{"a condition of another kind before", rds.Pass, policied(`"ArnLike":{`, `"ArnLike":{"AWS:PrincipalArn":"arn:aws:iam::1:role/x",`)},
		{"the function may not be read", rds.Unknown, deny("lambda:GetFunctionConfiguration")},
		{"no function is named", rds.NotApplicable, func(w *world) { w.o.Lambda = "" }},
	})
}

func TestWordsOfPolicy(t *testing.T) {
	t.Parallel()
	const remove = "aws lambda remove-permission --function-name cruddur --statement-id "
	add := func(pool, account string) string {
		return "aws lambda add-permission --function-name cruddur --statement-id cognito-post-confirmation --action lambda:InvokeFunction --principal cognito-idp.amazonaws.com" +
			" --source-arn arn:aws:cognito-idp:eu-central-1:" + account + ":userpool/" + pool + " --source-account " + account
	}
	const pool, account = "eu-central-1_pool", "123456789012"
	none := func(w *world) { w.s.LambdaPolicy = "" }
	everybody := policied(`"Statement":[`, `"Statement":[{"Sid":"open","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction"},`)
	words(t, "lambda-policy", []wording{
		{"good", "1 statements", "", func(*world) {}},
		{"none", "no policy: Cognito cannot invoke it", add(pool, account), none},
		{"none, and no pool is named", "", add("POOL", account), all(none, anyPool)},
		{"none, and the account is not known", "", add(pool, "ACCOUNT"), all(none, func(w *world) { w.s.Fail(awsfake.Fault{Action: "GetCallerIdentity", Code: "AccessDenied"}) })},
		{"no statement", "no statement admits Cognito", add(pool, account), func(w *world) { w.s.LambdaPolicy = `{"Statement":[]}` }},
		{"everybody beside Cognito", `open admits "*"`, remove + "open", everybody},
		{"everybody", `cognito admits "*"`, remove + "cognito && " + add(pool, account), policied(`{"Service":"cognito-idp.amazonaws.com"}`, `"*"`)},
		{"any pool", "cognito names no user pool", "", policied("userpool/eu-central-1_pool", "userpool/*")},
		{"any account", "cognito names no account", "", policied(`"AWS:SourceAccount":"123456789012"`, `"AWS:SourceAccount":"1234*"`)},
		{"no account", "cognito names no account", "", policied(`"AWS:SourceAccount"`, `"AWS:Other"`)},
	})
	for region, want := range map[string]string{"cn-north-1": "arn:aws-cn:", "us-gov-west-1": "arn:aws-us-gov:", "us-east-1": "arn:aws:"} {
		w := goodWorld(t)
		none(w)
		c := config(w.s)
		c.Region = region
		w.c = rds.New(c)
		w.c.Now = w.s.Now
		if f := w.audit("lambda-policy").Findings[0]; !strings.Contains(f.Remedy, "--source-arn "+want+"cognito-idp:"+region) {
			t.Errorf("in %s: %s, want %s", region, f.Remedy, want)
		}
	}
}

func TestVerdictsOfFunction(t *testing.T) {
	t.Parallel()
	verdicts(t, "lambda-vpc", []variant{
		{"a database outside a VPC", rds.Pass, set(func(i *types.DBInstance) { i.DBSubnetGroup = nil })},
		{"a database whose VPC is not said", rds.Pass, set(func(i *types.DBInstance) { i.DBSubnetGroup.VpcId = nil })},
		{"two databases, one in the function's VPC", rds.Pass, func(w *world) {
			w.s.AddInstance(types.DBInstance{DBInstanceIdentifier: str("a"), Engine: str("postgres"), DBInstanceStatus: str("available"), DBSubnetGroup: &types.DBSubnetGroup{VpcId: str("vpc-0default")}})
		}},
		{"no function is named", rds.NotApplicable, func(w *world) { w.o.Lambda = "" }},
	})
	words(t, "lambda-vpc", []wording{
		{"good", "vpc-0private, eu-central-1a, eu-central-1b", "", func(*world) {}},
		{"elsewhere", "vpc-0default, eu-central-1a, eu-central-1b; the database is in vpc-0private", "", func(w *world) {
			w.s.Lambda["VpcConfig"] = m{"VpcId": "vpc-0default", "SubnetIds": []string{"subnet-0public1", "subnet-0public0"}}
		}},
		{"one subnet", "one subnet only", "", subnets("subnet-0private0")},
		{"one zone", "2 subnets, all of the zone eu-central-1a", "", subnets("subnet-0private0", "subnet-0private0")},
	})
	verdicts(t, "lambda-runtime", []variant{
		{"the day before its end", rds.Pass, until("2029-06-29T23:59:59Z")},
		{"at its end", rds.Fail, until("2029-06-30T00:00:00Z")},
		{"no function is named", rds.NotApplicable, func(w *world) { w.o.Lambda = "" }},
	})
}

package rds_test

import (
	"strings"
	"testing"
	"time"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

type m = map[string]any

func selectors(all ...m) func(*world) { return func(w *world) { w.s.TrailSelectors = all } }

func advanced(fields ...any) func(*world) {
	return func(w *world) {
		w.s.TrailAdvanced = nil
		for _, f := range fields {
			w.s.TrailAdvanced = append(w.s.TrailAdvanced, m{"FieldSelectors": f})
		}
	}
}

func trailed(key string, value any) func(*world) {
	return func(w *world) { w.s.Trails[0][key] = value }
}

func status(key string, value any) func(*world) {
	return func(w *world) { w.s.TrailStatus = m{key: value} }
}

func TestUnsafeTrail(t *testing.T) {
	t.Parallel()
	management := m{"Field": "eventCategory", "Equals": []string{"Management"}}
	readOnly := func(v string) m { return m{"Field": "readOnly", "Equals": []string{v}} }
	good := m{"IncludeManagementEvents": true, "ReadWriteType": "All"}
	atLeast(t, 10, "cloudtrail", []variant{
		{"no trail", rds.Fail, func(w *world) { w.s.Trails = nil }},
		{"one region", rds.Fail, trailed("IsMultiRegionTrail", false)},
		{"a shadow of a trail of another region alone", rds.Fail, func(w *world) {
			w.s.Trails[0]["IsMultiRegionTrail"], w.s.Trails[0]["HomeRegion"] = false, "us-east-1"
		}},
		{"a shadow whose trail is not to be asked", rds.Unknown, func(w *world) {
			w.s.Trails[0]["HomeRegion"] = "us-east-1"
			w.s.Fail(awsfake.Fault{Action: "GetTrailStatus", Code: "TrailNotFoundException", Message: "Unknown trail"})
		}},
		{"a shadow of a trail of all regions", rds.Pass, trailed("HomeRegion", "us-east-1")},
		{"stopped", rds.Fail, func(w *world) { w.s.TrailLogging = false }},
		{"without digests", rds.Warn, trailed("LogFileValidationEnabled", false)},
		{"nothing said of digests", rds.Warn, func(w *world) { delete(w.s.Trails[0], "LogFileValidationEnabled") }},
		{"delivery refused", rds.Fail, status("LatestDeliveryError", "AccessDenied")},
		{"the bucket is gone", rds.Fail, status("LatestDeliveryError", "NoSuchBucket")},
		{"digests refused", rds.Warn, status("LatestDigestDeliveryError", "AccessDenied")},
		{"no delivery for two days", rds.Fail, func(w *world) { w.s.TrailStatus = m{"LatestDeliveryTime": w.s.Now().Add(-48 * time.Hour).Unix()} }},
		{"a delivery 23 hours ago", rds.Pass, func(w *world) { w.s.TrailStatus = m{"LatestDeliveryTime": w.s.Now().Add(-23 * time.Hour).Unix()} }},
		{"started just now, nothing delivered", rds.Pass, func(w *world) {
			w.s.TrailStatus = m{"LatestDeliveryTime": nil, "StartLoggingTime": w.s.Now().Unix()}
		}},
		{"nothing said of deliveries", rds.Unknown, func(w *world) { w.s.TrailStatus = m{"LatestDeliveryTime": nil, "StartLoggingTime": nil} }},
		{"no selector", rds.Fail, selectors()},
		{"data events alone", rds.Fail, selectors(m{"IncludeManagementEvents": false, "ReadWriteType": "All"})},
		{"reads only", rds.Fail, selectors(m{"IncludeManagementEvents": true, "ReadWriteType": "ReadOnly"})},
		{"writes only", rds.Fail, selectors(m{"IncludeManagementEvents": true, "ReadWriteType": "WriteOnly"})},
		{"the RDS data API left out", rds.Fail, selectors(m{"IncludeManagementEvents": true, "ReadWriteType": "All", "ExcludeManagementEventSources": []string{"rdsdata.amazonaws.com"}})},
		{"reads, and writes but for KMS", rds.Fail, selectors(m{"IncludeManagementEvents": true, "ReadWriteType": "ReadOnly"},
			m{"IncludeManagementEvents": true, "ReadWriteType": "WriteOnly", "ExcludeManagementEventSources": []string{"kms.amazonaws.com"}})},
		{"two selectors together", rds.Pass, selectors(m{"IncludeManagementEvents": true, "ReadWriteType": "ReadOnly"}, m{"IncludeManagementEvents": true, "ReadWriteType": "WriteOnly"})},
		{"advanced: all", rds.Pass, advanced([]m{management})},
		{"advanced: reads only", rds.Fail, advanced([]m{management, readOnly("true")})},
		{"advanced: writes only", rds.Fail, advanced([]m{management, readOnly("false")})},
		{"advanced: reads and writes", rds.Pass, advanced([]m{management, readOnly("true")}, []m{management, readOnly("false")})},
		{"advanced: data events", rds.Fail, advanced([]m{{"Field": "eventCategory", "Equals": []string{"Data"}}, {"Field": "resources.type", "Equals": []string{"AWS::S3::Object"}}})},
		{"advanced: RDS left out", rds.Fail, advanced([]m{management, {"Field": "eventSource", "NotEquals": []string{"rds.amazonaws.com"}}})},
		{"advanced: one service", rds.Fail, advanced([]m{management, {"Field": "eventSource", "Equals": []string{"kms.amazonaws.com"}}})},
		{"advanced: one user left out", rds.Fail, advanced([]m{management, {"Field": "userIdentity.arn", "NotStartsWith": []string{"arn:aws:iam::123456789012:user/x"}}})},
		{"advanced: one name left out", rds.Fail, advanced([]m{management, {"Field": "eventName", "NotEquals": []string{"DeleteDBInstance"}}})},
		{"a bad trail before a good one", rds.Pass, func(w *world) {
			w.s.Trails = append([]map[string]any{{"Name": "one", "TrailARN": "arn:one", "IsMultiRegionTrail": false}}, w.s.Trails...)
		}},
		{"it cannot be read", rds.Unknown, func(w *world) { w.s.Deny("cloudtrail:GetEventSelectors") }},
		{"as it should be, said outright", rds.Pass, selectors(good)},
	})
}

func pattern(text string) func(*world) {
	return func(w *world) { w.s.EventRules[0]["EventPattern"] = text }
}

func target(arns ...string) func(*world) { return func(w *world) { w.s.Targets["rds"] = arns } }

// filtered takes the rule away and puts a metric filter with an alarm in its place.
func filtered(change func(*world)) func(*world) {
	return func(w *world) {
		w.s.EventRules = nil
		w.s.Trails[0]["CloudWatchLogsLogGroupArn"] = "arn:aws:logs:eu-central-1:123456789012:log-group:trail:*"
		w.s.MetricFilters = []map[string]any{{
			"filterName": "rds", "logGroupName": "trail", "metricTransformations": []m{{"metricName": "rds-changes", "metricNamespace": "cis"}},
			"filterPattern": `{ ($.eventSource = rds.amazonaws.com) && (($.eventName = DeleteDBInstance) || ($.eventName = ModifyDBInstance) || ($.eventName = "ModifyDBSnapshotAttribute")) }`,
		}}
		w.s.Alarms["rds-changes"] = []awsfake.Alarm{{Name: "changes", Enabled: true, Actions: []string{topic}}}
		change(w)
	}
}

func filter(text string) func(*world) {
	return filtered(func(w *world) { w.s.MetricFilters[0]["filterPattern"] = text })
}

func TestUnsafeAlarm(t *testing.T) {
	t.Parallel()
	const gone = "arn:aws:sns:eu-central-1:123456789012:gone"
	call := func(detail string) string {
		return `{"source":["aws.rds"],"detail-type":["AWS API Call via CloudTrail"],"detail":` + detail + `}`
	}
	atLeast(t, 10, "cloudtrail-alarm", []variant{
		{"no rule", rds.Fail, func(w *world) { w.s.EventRules = nil }},
		{"no target", rds.Fail, target()},
		{"disabled", rds.Fail, func(w *world) { w.s.EventRules[0]["State"] = "DISABLED" }},
		{"no state", rds.Fail, func(w *world) { delete(w.s.EventRules[0], "State") }},
		{"with reads too", rds.Pass, func(w *world) { w.s.EventRules[0]["State"] = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" }},
		{"the topic is gone", rds.Fail, target(gone)},
		{"a good target beside one that is gone", rds.Pass, target(gone, topic)},
		{"nobody is subscribed", rds.Fail, func(w *world) { w.s.Topics[topic] = 0 }},
		{"the function is gone", rds.Fail, func(w *world) {
			w.s.Lambda = nil
			w.s.Targets["rds"] = []string{"arn:aws:lambda:eu-central-1:123456789012:function:gone"}
		}},
		{"a function", rds.Pass, target("arn:aws:lambda:eu-central-1:123456789012:function:tell")},
		{"the queue is gone", rds.Fail, target("arn:aws:sqs:eu-central-1:123456789012:gone")},
		{"a queue", rds.Pass, func(w *world) { w.s.Queues = []string{"q"}; target("arn:aws:sqs:eu-central-1:123456789012:q")(w) }},
		{"the log group is gone", rds.Fail, target("arn:aws:logs:eu-central-1:123456789012:log-group:/aws/events/gone")},
		{"a log group", rds.Pass, func(w *world) {
			w.s.LogGroups = []string{"/aws/events/rds"}
			target("arn:aws:logs:eu-central-1:123456789012:log-group:/aws/events/rds")(w)
		}},
		{"a target that nobody can look at", rds.Unknown, target("arn:aws:states:eu-central-1:123456789012:stateMachine:x")},
		{"a target that is no ARN", rds.Unknown, target("tell me")},
		{"snapshot events alone", rds.Fail, pattern(`{"source":["aws.rds"],"detail-type":["RDS DB Snapshot Event"]}`)},
		{"another service", rds.Fail, pattern(`{"source":["aws.ec2"]}`)},
		{"another service, RDS in a name", rds.Fail, pattern(`{"source":["aws.ec2"],"detail":{"eventName":["aws.rds","rds.amazonaws.com"]}}`)},
		{"deletions alone", rds.Fail, pattern(call(`{"eventName":["DeleteDBInstance"]}`))},
		{"reads alone", rds.Fail, pattern(call(`{"eventName":["DescribeDBInstances"]}`))},
		{"all but the deletion", rds.Fail, pattern(call(`{"eventName":[{"anything-but":["DeleteDBInstance"]}]}`))},
		{"another region", rds.Fail, pattern(`{"source":["aws.rds"],"region":["us-east-1"]}`)},
		{"another account", rds.Fail, pattern(`{"source":["aws.rds"],"account":["999999999999"]}`)},
		{"an operator that is not known", rds.Fail, pattern(`{"source":[{"numeric":[">",1]}]}`)},
		{"a field that is never there", rds.Fail, pattern(call(`{"errorCode":[{"exists":true}]}`))},
		{"no pattern", rds.Fail, func(w *world) { delete(w.s.EventRules[0], "EventPattern") }},
		{"an empty pattern", rds.Fail, pattern(`{}`)},
		{"a broken pattern", rds.Fail, pattern(`{"source":["aws.rds"`)},
		{"the printed one", rds.Pass, pattern(`{"source":["aws.rds"],"detail":{"eventSource":["rds.amazonaws.com"],"eventName":["DeleteDBInstance","ModifyDBInstance","ModifyDBSnapshotAttribute"]}}`)},
		{"by prefix and suffix", rds.Pass, pattern(call(`{"eventName":[{"prefix":"DeleteDB"},{"wildcard":"Modify*"}]}`))},
		{"by either", rds.Pass, pattern(`{"$or":[{"source":["aws.rds"]},{"source":["aws.ec2"]}]}`)},
		{"two rules together", rds.Pass, func(w *world) {
			pattern(call(`{"eventName":["DeleteDBInstance"]}`))(w)
			w.s.EventRules = append(w.s.EventRules, m{"Name": "more", "State": "ENABLED", "EventPattern": call(`{"eventName":[{"prefix":"Modify"}]}`)})
			w.s.Targets["more"] = []string{topic}
		}},
		{"it cannot be read", rds.Unknown, func(w *world) { w.s.Deny("events:ListTargetsByRule") }},
	})
}

func TestUnsafeFilter(t *testing.T) {
	t.Parallel()
	const gone = "arn:aws:sns:eu-central-1:123456789012:gone"
	atLeast(t, 10, "cloudtrail-alarm", []variant{
		{"filter and alarm", rds.Pass, filtered(func(*world) {})},
		{"filter of all of RDS", rds.Pass, filter(`{ $.eventSource = "rds.amazonaws.com" }`)},
		{"filter without alarm", rds.Fail, filtered(func(w *world) { w.s.Alarms = nil })},
		{"alarm without action", rds.Fail, filtered(func(w *world) { w.s.Alarms["rds-changes"][0].Actions = nil })},
		{"alarm switched off", rds.Fail, filtered(func(w *world) { w.s.Alarms["rds-changes"][0].Enabled = false })},
		{"alarm to a topic that is gone", rds.Fail, filtered(func(w *world) { w.s.Alarms["rds-changes"][0].Actions = []string{gone} })},
		{"filter on another log group", rds.Fail, filtered(func(w *world) { w.s.MetricFilters[0]["logGroupName"] = "other" })},
		{"filter of reads", rds.Fail, filter(`{ $.eventName = "DescribeDBInstances" }`)},
		{"filter of all but the deletion", rds.Fail, filter(`{ ($.eventSource = rds.amazonaws.com) && ($.eventName != DeleteDBInstance) }`)},
		{"filter of one user", rds.Fail, filter(`{ ($.eventSource = rds.amazonaws.com) && ($.userIdentity.userName = anna) }`)},
		{"filter of another service", rds.Fail, filter(`{ $.eventSource = "ec2.amazonaws.com" }`)},
		{"filter of another service, the name first", rds.Fail, filter(`{ ($.eventName = Delete*) && ($.eventSource = "ec2.amazonaws.com") }`)},
		{"filter with a condition that is not read", rds.Fail, filter(`{ ($.eventSource = rds.amazonaws.com) && ($.errorCode NOT EXISTS) }`)},
		{"words, not a filter", rds.Fail, filter(`rds.amazonaws.com DBInstance`)},
	})
}

func subnets(ids ...string) func(*world) {
	return func(w *world) { w.s.Lambda["VpcConfig"] = m{"VpcId": "vpc-0private", "SubnetIds": ids} }
}

func TestUnsafeLambda(t *testing.T) {
	t.Parallel()
	more := func(id, vpc, zone string) func(*world) {
		return func(w *world) {
			w.s.Subnets = append(w.s.Subnets, ec2query.Subnet{ID: id, VpcID: vpc, Zone: zone})
			subnets("subnet-0private0", id)(w)
		}
	}
	atLeast(t, 10, "lambda-vpc", []variant{
		{"no VPC", rds.Fail, func(w *world) { w.s.Lambda["VpcConfig"] = m{} }},
		{"nothing said of a VPC", rds.Fail, func(w *world) { delete(w.s.Lambda, "VpcConfig") }},
		{"subnets, but no VPC", rds.Fail, func(w *world) {
			w.s.Lambda["VpcConfig"] = m{"SubnetIds": []string{"subnet-0private0", "subnet-0private1"}}
		}},
		{"no subnet", rds.Fail, subnets()},
		{"one subnet", rds.Fail, subnets("subnet-0private0")},
		{"one subnet, twice", rds.Fail, subnets("subnet-0private0", "subnet-0private0")},
		{"two subnets of one zone", rds.Fail, more("subnet-0other", "vpc-0private", "eu-central-1a")},
		{"two subnets, one without a zone", rds.Unknown, more("subnet-0other", "vpc-0private", "")},
		{"two subnets, one unknown", rds.Unknown, subnets("subnet-0private0", "subnet-0gone")},
		{"subnets that may not be read", rds.Unknown, func(w *world) { w.s.Deny("ec2:DescribeSubnets") }},
		{"another VPC than the database's", rds.Warn, func(w *world) {
			w.s.Lambda["VpcConfig"] = m{"VpcId": "vpc-0default", "SubnetIds": []string{"subnet-0public0", "subnet-0public1"}}
		}},
		{"a function that is gone", rds.Unknown, func(w *world) { w.s.Lambda = nil }},
		{"three zones", rds.Pass, subnets("subnet-0private0", "subnet-0private1", "subnet-0private2")},
	})
}

func TestUnsafeRuntime(t *testing.T) {
	t.Parallel()
	runtime := func(name string) func(*world) { return func(w *world) { w.s.Lambda["Runtime"] = name } }
	atLeast(t, 10, "lambda-runtime", []variant{
		{"python3.8", rds.Fail, runtime("python3.8")},
		{"python3.9", rds.Fail, runtime("python3.9")},
		{"python3.10", rds.Fail, runtime("python3.10")},
		{"provided.al2", rds.Fail, runtime("provided.al2")},
		{"provided", rds.Fail, runtime("provided")},
		{"go1.x", rds.Fail, runtime("go1.x")},
		{"nodejs18.x", rds.Fail, runtime("nodejs18.x")},
		{"java8.al2", rds.Fail, runtime("java8.al2")},
		{"dotnet6", rds.Fail, runtime("dotnet6")},
		{"dotnet8, whose end was this month", rds.Fail, runtime("dotnet8")},
		{"ruby3.2", rds.Fail, runtime("ruby3.2")},
		{"supported, but not ours", rds.Warn, runtime("python3.13")},
		{"a later one", rds.Unknown, runtime("provided.al2027")},
		{"in capitals", rds.Unknown, runtime("PROVIDED.AL2023")},
		{"nothing said", rds.Unknown, func(w *world) { delete(w.s.Lambda, "Runtime") }},
		{"an image", rds.NotApplicable, func(w *world) { w.s.Lambda = m{"PackageType": "Image"} }},
		{"the function is gone", rds.Unknown, func(w *world) { w.s.Lambda = nil }},
	})
}

func TestUnsafePolicy(t *testing.T) {
	t.Parallel()
	const sound = `{"Sid":"cognito","Effect":"Allow","Principal":{"Service":"cognito-idp.amazonaws.com"},"Action":"lambda:InvokeFunction","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_pool"},"StringEquals":{"AWS:SourceAccount":"123456789012"}}}`
	policy := func(statements ...string) func(*world) {
		return func(w *world) { w.s.LambdaPolicy = `{"Statement":[` + strings.Join(statements, ",") + `]}` }
	}
	change := func(old, new string) func(*world) { return policy(strings.Replace(sound, old, new, 1)) }
	atLeast(t, 10, "lambda-policy", []variant{
		{"none", rds.Fail, func(w *world) { w.s.LambdaPolicy = "" }},
		{"no statement", rds.Fail, policy()},
		{"everybody", rds.Fail, change(`{"Service":"cognito-idp.amazonaws.com"}`, `"*"`)},
		{"everybody beside Cognito", rds.Fail, change(`{"Service"`, `{"AWS":"*","Service"`)},
		{"two services", rds.Fail, change(`"cognito-idp.amazonaws.com"`, `["cognito-idp.amazonaws.com","s3.amazonaws.com"]`)},
		{"everybody but one", rds.Fail, change(`"Principal"`, `"NotPrincipal"`)},
		{"an account", rds.Fail, change(`{"Service":"cognito-idp.amazonaws.com"}`, `{"AWS":"arn:aws:iam::999999999999:root"}`)},
		{"every action", rds.Fail, change(`"lambda:InvokeFunction"`, `"lambda:*"`)},
		{"two actions", rds.Fail, change(`"lambda:InvokeFunction"`, `["lambda:InvokeFunction","lambda:UpdateFunctionCode"]`)},
		{"no action", rds.Fail, change(`"Action":"lambda:InvokeFunction",`, ``)},
		{"no pool", rds.Fail, change(`"AWS:SourceArn"`, `"AWS:Other"`)},
		{"any pool", rds.Fail, change(`userpool/eu-central-1_pool`, `userpool/*`)},
		{"any pool by one sign", rds.Fail, change(`_pool"`, `_poo?"`)},
		{"another pool", rds.Fail, change(`_pool"`, `_other"`)},
		{"every pool but ours", rds.Fail, change(`"ArnLike"`, `"ArnNotLike"`)},
		{"a pool if one is named", rds.Fail, change(`"ArnLike"`, `"ArnLikeIfExists"`)},
		{"no account named", rds.Fail, change(`,"StringEquals":{"AWS:SourceAccount":"123456789012"}`, ``)},
		{"another account", rds.Fail, change(`"AWS:SourceAccount":"123456789012"`, `"AWS:SourceAccount":"999999999999"`)},
		{"another account's pool", rds.Fail, policy(strings.ReplaceAll(sound, "123456789012", "999999999999"))},
		{"not a pool", rds.Fail, change(`arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_pool`, `arn:aws:s3:::eu-central-1_pool`)},
		{"two pools, one of them ours", rds.Fail, change(`"arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_pool"`, `["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_pool","arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_x"]`)},
		{"a second statement for everybody", rds.Fail, policy(sound, `{"Sid":"open","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction"}`)},
		{"no effect", rds.Pass, policy(sound, `{"Sid":"none","Effect":"Deny","Principal":"*","Action":"lambda:InvokeFunction"}`)},
		{"in capitals and in a list", rds.Pass, change(`"AWS:SourceArn":"arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_pool"`, `"aws:sourcearn":["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_pool"]`)},
		{"not JSON", rds.Unknown, func(w *world) { w.s.LambdaPolicy = "{" }},
	})
}

package rds_test

import (
	"strings"
	"testing"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
)

// TestEventPatterns holds each operator to what EventBridge makes of it: a value that it admits, one that it
// does not, an operand of another kind, and a field that the event does not have.
func TestEventPatterns(t *testing.T) {
	t.Parallel()
	var all []variant
	for operator, test := range map[string]struct{ admits, refuses, absent string }{
		"prefix":             {`"rds."`, `"ec2."`, `"x"`},
		"suffix":             {`".com"`, `".org"`, `"x"`},
		"equals-ignore-case": {`"RDS.Amazonaws.com"`, `"ec2.amazonaws.com"`, `"x"`},
		"wildcard":           {`"rds.*"`, `"ec2.*"`, `"*"`},
		"anything-but":       {`"ec2.amazonaws.com"`, `"rds.amazonaws.com"`, `"x"`},
	} {
		detail := func(field, operand string) func(*world) {
			return pattern(`{"source":["aws.rds"],"detail":{"` + field + `":[{"` + operator + `":` + operand + `}]}}`)
		}
		all = append(
			all,
			variant{operator + " that admits", rds.Pass, detail("eventSource", test.admits)},
			variant{operator + " that does not", rds.Fail, detail("eventSource", test.refuses)},
			variant{operator + " of a number", rds.Fail, detail("eventSource", "1")},
			variant{operator + " of a field that is not there", rds.Fail, detail("errorCode", test.absent)},
		)
	}
	all = append(
		all,
		variant{"anything but a list", rds.Pass, pattern(`{"source":[{"anything-but":["aws.ec2","aws.s3"]}]}`)},
		variant{"anything but a list, of a field that is not there", rds.Fail, pattern(`{"detail":{"errorCode":[{"anything-but":["x"]}]}}`)},
		variant{"two operators in one", rds.Fail, pattern(`{"source":[{"prefix":"aws.","suffix":".rds"}]}`)},
		variant{"not there, and it is not", rds.Pass, pattern(`{"source":["aws.rds"],"detail":{"errorCode":[{"exists":false}]}}`)},
		variant{"not there, and it is", rds.Fail, pattern(`{"source":[{"exists":false}]}`)},
		variant{"an alternative that is none", rds.Fail, pattern(`{"source":["aws.rds"],"$or":["aws.rds"]}`)},
		variant{"an alternative beside a list", rds.Fail, pattern(`{"source":["aws.ec2"],"$or":[{"account":["123456789012"]}]}`)},
		variant{"a value that is no list", rds.Fail, pattern(`{"source":"aws.rds"}`)},
		variant{"a text where fields are wanted", rds.Fail, pattern(`{"source":{"name":["aws.rds"]}}`)},
	)
	verdicts(t, "cloudtrail-alarm", all)
}

func TestVerdictsOfFilters(t *testing.T) {
	t.Parallel()
	term := func(text string) string { return `{ ($.eventSource = rds.amazonaws.com) && ` + text + ` }` }
	verdicts(t, "cloudtrail-alarm", []variant{
		{"a name with a star", rds.Pass, filter(term(`(($.eventName = Delete*) || ($.eventName = Modify*))`))},
		{"a name of reads alone", rds.Fail, filter(term(`($.eventName = Describe*)`))},
		{"all but RDS", rds.Fail, filter(`{ $.eventSource != rds.amazonaws.com }`)},
		{"names without a source", rds.Pass, filter(`{ ($.eventName = DeleteDBInstance) || ($.eventName = ModifyDB*) }`)},
		{"its alarms may not be read", rds.Unknown, filtered(func(w *world) { w.s.Deny("monitoring:DescribeAlarmsForMetric") })},
		{"its trails may not be read", rds.Unknown, filtered(func(w *world) { w.s.Deny("cloudtrail:DescribeTrails") })},
		{"rules may not be read, and a filter tells", rds.Pass, filtered(func(w *world) { w.s.Deny("events:ListRules") })},
		{"rules tell, and filters may not be read", rds.Pass, deny("logs:DescribeMetricFilters")},
		{"a group whose name is longer", rds.Fail, filtered(func(w *world) {
			w.s.Trails[0]["CloudWatchLogsLogGroupArn"] = "arn:aws:logs:eu-central-1:123456789012:log-group:trail-2:*"
		})},
		{"a group without the star", rds.Pass, filtered(func(w *world) {
			w.s.Trails[0]["CloudWatchLogsLogGroupArn"] = strings.TrimSuffix(w.s.Trails[0]["CloudWatchLogsLogGroupArn"].(string), ":*")
		})},
		{"a good action behind one that is gone", rds.Pass, filtered(func(w *world) {
			w.s.Alarms["rds-changes"][0].Actions = []string{topic + "-gone", topic}
		})},
		{"a good alarm behind one that is off", rds.Pass, filtered(func(w *world) {
			w.s.Alarms["rds-changes"] = append([]awsfake.Alarm{{Name: "off", Actions: []string{topic}}}, w.s.Alarms["rds-changes"]...)
		})},
	})
}

func TestWordsOfAlarms(t *testing.T) {
	t.Parallel()
	const names = "DeleteDBInstance, ModifyDBInstance, ModifyDBSnapshotAttribute"
	const told = "nobody is told of " + names + ": "
	alarms := func(all ...awsfake.Alarm) func(*world) {
		return filtered(func(w *world) { w.s.Alarms["rds-changes"] = all })
	}
	words(t, "cloudtrail-alarm", []wording{
		{"a rule", "EventBridge rule rds", "", func(*world) {}},
		{"nothing", "neither a metric filter with an alarm nor an EventBridge rule tells of " + names, "", func(w *world) { w.s.EventRules = nil }},
		{"no target", told + "rule rds has no target", "", target()},
		{"gone", told + "rule rds: topic alarms-gone is gone", "", target(topic + "-gone")},
		{"nobody listens", told + "rule rds: nobody is subscribed to topic alarms", "", func(w *world) { w.s.Topics[topic] = 0 }},
		{"off", told + "rule rds is disabled", "", func(w *world) { w.s.EventRules[0]["State"] = "DISABLED" }},
		{"a filter", "metric filter rds and alarm changes", "", filtered(func(*world) {})},
		{"no alarm", told + "metric filter rds has no alarm", "", alarms()},
		{"an alarm without an action", told + "alarm a has no action", "", alarms(awsfake.Alarm{Name: "a", Enabled: true})},
		{"an alarm that is off", told + "alarm a has no action", "", alarms(awsfake.Alarm{Name: "a", Actions: []string{topic}})},
		{"an alarm to a topic that is gone", told + "alarm a: topic alarms-gone is gone", "", alarms(awsfake.Alarm{Name: "a", Enabled: true, Actions: []string{topic + "-gone"}})},
		{"one of three", "nobody is told of ModifyDBInstance, ModifyDBSnapshotAttribute: rule more is disabled", "", func(w *world) {
			pattern(`{"detail":{"eventName":["DeleteDBInstance"]}}`)(w)
			ruled("more", "DISABLED", topic)(w)
		}},
		{"two rules", "EventBridge rule rds, EventBridge rule more", "", func(w *world) {
			pattern(`{"detail":{"eventName":["DeleteDBInstance"]}}`)(w)
			ruled("more", "ENABLED", topic)(w)
		}},
	})
}

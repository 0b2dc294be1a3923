package main

// gremlinsPackage is a package whose operators gremlins swaps.
type gremlinsPackage struct {
	dir   string
	files []string // only these files; none: all
	tests string   // the tests that are about these files, where all would take long
	skip  string   // tests that say nothing about these lines and take long
}

// packages are the packages with decisions: rules, limits, rights. The tests in the same folder must test each
// threshold.
var packages = []gremlinsPackage{
	{dir: ".", skip: "^(TestImports|TestFilesAreWrittenInOnePlace|TestNumbersAreTheSameEverywhere|TestPagesWriteNoNumbers|TestDocumentationLeadsSomewhere)$"},
	{dir: "internal/feed"},
	{dir: "internal/sweep"},
	{dir: "internal/ratelimit"},
	{dir: "internal/request"},
	{dir: "internal/identity"},
	{dir: "internal/identity/local"},
	{dir: "internal/cli/guard"},
	{
		dir: "internal/dbadmin", files: []string{"place.go", "judge.go", "target.go", "session.go", "marker.go"},
		tests: "^Test(WhatIsProtected|DatabaseIs|NamedTargets|SamePlace|Judge|WhyNot|Questions|OnlyOurs|InUse|Session|UnlessProduction|Marker|Protect|Remark|Compare|Elsewhere|OwnAddress)",
	},
	{
		dir: "internal/rds", files: []string{
			"audit.go", "audit_access.go", "audit_account.go", "audit_alarm.go", "audit_maintenance.go", "audit_checks.go", "audit_lambda.go",
			"audit_network.go", "audit_ranges.go", "audit_remedy.go", "audit_snapshots.go", "audit_storage.go", "audit_tls.go", "audit_trail.go",
		},
		tests: "^Test(Audit|Certificate|Each|Engines|EventPatterns|Fix|Floors|MoreThan|Named|Odd|OrderOf|Private|Remedies|Replicas|SameIn|Severities|Stopped|Unknown|Unsafe|Upgrades|Verdicts|Words)",
	},
}

// same is a mutant that changes nothing that a test could see, with the argument for it. It is identified by the
// line's text, because line numbers change.
type same struct {
	file, line string // the line as it stands there, without the space around it
	kind       string // as gremlins names it
	because    string
}

var sames = []same{
	{"internal/ratelimit/ratelimit.go", "if i == 0 || u.Rule.Count < s.Remaining {", "CONDITIONALS_BOUNDARY", "of two with as much left either may be told"},
	{"internal/ratelimit/ratelimit.go", "if i == 0 || left.Remaining < s.Remaining {", "CONDITIONALS_BOUNDARY", "of two with as much left either may be told"},
	{"internal/ratelimit/table.go", "least, place := per+1, 0", "ARITHMETIC_BASE", "differs where each key of a set owes all but a nanosecond"},
	{"internal/request/forwarded.go", `if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {`, "CONDITIONALS_BOUNDARY", "two quotation marks are no address, with and without them"},
	{"internal/request/forwarded.go", `if lines := h["Forwarded"]; len(lines) > 0 {`, "CONDITIONALS_BOUNDARY", "no line reads as an empty one, which names no protocol"},
	{"internal/request/forwarded.go", "case len(newer) > 0:", "CONDITIONALS_BOUNDARY", "no line reads as an empty one, which names no client"},
	{"internal/rds/audit_ranges.go", "continue // admits a security group", "INVERT_LOOPCTRL", "a rule that admits a group has no other range: the loop is over either way"},
	{"internal/rds/audit_maintenance.go", "if slices.Compare(numbers(a), numbers(b)) < 0 {", "CONDITIONALS_BOUNDARY", "of two versions with the same numbers either may be named"},
	{"internal/rds/audit_snapshots.go", `all = append(all, kept{aws.ToString(sn.DBClusterSnapshotIdentifier), true, kind == "awsbackup", sn.StorageEncrypted})`, "CONDITIONALS_NEGATION", "no command encrypts a cluster's snapshot, whoever made it"},
}

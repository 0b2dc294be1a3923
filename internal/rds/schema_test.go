package rds_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
)

// schema compiles a JSON schema. testdata/sarif-2.1.0.schema.json is that of OASIS, unchanged, from
// the npm package @microsoft/jest-sarif 1.0.0-beta.0 (MIT).
func schema(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(s *jsonschema.Schema, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

// reports are a good, a bad and an unreadable audit.
func reports(t *testing.T) map[string]*rds.Report {
	t.Helper()
	out := map[string]*rds.Report{}
	audit := func(name string, c *rds.Client) {
		r, err := c.Audit(t.Context(), rds.AuditOptions{Lambda: "cruddur"})
		if err != nil {
			t.Fatal(err)
		}
		out[name] = r
	}
	s, c := start(t)
	healthy(s)
	create(t, c, rds.Prod)
	audit("good", c)

	s, c = start(t)
	in := parse(t, courseCommand)
	in.EngineVersion = aws.String("14.20")
	if _, err := api(s).CreateDBInstance(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	s.Advance(2 * awsfake.Creating)
	audit("bad", c)

	s, c = start(t)
	create(t, c, rds.Prod)
	s.Deny("ec2:*", "sts:*", "kms:*", "logs:*", "cloudtrail:*", "guardduty:*")
	audit("unreadable", c)
	return out
}

func TestReportSchema(t *testing.T) {
	t.Parallel()
	s := schema(t, "report.schema.json")
	for name, r := range reports(t) {
		if err := validate(s, r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := reports(t)["bad"]
	bad.Findings[0].State = "GREEN"
	if validate(s, bad) == nil {
		t.Error("the schema accepts a state that does not exist")
	}
}

func TestSARIFSchema(t *testing.T) {
	t.Parallel()
	s := schema(t, "testdata/sarif-2.1.0.schema.json")
	for name, r := range reports(t) {
		log := r.SARIF("1.2.3")
		if err := validate(s, log); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// What the schema cannot say: the index points at the rule, and a level goes with kind fail only.
		for _, run := range log.Runs {
			if len(run.Results) != len(r.Findings) {
				t.Errorf("%s: %d results, want %d", name, len(run.Results), len(r.Findings))
			}
			for i, x := range run.Results {
				if run.Tool.Driver.Rules[x.RuleIndex].ID != x.RuleID {
					t.Errorf("%s: rule index of %s points at %s", name, x.RuleID, run.Tool.Driver.Rules[x.RuleIndex].ID)
				}
				if (x.Level != "none") != (x.Kind == "fail") {
					t.Errorf("%s: %s has kind %s and level %s", name, x.RuleID, x.Kind, x.Level)
				}
				if r.Findings[i].State == rds.Unknown && x.Kind != "open" {
					t.Errorf("%s: %s is unknown and told as %s", name, x.RuleID, x.Kind)
				}
			}
		}
	}
	log := reports(t)["bad"].SARIF("")
	log.Runs[0].Results[0].Level = "fatal"
	if validate(s, log) == nil {
		t.Error("the schema accepts a level that does not exist")
	}
}

func TestMarkdownGolden(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := reports(t)["bad"].Markdown(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "audit-bad.md", b.String())
}

// TestTable holds the table of checks together: every row whole, names once, fix only where the
// remedy interrupts nothing.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range rds.Checks() {
		for what, s := range map[string]string{"title": k.Title, "expected": k.Expected, "why": k.Why, "fix": k.Fix, "downtime": k.Downtime, "severity": string(k.Severity)} {
			if s == "" {
				t.Errorf("%s has no %s", k.ID, what)
			}
		}
		for _, n := range append(slices.Clone(k.Aliases), k.ID) {
			if seen[n] {
				t.Errorf("%s stands twice", n)
			}
			seen[n] = true
			if !rds.IsCheck(strings.ToUpper(n)) {
				t.Errorf("%s is not found", n)
			}
		}
		if k.Harmless() && !strings.HasPrefix(k.Downtime, "none") {
			t.Errorf("%s is fixed without a person, but interrupts: %s", k.ID, k.Downtime)
		}
	}
	// The PostgreSQL rows of Security Hub's list that apply to an instance.
	for _, id := range []string{"RDS.1", "RDS.2", "RDS.3", "RDS.4", "RDS.5", "RDS.6", "RDS.8", "RDS.9", "RDS.10", "RDS.11", "RDS.13", "RDS.17", "RDS.20", "RDS.21", "RDS.22", "RDS.23", "RDS.25", "RDS.26", "RDS.30", "RDS.36", "RDS.38", "RDS.43", "RDS.46"} {
		if !rds.IsCheck(id) {
			t.Errorf("no check for %s", id)
		}
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, p := range rds.Policies {
		text, err := rds.Policy(p.Name, rds.PolicyValues{Regions: []string{"eu-central-1"}, User: "cruddur_app", Account: "123456789012"})
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		var doc struct {
			Version   string
			Statement []struct{ Sid, Effect string }
		}
		if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Version != "2012-10-17" || len(doc.Statement) == 0 {
			t.Errorf("%s is no policy: %v", p.Name, err)
		}
		limit := 6144 // characters without spaces, of a managed policy; an SCP has 10240
		if n := len(strings.Join(strings.Fields(text), "")); n > limit {
			t.Errorf("%s has %d characters, more than %d", p.Name, n, limit)
		}
		for _, s := range doc.Statement {
			if want := map[string]string{"SCP": "Deny", "IAM": "Allow"}[p.Kind]; s.Effect != want {
				t.Errorf("%s: %s is %s, want %s", p.Name, s.Sid, s.Effect, want)
			}
		}
		golden(t, "policy-"+p.Name+".json", text)
	}
	for name, v := range map[string]rds.PolicyValues{"region-lock": {}, "connect": {}, "nonsense": {}} {
		if _, err := rds.Policy(name, v); err == nil {
			t.Errorf("Policy(%s) = nil, want what is missing", name)
		}
	}
}

// TestAuditPolicyIsEnough records every call of an audit and of the tool, and wants each allowed by the
// policy that the tool prints for it.
func TestAuditPolicyIsEnough(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	healthy(s)
	create(t, c, rds.Prod)
	made := s.Actions()
	if _, err := c.Audit(t.Context(), rds.AuditOptions{Lambda: "cruddur"}); err != nil {
		t.Fatal(err)
	}
	audit := s.Actions()
	for name, actions := range map[string][]string{"tool": append(made, audit...), "audit": audit} {
		text, err := rds.Policy(name, rds.PolicyValues{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range actions {
			if a == "sts:GetCallerIdentity" { // needs no permission
				continue
			}
			if !strings.Contains(text, `"`+a+`"`) {
				t.Errorf("policy %s does not allow %s", name, a)
			}
		}
	}
}

package rds_test

import (
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

// world is an account in which every check passes or does not apply, until a test changes something.
type world struct {
	t *testing.T
	s *awsfake.Server
	c *rds.Client
	i *rds.Instance
	o rds.AuditOptions
}

const ownKey = "arn:aws:kms:eu-central-1:123456789012:key/own"

// template is the good world's instance; every test works on a copy.
var template struct {
	sync.Mutex
	s *awsfake.Server
	i rds.Instance
}

func goodWorld(t *testing.T) *world {
	t.Helper()
	template.Lock()
	defer template.Unlock()
	if template.s == nil {
		s, c := start(t)
		healthy(s)
		i := create(t, c, rds.Prod, "kms-key-id", ownKey, "monitoring-interval", "60", "monitoring-role-arn", "arn:aws:iam::123456789012:role/rds-monitoring")
		if _, err := c.Snapshot(t.Context(), i.ID, ""); err != nil {
			t.Fatal(err)
		}
		s.Advance(8 * 24 * time.Hour)
		template.s, template.i = s, *i
	}
	s, c := start(t)
	healthy(s)
	s.Adopt(template.s)
	i := template.i
	return &world{t, s, c, &i, rds.AuditOptions{
		AllowedRegions: []string{"eu-central-1"}, Lambda: "cruddur", UserPool: "eu-central-1_pool",
		Connection: &rds.Connection{Host: i.Host, User: "cruddur_app", SSLMode: "verify-full"}, Database: inspector{},
	}}
}

func (w *world) audit(checks ...string) *rds.Report {
	w.t.Helper()
	w.o.Checks = checks
	r, err := w.c.Audit(w.t.Context(), w.o)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// db changes the instance behind the tool's back.
func (w *world) db(change func(*types.DBInstance)) { w.s.Instance(w.i.ID, change) }

// rule admits somebody to the instance's port.
func (w *world) rule(rules ...ec2query.Rule) {
	for _, r := range rules {
		r.GroupID = w.i.Groups[0]
		if r.Protocol == "" {
			r.Protocol = "tcp"
		}
		if r.FromPort == 0 {
			r.FromPort, r.ToPort = int(w.i.Port), int(w.i.Port)
		}
		if r.Description == "" {
			r.Description = "somebody"
		}
		w.s.AddRule(r)
	}
}

func (w *world) cidrs(all ...string) {
	for _, c := range all {
		w.rule(ec2query.Rule{CIDR: c})
	}
}

func (w *world) cidrs6(all ...string) {
	for _, c := range all {
		w.rule(ec2query.Rule{CIDRv6: c})
	}
}

// variant is the good world with one change, and what the check then says.
type variant struct {
	name   string
	want   rds.State
	change func(*world)
}

// verdicts runs the variants of one check. The unchanged world passes it.
func verdicts(t *testing.T, check string, variants []variant) {
	t.Helper()
	t.Run(check, func(t *testing.T) {
		t.Parallel()
		for _, v := range append([]variant{{"good", rds.Pass, func(*world) {}}}, variants...) {
			t.Run(v.name, func(t *testing.T) {
				t.Parallel()
				w := goodWorld(t)
				v.change(w)
				r := w.audit(check)
				if got := state(r, check); got != v.want {
					t.Errorf("%s = %s, want %s\n%s", check, got, v.want, lines(r))
				}
				for _, f := range r.Findings {
					if (f.State == rds.Fail || f.State == rds.Warn) && f.Remedy == "" {
						t.Errorf("%s says %s and no remedy", check, f.Observed)
					}
				}
			})
		}
	})
}

// atLeast wants n variants that do not pass.
func atLeast(t *testing.T, n int, check string, variants []variant) {
	t.Helper()
	unsafe := 0
	for _, v := range variants {
		if v.want != rds.Pass {
			unsafe++
		}
	}
	if unsafe < n {
		t.Errorf("%s has %d unsafe variants, want %d", check, unsafe, n)
	}
	verdicts(t, check, variants)
}

func str(s string) *string { return aws.String(s) }

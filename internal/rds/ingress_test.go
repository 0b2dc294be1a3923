package rds_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/rds"
	"cruddur/internal/rds/ec2query"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestAllowIP(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	i := create(t, c, rds.Dev)
	group := i.Groups[0]
	changes := func() []string {
		return s.Calls("DescribeDBInstances", "DescribeSecurityGroupRules")
	}
	allow := func(ip string, ttl time.Duration) *rds.Allowed {
		t.Helper()
		out, err := c.AllowIP(t.Context(), rds.Allow{Who: "anna", Address: addr(ip), TTL: ttl})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	s.Calls()

	first := allow("198.51.100.7", 8*time.Hour)
	if first.Old != "" || first.New != "198.51.100.7/32" || first.Port != rds.DefaultPort || !first.Changed {
		t.Errorf("first = %+v, want a new rule for the instance's own port", first)
	}
	if got := changes(); !slices.Equal(got, []string{"AuthorizeSecurityGroupIngress"}) {
		t.Errorf("calls = %v", got)
	}
	rules := s.Rules(group)
	if len(rules) != 1 || rules[0].Description == "" || ec2query.TagOf(rules[0].Tags, "cruddur:who") != "anna" || ec2query.TagOf(rules[0].Tags, "cruddur:expires") != s.Now().Add(8*time.Hour).Format(time.RFC3339) {
		t.Errorf("rules = %+v, want one, described, tagged with the person and the expiry", rules)
	}

	if again := allow("198.51.100.7", 8*time.Hour); again.Changed || again.Command != "" {
		t.Errorf("again = %+v, want nothing done", again)
	}
	if got := changes(); len(got) != 0 {
		t.Errorf("calls = %v, want none that changes", got)
	}

	moved := allow("203.0.113.9", 8*time.Hour)
	if moved.Old != "198.51.100.7/32" || moved.New != "203.0.113.9/32" || moved.RuleID != rules[0].ID {
		t.Errorf("moved = %+v, want the same rule changed", moved)
	}
	if got := s.Rules(group); len(got) != 1 || got[0].CIDR != "203.0.113.9/32" || got[0].Description == "" {
		t.Errorf("rules = %+v, want one with its description", got)
	}

	s.Advance(5 * time.Hour) // more than half of the time is over: the same address gets new time
	if extended := allow("203.0.113.9", 8*time.Hour); extended.Changed || extended.Command == "" || !extended.Expires.Equal(s.Now().Add(8*time.Hour)) {
		t.Errorf("extended = %+v, want the expiry alone renewed", extended)
	}
}

// TestRevokeExpired has three rules, of which one is for ever.
func TestRevokeExpired(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	group := create(t, c, rds.Dev).Groups[0]
	for _, ip := range []string{"203.0.113.9", "2001:db8::7"} { // another family is another rule
		if _, err := c.AllowIP(t.Context(), rds.Allow{Who: "anna", Address: addr(ip), TTL: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Rules(group); len(got) != 2 {
		t.Errorf("rules = %+v, want one for each family", got)
	}
	other, err := c.AllowIP(t.Context(), rds.Allow{Who: "bela", Address: addr("192.0.2.1")})
	if err != nil || other.Expires != nil {
		t.Errorf("AllowIP(bela) = %+v, %v, want a rule for ever", other, err)
	}

	s.Advance(9 * time.Hour)
	gone, err := c.RevokeExpired(t.Context(), "", true)
	if err != nil || len(gone) != 2 || len(s.Rules(group)) != 3 {
		t.Errorf("RevokeExpired(dry) = %v, %v, %d rules, want both named and none removed", gone, err, len(s.Rules(group)))
	}
	if gone, err = c.RevokeExpired(t.Context(), "", false); err != nil || len(gone) != 2 {
		t.Errorf("RevokeExpired = %v, %v", gone, err)
	}
	if got := s.Rules(group); len(got) != 1 || ec2query.TagOf(got[0].Tags, "cruddur:who") != "bela" {
		t.Errorf("rules = %+v, want bela's alone", got)
	}
}

func TestAllowIPRefusals(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	i := create(t, c, rds.Dev)
	foreign := s.AddRule(ec2query.Rule{GroupID: i.Groups[0], Protocol: "tcp", FromPort: int(i.Port), ToPort: int(i.Port), CIDR: "192.0.2.9/32"})
	tests := []struct {
		name  string
		allow rds.Allow
		want  string
	}{
		{"somebody else's group", rds.Allow{Group: s.AddGroup("vpc-0private", "other")}, "does not guard"},
		{"a rule that is gone", rds.Allow{RuleID: "sgr-1"}, "there is no rule"},
		{"an IPv4 rule for IPv6", rds.Allow{RuleID: foreign, Address: addr("2001:db8::1")}, "cannot admit"},
		{"nobody", rds.Allow{Who: "-"}, "whose rule"},
		{"an unknown instance", rds.Allow{Instance: "nope"}, "no such database instance"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := test.allow
			if a.Who == "" {
				a.Who = "anna"
			} else {
				a.Who = ""
			}
			if !a.Address.IsValid() {
				a.Address = addr("198.51.100.7")
			}
			if _, err := c.AllowIP(t.Context(), a); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("AllowIP() = %v, want %q", err, test.want)
			}
		})
	}
}

// TestAllowIPFaults is what happens half way.
func TestAllowIPFaults(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	i := create(t, c, rds.Dev)
	t.Run("the group is full", func(t *testing.T) {
		for n := range 60 {
			s.AddRule(ec2query.Rule{GroupID: i.Groups[0], Protocol: "tcp", FromPort: n + 1, ToPort: n + 1, CIDR: "192.0.2.1/32"})
		}
		_, err := c.AllowIP(t.Context(), rds.Allow{Who: "zoe", Address: addr("198.51.100.8")})
		if err == nil || !strings.Contains(err.Error(), "revoke-expired") {
			t.Errorf("AllowIP() = %v, want the way out", err)
		}
	})
	t.Run("the tags are denied", func(t *testing.T) {
		s2, c2 := start(t)
		create(t, c2, rds.Dev)
		if _, err := c2.AllowIP(t.Context(), rds.Allow{Who: "anna", Address: addr("198.51.100.7"), TTL: time.Hour}); err != nil {
			t.Fatal(err)
		}
		s2.Deny("ec2:CreateTags")
		_, err := c2.AllowIP(t.Context(), rds.Allow{Who: "anna", Address: addr("198.51.100.8"), TTL: time.Hour})
		if err == nil || !strings.Contains(err.Error(), "ec2:CreateTags is not allowed") || !strings.Contains(err.Error(), "left: rule") {
			t.Errorf("AllowIP() = %v, want the action, and what is open now", err)
		}
	})
	t.Run("dry run", func(t *testing.T) {
		s2, c2 := start(t)
		i := create(t, c2, rds.Dev)
		out, err := c2.AllowIP(t.Context(), rds.Allow{Who: "anna", Address: addr("198.51.100.7"), DryRun: true})
		if err != nil || out.Command == "" || len(s2.Rules(i.Groups[0])) != 0 {
			t.Errorf("AllowIP(dry) = %+v, %v, %d rules, want a command and no rule", out, err, len(s2.Rules(i.Groups[0])))
		}
	})
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"198.51.100.7", " 203.0.113.9\n", "8.8.8.8/32", "2001:db8::1", "2600::1/128", "::ffff:8.8.8.8"} {
		if a, err := rds.ParseAddress(good); err != nil || a.Is4In6() {
			t.Errorf("ParseAddress(%q) = %v, %v", good, a, err)
		}
	}
	bad := []string{
		"", "   ", "/32", "0.0.0.0", "0.0.0.0/0", "::", "::/0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
		"127.0.0.1", "::1", "169.254.169.254", "fe80::1", "fe80::1%eth0", "fd00::1", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1", "0.1.2.3",
		"203.0.113.0/24", "2001:db8::/64", "<html>", "my-laptop", "1.2.3", "::ffff:10.0.0.1", strings.Repeat("9", 500),
	}
	for _, s := range bad {
		if a, err := rds.ParseAddress(s); err == nil {
			t.Errorf("ParseAddress(%q) = %v, want it refused", s, a)
		} else if cruddur.KindOf(err) != cruddur.KindInvalid || len(err.Error()) > 400 {
			t.Errorf("ParseAddress(%q) error = %v", s, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"8.8.8.8", "::ffff:1.2.3.4", "1.2.3.4/32", "fe80::1%x", "<html>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := rds.ParseAddress(s)
		if err == nil && (!a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "") {
			t.Errorf("ParseAddress(%q) = %v", s, a)
		}
	})
}

func TestPublicAddress(t *testing.T) {
	t.Parallel()
	answer := func(status int, text string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(text))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	one, same, two := answer(200, "198.51.100.7\n"), answer(200, "198.51.100.7"), answer(200, "203.0.113.9")
	page, private, down := answer(200, "<html>sign in</html>"), answer(200, "10.0.0.1"), answer(503, "198.51.100.7")
	if a, err := rds.PublicAddress(t.Context(), "tcp4", []string{one, same}); err != nil || a.String() != "198.51.100.7" {
		t.Errorf("PublicAddress() = %v, %v", a, err)
	}
	for name, sources := range map[string][]string{
		"they differ": {one, two}, "a page": {one, page}, "a private one": {private, private + "/"}, "one is down": {one, down},
		"one source": {one}, "the same source twice": {one, one}, "nobody answers": {"http://127.0.0.1:1", one},
	} {
		if a, err := rds.PublicAddress(t.Context(), "tcp4", sources); err == nil {
			t.Errorf("%s: PublicAddress() = %v, want an error", name, a)
		}
	}
}

// TestIgnoredChange is the emulator that accepts a change and does not make it.
func TestIgnoredChange(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	create(t, c, rds.Dev)
	if _, err := c.AllowIP(t.Context(), rds.Allow{Who: "anna", Address: addr("198.51.100.7"), TTL: time.Hour}); err != nil {
		t.Fatal(err)
	}
	s.IgnoreModify = true
	_, err := c.AllowIP(t.Context(), rds.Allow{Who: "anna", Address: addr("198.51.100.8"), TTL: time.Hour})
	if err == nil || !strings.Contains(err.Error(), "did not make it") {
		t.Errorf("AllowIP() = %v, want the lie found out", err)
	}
	var p *rds.Problem
	if !errors.As(err, &p) || p.Next == "" {
		t.Errorf("AllowIP() = %v, want what to type next", err)
	}
}

// TestAllowIPAdmitted wants an address that another rule admits already to be what was asked for.
func TestAllowIPAdmitted(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	i := create(t, c, rds.Dev)
	byHand := s.AddRule(ec2query.Rule{GroupID: i.Groups[0], Protocol: "tcp", FromPort: int(i.Port), ToPort: int(i.Port), CIDR: "192.0.2.9/32"})
	allow := func(who, address string, dry bool) *rds.Allowed {
		t.Helper()
		s.Calls()
		got, err := c.AllowIP(t.Context(), rds.Allow{Who: who, Address: addr(address), TTL: time.Hour, DryRun: dry})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, dry := range []bool{true, false} {
		got := allow("anna", "192.0.2.9", dry)
		if got.RuleID != byHand || got.Changed || got.Command != "" || got.Expires != nil || !strings.Contains(got.Note, "not made by this command") {
			t.Errorf("AllowIP(dry %v) = %+v, want the rule of another hand", dry, got)
		}
	}
	own := allow("bela", "198.51.100.7", false)
	if got := allow("anna", "198.51.100.7", false); got.RuleID != own.RuleID || got.Expires == nil || !strings.Contains(got.Note, "that of bela") {
		t.Errorf("AllowIP() = %+v, want bela's rule and its expiry", got)
	}
	if got := allow("bela", "192.0.2.9", false); got.RuleID != byHand || !strings.Contains(got.Note, "revoke-security-group-ingress") || !strings.Contains(got.Note, own.RuleID) {
		t.Errorf("AllowIP() = %+v, want the rule of another hand and what is left of the person's own", got)
	}
	if calls := s.Calls(); slices.ContainsFunc(calls, func(c string) bool { return !strings.HasPrefix(c, "Describe") }) {
		t.Errorf("calls = %v, want none that changes", calls)
	}
	if rules := s.Rules(i.Groups[0]); len(rules) != 2 {
		t.Errorf("rules = %+v, want two", rules)
	}
}

package rds_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
	"cruddur/internal/rds/ec2query"
)

func cidrs(all ...string) func(*world)  { return func(w *world) { w.cidrs(all...) } }
func cidrs6(all ...string) func(*world) { return func(w *world) { w.cidrs6(all...) } }

func prefixList(entries ...string) func(*world) {
	return func(w *world) {
		w.s.PrefixLists = map[string][]string{"pl-1": entries}
		w.rule(ec2query.Rule{PrefixListID: "pl-1"})
	}
}

// many are n ranges of the same width, one after the other.
func many(n int, format string) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return all
}

// Answers from which nobody can tell whom the groups admit.
func noGroups(w *world) { w.db(func(i *types.DBInstance) { i.VpcSecurityGroups = nil }) }
func noPort(w *world)   { w.db(func(i *types.DBInstance) { i.Endpoint = nil }) }
func creating(w *world) { w.db(func(i *types.DBInstance) { i.DBInstanceStatus = str("creating") }) }
func strange(w *world) { // a group that EC2 does not find has no rules either
	w.db(func(i *types.DBInstance) { i.VpcSecurityGroups[0].VpcSecurityGroupId = str("sg-0gone") })
}

func TestUnsafeWorld(t *testing.T) {
	t.Parallel()
	atLeast(t, 10, "sg-no-world", []variant{
		{"everybody", rds.Fail, cidrs("0.0.0.0/0")},
		{"everybody by IPv6", rds.Fail, cidrs6("::/0")},
		{"two halves", rds.Fail, cidrs("0.0.0.0/1", "128.0.0.0/1")},
		{"one half", rds.Fail, cidrs("128.0.0.0/1")},
		{"a quarter", rds.Fail, cidrs("0.0.0.0/2")},
		{"an eighth", rds.Fail, cidrs("64.0.0.0/3")},
		{"a slash eight", rds.Fail, cidrs("11.0.0.0/8")},
		{"all but one address of a slash eight", rds.Pass, cidrs(allBut()...)},
		{"a narrow one inside a wide one", rds.Fail, cidrs("11.0.0.0/8", "11.0.1.0/24", "11.0.0.0/24")},
		{"half of a slash eight", rds.Pass, cidrs("11.0.0.0/9")},
		{"one range twice before the world", rds.Fail, cidrs("11.0.0.0/9", "11.0.0.0/9", "64.0.0.0/8")},
		{"no port, still being made", rds.NotApplicable, all(noPort, creating)},
		{"everybody, still being made", rds.Fail, all(cidrs("0.0.0.0/0"), creating)},
		{"half of it twice", rds.Pass, func(w *world) {
			w.cidrs("11.0.0.0/9")
			w.rule(ec2query.Rule{CIDR: "11.0.0.0/9", Description: "again"}, ec2query.Rule{CIDR: "11.0.0.0/9", FromPort: 1, ToPort: 65535})
		}},
		{"two halves of a slash eight", rds.Fail, cidrs("11.128.0.0/9", "11.0.0.0/9")},
		{"the narrow ones first", rds.Fail, cidrs("0.0.0.0/3", "32.0.0.0/3", "0.0.0.0/2")},
		{"the wide one first", rds.Fail, cidrs("0.0.0.0/2", "0.0.0.0/3", "32.0.0.0/3")},
		{"256 of a slash sixteen", rds.Fail, prefixList(many(256, "11.%d.0.0/16")...)},
		{"255 of a slash sixteen", rds.Pass, prefixList(many(255, "11.%d.0.0/16")...)},
		{"a list of two halves", rds.Fail, prefixList("0.0.0.0/1", "128.0.0.0/1")},
		{"a list of IPv6", rds.Fail, prefixList("2000::/3")},
		{"a list that cannot be read", rds.Unknown, func(w *world) { w.rule(ec2query.Rule{PrefixListID: "pl-gone"}) }},
		{"all of public IPv6", rds.Fail, cidrs6("2000::/3")},
		{"halves of IPv6", rds.Fail, cidrs6("::/1", "8000::/1")},
		{"a registry's IPv6", rds.Fail, cidrs6("2a00::/12")},
		{"a slash sixteen of IPv6", rds.Fail, cidrs6("2a01::/16")},
		{"two halves of it, the second first", rds.Fail, cidrs6("2a01:8000::/17", "2a01::/17")},
		{"half of it", rds.Pass, cidrs6("2a01::/17")},
		{"half of it twice", rds.Pass, cidrs6("2a01::/17", "2a01:0::/18")},
		{"an IPv6 that is nobody's", rds.Pass, cidrs6("fc00::/7")},
		{"any protocol", rds.Fail, func(w *world) {
			w.rule(ec2query.Rule{CIDR: "0.0.0.0/0", Protocol: "-1", FromPort: -1, ToPort: -1})
		}},
		{"TCP by its number", rds.Fail, func(w *world) { w.rule(ec2query.Rule{CIDR: "0.0.0.0/0", Protocol: "6"}) }},
		{"a range of ports", rds.Fail, func(w *world) { w.rule(ec2query.Rule{CIDR: "0.0.0.0/0", FromPort: 15000, ToPort: 15432}) }},
		{"the ports below", rds.Pass, func(w *world) { w.rule(ec2query.Rule{CIDR: "0.0.0.0/0", FromPort: 1, ToPort: 15431}) }},
		{"the ports above", rds.Pass, func(w *world) { w.rule(ec2query.Rule{CIDR: "0.0.0.0/0", FromPort: 15433, ToPort: 65535}) }},
		{"UDP", rds.Pass, func(w *world) { w.rule(ec2query.Rule{CIDR: "0.0.0.0/0", Protocol: "udp"}) }},
		{"outwards", rds.Pass, func(w *world) { w.rule(ec2query.Rule{CIDR: "0.0.0.0/0", Egress: true}) }},
		{"the second of two groups", rds.Fail, func(w *world) {
			g := w.s.AddGroup("vpc-0private", "second")
			w.s.AddRule(ec2query.Rule{GroupID: g, Protocol: "tcp", FromPort: 15432, ToPort: 15432, CIDR: "0.0.0.0/0"})
			w.db(func(i *types.DBInstance) {
				i.VpcSecurityGroups = append(i.VpcSecurityGroups, types.VpcSecurityGroupMembership{VpcSecurityGroupId: &g})
			})
		}},
		{"private addresses", rds.Pass, cidrs("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")},
		{"no groups in the answer", rds.Unknown, noGroups},
		{"no port in the answer", rds.Unknown, noPort},
		{"a group that EC2 does not know", rds.Unknown, strange},
		{"a rule that admits nobody whom it names", rds.Unknown, cidrs("")},
		{"rules that may not be read", rds.Unknown, func(w *world) { w.s.Deny("ec2:DescribeSecurityGroupRules") }},
	})
}

func TestUnsafeNarrow(t *testing.T) {
	t.Parallel()
	atLeast(t, 10, "sg-narrow", []variant{
		{"one machine", rds.Pass, cidrs("203.0.113.7/32")},
		{"a small office", rds.Pass, cidrs("203.0.113.0/24")},
		{"two of them", rds.Warn, cidrs("203.0.112.0/23")},
		{"a provider", rds.Warn, cidrs("203.0.0.0/16")},
		{"everybody", rds.Warn, cidrs("0.0.0.0/0")},
		{"a home", rds.Pass, cidrs6("2001:db8::/64")},
		{"two homes", rds.Warn, cidrs6("2001:db8::/63")},
		{"a street", rds.Warn, cidrs6("2001:db8::/48")},
		{"everybody by IPv6", rds.Warn, cidrs6("::/0")},
		{"a wide list", rds.Warn, prefixList("203.0.0.0/16")},
		{"sixteen small offices", rds.Warn, prefixList(many(16, "203.0.%d.0/24")...)},
		{"fifteen small offices", rds.Pass, prefixList(many(15, "203.0.%d.0/24")...)},
		{"the same office sixteen times", rds.Pass, prefixList(many(16, "203.0.113.%d/24")...)},
		{"256 homes", rds.Warn, prefixList(many(256, "2001:db8:0:%x::/64")...)},
		{"255 homes", rds.Pass, prefixList(many(255, "2001:db8:0:%x::/64")...)},
		{"one machine 4096 times", rds.Pass, prefixList(slices.Repeat([]string{"203.0.113.7/32"}, 4096)...)},
		{"one home 256 times", rds.Pass, prefixList(slices.Repeat([]string{"2001:db8::/64"}, 256)...)},
		{"the VPC itself", rds.Pass, cidrs("10.0.0.0/16")},
		{"a part of the VPC", rds.Pass, cidrs("10.0.128.0/20")},
		{"twice the VPC", rds.Warn, cidrs("10.0.0.0/15")},
		{"another VPC", rds.Warn, cidrs("172.31.0.0/16")},
		{"a second range of the VPC", rds.Pass, func(w *world) {
			blocks(w, "100.64.0.0/16", "2001:db8:1::/56")
			w.cidrs("100.64.0.0/16")
			w.cidrs6("2001:db8:1::/56")
		}},
		{"a small office, and the VPC may not be read", rds.Pass, all(cidrs("203.0.113.0/24"), deny("ec2:DescribeVpcs"))},
		{"a provider, and no VPC is named", rds.Warn, all(cidrs("203.0.0.0/16"), set(func(i *types.DBInstance) { i.DBSubnetGroup.VpcId = nil }))},
		{"a provider, outside a VPC", rds.Warn, all(cidrs("203.0.0.0/16"), set(func(i *types.DBInstance) { i.DBSubnetGroup = nil }))},
		{"the VPC, which may not be read", rds.Unknown, func(w *world) { w.s.Deny("ec2:DescribeVpcs"); w.cidrs("10.0.0.0/16") }},
		{"no groups in the answer", rds.Unknown, noGroups},
		{"no port in the answer", rds.Unknown, noPort},
		{"a group that EC2 does not know", rds.Unknown, strange},
	})
}

func TestUnsafeStale(t *testing.T) {
	t.Parallel()
	expires := func(at func(time.Time) string) func(*world) {
		return func(w *world) {
			w.rule(ec2query.Rule{CIDR: "203.0.113.7/32", Tags: []ec2query.Tag{{Key: "cruddur:who", Value: "anna"}, {Key: "cruddur:expires", Value: at(w.s.Now())}}})
		}
	}
	in := func(d time.Duration) func(*world) {
		return expires(func(now time.Time) string { return now.Add(d).Format(time.RFC3339) })
	}
	plain := func(text string) func(*world) { return expires(func(time.Time) string { return text }) }
	named := func(r ec2query.Rule) func(*world) {
		return func(w *world) {
			r.GroupID, r.Protocol, r.FromPort, r.ToPort = w.i.Groups[0], "tcp", 15432, 15432
			w.s.AddRule(r)
		}
	}
	atLeast(t, 10, "sg-stale", []variant{
		{"an hour left", rds.Pass, in(time.Hour)},
		{"a second left", rds.Pass, in(time.Second)},
		{"over this second", rds.Fail, in(0)},
		{"over for a day", rds.Fail, in(-24 * time.Hour)},
		{"an end that is no time", rds.Warn, plain("tomorrow")},
		{"an end that is a day", rds.Warn, plain("2026-11-24")},
		{"an end that is a number", rds.Warn, plain("1764000000")},
		{"nameless", rds.Warn, named(ec2query.Rule{CIDR: "203.0.113.7/32"})},
		{"a blank name", rds.Warn, named(ec2query.Rule{CIDR: "203.0.113.7/32", Description: "  "})},
		{"nameless by IPv6", rds.Warn, named(ec2query.Rule{CIDRv6: "2001:db8::7/128"})},
		{"nameless list", rds.Warn, named(ec2query.Rule{PrefixListID: "pl-1"})},
		{"a group needs no name", rds.Pass, named(ec2query.Rule{Group: "sg-0other"})},
		{"over, and nameless", rds.Fail, func(w *world) { in(-time.Hour)(w); named(ec2query.Rule{CIDR: "203.0.113.8/32"})(w) }},
		{"over, to other ports", rds.Pass, func(w *world) {
			w.s.AddRule(ec2query.Rule{GroupID: w.i.Groups[0], Protocol: "tcp", FromPort: 22, ToPort: 22, CIDR: "203.0.113.8/32"})
		}},
		{"no groups in the answer", rds.Unknown, noGroups},
		{"no port in the answer", rds.Unknown, noPort},
		{"a group that EC2 does not know", rds.Unknown, strange},
	})
}

// blocks gives the VPC more ranges.
func blocks(w *world, four, six string) {
	for i := range w.s.Vpcs {
		if v := &w.s.Vpcs[i]; v.ID == "vpc-0private" {
			v.More = append(v.More, struct {
				CIDR string `xml:"cidrBlock"`
			}{four})
			v.IPv6 = append(v.IPv6, struct {
				CIDR string `xml:"ipv6CidrBlock"`
			}{six})
		}
	}
}

// allBut are the ranges that make up 64.0.0.0/8 but for its last address.
func allBut() []string {
	var all []string
	first := uint32(64) << 24
	for bits := 9; bits <= 32; bits++ {
		all = append(all, fmt.Sprintf("%d.%d.%d.%d/%d", first>>24, first>>16&255, first>>8&255, first&255, bits))
		first += 1 << (32 - bits)
	}
	return all
}

// TestOrderOfRules wants the same verdict, in the same words, whatever the order of AWS's answer.
func TestOrderOfRules(t *testing.T) {
	t.Parallel()
	ranges := []string{"0.0.0.0/3", "32.0.0.0/3", "0.0.0.0/2", "11.0.0.0/8", "203.0.113.0/24", "64.0.0.0/9"}
	var want string
	random := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		w := goodWorld(t)
		ids := map[string]string{}
		order := slices.Clone(ranges)
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, c := range order {
			ids[c] = w.s.AddRule(ec2query.Rule{GroupID: w.i.Groups[0], Protocol: "tcp", FromPort: 15432, ToPort: 15432, CIDR: c})
		}
		r := w.audit("sg-no-world")
		got := lines(r)
		if state(r, "sg-no-world") != rds.Fail {
			t.Fatalf("%v: %s", order, got)
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%v: %s, want %s", order, got, want)
		}
	}
}

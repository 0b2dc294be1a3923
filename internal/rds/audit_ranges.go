package rds

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"cruddur/internal/rds/ec2query"
)

// The limits for the checks of ranges. A /8 of IPv4 is 16.7 million addresses of strangers, a /16 of IPv6 more than
// any provider has. narrowTogether4 and narrowTogether6 are the prefix lengths that all rules together must stay
// below in size to count as narrow.
const (
	worldBits4, worldBits6             = 8, 16
	narrowBits4, narrowBits6           = 24, 64
	narrowTogether4, narrowTogether6   = 20, 56
	unitsPerAddress4, unitsPerAddress6 = 32, 64
)

// private4 are the IPv4 ranges that are not routed on the internet (RFC 1918, 6598, 1122, 3927). Public IPv6 is only
// 2000::/3.
var (
	private4 = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3")
	public6  = netip.MustParsePrefix("2000::/3")
)

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, t := range texts {
		all = append(all, netip.MustParsePrefix(t))
	}
	return all
}

// reach is one range that a rule admits.
type reach struct {
	rule, group string
	prefix      netip.Prefix
}

// ranges resolves the rules to address ranges, prefix lists included.
func (s *subject) ranges(ctx context.Context) ([]reach, error) {
	rules, err := s.rules(ctx)
	if err != nil {
		return nil, err
	}
	var all []reach
	for _, r := range rules {
		cidrs := []string{r.CIDR + r.CIDRv6}
		if r.PrefixListID != "" {
			cidrs, err = memoized(s, "list "+r.PrefixListID, func() ([]string, error) { return s.c.ec2.PrefixListEntries(ctx, r.PrefixListID) })
			if err != nil {
				return nil, err
			}
		}
		for _, c := range cidrs {
			if c == "" {
				if r.Group == "" {
					return nil, fmt.Errorf("AWS's answer does not say whom rule %s admits", r.ID)
				}
				continue // admits a security group
			}
			p, err := netip.ParsePrefix(c)
			if err != nil {
				return nil, fmt.Errorf("rule %s: %w", r.ID, err)
			}
			all = append(all, reach{r.ID, r.GroupID, p.Masked()})
		}
	}
	return all, nil
}

// span is a range as numbers, first and last included: addresses of IPv4, networks /64 of IPv6. A range narrower than
// a /64 counts as one /64: no number of rules makes such ranges matter.
type span struct{ first, last uint64 }

func spanOf(p netip.Prefix) span {
	if p.Addr().Is4() {
		b := p.Addr().As4()
		first := uint64(binary.BigEndian.Uint32(b[:]))
		return span{first, first + 1<<(unitsPerAddress4-p.Bits()) - 1}
	}
	b := p.Addr().As16()
	first, bits := binary.BigEndian.Uint64(b[:8]), min(p.Bits(), unitsPerAddress6)
	if bits == 0 {
		return span{0, 1<<64 - 1}
	}
	return span{first, first + (1<<(unitsPerAddress6-bits) - 1)}
}

// publicSize counts the public addresses (of IPv4) or networks /64 (of IPv6) in the union of ranges of one
// family: each once, in whatever order and however often they are listed.
func publicSize(ranges []netip.Prefix) uint64 {
	var spans []span
	for _, p := range ranges {
		spans = append(spans, spanOf(p))
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last)) })
	var merged []span
	for _, x := range spans {
		if n := len(merged); n > 0 && x.first <= merged[n-1].last {
			merged[n-1].last = max(merged[n-1].last, x.last)
			continue
		}
		merged = append(merged, x)
	}
	var size uint64
	for _, x := range merged {
		if ranges[0].Addr().Is4() {
			size += x.last - x.first + 1
			for _, p := range private4 {
				size -= overlap(x, spanOf(p))
			}
		} else {
			size += overlap(x, spanOf(public6))
		}
	}
	return size
}

func overlap(a, b span) uint64 {
	first, last := max(a.first, b.first), min(a.last, b.last)
	if first > last {
		return 0
	}
	return last - first + 1
}

// families splits ranges into those of IPv4 and of IPv6.
func families(all []reach) (four, six []netip.Prefix) {
	for _, r := range all {
		if r.prefix.Addr().Is4() {
			four = append(four, r.prefix)
		} else {
			six = append(six, r.prefix)
		}
	}
	return four, six
}

// wider reports whether ranges together are at least as wide as a prefix of that many bits of their family.
func wider(all []reach, bits4, bits6 int) bool {
	four, six := families(all)
	return publicSize(four) >= 1<<(unitsPerAddress4-bits4) || publicSize(six) >= 1<<(unitsPerAddress6-bits6)
}

func checkWorld(ctx context.Context, s *subject) result {
	if s.view.Port == 0 && s.view.Status == "creating" {
		return none("the instance has no port yet")
	}
	all, err := s.ranges(ctx)
	if err != nil {
		return unread(err)
	}
	if !wider(all, worldBits4, worldBits6) {
		return pass(fmt.Sprintf("%d ranges to port %d", len(all), s.view.Port))
	}
	// The widest first, whatever the order of AWS's answer, until what is left is no longer the world.
	slices.SortFunc(all, func(a, b reach) int {
		return cmp.Or(cmp.Compare(a.prefix.Bits(), b.prefix.Bits()), a.prefix.Addr().Compare(b.prefix.Addr()), cmp.Compare(a.rule, b.rule))
	})
	bad := all
	for n := range all {
		if !wider(all[n+1:], worldBits4, worldBits6) {
			bad = all[:n+1]
			break
		}
	}
	return fail(list(bad) + fmt.Sprintf(" to port %d", s.view.Port)).cure(closing(bad) + "   (then cruddur rds allow-ip {id})")
}

func checkNarrow(ctx context.Context, s *subject) result {
	all, err := s.ranges(ctx)
	if err != nil {
		return unread(err)
	}
	count := len(all)
	wide := tooWide(all)
	if len(wide) > 0 || wider(all, narrowTogether4, narrowTogether6) {
		blocks, err := s.vpcBlocks(ctx)
		if err != nil {
			return unread(err)
		}
		all = slices.DeleteFunc(all, func(r reach) bool { return inside(r.prefix, blocks) })
		wide = tooWide(all)
	}
	switch {
	case len(wide) > 0:
		return warn("wide: " + list(wide)).cure(closing(wide) + "   (then cruddur rds allow-ip {id})")
	case wider(all, narrowTogether4, narrowTogether6):
		return warn("none is wide, but together they are: " + list(all)).cure(closing(all) + "   (then cruddur rds allow-ip {id})")
	}
	return pass(fmt.Sprintf("%d ranges, none wide", count))
}

// tooWide returns the ranges that are wider than a small office.
func tooWide(all []reach) []reach {
	return slices.DeleteFunc(slices.Clone(all), func(r reach) bool {
		if r.prefix.Addr().Is4() {
			return r.prefix.Bits() >= narrowBits4
		}
		return r.prefix.Bits() >= narrowBits6
	})
}

// vpcBlocks returns the ranges of the instance's own VPC, whose machines are not strangers.
func (s *subject) vpcBlocks(ctx context.Context) ([]netip.Prefix, error) {
	if s.db.DBSubnetGroup == nil || s.db.DBSubnetGroup.VpcId == nil {
		return nil, nil // nothing is known to be ours
	}
	id := *s.db.DBSubnetGroup.VpcId
	vpcs, err := memoized(s, "vpc "+id, func() ([]ec2query.Vpc, error) {
		return s.c.ec2.Vpcs(ctx, ec2query.Filter{Name: "vpc-id", Values: []string{id}})
	})
	if err != nil {
		return nil, err
	}
	var blocks []netip.Prefix
	for _, v := range vpcs {
		for _, text := range v.Blocks() {
			if p, err := netip.ParsePrefix(text); err == nil {
				blocks = append(blocks, p.Masked())
			}
		}
	}
	return blocks, nil
}

func inside(p netip.Prefix, blocks []netip.Prefix) bool {
	return slices.ContainsFunc(blocks, func(b netip.Prefix) bool { return b.Bits() <= p.Bits() && b.Contains(p.Addr()) })
}

func list(all []reach) string {
	var parts []string
	for _, r := range all {
		parts = append(parts, r.rule+" "+r.prefix.String())
	}
	return strings.Join(parts, ", ")
}

// closing returns the command that removes the rules of ranges.
func closing(all []reach) string {
	rules := map[string][]string{}
	var groups []string
	for _, r := range all {
		if rules[r.group] == nil {
			groups = append(groups, r.group)
		}
		if !slices.Contains(rules[r.group], r.rule) {
			rules[r.group] = append(rules[r.group], r.rule)
		}
	}
	var cures []string
	for _, g := range groups {
		cures = append(cures, revoke(g, rules[g]...))
	}
	return strings.Join(cures, " && ")
}

func revoke(group string, rules ...string) string {
	return "aws ec2 revoke-security-group-ingress --group-id " + group + " --security-group-rule-ids " + strings.Join(rules, " ")
}

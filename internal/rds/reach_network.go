package rds

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds/ec2query"
)

// place reads the caller's network location.
func (w *way) place(ctx context.Context) {
	if len(w.from.Subnets) == 0 {
		return
	}
	found, err := w.c.ec2.Subnets(ctx, ec2query.Filter{Name: "subnet-id", Values: w.from.Subnets})
	if err != nil && code(err) != "InvalidSubnetID.NotFound" && code(err) != "InvalidSubnetId.Malformed" {
		w.stuck = true
		w.unknown("the function's subnets could not be read: %s", reason(err))
		return
	}
	w.subnets = found
	zones := map[string]bool{}
	for _, id := range w.from.Subnets {
		at := slices.IndexFunc(found, func(s ec2query.Subnet) bool { return s.ID == id })
		if at < 0 {
			w.stuck = true
			w.problem("the function's subnet %s does not exist in %s (cruddur lambda deploy --subnet …)", id, w.c.Region())
			continue
		}
		zones[found[at].Zone] = true
		w.vpc = cmp.Or(w.vpc, found[at].VpcID)
	}
	if len(zones) == 1 && found[0].Zone != "" && !w.stuck {
		w.Warnings = append(w.Warnings, "all subnets of the function are in the zone "+found[0].Zone+": when it fails, so does every confirmation (cruddur lambda deploy --subnet … with one of another zone)")
	}
	groups, err := w.c.ec2.SecurityGroups(ctx, ec2query.Filter{Name: "group-id", Values: w.from.Groups})
	if err != nil && code(err) != "InvalidGroup.NotFound" && code(err) != "InvalidGroupId.Malformed" {
		w.stuck = true
		w.unknown("the function's security groups could not be read: %s", reason(err))
		return
	}
	for _, id := range w.from.Groups {
		if !slices.ContainsFunc(groups, func(g ec2query.SecurityGroup) bool { return g.ID == id }) {
			w.stuck = true
			w.problem("the function's security group %s does not exist in %s (cruddur lambda deploy --security-group …)", id, w.c.Region())
		}
	}
	w.secretsManager(ctx)
}

// network judges the path from the caller to an instance.
func (w *way) network(ctx context.Context, i *types.DBInstance, v *Instance) {
	in, err := w.door(ctx, v.Groups, false, v.Port)
	if err != nil {
		w.unknown("the rules of %s could not be read: %s", cmp.Or(strings.Join(v.Groups, ", "), "the database's security groups"), reason(err))
		return
	}
	if len(w.from.Subnets) == 0 {
		w.fromOutside(v, in)
		return
	}
	theirs := ""
	if i.DBSubnetGroup != nil {
		theirs = aws.ToString(i.DBSubnetGroup.VpcId)
	}
	switch {
	case theirs == "":
		w.unknown("AWS's answer does not say in which VPC %s is", v.ID)
		return
	case theirs != w.vpc && !w.routed(ctx, i, v, theirs):
		return
	}
	w.admitted(v, in)
	w.leaves(ctx, i, v)
	w.walls(ctx, i, v)
}

// fromOutside judges a function outside of any VPC, whose address changes.
func (w *way) fromOutside(v *Instance, in *door) {
	switch {
	case !v.Public:
		w.problem("the function is outside of any VPC, and %s has no public address (cruddur lambda deploy --subnet … --security-group …)", v.ID)
	case covers(in.ranges, everybody):
	case len(in.unread) > 0:
		w.unknown("whether %s admits everybody could not be read: %s", strings.Join(in.ids, ", "), strings.Join(in.unread, ", "))
	default:
		w.problem("the function is outside of any VPC, where it has no address of its own, and %s does not admit everybody (cruddur lambda deploy --subnet … --security-group …)", strings.Join(v.Groups, ", "))
	}
}

// door is what security groups admit on a port in one direction.
type door struct {
	ids    []string // the groups
	peers  []string // the groups that they name
	ranges []netip.Prefix
	unread []string // prefix lists that could not be read, each with the reason
}

// door reads the rules of groups that admit TCP on the port.
func (w *way) door(ctx context.Context, groups []string, egress bool, port int32) (*door, error) {
	if len(groups) == 0 {
		return nil, errNoGroups
	}
	d := &door{ids: groups}
	for _, g := range groups {
		rules, err := memoized(w.subject, "rules "+g, func() ([]ec2query.Rule, error) {
			return w.c.ec2.Rules(ctx, ec2query.Filter{Name: "group-id", Values: []string{g}})
		})
		if err != nil {
			return nil, err
		}
		for _, r := range rules {
			if r.Egress == egress && r.Covers(int(port)) {
				w.add(ctx, d, r)
			}
		}
	}
	return d, nil
}

// add records the peer of a rule.
func (w *way) add(ctx context.Context, d *door, r ec2query.Rule) {
	if r.Group != "" {
		d.peers = append(d.peers, r.Group)
	}
	cidrs := []string{r.CIDR, r.CIDRv6}
	if r.PrefixListID != "" {
		var err error
		cidrs, err = memoized(w.subject, "list "+r.PrefixListID, func() ([]string, error) { return w.c.ec2.PrefixListEntries(ctx, r.PrefixListID) })
		if err != nil {
			d.unread = append(d.unread, r.PrefixListID+": "+reason(err))
		}
	}
	for _, text := range cidrs {
		if p, err := netip.ParsePrefix(text); err == nil {
			d.ranges = append(d.ranges, p.Masked())
		}
	}
}

// passes reports whether one of the groups, or every subnet as a whole, is admitted; outside lists the subnets that
// are not, and known is false if a part of the rules could not be read.
func (d *door) passes(groups []string, subnets []ec2query.Subnet) (open, known bool, outside []string) {
	if slices.ContainsFunc(d.peers, func(g string) bool { return slices.Contains(groups, g) }) {
		return true, true, nil
	}
	known = len(d.unread) == 0
	for _, s := range subnets {
		p, err := netip.ParsePrefix(s.CIDR)
		switch {
		case covers(d.ranges, everybody) || err == nil && covers(d.ranges, p.Masked()):
			continue
		case err != nil:
			known = false
		}
		outside = append(outside, strings.TrimSuffix(s.ID+" "+s.CIDR, " "))
	}
	return len(outside) == 0 && len(subnets) > 0, known, outside
}

var everybody = netip.MustParsePrefix("0.0.0.0/0")

// admitted judges the database's security groups: a rule may name one of the caller's groups, or ranges that contain
// the caller's subnets.
func (w *way) admitted(v *Instance, in *door) {
	open, known, outside := in.passes(w.from.Groups, w.subnets)
	part := "the function (" + strings.Join(w.from.Groups, ", ") + ")"
	if len(outside) < len(w.subnets) {
		part = "all of the function's subnets, not " + strings.Join(outside, ", ") + ","
	}
	switch {
	case open:
	case !known:
		w.unknown("whether %s, which guards %s, admits the function on port %d could not be read: %s", strings.Join(in.ids, ", "), v.ID, v.Port, cmp.Or(strings.Join(in.unread, ", "), "a subnet without a range of IPv4"))
	default:
		w.problem("%s, which guards %s, does not admit %s on port %d: the connection times out (aws ec2 authorize-security-group-ingress --group-id %s --protocol tcp --port %d --source-group %s)",
			strings.Join(in.ids, ", "), v.ID, part, v.Port, in.ids[0], v.Port, w.from.Groups[0])
	}
}

// leaves judges the caller's own security groups: whether they allow connections to the subnets of the database.
func (w *way) leaves(ctx context.Context, i *types.DBInstance, v *Instance) {
	out, err := w.door(ctx, w.from.Groups, true, v.Port)
	if err != nil {
		w.unknown("the rules of %s could not be read: %s", strings.Join(w.from.Groups, ", "), reason(err))
		return
	}
	if open, _, _ := out.passes(v.Groups, nil); open || covers(out.ranges, everybody) {
		return
	}
	theirs, err := w.databaseSubnets(ctx, i)
	if err != nil {
		w.unknown("whether %s lets the function out to %s could not be read: %s", strings.Join(out.ids, ", "), v.ID, reason(err))
		return
	}
	switch open, known, _ := out.passes(v.Groups, theirs); {
	case open:
	case !known:
		w.unknown("whether %s lets the function out to %s could not be read: %s", strings.Join(out.ids, ", "), v.ID, cmp.Or(strings.Join(out.unread, ", "), "a subnet without a range of IPv4"))
	default:
		w.problem("%s, the function's own, does not let it out to %s on port %d (aws ec2 authorize-security-group-egress --group-id %s --ip-permissions IpProtocol=tcp,FromPort=%d,ToPort=%d,UserIdGroupPairs='[{GroupId=%s}]')",
			strings.Join(out.ids, ", "), v.ID, v.Port, out.ids[0], v.Port, v.Port, v.Groups[0])
	}
}

// databaseSubnets are the subnets in which the instance may be, today or after a failover.
func (w *way) databaseSubnets(ctx context.Context, i *types.DBInstance) ([]ec2query.Subnet, error) {
	var ids []string
	if i.DBSubnetGroup != nil {
		for _, s := range i.DBSubnetGroup.Subnets {
			ids = append(ids, aws.ToString(s.SubnetIdentifier))
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("AWS's answer has no subnets of %s", aws.ToString(i.DBInstanceIdentifier))
	}
	found, err := w.c.ec2.Subnets(ctx, ec2query.Filter{Name: "subnet-id", Values: ids})
	if err == nil && len(found) < len(ids) {
		err = fmt.Errorf("AWS's answer has only %d of the %d subnets of %s", len(found), len(ids), aws.ToString(i.DBInstanceIdentifier))
	}
	return found, err
}

// covers reports whether ranges together contain a whole IPv4 range.
func covers(ranges []netip.Prefix, p netip.Prefix) bool {
	var spans []span
	for _, r := range ranges {
		if r.Addr().Is4() {
			spans = append(spans, spanOf(r))
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	want := spanOf(p)
	for next := want.first; ; {
		at := slices.IndexFunc(spans, func(s span) bool { return s.first <= next && next <= s.last })
		switch {
		case at < 0:
			return false
		case spans[at].last >= want.last:
			return true
		}
		next = spans[at].last + 1
		spans = spans[at+1:]
	}
}

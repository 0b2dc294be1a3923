package rds

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"cruddur/internal/rds/ec2query"
)

func checkRegion(_ context.Context, s *subject) result {
	if len(s.opts.AllowedRegions) == 0 {
		return none("no list of allowed regions is set (CRUDDUR_ALLOWED_REGIONS)")
	}
	region := s.c.cfg.Region
	if arn := strings.Split(aws.ToString(s.db.DBInstanceArn), ":"); len(arn) > 3 {
		region = arn[3]
	}
	if slices.Contains(s.opts.AllowedRegions, region) {
		return pass(region)
	}
	return fail(region + " is not one of " + strings.Join(s.opts.AllowedRegions, ", "))
}

func checkPublic(_ context.Context, s *subject) result {
	switch p := s.db.PubliclyAccessible; {
	case p == nil:
		return silent("PubliclyAccessible")
	case *p:
		return fail("PubliclyAccessible true")
	}
	return pass("PubliclyAccessible false")
}

// errNoGroups keeps an answer without groups from passing as one without rules.
var errNoGroups = errors.New("AWS's answer has no VpcSecurityGroups")

// rules are the inbound rules of the instance's groups that reach its port.
func (s *subject) rules(ctx context.Context) ([]ec2query.Rule, error) {
	if len(s.view.Groups) == 0 {
		return nil, errNoGroups
	}
	var all []ec2query.Rule
	for _, g := range s.view.Groups {
		rules, err := memoized(s, "rules "+g, func() ([]ec2query.Rule, error) {
			return s.c.ec2.Rules(ctx, ec2query.Filter{Name: "group-id", Values: []string{g}})
		})
		if err != nil {
			return nil, err
		}
		for _, r := range rules {
			if !r.Egress && r.Covers(int(s.view.Port)) {
				all = append(all, r)
			}
		}
	}
	return all, nil
}

// reach is one range that a rule admits.
type reach struct {
	rule   string
	prefix netip.Prefix
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
				continue // admits a security group
			}
			p, err := netip.ParsePrefix(c)
			if err != nil {
				return nil, fmt.Errorf("rule %s: %w", r.ID, err)
			}
			all = append(all, reach{r.ID, p.Masked()})
		}
	}
	return all, nil
}

// share is the part of all public addresses that p covers. Public IPv6 is 2000::/3.
func share(p netip.Prefix) float64 {
	bits := p.Bits()
	if p.Addr().Is6() {
		bits = max(0, bits-3)
	}
	return math.Pow(2, -float64(bits))
}

func checkWorld(ctx context.Context, s *subject) result {
	if s.view.Port == 0 {
		return none("the instance has no port yet")
	}
	all, err := s.ranges(ctx)
	if err != nil {
		return unread(err)
	}
	covered, widest := map[bool]float64{}, []string{}
	for i, r := range all {
		inside := slices.ContainsFunc(all[:i], func(o reach) bool {
			return o.prefix.Bits() <= r.prefix.Bits() && o.prefix.Contains(r.prefix.Addr())
		})
		if part := share(r.prefix); !inside {
			covered[r.prefix.Addr().Is6()] += part
			if part >= 1.0/256 {
				widest = append(widest, r.rule+" "+r.prefix.String())
			}
		}
	}
	if covered[false] >= 0.5 || covered[true] >= 0.5 {
		return fail(strings.Join(widest, ", ") + fmt.Sprintf(" to port %d", s.view.Port))
	}
	return pass(fmt.Sprintf("%d ranges to port %d", len(all), s.view.Port))
}

func checkNarrow(ctx context.Context, s *subject) result {
	all, err := s.ranges(ctx)
	if err != nil {
		return unread(err)
	}
	var wide []string
	for _, r := range all {
		floor := 24
		if r.prefix.Addr().Is6() {
			floor = 64
		}
		if r.prefix.Bits() < floor {
			wide = append(wide, r.rule+" "+r.prefix.String())
		}
	}
	if len(wide) > 0 {
		return warn("wide: " + strings.Join(wide, ", "))
	}
	return pass(fmt.Sprintf("%d ranges, none wide", len(all)))
}

func checkOwnGroup(ctx context.Context, s *subject) result {
	if len(s.view.Groups) == 0 {
		return silent("VpcSecurityGroups")
	}
	groups, err := s.c.ec2.SecurityGroups(ctx, ec2query.Filter{Name: "group-id", Values: s.view.Groups})
	if err != nil {
		return unread(err)
	}
	if len(groups) == 0 {
		return silent("security group " + strings.Join(s.view.Groups, ", "))
	}
	var names []string
	for _, g := range groups {
		names = append(names, g.Name)
		if g.Name == "default" {
			return fail(g.ID + " is the VPC's default group")
		}
	}
	return pass(strings.Join(names, ", "))
}

func checkStale(ctx context.Context, s *subject) result {
	rules, err := s.rules(ctx)
	if err != nil {
		return unread(err)
	}
	var expired, nameless []string
	for _, r := range rules {
		if at, ok := expiry(r); ok && !s.c.Now().Before(at) {
			expired = append(expired, r.ID+" "+r.Peer()+" since "+at.Format("2006-01-02 15:04"))
		}
		if r.Description == "" && r.Group == "" {
			nameless = append(nameless, r.ID+" "+r.Peer())
		}
	}
	switch {
	case len(expired) > 0:
		return fail("expired: " + strings.Join(expired, ", "))
	case len(nameless) > 0:
		return warn("without a description: " + strings.Join(nameless, ", "))
	}
	return pass(fmt.Sprintf("%d rules", len(rules)))
}

func fixStale(ctx context.Context, c *Client, id string) error {
	_, err := c.RevokeExpired(ctx, id, false)
	return err
}

func checkVpc(_ context.Context, s *subject) result {
	g := s.db.DBSubnetGroup
	if g == nil {
		return silent("DBSubnetGroup")
	}
	if aws.ToString(g.VpcId) == "" {
		return fail("no VPC")
	}
	return pass(*g.VpcId)
}

func checkSubnets(ctx context.Context, s *subject) result {
	g := s.db.DBSubnetGroup
	if g == nil || len(g.Subnets) == 0 {
		return silent("DBSubnetGroup.Subnets")
	}
	var ids []string
	for _, n := range g.Subnets {
		ids = append(ids, aws.ToString(n.SubnetIdentifier))
	}
	public, err := s.c.publicSubnets(ctx, aws.ToString(g.VpcId), ids)
	if err != nil {
		return unread(err)
	}
	if len(public) > 0 {
		return fail("route to the internet: " + strings.Join(public, ", "))
	}
	return pass(strings.Join(ids, ", "))
}

// publicSubnets returns those of ids whose route table, their own or the VPC's main one, leads to
// an internet gateway.
func (c *Client) publicSubnets(ctx context.Context, vpc string, ids []string) ([]string, error) {
	tables, err := c.ec2.RouteTables(ctx, ec2query.Filter{Name: "vpc-id", Values: []string{vpc}})
	if err != nil {
		return nil, err
	}
	own, main := map[string]*ec2query.RouteTable{}, (*ec2query.RouteTable)(nil)
	for i, t := range tables {
		for _, a := range t.Associations {
			if a.SubnetID != "" {
				own[a.SubnetID] = &tables[i]
			} else if a.Main {
				main = &tables[i]
			}
		}
	}
	var public []string
	for _, id := range ids {
		table := own[id]
		if table == nil {
			table = main
		}
		if table == nil {
			return nil, fmt.Errorf("subnet %s has no route table in %s", id, vpc)
		}
		for _, r := range table.Routes {
			if (r.CIDR == "0.0.0.0/0" || r.CIDRv6 == "::/0") && strings.HasPrefix(r.GatewayID, "igw-") {
				public = append(public, id)
				break
			}
		}
	}
	return public, nil
}

func checkPort(_ context.Context, s *subject) result {
	switch s.view.Port {
	case 0:
		return silent("Endpoint.Port")
	case 5432:
		return fail("5432")
	}
	return pass(fmt.Sprint(s.view.Port))
}

// parameter reads one parameter of the instance's parameter group, following the pages.
func (s *subject) parameter(ctx context.Context, group, name string) (*string, error) {
	values, err := memoized(s, "parameters "+group, func() (map[string]*string, error) {
		values := map[string]*string{}
		pages := rds.NewDescribeDBParametersPaginator(s.c.rds, &rds.DescribeDBParametersInput{DBParameterGroupName: &group})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, p := range page.Parameters {
				values[aws.ToString(p.ParameterName)] = p.ParameterValue
			}
		}
		return values, nil
	})
	return values[name], err
}

package rds

import (
	"context"
	"errors"
	"fmt"
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
	allowed := strings.Join(s.opts.AllowedRegions, ", ")
	if !slices.Contains(s.opts.AllowedRegions, region) {
		return fail(region + " is not one of " + allowed)
	}
	// Replicas and copies of the backups have the same data; those in other regions are given as ARNs.
	var abroad []string
	for _, arn := range s.elsewhere() {
		if part := strings.Split(arn, ":"); len(part) > 3 && !slices.Contains(s.opts.AllowedRegions, part[3]) {
			abroad = append(abroad, arn)
		}
	}
	if len(abroad) > 0 {
		return fail("also in a region that is not one of " + allowed + ": " + strings.Join(abroad, ", ")).
			cure("no command of this instance: delete the replica in its own region, and stop the replication of backups")
	}
	return pass(region)
}

// elsewhere lists the ARNs of the instance's replicas, source and replicated backups.
func (s *subject) elsewhere() []string {
	arns := slices.Concat(s.db.ReadReplicaDBInstanceIdentifiers, s.db.ReadReplicaDBClusterIdentifiers)
	for _, b := range s.db.DBInstanceAutomatedBackupsReplications {
		arns = append(arns, aws.ToString(b.DBInstanceAutomatedBackupsArn))
	}
	return append(arns, aws.ToString(s.db.ReadReplicaSourceDBInstanceIdentifier), aws.ToString(s.db.ReadReplicaSourceDBClusterIdentifier))
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

// These checks keep an answer without groups, or without a port, from passing as one without rules.
var (
	errNoGroups = errors.New("AWS's answer has no VpcSecurityGroups")
	errNoPort   = errors.New("AWS's answer has no Endpoint.Port")
)

// rules are the inbound rules of the instance's groups that reach its port.
func (s *subject) rules(ctx context.Context) ([]ec2query.Rule, error) {
	if s.view.Port == 0 {
		return nil, errNoPort
	}
	groups, err := s.groups(ctx)
	if err != nil {
		return nil, err
	}
	var all []ec2query.Rule
	for _, g := range groups {
		rules, err := memoized(s, "rules "+g.ID, func() ([]ec2query.Rule, error) {
			return s.c.ec2.Rules(ctx, ec2query.Filter{Name: "group-id", Values: []string{g.ID}})
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

// groups are the instance's security groups. EC2 omits groups that it does not find, and such a group would look like
// one without rules.
func (s *subject) groups(ctx context.Context) ([]ec2query.SecurityGroup, error) {
	ids := s.view.Groups
	if len(ids) == 0 || slices.Contains(ids, "") {
		return nil, errNoGroups
	}
	groups, err := memoized(s, "groups "+strings.Join(ids, " "), func() ([]ec2query.SecurityGroup, error) {
		return s.c.ec2.SecurityGroups(ctx, ec2query.Filter{Name: "group-id", Values: ids})
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(groups, func(g ec2query.SecurityGroup) bool { return g.ID == id }) {
			return nil, errors.New("AWS's answer has no security group " + id)
		}
	}
	return groups, nil
}

func checkOwnGroup(ctx context.Context, s *subject) result {
	groups, err := s.groups(ctx)
	if err != nil {
		return unread(err)
	}
	var names, others []string
	var bad *ec2query.SecurityGroup
	for i, g := range groups {
		names = append(names, g.Name)
		if g.Name == "default" {
			bad = &groups[i]
		} else {
			others = append(others, g.ID)
		}
	}
	switch {
	case bad == nil:
		return pass(strings.Join(names, ", "))
	case len(others) > 0:
		return fail(bad.ID + " is the VPC's default group").cure(modify + "--vpc-security-group-ids " + strings.Join(others, " "))
	}
	return fail(bad.ID + " is the VPC's default group").cure(modify + `--vpc-security-group-ids "$(aws ec2 create-security-group --group-name {id}-db --description 'the database {id}' --vpc-id ` + bad.VpcID +
		` --query GroupId --output text)"   (then admit the application's group and cruddur rds allow-ip {id}: the new group admits nobody)`)
}

func checkStale(ctx context.Context, s *subject) result {
	rules, err := s.rules(ctx)
	if err != nil {
		return unread(err)
	}
	var expired, endless, nameless []string
	var cures []string
	for _, r := range rules {
		at, ok := expiry(r)
		switch {
		case ok && !s.c.Now().Before(at):
			expired = append(expired, r.ID+" "+r.Peer()+" since "+at.Format("2006-01-02 15:04"))
		case !ok && ec2query.TagOf(r.Tags, tagExpires) != "":
			endless = append(endless, r.ID+" "+r.Peer())
			cures = append(cures, revoke(r.GroupID, r.ID))
		}
		if strings.TrimSpace(r.Description) == "" && r.Group == "" {
			nameless = append(nameless, r.ID+" "+r.Peer())
			cures = append(cures, "aws ec2 update-security-group-rule-descriptions-ingress --group-id "+r.GroupID+" --security-group-rule-descriptions SecurityGroupRuleId="+r.ID+",Description=WHO")
		}
	}
	switch {
	case len(expired) > 0:
		return fail("expired: " + strings.Join(expired, ", "))
	case len(endless) > 0:
		return warn("with an end that cannot be read: " + strings.Join(endless, ", ")).cure(strings.Join(cures, " && "))
	case len(nameless) > 0:
		return warn("without a description: " + strings.Join(nameless, ", ")).cure(strings.Join(cures, " && "))
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
	if g == nil || len(g.Subnets) == 0 || aws.ToString(g.VpcId) == "" {
		return silent("DBSubnetGroup.Subnets")
	}
	var ids []string
	for _, n := range g.Subnets {
		if aws.ToString(n.SubnetIdentifier) == "" {
			return silent("DBSubnetGroup.Subnets.SubnetIdentifier")
		}
		ids = append(ids, *n.SubnetIdentifier)
	}
	public, lost, err := s.c.publicSubnets(ctx, *g.VpcId, ids)
	if err == nil && len(lost) > 0 {
		err = fmt.Errorf("AWS's answer has no route table of %s in %s", strings.Join(lost, ", "), *g.VpcId)
	}
	if err != nil {
		return unread(err)
	}
	if len(public) == 0 {
		return pass(strings.Join(ids, ", "))
	}
	var names, cures []string
	for _, p := range public {
		names = append(names, p.id)
		cures = append(cures, p.cure())
	}
	return fail("route to the internet: " + strings.Join(names, ", ")).cure(strings.Join(cures, " && ") +
		"   (TABLE is a route table of the VPC without an internet gateway; AWS refuses to move the instance to another subnet group of the same VPC)")
}

// publicSubnet is a subnet whose route table leads to an internet gateway.
type publicSubnet struct {
	id          string
	association string // of its own route table, "" where the VPC's main one serves it
}

// cure returns the command that assigns another route table to the subnet.
func (p publicSubnet) cure() string {
	if p.association != "" {
		return "aws ec2 replace-route-table-association --association-id " + p.association + " --route-table-id TABLE"
	}
	return "aws ec2 associate-route-table --subnet-id " + p.id + " --route-table-id TABLE"
}

// publicSubnets returns those of ids whose route table, their own or the VPC's main one, leads to an internet
// gateway, with any destination, because two halves make a default route too. lost are the subnets for which AWS's
// answer has no route table.
func (c *Client) publicSubnets(ctx context.Context, vpc string, ids []string) (public []publicSubnet, lost []string, err error) {
	tables, err := c.ec2.RouteTables(ctx, ec2query.Filter{Name: "vpc-id", Values: []string{vpc}})
	if err != nil {
		return nil, nil, err
	}
	type served struct {
		table       *ec2query.RouteTable
		association string
	}
	own, main := map[string]served{}, served{}
	for i, t := range tables {
		for _, a := range t.Associations {
			if a.SubnetID != "" {
				own[a.SubnetID] = served{&tables[i], a.ID}
			} else if a.Main {
				main = served{table: &tables[i]}
			}
		}
	}
	for _, id := range ids {
		by, ok := own[id]
		if !ok {
			by = main
		}
		if by.table == nil {
			lost = append(lost, id)
			continue
		}
		if slices.ContainsFunc(by.table.Routes, func(r ec2query.Route) bool { return strings.HasPrefix(r.GatewayID, "igw-") }) {
			public = append(public, publicSubnet{id, by.association})
		}
	}
	return public, lost, nil
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

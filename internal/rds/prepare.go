package rds

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur"
	"cruddur/internal/rds/ec2query"
)

// Network is the caller's choice of the network of a new instance; "" and nil leave the choice to AWS's answers.
type Network struct {
	VPC       string
	SubnetIDs []string
}

// Prepare asks AWS for the values that the plan leaves open (version, subnets), checks the plan against AWS's rules
// and names the resources to create. It changes nothing in AWS.
func (c *Client) Prepare(ctx context.Context, p *Plan, n Network) error {
	p.complete()
	if err := p.check(); err != nil {
		return err
	}
	if err := c.chooseVersion(ctx, p); err != nil {
		return err
	}
	if err := c.chooseNetwork(ctx, p, n); err != nil {
		return err
	}
	id := *p.Input.DBInstanceIdentifier
	if len(p.Input.VpcSecurityGroupIds) == 0 {
		p.SecurityGroup = id + "-db"
	}
	if p.Input.DBParameterGroupName == nil {
		major, _, _ := strings.Cut(aws.ToString(p.Input.EngineVersion), ".")
		p.ParameterGroup = id + "-postgres" + major
		p.Parameters = []types.Parameter{
			parameter("rds.force_ssl", "1", types.ApplyMethodImmediate),
			parameter("log_connections", "1", types.ApplyMethodImmediate),
			parameter("log_disconnections", "1", types.ApplyMethodImmediate),
			parameter("log_min_duration_statement", "500", types.ApplyMethodImmediate),
			parameter("shared_preload_libraries", "pg_stat_statements", types.ApplyMethodPendingReboot),
		}
	}
	return nil
}

func parameter(name, value string, method types.ApplyMethod) types.Parameter {
	return types.Parameter{ParameterName: &name, ParameterValue: &value, ApplyMethod: method}
}

// chooseVersion asks AWS for the default version, or whether a given version is offered, and whether the class is
// offered with it.
func (c *Client) chooseVersion(ctx context.Context, p *Plan) error {
	in := p.Input
	ask := &rds.DescribeDBEngineVersionsInput{Engine: in.Engine, EngineVersion: in.EngineVersion}
	if in.EngineVersion == nil {
		ask.DefaultOnly = aws.Bool(true)
	}
	out, err := c.rds.DescribeDBEngineVersions(ctx, ask)
	switch {
	case err != nil && in.EngineVersion != nil && notOffered(err):
		p.Notes = append(p.Notes, "this AWS cannot say whether version "+*in.EngineVersion+" is offered")
		return nil
	case err != nil:
		if in.EngineVersion == nil && notOffered(err) {
			return &Problem{
				What: "which version of PostgreSQL?", Why: "this AWS (an emulator?) cannot say what it offers",
				Next: "cruddur rds create --engine-version 17", Kind: cruddur.KindInvalid, Err: err,
			}
		}
		return explain("ask for the versions of PostgreSQL", err)
	case len(out.DBEngineVersions) == 0:
		return c.versionRefused(ctx, aws.ToString(in.EngineVersion))
	}
	newest := out.DBEngineVersions[len(out.DBEngineVersions)-1]
	full := aws.ToString(newest.EngineVersion)
	if in.EngineVersion == nil {
		major, _, _ := strings.Cut(full, ".")
		in.EngineVersion = &major
		p.Notes = append(p.Notes, "PostgreSQL "+major+" is what RDS recommends today; it will choose the newest minor, "+full+" or later")
	}
	return c.checkClass(ctx, p, full)
}

// notOffered reports whether err says that the operation itself is missing, as emulators do.
func notOffered(err error) bool {
	s := code(err)
	return status(err) == 501 || status(err) == 500 && s == "" || s == "NotImplemented" || s == "InvalidAction"
}

func (c *Client) versionRefused(ctx context.Context, version string) error {
	var offered []string
	if out, err := c.rds.DescribeDBEngineVersions(ctx, &rds.DescribeDBEngineVersionsInput{Engine: aws.String("postgres")}); err == nil {
		for _, v := range out.DBEngineVersions {
			offered = append(offered, aws.ToString(v.EngineVersion))
		}
	}
	if len(offered) > 12 {
		offered = offered[len(offered)-12:]
	}
	return &Problem{
		What: "--engine-version " + version + " is refused", Why: "RDS does not offer it: minor versions are retired after a while. Offered: " + strings.Join(offered, ", "),
		Next: "leave out the minor version and RDS takes the newest", Kind: cruddur.KindInvalid,
	}
}

func (c *Client) checkClass(ctx context.Context, p *Plan, version string) error {
	class := aws.ToString(p.Input.DBInstanceClass)
	offered := map[string]bool{}
	pages := rds.NewDescribeOrderableDBInstanceOptionsPaginator(c.rds, &rds.DescribeOrderableDBInstanceOptionsInput{
		Engine: aws.String("postgres"), EngineVersion: &version, DBInstanceClass: &class,
	})
	var storage []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			p.Notes = append(p.Notes, "AWS did not say whether "+class+" is offered: "+unread(err).observed)
			return nil
		}
		for _, o := range page.OrderableDBInstanceOptions {
			offered[aws.ToString(o.StorageType)] = true
		}
	}
	for s := range offered {
		storage = append(storage, s)
	}
	slices.Sort(storage)
	switch want := aws.ToString(p.Input.StorageType); {
	case len(offered) == 0:
		return c.classRefused(ctx, p, version)
	case !offered[want]:
		return &Problem{
			What: "--storage-type " + want + " is refused", Why: class + " is offered with " + strings.Join(storage, ", "),
			Next: "cruddur rds create --storage-type " + storage[0], Kind: cruddur.KindInvalid,
		}
	}
	return nil
}

// classRefused distinguishes a class that is not offered from an emulator that lists no classes at all.
func (c *Client) classRefused(ctx context.Context, p *Plan, version string) error {
	class := aws.ToString(p.Input.DBInstanceClass)
	out, err := c.rds.DescribeOrderableDBInstanceOptions(ctx, &rds.DescribeOrderableDBInstanceOptionsInput{Engine: aws.String("postgres"), EngineVersion: &version})
	if err != nil || len(out.OrderableDBInstanceOptions) == 0 {
		p.Notes = append(p.Notes, "this AWS lists no classes; "+class+" is taken as it is")
		return nil
	}
	var some []string
	for _, o := range out.OrderableDBInstanceOptions {
		if n := aws.ToString(o.DBInstanceClass); !slices.Contains(some, n) && len(some) < 8 {
			some = append(some, n)
		}
	}
	return &Problem{
		What: "--db-instance-class " + class + " is refused", Why: c.cfg.Region + " does not offer it with PostgreSQL " + version + "; it offers for example " + strings.Join(some, ", "),
		Next: "cruddur rds create --db-instance-class " + some[0], Kind: cruddur.KindInvalid,
	}
}

// chooseNetwork finds subnets in two zones or more: private ones, unless a public address is wanted.
func (c *Client) chooseNetwork(ctx context.Context, p *Plan, n Network) error {
	in := p.Input
	if in.DBSubnetGroupName != nil {
		out, err := c.rds.DescribeDBSubnetGroups(ctx, &rds.DescribeDBSubnetGroupsInput{DBSubnetGroupName: in.DBSubnetGroupName})
		if err != nil {
			return explain("read subnet group "+*in.DBSubnetGroupName, err)
		}
		p.VPC = aws.ToString(out.DBSubnetGroups[0].VpcId)
		return nil
	}
	subnets, err := c.subnets(ctx, n)
	if err != nil {
		return err
	}
	private, public, err := c.sortSubnets(ctx, p, subnets)
	if err != nil {
		return err
	}
	p.SubnetGroup = *in.DBInstanceIdentifier + "-subnets"
	chosen, kind := widest(private), "private"
	if aws.ToBool(in.PubliclyAccessible) || chosen == nil && len(n.SubnetIDs) > 0 {
		if w := widest(public); w != nil {
			chosen, kind = w, "public"
		}
	}
	if aws.ToBool(in.PubliclyAccessible) && kind == "private" {
		p.Notes = append(p.Notes, "no subnet has a route to the internet: the public address will not be reached")
	}
	if len(n.SubnetIDs) > 0 && (chosen == nil || len(chosen) < len(n.SubnetIDs)) {
		chosen, kind = subnets, "given"
	}
	if chosen == nil {
		chosen, kind = widest(public), "public"
		if chosen != nil {
			p.Notes = append(p.Notes, "no VPC has private subnets in two zones: the instance goes into public ones, without a public address (audit: private-subnet, high)")
		}
	}
	if chosen == nil {
		return &Problem{
			What: "no network for the instance", Why: "RDS wants subnets in two availability zones of one VPC; " + c.zonesOf(subnets),
			Next: "aws ec2 create-default-vpc   (or make a subnet in a second zone; --vpc-id and --subnet-ids choose among others)", Kind: cruddur.KindInvalid,
		}
	}
	p.VPC = chosen[0].VpcID
	for _, s := range chosen {
		p.SubnetIDs = append(p.SubnetIDs, s.ID)
	}
	p.Notes = append(p.Notes, "in "+p.VPC+", "+kind+" subnets "+strings.Join(p.SubnetIDs, ", "))
	return nil
}

// zonesOf lists the zones of the subnets.
func (c *Client) zonesOf(subnets []ec2query.Subnet) string {
	zones := map[string][]string{}
	for _, s := range subnets {
		if !slices.Contains(zones[s.VpcID], s.Zone) {
			zones[s.VpcID] = append(zones[s.VpcID], s.Zone)
		}
	}
	var parts []string
	for _, vpc := range slices.Sorted(maps.Keys(zones)) {
		parts = append(parts, vpc+" has them in "+strings.Join(zones[vpc], ", ")+" only")
	}
	if len(parts) == 0 {
		return c.cfg.Region + " has none"
	}
	return strings.Join(parts, "; ")
}

func (c *Client) subnets(ctx context.Context, n Network) ([]ec2query.Subnet, error) {
	var fs []ec2query.Filter
	if n.VPC != "" {
		fs = append(fs, ec2query.Filter{Name: "vpc-id", Values: []string{n.VPC}})
	}
	if len(n.SubnetIDs) > 0 {
		fs = append(fs, ec2query.Filter{Name: "subnet-id", Values: n.SubnetIDs})
	}
	all, err := c.ec2.Subnets(ctx, fs...)
	if err != nil {
		return nil, explain("list subnets", err)
	}
	if len(n.SubnetIDs) > len(all) {
		return nil, &Problem{
			What: "--subnet-ids is refused", Why: "not all of " + strings.Join(n.SubnetIDs, ", ") + " exist in " + c.cfg.Region,
			Next: "aws ec2 describe-subnets --query 'Subnets[].[SubnetId,VpcId,AvailabilityZone]' --output table", Kind: cruddur.KindInvalid,
		}
	}
	return all, nil
}

// sortSubnets separates the subnets with a route to the internet from those without. A subnet without any route table
// has no such route.
func (c *Client) sortSubnets(ctx context.Context, p *Plan, all []ec2query.Subnet) (private, public map[string][]ec2query.Subnet, err error) {
	byVPC := map[string][]ec2query.Subnet{}
	for _, s := range all {
		byVPC[s.VpcID] = append(byVPC[s.VpcID], s)
	}
	private, public = map[string][]ec2query.Subnet{}, map[string][]ec2query.Subnet{}
	for vpc, subnets := range byVPC {
		var ids []string
		for _, s := range subnets {
			ids = append(ids, s.ID)
		}
		open, lost, err := c.publicSubnets(ctx, vpc, ids)
		if err != nil {
			return nil, nil, explain("read the routes of "+vpc, err)
		}
		if len(lost) > 0 {
			p.Notes = append(p.Notes, "no route table serves "+strings.Join(lost, ", ")+" of "+vpc+": nothing outside of the VPC is reached from there")
		}
		for _, s := range subnets {
			if slices.ContainsFunc(open, func(p publicSubnet) bool { return p.id == s.ID }) {
				public[vpc] = append(public[vpc], s)
			} else {
				private[vpc] = append(private[vpc], s)
			}
		}
	}
	return private, public, nil
}

// widest returns the subnets of the VPC with the most zones, at least two; ties are broken by id, so that the same
// account gives the same plan every time.
func widest(byVPC map[string][]ec2query.Subnet) []ec2query.Subnet {
	var best []ec2query.Subnet
	most, name := 1, ""
	for vpc, subnets := range byVPC {
		zones := map[string]bool{}
		for _, s := range subnets {
			zones[s.Zone] = true
		}
		if len(zones) > most || len(zones) == most && most > 1 && vpc < name {
			best, most, name = subnets, len(zones), vpc
		}
	}
	slices.SortFunc(best, func(a, b ec2query.Subnet) int { return strings.Compare(a.Zone+a.ID, b.Zone+b.ID) })
	return best
}

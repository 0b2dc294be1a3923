package rds

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"cruddur"
	"cruddur/internal/rds/ec2query"
)

// Progress is called with one line for each action.
type Progress func(line string)

// maker creates the parts of a plan.
type maker struct {
	c   *Client
	p   *Plan
	say Progress
}

// Existing returns the instance with the plan's name if this tool has already created it, so that an interrupted
// create can continue. An instance of that name that this tool did not create is an error; if there is none, Existing
// returns nil.
func (c *Client) Existing(ctx context.Context, p *Plan) (*Instance, error) {
	id := strings.ToLower(aws.ToString(p.Input.DBInstanceIdentifier))
	i, err := c.instance(ctx, id)
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v := view(i)
	if v.Profile == "" {
		return nil, &Problem{
			What: "create " + id + ": an instance of this name exists already", Why: "it was not made by this tool (it has no tag " + tagProfile + "), so it is left alone",
			Next: "cruddur rds create --db-instance-identifier NAME", Kind: cruddur.KindConflict,
		}
	}
	return &v, nil
}

// Create creates everything in the plan that does not exist yet, and starts the creation of the instance. It returns
// while the instance is still being created; call Wait next. If it fails, the error says what exists and how to
// finish or remove it: another run continues.
func (c *Client) Create(ctx context.Context, p *Plan, say Progress) (*Instance, error) {
	m := &maker{c: c, p: p, say: say}
	steps := []func(context.Context) error{m.subnetGroup, m.securityGroup, m.parameterGroup}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, c.Unfinished(ctx, *p.Input.DBInstanceIdentifier, err)
		}
	}
	out, err := c.rds.CreateDBInstance(ctx, p.Input)
	if err != nil {
		return nil, c.Unfinished(ctx, *p.Input.DBInstanceIdentifier, explain("create "+*p.Input.DBInstanceIdentifier, err))
	}
	say("instance " + *p.Input.DBInstanceIdentifier + " is being created")
	v := view(out.DBInstance)
	return &v, nil
}

func (m *maker) subnetGroup(ctx context.Context) error {
	name := m.p.SubnetGroup
	if name == "" {
		return nil
	}
	m.p.Input.DBSubnetGroupName = &name
	_, err := m.c.rds.CreateDBSubnetGroup(ctx, &rds.CreateDBSubnetGroupInput{
		DBSubnetGroupName: &name, DBSubnetGroupDescription: aws.String(subnetsFor(*m.p.Input.DBInstanceIdentifier)),
		SubnetIds: m.p.SubnetIDs, Tags: m.p.Input.Tags,
	})
	if code(err) == "DBSubnetGroupAlreadyExists" {
		m.say("subnet group " + name + " exists")
		return m.useSubnetGroup(ctx, name)
	}
	if err != nil {
		return explain("create subnet group "+name, err)
	}
	m.say("subnet group " + name + " made")
	return nil
}

// useSubnetGroup takes the VPC of an existing group: the security group must be in the same VPC.
func (m *maker) useSubnetGroup(ctx context.Context, name string) error {
	out, err := m.c.rds.DescribeDBSubnetGroups(ctx, &rds.DescribeDBSubnetGroupsInput{DBSubnetGroupName: &name})
	if err != nil {
		return explain("read subnet group "+name, err)
	}
	if len(out.DBSubnetGroups) > 0 {
		m.p.VPC = aws.ToString(out.DBSubnetGroups[0].VpcId)
	}
	return nil
}

func (m *maker) securityGroup(ctx context.Context) error {
	name := m.p.SecurityGroup
	if name == "" {
		return nil
	}
	have, err := m.c.ec2.SecurityGroups(ctx, ec2query.Filter{Name: "group-name", Values: []string{name}}, ec2query.Filter{Name: "vpc-id", Values: []string{m.p.VPC}})
	if err != nil {
		return explain("look for security group "+name, err)
	}
	if len(have) > 0 {
		m.p.Input.VpcSecurityGroupIds = []string{have[0].ID}
		return m.useSecurityGroup(ctx, name, have[0].ID)
	}
	tags := []ec2query.Tag{{Key: "Name", Value: name}}
	for _, t := range m.p.Input.Tags {
		tags = append(tags, ec2query.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)})
	}
	id, err := m.c.ec2.CreateSecurityGroup(ctx, m.p.VPC, name, groupFor(*m.p.Input.DBInstanceIdentifier), tags)
	if err != nil {
		return explain("create security group "+name, err)
	}
	m.say("security group " + name + " made (" + id + "); it admits nobody")
	m.p.Input.VpcSecurityGroupIds = []string{id}
	return nil
}

// useSecurityGroup reports whom an existing group admits: it may be left from an earlier instance.
func (m *maker) useSecurityGroup(ctx context.Context, name, id string) error {
	rules, err := m.c.ec2.Rules(ctx, ec2query.Filter{Name: "group-id", Values: []string{id}})
	if err != nil {
		return explain("read the rules of "+id, err)
	}
	var admitted []string
	for _, r := range rules {
		if !r.Egress {
			admitted = append(admitted, r.Peer())
		}
	}
	line := "security group " + name + " exists (" + id + ")"
	if len(admitted) > 0 {
		line += " and admits " + strings.Join(admitted, ", ")
	}
	m.say(line)
	return nil
}

func (m *maker) parameterGroup(ctx context.Context) error {
	name := m.p.ParameterGroup
	if name == "" {
		return nil
	}
	family := m.p.family()
	_, err := m.c.rds.CreateDBParameterGroup(ctx, &rds.CreateDBParameterGroupInput{
		DBParameterGroupName: &name, DBParameterGroupFamily: &family,
		Description: aws.String(parametersFor(*m.p.Input.DBInstanceIdentifier)), Tags: m.p.Input.Tags,
	})
	switch {
	case code(err) == "DBParameterGroupAlreadyExists" || code(err) == "DBParameterGroupAlreadyExistsFault":
		m.say("parameter group " + name + " exists")
	case err != nil:
		return explain("create parameter group "+name, err)
	default:
		m.say("parameter group " + name + " made")
	}
	_, err = m.c.rds.ModifyDBParameterGroup(ctx, &rds.ModifyDBParameterGroupInput{DBParameterGroupName: &name, Parameters: m.p.Parameters})
	if err != nil {
		return explain("set the parameters of "+name, err)
	}
	m.p.Input.DBParameterGroupName = &name
	return nil
}

// Made lists the resources that the plan adds to the account, for --dry-run.
func (p *Plan) Made() []string {
	var list []string
	if p.SubnetGroup != "" {
		list = append(list, "subnet group "+p.SubnetGroup+": "+strings.Join(p.SubnetIDs, ", "))
	}
	if p.SecurityGroup != "" {
		list = append(list, "security group "+p.SecurityGroup+" in "+p.VPC+": admits nobody (an existing one of this name is used unchanged)")
	}
	if p.ParameterGroup != "" {
		var values []string
		for _, v := range p.Parameters {
			values = append(values, aws.ToString(v.ParameterName)+"="+aws.ToString(v.ParameterValue))
		}
		list = append(list, "parameter group "+p.ParameterGroup+": "+strings.Join(values, ", "))
	}
	return append(list, "instance "+aws.ToString(p.Input.DBInstanceIdentifier))
}

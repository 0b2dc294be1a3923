package ec2query

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
)

// Vpcs calls DescribeVpcs.
func (c *Client) Vpcs(ctx context.Context, fs ...Filter) ([]Vpc, error) {
	return describe[Vpc](ctx, c, "DescribeVpcs", "vpcSet", filters(fs))
}

// Subnets calls DescribeSubnets.
func (c *Client) Subnets(ctx context.Context, fs ...Filter) ([]Subnet, error) {
	return describe[Subnet](ctx, c, "DescribeSubnets", "subnetSet", filters(fs))
}

// RouteTables calls DescribeRouteTables.
func (c *Client) RouteTables(ctx context.Context, fs ...Filter) ([]RouteTable, error) {
	return describe[RouteTable](ctx, c, "DescribeRouteTables", "routeTableSet", filters(fs))
}

// NetworkAcls calls DescribeNetworkAcls.
func (c *Client) NetworkAcls(ctx context.Context, fs ...Filter) ([]NetworkAcl, error) {
	return describe[NetworkAcl](ctx, c, "DescribeNetworkAcls", "networkAclSet", filters(fs))
}

// Endpoints calls DescribeVpcEndpoints.
func (c *Client) Endpoints(ctx context.Context, fs ...Filter) ([]Endpoint, error) {
	return describe[Endpoint](ctx, c, "DescribeVpcEndpoints", "vpcEndpointSet", filters(fs))
}

// SecurityGroups calls DescribeSecurityGroups.
func (c *Client) SecurityGroups(ctx context.Context, fs ...Filter) ([]SecurityGroup, error) {
	return describe[SecurityGroup](ctx, c, "DescribeSecurityGroups", "securityGroupInfo", filters(fs))
}

// Rules calls DescribeSecurityGroupRules, for inbound and outbound rules.
func (c *Client) Rules(ctx context.Context, fs ...Filter) ([]Rule, error) {
	return describe[Rule](ctx, c, "DescribeSecurityGroupRules", "securityGroupRuleSet", filters(fs))
}

// CreateSecurityGroup makes a group that admits nobody and returns its id.
func (c *Client) CreateSecurityGroup(ctx context.Context, vpc, name, description string, tags []Tag) (string, error) {
	params := url.Values{"VpcId": {vpc}, "GroupName": {name}, "GroupDescription": {description}}
	tagSpecification(params, "security-group", tags)
	var answer struct {
		ID string `xml:"groupId"`
	}
	err := c.call.Query(ctx, "ec2", version, "CreateSecurityGroup", params, &answer)
	return answer.ID, err
}

// DeleteSecurityGroup removes a group that nothing uses.
func (c *Client) DeleteSecurityGroup(ctx context.Context, id string) error {
	return c.do(ctx, "DeleteSecurityGroup", url.Values{"GroupId": {id}})
}

// CreateTags sets tags on one resource; others stay.
func (c *Client) CreateTags(ctx context.Context, resource string, tags []Tag) error {
	params := url.Values{"ResourceId.1": {resource}}
	for i, t := range tags {
		params.Set(fmt.Sprintf("Tag.%d.Key", i+1), t.Key)
		params.Set(fmt.Sprintf("Tag.%d.Value", i+1), t.Value)
	}
	return c.do(ctx, "CreateTags", params)
}

// Authorize adds the inbound rule r with its tags and returns it with its id. With dryRun, EC2 only checks whether
// the call is allowed (error code DryRunOperation).
func (c *Client) Authorize(ctx context.Context, r Rule, dryRun bool) (Rule, error) {
	params := url.Values{"GroupId": {r.GroupID}}
	p := "IpPermissions.1."
	params.Set(p+"IpProtocol", r.Protocol)
	params.Set(p+"FromPort", strconv.Itoa(r.FromPort))
	params.Set(p+"ToPort", strconv.Itoa(r.ToPort))
	who, key, value := "IpRanges.1.", "CidrIp", r.CIDR
	if r.CIDRv6 != "" {
		who, key, value = "Ipv6Ranges.1.", "CidrIpv6", r.CIDRv6
	}
	params.Set(p+who+key, value)
	params.Set(p+who+"Description", r.Description)
	tagSpecification(params, "security-group-rule", r.Tags)
	setDryRun(params, dryRun)
	var answer struct {
		Rules []Rule `xml:"securityGroupRuleSet>item"`
	}
	if err := c.call.Query(ctx, "ec2", version, "AuthorizeSecurityGroupIngress", params, &answer); err != nil {
		return r, err
	}
	if len(answer.Rules) > 0 {
		r.ID = answer.Rules[0].ID
	}
	return r, nil
}

// Modify replaces the whole rule r.ID: empty fields of r are cleared.
func (c *Client) Modify(ctx context.Context, r Rule, dryRun bool) error {
	params := url.Values{"GroupId": {r.GroupID}, "SecurityGroupRule.1.SecurityGroupRuleId": {r.ID}}
	p := "SecurityGroupRule.1.SecurityGroupRule."
	params.Set(p+"IpProtocol", r.Protocol)
	params.Set(p+"FromPort", strconv.Itoa(r.FromPort))
	params.Set(p+"ToPort", strconv.Itoa(r.ToPort))
	if r.CIDRv6 != "" {
		params.Set(p+"CidrIpv6", r.CIDRv6)
	} else {
		params.Set(p+"CidrIpv4", r.CIDR)
	}
	params.Set(p+"Description", r.Description)
	setDryRun(params, dryRun)
	return c.do(ctx, "ModifySecurityGroupRules", params)
}

// Revoke removes inbound rules by id.
func (c *Client) Revoke(ctx context.Context, group string, ids []string, dryRun bool) error {
	params := url.Values{"GroupId": {group}}
	for i, id := range ids {
		params.Set("SecurityGroupRuleId."+strconv.Itoa(i+1), id)
	}
	setDryRun(params, dryRun)
	return c.do(ctx, "RevokeSecurityGroupIngress", params)
}

func (c *Client) do(ctx context.Context, action string, params url.Values) error {
	var answer struct{}
	return c.call.Query(ctx, "ec2", version, action, params, &answer)
}

func setDryRun(params url.Values, dryRun bool) {
	if dryRun {
		params.Set("DryRun", "true")
	}
}

func tagSpecification(params url.Values, kind string, tags []Tag) {
	if len(tags) == 0 {
		return
	}
	params.Set("TagSpecification.1.ResourceType", kind)
	for i, t := range tags {
		params.Set(fmt.Sprintf("TagSpecification.1.Tag.%d.Key", i+1), t.Key)
		params.Set(fmt.Sprintf("TagSpecification.1.Tag.%d.Value", i+1), t.Value)
	}
}

// PrefixListEntries calls GetManagedPrefixListEntries: it returns the ranges of a prefix list.
func (c *Client) PrefixListEntries(ctx context.Context, id string) ([]string, error) {
	type entry struct {
		CIDR string `xml:"cidr"`
	}
	entries, err := describe[entry](ctx, c, "GetManagedPrefixListEntries", "entrySet", url.Values{"PrefixListId": {id}})
	var cidrs []string
	for _, e := range entries {
		cidrs = append(cidrs, e.CIDR)
	}
	return cidrs, err
}

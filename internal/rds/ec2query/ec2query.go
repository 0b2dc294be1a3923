// Package ec2query calls the few EC2 operations for the database's network. It must not have security rules: package
// rds decides what is safe.
package ec2query

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/url"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cruddur/internal/rds/awscall"
)

const version = "2016-11-15"

// Client sends EC2 requests.
type Client struct{ call *awscall.Client }

// New returns a client for cfg.
func New(cfg aws.Config) *Client { return &Client{awscall.New(cfg)} }

// Tag is a tag of any EC2 resource.
type Tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

// TagOf returns the value of a tag, or "".
func TagOf(tags []Tag, key string) string {
	for _, t := range tags {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}

// Filter narrows a Describe call: any of Values matches.
type Filter struct {
	Name   string
	Values []string
}

// Vpc is a virtual network.
type Vpc struct {
	ID        string `xml:"vpcId"`
	CIDR      string `xml:"cidrBlock"`
	IsDefault bool   `xml:"isDefault"`
	More      []struct {
		CIDR string `xml:"cidrBlock"`
	} `xml:"cidrBlockAssociationSet>item"` // CIDR is among them
	IPv6 []struct {
		CIDR string `xml:"ipv6CidrBlock"`
	} `xml:"ipv6CidrBlockAssociationSet>item"`
}

// Blocks are all ranges of the network, of IPv4 and IPv6.
func (v Vpc) Blocks() []string {
	blocks := []string{v.CIDR}
	for _, b := range v.More {
		blocks = append(blocks, b.CIDR)
	}
	for _, b := range v.IPv6 {
		blocks = append(blocks, b.CIDR)
	}
	return blocks
}

// Subnet is one part of a Vpc, in one availability zone.
type Subnet struct {
	ID    string `xml:"subnetId"`
	VpcID string `xml:"vpcId"`
	Zone  string `xml:"availabilityZone"`
	CIDR  string `xml:"cidrBlock"` // "" for an IPv6-only subnet
	Tags  []Tag  `xml:"tagSet>item"`
}

// Route is a line of a route table. GatewayID begins with igw- for an internet gateway.
type Route struct {
	CIDR      string `xml:"destinationCidrBlock"`
	CIDRv6    string `xml:"destinationIpv6CidrBlock"`
	GatewayID string `xml:"gatewayId"`
	NatID     string `xml:"natGatewayId"`
	PeeringID string `xml:"vpcPeeringConnectionId"`
	TransitID string `xml:"transitGatewayId"`
	Interface string `xml:"networkInterfaceId"`
	State     string `xml:"state"` // active, or blackhole where the target is gone
}

// Target returns the id of the route's target, of any kind.
func (r Route) Target() string {
	return r.GatewayID + r.NatID + r.PeeringID + r.TransitID + r.Interface
}

// Endpoint is a VPC endpoint: a connection from a Vpc to an AWS service.
type Endpoint struct {
	ID      string `xml:"vpcEndpointId"`
	VpcID   string `xml:"vpcId"`
	Service string `xml:"serviceName"`
	State   string `xml:"state"`
}

// RouteTable is a route table of subnets; the main one applies to every subnet without its own.
type RouteTable struct {
	ID           string        `xml:"routeTableId"`
	VpcID        string        `xml:"vpcId"`
	Routes       []Route       `xml:"routeSet>item"`
	Associations []Association `xml:"associationSet>item"`
}

// Association assigns a route table to one subnet or, for the main one, to the remaining subnets.
type Association struct {
	ID       string `xml:"routeTableAssociationId"`
	SubnetID string `xml:"subnetId"`
	Main     bool   `xml:"main"`
}

// NetworkAcl is the stateless firewall of subnets.
type NetworkAcl struct {
	ID           string           `xml:"networkAclId"`
	VpcID        string           `xml:"vpcId"`
	Entries      []AclEntry       `xml:"entrySet>item"`
	Associations []AclAssociation `xml:"associationSet>item"`
}

// AclEntry is one rule of a NetworkAcl; the matching rule with the lowest number decides.
type AclEntry struct {
	Number   int    `xml:"ruleNumber"`
	Protocol string `xml:"protocol"`   // a number; 6 is TCP, -1 everything
	Action   string `xml:"ruleAction"` // allow or deny
	Egress   bool   `xml:"egress"`
	CIDR     string `xml:"cidrBlock"` // "" for a rule of IPv6
	From     int    `xml:"portRange>from"`
	To       int    `xml:"portRange>to"`
}

// AclAssociation assigns a NetworkAcl to a subnet.
type AclAssociation struct {
	SubnetID string `xml:"subnetId"`
}

// SecurityGroup is a firewall.
type SecurityGroup struct {
	ID          string `xml:"groupId"`
	Name        string `xml:"groupName"`
	Description string `xml:"groupDescription"`
	VpcID       string `xml:"vpcId"`
	Tags        []Tag  `xml:"tagSet>item"`
}

// Rule is one rule of a security group. Exactly one of CIDR, CIDRv6, PrefixListID and Group is set and names the
// peer.
type Rule struct {
	ID           string `xml:"securityGroupRuleId"`
	GroupID      string `xml:"groupId"`
	Egress       bool   `xml:"isEgress"`
	Protocol     string `xml:"ipProtocol"` // tcp, udp, icmp or -1 for everything
	FromPort     int    `xml:"fromPort"`
	ToPort       int    `xml:"toPort"`
	CIDR         string `xml:"cidrIpv4"`
	CIDRv6       string `xml:"cidrIpv6"`
	PrefixListID string `xml:"prefixListId"`
	Group        string `xml:"referencedGroupInfo>groupId"`
	Description  string `xml:"description"`
	Tags         []Tag  `xml:"tagSet>item"`
}

// Peer returns the text for the peer that the rule admits.
func (r Rule) Peer() string {
	return r.CIDR + r.CIDRv6 + r.PrefixListID + r.Group
}

// Covers reports whether the rule admits TCP on port.
func (r Rule) Covers(port int) bool {
	return r.Protocol == "-1" || (r.Protocol == "tcp" || r.Protocol == "6") && r.FromPort <= port && port <= r.ToPort
}

func filters(fs []Filter) url.Values {
	v := url.Values{}
	for i, f := range fs {
		prefix := fmt.Sprintf("Filter.%d.", i+1)
		v.Set(prefix+"Name", f.Name)
		for j, value := range f.Values {
			v.Set(prefix+"Value."+strconv.Itoa(j+1), value)
		}
	}
	return v
}

// set is the element of an answer that contains the items.
type set[T any] struct {
	XMLName xml.Name
	Items   []T `xml:"item"`
}

// describe reads all pages by nextToken; element is the name of the element that contains the items.
func describe[T any](ctx context.Context, c *Client, action, element string, params url.Values) ([]T, error) {
	var all []T
	for {
		var answer struct {
			Next string   `xml:"nextToken"`
			Sets []set[T] `xml:",any"`
		}
		if err := c.call.Query(ctx, "ec2", version, action, params, &answer); err != nil {
			return nil, err
		}
		for _, s := range answer.Sets {
			if s.XMLName.Local == element {
				all = append(all, s.Items...)
			}
		}
		if answer.Next == "" {
			return all, nil
		}
		params.Set("NextToken", answer.Next)
	}
}

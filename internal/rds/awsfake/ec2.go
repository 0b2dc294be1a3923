package awsfake

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cruddur/internal/rds/ec2query"
)

// network makes the default VPC, whose subnets lead to the internet, and one of private subnets.
func (s *Server) network() {
	s.Vpcs = []ec2query.Vpc{{ID: "vpc-0default", CIDR: "172.31.0.0/16", IsDefault: true}, {ID: "vpc-0private", CIDR: "10.0.0.0/16"}}
	for i, zone := range []string{"a", "b", "c"} {
		s.Subnets = append(s.Subnets,
			ec2query.Subnet{ID: fmt.Sprintf("subnet-0public%d", i), VpcID: "vpc-0default", Zone: Region + zone, CIDR: fmt.Sprintf("172.31.%d.0/20", 16*i)},
			ec2query.Subnet{ID: fmt.Sprintf("subnet-0private%d", i), VpcID: "vpc-0private", Zone: Region + zone, CIDR: fmt.Sprintf("10.0.%d.0/24", i)})
	}
	table := func(id, vpc string, routes ...ec2query.Route) ec2query.RouteTable {
		t := ec2query.RouteTable{ID: id, VpcID: vpc, Routes: routes}
		t.Associations = append(t.Associations, ec2query.Association{Main: true})
		return t
	}
	s.RouteTables = []ec2query.RouteTable{
		table("rtb-0default", "vpc-0default", ec2query.Route{CIDR: "172.31.0.0/16", GatewayID: "local"}, ec2query.Route{CIDR: "0.0.0.0/0", GatewayID: "igw-0fake"}),
		table("rtb-0private", "vpc-0private", ec2query.Route{CIDR: "10.0.0.0/16", GatewayID: "local"}),
	}
	for _, v := range s.Vpcs {
		id := "sg-0default" + v.ID[len("vpc-0"):]
		s.security[id] = ec2query.SecurityGroup{ID: id, Name: "default", VpcID: v.ID, Description: "default VPC security group"}
		r := ec2query.Rule{ID: s.id("sgr"), GroupID: id, Protocol: "-1", FromPort: -1, ToPort: -1}
		r.Group = id
		s.rules[r.ID] = r
	}
	for _, v := range s.Vpcs { // the default ACL of a VPC lets everything through
		a := ec2query.NetworkAcl{ID: "acl-0default" + v.ID[len("vpc-0"):], VpcID: v.ID}
		for _, egress := range []bool{true, false} {
			a.Entries = append(a.Entries,
				ec2query.AclEntry{Number: 32767, Protocol: "-1", Action: "deny", Egress: egress, CIDR: "0.0.0.0/0"},
				ec2query.AclEntry{Number: 100, Protocol: "-1", Action: "allow", Egress: egress, CIDR: "0.0.0.0/0"})
		}
		for _, n := range s.Subnets {
			if n.VpcID == v.ID {
				a.Associations = append(a.Associations, ec2query.AclAssociation{SubnetID: n.ID})
			}
		}
		s.NetworkAcls = append(s.NetworkAcls, a)
	}
	set, err := s.newSubnetSet("default", []string{"subnet-0public0", "subnet-0public1", "subnet-0public2"})
	if err != nil {
		panic(err.Message)
	}
	s.subnetSets["default"] = set
}

// AddRule adds a rule without the tool and returns its id.
func (s *Server) AddRule(r ec2query.Rule) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.ID = s.id("sgr")
	s.rules[r.ID] = r
	return r.ID
}

// AddGroup adds an empty security group and returns its id.
func (s *Server) AddGroup(vpc, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.id("sg")
	s.security[id] = ec2query.SecurityGroup{ID: id, Name: name, VpcID: vpc, Description: name}
	return id
}

// Rules returns the inbound rules of a group.
func (s *Server) Rules(group string) []ec2query.Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rules []ec2query.Rule
	for _, id := range sortedKeys(s.rules) {
		if r := s.rules[id]; r.GroupID == group && !r.Egress {
			rules = append(rules, r)
		}
	}
	return rules
}

func (s *Server) serveEC2(w http.ResponseWriter, call Call) {
	run := map[string]func(url.Values) (any, *apiError){
		"DescribeVpcs":                  s.describeVpcs,
		"DescribeSubnets":               s.describeSubnets,
		"DescribeRouteTables":           s.describeRouteTables,
		"DescribeSecurityGroups":        s.describeSecurityGroups,
		"DescribeSecurityGroupRules":    s.describeRules,
		"GetManagedPrefixListEntries":   s.prefixListEntries,
		"DescribeVpcEndpoints":          s.describeEndpoints,
		"DescribeNetworkAcls":           s.describeAcls,
		"CreateSecurityGroup":           s.createSecurityGroup,
		"DeleteSecurityGroup":           s.deleteSecurityGroup,
		"CreateTags":                    s.createTags,
		"AuthorizeSecurityGroupIngress": s.authorize,
		"ModifySecurityGroupRules":      s.modifyRules,
		"RevokeSecurityGroupIngress":    s.revoke,
		"AssociateRouteTable":           s.associate,
		"ReplaceRouteTableAssociation":  s.reassociate,

		"UpdateSecurityGroupRuleDescriptionsIngress": s.describeRule,
	}[call.Action]
	if run == nil || call.Params.Get("Version") != "2016-11-15" {
		(&apiError{Code: "InvalidAction", Message: "The action " + call.Action + " is not valid for this web service."}).write(w, "ec2", call)
		return
	}
	out, apiErr := run(call.Params)
	if apiErr != nil {
		apiErr.write(w, "ec2", call)
		return
	}
	body, err := xml.Marshal(struct {
		XMLName xml.Name
		Request string `xml:"requestId"`
		Body    any
	}{xml.Name{Local: call.Action + "Response"}, "fake", out})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	// The wrapper element is dropped; its children belong to the answer.
	text := string(body)
	for _, tag := range []string{"<Body>", "</Body>", "<answer>", "</answer>"} {
		text = strings.ReplaceAll(text, tag, "")
	}
	writeXML(w, http.StatusOK, text)
}

// filter reads Filter.N.Name and Filter.N.Value.M.
func filter(params url.Values) map[string][]string {
	out := map[string][]string{}
	for n := 1; params.Get(fmt.Sprintf("Filter.%d.Name", n)) != ""; n++ {
		name := params.Get(fmt.Sprintf("Filter.%d.Name", n))
		out[name] = list(params, fmt.Sprintf("Filter.%d.Value", n))
	}
	return out
}

func list(params url.Values, prefix string) []string {
	var out []string
	for n := 1; params.Has(prefix + "." + strconv.Itoa(n)); n++ {
		out = append(out, params.Get(prefix+"."+strconv.Itoa(n)))
	}
	return out
}

// match reports whether every filter admits the resource; unknown names have already been refused.
func match(filters map[string][]string, fields map[string]string, tags []ec2query.Tag) (bool, *apiError) {
	for name, values := range filters {
		have, known := fields[name]
		if key, ok := strings.CutPrefix(name, "tag:"); ok {
			have, known = ec2query.TagOf(tags, key), true
		}
		if name == "tag-key" {
			known = true
			for _, t := range tags {
				if slices.Contains(values, t.Key) {
					have = t.Key
				}
			}
		}
		if !known {
			return false, invalidValue("The filter '" + name + "' is invalid")
		}
		if !slices.Contains(values, have) {
			return false, nil
		}
	}
	return true, nil
}

func pick[T any](items []T, params url.Values, fields func(T) (map[string]string, []ec2query.Tag)) ([]T, *apiError) {
	var out []T
	for _, item := range items {
		f, tags := fields(item)
		ok, err := match(filter(params), f, tags)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, item)
		}
	}
	return out, nil
}

func (s *Server) describeVpcs(params url.Values) (any, *apiError) {
	items, err := pick(s.Vpcs, params, func(v ec2query.Vpc) (map[string]string, []ec2query.Tag) {
		return map[string]string{"vpc-id": v.ID, "is-default": strconv.FormatBool(v.IsDefault), "isDefault": strconv.FormatBool(v.IsDefault)}, nil
	})
	return struct {
		Items []ec2query.Vpc `xml:"vpcSet>item"`
	}{items}, err
}

func (s *Server) describeSubnets(params url.Values) (any, *apiError) {
	items, err := pick(s.Subnets, params, func(n ec2query.Subnet) (map[string]string, []ec2query.Tag) {
		return map[string]string{"vpc-id": n.VpcID, "subnet-id": n.ID}, n.Tags
	})
	return struct {
		Items []ec2query.Subnet `xml:"subnetSet>item"`
	}{items}, err
}

func (s *Server) describeRouteTables(params url.Values) (any, *apiError) {
	items, err := pick(s.RouteTables, params, func(t ec2query.RouteTable) (map[string]string, []ec2query.Tag) {
		return map[string]string{"vpc-id": t.VpcID, "route-table-id": t.ID}, nil
	})
	return struct {
		Items []ec2query.RouteTable `xml:"routeTableSet>item"`
	}{items}, err
}

// describeAcls supports only the filter by an ACL's subnets.
func (s *Server) describeAcls(params url.Values) (any, *apiError) {
	var items []ec2query.NetworkAcl
	for _, a := range s.NetworkAcls {
		for name, values := range filter(params) {
			if name != "association.subnet-id" {
				return nil, invalidValue("The filter '" + name + "' is invalid")
			}
			if slices.ContainsFunc(a.Associations, func(x ec2query.AclAssociation) bool { return slices.Contains(values, x.SubnetID) }) {
				items = append(items, a)
			}
		}
	}
	return struct {
		Items []ec2query.NetworkAcl `xml:"networkAclSet>item"`
	}{items}, nil
}

func (s *Server) describeEndpoints(params url.Values) (any, *apiError) {
	items, err := pick(s.Endpoints, params, func(e ec2query.Endpoint) (map[string]string, []ec2query.Tag) {
		return map[string]string{"vpc-id": e.VpcID, "service-name": e.Service}, nil
	})
	return struct {
		Items []ec2query.Endpoint `xml:"vpcEndpointSet>item"`
	}{items}, err
}

func (s *Server) describeSecurityGroups(params url.Values) (any, *apiError) {
	var all []ec2query.SecurityGroup
	for _, id := range sortedKeys(s.security) {
		all = append(all, s.security[id])
	}
	items, err := pick(all, params, func(g ec2query.SecurityGroup) (map[string]string, []ec2query.Tag) {
		return map[string]string{"vpc-id": g.VpcID, "group-id": g.ID, "group-name": g.Name}, g.Tags
	})
	return struct {
		Items []ec2query.SecurityGroup `xml:"securityGroupInfo>item"`
	}{items}, err
}

// describeRules answers one rule at a time, so that a caller that ignores nextToken fails its test.
func (s *Server) describeRules(params url.Values) (any, *apiError) {
	var all []ec2query.Rule
	for _, id := range sortedKeys(s.rules) {
		all = append(all, s.rules[id])
	}
	items, err := pick(all, params, func(r ec2query.Rule) (map[string]string, []ec2query.Tag) {
		return map[string]string{"group-id": r.GroupID, "security-group-rule-id": r.ID}, r.Tags
	})
	if err != nil {
		return nil, err
	}
	at, _ := strconv.Atoi(params.Get("NextToken"))
	answer := struct {
		Items []ec2query.Rule `xml:"securityGroupRuleSet>item"`
		Next  string          `xml:"nextToken,omitempty"`
	}{}
	if at < len(items) {
		answer.Items = items[at : at+1]
	}
	if at+1 < len(items) {
		answer.Next = strconv.Itoa(at + 1)
	}
	return answer, nil
}

func (s *Server) prefixListEntries(params url.Values) (any, *apiError) {
	cidrs, ok := s.PrefixLists[params.Get("PrefixListId")]
	if !ok {
		return nil, &apiError{Code: "InvalidPrefixListID.NotFound", Message: "The prefix list ID does not exist"}
	}
	type entry struct {
		CIDR string `xml:"cidr"`
	}
	var entries []entry
	for _, c := range cidrs {
		entries = append(entries, entry{c})
	}
	return struct {
		Items []entry `xml:"entrySet>item"`
	}{entries}, nil
}

func readTags(params url.Values, prefix string) []ec2query.Tag {
	var tags []ec2query.Tag
	for n := 1; params.Has(fmt.Sprintf("%s%d.Key", prefix, n)); n++ {
		tags = append(tags, ec2query.Tag{Key: params.Get(fmt.Sprintf("%s%d.Key", prefix, n)), Value: params.Get(fmt.Sprintf("%s%d.Value", prefix, n))})
	}
	return tags
}

func masked(cidr string) (string, *apiError) {
	p, err := netip.ParsePrefix(cidr)
	if err != nil {
		return "", invalidValue("CIDR block " + cidr + " is malformed")
	}
	return p.Masked().String(), nil
}

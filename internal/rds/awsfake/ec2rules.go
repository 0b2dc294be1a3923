package awsfake

import (
	"net/url"
	"slices"
	"strconv"

	"cruddur/internal/rds/ec2query"
)

func (s *Server) createSecurityGroup(params url.Values) (any, *apiError) {
	name, vpc := params.Get("GroupName"), params.Get("VpcId")
	if !slices.ContainsFunc(s.Vpcs, func(v ec2query.Vpc) bool { return v.ID == vpc }) {
		return nil, &apiError{Code: "InvalidVpcID.NotFound", Message: "The vpc ID '" + vpc + "' does not exist"}
	}
	for _, g := range s.security {
		if g.Name == name && g.VpcID == vpc {
			return nil, &apiError{Code: "InvalidGroup.Duplicate", Message: "The security group '" + name + "' already exists for VPC '" + vpc + "'"}
		}
	}
	g := ec2query.SecurityGroup{ID: s.id("sg"), Name: name, VpcID: vpc, Description: params.Get("GroupDescription"), Tags: readTags(params, "TagSpecification.1.Tag.")}
	s.security[g.ID] = g
	egress := ec2query.Rule{ID: s.id("sgr"), GroupID: g.ID, Egress: true, Protocol: "-1", FromPort: -1, ToPort: -1, CIDR: "0.0.0.0/0"}
	s.rules[egress.ID] = egress
	return struct {
		ID string `xml:"groupId"`
	}{g.ID}, nil
}

func (s *Server) deleteSecurityGroup(params url.Values) (any, *apiError) {
	id := params.Get("GroupId")
	if err := s.knownGroup(id); err != nil {
		return nil, err
	}
	for _, i := range s.instances {
		for _, g := range i.VpcSecurityGroups {
			if *g.VpcSecurityGroupId == id {
				return nil, &apiError{Code: "DependencyViolation", Message: "resource " + id + " has a dependent object"}
			}
		}
	}
	delete(s.security, id)
	return done{true}, nil
}

// done is the answer of an operation without a result.
type done struct {
	Return bool `xml:"return"`
}

func (s *Server) knownGroup(id string) *apiError {
	if len(id) < 4 || id[:3] != "sg-" {
		return &apiError{Code: "InvalidGroupId.Malformed", Message: `Invalid id: "` + id + `" (expecting "sg-...")`}
	}
	if _, ok := s.security[id]; !ok {
		return &apiError{Code: "InvalidGroup.NotFound", Message: "The security group '" + id + "' does not exist"}
	}
	return nil
}

func dry(params url.Values) *apiError {
	if params.Get("DryRun") == "true" {
		return &apiError{Code: "DryRunOperation", Status: 412, Message: "Request would have succeeded, but DryRun flag is set."}
	}
	return nil
}

func (s *Server) createTags(params url.Values) (any, *apiError) {
	id, tags := params.Get("ResourceId.1"), readTags(params, "Tag.")
	merge := func(old []ec2query.Tag) []ec2query.Tag {
		old = slices.Clone(old)
		for _, t := range tags {
			old = slices.DeleteFunc(old, func(o ec2query.Tag) bool { return o.Key == t.Key })
			old = append(old, t)
		}
		return old
	}
	if r, ok := s.rules[id]; ok {
		r.Tags = merge(r.Tags)
		s.rules[id] = r
	} else if g, ok := s.security[id]; ok {
		g.Tags = merge(g.Tags)
		s.security[id] = g
	} else {
		return nil, &apiError{Code: "InvalidID", Message: "The ID '" + id + "' is not valid"}
	}
	return done{true}, nil
}

// readRule reads one rule from the form, whose keys begin with prefix, and checks it.
func readRule(params url.Values, prefix, cidr, cidr6, description string) (ec2query.Rule, *apiError) {
	r := ec2query.Rule{Protocol: params.Get(prefix + "IpProtocol"), Description: params.Get(description)}
	var err1, err2 error
	r.FromPort, err1 = strconv.Atoi(params.Get(prefix + "FromPort"))
	r.ToPort, err2 = strconv.Atoi(params.Get(prefix + "ToPort"))
	if err1 != nil || err2 != nil || r.FromPort > r.ToPort || r.ToPort > 65535 || !slices.Contains([]string{"tcp", "udp", "-1"}, r.Protocol) {
		return r, &apiError{Code: "InvalidPermission.Malformed", Message: "Unsupported IP protocol or port range"}
	}
	if len(r.Description) > 255 {
		return r, invalidValue("Rule descriptions are at most 255 characters")
	}
	for _, c := range r.Description {
		if c < ' ' || c > '~' {
			return r, invalidValue("Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
		}
	}
	var err *apiError
	switch {
	case params.Get(cidr6) != "":
		r.CIDRv6, err = masked(params.Get(cidr6))
	default:
		r.CIDR, err = masked(params.Get(cidr))
	}
	return r, err
}

func (s *Server) duplicate(r ec2query.Rule) *apiError {
	for _, o := range s.rules {
		if o.ID != r.ID && o.GroupID == r.GroupID && !o.Egress && o.Protocol == r.Protocol && o.FromPort == r.FromPort && o.ToPort == r.ToPort && o.Peer() == r.Peer() {
			return &apiError{Code: "InvalidPermission.Duplicate", Message: "the specified rule \"peer: " + r.Peer() + ", TCP, from port: " + strconv.Itoa(r.FromPort) + ", ALLOW\" already exists"}
		}
	}
	return nil
}

func (s *Server) authorize(params url.Values) (any, *apiError) {
	group := params.Get("GroupId")
	if err := s.knownGroup(group); err != nil {
		return nil, err
	}
	p := "IpPermissions.1."
	description := p + "IpRanges.1.Description"
	if params.Has(p + "Ipv6Ranges.1.CidrIpv6") {
		description = p + "Ipv6Ranges.1.Description"
	}
	r, err := readRule(params, p, p+"IpRanges.1.CidrIp", p+"Ipv6Ranges.1.CidrIpv6", description)
	if err != nil {
		return nil, err
	}
	r.GroupID, r.Tags = group, readTags(params, "TagSpecification.1.Tag.")
	if err := s.duplicate(r); err != nil {
		return nil, err
	}
	inbound := 0
	for _, o := range s.rules {
		if o.GroupID == group && !o.Egress {
			inbound++
		}
	}
	if inbound >= 60 {
		return nil, &apiError{Code: "RulesPerSecurityGroupLimitExceeded", Message: "The maximum number of rules per security group has been reached."}
	}
	if err := dry(params); err != nil {
		return nil, err
	}
	r.ID = s.id("sgr")
	s.rules[r.ID] = r
	return struct {
		Return bool            `xml:"return"`
		Rules  []ec2query.Rule `xml:"securityGroupRuleSet>item"`
	}{true, []ec2query.Rule{r}}, nil
}

func (s *Server) modifyRules(params url.Values) (any, *apiError) {
	group, id := params.Get("GroupId"), params.Get("SecurityGroupRule.1.SecurityGroupRuleId")
	if err := s.knownGroup(group); err != nil {
		return nil, err
	}
	old, ok := s.rules[id]
	if !ok || old.GroupID != group {
		return nil, &apiError{Code: "InvalidSecurityGroupRuleId.NotFound", Message: "The security group rule ID '" + id + "' does not exist"}
	}
	p := "SecurityGroupRule.1.SecurityGroupRule."
	r, err := readRule(params, p, p+"CidrIpv4", p+"CidrIpv6", p+"Description")
	if err != nil {
		return nil, err
	}
	if (r.CIDRv6 != "") != (old.CIDRv6 != "") {
		return nil, invalidValue("You may not change the IP version of a security group rule.")
	}
	r.ID, r.GroupID, r.Tags = id, group, old.Tags
	if err := s.duplicate(r); err != nil {
		return nil, err
	}
	if err := dry(params); err != nil {
		return nil, err
	}
	if !s.IgnoreModify {
		s.rules[id] = r
	}
	return done{true}, nil
}

func (s *Server) revoke(params url.Values) (any, *apiError) {
	if err := s.knownGroup(params.Get("GroupId")); err != nil {
		return nil, err
	}
	ids := list(params, "SecurityGroupRuleId")
	for _, id := range ids {
		if r, ok := s.rules[id]; !ok || r.GroupID != params.Get("GroupId") {
			return nil, &apiError{Code: "InvalidSecurityGroupRuleId.NotFound", Message: "The security group rule ID '" + id + "' does not exist"}
		}
	}
	if err := dry(params); err != nil {
		return nil, err
	}
	for _, id := range ids {
		delete(s.rules, id)
	}
	return done{true}, nil
}

// describeRule sets the description of one rule.
func (s *Server) describeRule(params url.Values) (any, *apiError) {
	id := params.Get("SecurityGroupRuleDescription.1.SecurityGroupRuleId")
	r, ok := s.rules[id]
	if !ok || r.GroupID != params.Get("GroupId") {
		return nil, &apiError{Code: "InvalidSecurityGroupRuleId.NotFound", Message: "The security group rule ID '" + id + "' does not exist"}
	}
	r.Description = params.Get("SecurityGroupRuleDescription.1.Description")
	s.rules[id] = r
	return done{true}, nil
}

// associate assigns its own route table to a subnet.
func (s *Server) associate(params url.Values) (any, *apiError) {
	subnet := params.Get("SubnetId")
	for _, t := range s.RouteTables {
		for _, a := range t.Associations {
			if a.SubnetID == subnet {
				return nil, &apiError{Code: "Resource.AlreadyAssociated", Message: "the specified association for route table " + t.ID + " conflicts with an existing association"}
			}
		}
	}
	return s.addAssociation(params.Get("RouteTableId"), ec2query.Association{ID: s.id("rtbassoc"), SubnetID: subnet})
}

// reassociate assigns another route table to the subnet of an association.
func (s *Server) reassociate(params url.Values) (any, *apiError) {
	id := params.Get("AssociationId")
	for n, t := range s.RouteTables {
		for i, a := range t.Associations {
			if a.ID == id && id != "" {
				s.RouteTables[n].Associations = slices.Delete(slices.Clone(t.Associations), i, i+1)
				return s.addAssociation(params.Get("RouteTableId"), a)
			}
		}
	}
	return nil, &apiError{Code: "InvalidAssociationID.NotFound", Message: "The association ID '" + id + "' does not exist"}
}

func (s *Server) addAssociation(table string, a ec2query.Association) (any, *apiError) {
	for n := range s.RouteTables {
		if s.RouteTables[n].ID == table {
			s.RouteTables[n].Associations = append(s.RouteTables[n].Associations, a)
			return struct {
				ID string `xml:"associationId"`
			}{a.ID}, nil
		}
	}
	return nil, &apiError{Code: "InvalidRouteTableID.NotFound", Message: "The routeTable ID '" + table + "' does not exist"}
}

// RemoveRule removes a rule without the tool.
func (s *Server) RemoveRule(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rules, id)
}

// Outbound returns the outbound rules of a group.
func (s *Server) Outbound(group string) []ec2query.Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rules []ec2query.Rule
	for _, id := range sortedKeys(s.rules) {
		if r := s.rules[id]; r.GroupID == group && r.Egress {
			rules = append(rules, r)
		}
	}
	return rules
}

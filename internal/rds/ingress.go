package rds

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cruddur"
	"cruddur/internal/rds/ec2query"
)

// Allow is a request for one person's rule in the database's security group.
type Allow struct {
	Instance string     // names the instance; "" means the only one
	Group    string     // the security group; "" means the instance's only one
	RuleID   string     // the rule to change; "" finds it by the tag of Who
	Who      string     // the person, for the tag cruddur:who
	Address  netip.Addr // the address to admit
	TTL      time.Duration
	DryRun   bool
}

// Allowed is what AllowIP did, or with DryRun would do.
type Allowed struct {
	Group   string     `json:"security_group"`
	RuleID  string     `json:"rule_id"`
	Port    int32      `json:"port"`
	Old     string     `json:"old"` // "" where there was no rule
	New     string     `json:"new"`
	Expires *time.Time `json:"expires_at"` // nil: for ever
	Changed bool       `json:"changed"`    // the address or port has changed; false when it was right already
	Note    string     `json:"note"`       // what keeps the rule from having an effect, or ""
	Command string     `json:"command"`    // the AWS CLI's command for the change, "" where none was needed
}

// AllowIP creates the rule that admits exactly a.Address to the instance's port, or updates the person's rule. It
// makes no changing call if nothing has to change.
func (c *Client) AllowIP(ctx context.Context, a Allow) (*Allowed, error) {
	if a.Who == "" || len(a.Who) > 64 {
		return nil, &Problem{What: "whose rule?", Why: "the rule is tagged with a name of 1 to 64 characters", Next: "cruddur rds allow-ip --who NAME", Kind: cruddur.KindInvalid}
	}
	a.Who = plain(a.Who)
	group, port, public, err := c.door(ctx, a)
	if err != nil {
		return nil, err
	}
	rules, err := c.ec2.Rules(ctx, ec2query.Filter{Name: "group-id", Values: []string{group}})
	if err != nil {
		return nil, explain("read the rules of "+group, err)
	}
	want := ec2query.Rule{GroupID: group, Protocol: "tcp", FromPort: int(port), ToPort: int(port)}
	cidr := netip.PrefixFrom(a.Address, a.Address.BitLen()).String()
	if a.Address.Is4() {
		want.CIDR = cidr
	} else {
		want.CIDRv6 = cidr
	}
	out := &Allowed{Group: group, Port: port, New: cidr}
	if !public {
		out.Note = "the instance has no public address: nobody on the internet reaches it, whatever the rule says; see docs/rds.md on tunnels"
	}
	stamp := "never"
	if a.TTL > 0 {
		out.Expires = new(c.Now().Add(a.TTL).UTC().Truncate(time.Second))
		stamp = out.Expires.Format(time.RFC3339)
	}
	want.Description = "cruddur: " + a.Who + " until " + stamp
	want.Tags = []ec2query.Tag{{Key: tagWho, Value: a.Who}, {Key: tagExpires, Value: stamp}, {Key: "Name", Value: "cruddur " + a.Who}}
	old, err := own(rules, a)
	if err != nil {
		return nil, err
	}
	if out.admitted(rules, old, want) {
		return out, nil
	}
	if old == nil {
		err = c.addRule(ctx, want, a, out)
	} else {
		err = c.changeRule(ctx, *old, want, a, out)
	}
	if p, ok := err.(*Problem); ok && p.Code == "InvalidPermission.Duplicate" { // another caller was faster
		if rules, lookErr := c.ec2.Rules(ctx, ec2query.Filter{Name: "group-id", Values: []string{group}}); lookErr == nil && out.admitted(rules, old, want) {
			return out, nil
		}
	}
	return out, err
}

// admitted reports whether another rule than the person's own already admits exactly this address and port: EC2 does
// not store a rule twice. It then fills in that rule.
func (a *Allowed) admitted(rules []ec2query.Rule, own *ec2query.Rule, want ec2query.Rule) bool {
	for _, r := range rules {
		if r.Egress || own != nil && r.ID == own.ID || r.Peer() != want.Peer() || r.Protocol != "tcp" || r.FromPort != want.FromPort || r.ToPort != want.ToPort {
			continue
		}
		a.RuleID, a.Old, a.Command, a.Changed, a.Expires = r.ID, r.Peer(), "", false, nil
		if at, ok := expiry(r); ok {
			a.Expires = &at
		}
		notes := []string{"rule " + r.ID + " admits it already"}
		if who := ec2query.TagOf(r.Tags, tagWho); who != "" {
			notes[0] += ", which is that of " + who
		} else {
			notes[0] += ", which was not made by this command and does not expire"
		}
		if own != nil {
			notes = append(notes, "your own rule "+own.ID+" still admits "+own.Peer()+" (aws ec2 revoke-security-group-ingress --group-id "+own.GroupID+" --security-group-rule-ids "+own.ID+")")
		}
		if a.Note != "" {
			notes = append(notes, a.Note)
		}
		a.Note = strings.Join(notes, "; ")
		return true
	}
	return false
}

// door finds the security group and the port, and whether the internet reaches the instance at all.
func (c *Client) door(ctx context.Context, a Allow) (group string, port int32, public bool, err error) {
	i, err := c.one(ctx, a.Instance)
	if err != nil {
		return "", 0, false, err
	}
	v := view(i)
	if v.Port == 0 {
		return "", 0, false, &Problem{
			What: "instance " + v.ID + " has no port yet", Why: "it is still " + v.Status,
			Next: "cruddur rds wait " + v.ID + "   (then run the command again)", Kind: cruddur.KindConflict,
		}
	}
	if a.Group != "" {
		for _, g := range v.Groups {
			if g == a.Group {
				return g, v.Port, v.Public, nil
			}
		}
		return "", 0, false, &Problem{
			What: "security group " + a.Group + " does not guard " + v.ID, Why: "the instance is behind " + strings.Join(v.Groups, ", ") + "; a rule elsewhere would have no effect",
			Next: "unset DB_SG_ID   (the group is found automatically)", Kind: cruddur.KindInvalid,
		}
	}
	if len(v.Groups) != 1 {
		return "", 0, false, &Problem{
			What: "which security group?", Why: v.ID + " is behind " + fmt.Sprint(len(v.Groups)) + ": " + strings.Join(v.Groups, ", "),
			Next: "export DB_SG_ID=…   (one of them)", Kind: cruddur.KindInvalid,
		}
	}
	return v.Groups[0], v.Port, v.Public, nil
}

// own finds the person's rule: the one with RuleID, else the one of the right address family with the person's tag.
// An IPv4 rule cannot become an IPv6 rule.
func own(rules []ec2query.Rule, a Allow) (*ec2query.Rule, error) {
	for _, r := range rules {
		if r.Egress {
			continue
		}
		sameFamily := (r.CIDRv6 == "") == a.Address.Is4()
		if a.RuleID != "" && r.ID == a.RuleID {
			if !sameFamily {
				return nil, &Problem{
					What: "rule " + r.ID + " cannot admit " + a.Address.String(), Why: "EC2 does not turn an IPv4 rule into an IPv6 one or back",
					Next: "unset DB_SG_RULE_ID   (a second rule is made)", Kind: cruddur.KindInvalid,
				}
			}
			return &r, nil
		}
		if a.RuleID == "" && sameFamily && ec2query.TagOf(r.Tags, tagWho) == a.Who {
			return &r, nil
		}
	}
	if a.RuleID != "" {
		return nil, &Problem{
			What: "there is no rule " + a.RuleID, Why: "it was revoked, or belongs to another security group",
			Next: "unset DB_SG_RULE_ID   (a new rule is made)", Kind: cruddur.KindNotFound,
		}
	}
	return nil, nil
}

func (c *Client) addRule(ctx context.Context, want ec2query.Rule, a Allow, out *Allowed) error {
	out.Changed = true
	out.Command = fmt.Sprintf("aws ec2 authorize-security-group-ingress --group-id %s --ip-permissions '%s'", want.GroupID, permission(want))
	made, err := c.ec2.Authorize(ctx, want, a.DryRun)
	if err != nil && !wouldWork(err, a.DryRun) {
		return explain("admit "+want.Peer(), err)
	}
	out.RuleID = made.ID
	return nil
}

func permission(r ec2query.Rule) string {
	who := fmt.Sprintf(`"IpRanges":[{"CidrIp":"%s","Description":"%s"}]`, r.CIDR, r.Description)
	if r.CIDRv6 != "" {
		who = fmt.Sprintf(`"Ipv6Ranges":[{"CidrIpv6":"%s","Description":"%s"}]`, r.CIDRv6, r.Description)
	}
	return fmt.Sprintf(`[{"IpProtocol":"tcp","FromPort":%d,"ToPort":%d,%s}]`, r.FromPort, r.ToPort, who)
}

func (c *Client) changeRule(ctx context.Context, old, want ec2query.Rule, a Allow, out *Allowed) error {
	out.Old, out.RuleID, want.ID = old.Peer(), old.ID, old.ID
	same := old.Peer() == want.Peer() && old.Protocol == "tcp" && old.FromPort == want.FromPort && old.ToPort == want.ToPort
	if same && c.lasts(old, out.Expires) {
		if at, ok := expiry(old); ok {
			out.Expires = &at
		}
		return nil
	}
	out.Changed = !same
	cidr := "CidrIpv4=" + want.CIDR
	if want.CIDRv6 != "" {
		cidr = "CidrIpv6=" + want.CIDRv6
	}
	out.Command = fmt.Sprintf("aws ec2 modify-security-group-rules --group-id %s --security-group-rules 'SecurityGroupRuleId=%s,SecurityGroupRule={IpProtocol=tcp,FromPort=%d,ToPort=%d,%s,Description=%q}'",
		want.GroupID, want.ID, want.FromPort, want.ToPort, cidr, want.Description)
	if err := c.ec2.Modify(ctx, want, a.DryRun); err != nil {
		if wouldWork(err, a.DryRun) {
			return nil
		}
		return explain("change rule "+old.ID, err)
	}
	if a.DryRun {
		return nil
	}
	if err := c.ec2.CreateTags(ctx, want.ID, want.Tags); err != nil {
		e := explain("tag rule "+want.ID, err)
		if p, ok := e.(*Problem); ok {
			p.Left = append(p.Left, "rule "+want.ID+" admits "+want.Peer()+" already, with its old expiry; aws ec2 revoke-security-group-ingress --group-id "+want.GroupID+" --security-group-rule-ids "+want.ID)
		}
		return e
	}
	return c.confirm(ctx, want)
}

// confirm reads the rule again: if EC2 accepts a change without making it (an emulator does), it must not be reported
// as done.
func (c *Client) confirm(ctx context.Context, want ec2query.Rule) error {
	rules, err := c.ec2.Rules(ctx, ec2query.Filter{Name: "group-id", Values: []string{want.GroupID}})
	if err != nil {
		return explain("read rule "+want.ID+" again", err)
	}
	for _, r := range rules {
		if r.ID == want.ID && r.Peer() == want.Peer() {
			return nil
		}
	}
	return &Problem{
		What: "rule " + want.ID + " does not admit " + want.Peer(), Why: "EC2 accepted the change but did not make it",
		Next: "aws ec2 describe-security-group-rules --security-group-rule-ids " + want.ID,
	}
}

// lasts reports whether the rule's expiry can stay: the remaining time is at least half of the requested time.
// Otherwise every call would write a new expiry.
func (c *Client) lasts(r ec2query.Rule, until *time.Time) bool {
	at, ok := expiry(r)
	if until == nil {
		return ok && at.IsZero() || ec2query.TagOf(r.Tags, tagExpires) == "never"
	}
	if !ok {
		return false // without an expiry, or with one for ever where a term is asked for
	}
	now := c.Now()
	return at.Sub(now) >= until.Sub(now)/2 && !at.After(*until)
}

// expiry returns the rule's expiry, and false if it has none.
func expiry(r ec2query.Rule) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, ec2query.TagOf(r.Tags, tagExpires))
	return at, err == nil
}

func wouldWork(err error, dryRun bool) bool { return dryRun && code(err) == "DryRunOperation" }

// plain keeps the characters that EC2 admits in a description.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._-@+", r):
			return r
		}
		return '-'
	}, s)
}

// RevokeExpired removes the expired rules of the instance's groups, and returns them. Without an instance's name it
// looks at every PostgreSQL instance.
func (c *Client) RevokeExpired(ctx context.Context, id string, dryRun bool) ([]Allowed, error) {
	var ids []string
	if id != "" {
		ids = []string{id}
	}
	all, err := c.Status(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out, seen := []Allowed{}, map[string]bool{}
	for _, i := range all {
		for _, g := range i.Groups {
			if seen[g] {
				continue
			}
			seen[g] = true
			gone, err := c.revokeExpired(ctx, g, dryRun)
			out = append(out, gone...)
			if err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

func (c *Client) revokeExpired(ctx context.Context, group string, dryRun bool) ([]Allowed, error) {
	rules, err := c.ec2.Rules(ctx, ec2query.Filter{Name: "group-id", Values: []string{group}})
	if err != nil {
		return nil, explain("read the rules of "+group, err)
	}
	var out []Allowed
	var ids []string
	for _, r := range rules {
		if at, ok := expiry(r); ok && !r.Egress && !c.Now().Before(at) {
			ids = append(ids, r.ID)
			out = append(out, Allowed{Group: group, RuleID: r.ID, Port: int32(r.FromPort), Old: r.Peer(), Expires: &at, Changed: true})
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if err := c.ec2.Revoke(ctx, group, ids, dryRun); err != nil && !wouldWork(err, dryRun) {
		return nil, explain("revoke "+aws.ToString(&ids[0])+" and others of "+group, err)
	}
	return out, nil
}

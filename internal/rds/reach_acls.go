package rds

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds/ec2query"
)

// The ports from which a client connects, and to which the answers are sent: "Ephemeral ports" in the guide to
// network ACLs, for Lambda and NAT too.
const (
	ephemeralFirst = 1024
	ephemeralLast  = 65535
)

// walls judges the network ACLs of both sides. They are stateless, so the return path is judged too. Traffic within
// one subnet passes no ACL.
func (w *way) walls(ctx context.Context, i *types.DBInstance, v *Instance) {
	theirs, err := w.databaseSubnets(ctx, i)
	if err != nil {
		w.unknown("the network ACLs between the function and %s could not be read: %s", v.ID, reason(err))
		return
	}
	var ids []string
	for _, s := range append(slices.Clone(w.subnets), theirs...) {
		ids = append(ids, s.ID)
	}
	slices.Sort(ids)
	acls, err := w.c.ec2.NetworkAcls(ctx, ec2query.Filter{Name: "association.subnet-id", Values: slices.Compact(ids)})
	if err != nil {
		w.unknown("the network ACLs between the function and %s could not be read: %s", v.ID, reason(err))
		return
	}
	port := int(v.Port)
	told := map[string]bool{}
	for _, mine := range w.subnets {
		for _, their := range theirs {
			if mine.ID == their.ID {
				continue
			}
			for _, wall := range []crossing{
				{mine, their, true, port, port},
				{their, mine, false, port, port},
				{their, mine, true, ephemeralFirst, ephemeralLast},
				{mine, their, false, ephemeralFirst, ephemeralLast},
			} {
				if text := wall.judge(acls); text != "" && !told[text] {
					told[text] = true
					w.problem("%s, so that the function does not reach %s (aws ec2 describe-network-acls --filters Name=association.subnet-id,Values=%s)", text, v.ID, wall.at.ID)
				}
			}
		}
	}
}

// crossing is the border of a subnet, in one direction, on the path to or from another subnet.
type crossing struct {
	at, other   ec2query.Subnet
	out         bool
	first, last int // the ports
}

// judge returns what prevents TCP from crossing, or "". The matching rule with the lowest number decides. A rule that
// denies only some of the ports or addresses is ignored, because a connection may use others.
func (x crossing) judge(acls []ec2query.NetworkAcl) string {
	at := slices.IndexFunc(acls, func(a ec2query.NetworkAcl) bool {
		return slices.ContainsFunc(a.Associations, func(s ec2query.AclAssociation) bool { return s.SubnetID == x.at.ID })
	})
	to, err := netip.ParsePrefix(x.other.CIDR)
	if at < 0 || err != nil {
		return ""
	}
	way := map[bool]string{true: "out to", false: "in from"}[x.out]
	ports := fmt.Sprint("port ", x.first)
	if x.first != x.last {
		ports = fmt.Sprintf("ports %d to %d", x.first, x.last)
	}
	entries := slices.SortedFunc(slices.Values(acls[at].Entries), func(a, b ec2query.AclEntry) int { return cmp.Compare(a.Number, b.Number) })
	for _, e := range entries {
		p, err := netip.ParsePrefix(e.CIDR)
		if err != nil || e.Egress != x.out || e.Protocol != "-1" && e.Protocol != "6" || !p.Overlaps(to) {
			continue
		}
		all := e.Protocol == "-1" || e.From <= x.first && x.last <= e.To
		if !all && (e.To < x.first || x.last < e.From) {
			continue
		}
		whole := all && p.Bits() <= to.Bits()
		switch {
		case e.Action == "allow":
			return ""
		case whole:
			return fmt.Sprintf("rule %d of the network ACL %s denies TCP %s %s on %s", e.Number, acls[at].ID, way, x.other.ID, ports)
		}
	}
	return fmt.Sprintf("no rule of the network ACL %s allows TCP %s %s on %s", acls[at].ID, way, x.other.ID, ports)
}

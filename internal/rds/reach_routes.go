package rds

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds/ec2query"
)

// routed judges the routes between the caller's VPC and the database's, and reports whether the security groups
// matter: if no packet arrives, they do not.
func (w *way) routed(ctx context.Context, i *types.DBInstance, v *Instance, theirs string) bool {
	subnets, err := w.databaseSubnets(ctx, i)
	if err != nil {
		w.unknown("the function is in %s and %s in %s; the routes between them could not be read: %s", w.vpc, v.ID, theirs, reason(err))
		return false
	}
	there, errThere := w.routes(ctx, w.vpc, w.subnets, subnets)
	back, errBack := w.routes(ctx, theirs, subnets, w.subnets)
	for _, err := range []error{errThere, errBack} {
		if err != nil {
			w.unknown("the function is in %s and %s in %s; the routes between them could not be read: %s", w.vpc, v.ID, theirs, reason(err))
			return false
		}
	}
	const cure = "(cruddur lambda deploy --subnet … with subnets of the database's VPC, or a VPC peering with routes on both sides)"
	switch {
	case v.Public && through(there, "nat-"):
		w.unknown("the function is in %s and %s in %s: whether the address of the NAT gateway is admitted is not judged here", w.vpc, v.ID, theirs)
		return false
	case !through(there, "pcx-", "tgw-"):
		w.problem("the function is in %s and %s in %s, and the function's subnets have no route there %s", w.vpc, v.ID, theirs, cure)
		return false
	case !through(back, "pcx-", "tgw-") || !slices.Equal(there, back):
		w.problem("the function is in %s and %s in %s: the database's subnets have no route back the same way %s", w.vpc, v.ID, theirs, cure)
		return false
	case through(there, "tgw-"):
		w.unknown("the function is in %s and %s in %s, and the way goes through %s, whose own routes are not judged here", w.vpc, v.ID, theirs, strings.Join(there, ", "))
	}
	return true
}

// through reports whether every target begins with one of the kinds; it is false without targets.
func through(ways []string, kinds ...string) bool {
	return len(ways) > 0 && !slices.ContainsFunc(ways, func(way string) bool {
		return !slices.ContainsFunc(kinds, func(kind string) bool { return strings.HasPrefix(way, kind) })
	})
}

// routes lists the route targets of packets from subnets of a VPC to other subnets, each target once; "" means no
// route.
func (w *way) routes(ctx context.Context, vpc string, from, to []ec2query.Subnet) ([]string, error) {
	tables, err := w.c.ec2.RouteTables(ctx, ec2query.Filter{Name: "vpc-id", Values: []string{vpc}})
	if err != nil {
		return nil, err
	}
	var ways []string
	for _, f := range from {
		table := tableOf(tables, f.ID)
		for _, t := range to {
			way := ""
			if p, err := netip.ParsePrefix(t.CIDR); err == nil && table != nil {
				way = hop(table, p)
			}
			ways = append(ways, way)
		}
	}
	slices.Sort(ways)
	return slices.Compact(ways), nil
}

// tableOf returns the route table of a subnet: its own, or else the main one of the VPC, or nil if there is none.
func tableOf(tables []ec2query.RouteTable, subnet string) *ec2query.RouteTable {
	var main *ec2query.RouteTable
	for i, t := range tables {
		for _, a := range t.Associations {
			switch {
			case a.SubnetID == subnet:
				return &tables[i]
			case a.Main && a.SubnetID == "":
				main = &tables[i]
			}
		}
	}
	return main
}

// hop returns the target of the most specific route that contains a range; "" if there is none, or if it is a
// blackhole.
func hop(table *ec2query.RouteTable, to netip.Prefix) string {
	best, way := -1, ""
	for _, r := range table.Routes {
		p, err := netip.ParsePrefix(r.CIDR)
		if err != nil || p.Bits() > to.Bits() || !p.Contains(to.Addr()) || p.Bits() <= best {
			continue
		}
		best, way = p.Bits(), r.Target()
		if r.State == "blackhole" {
			way = ""
		}
	}
	return way
}

// secretsManager judges whether a function in a VPC reaches Secrets Manager, which is outside of it.
func (w *way) secretsManager(ctx context.Context) {
	if w.target.Secret == "" || w.stuck || w.vpc == "" {
		return
	}
	tables, err := w.c.ec2.RouteTables(ctx, ec2query.Filter{Name: "vpc-id", Values: []string{w.vpc}})
	if err != nil {
		w.unknown("whether the function reaches Secrets Manager could not be read: %s", reason(err))
		return
	}
	nat := true
	for _, s := range w.subnets {
		table := tableOf(tables, s.ID)
		nat = nat && table != nil && hop(table, everybody) != "" && !strings.HasPrefix(hop(table, everybody), "igw-") // a function has no public address
	}
	if nat {
		return
	}
	service := "com.amazonaws." + w.c.Region() + ".secretsmanager"
	points, err := w.c.ec2.Endpoints(ctx, ec2query.Filter{Name: "vpc-id", Values: []string{w.vpc}}, ec2query.Filter{Name: "service-name", Values: []string{service}})
	switch {
	case err != nil:
		w.unknown("whether %s has an endpoint for Secrets Manager could not be read: %s", w.vpc, reason(err))
	case !slices.ContainsFunc(points, func(e ec2query.Endpoint) bool { return e.State == "available" && e.Service == service }):
		w.problem("the password is in Secrets Manager, and %s has neither NAT nor an endpoint for it (cruddur rds url --auth iam needs neither; or aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id %s --service-name %s --subnet-ids %s)",
			w.vpc, w.vpc, service, strings.Join(w.from.Subnets, " "))
	}
}

package lambda

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/smithy-go"

	"cruddur/internal/rds/ec2query"
)

// broken is the good set-up with one change. want stands in the one problem or, with unknown, in what could not
// be judged; "" wants neither.
type broken struct {
	name, want string
	unknown    bool
	change     func(*setUp)
}

func judge(t *testing.T, cases []broken) {
	t.Helper()
	for _, b := range cases {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			u := newSetUp(t)
			b.change(u)
			st, err := u.status()
			if err != nil {
				t.Fatal(err)
			}
			got, other := st.Problems, st.Unknown
			if b.unknown {
				got, other = other, got
			}
			switch {
			case b.want == "" && len(got)+len(other) > 0:
				t.Errorf("Problems = %q, Unknown = %q, want none", st.Problems, st.Unknown)
			case b.want != "" && (len(got) != 1 || len(other) > 0 || !strings.Contains(got[0], b.want)):
				t.Errorf("Problems = %q, Unknown = %q, want one with %q", st.Problems, st.Unknown, b.want)
			case !b.unknown && b.want != "" && !strings.HasSuffix(got[0], ")"):
				t.Errorf("%q does not say what to do", got[0])
			}
		})
	}
}

func (u *setUp) status4db(text string) {
	u.Instance(u.db.ID, func(i *rdstypes.DBInstance) { i.DBInstanceStatus = &text })
}

// TestStatusDatabase breaks what the function knows of its database, and the database itself.
func TestStatusDatabase(t *testing.T) {
	t.Parallel()
	host := func(u *setUp, host string, port int32) {
		u.url(fmt.Sprintf("postgresql://cruddur_lambda@%s:%d/cruddur?sslmode=verify-full&cruddur_auth=iam", host, port))
	}
	judge(t, []broken{
		{"good", "", false, func(*setUp) {}},
		{"no environment", "has no CONNECTION_URL", false, func(u *setUp) { u.function.Environment = nil }},
		{"blank URL", "has no CONNECTION_URL", false, func(u *setUp) { u.url(" ") }},
		{"this machine", "beyond the function itself", false, func(u *setUp) { u.url("postgresql://u@localhost/d") }},
		{"a socket", "names a socket", false, func(u *setUp) { u.url("postgresql:///d?host=/run/postgresql") }},
		{"not a URL", "is not one that can be read from here", true, func(u *setUp) { u.url("host=db user=u") }},
		{"an instance that is gone", "no instance has the address", false, func(u *setUp) { host(u, "old.c9xyz.eu-central-1.rds.amazonaws.com", u.db.Port) }},
		{"another region", "is in us-east-1", true, func(u *setUp) { host(u, "db.c9xyz.us-east-1.rds.amazonaws.com", u.db.Port) }},
		{"another port", "listens on 15432", false, func(u *setUp) { host(u, u.db.Host, 5432) }},
		{"no port", "the URL names the port 5432", false, func(u *setUp) {
			u.url("postgresql://cruddur_lambda@" + u.db.Host + "/cruddur?sslmode=verify-full&cruddur_auth=iam")
		}},
		{"port in the query", "", false, func(u *setUp) {
			u.url(fmt.Sprintf("postgresql://cruddur_lambda@%s/cruddur?sslmode=verify-full&cruddur_auth=iam&port=%d", strings.ToUpper(u.db.Host), u.db.Port))
		}},
		{"stopped", "is stopped (cruddur rds start cruddur)", false, func(u *setUp) { u.status4db("stopped") }},
		{"being deleted", "is being deleted", false, func(u *setUp) { u.status4db("deleting") }},
		{"modifying", "is modifying", false, func(u *setUp) { u.status4db("modifying") }},
		{"full", "the disk is full", false, func(u *setUp) { u.status4db("storage-full") }},
		{"backing up", "", false, func(u *setUp) { u.status4db("backing-up") }},
		{"another engine", "is of mysql", false, func(u *setUp) { u.Instance(u.db.ID, func(i *rdstypes.DBInstance) { i.Engine = aws.String("mysql") }) }},
		{"IAM is off", "IAM authentication is off", false, func(u *setUp) {
			u.Instance(u.db.ID, func(i *rdstypes.DBInstance) { i.IAMDatabaseAuthenticationEnabled = aws.Bool(false) })
		}},
		{"instances cannot be read", "rds:DescribeDBInstances is not allowed", true, func(u *setUp) { u.Deny("rds:DescribeDBInstances") }},
	})
}

// TestStatusNetwork breaks the way between the function and its database.
func TestStatusNetwork(t *testing.T) {
	t.Parallel()
	range24 := func(r string) func(*setUp) { return func(u *setUp) { u.admit(ec2query.Rule{CIDR: r}) } }
	judge(t, []broken{
		{"nobody admitted", "authorize-security-group-ingress --group-id", false, func(u *setUp) { u.admit() }},
		{"another group", "does not admit the function", false, func(u *setUp) { u.admit(ec2query.Rule{Group: "sg-other"}) }},
		{"another port", "on port 15432", false, func(u *setUp) { u.admit(ec2query.Rule{Group: u.group, Protocol: "tcp", FromPort: 5432, ToPort: 5432}) }},
		{"UDP", "does not admit the function", false, func(u *setUp) { u.admit(ec2query.Rule{Group: u.group, Protocol: "udp", FromPort: 0, ToPort: 65535}) }},
		{"one subnet's range", "not subnet-0private1 10.0.1.0/24", false, range24("10.0.0.0/24")},
		{"both subnets by a range", "", false, range24("10.0.0.0/23")},
		{"half of each", "does not admit the function", false, range24("10.0.0.0/25")},
		{"two halves", "", false, func(u *setUp) {
			u.admit(ec2query.Rule{CIDR: "10.0.1.0/24"}, ec2query.Rule{CIDR: "10.0.0.128/25"}, ec2query.Rule{CIDR: "10.0.0.0/25"})
		}},
		{"a range of strangers", "does not admit the function", false, range24("198.51.100.0/24")},
		{"by a prefix list", "", false, func(u *setUp) {
			u.PrefixLists = map[string][]string{"pl-1": {"10.0.0.0/24", "10.0.1.0/24"}}
			u.admit(ec2query.Rule{PrefixListID: "pl-1"})
		}},
		{"a prefix list of others", "does not admit the function", false, func(u *setUp) {
			u.PrefixLists = map[string][]string{"pl-1": {"192.0.2.0/24"}}
			u.admit(ec2query.Rule{PrefixListID: "pl-1"})
		}},
		{"a prefix list that cannot be read", "pl-1", true, func(u *setUp) { u.admit(ec2query.Rule{PrefixListID: "pl-1"}) }},
		{"the way out is closed", "authorize-security-group-egress", false, func(u *setUp) {
			for _, r := range u.Outbound(u.group) {
				u.RemoveRule(r.ID)
			}
		}},
		{"the way out is open to the database alone", "", false, func(u *setUp) {
			for _, r := range u.Outbound(u.group) {
				u.RemoveRule(r.ID)
			}
			u.AddRule(ec2query.Rule{GroupID: u.group, Egress: true, Protocol: "tcp", FromPort: 15432, ToPort: 15432, Group: u.db.Groups[0]})
		}},
	})
}

// TestStatusPlace breaks where the function is.
func TestStatusPlace(t *testing.T) {
	t.Parallel()
	peer := func(u *setUp, back bool) {
		u.subnets("subnet-0public0", "subnet-0public1")
		u.RouteTables[0].Routes = append(u.RouteTables[0].Routes, ec2query.Route{CIDR: "10.0.0.0/16", PeeringID: "pcx-1", State: "active"})
		if back {
			u.RouteTables[1].Routes = append(u.RouteTables[1].Routes, ec2query.Route{CIDR: "172.31.0.0/16", PeeringID: "pcx-1", State: "active"})
		}
	}
	judge(t, []broken{
		{"a subnet that is gone", "subnet-0gone does not exist", false, func(u *setUp) { u.subnets("subnet-0private0", "subnet-0gone") }},
		{"a group that is gone", "sg-0gone does not exist", false, func(u *setUp) { u.function.VpcConfig.SecurityGroupIds = []string{"sg-0gone"} }},
		{"another VPC", "have no route there", false, func(u *setUp) { u.subnets("subnet-0public0", "subnet-0public1") }},
		{"another VPC, peered", "", false, func(u *setUp) { peer(u, true) }},
		{"peered one way", "no route back", false, func(u *setUp) { peer(u, false) }},
		{"a peering that is gone", "have no route there", false, func(u *setUp) {
			peer(u, true)
			u.RouteTables[0].Routes[len(u.RouteTables[0].Routes)-1].State = "blackhole"
		}},
		{"outside of any VPC", "outside of any VPC, and cruddur has no public address", false, func(u *setUp) { u.function.VpcConfig = nil }},
		{"outside, and not everybody is admitted", "does not admit everybody", false, func(u *setUp) {
			u.function.VpcConfig = nil
			u.Instance(u.db.ID, func(i *rdstypes.DBInstance) { i.PubliclyAccessible = aws.Bool(true) })
		}},
		{"rules cannot be read", "ec2:DescribeSecurityGroupRules is not allowed", true, func(u *setUp) { u.Deny("ec2:DescribeSecurityGroupRules") }},
		{"subnets cannot be read", "ec2:DescribeSubnets is not allowed", true, func(u *setUp) { u.Deny("ec2:DescribeSubnets") }},
	})
	t.Run("one zone", func(t *testing.T) {
		t.Parallel()
		u := newSetUp(t)
		u.subnets("subnet-0private0")
		if st, err := u.status(); err != nil || len(st.Problems)+len(st.Unknown) > 0 || len(st.Warnings) != 1 || !strings.Contains(st.Warnings[0], "eu-central-1a") {
			t.Errorf("Status() = %+v, %v, want one warning of the zone", st, err)
		}
	})
}

// TestStatusWalls breaks the network ACLs, of both sides and in both directions.
func TestStatusWalls(t *testing.T) {
	t.Parallel()
	// wall puts a rule before those of the ACL of both sides; or, with a guarded subnet, gives it an ACL of its own.
	wall := func(e ec2query.AclEntry, guarded ...string) func(*setUp) {
		return func(u *setUp) {
			e.Number = 10
			if len(guarded) == 0 {
				u.NetworkAcls[1].Entries = append(u.NetworkAcls[1].Entries, e)
				return
			}
			own := u.NetworkAcls[1]
			own.ID, own.Entries = "acl-0own", append([]ec2query.AclEntry{e}, own.Entries...)
			own.Associations = []ec2query.AclAssociation{{SubnetID: guarded[0]}}
			u.NetworkAcls[1].Associations = slices.DeleteFunc(u.NetworkAcls[1].Associations, func(a ec2query.AclAssociation) bool { return a.SubnetID == guarded[0] })
			u.NetworkAcls = append(u.NetworkAcls, own)
			u.subnets("subnet-0private0")
			u.Instance(u.db.ID, func(i *rdstypes.DBInstance) { i.DBSubnetGroup.Subnets = i.DBSubnetGroup.Subnets[1:2] })
		}
	}
	deny := func(egress bool, from, to int, cidr string) ec2query.AclEntry {
		return ec2query.AclEntry{Protocol: "6", Action: "deny", Egress: egress, From: from, To: to, CIDR: cidr}
	}
	mine, theirs := "subnet-0private0", "subnet-0private1"
	judge(t, []broken{
		{"the way there, at the function", "denies TCP out to subnet-0private1 on port 15432", false, wall(deny(true, 15432, 15432, "10.0.0.0/16"), mine)},
		{"the way there, at the database", "denies TCP in from subnet-0private0 on port 15432", false, wall(deny(false, 1, 20000, "0.0.0.0/0"), theirs)},
		{"the way back, at the database", "out to subnet-0private0 on ports 1024 to 65535", false, wall(deny(true, 0, 65535, "10.0.0.0/24"), theirs)},
		{"the way back, at the function", "in from subnet-0private1 on ports 1024 to 65535", false, wall(deny(false, 1024, 65535, "10.0.1.0/24"), mine)},
		{"other ports", "", false, wall(deny(false, 3389, 3389, "0.0.0.0/0"))},
		{"other addresses", "", false, wall(deny(false, 0, 65535, "198.51.100.0/24"))},
		{"one address", "", false, wall(deny(false, 0, 65535, "10.0.0.7/32"))},
		{"UDP", "", false, wall(ec2query.AclEntry{Protocol: "17", Action: "deny", From: 0, To: 65535, CIDR: "0.0.0.0/0"})},
		{"within one subnet", "", false, func(u *setUp) {
			wall(deny(false, 0, 65535, "0.0.0.0/0"), mine)(u)
			u.Instance(u.db.ID, func(i *rdstypes.DBInstance) { i.DBSubnetGroup.Subnets[0].SubnetIdentifier = aws.String(mine) })
		}},
		{"nothing allowed", "no rule of the network ACL acl-0own allows TCP", false, func(u *setUp) {
			wall(ec2query.AclEntry{Protocol: "6", Action: "allow", Egress: true, From: 0, To: 65535, CIDR: "0.0.0.0/0"}, mine)(u)
			own := &u.NetworkAcls[len(u.NetworkAcls)-1]
			own.Entries = own.Entries[:1]
		}},
		{"cannot be read", "ec2:DescribeNetworkAcls is not allowed", true, func(u *setUp) { u.Deny("ec2:DescribeNetworkAcls") }},
	})
}

// TestStatusRole breaks the role of the function.
func TestStatusRole(t *testing.T) {
	t.Parallel()
	const all = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	without := func(words ...string) func(*setUp) {
		return func(u *setUp) {
			text := u.inline[policyName]
			for _, w := range words {
				text = strings.ReplaceAll(text, w, "x:Nothing")
			}
			u.inline[policyName] = text
		}
	}
	secret := func(u *setUp) {
		u.url(fmt.Sprintf("postgresql://u@%s:%d/d?sslmode=verify-full&cruddur_secret=arn:aws:secretsmanager:eu-central-1:123456789012:secret:s", u.db.Host, u.db.Port))
	}
	judge(t, []broken{
		{"the role is gone", "is gone", false, func(u *setUp) { u.rolesErr = missing() }},
		{"the role cannot be read", "could not be read", true, func(u *setUp) { u.rolesErr = &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"} }},
		{"another service's role", "does not let Lambda take it on", false, func(u *setUp) {
			u.role.AssumeRolePolicyDocument = aws.String(strings.ReplaceAll(trustPolicy().String(), "lambda.", "ec2."))
		}},
		{"no policy", "may not logs:CreateLogStream", false, func(u *setUp) {
			u.inline = map[string]string{"p": strings.ReplaceAll(u.inline[policyName], "logs:", "x:")}
		}},
		{"no database", "may not rds-db:connect", false, without("rds-db:connect")},
		{"another database user", "may not rds-db:connect", false, without("/cruddur_lambda")},
		{"no place in the VPC", "may not ec2:CreateNetworkInterface", false, without("ec2:CreateNetworkInterface")},
		{"all by an attached policy", "", false, func(u *setUp) { u.inline, u.attached = nil, map[string]string{"arn:all": all} }},
		{"by a pattern", "", false, func(u *setUp) {
			u.inline[policyName] = strings.ReplaceAll(u.inline[policyName], "ec2:CreateNetworkInterface", "ec2:createnet*face")
		}},
		{"denied beside", "may not rds-db:connect", false, func(u *setUp) {
			u.attached["arn:deny"] = `{"Statement":[{"Effect":"Deny","Action":"rds-db:*","Resource":"*"}]}`
		}},
		{"under a condition", "depends on a condition", true, func(u *setUp) {
			u.attached["arn:deny"] = `{"Statement":[{"Effect":"Deny","Action":"rds-db:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
		}},
		{"a boundary that lacks it", "may not rds-db:connect", false, func(u *setUp) {
			u.boundary(`{"Statement":[{"Effect":"Allow","NotAction":"rds-db:*","Resource":"*"}]}`)
		}},
		{"a boundary that has it", "", false, func(u *setUp) { u.boundary(all) }},
		{"the secret", "may not secretsmanager:GetSecretValue", false, func(u *setUp) {
			secret(u)
			u.Endpoints = []ec2query.Endpoint{{VpcID: "vpc-0private", Service: "com.amazonaws.eu-central-1.secretsmanager", State: "available"}}
		}},
		{"the secret, without a way to it", "has neither NAT nor an endpoint", false, func(u *setUp) {
			secret(u)
			u.attached["arn:all"] = all
		}},
		{"the secret through NAT", "", false, func(u *setUp) {
			secret(u)
			u.attached["arn:all"] = all
			u.RouteTables[1].Routes = append(u.RouteTables[1].Routes, ec2query.Route{CIDR: "0.0.0.0/0", NatID: "nat-1", State: "active"})
		}},
	})
}

// TestStatusTrigger breaks the pool's side.
func TestStatusTrigger(t *testing.T) {
	t.Parallel()
	judge(t, []broken{
		{"no trigger", "calls nothing", false, func(u *setUp) { u.pool.pool.LambdaConfig = nil }},
		{"another function", "--replace-trigger", false, func(u *setUp) { u.pool.pool.LambdaConfig.PostConfirmation = aws.String("arn:other") }},
		{"not permitted", "AccessDeniedException", false, func(u *setUp) { u.policy = `{"Statement":[]}` }},
	})
}

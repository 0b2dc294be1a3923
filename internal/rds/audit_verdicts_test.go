package rds_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

func set(change func(*types.DBInstance)) func(*world) { return func(w *world) { w.db(change) } }

func deny(actions ...string) func(*world) { return func(w *world) { w.s.Deny(actions...) } }

func snapshot(id string, encrypted *bool, kind string, shared ...string) func(*world) {
	return func(w *world) {
		w.s.AddSnapshot(types.DBSnapshot{DBSnapshotIdentifier: &id, DBInstanceIdentifier: str("gone"), Encrypted: encrypted, SnapshotType: &kind}, shared...)
	}
}

func clusterSnapshot(id string, encrypted *bool, kind string, shared ...string) func(*world) {
	return func(w *world) {
		w.s.AddClusterSnapshot(types.DBClusterSnapshot{DBClusterSnapshotIdentifier: &id, StorageEncrypted: encrypted, SnapshotType: &kind}, shared...)
	}
}

func all(changes ...func(*world)) func(*world) {
	return func(w *world) {
		for _, c := range changes {
			c(w)
		}
	}
}

func TestUnsafeSnapshots(t *testing.T) {
	t.Parallel()
	allow := func(accounts ...string) func(*world) { return func(w *world) { w.o.AllowedAccounts = accounts } }
	yes, no := aws.Bool(true), aws.Bool(false)
	atLeast(t, 10, "snapshots-private", []variant{
		{"of an instance that is gone", rds.Fail, snapshot("orphan", yes, "manual", "all")},
		{"of the instance", rds.Fail, func(w *world) {
			w.s.AddSnapshot(types.DBSnapshot{DBSnapshotIdentifier: str("ours"), DBInstanceIdentifier: &w.i.ID, Encrypted: yes}, "all")
		}},
		{"with a stranger", rds.Fail, snapshot("orphan", yes, "manual", "999999999999")},
		{"with a friend", rds.Pass, all(snapshot("orphan", yes, "manual", "999999999999"), allow("999999999999"))},
		{"with a friend and a stranger", rds.Fail, all(snapshot("orphan", yes, "manual", "999999999999", "888888888888"), allow("999999999999"))},
		{"with everybody, and everybody is a friend", rds.Fail, all(snapshot("orphan", yes, "manual", "all"), allow("all"))},
		{"of a cluster", rds.Fail, clusterSnapshot("aurora", yes, "manual", "all")},
		{"of a cluster, with a stranger", rds.Fail, clusterSnapshot("aurora", yes, "manual", "999999999999")},
		{"of a cluster, with a friend", rds.Pass, all(clusterSnapshot("aurora", yes, "manual", "999999999999"), allow("999999999999"))},
		{"of AWS Backup", rds.Fail, snapshot("awsbackup:job-1", yes, "awsbackup", "all")},
		{"of a cluster, of AWS Backup", rds.Fail, clusterSnapshot("awsbackup:job-2", yes, "awsbackup", "all")},
		{"without a name", rds.Unknown, func(w *world) { w.s.AddSnapshot(types.DBSnapshot{}, "all") }},
		{"of a cluster, without a name", rds.Unknown, func(w *world) { w.s.AddClusterSnapshot(types.DBClusterSnapshot{}, "all") }},
		{"clusters may not be read", rds.Unknown, deny("rds:DescribeDBClusterSnapshots")},
		{"attributes may not be read", rds.Unknown, all(snapshot("orphan", yes, "manual"), deny("rds:DescribeDBSnapshotAttributes"))},
		{"one is public, the rest may not be read", rds.Fail, all(snapshot("orphan", yes, "manual", "all"), deny("rds:DescribeDBClusterSnapshots"))},
		{"one without a name, and one that is public", rds.Fail, all(func(w *world) { w.s.AddSnapshot(types.DBSnapshot{}) }, snapshot("z", yes, "manual", "all"))},
		{"the second", rds.Fail, all(snapshot("a", yes, "manual"), snapshot("b", yes, "manual", "all"))},
		{"kept for oneself", rds.Pass, all(snapshot("orphan", yes, "manual"), clusterSnapshot("aurora", yes, "awsbackup"))},
	})
	verdicts(t, "snapshots-encrypted", []variant{
		{"of an instance that is gone", rds.Fail, snapshot("orphan", no, "manual")},
		{"of a cluster", rds.Fail, clusterSnapshot("aurora", no, "manual")},
		{"of AWS Backup", rds.Fail, snapshot("awsbackup:job-1", no, "awsbackup")},
		{"of a cluster, of AWS Backup", rds.Fail, clusterSnapshot("awsbackup:job-2", no, "awsbackup")},
		{"nothing said", rds.Unknown, snapshot("orphan", nil, "manual")},
		{"nothing said of a cluster's", rds.Unknown, clusterSnapshot("aurora", nil, "manual")},
		{"one is open, of another nothing is said", rds.Fail, all(snapshot("a", no, "manual"), snapshot("b", nil, "manual"))},
		{"clusters may not be read", rds.Unknown, deny("rds:DescribeDBClusterSnapshots")},
		{"all are", rds.Pass, all(snapshot("orphan", yes, "manual"), clusterSnapshot("aurora", yes, "manual"))},
	})
	verdicts(t, "retained-backups", []variant{
		{"of the instance", rds.Pass, retained("active", yes)},
		{"of one that is being made", rds.Pass, retained("creating", no)},
		{"of a deleted one behind the instance's", rds.Fail, all(retainedToo("active", yes), retainedToo("retained", no))},
		{"of a deleted one", rds.Warn, retained("retained", yes)},
		{"of a deleted one, not encrypted", rds.Fail, retained("retained", no)},
		{"of a deleted one, nothing said", rds.Fail, retained("retained", nil)},
		{"it may not be read", rds.Unknown, deny("rds:DescribeDBInstanceAutomatedBackups")},
	})
	verdicts(t, "coverage", []variant{
		{"a MySQL", rds.Unknown, func(w *world) {
			w.s.AddInstance(types.DBInstance{DBInstanceIdentifier: str("my"), Engine: str("mysql"), DBInstanceStatus: str("available")})
		}},
		{"an Aurora cluster", rds.Unknown, func(w *world) {
			w.s.Clusters = []types.DBCluster{{DBClusterIdentifier: str("aur"), Engine: str("aurora-postgresql")}}
		}},
		{"clusters may not be read", rds.Unknown, deny("rds:DescribeDBClusters")},
		{"only what was named", rds.NotApplicable, func(w *world) { w.o.Instances = []string{w.i.ID} }},
	})
}

func retained(status string, encrypted *bool) func(*world) {
	return func(w *world) {
		w.s.Retained = []types.DBInstanceAutomatedBackup{{DBInstanceIdentifier: str("x"), Status: &status, Encrypted: encrypted}}
	}
}

func TestVerdictsOfNetwork(t *testing.T) {
	t.Parallel()
	route := func(r ec2query.Route) func(*world) {
		return func(w *world) { w.s.RouteTables[1].Routes = append(w.s.RouteTables[1].Routes, r) }
	}
	replica := func(arns ...string) func(*world) {
		return set(func(i *types.DBInstance) { i.ReadReplicaDBInstanceIdentifiers = arns })
	}
	verdicts(t, "region-lock", []variant{
		{"elsewhere", rds.Fail, func(w *world) { w.o.AllowedRegions = []string{"eu-west-1"} }},
		{"no list", rds.NotApplicable, func(w *world) { w.o.AllowedRegions = nil }},
		{"a replica beside it", rds.Pass, replica("second")},
		{"a replica in another region", rds.Fail, replica("arn:aws:rds:us-east-1:123456789012:db:second")},
		{"a replica in another allowed region", rds.Pass, all(replica("arn:aws:rds:eu-west-1:123456789012:db:second"), func(w *world) {
			w.o.AllowedRegions = append(w.o.AllowedRegions, "eu-west-1")
		})},
		{"backups in another region", rds.Fail, set(func(i *types.DBInstance) {
			i.DBInstanceAutomatedBackupsReplications = []types.DBInstanceAutomatedBackupsReplication{{DBInstanceAutomatedBackupsArn: str("arn:aws:rds:us-east-1:123456789012:auto-backup:ab-1")}}
		})},
		{"a source in another region", rds.Fail, set(func(i *types.DBInstance) {
			i.ReadReplicaSourceDBInstanceIdentifier = str("arn:aws:rds:us-east-1:123456789012:db:first")
		})},
	})
	arn := func(text string) func(*world) {
		return set(func(i *types.DBInstance) { i.DBInstanceArn = &text })
	}
	verdicts(t, "region-lock", []variant{
		{"no ARN", rds.Pass, set(func(i *types.DBInstance) { i.DBInstanceArn = nil })},
		{"no ARN, elsewhere", rds.Fail, all(set(func(i *types.DBInstance) { i.DBInstanceArn = nil }), func(w *world) { w.o.AllowedRegions = []string{"eu-west-1"} })},
		{"half an ARN", rds.Pass, arn("arn:aws:rds")},
		{"an ARN of another region", rds.Fail, arn("arn:aws:rds:us-east-1:123456789012:db:cruddur")},
		{"a replica with half an ARN", rds.Pass, replica("arn:aws:rds")},
	})
	verdicts(t, "private-subnet", []variant{
		{"a way out by IPv4", rds.Fail, route(ec2query.Route{CIDR: "0.0.0.0/0", GatewayID: "igw-1"})},
		{"a way out by IPv6", rds.Fail, route(ec2query.Route{CIDRv6: "::/0", GatewayID: "igw-1"})},
		{"two halves", rds.Fail, all(route(ec2query.Route{CIDR: "0.0.0.0/1", GatewayID: "igw-1"}), route(ec2query.Route{CIDR: "128.0.0.0/1", GatewayID: "igw-1"}))},
		{"through a NAT gateway", rds.Pass, route(ec2query.Route{CIDR: "0.0.0.0/0", GatewayID: "nat-1"})},
		{"outwards only", rds.Pass, route(ec2query.Route{CIDRv6: "::/0", GatewayID: "eigw-1"})},
		{"a table of its own with a way out", rds.Fail, func(w *world) {
			w.s.RouteTables = append(w.s.RouteTables, ec2query.RouteTable{
				ID: "rtb-own", VpcID: "vpc-0private", Routes: []ec2query.Route{{CIDR: "0.0.0.0/0", GatewayID: "igw-1"}},
				Associations: []ec2query.Association{{SubnetID: "subnet-0private1"}},
			})
		}},
		{"no table", rds.Unknown, func(w *world) { w.s.RouteTables = w.s.RouteTables[:1] }},
		{"no subnets", rds.Unknown, set(func(i *types.DBInstance) { i.DBSubnetGroup = &types.DBSubnetGroup{VpcId: str("vpc-0private")} })},
		{"a subnet without a name", rds.Unknown, set(func(i *types.DBInstance) {
			i.DBSubnetGroup = &types.DBSubnetGroup{VpcId: str("vpc-0private"), Subnets: []types.Subnet{{}}}
		})},
	})
	verdicts(t, "sg-not-default", []variant{
		{"the default one", rds.Fail, set(func(i *types.DBInstance) { i.VpcSecurityGroups[0].VpcSecurityGroupId = str("sg-0defaultprivate") })},
		{"the default one beside another", rds.Fail, set(func(i *types.DBInstance) {
			i.VpcSecurityGroups = append(i.VpcSecurityGroups, types.VpcSecurityGroupMembership{VpcSecurityGroupId: str("sg-0defaultprivate")})
		})},
		{"one that EC2 does not know beside another", rds.Unknown, set(func(i *types.DBInstance) {
			i.VpcSecurityGroups = append(i.VpcSecurityGroups, types.VpcSecurityGroupMembership{VpcSecurityGroupId: str("sg-0gone")})
		})},
	})
	verdicts(t, "port", []variant{
		{"the default", rds.Fail, set(func(i *types.DBInstance) { i.Endpoint.Port = aws.Int32(5432) })},
		{"one beside it", rds.Pass, set(func(i *types.DBInstance) { i.Endpoint.Port = aws.Int32(5433) })},
		{"nothing said", rds.Unknown, set(func(i *types.DBInstance) { i.Endpoint = nil })},
	})
}

func TestVerdictsOfStorage(t *testing.T) {
	t.Parallel()
	key := func(state string) func(*world) { return func(w *world) { w.s.KeyStates[ownKey] = state } }
	verdicts(t, "kms-own-key", []variant{
		{"AWS's own", rds.Fail, func(w *world) { w.s.KeyManagers[ownKey] = "AWS" }},
		{"waits for its end", rds.Fail, key("PendingDeletion")},
		{"switched off", rds.Fail, key("Disabled")},
		{"unavailable", rds.Fail, key("Unavailable")},
		{"the storage is open", rds.NotApplicable, set(func(i *types.DBInstance) { i.StorageEncrypted = aws.Bool(false) })},
	})
	days := func(n int32) func(*world) {
		return set(func(i *types.DBInstance) { i.BackupRetentionPeriod = &n })
	}
	restorable := func(ago time.Duration, status string) func(*world) {
		return func(w *world) {
			at := w.s.Now().Add(-ago)
			w.db(func(i *types.DBInstance) { i.DBInstanceStatus, i.LatestRestorableTime = &status, &at })
		}
	}
	verdicts(t, "backups", []variant{
		{"none", rds.Fail, days(0)},
		{"six days", rds.Fail, days(6)},
		{"seven days", rds.Pass, days(7)},
		{"six days of a dev instance", rds.Warn, all(days(6), set(func(i *types.DBInstance) { i.TagList = []types.Tag{{Key: str("cruddur:profile"), Value: str("dev")}} }))},
		{"restorable an hour ago", rds.Pass, restorable(time.Hour, "storage-full")},
		{"restorable longer ago", rds.Warn, restorable(time.Hour+time.Second, "storage-full")},
		{"longer ago, but stopped", rds.Pass, restorable(48*time.Hour, "stopped")},
		{"nothing said of restoring", rds.Unknown, set(func(i *types.DBInstance) {
			i.DBInstanceStatus, i.LatestRestorableTime = str("modifying"), nil
		})},
	})
}

func TestVerdictsOfSpace(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	verdicts(t, "backup-plan", []variant{
		{"not listed", rds.Fail, func(w *world) { w.s.BackupArns = nil }},
		{"another's", rds.Fail, func(w *world) { w.s.BackupArns = []string{"arn:aws:rds:eu-central-1:123456789012:db:cruddur-2"} }},
		{"35 days ago", rds.Pass, func(w *world) { w.s.BackupAge = 35 * day }},
		{"36 days ago", rds.Fail, func(w *world) { w.s.BackupAge = 36 * day }},
	})
	size := func(have, most int32) func(*world) {
		return set(func(i *types.DBInstance) { i.AllocatedStorage, i.MaxAllocatedStorage = &have, &most })
	}
	free := func(bytes float64) func(*world) { return func(w *world) { w.s.FreeStorage = bytes } }
	verdicts(t, "autoscale", []variant{
		{"no bound", rds.Fail, set(func(i *types.DBInstance) { i.MaxAllocatedStorage = nil })},
		{"the bound is reached", rds.Fail, size(100, 100)},
		{"the bound of a small disk is reached", rds.Fail, size(9, 9)},
		{"the bound is below", rds.Fail, size(100, 99)},
		{"almost", rds.Fail, size(100, 109)},
		{"a tenth above", rds.Pass, size(100, 110)},
		{"a tenth is free", rds.Pass, free(2 << 30)},
		{"less is", rds.Warn, free(2<<30 - 1)},
		{"nothing said of it", rds.Unknown, func(w *world) { w.s.NoMetrics = true }},
	})
	verdicts(t, "tags", []variant{
		{"none", rds.Fail, set(func(i *types.DBInstance) { i.TagList = nil })},
		{"AWS's own alone", rds.Fail, set(func(i *types.DBInstance) {
			i.TagList = []types.Tag{{Key: str("aws:rds:primaryDBInstanceArn"), Value: str("x")}}
		})},
		{"one", rds.Pass, set(func(i *types.DBInstance) { i.TagList = []types.Tag{{Key: str("owner"), Value: str("anna")}} })},
	})
}

func TestVerdictsOfFlags(t *testing.T) {
	t.Parallel()
	for check, change := range map[string]func(*types.DBInstance, *bool){
		"encrypted": func(i *types.DBInstance, v *bool) { i.StorageEncrypted = v },
		"copy-tags": func(i *types.DBInstance, v *bool) { i.CopyTagsToSnapshot = v },
		"iam-auth":  func(i *types.DBInstance, v *bool) { i.IAMDatabaseAuthenticationEnabled = v },
		"multi-az":  func(i *types.DBInstance, v *bool) { i.MultiAZ = v },

		"deletion-protection": func(i *types.DBInstance, v *bool) { i.DeletionProtection = v },
		"minor-upgrade":       func(i *types.DBInstance, v *bool) { i.AutoMinorVersionUpgrade = v },
	} {
		verdicts(t, check, []variant{
			{"off", rds.Fail, set(func(i *types.DBInstance) { change(i, aws.Bool(false)) })},
			{"nothing said", rds.Unknown, set(func(i *types.DBInstance) { change(i, nil) })},
		})
	}
	verdicts(t, "not-public", []variant{
		{"public", rds.Fail, set(func(i *types.DBInstance) { i.PubliclyAccessible = aws.Bool(true) })},
		{"nothing said", rds.Unknown, set(func(i *types.DBInstance) { i.PubliclyAccessible = nil })},
	})
	verdicts(t, "in-vpc", []variant{
		{"outside", rds.Fail, set(func(i *types.DBInstance) { i.DBSubnetGroup = &types.DBSubnetGroup{} })},
		{"nothing said", rds.Unknown, set(func(i *types.DBInstance) { i.DBSubnetGroup = nil })},
	})
}

// connect is a connection URL; no host means the instance's.
func connect(host, user, mode string) func(*world) {
	return func(w *world) {
		if host == "" {
			host = w.i.Host
		}
		w.o.Connection = &rds.Connection{Host: host, User: user, SSLMode: mode}
	}
}

func TestVerdictsOfAccess(t *testing.T) {
	t.Parallel()
	applied := func(status string) func(*world) {
		return set(func(i *types.DBInstance) { i.DBParameterGroups[0].ParameterApplyStatus = &status })
	}
	verdicts(t, "tls-forced", []variant{
		{"off by default", rds.Fail, set(func(i *types.DBInstance) { i.DBParameterGroups[0].DBParameterGroupName = str("default.postgres14") })},
		{"on by default", rds.Pass, set(func(i *types.DBInstance) { i.DBParameterGroups[0].DBParameterGroupName = str("default.postgres15") })},
		{"after the next restart", rds.Fail, applied("pending-reboot")},
		{"being applied", rds.Fail, applied("applying")},
		{"no group", rds.Unknown, set(func(i *types.DBInstance) { i.DBParameterGroups = nil })},
		{"it may not be read", rds.Unknown, deny("rds:DescribeDBParameters")},
	})
	mode := func(m string) func(*world) { return connect("", "cruddur_app", m) }
	verdicts(t, "tls-client", []variant{
		{"verify-ca", rds.Warn, mode("verify-ca")},
		{"require", rds.Fail, mode("require")},
		{"prefer", rds.Fail, mode("prefer")},
		{"disable", rds.Fail, mode("disable")},
		{"none", rds.Fail, mode("")},
		{"in capitals", rds.Fail, mode("VERIFY-FULL")},
		{"another host", rds.NotApplicable, connect("localhost", "cruddur_app", "verify-full")},
		{"the host in capitals and with a dot", rds.Fail, func(w *world) {
			w.o.Connection = &rds.Connection{Host: strings.ToUpper(w.i.Host) + ".", SSLMode: "require"}
		}},
		{"no URL", rds.NotApplicable, func(w *world) { w.o.Connection = nil }},
	})
}

func TestVerdictsOfSecrets(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	valid := func(d time.Duration) func(*world) {
		return func(w *world) {
			at := w.s.Now().Add(d)
			w.db(func(i *types.DBInstance) { i.CertificateDetails = &types.CertificateDetails{ValidTill: &at} })
		}
	}
	verdicts(t, "ca-expiry", []variant{
		{"over this second", rds.Fail, valid(0)},
		{"29 days", rds.Fail, valid(29 * day)},
		{"30 days", rds.Fail, valid(30 * day)},
		{"90 days", rds.Fail, valid(90*day + 23*time.Hour)},
		{"91 days", rds.Pass, valid(91 * day)},
		{"nothing said", rds.Unknown, set(func(i *types.DBInstance) { i.CertificateDetails = nil })},
	})
	secret := func(status string) func(*world) {
		return set(func(i *types.DBInstance) { i.MasterUserSecret.SecretStatus = &status })
	}
	verdicts(t, "managed-secret", []variant{
		{"none", rds.Fail, set(func(i *types.DBInstance) { i.MasterUserSecret = nil })},
		{"rotating", rds.Pass, secret("rotating")},
		{"creating", rds.Warn, secret("creating")},
		{"impaired", rds.Fail, secret("impaired")},
		{"nothing said", rds.Unknown, set(func(i *types.DBInstance) { i.MasterUserSecret.SecretStatus = nil })},
	})
	rotated := func(ago time.Duration, change func(*awsfake.Secret)) func(*world) {
		return func(w *world) {
			x := awsfake.Secret{Arn: w.i.Secret, Current: "p", RotationEnabled: true, LastRotated: w.s.Now().Add(-ago), Created: w.s.Now().Add(-ago)}
			change(&x)
			w.s.SetSecret(x)
		}
	}
	never := func(x *awsfake.Secret) { x.LastRotated = time.Time{} }
	verdicts(t, "secret-rotation", []variant{
		{"89 days ago", rds.Pass, rotated(89*day+23*time.Hour, func(*awsfake.Secret) {})},
		{"90 days ago", rds.Fail, rotated(90*day, func(*awsfake.Secret) {})},
		{"never, made 89 days ago", rds.Pass, rotated(89*day, never)},
		{"never, made 90 days ago", rds.Fail, rotated(90*day, never)},
		{"off", rds.Fail, rotated(day, func(x *awsfake.Secret) { x.RotationEnabled = false })},
		{"waits for its end", rds.Fail, rotated(day, func(x *awsfake.Secret) { x.Deleted = time.Date(2026, 12, 30, 0, 0, 0, 0, time.UTC) })},
		{"no secret", rds.NotApplicable, set(func(i *types.DBInstance) { i.MasterUserSecret = nil })},
		{"without a name", rds.Unknown, set(func(i *types.DBInstance) { i.MasterUserSecret.SecretArn = nil })},
	})
}

func TestVerdictsOfUsers(t *testing.T) {
	t.Parallel()
	user := func(name string) func(*world) {
		return set(func(i *types.DBInstance) { i.MasterUsername = &name })
	}
	verdicts(t, "master-user", []variant{
		{"postgres", rds.Fail, user("postgres")},
		{"admin in capitals", rds.Fail, user("ADMIN")},
		{"root", rds.Warn, user("root")},
		{"dba", rds.Warn, user("dba")},
		{"nothing said", rds.Unknown, set(func(i *types.DBInstance) { i.MasterUsername = nil })},
	})
	verdicts(t, "app-not-master", []variant{
		{"the master user", rds.Fail, connect("", "cruddur_admin", "verify-full")},
		{"no user", rds.Unknown, connect("", "", "verify-full")},
		{"nothing said of the master user", rds.Unknown, set(func(i *types.DBInstance) { i.MasterUsername = nil })},
		{"a member of rds_superuser", rds.Fail, func(w *world) {
			w.o.Database = inspector{facts: rds.DatabaseFacts{Superusers: []string{"cruddur_app"}}}
		}},
		{"nobody looked", rds.Warn, func(w *world) { w.o.Database = nil }},
		{"another host", rds.NotApplicable, connect("localhost", "cruddur_admin", "verify-full")},
	})
}

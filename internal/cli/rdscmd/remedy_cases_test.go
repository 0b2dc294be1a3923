package rdscmd_test

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

type remedyCase struct {
	name, check string
	change      func(*mender)
}

func (r *mender) db(change func(*types.DBInstance)) { r.Instance("cruddur-db-instance", change) }

// admit adds a rule of the instance's group.
func (r *mender) admit(rule ec2query.Rule) {
	rule.GroupID, rule.Protocol, rule.FromPort, rule.ToPort = "sg-0defaultdefault", "tcp", 5432, 5432
	r.AddRule(rule)
}

func (r *mender) trail(change func(trail map[string]any)) {
	t := map[string]any{"Name": "all", "TrailARN": "arn:aws:cloudtrail:eu-central-1:123456789012:trail/all", "IsMultiRegionTrail": true, "LogFileValidationEnabled": true}
	r.TrailLogging, r.TrailSelectors = true, []map[string]any{{"IncludeManagementEvents": true, "ReadWriteType": "All"}}
	change(t)
	r.Trails = []map[string]any{t}
}

func (r *mender) ownKey(state string) {
	r.KeyManagers[key], r.KeyStates[key] = "CUSTOMER", state
	r.db(func(i *types.DBInstance) { i.KmsKeyId = aws.String(key) })
}

func (r *mender) secret(change func(*awsfake.Secret)) {
	arn := "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1"
	r.db(func(i *types.DBInstance) {
		i.MasterUserSecret = &types.MasterUserSecret{SecretArn: &arn, SecretStatus: aws.String("active")}
	})
	x := awsfake.Secret{Arn: arn, Current: "p", RotationEnabled: true, LastRotated: r.Now(), Created: r.Now()}
	change(&x)
	r.SetSecret(x)
}

// remedyCases are the mender that depend on what is wrong.
func remedyCases() []remedyCase {
	snapshot := func(encrypted bool, shared ...string) func(*mender) {
		return func(r *mender) {
			id := "orphan"
			r.AddSnapshot(types.DBSnapshot{DBSnapshotIdentifier: &id, DBInstanceIdentifier: aws.String("gone"), Encrypted: &encrypted}, shared...)
			cluster := "cluster-orphan"
			r.AddClusterSnapshot(types.DBClusterSnapshot{DBClusterSnapshotIdentifier: &cluster, StorageEncrypted: aws.Bool(true)}, shared...)
		}
	}
	return slices.Concat([]remedyCase{
		{"public snapshots", "snapshots-private", snapshot(true, "all", "999999999999")},
		{"open snapshots", "snapshots-encrypted", snapshot(false)},
	}, networkCases(), storageCases(), careCases(), watchCases())
}

func networkCases() []remedyCase {
	return []remedyCase{
		{"everybody", "sg-no-world", func(r *mender) { r.admit(ec2query.Rule{CIDR: "0.0.0.0/0"}); r.admit(ec2query.Rule{CIDRv6: "::/0"}) }},
		{"a neighbourhood", "sg-narrow", func(r *mender) { r.admit(ec2query.Rule{CIDR: "203.0.0.0/16"}) }},
		{"nameless", "sg-stale", func(r *mender) {
			r.admit(ec2query.Rule{CIDR: "203.0.113.7/32"})
			r.admit(ec2query.Rule{CIDR: "203.0.113.8/32"})
		}},
		{"past its time", "sg-stale", func(r *mender) {
			r.admit(ec2query.Rule{CIDR: "203.0.113.7/32", Description: "x", Tags: []ec2query.Tag{{Key: "cruddur:who", Value: "x"}, {Key: "cruddur:expires", Value: "2026-01-01T00:00:00Z"}}})
		}},
		{"an end that is no time", "sg-stale", func(r *mender) {
			r.admit(ec2query.Rule{CIDR: "203.0.113.7/32", Description: "x", Tags: []ec2query.Tag{{Key: "cruddur:expires", Value: "soon"}}})
		}},
		{"the default group beside another", "sg-not-default", func(r *mender) {
			g := r.AddGroup("vpc-0default", "own")
			r.db(func(i *types.DBInstance) {
				i.VpcSecurityGroups = append(i.VpcSecurityGroups, types.VpcSecurityGroupMembership{VpcSecurityGroupId: &g})
			})
		}},
		{"a route table of its own", "private-subnet", func(r *mender) {
			r.RouteTables = append(r.RouteTables, ec2query.RouteTable{
				ID: "rtb-own", VpcID: "vpc-0default", Routes: []ec2query.Route{{CIDR: "0.0.0.0/0", GatewayID: "igw-1"}},
				Associations: []ec2query.Association{{ID: "rtbassoc-1", SubnetID: "subnet-0public1"}},
			})
		}},
	}
}

func storageCases() []remedyCase {
	return []remedyCase{
		{"a key that is off", "kms-own-key", func(r *mender) { r.ownKey("Disabled") }},
		{"a key that ends", "kms-own-key", func(r *mender) { r.ownKey("PendingDeletion") }},
		{"a large disk", "autoscale", func(r *mender) {
			r.FreeStorage = 200 << 30
			r.db(func(i *types.DBInstance) { i.AllocatedStorage, i.MaxAllocatedStorage = aws.Int32(500), aws.Int32(500) })
		}},
		{"an old backup", "backup-plan", func(r *mender) { r.BackupArns, r.BackupAge = []string{dbARN}, 90*24*time.Hour }},
		{"a certificate that ends", "ca-expiry", func(r *mender) {
			at := r.Now().Add(20 * 24 * time.Hour)
			r.db(func(i *types.DBInstance) { i.CertificateDetails = &types.CertificateDetails{ValidTill: &at} })
		}},
		{"an own group without TLS", "tls-forced", func(r *mender) {
			_, err := r.sh("aws rds create-db-parameter-group --db-parameter-group-name own --db-parameter-group-family postgres14 --description own")
			if err != nil {
				r.T.Fatal(err)
			}
			r.db(func(i *types.DBInstance) { i.DBParameterGroups[0].DBParameterGroupName = aws.String("own") })
		}},
		{"TLS after a restart", "tls-forced", func(r *mender) {
			r.db(func(i *types.DBInstance) {
				i.DBParameterGroups = []types.DBParameterGroupStatus{{DBParameterGroupName: aws.String("default.postgres17"), ParameterApplyStatus: aws.String("pending-reboot")}}
			})
		}},
	}
}

func careCases() []remedyCase {
	const granted = `{"Statement":[{"Sid":"open","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction"}]}`
	return []remedyCase{
		{"a secret that is not turned", "secret-rotation", func(r *mender) { r.secret(func(x *awsfake.Secret) { x.RotationEnabled = false }) }},
		{"a secret that was turned long ago", "secret-rotation", func(r *mender) {
			r.secret(func(x *awsfake.Secret) { x.LastRotated = x.LastRotated.AddDate(-1, 0, 0) })
		}},
		{"a secret that ends", "secret-rotation", func(r *mender) { r.secret(func(x *awsfake.Secret) { x.Deleted = r.Now().AddDate(0, 0, 7) }) }},
		{"minor versions", "minor-upgrade", func(r *mender) { r.db(func(i *types.DBInstance) { i.AutoMinorVersionUpgrade = aws.Bool(false) }) }},
		{"a change that waits", "pending", func(r *mender) {
			r.db(func(i *types.DBInstance) {
				i.PendingModifiedValues = &types.PendingModifiedValues{MultiAZ: aws.Bool(true)}
			})
		}},
		{"maintenance that waits", "pending", func(r *mender) {
			r.Maintenance = []types.ResourcePendingMaintenanceActions{{
				ResourceIdentifier: aws.String(dbARN), PendingMaintenanceActionDetails: []types.PendingMaintenanceAction{{Action: aws.String("system-update")}},
			}}
		}},
		{"logs for ever", "logs", func(r *mender) {
			r.LogRetention = 0
			r.db(func(i *types.DBInstance) { i.EnabledCloudwatchLogsExports = []string{"postgresql", "upgrade"} })
		}},
		{"monitoring without insights", "monitoring", func(r *mender) {
			r.db(func(i *types.DBInstance) {
				i.MonitoringInterval, i.PerformanceInsightsEnabled = aws.Int32(60), aws.Bool(false)
			})
		}},
		{"nobody connects", "idle", func(r *mender) { r.Advance(8 * 24 * time.Hour) }},
		{"nobody listens", "events", func(r *mender) {
			r.Topics[alarms] = 0
			r.Subscriptions = []types.EventSubscription{{Enabled: aws.Bool(true), Status: aws.String("active"), SnsTopicArn: aws.String(alarms)}}
		}},
		{"instances alone are told of", "events", func(r *mender) {
			r.Subscriptions = []types.EventSubscription{{Enabled: aws.Bool(true), Status: aws.String("active"), SourceType: aws.String("db-instance"), SnsTopicArn: aws.String(alarms)}}
		}},
		{"an open proxy", "proxy-tls", func(r *mender) {
			r.Proxies = []types.DBProxy{{DBProxyName: aws.String("a"), RequireTLS: aws.Bool(false)}, {DBProxyName: aws.String("b"), RequireTLS: aws.Bool(false)}}
		}},
		{"a function for everybody", "lambda-policy", func(r *mender) { r.LambdaPolicy = granted }},
	}
}

// watchCases are those of CloudTrail, GuardDuty and of an instance that is stopped.
func watchCases() []remedyCase {
	stop := func(r *mender) {
		r.Must("stop", "cruddur-db-instance")
		r.advance()
	}
	return []remedyCase{
		{"a trail of one region", "cloudtrail", func(r *mender) { r.trail(func(t map[string]any) { t["IsMultiRegionTrail"] = false }) }},
		{"a trail that is off", "cloudtrail", func(r *mender) {
			r.trail(func(map[string]any) {})
			r.TrailLogging = false
		}},
		{"a trail of reads", "cloudtrail", func(r *mender) {
			r.trail(func(map[string]any) {})
			r.TrailAdvanced = []map[string]any{{"FieldSelectors": []any{
				map[string]any{"Field": "eventCategory", "Equals": []string{"Management"}}, map[string]any{"Field": "readOnly", "Equals": []string{"true"}},
			}}}
		}},
		{"a trail without digests", "cloudtrail", func(r *mender) { r.trail(func(t map[string]any) { t["LogFileValidationEnabled"] = false }) }},
		{"GuardDuty that is off", "guardduty", func(r *mender) { r.Detectors = map[string]map[string]any{"d1": {"status": "DISABLED"}} }},
		{"GuardDuty without RDS", "guardduty", func(r *mender) { r.Detectors = map[string]map[string]any{"d1": {"status": "ENABLED"}} }},
		{"stopped, without backups", "backups", stop},
		{"stopped, without protection", "deletion-protection", stop},
		{"stopped, without TLS", "tls-forced", stop},
	}
}

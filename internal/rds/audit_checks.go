package rds

import "context"

// Check is one row of the audit's table.
type Check struct {
	ID       string
	Aliases  []string // Security Hub (RDS.2) and CIS AWS Foundations 5.0 (CIS 2.2.3)
	Severity Severity
	Title    string
	Expected string
	Why      string
	Fix      string // the remedy in general; of an instance {id}, {arn} and {region} are filled in
	Downtime string

	account  bool // checks the account, not one instance
	clusters bool // the setting belongs to the cluster, if the instance is a member of one
	run      func(context.Context, *subject) result
	fix      func(context.Context, *Client, string) error // only where it is immediate and harmless
}

// Harmless reports whether audit --fix may apply the remedy.
func (k Check) Harmless() bool { return k.fix != nil }

// Account reports whether the check is about the account and not about one instance.
func (k Check) Account() bool { return k.account }

const modify = "aws rds modify-db-instance --db-instance-identifier {id} "

// Checks is the table: network, storage, encryption in transit, access, care, account.
func Checks() []Check {
	var all []Check
	for _, part := range [][]Check{networkChecks, storageChecks, accessChecks, careChecks, accountChecks} {
		all = append(all, part...)
	}
	return all
}

var networkChecks = []Check{
	{
		ID: "region-lock", Severity: High, Title: "The instance is in an allowed region", Expected: "one of the allowed regions",
		Why: "data may have to stay in a country, and nobody looks at a forgotten region",
		Fix: "no command moves an instance: copy a snapshot to an allowed region and restore it there; cruddur rds policy region-lock prints the SCP", Downtime: "a move: minutes to hours", run: checkRegion,
	},
	{
		ID: "not-public", Aliases: []string{"RDS.2", "CIS 2.2.3"}, Severity: Critical, Title: "Not reachable from the internet", Expected: "PubliclyAccessible false",
		Why: "a public address lets the whole internet knock; only the security group stands between",
		Fix: modify + "--no-publicly-accessible", Downtime: "none; clients outside the VPC lose the way in", run: checkPublic,
	},
	{
		ID: "sg-no-world", Aliases: []string{"EC2.18", "EC2.19"}, Severity: Critical, Title: "No rule admits everybody to the port", Expected: "ranges that together hold less than a /8 (IPv4) or a /16 (IPv6) of the internet",
		Why: "whoever scans the internet finds the port within hours",
		Fix: "aws ec2 revoke-security-group-ingress --group-id {group} --security-group-rule-ids RULE   (then cruddur rds allow-ip {id})", Downtime: "none; connections through the rule end", run: checkWorld,
	},
	{
		ID: "sg-narrow", Severity: Medium, Title: "Rules admit single machines, own groups or small ranges", Expected: "every range at least /24 (IPv4) or /64 (IPv6), all together a /20 or /56, the VPC's own range apart",
		Why: "a wide range is a neighbourhood of strangers", Fix: "aws ec2 revoke-security-group-ingress --group-id {group} --security-group-rule-ids RULE   (then cruddur rds allow-ip {id})", Downtime: "none", run: checkNarrow,
	},
	{
		ID: "sg-not-default", Aliases: []string{"EC2.2"}, Severity: Medium, Title: "A security group of its own", Expected: "no group called default",
		Why: "the VPC's default group admits everything else that uses it", Fix: modify + "--vpc-security-group-ids GROUP   (a group of its own)", Downtime: "none, if the new group admits the clients", clusters: true, run: checkOwnGroup,
	},
	{
		ID: "sg-stale", Severity: Low, Title: "Personal rules are described and not past their time", Expected: "no expired rule, a description on each",
		Why: "yesterday's café address belongs to somebody else today", Fix: "cruddur rds revoke-expired {id}", Downtime: "none", run: checkStale, fix: fixStale,
	},
	{
		ID: "private-subnet", Aliases: []string{"RDS.46"}, Severity: High, Title: "Subnets without a route to the internet", Expected: "no route to an internet gateway",
		Why: "one changed flag makes an instance in a public subnet public",
		Fix: "aws ec2 associate-route-table --subnet-id SUBNET --route-table-id TABLE   (a route table without an internet gateway)", Downtime: "none inside the VPC; whatever else is in the subnets loses its way to the internet", run: checkSubnets,
	},
	{
		ID: "in-vpc", Aliases: []string{"RDS.18"}, Severity: High, Title: "Inside a VPC", Expected: "a VPC",
		Why: "outside there are no security groups to hold", Fix: "no command moves it: restore a snapshot into a VPC", Downtime: "a move", run: checkVpc,
	},
	{
		ID: "port", Aliases: []string{"RDS.23"}, Severity: Low, Title: "Not the default port", Expected: "not 5432",
		Why: "the simplest scanners try the default only", Fix: modify + "--db-port-number 15432", Downtime: "the database restarts at once, whatever --apply-immediately says", clusters: true, run: checkPort,
	},
}

var storageChecks = []Check{
	{
		ID: "encrypted", Aliases: []string{"RDS.3", "CIS 2.2.1"}, Severity: Medium, Title: "Storage is encrypted", Expected: "StorageEncrypted true",
		Why: "a copy of the disk or a snapshot must be worthless without the key",
		Fix: "no command changes it: take a snapshot, copy it with --kms-key-id alias/aws/rds, restore the copy as a new instance, move over and delete the old one", Downtime: "a move", run: checkEncrypted,
	},
	{
		ID: "kms-own-key", Severity: Low, Title: "The key is the customer's own", Expected: "KeyManager CUSTOMER, the key enabled",
		Why: "only an own key can be shared with another account, audited and withdrawn", Fix: "no command changes it: restore a snapshot with --kms-key-id KEY", Downtime: "a move", run: checkKey,
	},
	{
		ID: "backups", Aliases: []string{"RDS.11"}, Severity: Medium, Title: "Automatic backups of a week", Expected: "retention of 7 days or more, restorable to within the hour",
		Why: "a mistake is often noticed after the weekend", Fix: modify + "--backup-retention-period 7 --apply-immediately", Downtime: "from 0 days: a pause of seconds in disk access", clusters: true, run: checkBackups,
	},
	{
		ID: "backup-plan", Aliases: []string{"RDS.26"}, Severity: Medium, Title: "Covered by AWS Backup", Expected: "a protected resource, backed up within 35 days",
		Why: "automatic backups go with the instance; a backup vault stays", Fix: `aws backup create-backup-selection --backup-plan-id PLAN --backup-selection SelectionName={id},IamRoleArn=ROLE,Resources={arn} && aws backup start-backup-job --backup-vault-name Default --resource-arn {arn} --iam-role-arn ROLE`, Downtime: "none", clusters: true, run: checkBackupPlan,
	},
	{
		ID: "autoscale", Severity: Low, Title: "Storage grows by itself", Expected: "MaxAllocatedStorage a tenth above the allocated storage or more, 10 % free",
		Why: "a full disk stops the database", Fix: modify + "--max-allocated-storage 100", Downtime: "none", clusters: true, run: checkAutoscale,
	},
	{
		ID: "copy-tags", Aliases: []string{"RDS.17"}, Severity: Low, Title: "Snapshots carry the instance's tags", Expected: "CopyTagsToSnapshot true",
		Why: "a snapshot without tags belongs to nobody and is paid for ever", Fix: modify + "--copy-tags-to-snapshot", Downtime: "none", clusters: true, run: checkCopyTags, fix: fixCopyTags,
	},
	{
		ID: "tags", Aliases: []string{"RDS.30"}, Severity: Low, Title: "The instance is tagged", Expected: "one tag or more besides AWS's own",
		Why: "cost and ownership are read from tags", Fix: "aws rds add-tags-to-resource --resource-name {arn} --tags Key=owner,Value=OWNER", Downtime: "none", run: checkTags,
	},
}

var accessChecks = []Check{
	{
		ID: "tls-forced", Aliases: []string{"RDS.38"}, Severity: High, Title: "The server refuses plain connections", Expected: "rds.force_ssl=1 and in-sync",
		Why: "without it a client that forgets TLS sends everything in the clear",
		Fix: "aws rds modify-db-parameter-group --db-parameter-group-name {parameters}" + setForceSSL, Downtime: "plain connections are refused from then on; where the remedy restarts the instance, a minute", clusters: true, run: checkForcedTLS,
	},
	{
		ID: "tls-client", Severity: Medium, Title: "Our connection verifies the server", Expected: "sslmode=verify-full",
		Why: "anything less accepts a stranger who answers in the server's place", Fix: "cruddur rds url {id}   (prints the URL for PROD_CONNECTION_URL)", Downtime: "none", run: checkClientTLS,
	},
	{
		ID: "ca-expiry", Severity: High, Title: "The server's certificate lasts", Expected: "more than 90 days",
		Why: "on the day after, every verifying client is locked out", Fix: modify + "--ca-certificate-identifier rds-ca-rsa2048-g1 --apply-immediately", Downtime: "none on current versions, a restart on old ones", clusters: true, run: checkCertificate,
	},
	{
		ID: "iam-auth", Aliases: []string{"RDS.10"}, Severity: Medium, Title: "IAM authentication is possible", Expected: "IAMDatabaseAuthenticationEnabled true",
		Why: "tokens of 15 minutes replace passwords that leak and stay", Fix: modify + "--enable-iam-database-authentication --apply-immediately   (then GRANT rds_iam TO role)", Downtime: "none", clusters: true, run: checkIAM,
	},
	{
		ID: "managed-secret", Severity: Medium, Title: "The master password is kept in Secrets Manager", Expected: "a managed secret that is active",
		Why: "a password that nobody knows cannot be written down", Fix: modify + "--manage-master-user-password --apply-immediately", Downtime: "none; the old master password ends", clusters: true, run: checkManagedSecret,
	},
	{
		ID: "secret-rotation", Aliases: []string{"SecretsManager.1"}, Severity: Medium, Title: "The master password rotates", Expected: "rotation on, the last one less than 90 days ago",
		Why: "a leaked password should not be good for long", Fix: modify + "--rotate-master-user-password --apply-immediately", Downtime: "none; the old master password ends", clusters: true, run: checkRotation,
	},
	{
		ID: "master-user", Aliases: []string{"RDS.25"}, Severity: Medium, Title: "The master user has a name of its own", Expected: "not postgres, admin, root …",
		Why: "half of a guess is already right", Fix: "no command changes it: only a new instance has another master user: restore, then cruddur db roles", Downtime: "a move", run: checkMasterUser,
	},
	{
		ID: "app-not-master", Severity: High, Title: "The application is not the master user", Expected: "a role without rds_superuser",
		Why: "one hole in the application would own the whole server", Fix: "cruddur db roles create cruddur_app prod --app --iam   (then cruddur rds url {id} --user cruddur_app)", Downtime: "none", run: checkAppUser,
	},
	{
		ID: "in-database", Severity: Medium, Title: "Roles inside the database", Expected: "no spare superusers, no CREATE for others than the owner, tokens or passwords that expire",
		Why: "AWS's controls end at the port; inside, PostgreSQL's own count", Fix: "cruddur db roles list prod", Downtime: "none", run: checkInside,
	},
}

var careChecks = []Check{
	{
		ID: "deletion-protection", Aliases: []string{"RDS.8"}, Severity: Medium, Title: "Protected against deletion", Expected: "DeletionProtection true",
		Why: "one command with one name wrong must not end production", Fix: modify + "--deletion-protection", Downtime: "none", clusters: true, run: checkDeletion, fix: fixDeletion,
	},
	{
		ID: "multi-az", Aliases: []string{"RDS.5", "CIS 2.2.4"}, Severity: Medium, Title: "A standby in a second zone", Expected: "MultiAZ true (not asked of a dev instance)",
		Why: "a zone fails every year or so; a standby takes over in a minute or two", Fix: modify + "--multi-az --apply-immediately", Downtime: "none; slower writes while it is built; doubles the price", clusters: true, run: checkMultiAZ,
	},
	{
		ID: "minor-upgrade", Aliases: []string{"RDS.13", "CIS 2.2.2"}, Severity: High, Title: "Minor versions arrive by themselves", Expected: "AutoMinorVersionUpgrade true",
		Why: "they fix security holes", Fix: modify + "--auto-minor-version-upgrade", Downtime: "none now; a restart in a maintenance window", clusters: true, run: checkMinor, fix: fixMinor,
	},
	{
		ID: "version-supported", Severity: High, Title: "The version is offered and supported", Expected: "listed by RDS, major version in standard support",
		Why: "after its end a version gets no fixes, or is billed as Extended Support", Fix: modify + "--engine-version VERSION --allow-major-version-upgrade --apply-immediately   (a version that AWS upgrades this one to, tried on a restored copy first)", Downtime: "minutes", clusters: true, run: checkVersion,
	},
	{
		ID: "extended-support", Severity: Low, Title: "Not enrolled in paid Extended Support", Expected: "open-source-rds-extended-support-disabled",
		Why: "three years after a version's end it costs more than the instance", Fix: "no command changes it: restore a snapshot with --engine-lifecycle-support open-source-rds-extended-support-disabled", Downtime: "a move", clusters: true, run: checkExtendedSupport,
	},
	{
		ID: "pending", Severity: Info, Title: "Nothing waits for the maintenance window", Expected: "no pending change or maintenance",
		Why: "a waiting change surprises at night", Fix: modify + "--apply-immediately", Downtime: "depends on the change", clusters: true, run: checkPending,
	},
	{
		ID: "logs", Aliases: []string{"RDS.9", "RDS.36"}, Severity: Medium, Title: "Logs are exported and kept for a stated time", Expected: "postgresql and upgrade, kept for a week or more",
		Why: "logs on the instance are gone after three days", Fix: modify + `--cloudwatch-logs-export-configuration '{"EnableLogTypes":["postgresql","upgrade"]}'` + "   (then aws logs put-retention-policy)", Downtime: "none", clusters: true, run: checkLogs, fix: fixLogs,
	},
	{
		ID: "monitoring", Aliases: []string{"RDS.6"}, Severity: Low, Title: "Enhanced monitoring and Performance Insights", Expected: "an interval of 1 to 60 s, insights on",
		Why: "the question what the machine was doing comes afterwards", Fix: modify + "--monitoring-interval 60 --monitoring-role-arn ROLE --enable-performance-insights --apply-immediately", Downtime: "none", clusters: true, run: checkMonitoring,
	},
	{
		ID: "idle", Severity: Low, Title: "Used in the last seven days", Expected: "a connection",
		Why: "an idle database costs the same as a busy one", Fix: "cruddur rds stop {id}   (or cruddur rds delete {id}, with its final snapshot)", Downtime: "the database is away", clusters: true, run: checkIdle,
	},
	{
		ID: "stopped-restart", Severity: Info, Title: "A stopped instance stays stopped for a while", Expected: "more than 24 h until AWS starts it again",
		Why: "AWS starts it after 7 days and bills it from then on", Fix: "stop it again after its start: cruddur rds stop {id}   (or cruddur rds delete {id}, with its final snapshot)", Downtime: "none", run: checkStopped,
	},
}

var accountChecks = []Check{
	{
		ID: "coverage", Severity: Info, Title: "Every database of the region is judged", Expected: "PostgreSQL instances only",
		Why: "what nobody looks at is not safe because nobody complains", Fix: "look at it in AWS's console", Downtime: "none", account: true, run: checkCoverage,
	},
	{
		ID: "snapshots-private", Aliases: []string{"RDS.1"}, Severity: Critical, Title: "No snapshot of the region is shared with strangers", Expected: "not public, only accounts of --allow-account",
		Why: "who may restore a snapshot has the whole database, also when the instance is long gone",
		Fix: "aws rds modify-db-snapshot-attribute --attribute-name restore --values-to-remove all --db-snapshot-identifier SNAPSHOT", Downtime: "none", account: true, run: checkSnapshotsPrivate,
	},
	{
		ID: "snapshots-encrypted", Aliases: []string{"RDS.4"}, Severity: Medium, Title: "Snapshots are encrypted", Expected: "Encrypted true for all of the region, of clusters and of AWS Backup too",
		Why: "an unencrypted snapshot outlives the encrypted database",
		Fix: "aws rds copy-db-snapshot --source-db-snapshot-identifier SNAPSHOT --target-db-snapshot-identifier COPY --kms-key-id alias/aws/rds", Downtime: "none", account: true, run: checkSnapshotsEncrypted,
	},
	{
		ID: "retained-backups", Severity: Low, Title: "No automatic backups are left of deleted instances", Expected: "none, or kept on purpose and encrypted",
		Why: "they hold the data and are paid, and no list of instances shows them",
		Fix: "no command is safe here: it would end the last copy. Where it is not wanted: aws rds delete-db-instance-automated-backup --dbi-resource-id ID", Downtime: "none", account: true, run: checkRetained,
	},
	{
		ID: "events", Aliases: []string{"RDS.20", "RDS.21", "RDS.22"}, Severity: Low, Title: "Somebody is told of RDS events", Expected: "subscriptions for instances, parameter groups and security groups, to a topic with subscribers",
		Why: "a failover or a changed group should not be found by chance", Fix: "aws rds create-event-subscription --subscription-name rds-all --sns-topic-arn TOPIC --enabled   (every source and category; TOPIC is the ARN of a topic that somebody is subscribed to)", Downtime: "none", account: true, run: checkEvents,
	},
	{
		ID: "cloudtrail", Aliases: []string{"CloudTrail.1"}, Severity: High, Title: "CloudTrail records every region", Expected: "a multi-region trail that delivers all management events, reads and writes, and digests of its files",
		Why: "without it nobody can say who deleted what", Fix: "aws cloudtrail create-trail --name all --s3-bucket-name BUCKET --is-multi-region-trail --enable-log-file-validation && aws cloudtrail put-event-selectors --trail-name all" + everyEvent + " && aws cloudtrail start-logging --name all   (BUCKET admits cloudtrail.amazonaws.com)", Downtime: "none", account: true, run: checkTrail,
	},
	{
		ID: "cloudtrail-alarm", Severity: Low, Title: "An alarm on deleting or opening a database", Expected: "an enabled EventBridge rule with a live target, or a metric filter with an alarm, for DeleteDBInstance, ModifyDBInstance and ModifyDBSnapshotAttribute",
		Why: "a record that nobody reads helps only afterwards", Fix: `aws events put-rule --name rds-changes --event-pattern '{"source":["aws.rds"],"detail":{"eventSource":["rds.amazonaws.com"],"eventName":["DeleteDBInstance","ModifyDBInstance","ModifyDBSnapshotAttribute"]}}' && aws events put-targets --rule rds-changes --targets Id=1,Arn=TOPIC   (TOPIC is the ARN of a topic that somebody is subscribed to and that admits events.amazonaws.com)`, Downtime: "none", account: true, run: checkAlarm,
	},
	{
		ID: "guardduty", Aliases: []string{"GuardDuty.1", "GuardDuty.9"}, Severity: High, Title: "GuardDuty watches RDS logins", Expected: "a detector in this region with RDS protection",
		Why: "it tells of logins from strange places", Fix: "aws guardduty create-detector --enable" + loginEvents, Downtime: "none", account: true, run: checkGuardDuty,
	},
	{
		ID: "proxy-tls", Aliases: []string{"RDS.43"}, Severity: Medium, Title: "RDS Proxy requires TLS", Expected: "RequireTLS true",
		Why: "the proxy is a second door to the same house", Fix: "aws rds modify-db-proxy --db-proxy-name PROXY --require-tls", Downtime: "none; plain connections are refused from then on", account: true, run: checkProxy,
	},
	{
		ID: "org-scp", Severity: Info, Title: "The organisation holds the rules", Expected: "service control policies for region, encryption and deletion",
		Why: "what nobody can do, nobody can do by mistake", Fix: "cruddur rds policy region-lock --allow-region {region}   (prints it; an administrator of the organisation attaches it with aws organizations create-policy and attach-policy; also encryption, deletion)", Downtime: "none", account: true, run: checkOrganisation,
	},
	{
		ID: "lambda-vpc", Aliases: []string{"Lambda.3", "Lambda.5"}, Severity: Medium, Title: "The Lambda is in the VPC, in two zones", Expected: "subnets in two zones, in the database's VPC",
		Why: "it must reach the database, also while one zone is down", Fix: "cruddur lambda deploy --subnet SUBNET --subnet SUBNET   (in two zones of the database's VPC; --dry-run shows the rest)", Downtime: "none", account: true, run: checkLambdaVpc,
	},
	{
		ID: "lambda-policy", Aliases: []string{"Lambda.1"}, Severity: Critical, Title: "Only the user pool may invoke the Lambda", Expected: "principal cognito-idp with the pool's ARN and the account",
		Why: "whoever may invoke it may insert users", Fix: "aws lambda add-permission --function-name FUNCTION --statement-id cognito-post-confirmation --action lambda:InvokeFunction --principal cognito-idp.amazonaws.com --source-arn POOL_ARN --source-account ACCOUNT", Downtime: "none", account: true, run: checkLambdaPolicy,
	},
	{
		ID: "lambda-runtime", Aliases: []string{"Lambda.2"}, Severity: Medium, Title: "The Lambda's runtime is supported", Expected: "provided.al2023",
		Why: "a retired runtime gets no fixes and cannot be updated", Fix: "cruddur lambda deploy", Downtime: "none", account: true, run: checkLambdaRuntime,
	},
}

package rds

import (
	"net/http"
	"strings"

	"cruddur"
)

// saying explains a code: the words after "doing: ", the reason, and the next command.
type saying struct {
	codes []string
	kind  cruddur.Kind
	what  string
	why   string // "" means AWS's own sentence
	next  string
}

// sayings is the table of AWS error codes. {action} is the missing permission, {message} AWS's own sentence.
var sayings = []saying{
	{
		[]string{"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId"},
		cruddur.KindUnavailable,
		"AWS does not know the access key",
		"the key does not exist, was deactivated, or belongs to another partition (China, GovCloud)",
		"aws sts get-caller-identity   (check AWS_PROFILE and AWS_ACCESS_KEY_ID)",
	},
	{
		[]string{"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"},
		cruddur.KindUnavailable,
		"the AWS session has expired",
		"temporary credentials live some hours",
		"aws sso login   (or fetch new temporary credentials)",
	},
	{
		[]string{"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "RequestTimeTooSkewed"},
		cruddur.KindUnavailable,
		"AWS does not accept the signature",
		"the secret access key is wrong, or this machine's clock is more than five minutes off. AWS says: {message}",
		"date -u   (compare with the real time; then aws configure)",
	},
	{
		[]string{"OptInRequired", "SubscriptionRequiredException", "InvalidUserID.NotFound"},
		cruddur.KindForbidden,
		"the account or region is not switched on",
		"a new account, or a region that must be opted in to first. AWS says: {message}",
		"aws account enable-region --region-name REGION",
	},
	{
		denials,
		cruddur.KindInternal,
		"AWS refuses: {action} is not allowed",
		"the credentials are valid, but their policies do not allow {action}",
		"cruddur rds policy tool   (prints the minimal policy for an administrator to attach)",
	},
	{
		[]string{"KMSKeyNotAccessibleFault", "KMSKeyNotAccessible"},
		cruddur.KindInvalid,
		"the encryption key cannot be used",
		"the KMS key is disabled, in another region, or its key policy does not admit RDS",
		"aws kms describe-key --key-id KEY   (or leave out --kms-key-id for the AWS managed key)",
	},
	{
		[]string{"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "ThrottledException", "RequestThrottled"},
		cruddur.KindUnavailable,
		"AWS asks to slow down",
		"too many calls from this account; they were already repeated with growing pauses",
		"wait a minute and run the command again: it continues where it stopped",
	},
	{
		[]string{"ServiceUnavailable", "ServiceUnavailableException", "InternalFailure", "InternalError", "InternalServerError"},
		cruddur.KindUnavailable,
		"AWS has a fault of its own", "AWS says: {message}", "wait a minute and run the command again",
	},
	{
		[]string{"DBInstanceNotFound", "DBInstanceNotFoundFault"},
		cruddur.KindNotFound,
		"no such database instance",
		"no instance of this name is in this account and region",
		"cruddur rds status   (lists them; AWS_DEFAULT_REGION chooses the region)",
	},
	{
		[]string{"DBInstanceAlreadyExists"},
		cruddur.KindConflict,
		"an instance of this name exists already",
		"names are unique in an account and region, also while an instance is being deleted",
		"cruddur rds status   (or choose another --db-instance-identifier)",
	},
	{
		[]string{"InvalidDBInstanceState", "InvalidDBInstanceStateFault"},
		cruddur.KindConflict,
		"the instance is in the wrong state for this", "", "cruddur rds wait --for available   (then run the command again)",
	},
	{
		[]string{"InvalidParameterCombination"},
		cruddur.KindInvalid,
		"two settings conflict", "", "change one of the two flags that AWS names",
	},
	{
		[]string{"InvalidParameterValue", "ValidationError", "ValidationException", "MissingParameter", "InvalidParameter"},
		cruddur.KindInvalid,
		"AWS does not accept a value", "", "correct the value that AWS names",
	},
	{
		[]string{"InstanceQuotaExceeded", "InstanceQuotaExceededFault"},
		cruddur.KindConflict,
		"the account's number of database instances is used up",
		"the quota is 40 instances for a region until it is raised",
		"cruddur rds status   (delete one, or aws service-quotas request-service-quota-increase --service-code rds --quota-code L-7B6409FD --desired-value 60)",
	},
	{
		[]string{"StorageQuotaExceeded", "SnapshotQuotaExceeded"},
		cruddur.KindConflict,
		"the account's storage or snapshot quota is used up", "AWS says: {message}",
		"aws rds describe-account-attributes   (shows the quotas; delete old snapshots or ask for more)",
	},
	{
		[]string{"InsufficientDBInstanceCapacity"},
		cruddur.KindUnavailable,
		"AWS has no capacity for this class right now",
		"the availability zone is out of this instance class; nothing is wrong with the request",
		"cruddur rds create again some hours later, or with another --db-instance-class or --availability-zone",
	},
	{
		[]string{"DBSubnetGroupDoesNotCoverEnoughAZs", "InvalidSubnet", "DBSubnetGroupNotFoundFault", "InvalidVPCNetworkStateFault", "SubnetAlreadyInUse"},
		cruddur.KindInvalid,
		"the subnets are not suitable", "RDS needs a subnet group with subnets in at least two availability zones of one VPC. AWS says: {message}",
		"aws ec2 describe-subnets   (then --db-subnet-group-name or --subnet-ids)",
	},
	{
		[]string{"DBParameterGroupNotFound", "DBSecurityGroupNotFound", "OptionGroupNotFoundFault", "CertificateNotFound", "InvalidGroup.NotFound", "InvalidGroupId.Malformed", "InvalidSecurityGroupRuleId.NotFound", "ResourceNotFoundException"},
		cruddur.KindNotFound,
		"something that the request names does not exist", "AWS says: {message}", "check the name, the region and the account",
	},
	{
		[]string{"DBParameterGroupQuotaExceeded", "DBSubnetGroupQuotaExceeded", "SecurityGroupLimitExceeded"},
		cruddur.KindConflict,
		"a quota of this account is used up", "AWS says: {message}", "remove what is unused, or ask for more in Service Quotas",
	},
	{
		[]string{"StorageTypeNotSupported", "ProvisionedIopsNotAvailableInAZFault", "NetworkTypeNotSupported", "VpcEncryptionControlViolationException"},
		cruddur.KindInvalid,
		"this class or zone does not offer the choice", "AWS says: {message}", "choose another --db-instance-class or --storage-type",
	},
	{
		[]string{"DBSnapshotAlreadyExists"},
		cruddur.KindConflict,
		"a snapshot of this name exists already", "snapshot names are unique in an account and region", "leave out the name, or choose another name (of delete: --final-db-snapshot-identifier)",
	},
	{
		[]string{"RulesPerSecurityGroupLimitExceeded"},
		cruddur.KindConflict,
		"the security group is full",
		"a group holds 60 inbound rules",
		"cruddur rds revoke-expired   (removes expired rules)",
	},
	{
		[]string{"InvalidPermission.Duplicate"},
		cruddur.KindConflict,
		"the address is admitted already", "a rule for this address and port exists that was not made by this command", "cruddur rds audit sg-narrow sg-stale",
	},
	{
		[]string{"InvalidPermission.NotFound"},
		cruddur.KindNotFound,
		"the rule is gone already", "somebody else removed it", "cruddur rds allow-ip",
	},
	{[]string{"InvalidPermission.Malformed"}, cruddur.KindInvalid, "EC2 does not accept the rule", "", "cruddur rds allow-ip --ip ADDRESS"},
	{[]string{"DBUpgradeDependencyFailure"}, cruddur.KindConflict, "the database cannot be upgraded", "", "cruddur rds modify --engine-version VERSION   (a version that AWS lists as its upgrade target)"},
	{[]string{"AuthorizationNotFound"}, cruddur.KindNotFound, "AWS does not find the authorization", "", "check the security group's name"},
}

// inToolPolicy reports whether the policy that an error recommends contains an action. For an action outside it,
// attaching the policy would not help.
func inToolPolicy(action string) bool {
	for _, st := range toolPolicy(PolicyValues{}) {
		for _, a := range st.Action {
			if strings.EqualFold(a, action) {
				return true
			}
		}
	}
	return false
}

// sayingOf finds a code in the table.
func sayingOf(code string) (saying, bool) {
	for _, s := range sayings {
		for _, c := range s.codes {
			if c == code {
				return s, true
			}
		}
	}
	return saying{}, false
}

func explainCode(p *Problem, doing string, err error) {
	s, ok := wordingOf(p.Code, sentence(err))
	if !ok {
		s, ok = sayingOf(p.Code)
	}
	switch {
	case ok:
	case p.Code == "UnknownError" && status(err) == http.StatusForbidden:
		// An error envelope that the SDK cannot read: emulators answer a wrong key this way.
		s, _ = sayingOf("InvalidClientTokenId")
	default:
		s = saying{what: "AWS answered " + p.Code, next: "see what the code means in AWS's documentation; nothing else was changed", kind: cruddur.KindInternal}
	}
	if s.why == "" {
		s.why = "AWS says: {message}"
	}
	r := strings.NewReplacer("{action}", action(err), "{message}", message(err))
	if a := action(err); denied(p.Code) && strings.HasPrefix(s.next, "cruddur rds policy tool") && a != "" && !inToolPolicy(a) {
		s.next = "ask an administrator to allow {action}: the policy \"tool\" does not hold it"
	}
	p.What = doing + ": " + r.Replace(s.what)
	p.Why, p.Next, p.Kind = r.Replace(s.why), r.Replace(s.next), s.kind
}

package rds

import (
	"strings"

	"cruddur"
)

// wording explains a code if AWS's own sentence has these words: the code alone is too general.
type wording struct {
	codes []string
	words []string // all of them, in lower case
	saying
}

// denials are the codes of a missing permission.
var denials = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException", "AuthorizationError", "NotAuthorized"}

// values are the codes of something that AWS does not accept.
var values = []string{"InvalidParameterCombination", "InvalidParameterValue", "InvalidParameter", "ValidationError", "ValidationException"}

// wordings have precedence over sayings; the first match is used. The kinds of policy are those of "Policy evaluation
// logic" in IAM's guide: each of them can refuse on its own, and no permission in another policy overrides it.
var wordings = []wording{
	{denials, []string{"service control policy"}, saying{
		kind: cruddur.KindInternal, what: "an organisation's policy forbids {action}",
		why:  "a service control policy of the organisation refuses it, and no policy in this account can allow it. AWS says: {message}",
		next: "ask who administers the organisation: its SCP must allow {action}, or another account or region is meant (CRUDDUR_ALLOWED_REGIONS)",
	}},
	{denials, []string{"resource control policy"}, saying{
		kind: cruddur.KindInternal, what: "an organisation's policy forbids {action}",
		why:  "a resource control policy of the organisation refuses it, and no policy in this account can allow it. AWS says: {message}",
		next: "ask who administers the organisation: its RCP must allow {action}",
	}},
	{denials, []string{"permissions boundary"}, saying{
		kind: cruddur.KindInternal, what: "the permissions boundary forbids {action}",
		why:  "the boundary of this user or role does not allow it, whatever its policies say. AWS says: {message}",
		next: "ask the administrator who set the boundary: it must allow {action}",
	}},
	{denials, []string{"session policy"}, saying{
		kind: cruddur.KindInternal, what: "the session's policy forbids {action}",
		why:  "the credentials were made for less than their role may. AWS says: {message}",
		next: "sign in without the session policy, or with one that allows {action}",
	}},
	{denials, []string{"vpc endpoint policy"}, saying{
		kind: cruddur.KindInternal, what: "the VPC endpoint forbids {action}",
		why:  "the call goes through an endpoint whose policy refuses it. AWS says: {message}",
		next: "ask who administers the VPC: the endpoint's policy must allow {action}",
	}},
	{denials, []string{"explicit deny"}, saying{
		kind: cruddur.KindInternal, what: "a policy forbids {action}",
		why:  "a statement with Effect Deny overrides every permission. AWS says: {message}",
		next: "aws iam get-account-authorization-details --filter User Role Group LocalManagedPolicy   (find the statement that denies {action}; adding a permission does not help)",
	}},
	{append([]string{"ServiceLinkedRoleNotFoundFault"}, values...), []string{"service", "linked role"}, saying{
		kind: cruddur.KindInternal, what: "the account has no role for RDS yet",
		why:  "the first instance of an account needs the role AWSServiceRoleForRDS, which RDS makes where the caller may. AWS says: {message}",
		next: "aws iam create-service-linked-role --aws-service-name rds.amazonaws.com   (once for the account; a minute later run the command again)",
	}},
	{values, []string{"cannot find version"}, saying{
		kind: cruddur.KindInvalid, what: "RDS does not offer this version",
		why:  "minor versions are retired after a while. AWS says: {message}",
		next: "leave out the minor version (--engine-version 17 takes the newest of 17)   (or aws rds describe-db-engine-versions --engine postgres --query 'DBEngineVersions[].EngineVersion' --output text)",
	}},
	{values, []string{"cannot upgrade"}, notATarget},
	{values, []string{"cannot find upgrade target"}, notATarget},
	{values, []string{"db cluster"}, saying{
		kind: cruddur.KindInvalid, what: "the instance belongs to a cluster",
		next: "make the change on the cluster, which this tool does not look after yet: aws rds describe-db-clusters, then aws rds modify-db-cluster or aws rds delete-db-cluster",
	}},
	{values, []string{"read replica"}, saying{
		kind: cruddur.KindInvalid, what: "a read replica does not take this",
		next: "make the change on its source   (cruddur rds status lists the instances)",
	}},
	{values, []string{"protected", "instance"}, saying{
		kind: cruddur.KindForbidden, what: "the instance is protected against deletion",
		next: "add --disable-deletion-protection to cruddur rds delete",
	}},
	{append([]string{"InvalidDBInstanceState", "InvalidDBInstanceStateFault"}, values...), []string{"previous storage change"}, saying{
		kind: cruddur.KindConflict, what: "the disk was changed a short time ago",
		next: "wait until six hours after the last change of the disk, and until its optimisation has ended (cruddur rds status); then run the command again",
	}},
	{values, []string{"allowmajorversionupgrade"}, saying{
		kind: cruddur.KindInvalid, what: "a new major version must be requested explicitly",
		next: "add --allow-major-version-upgrade   (it cannot be undone: cruddur rds snapshot first)",
	}},
}

// notATarget explains that the current version cannot be upgraded to the requested one.
var notATarget = saying{
	kind: cruddur.KindInvalid, what: "the instance cannot be upgraded to this version in one step",
	next: "aws rds describe-db-engine-versions --engine postgres --engine-version VERSION --query 'DBEngineVersions[].ValidUpgradeTarget[].EngineVersion' --output text   (VERSION is the present one)",
}

// wordingOf finds the wording of a code and AWS's sentence.
func wordingOf(code, message string) (saying, bool) {
	message = strings.ToLower(message)
	for _, w := range wordings {
		fits := false
		for _, c := range w.codes {
			fits = fits || c == code
		}
		for _, word := range w.words {
			fits = fits && strings.Contains(message, word)
		}
		if fits {
			return w.saying, true
		}
	}
	return saying{}, false
}

// isTarget reports whether an error says that a version is not a valid upgrade target.
func isTarget(err error) bool {
	s, ok := wordingOf(code(err), sentence(err))
	return ok && s.what == notATarget.what
}

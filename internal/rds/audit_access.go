package rds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// checkForcedTLS judges every parameter group of AWS's list, which in fact holds one: the worst verdict counts.
func checkForcedTLS(ctx context.Context, s *subject) result {
	worst := silent("DBParameterGroups")
	for i, g := range s.db.DBParameterGroups {
		r := s.forcedTLS(ctx, g)
		if i == 0 || r.state == Fail || r.state == Unknown && worst.state == Pass {
			worst = r
		}
	}
	return worst
}

func (s *subject) forcedTLS(ctx context.Context, g types.DBParameterGroupStatus) result {
	group := aws.ToString(g.DBParameterGroupName)
	if group == "" {
		return silent("DBParameterGroups")
	}
	value, err := s.parameter(ctx, group, "rds.force_ssl")
	if err != nil {
		return unread(err)
	}
	if value == nil {
		return silent("value of rds.force_ssl in " + group)
	}
	observed := "rds.force_ssl=" + *value + " in " + group
	apply := aws.ToString(g.ParameterApplyStatus)
	switch {
	case *value != "1":
		return fail(observed).cure(forceTLS(group, s.view.Version))
	case apply == "":
		return silent("ParameterApplyStatus")
	case apply == "pending-reboot":
		return fail(observed + ", but " + apply).cure("aws rds reboot-db-instance --db-instance-identifier {id}   (downtime: a minute)")
	case apply != "in-sync":
		return fail(observed + ", but " + apply).cure("wait: the change is on its way; audit again in some minutes")
	}
	return pass(observed)
}

const setForceSSL = " --parameters ParameterName=rds.force_ssl,ParameterValue=1,ApplyMethod=immediate"

// forceTLS is the command that sets rds.force_ssl. AWS's default groups cannot be changed: the instance first needs
// its own group, which takes effect after a restart.
func forceTLS(group, version string) string {
	if !strings.HasPrefix(group, "default.") {
		return "aws rds modify-db-parameter-group --db-parameter-group-name " + group + setForceSSL
	}
	major, _, _ := strings.Cut(version, ".")
	return "aws rds create-db-parameter-group --db-parameter-group-name {id}-tls --db-parameter-group-family postgres" + major + " --description 'TLS for {id}'" +
		" && aws rds modify-db-parameter-group --db-parameter-group-name {id}-tls" + setForceSSL +
		" && " + modify + "--db-parameter-group-name {id}-tls --apply-immediately && aws rds wait db-instance-available --db-instance-identifier {id}" +
		" && aws rds reboot-db-instance --db-instance-identifier {id}   (downtime: a minute, by the restart)"
}

// ours reports whether a connection's host is the instance's. Host names are case-insensitive and may end in a dot.
func (s *subject) ours(host string) bool {
	return s.view.Host != "" && strings.EqualFold(strings.TrimSuffix(host, "."), s.view.Host)
}

func checkClientTLS(_ context.Context, s *subject) result {
	c := s.opts.Connection
	if c == nil {
		return none("no PROD_CONNECTION_URL to look at")
	}
	if !s.ours(c.Host) {
		return none("PROD_CONNECTION_URL leads to another host")
	}
	switch c.SSLMode {
	case "verify-full":
		return pass("verify-full")
	case "verify-ca":
		return warn("verify-ca: any certificate of the same authority is believed")
	case "":
		return fail("no sslmode: encryption is only preferred")
	}
	return fail("sslmode=" + c.SSLMode)
}

func checkCertificate(_ context.Context, s *subject) result {
	d := s.db.CertificateDetails
	if d == nil || d.ValidTill == nil {
		return silent("CertificateDetails.ValidTill")
	}
	days := int(d.ValidTill.Sub(s.c.Now()).Hours() / 24)
	observed := fmt.Sprintf("%s until %s, %d days", aws.ToString(s.db.CACertificateIdentifier), d.ValidTill.UTC().Format("2006-01-02"), days)
	switch {
	case !s.c.Now().Before(*d.ValidTill):
		return result{state: Fail, observed: "expired: " + observed, severity: Critical}
	case days < 30:
		return result{state: Fail, observed: observed, severity: High}
	case days <= 90:
		return result{state: Fail, observed: observed, severity: Medium}
	case days <= 180:
		return result{state: Pass, observed: observed, severity: Low}
	}
	return result{state: Pass, observed: observed, severity: Info}
}

func checkIAM(_ context.Context, s *subject) result {
	return flag(s.db.IAMDatabaseAuthenticationEnabled, "IAMDatabaseAuthenticationEnabled")
}

func checkManagedSecret(_ context.Context, s *subject) result {
	if s.replicaOf() != "" {
		return s.replica("its users and passwords are its source's; AWS refuses a managed secret here")
	}
	m := s.db.MasterUserSecret
	if m == nil {
		return fail("a password that somebody has chosen")
	}
	switch status := aws.ToString(m.SecretStatus); status {
	case "active", "rotating":
		return pass(status)
	case "":
		return silent("MasterUserSecret.SecretStatus")
	case "creating":
		return warn("creating").cure("wait: AWS is making the secret; audit again in some minutes")
	default:
		return fail(status + ": the secret and the database may differ").cure(modify + "--rotate-master-user-password --apply-immediately")
	}
}

// rotateWithin is the maximum age of a master password.
const rotateWithin = 90

func checkRotation(ctx context.Context, s *subject) result {
	m := s.db.MasterUserSecret
	if m == nil {
		return none("no managed secret")
	}
	if aws.ToString(m.SecretArn) == "" {
		return silent("MasterUserSecret.SecretArn")
	}
	out, err := s.c.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: m.SecretArn})
	if err != nil {
		return unread(err)
	}
	switch {
	case out.DeletedDate != nil:
		return result{state: Fail, severity: High, observed: "the secret waits for its deletion"}.cure("aws secretsmanager restore-secret --secret-id " + *m.SecretArn)
	case out.RotationEnabled == nil:
		return silent("RotationEnabled")
	case !*out.RotationEnabled:
		return fail("no rotation").cure("aws secretsmanager rotate-secret --secret-id " + *m.SecretArn + " --rotation-rules AutomaticallyAfterDays=7")
	}
	at, word := out.LastRotatedDate, "last rotated"
	if at == nil {
		at, word = out.CreatedDate, "on, not rotated since it was made"
	}
	if at == nil {
		return silent("LastRotatedDate")
	}
	days := int(s.c.Now().Sub(*at).Hours() / 24)
	observed := fmt.Sprintf("%s %d days ago", word, days)
	if days >= rotateWithin {
		return fail(observed)
	}
	return pass(observed)
}

// defaultNames are the master user names that attackers guess first.
var defaultNames = []string{"postgres", "admin", "administrator", "sa", "user", "master", "rdsadmin"}

// guessedNames are the names that they guess next.
var guessedNames = []string{"root", "postgresql", "pgadmin", "dba", "dbadmin", "sysadmin", "superuser", "test", "awsuser"}

func checkMasterUser(_ context.Context, s *subject) result {
	name := strings.ToLower(s.view.MasterUser)
	switch {
	case name == "":
		return silent("MasterUsername")
	case slices.Contains(defaultNames, name):
		return fail(name)
	case slices.Contains(guessedNames, name):
		return warn(name + ": not the engine's default, but guessed second")
	}
	return pass(name)
}

func checkAppUser(ctx context.Context, s *subject) result {
	c := s.opts.Connection
	if c == nil {
		return none("no PROD_CONNECTION_URL to look at")
	}
	if !s.ours(c.Host) {
		return none("PROD_CONNECTION_URL leads to another host")
	}
	switch {
	case s.view.MasterUser == "":
		return silent("MasterUsername")
	case c.User == "":
		return result{state: Unknown, observed: "PROD_CONNECTION_URL names no user"}
	case c.User == s.view.MasterUser:
		return fail(c.User + " is the master user")
	}
	facts, err := s.facts(ctx)
	switch {
	case err != nil:
		return result{state: Unknown, observed: c.User + "; the database could not be looked into: " + reason(err)}
	case facts == nil:
		return warn(c.User + ", by its name; its memberships were not looked at").cure("cruddur rds audit app-not-master   (without --outside)")
	case slices.Contains(facts.Superusers, c.User):
		return fail(c.User + " is a member of rds_superuser")
	}
	return pass(c.User)
}

// facts reads the database once; it returns nil without an inspector, or if the URL names another database.
func (s *subject) facts(ctx context.Context) (*DatabaseFacts, error) {
	if s.opts.Database == nil || s.opts.Connection == nil || !s.ours(s.opts.Connection.Host) {
		return nil, nil
	}
	return memoized(s, "facts", func() (*DatabaseFacts, error) { return s.opts.Database.Inspect(ctx) })
}

func checkInside(ctx context.Context, s *subject) result {
	f, err := s.facts(ctx)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return unread(err)
		}
		return result{state: Unknown, observed: "the database could not be looked into: " + reason(err)}
	}
	if f == nil {
		return none("not looked into; cruddur db doctor prod does, with a connection")
	}
	var bad, soft []string
	spare := slices.DeleteFunc(slices.Clone(f.Superusers), func(name string) bool { return name == s.view.MasterUser })
	if len(spare) > 0 {
		bad = append(bad, "spare superusers "+strings.Join(spare, ", "))
	}
	if len(f.SchemaChangers) > 0 {
		bad = append(bad, "may change the schema: "+strings.Join(f.SchemaChangers, ", "))
	}
	if len(f.NoExpiry) > 0 {
		soft = append(soft, "passwords for ever: "+strings.Join(f.NoExpiry, ", "))
	}
	switch {
	case len(bad) > 0:
		return fail(strings.Join(append(bad, soft...), "; "))
	case len(soft) > 0:
		return warn(strings.Join(soft, "; "))
	}
	return pass("nothing found")
}

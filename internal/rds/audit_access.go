package rds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

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

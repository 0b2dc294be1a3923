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

func checkForcedTLS(ctx context.Context, s *subject) result {
	if len(s.db.DBParameterGroups) == 0 {
		return silent("DBParameterGroups")
	}
	g := s.db.DBParameterGroups[0]
	value, err := s.parameter(ctx, aws.ToString(g.DBParameterGroupName), "rds.force_ssl")
	if err != nil {
		return unread(err)
	}
	if value == nil {
		return silent("value of rds.force_ssl in " + aws.ToString(g.DBParameterGroupName))
	}
	observed := "rds.force_ssl=" + *value + " in " + aws.ToString(g.DBParameterGroupName)
	apply := aws.ToString(g.ParameterApplyStatus)
	switch {
	case *value != "1":
		return fail(observed)
	case apply == "":
		return silent("ParameterApplyStatus")
	case apply != "in-sync":
		return fail(observed + ", but " + apply)
	}
	return pass(observed)
}

func checkClientTLS(_ context.Context, s *subject) result {
	c := s.opts.Connection
	if c == nil {
		return none("no PROD_CONNECTION_URL to look at")
	}
	if c.Host != s.view.Host {
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
		return result{Fail, "expired: " + observed, Critical}
	case days < 30:
		return result{Fail, observed, High}
	case days <= 90:
		return result{Fail, observed, Medium}
	case days <= 180:
		return result{Pass, observed, Low}
	}
	return result{Pass, observed, Info}
}

func checkIAM(_ context.Context, s *subject) result {
	return flag(s.db.IAMDatabaseAuthenticationEnabled, "IAMDatabaseAuthenticationEnabled")
}

func checkManagedSecret(_ context.Context, s *subject) result {
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
		return warn("creating")
	default:
		return fail(status + ": the secret and the database may differ")
	}
}

func checkRotation(ctx context.Context, s *subject) result {
	m := s.db.MasterUserSecret
	if m == nil {
		return none("no managed secret")
	}
	out, err := s.c.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: m.SecretArn})
	if err != nil {
		return unread(err)
	}
	if out.RotationEnabled == nil {
		return silent("RotationEnabled")
	}
	if !*out.RotationEnabled {
		return fail("no rotation")
	}
	if at := out.LastRotatedDate; at != nil {
		days := int(s.c.Now().Sub(*at).Hours() / 24)
		if days >= 90 {
			return fail(fmt.Sprintf("last rotated %d days ago", days))
		}
		return pass(fmt.Sprintf("last rotated %d days ago", days))
	}
	return pass("on, not rotated yet")
}

// defaultNames are the master users that guessing begins with.
var defaultNames = []string{"postgres", "admin", "administrator", "sa", "user", "master", "rdsadmin"}

func checkMasterUser(_ context.Context, s *subject) result {
	name := strings.ToLower(s.view.MasterUser)
	switch {
	case name == "":
		return silent("MasterUsername")
	case slices.Contains(defaultNames, name):
		return fail(name)
	case name == "root":
		return warn("root: not the engine's default, but guessed second")
	}
	return pass(name)
}

func checkAppUser(ctx context.Context, s *subject) result {
	c := s.opts.Connection
	if c == nil {
		return none("no PROD_CONNECTION_URL to look at")
	}
	if c.Host != s.view.Host {
		return none("PROD_CONNECTION_URL leads to another host")
	}
	if c.User == s.view.MasterUser {
		return fail(c.User + " is the master user")
	}
	if facts, err := s.facts(ctx); err != nil {
		return result{state: Unknown, observed: c.User + "; the database could not be looked into: " + err.Error()}
	} else if facts != nil && slices.Contains(facts.Superusers, c.User) {
		return fail(c.User + " is a member of rds_superuser")
	} else if facts == nil {
		return pass(c.User + ", by its name; its memberships were not looked at")
	}
	return pass(c.User)
}

// facts looks into the database once; nil without an inspector or where the URL leads elsewhere.
func (s *subject) facts(ctx context.Context) (*DatabaseFacts, error) {
	if s.opts.Database == nil || s.opts.Connection == nil || s.opts.Connection.Host != s.view.Host {
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
		return result{state: Unknown, observed: "the database could not be looked into: " + err.Error()}
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

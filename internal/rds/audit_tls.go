package rds

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
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

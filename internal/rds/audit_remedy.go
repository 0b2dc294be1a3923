package rds

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// remedy returns the remedy of a verdict, with the known names filled in: a command followed by three blanks and a
// note in brackets, or a text if no command helps. The operator must replace the words in capitals.
func (k Check) remedy(s *subject, v result) string {
	text := v.remedy
	if text == "" {
		text = k.Fix
	}
	r := []string{"{region}", s.c.cfg.Region}
	if s.db != nil {
		arn := aws.ToString(s.db.DBInstanceArn)
		if arn == "" {
			arn = "ARN"
		}
		r = append(r, "{id}", s.view.ID, "{arn}", arn)
	}
	text = strings.NewReplacer(r...).Replace(text)
	switch {
	case needsStart(s, text) && s.view.Status == "stopping":
		return "cruddur rds wait " + s.view.ID + " --for stopped && cruddur rds start " + s.view.ID + " && " + text
	case needsStart(s, text):
		return "cruddur rds start " + s.view.ID + " && " + text
	case s.db != nil && s.db.DBClusterIdentifier != nil && changesInstance(text):
		return "no command of a member: the cluster " + *s.db.DBClusterIdentifier + " decides; make a new one from a snapshot of it with the right setting, and close the security group meanwhile"
	}
	return text
}

// needsStart reports whether a remedy is refused by AWS because the instance is stopped, or will be soon.
func needsStart(s *subject, remedy string) bool {
	return s.db != nil && (s.view.Status == "stopped" || s.view.Status == "stopping") && changesInstance(remedy)
}

func changesInstance(remedy string) bool {
	return strings.Contains(remedy, "aws rds modify-db-instance") || strings.Contains(remedy, "aws rds reboot-db-instance") || strings.Contains(remedy, "aws rds apply-pending-maintenance-action")
}

package rds

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func checkDeletion(_ context.Context, s *subject) result {
	return dev(s, flag(s.db.DeletionProtection, "DeletionProtection"))
}

func fixDeletion(ctx context.Context, c *Client, id string) error {
	_, err := c.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: &id, DeletionProtection: new(true)})
	return err
}

func checkMultiAZ(_ context.Context, s *subject) result {
	r := flag(s.db.MultiAZ, "MultiAZ")
	if r.state == Fail && s.view.Profile == "dev" {
		return none("a dev instance needs no standby")
	}
	return r
}

func checkMinor(_ context.Context, s *subject) result {
	return flag(s.db.AutoMinorVersionUpgrade, "AutoMinorVersionUpgrade")
}

func fixMinor(ctx context.Context, c *Client, id string) error {
	_, err := c.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: &id, AutoMinorVersionUpgrade: new(true)})
	return err
}

func checkVersion(ctx context.Context, s *subject) result {
	v := s.view.Version
	if v == "" {
		return silent("EngineVersion")
	}
	out, err := s.c.rds.DescribeDBEngineVersions(ctx, &rds.DescribeDBEngineVersionsInput{Engine: aws.String("postgres"), EngineVersion: &v})
	if err != nil {
		return unread(err)
	}
	if len(out.DBEngineVersions) == 0 {
		return fail(v + " is no longer offered")
	}
	if st := aws.ToString(out.DBEngineVersions[0].Status); st == "deprecated" {
		return fail(v + " is deprecated")
	}
	major, _, _ := strings.Cut(v, ".")
	ends, err := memoized(s, "majors", func() (map[string]time.Time, error) { return s.c.standardSupport(ctx) })
	if err != nil {
		return unread(err)
	}
	end, ok := ends[major]
	switch now := s.c.Now(); {
	case !ok:
		return silent("end of standard support of " + major)
	case now.After(end):
		return fail(v + ": standard support ended " + end.Format("2006-01-02"))
	case end.Sub(now) < 180*24*time.Hour:
		return warn(v + ": standard support ends " + end.Format("2006-01-02"))
	default:
		return pass(v + ", supported until " + end.Format("2006-01-02"))
	}
}

// standardSupport is when the standard support of each major version ends.
func (c *Client) standardSupport(ctx context.Context) (map[string]time.Time, error) {
	out, err := c.rds.DescribeDBMajorEngineVersions(ctx, &rds.DescribeDBMajorEngineVersionsInput{Engine: aws.String("postgres")})
	if err != nil {
		return nil, err
	}
	ends := map[string]time.Time{}
	for _, m := range out.DBMajorEngineVersions {
		for _, l := range m.SupportedEngineLifecycles {
			if l.LifecycleSupportName == types.LifecycleSupportNameOpenSourceRdsStandardSupport && l.LifecycleSupportEndDate != nil {
				ends[aws.ToString(m.MajorEngineVersion)] = *l.LifecycleSupportEndDate
			}
		}
	}
	return ends, nil
}

func checkExtendedSupport(_ context.Context, s *subject) result {
	switch v := aws.ToString(s.db.EngineLifecycleSupport); v {
	case "":
		return silent("EngineLifecycleSupport")
	case "open-source-rds-extended-support-disabled":
		return pass(v)
	default:
		return fail(v)
	}
}

func checkPending(ctx context.Context, s *subject) result {
	waiting := slices.Clone(s.view.Pending)
	out, err := s.c.rds.DescribePendingMaintenanceActions(ctx, &rds.DescribePendingMaintenanceActionsInput{ResourceIdentifier: s.db.DBInstanceArn})
	if err != nil {
		return unread(err)
	}
	for _, r := range out.PendingMaintenanceActions {
		for _, a := range r.PendingMaintenanceActionDetails {
			waiting = append(waiting, aws.ToString(a.Action))
		}
	}
	if len(waiting) > 0 {
		return warn(strings.Join(waiting, ", "))
	}
	return pass("nothing")
}

func checkLogs(ctx context.Context, s *subject) result {
	var missing []string
	for _, l := range []string{"postgresql", "upgrade"} {
		if !slices.Contains(s.db.EnabledCloudwatchLogsExports, l) {
			missing = append(missing, l)
		}
	}
	if len(missing) > 0 {
		return fail("not exported: " + strings.Join(missing, ", "))
	}
	var answer struct {
		LogGroups []struct {
			LogGroupName    string
			RetentionInDays *int
		}
	}
	prefix := "/aws/rds/instance/" + s.view.ID + "/"
	if err := s.c.call.JSON(ctx, "logs", "Logs_20140328.DescribeLogGroups", map[string]string{"logGroupNamePrefix": prefix}, &answer); err != nil {
		return unread(err)
	}
	for _, g := range answer.LogGroups {
		if g.RetentionInDays == nil {
			return warn("exported; " + g.LogGroupName + " is kept, and paid, for ever")
		}
	}
	if len(answer.LogGroups) == 0 {
		return warn("exported; no log group yet")
	}
	return pass("exported, kept for a stated time")
}

func fixLogs(ctx context.Context, c *Client, id string) error {
	_, err := c.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier:              &id,
		CloudwatchLogsExportConfiguration: &types.CloudwatchLogsExportConfiguration{EnableLogTypes: []string{"postgresql", "upgrade"}},
	})
	return err
}

func checkMonitoring(_ context.Context, s *subject) result {
	if s.db.MonitoringInterval == nil {
		return silent("MonitoringInterval")
	}
	insights := s.db.PerformanceInsightsEnabled
	if *s.db.MonitoringInterval == 0 {
		return fail("enhanced monitoring off")
	}
	observed := fmt.Sprintf("every %d s", *s.db.MonitoringInterval)
	if insights == nil {
		return silent("PerformanceInsightsEnabled")
	}
	if !*insights {
		return warn(observed + ", Performance Insights off")
	}
	return pass(observed + ", Performance Insights on")
}

func checkIdle(ctx context.Context, s *subject) result {
	if s.view.Status != "available" {
		return none("the instance is " + s.view.Status)
	}
	if at := s.db.InstanceCreateTime; at != nil && s.c.Now().Sub(*at) < 7*24*time.Hour {
		return none("younger than seven days")
	}
	most, ok, err := s.metric(ctx, "DatabaseConnections", "Maximum", 7)
	switch {
	case err != nil:
		return unread(err)
	case !ok:
		return silent("metric DatabaseConnections")
	case most == 0:
		return fail("no connection in seven days")
	}
	return pass(fmt.Sprintf("at most %.0f connections at once", most))
}

func checkStopped(_ context.Context, s *subject) result {
	if s.view.Status != "stopped" {
		return none("the instance is " + s.view.Status)
	}
	at := s.view.RestartsAt
	if at == nil {
		return silent("AutomaticRestartTime")
	}
	observed := "AWS starts it " + at.UTC().Format("2006-01-02 15:04") + " UTC"
	if at.Sub(s.c.Now()) < 24*time.Hour {
		return warn(observed)
	}
	return pass(observed)
}

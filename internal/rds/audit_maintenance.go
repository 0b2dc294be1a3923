package rds

import (
	"context"
	"fmt"
	"slices"
	"strconv"
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
	if s.replicaOf() != "" {
		return s.replica("the standby is asked of its source")
	}
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
	out, err := s.c.rds.DescribeDBEngineVersions(ctx, &rds.DescribeDBEngineVersionsInput{Engine: aws.String(enginePostgres), EngineVersion: &v})
	if err != nil {
		return unread(err)
	}
	at := slices.IndexFunc(out.DBEngineVersions, func(o types.DBEngineVersion) bool { return aws.ToString(o.EngineVersion) == v })
	if at < 0 {
		return fail(v + " is no longer offered")
	}
	offer := out.DBEngineVersions[at]
	major, _, _ := strings.Cut(v, ".")
	ends, err := memoized(s, "majors", func() (map[string]time.Time, error) { return s.c.standardSupport(ctx) })
	if err != nil {
		return unread(err)
	}
	end, ok := ends[major]
	now := s.c.Now()
	cure := s.upgrade(offer, ends)
	switch status := aws.ToString(offer.Status); {
	case status == "":
		return silent("Status of version " + v)
	case status != "available":
		return fail(v + " is " + status).cure(cure)
	case !ok:
		return silent("end of standard support of " + major)
	case !now.Before(end):
		return fail(v + ": standard support ended " + end.Format("2006-01-02")).cure(cure)
	case end.Sub(now) < 180*24*time.Hour:
		return warn(v + ": standard support ends " + end.Format("2006-01-02")).cure(cure)
	default:
		return pass(v + ", supported until " + end.Format("2006-01-02"))
	}
}

// upgrade returns the command for an upgrade to the newest version that AWS offers for this one and that is supported
// for another half year; "" if there is none. A replica is upgraded with its source.
func (s *subject) upgrade(from types.DBEngineVersion, ends map[string]time.Time) string {
	target := ""
	for _, t := range from.ValidUpgradeTarget {
		v := aws.ToString(t.EngineVersion)
		major, _, _ := strings.Cut(v, ".")
		if end, ok := ends[major]; ok && end.Sub(s.c.Now()) >= 180*24*time.Hour {
			target = newer(target, v)
		}
	}
	switch {
	case target == "":
		return ""
	case s.replicaOf() != "":
		return "upgrade its source, " + s.replicaOf() + ", and this replica is upgraded with it"
	}
	return modify + "--engine-version " + target + " --allow-major-version-upgrade --apply-immediately   (try it on a restored copy first; a parameter group of your own needs one of the new family: --db-parameter-group-name)"
}

// newer returns the later of two versions, by their numbers: 17.10 is later than 17.9.
func newer(a, b string) string {
	numbers := func(v string) (all []int) {
		for part := range strings.SplitSeq(v, ".") {
			n, _ := strconv.Atoi(part)
			all = append(all, n)
		}
		return all
	}
	if slices.Compare(numbers(a), numbers(b)) < 0 {
		return b
	}
	return a
}

// standardSupport is the end of the standard support of each major version.
func (c *Client) standardSupport(ctx context.Context) (map[string]time.Time, error) {
	out, err := c.rds.DescribeDBMajorEngineVersions(ctx, &rds.DescribeDBMajorEngineVersionsInput{Engine: aws.String(enginePostgres)})
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
	if s.db.DBInstanceArn == nil {
		return silent("DBInstanceArn")
	}
	waiting, cures := slices.Clone(s.view.Pending), []string(nil)
	if len(waiting) > 0 {
		cures = append(cures, modify+"--apply-immediately")
	}
	out, err := s.c.rds.DescribePendingMaintenanceActions(ctx, &rds.DescribePendingMaintenanceActionsInput{ResourceIdentifier: s.db.DBInstanceArn})
	if err != nil {
		return unread(err)
	}
	for _, r := range out.PendingMaintenanceActions {
		for _, a := range r.PendingMaintenanceActionDetails {
			name := aws.ToString(a.Action)
			waiting = append(waiting, name)
			cures = append(cures, "aws rds apply-pending-maintenance-action --resource-identifier "+*s.db.DBInstanceArn+" --apply-action "+name+" --opt-in-type immediate")
		}
	}
	if len(waiting) > 0 {
		return warn(strings.Join(waiting, ", ")).cure(strings.Join(cures, " && "))
	}
	return pass("nothing")
}

// keepLogs is the minimum retention of logs in days; the instance itself keeps them for three.
const keepLogs = 7

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
	groups, err := s.c.logGroups(ctx, "/aws/rds/instance/"+s.view.ID+"/")
	if err != nil {
		return unread(err)
	}
	var soft, cures []string
	main := false
	for _, g := range groups {
		main = main || strings.HasSuffix(g.LogGroupName, "/postgresql")
		switch {
		case g.RetentionInDays == nil:
			soft = append(soft, g.LogGroupName+" is kept, and paid, for ever")
		case *g.RetentionInDays < keepLogs:
			soft = append(soft, fmt.Sprintf("%s is kept for %d days", g.LogGroupName, *g.RetentionInDays))
		default:
			continue
		}
		cures = append(cures, "aws logs put-retention-policy --log-group-name "+g.LogGroupName+" --retention-in-days 30")
	}
	switch {
	case len(soft) > 0:
		return warn("exported; " + strings.Join(soft, ", ")).cure(strings.Join(cures, " && "))
	case !main:
		return warn("exported; no log group yet").cure("wait: AWS makes the group with the first line; then aws logs put-retention-policy")
	}
	return pass("exported, kept for a stated time")
}

// logGroup is a log group of CloudWatch; RetentionInDays is nil if it is kept for ever.
type logGroup struct {
	LogGroupName    string
	RetentionInDays *int
}

// logGroups reads the log groups whose names begin with prefix.
func (c *Client) logGroups(ctx context.Context, prefix string) ([]logGroup, error) {
	var all []logGroup
	in := map[string]string{"logGroupNamePrefix": prefix}
	for {
		var page struct {
			LogGroups []logGroup
			NextToken string
		}
		if err := c.call.JSON(ctx, "logs", "Logs_20140328.DescribeLogGroups", in, &page); err != nil {
			return nil, err
		}
		all = append(all, page.LogGroups...)
		if page.NextToken == "" {
			return all, nil
		}
		in["nextToken"] = page.NextToken
	}
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
		return warn(observed + ", Performance Insights off").cure(modify + "--enable-performance-insights --apply-immediately")
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
	case most == 0 && (s.replicaOf() != "" || len(s.db.ReadReplicaDBInstanceIdentifiers) > 0):
		return fail("no connection in seven days").cure("cruddur rds delete {id}   (with its final snapshot; AWS does not stop an instance that is or has a read replica)")
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

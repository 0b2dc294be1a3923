package rds

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// flag judges a boolean field of AWS's answer; nil is unknown.
func flag(p *bool, name string) result {
	switch {
	case p == nil:
		return silent(name)
	case *p:
		return pass(name + " true")
	}
	return fail(name + " false")
}

// dev softens a verdict for an instance that was made with --profile dev.
func dev(s *subject, r result) result {
	if s.view.Profile == "dev" && r.state == Fail {
		return warn(r.observed + " (a dev instance)")
	}
	return r
}

func checkEncrypted(_ context.Context, s *subject) result {
	return flag(s.db.StorageEncrypted, "StorageEncrypted")
}

func checkKey(ctx context.Context, s *subject) result {
	if !aws.ToBool(s.db.StorageEncrypted) {
		return none("the storage is not encrypted")
	}
	if s.db.KmsKeyId == nil {
		return silent("KmsKeyId")
	}
	var answer struct{ KeyMetadata struct{ KeyManager string } }
	if err := s.c.call.JSON(ctx, "kms", "TrentService.DescribeKey", map[string]string{"KeyId": *s.db.KmsKeyId}, &answer); err != nil {
		return unread(err)
	}
	switch answer.KeyMetadata.KeyManager {
	case "CUSTOMER":
		return pass("CUSTOMER")
	case "AWS":
		return fail("AWS's own key for RDS")
	}
	return silent("KeyManager")
}

func (s *subject) snapshots(ctx context.Context) ([]types.DBSnapshot, error) {
	return memoized(s, "snapshots "+s.view.ID, func() ([]types.DBSnapshot, error) {
		var all []types.DBSnapshot
		pages := rds.NewDescribeDBSnapshotsPaginator(s.c.rds, &rds.DescribeDBSnapshotsInput{DBInstanceIdentifier: &s.view.ID, SnapshotType: aws.String("manual")})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			all = append(all, page.DBSnapshots...)
		}
		return all, nil
	})
}

func checkSnapshotsPrivate(ctx context.Context, s *subject) result {
	all, err := s.snapshots(ctx)
	if err != nil {
		return unread(err)
	}
	var shared []string
	for _, sn := range all {
		out, err := s.c.rds.DescribeDBSnapshotAttributes(ctx, &rds.DescribeDBSnapshotAttributesInput{DBSnapshotIdentifier: sn.DBSnapshotIdentifier})
		if err != nil {
			return unread(err)
		}
		if out.DBSnapshotAttributesResult == nil {
			return silent("DBSnapshotAttributesResult")
		}
		for _, a := range out.DBSnapshotAttributesResult.DBSnapshotAttributes {
			for _, who := range a.AttributeValues {
				if aws.ToString(a.AttributeName) == "restore" && !slices.Contains(s.opts.AllowedAccounts, who) {
					shared = append(shared, *sn.DBSnapshotIdentifier+" with "+who)
				}
			}
		}
	}
	if len(shared) > 0 {
		return fail(strings.Join(shared, ", "))
	}
	return pass(fmt.Sprintf("%d manual snapshots, none shared", len(all)))
}

func checkSnapshotsEncrypted(ctx context.Context, s *subject) result {
	all, err := s.snapshots(ctx)
	if err != nil {
		return unread(err)
	}
	var open []string
	for _, sn := range all {
		if sn.Encrypted == nil {
			return silent("Encrypted for snapshot " + aws.ToString(sn.DBSnapshotIdentifier))
		}
		if !*sn.Encrypted {
			open = append(open, aws.ToString(sn.DBSnapshotIdentifier))
		}
	}
	if len(open) > 0 {
		return fail(strings.Join(open, ", "))
	}
	return pass(fmt.Sprintf("%d manual snapshots", len(all)))
}

func checkBackups(_ context.Context, s *subject) result {
	if s.db.ReadReplicaSourceDBInstanceIdentifier != nil {
		return none("a read replica; its source is backed up")
	}
	days := s.db.BackupRetentionPeriod
	if days == nil {
		return silent("BackupRetentionPeriod")
	}
	observed := fmt.Sprintf("%d days", *days)
	if *days == 0 {
		return fail("0 days: no backups")
	}
	if *days < 7 {
		return dev(s, fail(observed))
	}
	if at := s.db.LatestRestorableTime; at != nil && s.view.Status == "available" && s.c.Now().Sub(*at) > time.Hour {
		return warn(observed + ", but restorable only to " + at.UTC().Format("2006-01-02 15:04"))
	}
	return pass(observed)
}

func checkBackupPlan(ctx context.Context, s *subject) result {
	arns, err := memoized(s, "backup", func() ([]string, error) {
		var arns []string
		query := url.Values{}
		for {
			var page struct {
				Results   []struct{ ResourceArn string }
				NextToken string
			}
			if err := s.c.call.Get(ctx, "backup", "ListProtectedResources", "/resources", query, &page); err != nil {
				return nil, err
			}
			for _, r := range page.Results {
				arns = append(arns, r.ResourceArn)
			}
			if page.NextToken == "" {
				return arns, nil
			}
			query.Set("nextToken", page.NextToken)
		}
	})
	if err != nil {
		return unread(err)
	}
	if slices.Contains(arns, aws.ToString(s.db.DBInstanceArn)) {
		return pass("a protected resource")
	}
	return dev(s, fail("not a protected resource"))
}

// metric reads the extreme of a CloudWatch metric of the instance over the last days; ok is false
// without a single datapoint.
func (s *subject) metric(ctx context.Context, name, statistic string, days int) (value float64, ok bool, err error) {
	now := s.c.Now().UTC()
	params := url.Values{
		"Namespace": {"AWS/RDS"}, "MetricName": {name}, "Statistics.member.1": {statistic}, "Period": {"86400"},
		"StartTime": {now.AddDate(0, 0, -days).Format(time.RFC3339)}, "EndTime": {now.Format(time.RFC3339)},
		"Dimensions.member.1.Name": {"DBInstanceIdentifier"}, "Dimensions.member.1.Value": {s.view.ID},
	}
	var answer struct {
		Points []struct {
			Maximum string
			Minimum string
		} `xml:"GetMetricStatisticsResult>Datapoints>member"`
	}
	if err := s.c.call.Query(ctx, "monitoring", "2010-08-01", "GetMetricStatistics", params, &answer); err != nil {
		return 0, false, err
	}
	for i, p := range answer.Points {
		text := p.Maximum
		if statistic == "Minimum" {
			text = p.Minimum
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0, false, err
		}
		switch {
		case i == 0:
			value = f
		case statistic == "Minimum":
			value = min(value, f)
		default:
			value = max(value, f)
		}
	}
	return value, len(answer.Points) > 0, nil
}

func checkAutoscale(ctx context.Context, s *subject) result {
	have := s.db.AllocatedStorage
	if have == nil {
		return silent("AllocatedStorage")
	}
	if aws.ToInt32(s.db.MaxAllocatedStorage) <= *have {
		return fail(fmt.Sprintf("%d GiB, no growth", *have))
	}
	observed := fmt.Sprintf("%d GiB, may grow to %d", *have, *s.db.MaxAllocatedStorage)
	free, ok, err := s.metric(ctx, "FreeStorageSpace", "Minimum", 1)
	if err != nil {
		return unread(err)
	}
	if ok && free < float64(*have)*(1<<30)/10 {
		return warn(fmt.Sprintf("%s; %.1f GiB free", observed, free/(1<<30)))
	}
	return pass(observed)
}

func checkCopyTags(_ context.Context, s *subject) result {
	return flag(s.db.CopyTagsToSnapshot, "CopyTagsToSnapshot")
}

func fixCopyTags(ctx context.Context, c *Client, id string) error {
	_, err := c.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: &id, CopyTagsToSnapshot: new(true)})
	return err
}

func checkTags(_ context.Context, s *subject) result {
	n := 0
	for _, t := range s.db.TagList {
		if !strings.HasPrefix(aws.ToString(t.Key), "aws:") {
			n++
		}
	}
	if n == 0 {
		return fail("no tags")
	}
	return pass(fmt.Sprintf("%d tags", n))
}

package rds

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
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
	var answer struct {
		KeyMetadata struct{ KeyManager, KeyState string }
	}
	if err := s.c.call.JSON(ctx, "kms", "TrentService.DescribeKey", map[string]string{"KeyId": *s.db.KmsKeyId}, &answer); err != nil {
		return unread(err)
	}
	switch k := answer.KeyMetadata; {
	case k.KeyManager == "AWS":
		return fail("AWS's own key for RDS")
	case k.KeyManager != "CUSTOMER":
		return silent("KeyManager")
	case k.KeyState == "":
		return silent("KeyState")
	case k.KeyState == "PendingDeletion":
		return result{state: Fail, severity: Critical, observed: "the key waits for its deletion, after which nobody reads the data"}.
			cure("aws kms cancel-key-deletion --key-id " + *s.db.KmsKeyId + " && aws kms enable-key --key-id " + *s.db.KmsKeyId)
	case k.KeyState != "Enabled":
		return result{state: Fail, severity: High, observed: "the key is " + k.KeyState}.cure("aws kms enable-key --key-id " + *s.db.KmsKeyId)
	}
	return pass("CUSTOMER")
}

// replicaOf returns the source if the instance is a read replica, in this region or another, else "".
func (s *subject) replicaOf() string {
	return cmp.Or(aws.ToString(s.db.ReadReplicaSourceDBInstanceIdentifier), aws.ToString(s.db.ReadReplicaSourceDBClusterIdentifier))
}

// replica returns the verdict for a setting that belongs to a read replica's source.
func (s *subject) replica(reason string) result {
	return none("a read replica of " + s.replicaOf() + ": " + reason)
}

func checkBackups(_ context.Context, s *subject) result {
	if s.replicaOf() != "" {
		return s.replica("its source is backed up")
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
	if slices.Contains([]string{"creating", "stopping", "stopped", "starting"}, s.view.Status) {
		return pass(observed) // backups pause
	}
	at := s.db.LatestRestorableTime
	if at == nil {
		return silent("LatestRestorableTime")
	}
	if s.c.Now().Sub(*at) > time.Hour {
		return warn(observed + ", but restorable only to " + at.UTC().Format("2006-01-02 15:04")).
			cure("aws rds describe-events --source-type db-instance --source-identifier {id} --event-categories backup failure --duration 10080   (the events say why; no setting cures it)")
	}
	return pass(observed)
}

// protected is a resource that AWS Backup has a recovery point of.
type protected struct {
	ResourceArn    string
	LastBackupTime float64 // seconds since 1970
}

func checkBackupPlan(ctx context.Context, s *subject) result {
	if s.replicaOf() != "" {
		return s.replica("its source is backed up")
	}
	if s.db.DBInstanceArn == nil {
		return silent("DBInstanceArn")
	}
	all, err := memoized(s, "backup", func() ([]protected, error) {
		var all []protected
		query := url.Values{}
		for {
			var page struct {
				Results   []protected
				NextToken string
			}
			if err := s.c.call.Get(ctx, "backup", "ListProtectedResources", "/resources", query, &page); err != nil {
				return nil, err
			}
			all = append(all, page.Results...)
			if page.NextToken == "" {
				return all, nil
			}
			query.Set("nextToken", page.NextToken)
		}
	})
	if err != nil {
		return unread(err)
	}
	listed, last := false, 0.0
	for _, r := range all {
		if r.ResourceArn == *s.db.DBInstanceArn {
			listed, last = true, max(last, r.LastBackupTime)
		}
	}
	// A resource stays in the list for as long as one old recovery point is kept.
	switch days := int(s.c.Now().Sub(time.Unix(int64(last), 0)).Hours() / 24); {
	case !listed:
		return dev(s, fail("not a protected resource"))
	case last == 0:
		return silent("LastBackupTime")
	case days > 35:
		return dev(s, fail(fmt.Sprintf("last backed up %d days ago", days)))
	}
	return pass("a protected resource")
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
	cure := modify + fmt.Sprintf("--max-allocated-storage %d", max(100, 2**have))
	most := aws.ToInt32(s.db.MaxAllocatedStorage)
	observed := fmt.Sprintf("%d GiB, may grow to %d", *have, most)
	switch {
	case most <= *have:
		return fail(fmt.Sprintf("%d GiB, no growth", *have)).cure(cure)
	case most < *have+*have/10:
		return fail(observed + ": RDS grows a disk by a tenth at least").cure(cure)
	case s.view.Status == "stopped":
		return pass(observed) // a stopped instance has no metrics
	}
	free, ok, err := s.metric(ctx, "FreeStorageSpace", "Minimum", 1)
	switch {
	case err != nil:
		return unread(err)
	case !ok:
		return silent("metric FreeStorageSpace")
	case free < float64(*have)*(1<<30)/10:
		return warn(fmt.Sprintf("%s; %.1f GiB free", observed, free/(1<<30))).cure(modify + fmt.Sprintf("--allocated-storage %d --apply-immediately   (or delete what is not needed)", *have+max(10, *have/2)))
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

package rds

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// kept is a snapshot taken by hand or by AWS Backup: of an instance or of a cluster, of any engine, even if its
// source no longer exists. Automatic snapshots are left out: AWS does not allow sharing them, and they are encrypted
// if their instance is.
type kept struct {
	name      string
	cluster   bool
	backup    bool  // made by AWS Backup, which alone may delete it
	encrypted *bool // nil where AWS did not say
}

// snapshotTypes are the types that stay after the instance is deleted. One call returns one type.
var snapshotTypes = []string{"manual", "awsbackup"}

// snapshots reads every snapshot of the account in the region.
func (s *subject) snapshots(ctx context.Context) ([]kept, error) {
	return memoized(s, "snapshots", func() ([]kept, error) {
		var all []kept
		for _, kind := range snapshotTypes {
			pages := rds.NewDescribeDBSnapshotsPaginator(s.c.rds, &rds.DescribeDBSnapshotsInput{SnapshotType: &kind})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return all, err
				}
				for _, sn := range page.DBSnapshots {
					all = append(all, kept{aws.ToString(sn.DBSnapshotIdentifier), false, kind == "awsbackup", sn.Encrypted})
				}
			}
		}
		for _, kind := range snapshotTypes {
			pages := rds.NewDescribeDBClusterSnapshotsPaginator(s.c.rds, &rds.DescribeDBClusterSnapshotsInput{SnapshotType: &kind})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return all, err
				}
				for _, sn := range page.DBClusterSnapshots {
					all = append(all, kept{aws.ToString(sn.DBClusterSnapshotIdentifier), true, kind == "awsbackup", sn.StorageEncrypted})
				}
			}
		}
		// An emulator that does not know the type answers both calls alike.
		slices.SortStableFunc(all, func(a, b kept) int { return strings.Compare(a.key(), b.key()) })
		return slices.CompactFunc(all, func(a, b kept) bool { return a.name != "" && a.key() == b.key() }), nil
	})
}

func (k kept) key() string {
	if k.cluster {
		return "cluster snapshot " + k.name
	}
	return "snapshot " + k.name
}

// readers lists the accounts that may restore the snapshot; "all" means everybody.
func (c *Client) readers(ctx context.Context, k kept) (who []string, err error) {
	if k.name == "" {
		return nil, fmt.Errorf("a %sis without a name in AWS's answer", k.key())
	}
	if k.cluster {
		out, err := c.rds.DescribeDBClusterSnapshotAttributes(ctx, &rds.DescribeDBClusterSnapshotAttributesInput{DBClusterSnapshotIdentifier: &k.name})
		if err != nil {
			return nil, err
		}
		if out.DBClusterSnapshotAttributesResult == nil {
			return nil, fmt.Errorf("AWS's answer has no DBClusterSnapshotAttributesResult for %s", k.name)
		}
		for _, a := range out.DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes {
			if aws.ToString(a.AttributeName) == "restore" {
				who = append(who, a.AttributeValues...)
			}
		}
		return who, nil
	}
	out, err := c.rds.DescribeDBSnapshotAttributes(ctx, &rds.DescribeDBSnapshotAttributesInput{DBSnapshotIdentifier: &k.name})
	if err != nil {
		return nil, err
	}
	if out.DBSnapshotAttributesResult == nil {
		return nil, fmt.Errorf("AWS's answer has no DBSnapshotAttributesResult for %s", k.name)
	}
	for _, a := range out.DBSnapshotAttributesResult.DBSnapshotAttributes {
		if aws.ToString(a.AttributeName) == "restore" {
			who = append(who, a.AttributeValues...)
		}
	}
	return who, nil
}

// checkSnapshotsPrivate fails for a shared snapshot even if the rest could not be read.
func checkSnapshotsPrivate(ctx context.Context, s *subject) result {
	all, unreadable := s.snapshots(ctx)
	var shared, cures []string
	for _, k := range all {
		who, err := s.c.readers(ctx, k)
		if err != nil {
			unreadable = err
			continue
		}
		// "all" is not an account: no list can allow it.
		who = slices.DeleteFunc(who, func(w string) bool { return w != "all" && slices.Contains(s.opts.AllowedAccounts, w) })
		if len(who) == 0 {
			continue
		}
		shared = append(shared, k.key()+" with "+strings.Join(who, " and "))
		cures = append(cures, k.withdraw(who))
	}
	switch {
	case len(shared) > 0:
		return fail(strings.Join(shared, ", ") + partly(unreadable)).cure(strings.Join(cures, " && "))
	case unreadable != nil:
		return unread(unreadable)
	}
	return pass(fmt.Sprintf("%d snapshots, none shared", len(all)))
}

func (k kept) withdraw(who []string) string {
	if k.cluster {
		return "aws rds modify-db-cluster-snapshot-attribute --db-cluster-snapshot-identifier " + k.name + " --attribute-name restore --values-to-remove " + strings.Join(who, " ")
	}
	return "aws rds modify-db-snapshot-attribute --db-snapshot-identifier " + k.name + " --attribute-name restore --values-to-remove " + strings.Join(who, " ")
}

// partly adds to the observation that not everything could be read.
func partly(err error) string {
	if err == nil {
		return ""
	}
	return "; the rest could not be read: " + reason(err)
}

func checkSnapshotsEncrypted(ctx context.Context, s *subject) result {
	all, unreadable := s.snapshots(ctx)
	var open, cures, words []string
	for _, k := range all {
		switch {
		case k.encrypted == nil:
			unreadable = fmt.Errorf("AWS's answer does not say whether %s is encrypted", k.key())
		case *k.encrypted:
		default:
			open = append(open, k.key())
			if cure := k.encrypt(); cure != "" {
				cures = append(cures, cure)
			} else {
				words = append(words, k.name)
			}
		}
	}
	switch {
	case len(open) > 0:
		return fail(strings.Join(open, ", ") + partly(unreadable)).cure(snapshotCure(cures, words))
	case unreadable != nil:
		return unread(unreadable)
	}
	return pass(fmt.Sprintf("%d snapshots, all encrypted", len(all)))
}

// encrypt returns the command that replaces the snapshot by an encrypted copy; "" if AWS has none: a copy of a
// cluster's snapshot stays unencrypted, and only AWS Backup may delete its snapshots.
func (k kept) encrypt() string {
	if k.cluster || k.backup {
		return ""
	}
	copied := k.name + "-encrypted"
	return "aws rds copy-db-snapshot --source-db-snapshot-identifier " + k.name + " --target-db-snapshot-identifier " + copied + " --kms-key-id alias/aws/rds --copy-tags" +
		" && aws rds wait db-snapshot-available --db-snapshot-identifier " + copied + " && aws rds delete-db-snapshot --db-snapshot-identifier " + k.name
}

func snapshotCure(cures, words []string) string {
	text := strings.Join(cures, " && ")
	if len(words) == 0 {
		return text
	}
	hint := "no command encrypts a snapshot of a cluster or of AWS Backup (" + strings.Join(words, ", ") + "): restore it with --kms-key-id, take a new one, then delete the old one where it was made"
	if text == "" {
		return hint
	}
	return text + "   (" + hint + ")"
}

// checkRetained looks for automatic backups that were kept when their instance was deleted.
func checkRetained(ctx context.Context, s *subject) result {
	var names, open []string
	pages := rds.NewDescribeDBInstanceAutomatedBackupsPaginator(s.c.rds, &rds.DescribeDBInstanceAutomatedBackupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread(err)
		}
		for _, b := range page.DBInstanceAutomatedBackups {
			if status := aws.ToString(b.Status); status == "active" || status == "creating" {
				continue // goes with its instance
			}
			name := aws.ToString(b.DBInstanceIdentifier)
			names = append(names, name)
			if !aws.ToBool(b.Encrypted) {
				open = append(open, name)
			}
		}
	}
	switch {
	case len(open) > 0:
		return fail("not encrypted: " + strings.Join(open, ", "))
	case len(names) > 0:
		return warn("kept, and paid, after the deletion of " + strings.Join(names, ", "))
	}
	return pass("none")
}

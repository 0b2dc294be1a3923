package rds

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"cruddur"
)

// state is explain for calls that require a certain state: it adds the instance's current state.
func (c *Client) state(ctx context.Context, doing, id, needs string, err error) error {
	err = explain(doing, err)
	p, ok := err.(*Problem)
	if !ok || p.Code != "InvalidDBInstanceState" && p.Code != "InvalidDBInstanceStateFault" {
		return err
	}
	if i, err := c.instance(ctx, id); err == nil {
		p.Why = "it is " + aws.ToString(i.DBInstanceStatus) + "; this needs it " + needs
		switch aws.ToString(i.DBInstanceStatus) {
		case "stopped":
			p.Next = "cruddur rds start " + id + "   (then run the command again)"
			if strings.HasPrefix(doing, "stop ") {
				p.Next = "nothing: it is already in that state"
			}
		case "deleting":
			p.Next = "cruddur rds wait " + id + " --for deleted"
		case "available":
			p.Next = "cruddur rds status " + id
			if strings.HasPrefix(doing, "start ") {
				p.Next = "nothing: it is already in that state"
			}
		default:
			p.Next = "cruddur rds wait " + id + "   (then run the command again)"
			if v := view(i); v.Broken() {
				p.Next = brokenNext(v.Status, id)
			}
		}
	}
	return p
}

// Stop stops the instance. AWS starts it again after seven days; the return value is an estimate of that time, made
// before it has stopped. snapshot, if not "", is taken first.
func (c *Client) Stop(ctx context.Context, id, snapshot string) (restarts time.Time, err error) {
	in := &rds.StopDBInstanceInput{DBInstanceIdentifier: &id}
	if snapshot != "" {
		in.DBSnapshotIdentifier = &snapshot
	}
	out, err := c.rds.StopDBInstance(ctx, in)
	if err != nil {
		return time.Time{}, c.state(ctx, "stop "+id, id, "available, and not a read replica or with one", err)
	}
	if out.DBInstance != nil && out.DBInstance.AutomaticRestartTime != nil {
		return *out.DBInstance.AutomaticRestartTime, nil
	}
	return c.Now().Add(7 * 24 * time.Hour), nil
}

// Start starts a stopped instance.
func (c *Client) Start(ctx context.Context, id string) error {
	_, err := c.rds.StartDBInstance(ctx, &rds.StartDBInstanceInput{DBInstanceIdentifier: &id})
	return c.state(ctx, "start "+id, id, "stopped", err)
}

// Snapshot takes a snapshot and returns its name; without a given name it is made from the time.
func (c *Client) Snapshot(ctx context.Context, id, name string) (string, error) {
	if name == "" {
		name = c.SnapshotName(id)
	}
	_, err := c.rds.CreateDBSnapshot(ctx, &rds.CreateDBSnapshotInput{DBInstanceIdentifier: &id, DBSnapshotIdentifier: &name})
	if code(err) == "DBSnapshotAlreadyExists" {
		return name, c.snapshotExists(ctx, id, name, explain("snapshot "+name, err))
	}
	return name, c.state(ctx, "snapshot "+name, id, "available, stopped or storage-optimization", err)
}

// snapshotExists judges an existing snapshot with the name: one of the same instance that is being taken right now is
// accepted. A finished one has older data, and is refused.
func (c *Client) snapshotExists(ctx context.Context, id, name string, refused error) error {
	out, err := c.rds.DescribeDBSnapshots(ctx, &rds.DescribeDBSnapshotsInput{DBSnapshotIdentifier: &name})
	p, ok := refused.(*Problem)
	if err != nil || len(out.DBSnapshots) == 0 || !ok {
		return refused
	}
	s := out.DBSnapshots[0]
	switch {
	case aws.ToString(s.DBInstanceIdentifier) != id:
		p.Why = "it is one of " + aws.ToString(s.DBInstanceIdentifier) + "; snapshot names are unique in an account and region"
	case aws.ToString(s.Status) == "creating":
		return nil
	case s.SnapshotCreateTime != nil:
		p.Why = "it was taken at " + s.SnapshotCreateTime.UTC().Format("2006-01-02 15:04 UTC") + " and holds the data of that time"
	}
	p.Next = "cruddur rds snapshot " + id + "   (with a name made of the time, or another --db-snapshot-identifier)"
	return p
}

// SnapshotName returns a name for a snapshot taken now.
func (c *Client) SnapshotName(id string) string {
	return id + "-" + c.Now().UTC().Format("20060102-150405")
}

// SnapshotReady reports whether a snapshot can be restored.
func (c *Client) SnapshotReady(ctx context.Context, name string) (bool, error) {
	out, err := c.rds.DescribeDBSnapshots(ctx, &rds.DescribeDBSnapshotsInput{DBSnapshotIdentifier: &name})
	if err != nil {
		return false, explain("read snapshot "+name, err)
	}
	return len(out.DBSnapshots) > 0 && aws.ToString(out.DBSnapshots[0].Status) == "available", nil
}

// Removal is a request to delete an instance.
type Removal struct {
	ID          string
	Snapshot    string // the final snapshot's name; "" takes none
	KeepBackups bool   // keep the automatic backups for their retention
	Unprotect   bool   // switch deletion protection off first
}

// Delete deletes the instance.
func (c *Client) Delete(ctx context.Context, r Removal) error {
	i, err := c.instance(ctx, r.ID)
	if err != nil {
		return err
	}
	if aws.ToBool(i.DeletionProtection) {
		if !r.Unprotect {
			return &Problem{
				What: "delete " + r.ID + ": it is protected against deletion", Why: "deletion protection is on, so that no single command ends it",
				Next: "cruddur rds delete " + r.ID + " --disable-deletion-protection   (switches it off and deletes)", Kind: cruddur.KindForbidden,
			}
		}
		_, err := c.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: &r.ID, DeletionProtection: new(false)})
		// RDS may refuse to modify an instance that never started, but still delete it: that is tried before giving
		// up.
		broken := view(i)
		if err != nil && !broken.Broken() {
			return c.state(ctx, "switch off the deletion protection of "+r.ID, r.ID, "available", err)
		}
	}
	status := aws.ToString(i.DBInstanceStatus)
	if r.Snapshot != "" && (status == "failed" || status == "insufficient-capacity" || strings.HasPrefix(status, "incompatible-")) {
		return &Problem{
			What: "delete " + r.ID + ": no final snapshot can be taken", Why: "it is " + status,
			Next: "cruddur rds delete " + r.ID + " --skip-final-snapshot   (automatic backups stay with --keep-backups)", Kind: cruddur.KindConflict,
		}
	}
	in := &rds.DeleteDBInstanceInput{DBInstanceIdentifier: &r.ID, DeleteAutomatedBackups: new(!r.KeepBackups)}
	if r.Snapshot != "" {
		in.FinalDBSnapshotIdentifier = &r.Snapshot
	} else {
		in.SkipFinalSnapshot = new(true)
	}
	_, err = c.rds.DeleteDBInstance(ctx, in)
	if err == nil {
		return nil
	}
	err = c.state(ctx, "delete "+r.ID, r.ID, "available or stopped", err)
	if v := view(i); v.Broken() && v.Protected && cruddur.KindOf(err) != cruddur.KindUnavailable {
		return &Problem{
			What: "delete " + r.ID + ": AWS refuses", Why: oneLine(reason(err)) + "; it is " + v.Status + ", and its deletion protection cannot be switched off in that state",
			Next: "ask AWS Support to remove it; meanwhile cruddur rds create " + r.ID + "-2", Kind: cruddur.KindConflict, Err: err,
		}
	}
	if p, ok := err.(*Problem); ok && aws.ToBool(i.DeletionProtection) {
		p.Left = append(p.Left, r.ID+" is no longer protected: cruddur rds modify "+r.ID+" --deletion-protection")
	}
	return err
}

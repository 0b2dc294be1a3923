package rds

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur"
)

// ErrPending is in the chain of an error of Wait if the state is not reached yet but may still be.
var ErrPending = errors.New("not yet")

// Poll is the interval between two reads of Wait.
const Poll = 10 * time.Second

// Waits lists the states that Wait can wait for.
var Waits = []string{"available", "stopped", "deleted"}

// Wait follows the instance until it is in the wanted state, and reports each change of state and each event to
// progress. It only reads: when ctx ends, the instance continues, and Wait can be called again.
func (c *Client) Wait(ctx context.Context, id, want string, timeout time.Duration, say Progress) error {
	if !slices.Contains(Waits, want) {
		return invalidf("--for %s: want %s", want, strings.Join(Waits, ", "))
	}
	start := c.Now()
	w := &watcher{c: c, id: id, want: want, say: say, since: start.Add(-time.Minute)}
	for failures := 0; ; {
		done, err := w.look(ctx)
		switch {
		case done:
			return nil
		case err == nil:
			failures = 0
		case cruddur.KindOf(err) == cruddur.KindUnavailable && failures < 5 && ctx.Err() == nil:
			failures++ // the network or AWS is unreachable for a moment, which does not affect the instance
		default:
			return err
		}
		if timeout > 0 && c.Now().Sub(start) >= timeout {
			return &Problem{
				What: "instance " + id + " is not " + want + " after " + timeout.String(), Why: "it is " + w.status + "; it continues without this command",
				Next: "cruddur rds wait " + id + " --for " + want, Err: ErrPending,
			}
		}
		if err := c.Sleep(ctx, Poll); err != nil {
			return err
		}
	}
}

type watcher struct {
	c        *Client
	id, want string
	say      Progress
	status   string
	since    time.Time
	told     map[string]bool
	idle     int // number of reads with a stable state that is not the wanted one
}

func (w *watcher) look(ctx context.Context) (done bool, err error) {
	i, err := w.c.instance(ctx, w.id)
	if err != nil {
		if w.want == "deleted" && cruddur.KindOf(err) == cruddur.KindNotFound {
			w.say("instance " + w.id + " is gone")
			return true, nil
		}
		return false, err
	}
	w.events(ctx)
	v := view(i)
	if v.Status != w.status {
		w.status = v.Status
		line := "instance " + w.id + " is " + v.Status
		if v.Progress != "" {
			line += " (" + v.Progress + " %)"
		}
		w.say(line)
	}
	switch {
	case v.Status == w.want:
		return true, nil
	case !v.Resting():
		w.idle = 0
	case v.Broken() && w.want != "deleted":
		return false, &Problem{
			What: "instance " + w.id + " is " + v.Status, Why: brokenWhy(v.Status), Next: brokenNext(v.Status, w.id), Kind: cruddur.KindConflict,
		}
	default:
		// Just after a call that changes it, AWS may still answer with the state before.
		if w.idle++; w.idle < 4 {
			return false, nil
		}
		return false, &Problem{
			What: "instance " + w.id + " is " + v.Status + " and stays so", Why: "nothing is under way that would make it " + w.want,
			Next: "cruddur rds " + map[string]string{"available": "start ", "stopped": "stop ", "deleted": "delete "}[w.want] + w.id, Kind: cruddur.KindConflict,
		}
	}
	return false, nil
}

// events reports the events of RDS since the last read. If reading them is not permitted, Wait continues without
// them.
func (w *watcher) events(ctx context.Context) {
	out, err := w.c.rds.DescribeEvents(ctx, &rds.DescribeEventsInput{
		SourceIdentifier: &w.id, SourceType: types.SourceTypeDbInstance, StartTime: &w.since,
	})
	if err != nil {
		return
	}
	if w.told == nil {
		w.told = map[string]bool{}
	}
	for _, e := range out.Events {
		line := aws.ToString(e.Message)
		if e.Date != nil {
			line = e.Date.UTC().Format("15:04:05") + "  " + line
		}
		if !w.told[line] {
			w.told[line] = true
			w.say("  " + line)
		}
	}
}

func brokenWhy(status string) string {
	switch status {
	case "storage-full":
		return "the disk is full, and the database does not accept writes"
	case "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable":
		return "the KMS key is disabled, deleted or no longer grants RDS its use"
	case "incompatible-parameters":
		return "the parameter group asks for more than the class has (memory, mostly)"
	case "incompatible-network":
		return "a subnet, its addresses or the VPC's DNS are missing"
	case "insufficient-capacity":
		return "AWS had no capacity for the class in this zone; waiting does not help, the instance was not made"
	}
	return "RDS could not bring it up; its events say more"
}

func brokenNext(status, id string) string {
	switch status {
	case "storage-full":
		return "cruddur rds modify " + id + " --allocated-storage MORE --apply-immediately"
	case "incompatible-parameters":
		return "aws rds reset-db-parameter-group …, then aws rds reboot-db-instance --db-instance-identifier " + id
	case "inaccessible-encryption-credentials-recoverable":
		return "enable the key, then cruddur rds start " + id
	case "insufficient-capacity":
		return deleteBroken(id) + ", then cruddur rds create " + id + " with another --db-instance-class or --availability-zone, or the same some hours later"
	case "incompatible-create", "failed":
		return "aws rds describe-events --duration 1440 --source-type db-instance --source-identifier " + id + "   (says why; " + deleteBroken(id) + " makes room for another try)"
	}
	return "aws rds describe-events --duration 1440 --source-type db-instance --source-identifier " + id
}

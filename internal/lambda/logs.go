package lambda

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"cruddur"
)

// LogEvent is one line of a function's log.
type LogEvent struct {
	At   time.Time
	Text string
}

// ingestion is how late an event may appear after its own time; with follow, each read goes back that far.
const ingestion = 30 * time.Second

// ReadLogs passes on every line of the function's log since a time, oldest first. With follow it continues until ctx
// ends, which is not an error then.
func (c *Client) ReadLogs(ctx context.Context, name string, since time.Time, follow bool, each func(LogEvent)) error {
	group := LogGroup(name)
	seen := map[string]time.Time{}
	for {
		latest, err := c.readOnce(ctx, group, since, seen, each)
		switch {
		case follow && ctx.Err() != nil:
			return nil
		case isCode(err, "ResourceNotFoundException"):
			return cruddur.Errorf(cruddur.KindNotFound, "there is no log group %s: the function is not deployed, or has never run", group)
		case err != nil:
			return explain("read the log", err)
		case !follow:
			return nil
		}
		if next := latest.Add(-ingestion); next.After(since) {
			since = next
		}
		for id, at := range seen {
			if at.Before(since) {
				delete(seen, id)
			}
		}
		if c.wait(ctx) != nil {
			return nil
		}
	}
}

func (c *Client) readOnce(ctx context.Context, group string, since time.Time, seen map[string]time.Time, each func(LogEvent)) (latest time.Time, err error) {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, StartTime: aws.Int64(since.UnixMilli())}
	for {
		out, err := c.Logs.FilterLogEvents(ctx, in)
		if err != nil {
			return latest, err
		}
		for _, e := range out.Events {
			at := time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC()
			id := aws.ToString(e.EventId)
			if id == "" {
				id = fmt.Sprint(aws.ToInt64(e.Timestamp), aws.ToString(e.LogStreamName), aws.ToString(e.Message))
			}
			if _, ok := seen[id]; ok {
				continue
			}
			seen[id] = at
			if at.After(latest) {
				latest = at
			}
			each(LogEvent{at, aws.ToString(e.Message)})
		}
		if aws.ToString(out.NextToken) == "" {
			return latest, nil
		}
		in.NextToken = out.NextToken
	}
}

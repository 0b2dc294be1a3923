package rds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const trailTarget = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101."

// everyEvent selects all management events, for put-event-selectors.
const everyEvent = ` --event-selectors '[{"ReadWriteType":"All","IncludeManagementEvents":true,"ExcludeManagementEventSources":[]}]'`

// trail is a trail of CloudTrail that applies to this region: also a multi-region trail of another region, which
// every region lists as a shadow trail.
type trail struct {
	Name, TrailARN            string
	IsMultiRegionTrail        bool
	LogFileValidationEnabled  bool
	CloudWatchLogsLogGroupArn string
	fault, cure               string // why it does not record everything, or ""
	soft                      string // what is missing besides
}

func (c *Client) trails(ctx context.Context) ([]trail, error) {
	var answer struct{ TrailList []trail }
	err := c.call.JSON(ctx, "cloudtrail", trailTarget+"DescribeTrails", map[string]any{}, &answer)
	return answer.TrailList, err
}

// checkTrail requires one trail that is sufficient alone: two partial trails would have to be kept consistent.
func checkTrail(ctx context.Context, s *subject) result {
	trails, err := s.c.trails(ctx)
	if err != nil {
		return unread(err)
	}
	var seen, soft []string
	var unreadable error
	var cure, softCure string
	for _, t := range trails {
		if err := s.c.examine(ctx, &t); err != nil {
			unreadable = fmt.Errorf("%s: %w", t.Name, err)
			continue
		}
		switch {
		case t.fault != "":
			seen = append(seen, t.Name+" "+t.fault)
			cure = t.cure
		case t.soft != "":
			soft = append(soft, t.Name+" "+t.soft)
			softCure = t.cure
		default:
			return pass(t.Name)
		}
	}
	switch {
	case unreadable != nil:
		return unread(unreadable)
	case len(soft) > 0:
		return warn(strings.Join(soft, ", ")).cure(softCure)
	case len(seen) == 0:
		return fail("no trail")
	}
	return fail(strings.Join(seen, ", ")).cure(cure)
}

// examine fills in a trail's fault and its remedy.
func (c *Client) examine(ctx context.Context, t *trail) error {
	if !t.IsMultiRegionTrail {
		t.fault, t.cure = "covers one region", "aws cloudtrail update-trail --name "+t.TrailARN+" --is-multi-region-trail"
		return nil
	}
	var status struct {
		IsLogging                                      bool
		LatestDeliveryError, LatestDigestDeliveryError string
		LatestDeliveryTime, StartLoggingTime           float64 // seconds since 1970
	}
	if err := c.call.JSON(ctx, "cloudtrail", trailTarget+"GetTrailStatus", map[string]string{"Name": t.TrailARN}, &status); err != nil {
		return err
	}
	chosen, err := c.selectors(ctx, t.TrailARN)
	if err != nil {
		return err
	}
	const bucket = "no command of the trail: mend the bucket and its policy, so that cloudtrail.amazonaws.com may write there"
	last := time.Unix(int64(max(status.LatestDeliveryTime, status.StartLoggingTime)), 0)
	if status.IsLogging && last.Unix() == 0 {
		return errors.New("AWS's answer has neither LatestDeliveryTime nor StartLoggingTime")
	}
	switch {
	case !status.IsLogging:
		t.fault, t.cure = "is switched off", "aws cloudtrail start-logging --name "+t.TrailARN
	case status.LatestDeliveryError != "":
		t.fault, t.cure = "cannot be delivered: "+status.LatestDeliveryError, bucket
	case c.Now().Sub(last) > 24*time.Hour:
		t.fault, t.cure = "has delivered nothing since "+last.UTC().Format("2006-01-02 15:04"), bucket
	case chosen != "":
		t.fault, t.cure = chosen, "aws cloudtrail put-event-selectors --trail-name "+t.TrailARN+everyEvent+"   (takes the place of the trail's selectors; repeat those of data events)"
	case !t.LogFileValidationEnabled:
		t.soft, t.cure = "writes no digests: a changed or deleted file is not found out", "aws cloudtrail update-trail --name "+t.TrailARN+" --enable-log-file-validation"
	case status.LatestDigestDeliveryError != "":
		t.soft, t.cure = "cannot deliver its digests: "+status.LatestDigestDeliveryError, bucket
	}
	return nil
}

// fieldSelector is a condition of an advanced event selector. Every operator is parsed, so that none narrows a
// selector unnoticed.
type fieldSelector struct {
	Field                                                               string
	Equals, NotEquals, StartsWith, NotStartsWith, EndsWith, NotEndsWith []string
}

// selectors returns which management events a trail omits, by either kind of selector; "" means none.
func (c *Client) selectors(ctx context.Context, arn string) (fault string, err error) {
	var answer struct {
		EventSelectors []struct {
			IncludeManagementEvents       bool
			ReadWriteType                 string
			ExcludeManagementEventSources []string
		}
		AdvancedEventSelectors []struct{ FieldSelectors []fieldSelector }
	}
	if err := c.call.JSON(ctx, "cloudtrail", trailTarget+"GetEventSelectors", map[string]string{"TrailName": arn}, &answer); err != nil {
		return "", err
	}
	var seen recorded
	for _, e := range answer.EventSelectors {
		if e.IncludeManagementEvents {
			seen.add(e.ReadWriteType != "WriteOnly", e.ReadWriteType != "ReadOnly", len(e.ExcludeManagementEventSources) > 0)
		}
	}
	for _, e := range answer.AdvancedEventSelectors {
		seen.advanced(e.FieldSelectors)
	}
	return seen.fault(), nil
}

// recorded is the set of management events that a trail's selectors record together.
type recorded struct{ some, reads, writes, narrowed bool }

func (r *recorded) add(reads, writes, narrowed bool) {
	r.some = true
	if narrowed {
		r.narrowed = true
		return
	}
	r.reads, r.writes = r.reads || reads, r.writes || writes
}

func (r *recorded) advanced(fields []fieldSelector) {
	management, reads, writes, narrowed := false, true, true, false
	for _, f := range fields {
		alone := len(f.NotEquals)+len(f.StartsWith)+len(f.NotStartsWith)+len(f.EndsWith)+len(f.NotEndsWith) == 0
		switch {
		case f.Field == "eventCategory" && slices.Contains(f.Equals, "Management"):
			management = true
		case f.Field == "eventCategory":
			return
		case f.Field == "readOnly" && alone && len(f.Equals) > 0:
			reads, writes = slices.Contains(f.Equals, "true"), slices.Contains(f.Equals, "false")
		default:
			narrowed = true
		}
	}
	if management {
		r.add(reads, writes, narrowed)
	}
}

func (r *recorded) fault() string {
	switch {
	case r.reads && r.writes:
		return ""
	case r.narrowed:
		return "leaves out some management events"
	case !r.some:
		return "leaves out management events"
	case r.reads:
		return "records reads only"
	}
	return "records writes only"
}

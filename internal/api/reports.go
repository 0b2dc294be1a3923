package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// Reports is the part of the Store with which members report something.
type Reports interface {
	Report(ctx context.Context, r cruddur.NewReport, now time.Time) (added bool, err error)
}

// newReport is the body of postReport: one of the first three fields says what is reported.
type newReport struct {
	Activity *string `json:"activity_uuid"`
	Message  *string `json:"message_uuid"`
	Handle   *string `json:"handle"`
	Reason   *string `json:"reason"`
	Words    *string `json:"words"`
}

// postReport reports a crud, a reply, a private message or a member to the moderators. The answer is 201, or 200 if the
// viewer has reported the same before.
func (c *call) postReport() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	var in newReport
	if err := c.read(&in); err != nil {
		return err
	}
	r := cruddur.NewReport{Reporter: u.UUID}
	var reasonErr, wordsErr error
	r.Reason, reasonErr = cruddur.ParseReason(text(in.Reason))
	r.Words, wordsErr = cruddur.CheckReportWords(text(in.Words))
	if err := join(in.named(), reasonErr, wordsErr); err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Reports, u.UUID.String()); err != nil {
		return err
	}
	if err := c.find(&in, &r); err != nil {
		return err
	}
	added, err := c.Store.Report(c.r.Context(), r, c.now)
	if err != nil {
		return err
	}
	if !added {
		return c.answerNothing()
	}
	c.w.Header()["Cache-Control"] = headerNoStore
	c.write(http.StatusCreated, []byte("{}"))
	return nil
}

// named returns an error unless the body names exactly one target.
func (n *newReport) named() error {
	targets := 0
	for _, name := range []*string{n.Activity, n.Message, n.Handle} {
		if text(name) != "" {
			targets++
		}
	}
	switch targets {
	case 0:
		return cruddur.Invalid("activity_uuid", "target_blank")
	case 1:
		return nil
	default:
		return cruddur.Invalid("activity_uuid", "target_invalid")
	}
}

// find sets what is reported, with copies of its pictures.
func (c *call) find(in *newReport, r *cruddur.NewReport) (err error) {
	var pictures []cruddur.Picture
	switch {
	case text(in.Activity) != "":
		r.Kind = cruddur.ActivityTarget
		if r.Target, err = cruddur.ParseUUID(*in.Activity); err != nil {
			return err
		}
		a, err := c.Store.Activity(c.r.Context(), r.Target, c.now)
		if err != nil {
			return err
		}
		pictures = a.Pictures
	case text(in.Message) != "":
		r.Kind = cruddur.MessageTarget
		r.Target, err = cruddur.ParseUUID(*in.Message)
		return err
	default:
		r.Kind = cruddur.MemberTarget
		if !couldBeHandle(*in.Handle) {
			return cruddur.NewError(cruddur.KindNotFound)
		}
		p, err := c.Store.Profile(c.r.Context(), *in.Handle, c.now)
		if err != nil {
			return err
		}
		r.Target, pictures = p.UUID, p.Pictures()
	}
	copies, err := c.Gallery.Copies(c.r.Context(), pictures)
	if err != nil { // the report is worth more than its pictures
		c.Log.WarnContext(c.r.Context(), "a report lacks pictures", slog.String("request", request.ID(c.r.Context())), slog.Any("err", err))
	}
	r.Copies = copies
	return nil
}

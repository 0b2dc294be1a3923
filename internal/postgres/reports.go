package postgres

import (
	"context"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// reportTries is how often a report is tried whose case a moderator closes at the same moment: then it opens another.
const reportTries = 3

// Report stores what a member reports, and opens the case of its target with a copy of it, unless it is open. A second
// report of the same target by the same member changes nothing: added is false. What the member may not see at now is
// KindNotFound; what is their own is report_oneself.
func (d *DB) Report(ctx context.Context, r cruddur.NewReport, now time.Time) (added bool, err error) {
	for range reportTries {
		member, steps, err := d.openCase(ctx, r, now)
		if err != nil {
			return false, err
		}
		if member == r.Reporter {
			return false, cruddur.Invalid("", "report_oneself")
		}
		var found bool
		target := args{"kind": string(r.Kind), "target_uuid": [16]byte(r.Target)}
		pair := args{"user_uuid": [16]byte(r.Reporter), "other_uuid": [16]byte(member)}
		err = d.pool.atOnce(ctx,
			step{s: mustStatement("messages/hold_members"), args: pair},
			step{s: mustStatement("cases/forget"), args: with(target, args{"now": micro(now)})},
			steps,
			step{s: mustStatement("cases/hold_target"), args: target},
			one("reports/add", with(target, args{
				"reporter_uuid": [16]byte(r.Reporter), "reason": string(r.Reason), "words": r.Words, "now": micro(now),
			}), &found, &added))
		if err != nil || found {
			return added, err
		}
	}
	return false, cruddur.NewError(cruddur.KindConflict)
}

// with returns the arguments of both.
func with(a, more args) args {
	out := maps.Clone(a)
	maps.Copy(out, more)
	return out
}

// openCase returns whom a report is about, and the step that opens the case.
func (d *DB) openCase(ctx context.Context, r cruddur.NewReport, now time.Time) (member cruddur.UUID, opens step, err error) {
	a := args{"target_uuid": [16]byte(r.Target), "life": cruddur.CaseLife, "now": micro(now)}
	switch r.Kind {
	case cruddur.ActivityTarget:
		var shown cruddur.Activity
		if shown, err = d.Activity(ctx, r.Target, now); err != nil {
			return member, opens, err
		}
		a = with(a, args{"content_warning": nullable(shown.Warning)})
		return shown.UserUUID, step{s: mustStatement("cases/open_activity"), args: withCopies(a, r.Copies)}, nil
	case cruddur.MessageTarget:
		reader := args{"viewer_uuid": [16]byte(r.Reporter), "uuid": [16]byte(r.Target), "now": now}
		err = d.queryRow(ctx, "messages/show", reader, (*[16]byte)(&member))
		return member, step{s: mustStatement("cases/open_message"), args: with(a, args{"reporter_uuid": [16]byte(r.Reporter)})}, err
	default:
		err = d.queryRow(ctx, "members/reportable", args{"uuid": [16]byte(r.Target)}, (*[16]byte)(&member))
		return member, step{s: mustStatement("cases/open_member"), args: withCopies(a, r.Copies)}, err
	}
}

// withCopies adds the bytes of pictures.
func withCopies(a args, copies map[cruddur.UUID][]byte) args {
	ids, bytes := make([][16]byte, 0, len(copies)), make([][]byte, 0, len(copies))
	for id, b := range copies {
		ids, bytes = append(ids, id), append(bytes, b)
	}
	return with(a, args{"picture_uuids": ids, "copies": bytes})
}

// moderatorArg is a moderator as the database knows them: null is whoever runs the commands.
func moderatorArg(by cruddur.Moderator) (*[16]byte, error) {
	if by == cruddur.AtCommandLine {
		return nil, nil
	}
	if by.UUID.IsZero() || by.Role < cruddur.RoleModerator {
		return nil, cruddur.NewError(cruddur.KindForbidden)
	}
	return (*[16]byte)(&by.UUID), nil
}

func caseColumns(c *cruddur.Case) []any {
	return []any{
		(*[16]byte)(&c.UUID), &c.Kind, (*[16]byte)(&c.Target), (*nullUUID)(&c.Member), &c.Handle, &c.OpenedAt, &c.ExpiresAt,
		&c.Reports, &c.Reasons,
	}
}

// Cases returns the newest cases before a cursor (the nil UUID: from the newest on) that a moderator may handle at now, at
// most limit of them.
func (d *DB) Cases(ctx context.Context, by cruddur.Moderator, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Case, error) {
	id, err := moderatorArg(by)
	if err != nil {
		return nil, err
	}
	return queryAll(ctx, d.pool, mustStatement("cases/page"), args{"moderator_uuid": id, "before": cursor(before), "limit": limit, "now": now}, limit,
		func(rows pgx.Rows, c *cruddur.Case) error { return rows.Scan(append(caseColumns(c), &c.Excerpt)...) })
}

// CountCases returns how many cases a moderator may handle at now, at most a hundred.
func (d *DB) CountCases(ctx context.Context, by cruddur.Moderator, now time.Time) (n int, err error) {
	id, err := moderatorArg(by)
	if err == nil {
		err = d.queryRow(ctx, "cases/count", args{"moderator_uuid": id, "now": now}, &n)
	}
	return n, err
}

// Case returns a case with its evidence and its newest reports. One that is closed, has ended, was never there, or that
// the moderator may not handle is KindNotFound.
func (d *DB) Case(ctx context.Context, by cruddur.Moderator, id cruddur.UUID, now time.Time) (f cruddur.CaseFile, err error) {
	moderator, err := moderatorArg(by)
	if err != nil {
		return f, err
	}
	a := args{"moderator_uuid": moderator, "uuid": [16]byte(id), "now": now}
	var warning *string
	var ends *time.Time
	e := &f.Evidence
	err = d.queryRow(ctx, "cases/show", a, append(caseColumns(&f.Case), &e.DisplayName, &e.Message, &warning, &e.WrittenAt, &ends)...)
	if err != nil {
		return f, err
	}
	if e.Warning = text(warning); ends != nil {
		e.EndsAt = *ends
	}
	e.Pictures, err = queryAll(ctx, d.pool, mustStatement("cases/pictures"), a, 0, func(rows pgx.Rows, p *cruddur.EvidencePicture) error {
		return rows.Scan(&p.Position, &p.Alt, &p.Width, &p.Height, &p.Extension, &p.Stored)
	})
	if err == nil {
		f.Given, err = queryAll(ctx, d.pool, mustStatement("reports/of_case"), with(a, args{"limit": cruddur.MaxGiven}), 0, func(rows pgx.Rows, r *cruddur.Report) error {
			return rows.Scan((*[16]byte)(&r.UUID), &r.Handle, &r.Reason, &r.Words, &r.CreatedAt)
		})
	}
	return f, err
}

// CasePicture returns the bytes of a picture of a case, and their extension. The errors are those of Case.
func (d *DB) CasePicture(ctx context.Context, by cruddur.Moderator, id cruddur.UUID, position int, now time.Time) (b []byte, extension string, err error) {
	moderator, err := moderatorArg(by)
	if err == nil {
		err = d.queryRow(ctx, "cases/picture", args{"moderator_uuid": moderator, "uuid": [16]byte(id), "position": position, "now": now}, &extension, &b)
	}
	return b, extension, err
}

// CloseCase deletes a case with its evidence and reports; what stays is the entry in the audit log. The errors are those
// of Case.
func (d *DB) CloseCase(ctx context.Context, by cruddur.Moderator, id cruddur.UUID, note string, now time.Time) error {
	moderator, err := moderatorArg(by)
	if err != nil {
		return err
	}
	return d.transact(ctx, func(tx pgx.Tx) error {
		var c cruddur.Case
		err := inOrder(ctx, tx, []step{
			{s: mustStatement("cases/hold"), args: args{"uuid": [16]byte(id)}},
			one("cases/close", args{"uuid": [16]byte(id), "moderator_uuid": moderator, "now": now}, &c.Kind, (*[16]byte)(&c.Target), &c.Handle),
		})
		if err != nil {
			return err
		}
		return recordAct(ctx, tx, cruddur.Act{Actor: by.Name(), Act: cruddur.ActCloseCase, Target: c.ActTarget(), Note: note}, now)
	})
}

// SweepCases deletes cases that nobody has closed in time, both at now and at the server's own time, at most batch of
// them. It returns how many; fewer than batch means that none is left. It does not wait for locks.
func (d *DB) SweepCases(ctx context.Context, now time.Time, batch int) (n int, err error) {
	err = d.queryRow(ctx, "cases/sweep", args{"now": micro(now), "batch": batch}, &n)
	return n, err
}

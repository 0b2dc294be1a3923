package api

import (
	"context"

	"cruddur"
	"cruddur/internal/live"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// getStream tells what is new, what has gone and what concerns the member, until one of the two ends it.
func (c *call) getStream() error {
	if c.Live == nil {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	o, err := c.streamOptions()
	if err != nil {
		return err
	}
	if err := c.limitStreams(o.Member); err != nil {
		return err
	}
	s, err := c.Live.Open(o)
	if err != nil {
		return err
	}
	s.Serve(c.w, c.r)
	return nil
}

func (c *call) streamOptions() (live.Options, error) {
	q := c.r.URL.Query()
	o := live.Options{Form: live.Program, Address: request.Client(c.r.Context()), After: q.Get("after"), Check: c.checkStranger}
	if last := c.r.Header.Get("Last-Event-ID"); last != "" {
		o.After = last
	}
	if c.subject != "" || c.denied != nil {
		// A token that has ended must not become a stranger's stream, in which what concerns the member is missing.
		u, err := c.viewer()
		if err != nil {
			return o, err
		}
		o.Member, o.Ignores, o.Until, o.Check = u.UUID, u.Ignores, c.until, c.checkMember
	}
	switch q.Get("feed") {
	case "", "home":
	case "following":
		if o.Feed = live.FollowingFeed; o.Member.IsZero() {
			return o, cruddur.NewError(cruddur.KindUnauthenticated)
		}
	case "none":
		o.Feed = live.NoFeed
	default:
		return o, cruddur.Invalid("feed", "feed_invalid")
	}
	if thread := q.Get("thread"); thread != "" {
		id, err := cruddur.ParseUUID(thread)
		if err != nil {
			return o, err
		}
		a, err := c.Store.Activity(c.r.Context(), id, c.now)
		if err != nil {
			return o, err
		}
		if o.Thread = a.UUID; !a.Root.IsZero() {
			o.Thread = a.Root
		}
	}
	return o, nil
}

// limitStreams counts the opening of a stream.
func (c *call) limitStreams(member cruddur.UUID) error {
	if !member.IsZero() {
		return c.limitBy(ratelimit.Streams, member.String())
	}
	strangers := ratelimit.Streams.Times(5)
	strangers.Name += "_stranger"
	var room [ratelimit.MostUses]ratelimit.Use
	if wait, ok := c.Limits.Allow(c.now, ratelimit.ByAddress(room[:0], strangers, request.Client(c.r.Context()))...); !ok {
		return request.TooMany(wait)
	}
	return nil
}

// checkMember reports whether the token of the request is still worth something, and whether its member may ignore
// somebody.
func (c *call) checkMember(ctx context.Context) (ignores bool, err error) {
	claims, err := c.Identity.Verify(ctx, c.access, c.Now().UTC())
	if err != nil {
		return false, err
	}
	u := claims.Member
	if u == nil {
		found, err := c.Store.UserBySubject(ctx, claims.Subject)
		if err != nil {
			return false, err
		}
		u = &found
	}
	if u.Suspended {
		return false, cruddur.NewError(cruddur.KindUnauthenticated).Wrap(errSuspended)
	}
	return u.Ignores, nil
}

// checkStranger reports whether everybody may still read.
func (c *call) checkStranger(ctx context.Context) (bool, error) {
	if c.Place == nil {
		return false, nil
	}
	p, err := c.Place.Get(ctx, c.Now().UTC())
	if err == nil && p.Reading == cruddur.ReadingMembers {
		err = cruddur.NewError(cruddur.KindUnauthenticated)
	}
	return false, err
}

// AppendActivity appends an activity as the API answers it.
func AppendActivity(b []byte, a *cruddur.Activity) []byte { return appendActivity(b, a) }

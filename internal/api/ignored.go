package api

import (
	"context"
	"time"

	"cruddur"
	"cruddur/internal/filter"
	"cruddur/internal/ratelimit"
)

// Ignoring is the part of the Store with which members keep others away.
type Ignoring interface {
	Ignored(ctx context.Context, viewer cruddur.UUID, now time.Time) (*cruddur.Ignored, error)
	Block(ctx context.Context, blocker, blocked cruddur.UUID, on bool, now time.Time) error
	Mute(ctx context.Context, muter, muted cruddur.UUID, until, now time.Time) error
	Unmute(ctx context.Context, muter, muted cruddur.UUID) error
	Blocked(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error)
	Muted(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)
}

// ignore lets the reads of the request leave out whom its member ignores. Where the token cannot be checked now, nobody
// knows whom that is, and what a stranger sees is not what the member may be shown.
func (c *call) ignore() error {
	if c.subject == "" && c.denied != nil {
		if kind := cruddur.KindOf(c.denied); kind == cruddur.KindUnavailable || kind == cruddur.KindInternal {
			return c.denied
		}
	}
	if c.subject == "" {
		return nil
	}
	ctx := c.r.Context()
	u, err := c.knownMember(ctx)
	if cruddur.KindOf(err) == cruddur.KindNotFound || err == nil && (u.Suspended || !u.Ignores) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.reload(u.UUID)
}

// reload reads whom the member ignores.
func (c *call) reload(viewer cruddur.UUID) error {
	ignored, err := c.Store.Ignored(c.r.Context(), viewer, c.now)
	if err == nil {
		c.r = c.r.WithContext(filter.With(c.r.Context(), ignored))
	}
	return err
}

func (c *call) putBlock() error    { return c.block(true) }
func (c *call) deleteBlock() error { return c.block(false) }

func (c *call) block(on bool) error {
	return c.shun(func(u *cruddur.User, p *cruddur.Profile) error {
		return c.Store.Block(c.r.Context(), u.UUID, p.UUID, on, c.now)
	})
}

// putMute mutes for good, or for one of the lifetimes.
func (c *call) putMute() error {
	var in struct {
		TTL *string `json:"ttl"`
	}
	if c.r.ContentLength != 0 {
		if err := c.read(&in); err != nil {
			return err
		}
	}
	ttl, err := optionalTTL(in.TTL)
	if err != nil {
		return err
	}
	return c.shun(func(u *cruddur.User, p *cruddur.Profile) error {
		var until time.Time
		if life, ok := ttl.Duration(); ok {
			until = c.now.Add(life)
		}
		return c.Store.Mute(c.r.Context(), u.UUID, p.UUID, until, c.now)
	})
}

func (c *call) deleteMute() error {
	return c.shun(func(u *cruddur.User, p *cruddur.Profile) error {
		return c.Store.Unmute(c.r.Context(), u.UUID, p.UUID)
	})
}

// shun changes whether the viewer ignores the member that the path names, and answers the member as they now see them.
func (c *call) shun(change func(*cruddur.User, *cruddur.Profile) error) error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Writes, u.UUID.String()); err != nil {
		return err
	}
	p, err := c.profile()
	if err != nil {
		return err
	}
	if err := change(&u, &p); err != nil {
		return err
	}
	if err := c.reload(u.UUID); err != nil {
		return err
	}
	tie, err := c.tie(u.UUID, p.UUID)
	if err != nil {
		return err
	}
	return c.answerPrivate(func(b []byte) []byte { return appendProfile(b, &p, tie) })
}

func (c *call) getBlocks() error {
	return c.shunned(func(u cruddur.UUID, p paging) ([]cruddur.Person, error) {
		return c.Store.Blocked(c.r.Context(), u, p.cursor, p.limit)
	})
}

func (c *call) getMutes() error {
	return c.shunned(func(u cruddur.UUID, p paging) ([]cruddur.Person, error) {
		return c.Store.Muted(c.r.Context(), u, p.cursor, p.limit, c.now)
	})
}

// shunned answers whom the viewer blocks or mutes.
func (c *call) shunned(read func(cruddur.UUID, paging) ([]cruddur.Person, error)) error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	p, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	list, err := read(u.UUID, p)
	if err == nil {
		err = c.Store.Ties(c.r.Context(), u.UUID, list)
	}
	if err != nil {
		return err
	}
	if len(list) > 0 {
		c.link(p, len(list), list[len(list)-1].Place)
	}
	return c.answerPrivate(func(b []byte) []byte {
		b = append(b, '[')
		for i := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendPerson(b, &list[i])
			b = append(b[:len(b)-1], `,"muted_until":`...) // for good, or a block: null
			if end := list[i].MutedUntil; end.IsZero() {
				b = append(b, "null"...)
			} else {
				b = appendTime(b, end)
			}
			b = append(b, '}')
		}
		return append(b, ']')
	})
}

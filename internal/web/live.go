package web

import (
	"context"
	"net/http"

	"cruddur"
	"cruddur/internal/live"
	"cruddur/internal/request"
)

// getLive tells the open pages of a browser what is new, what has gone and what concerns their member.
func (s *site) getLive(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	switch {
	case s.Live == nil:
		return cruddur.NewError(cruddur.KindNotFound)
	case v.ended, anothers(r): // the page is a member's, and must not go on as a stranger's or another's
		return cruddur.NewError(cruddur.KindUnauthenticated)
	}
	o := live.Options{Form: live.Page, Address: request.Client(r.Context()), After: r.URL.Query().Get("after"), Check: s.checkStranger}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		o.After = last
	}
	if u := v.viewer; u != nil {
		token := s.sessionToken(r)
		o.Member, o.Ignores = u.UUID, u.Ignores
		o.Check = func(ctx context.Context) (bool, error) {
			u, _, err := s.Sessions.Resume(ctx, token, s.now())
			return u.Ignores, err
		}
	}
	stream, err := s.Live.Open(o)
	if err != nil {
		return err
	}
	stream.Serve(w, r)
	return nil
}

// anothers reports whether a page belongs to another member than the browser now: somebody has signed in or out since. A
// page says whose it is; a stranger's says "".
func anothers(r *http.Request) bool {
	q, now := r.URL.Query(), ""
	if u := visitOf(r).viewer; u != nil {
		now = u.UUID.String()
	}
	return q.Has("member") && q.Get("member") != now
}

// checkStranger reports whether everybody may still read.
func (s *site) checkStranger(ctx context.Context) (bool, error) {
	if s.Place == nil {
		return false, nil
	}
	p, err := s.Place.Get(ctx, s.now())
	if err == nil && p.Reading == cruddur.ReadingMembers {
		err = cruddur.NewError(cruddur.KindUnauthenticated)
	}
	return false, err
}

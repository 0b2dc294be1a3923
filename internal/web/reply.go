package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cruddur"
)

// replyBoxOf is the form for a reply to a crud. It lives with the thread, unless its author chooses a life that is
// shorter than what is left of it.
func replyBoxOf(v *visit, to *cruddur.Activity, e *entry) *composeBox {
	c := composeBoxOf(v, e)
	c.Action = string(crudPath(to.Handle, to.UUID.String())) + "/reply"
	c.Label, c.Placeholder, c.Submit, c.Most = "Your reply", v.lang.Text("Reply to @{handle}", "handle", to.Handle), "Reply", cruddur.MaxReply
	c.To, c.Quote = to.Handle, excerptOf(to, v.lang, 90)
	if e == nil {
		c.Warning = to.Warning // what is said about something is mostly no milder
	}
	c.End, c.EndText = wire(to.ExpiresAt), v.lang.Date(to.ExpiresAt)
	left := to.ExpiresAt.Sub(v.now)
	all := c.Presets
	c.Presets = nil
	c.WithThread = true
	for _, p := range all {
		if p.Duration >= left {
			break
		}
		p.Selected = p.Selected && e != nil && e.values.Get("ttl") != ""
		c.WithThread = c.WithThread && !p.Selected
		c.Presets = append(c.Presets, p)
	}
	return c
}

// replyForm is the page with the form for a reply. If what was answered is gone, a text that was sent comes back in
// the form for a new crud: nothing typed may be lost.
func (s *site) replyForm(r *http.Request, e *entry) (view, error) {
	if v := visitOf(r); v.viewer == nil && v.place.Reading == cruddur.ReadingMembers {
		box := composeBoxOf(v, e) // without what is answered: only members read that
		box.Action, box.Label, box.Submit, box.Most = r.URL.Path, "Your reply", "Reply", cruddur.MaxReply
		return &composeView{page{Title: "Reply", NoIndex: true, Asks: true}, box}, nil
	}
	a, err := s.activityAt(r)
	if err != nil {
		if cruddur.KindOf(err) != cruddur.KindNotFound || e == nil || strings.TrimSpace(e.values.Get("message")) == "" {
			return nil, err
		}
		e.banner = visitOf(r).lang.Text("What you have answered is gone, or was never here. Your text is not lost: you can post it as a crud of its own.")
		return &composeView{page{Title: "Gone, or never here", Fixed: true, NoIndex: true}, composeBoxOf(visitOf(r), e)}, nil
	}
	box := replyBoxOf(visitOf(r), &a, e)
	box.Focus = true
	return &composeView{page{Title: "Reply", NoIndex: true, Asks: true}, box}, nil
}

func (s *site) postReply(w http.ResponseWriter, r *http.Request) error {
	parent, err := s.activityAt(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	if err := v.wrote(r); err != nil {
		return err
	}
	if done, err := s.showsAgain(w, r, s.replyForm); done || err != nil {
		return err
	}
	pictures, sum, err := s.picturesOf(r)
	if err != nil {
		return err
	}
	message, err := cruddur.CheckReply(r.PostFormValue("message"))
	if err != nil {
		return err
	}
	warning, err := cruddur.CheckWarning(r.PostFormValue("content_warning"))
	if err != nil {
		return err
	}
	var ttl cruddur.TTL // with the thread
	if r.PostFormValue("ttl") != "" {
		if ttl, err = cruddur.ParseTTL(r.PostFormValue("ttl")); err != nil {
			return err
		}
	}
	key := attempt(r.PostForm.Get("draft"), parent.UUID.String()+"\x00"+message+"\x00"+warning+sum, ttl)
	draft := cruddur.Draft{Message: message, Warning: warning, TTL: ttl, Pictures: pictures, Key: key}
	a, err := s.Store.ReplyWith(r.Context(), v.viewer.UUID, parent.UUID, draft, v.now)
	if v.sentAgain(err) {
		a = parent
	} else if err != nil {
		return err
	}
	if asksJSON(r) {
		return answerJSON(w, sentAnswer{Sent: true})
	}
	q := url.Values{"notice": {"replied"}}
	if id := draftID(r.PostFormValue("draft")); id != "" {
		q.Set("draft", id)
	}
	http.Redirect(w, r, s.shownAt(r.Context(), &parent, &a, v.now)+"?"+q.Encode()+"#crud-"+a.UUID.String(), http.StatusSeeOther)
	return nil
}

// shownAt returns the page that shows a new reply: that of what it answers, unless it is not on its first page there.
func (s *site) shownAt(ctx context.Context, parent, a *cruddur.Activity, now time.Time) string {
	if n, err := s.Store.CountBelow(ctx, parent.UUID, now); err != nil || n > cruddur.ThreadPageSize {
		return string(crudPath(a.Handle, a.UUID.String()))
	}
	return string(crudPath(parent.Handle, parent.UUID.String()))
}

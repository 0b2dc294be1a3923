package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"cruddur"
)

func (s *site) postMessage(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	c, err := s.conversationAt(r)
	if err != nil {
		return err
	}
	message, err := cruddur.CheckPrivateMessage(r.PostFormValue("message"))
	if err != nil {
		return err
	}
	if c.UUID.IsZero() {
		if err := limitConversations(s, r); err != nil {
			return err
		}
	}
	key := attempt(r.PostForm.Get("draft"), "message to "+c.Other.String()+"\x00"+message, "")
	if _, err := s.Store.SendTo(r.Context(), v.viewer.UUID, c.Other, key, message, v.now); err != nil {
		return err
	}
	to := privatePath(c.Handle)
	if draft := draftID(r.PostFormValue("draft")); draft != "" {
		to += "?" + url.Values{"draft": {draft}}.Encode()
	}
	http.Redirect(w, r, to+"#message", http.StatusSeeOther)
	return nil
}

// postConversation changes the conversation that the address names and leads to the address that change returns.
func (s *site) postConversation(change func(r *http.Request, c *cruddur.Conversation) (to string, err error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, err := s.begunAt(r)
		if err != nil {
			return err
		}
		to, err := change(r, &c)
		if err != nil {
			return err
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
}

// begunAt is conversationAt for one in which something was sent.
func (s *site) begunAt(r *http.Request) (cruddur.Conversation, error) {
	c, err := s.conversationAt(r)
	if err == nil && c.UUID.IsZero() {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	return c, err
}

func (s *site) setTimer(r *http.Request, c *cruddur.Conversation) (string, error) {
	timer, err := cruddur.ParseTTL(r.PostFormValue("ttl"))
	if err != nil {
		return "", err
	}
	v := visitOf(r)
	return privatePath(c.Handle), s.Store.SetTimer(r.Context(), v.viewer.UUID, c.UUID, timer, v.now)
}

func (s *site) accept(r *http.Request, c *cruddur.Conversation) (string, error) {
	v := visitOf(r)
	return privatePath(c.Handle), s.Store.Accept(r.Context(), v.viewer.UUID, c.UUID, v.now)
}

// decline deletes a request; a conversation that is none any more stays.
func (s *site) decline(r *http.Request, c *cruddur.Conversation) (string, error) {
	if !c.Request {
		return privatePath(c.Handle), nil
	}
	return s.deleteConversation(r, c)
}

func (s *site) deleteConversation(r *http.Request, c *cruddur.Conversation) (string, error) {
	v := visitOf(r)
	return "/messages?notice=conversation", s.Store.DeleteConversation(r.Context(), v.viewer.UUID, c.UUID, v.now)
}

func (s *site) deleteMessage(r *http.Request, c *cruddur.Conversation) (string, error) {
	id, err := cruddur.ParseUUID(r.PathValue("uuid"))
	if err != nil {
		return "", err
	}
	v := visitOf(r)
	return privatePath(c.Handle), s.Store.DeleteMessage(r.Context(), v.viewer.UUID, id, v.now)
}

// getDeleteConversation asks whether a conversation should go, and says how many messages go with it.
func (s *site) getDeleteConversation(w http.ResponseWriter, r *http.Request) error {
	c, err := s.begunAt(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	n, err := s.Store.CountMessages(r.Context(), v.viewer.UUID, c.UUID, v.now)
	if err != nil {
		return err
	}
	lead := v.lang.Text("The conversation with @{handle} goes at once, for both of you, and cannot be restored.", "handle", c.Handle)
	switch {
	case n >= cruddur.MostCounted:
		lead += " " + v.lang.Count("{n} or more messages go with it.", n)
	case n > 0:
		lead += " " + v.lang.Count("{n} messages go with it.", n)
	}
	path := privatePath(c.Handle)
	s.render(w, r, http.StatusOK, &formView{
		page: page{Title: "Delete for both?", Here: "messages"},
		Lead: lead, Form: form{Action: path + "/delete", Submit: "Delete for both", Danger: true, Cancel: path},
	})
	return nil
}

// unread is how many messages the viewer has not read, for the rail. A page is shown without it rather than not at
// all.
func (s *site) unread(ctx context.Context, viewer cruddur.UUID, now time.Time) string {
	n, err := s.Store.UnreadMessages(ctx, viewer, now)
	if err != nil {
		return ""
	}
	return unreadText(n)
}

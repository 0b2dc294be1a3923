package web

import (
	"net/http"
	"time"
)

// Letter is a mail that was not sent, because no mail server is configured.
type Letter struct {
	To, Subject, Text string
	At                time.Time
}

// Mailbox keeps the last letters, newest first.
type Mailbox interface {
	Letters() []Letter
}

// mailboxView is the development mailbox.
type mailboxView struct {
	page
	Letters []letterLine
}

type letterLine struct {
	Letter
	Sent, SentText string
}

func (*mailboxView) template() string { return "mailbox" }

func (s *site) getMailbox(w http.ResponseWriter, r *http.Request) error {
	v := &mailboxView{page: page{Title: "Mailbox", NoIndex: true}}
	for _, l := range s.Mailbox.Letters() {
		v.Letters = append(v.Letters, letterLine{l, wire(l.At), plainTime(l.At)})
	}
	s.render(w, r, http.StatusOK, v)
	return nil
}

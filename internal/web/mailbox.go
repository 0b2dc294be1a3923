package web

import (
	"net/http"

	"cruddur/internal/mail"
	"cruddur/internal/request"
)

// Mailbox keeps the mails that were not sent because no mail server is configured, newest first.
type Mailbox interface {
	Messages() []mail.Message
}

// mailboxView is the development mailbox.
type mailboxView struct {
	page
	Letters []letterLine
}

type letterLine struct {
	mail.Message
	Sent, SentText string
}

func (*mailboxView) template() string { return "mailbox" }

// mailHint says where a code is that was not sent: "box" where the reader may open the mailbox, "log"
// where only the operator can look, and nothing where mail is really sent.
type mailHint string

func (s *site) unsent(r *http.Request) mailHint {
	switch {
	case s.Mailbox == nil:
		return ""
	case request.Local(r):
		return "box"
	default:
		return "log"
	}
}

func (s *site) getMailbox(w http.ResponseWriter, r *http.Request) error {
	v := &mailboxView{page: page{Title: "Mailbox", NoIndex: true}}
	for _, l := range s.Mailbox.Messages() {
		v.Letters = append(v.Letters, letterLine{l, wire(l.At), plainTime(l.At)})
	}
	s.render(w, r, http.StatusOK, v)
	return nil
}

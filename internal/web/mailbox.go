package web

import (
	"crypto/subtle"
	"net/http"
	"time"

	"cruddur"
	"cruddur/internal/mail"
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

// mailboxCookie keeps the key in a browser that has shown it.
const mailboxCookie = "cruddur-mailbox"

// mailboxLife is how long a browser that has shown the key need not show it again.
const mailboxLife = 30 * 24 * time.Hour

// mailHint says where a code is that was not sent: "box" where the reader may open the mailbox, "log"
// where only the operator can look, and nothing where mail is really sent.
type mailHint string

func (s *site) unsent(r *http.Request) mailHint {
	switch {
	case s.Mailbox == nil:
		return ""
	case s.opens(s.cookie(r, mailboxCookie)):
		return "box"
	default:
		return "log"
	}
}

// opens reports whether a key is the mailbox's. It says nothing by the time that it takes.
func (s *site) opens(key string) bool {
	return s.Mailbox != nil && s.MailboxKey != "" && subtle.ConstantTimeCompare([]byte(key), []byte(s.MailboxKey)) == 1
}

// admitOperator lets in who has the key. It comes once, in the printed address; then it is put into a
// cookie and out of the address, which histories keep and which a link would pass on. Without it the
// page is not there: neither an address nor a header proves that somebody sits at this machine, for a
// proxy on it has the same address and may rewrite every header.
func (s *site) admitOperator(w http.ResponseWriter, r *http.Request) (done bool, err error) {
	if key := r.URL.Query().Get("key"); s.opens(key) {
		s.setCookie(w, mailboxCookie, key, mailboxLife)
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return true, nil
	}
	if !s.opens(s.cookie(r, mailboxCookie)) {
		return false, cruddur.NewError(cruddur.KindNotFound)
	}
	return false, nil
}

func (s *site) getMailbox(w http.ResponseWriter, r *http.Request) error {
	v := &mailboxView{page: page{Title: "Mailbox", NoIndex: true}}
	for _, l := range s.Mailbox.Messages() {
		v.Letters = append(v.Letters, letterLine{l, wire(l.At), plainTime(l.At)})
	}
	s.render(w, r, http.StatusOK, v)
	return nil
}

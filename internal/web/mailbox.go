package web

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/mail"
)

// Mailbox lists the mails that were not sent because no mail server is configured, newest first.
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
	Body           string // Text without the line breaks that are there for mail programs
	Sent, SentText string
}

func (*mailboxView) template() string { return "mailbox" }

// mailboxCookie keeps the key in a browser that has presented it.
const mailboxCookie = "cruddur-mailbox"

// mailboxLife is how long a browser that has presented the key need not present it again.
const mailboxLife = 30 * 24 * time.Hour

// mailHint says where to find a code that was not sent: "box" if the reader may open the mailbox, "log" if only the
// operator can look, and "" if mail is really sent.
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

// opens reports whether a key is the mailbox's, in constant time.
func (s *site) opens(key string) bool {
	return s.Mailbox != nil && s.MailboxKey != "" && subtle.ConstantTimeCompare([]byte(key), []byte(s.MailboxKey)) == 1
}

// admitKeyHolder admits a browser that has the key. The key comes once, in the printed address; then it moves from the
// address to a cookie, because histories keep addresses and links pass them on. Without the key the answer is 404.
// Neither an address nor a header proves that a person uses this machine: a proxy on it has the same address and may
// rewrite every header.
func (s *site) admitKeyHolder(w http.ResponseWriter, r *http.Request) (done bool, err error) {
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
		v.Letters = append(v.Letters, letterLine{l, unfold(l.Text), wire(l.At), visitOf(r).lang.Ago(visitOf(r).now.Sub(l.At))})
	}
	s.render(w, r, http.StatusOK, v)
	return nil
}

// folded is the minimum length of a line of a letter that continues in the next line.
const folded = 60

// unfold joins the lines of a paragraph: letters are folded for mail programs, but a page has its own width.
func unfold(letter string) string {
	var b strings.Builder
	lines := strings.Split(letter, "\n")
	for i, line := range lines {
		b.WriteString(line)
		switch {
		case i == len(lines)-1:
		case len(line) >= folded && lines[i+1] != "" && lines[i+1][0] != ' ' && !strings.Contains(line, "://"):
			b.WriteByte(' ')
		default:
			b.WriteByte('\n')
		}
	}
	return b.String()
}

package cli

import (
	"crypto/rand"
	"net/url"
	"regexp"

	"cruddur/internal/request"
)

// mailboxKey is the key in the printed address of the mailbox. Only this key opens the mailbox. The client's
// IP address does not prove that a person is at this machine: a proxy on this machine has the same address,
// and may rewrite every header. The key is stored, so that a browser that has opened the mailbox once can
// open it after a restart too.
var mailboxKey = keptSecret{
	name: "mailbox-key",
	form: regexp.MustCompile(`^[A-Z2-7]{26}$`),
	make: rand.Text, // 128 bits
}

// openMailbox makes the key if mails that are not sent are shown on a page. Behind a public address they are
// not, because the operator has the log.
func (s *service) openMailbox() error {
	u, err := url.Parse(s.options.backendURL)
	if s.mailbox == nil || err != nil || !request.LocalHost(u.Host) {
		return nil
	}
	dir := s.db.Dir()
	if s.mailboxKey, err = mailboxKey.in(dir); err != nil {
		s.log.Warn("the key of the mailbox cannot be stored, so the next start uses a new one", "dir", dir, "err", err)
	}
	return nil
}

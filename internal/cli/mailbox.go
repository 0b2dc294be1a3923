package cli

import (
	"crypto/rand"
	"net/url"
	"regexp"

	"cruddur/internal/request"
)

// mailboxKey is what the printed address of the mailbox holds. It alone opens the mailbox: an address
// proves nobody to be at this machine, for a proxy on it has the same one, and may rewrite every header.
// It is kept, so that a browser that has opened the mailbox once can open it after a restart too.
var mailboxKey = keptSecret{
	name: "mailbox-key",
	form: regexp.MustCompile(`^[A-Z2-7]{26}$`),
	make: rand.Text, // 128 bits
}

// openMailbox makes the key where mails that are not sent have a page. They have none behind a public
// address, whose operator has the log.
func (s *service) openMailbox() error {
	u, err := url.Parse(s.options.backendURL)
	if s.mailbox == nil || err != nil || !request.LocalHost(u.Host) {
		return nil
	}
	dir := s.db.Dir()
	if s.mailboxKey, err = mailboxKey.in(dir); err != nil {
		s.log.Warn("the key of the mailbox cannot be kept, so the next start has another", "dir", dir, "err", err)
	}
	return nil
}

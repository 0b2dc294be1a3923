// Package mail sends the few plain-text messages of the product: by SMTP, or into a mailbox in memory for
// development. It must not depend on accounts, and no request may wait for it: see Queue.
package mail

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Message is one mail to one person.
type Message struct {
	To      string
	Subject string // may hold a code, so it must not be logged
	Text    string
	Kind    string    // the type of message, for the log
	At      time.Time // time of writing
}

// Mailer sends a message, or returns an error.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// mailboxSize is the number of messages that a Mailbox keeps.
const mailboxSize = 100

// Mailbox is the Mailer for development: it keeps the last hundred messages and writes them to the log, including
// codes. It must not be used where strangers can read either.
type Mailbox struct {
	log      *slog.Logger
	mu       sync.Mutex
	messages []Message
}

// NewMailbox returns an empty mailbox; a nil log writes nothing.
func NewMailbox(log *slog.Logger) *Mailbox { return &Mailbox{log: log} }

// Send implements Mailer.
func (b *Mailbox) Send(_ context.Context, m Message) error {
	b.mu.Lock()
	if len(b.messages) == mailboxSize {
		b.messages = slices.Delete(b.messages, 0, 1)
	}
	b.messages = append(b.messages, m)
	b.mu.Unlock()
	if b.log != nil {
		b.log.Info("mail (not sent: no SMTP server is configured)", "to", m.To, "subject", m.Subject, "text", m.Text)
	}
	return nil
}

// Messages returns the kept messages, newest first.
func (b *Mailbox) Messages() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.messages)
	slices.Reverse(out)
	return out
}

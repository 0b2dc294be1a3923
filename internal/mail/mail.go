// Package mail sends the few plain-text messages of the product: by SMTP, or into a mailbox in memory
// for development. It must not know accounts, and nobody's request may wait for it: see Queue.
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
	Kind    string    // what it is about, for the log
	At      time.Time // when it was written
}

// Mailer sends a message, or says why it could not.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// mailboxSize is how many messages a Mailbox remembers.
const mailboxSize = 100

// Mailbox is the Mailer of development: it keeps the last hundred messages and writes them to the log,
// codes and all. It must not be used where strangers can read either.
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

// Messages are the messages kept, newest first.
func (b *Mailbox) Messages() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.messages)
	slices.Reverse(out)
	return out
}

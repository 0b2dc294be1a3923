package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cruddur/internal/lang"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var discard = slog.New(slog.DiscardHandler)

// flaky fails some times before it works.
type flaky struct {
	mu    sync.Mutex
	fails int
	tries int
	sent  []Message
	block chan struct{}
}

func (f *flaky) Send(ctx context.Context, m Message) error {
	if f.block != nil {
		select {
		case <-f.block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tries++
	if f.tries <= f.fails {
		return errors.New("not now")
	}
	f.sent = append(f.sent, m)
	return nil
}

func post(t *testing.T, q *Queue, subject string) {
	t.Helper()
	slot, ok := q.Reserve(1)
	if !ok {
		t.Fatal("the queue is full")
	}
	defer slot.Release()
	slot.Send(Message{To: "ada@example.org", Subject: subject})
}

func TestQueueDrains(t *testing.T) {
	t.Parallel()
	m := &flaky{block: make(chan struct{})}
	q := NewQueue(m, discard)
	for i := range 20 {
		post(t, q, fmt.Sprint(i))
	}
	close(m.block)
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(m.sent) != 20 {
		t.Errorf("%d messages were sent, want all 20", len(m.sent))
	}
	if err := q.Close(t.Context()); err != nil {
		t.Errorf("Close() a second time = %v", err)
	}
	if _, ok := q.Reserve(1); ok {
		t.Error("a closed queue promises room")
	}
}

// What was reserved before the queue was closed and is sent afterwards is dropped.
func TestQueueClosesMeanwhile(t *testing.T) {
	t.Parallel()
	m := &flaky{}
	q := NewQueue(m, discard)
	slot, ok := q.Reserve(2)
	if !ok {
		t.Fatal("an empty queue is full")
	}
	slot.Send(Message{})
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	slot.Send(Message{})
	slot.Release()
	if len(m.sent) != 1 {
		t.Errorf("%d messages were sent, want 1", len(m.sent))
	}
}

func TestQueueTriesAgain(t *testing.T) {
	t.Parallel()
	for fails, want := range []int{1, 1, 1, 0} {
		m := &flaky{fails: fails}
		q := newQueue(m, discard, 4, []time.Duration{time.Millisecond, time.Millisecond})
		post(t, q, "code")
		if err := q.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(m.sent) != want {
			t.Errorf("after %d failures %d messages were sent, want %d", fails, len(m.sent), want)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	m := &flaky{block: make(chan struct{})}
	q := newQueue(m, discard, 3, nil)
	kept, ok := q.Reserve(2)
	if !ok {
		t.Fatal("an empty queue is full")
	}
	post(t, q, "last place")
	for range 3 {
		if _, ok := q.Reserve(1); ok {
			t.Error("a full queue has room")
		}
	}
	if _, ok := q.Reserve(2); ok {
		t.Error("a full queue has room for two")
	}
	kept.Release()
	if slot, ok := q.Reserve(2); !ok {
		t.Error("what was given back is not there")
	} else {
		slot.Release()
	}
	close(m.block)
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(m.sent) != 1 {
		t.Errorf("%d messages were sent, want 1", len(m.sent))
	}
}

// At the end of its time Close gives up what hangs.
func TestQueueGivesUp(t *testing.T) {
	t.Parallel()
	m := &flaky{block: make(chan struct{})}
	q := NewQueue(m, discard)
	for range 5 {
		post(t, q, "never")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := q.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close() = %v, want that time is up", err)
	}
}

func TestMailboxKeepsAHundred(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	b := NewMailbox(slog.New(slog.NewTextHandler(&log, nil)))
	for i := range 120 {
		if err := b.Send(t.Context(), Message{To: "ada@example.org", Subject: fmt.Sprint("mail ", i), Text: "code 123 456"}); err != nil {
			t.Fatal(err)
		}
	}
	got := b.Messages()
	if len(got) != 100 || got[0].Subject != "mail 119" || got[99].Subject != "mail 20" {
		t.Errorf("the mailbox keeps %d, from %q to %q", len(got), got[0].Subject, got[len(got)-1].Subject)
	}
	if !strings.Contains(log.String(), "123 456") || !strings.Contains(log.String(), "mail 119") {
		t.Error("the log does not show the codes")
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	const site = "https://cruddur.example"
	for _, m := range []Message{
		SignUpCode(lang.From(t.Context()), "ada@example.org", "ada", "012345", site, 10*time.Minute, at),
		AlreadyMember(lang.From(t.Context()), "ada@example.org", site, at),
		RecoveryCode(lang.From(t.Context()), "ada@example.org", "012345", site, 10*time.Minute, at),
		PasswordChanged(lang.From(t.Context()), "ada@example.org", site, at),
	} {
		if m.To != "ada@example.org" || m.Subject == "" || !m.At.Equal(at) || !strings.Contains(m.Text, site) {
			t.Errorf("%+v", m)
		}
		for line := range strings.Lines(m.Text) {
			if n := len([]rune(line)); n > 80 {
				t.Errorf("%q: a line of %d characters: %s", m.Subject, n, line)
			}
		}
		code := strings.Contains(m.Text, "\n    012 345\n")
		if want := strings.Contains(m.Subject, "code"); code != want {
			t.Errorf("%q: has a code: %v, want %v", m.Subject, code, want)
		}
	}
	if m := SignUpCode(lang.From(t.Context()), "ada@example.org", "ada", "012345", site, 10*time.Minute, at); !strings.Contains(m.Text, "@ada") || !strings.Contains(m.Text, "10 minutes") {
		t.Errorf("the code does not say for whom and how long:\n%s", m.Text)
	}
}

// A code is as good as a password while it lives, and a mail that fails now may arrive in a second.
func TestQueueLogsNoCode(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	q := newQueue(&flaky{fails: 1 << 30}, slog.New(slog.NewTextHandler(&log, nil)), 4, []time.Duration{time.Millisecond})
	slot, ok := q.Reserve(3)
	if !ok {
		t.Fatal("the queue is full")
	}
	slot.Send(SignUpCode(lang.From(t.Context()), "ada@example.org", "ada", "012345", "https://cruddur.example", 10*time.Minute, time.Now()))
	slot.Send(RecoveryCode(lang.From(t.Context()), "ada@example.org", "012345", "https://cruddur.example", 10*time.Minute, time.Now()))
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	slot.Send(RecoveryCode(lang.From(t.Context()), "ada@example.org", "012345", "https://cruddur.example", 10*time.Minute, time.Now()))
	slot.Release()
	for _, want := range []string{"not sent yet", "mail not sent", "mail dropped", "a sign-up's code", "a code for a new password"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q", want)
		}
	}
	for _, secret := range []string{"012 345", "012345", "ada@example.org"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log tells %q:\n%s", secret, log.String())
		}
	}
}

// broken is a mailer with a fault that some message brings out.
type broken struct{ flaky }

func (b *broken) Send(ctx context.Context, m Message) error {
	if m.Subject == "odd" {
		panic("a fault in the mailer")
	}
	return b.flaky.Send(ctx, m)
}

// A stranger decides what is mailed and to whom, so a fault must not end the process.
func TestQueueOutlivesPanic(t *testing.T) {
	t.Parallel()
	m := &broken{}
	q := newQueue(m, discard, 8, nil)
	for range 3 {
		post(t, q, "odd")
	}
	post(t, q, "plain")
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(m.sent) != 1 {
		t.Errorf("%d messages were sent, want the plain one", len(m.sent))
	}
}

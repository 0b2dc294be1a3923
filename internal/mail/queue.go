package mail

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Queue sends messages in the background, after the requests that write them: neither the mail server's delay nor its
// failure can reveal to a stranger whether a message was sent.
type Queue struct {
	mailer Mailer
	log    *slog.Logger
	slots  chan struct{} // one for each message that is reserved, queued or being sent
	jobs   chan Message
	ctx    context.Context // ends when Close has waited long enough
	cancel context.CancelFunc
	mu     sync.Mutex
	closed bool
	done   sync.WaitGroup
	pauses []time.Duration
}

// The limits of a queue: the number of messages in it, and of messages sent at once.
const (
	queueSize    = 256
	queueWorkers = 2
	sendTimeout  = 30 * time.Second
)

// NewQueue returns a running queue for a mailer; the caller must close it.
func NewQueue(mailer Mailer, log *slog.Logger) *Queue {
	return newQueue(mailer, log, queueSize, []time.Duration{time.Second, 5 * time.Second, 20 * time.Second})
}

func newQueue(mailer Mailer, log *slog.Logger, size int, pauses []time.Duration) *Queue {
	q := &Queue{mailer: mailer, log: log, slots: make(chan struct{}, size), jobs: make(chan Message, size), pauses: pauses}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	for range queueWorkers {
		q.done.Go(q.work)
	}
	return q
}

// Slot is reserved room for messages; Release returns the unused part.
type Slot struct {
	q    *Queue
	left int
}

// Reserve reserves room for n messages before it is known whether they will be written, so that a full queue refuses
// everybody in the same way. ok is false if the queue is full or closed.
func (q *Queue) Reserve(n int) (s *Slot, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, false
	}
	s = &Slot{q: q}
	for range n {
		select {
		case q.slots <- struct{}{}:
			s.left++
		default:
			s.Release()
			return nil, false
		}
	}
	return s, true
}

// Send puts a message into the queue. Without reserved room the message is dropped and logged.
func (s *Slot) Send(m Message) {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	if s.left == 0 || s.q.closed {
		s.q.log.Error("mail dropped", "kind", m.Kind, "closed", s.q.closed)
		return
	}
	s.left--
	s.q.jobs <- m // never blocks: the channel has as many places as there are slots
}

// Release returns the unused room.
func (s *Slot) Release() {
	for ; s.left > 0; s.left-- {
		<-s.q.slots
	}
}

// Close accepts no more messages, waits until the queue is empty or ctx ends, and then drops the remaining messages.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.jobs)
	}
	q.mu.Unlock()
	empty := make(chan struct{})
	go func() { q.done.Wait(); close(empty) }()
	select {
	case <-empty:
		q.cancel()
		return nil
	case <-ctx.Done():
		q.cancel()
		<-empty
		return ctx.Err()
	}
}

func (q *Queue) work() {
	for m := range q.jobs {
		q.send(m)
		<-q.slots
	}
}

// send tries a message a few times; a code lives ten minutes, so it gives up within one.
func (q *Queue) send(m Message) {
	for i := 0; ; i++ {
		err := q.try(m)
		if err == nil {
			return
		}
		if i == len(q.pauses) || q.ctx.Err() != nil {
			q.log.Error("mail not sent", "kind", m.Kind, "tries", i+1, "error", err)
			return
		}
		q.log.Warn("mail not sent yet", "kind", m.Kind, "error", err)
		select {
		case <-time.After(q.pauses[i]):
		case <-q.ctx.Done():
		}
	}
}

// try makes one attempt. It recovers from panics, because here a panic would end the process.
func (q *Queue) try(m Message) (err error) {
	ctx, cancel := context.WithTimeout(q.ctx, sendTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return q.mailer.Send(ctx, m)
}

package mail

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Queue sends messages behind the back of the requests that write them: neither the time that a
// server takes nor its failure can tell a stranger whether a message was sent at all.
type Queue struct {
	mailer Mailer
	log    *slog.Logger
	slots  chan struct{} // one for each message that is promised, waiting or being sent
	jobs   chan Message
	ctx    context.Context // ends when Close has waited long enough
	cancel context.CancelFunc
	mu     sync.Mutex
	closed bool
	done   sync.WaitGroup
	pauses []time.Duration
}

// The bounds of a queue: messages at most, and messages that are sent at once.
const (
	queueSize    = 256
	queueWorkers = 2
	sendTimeout  = 30 * time.Second
)

// NewQueue returns a running queue in front of a mailer; whoever makes it closes it.
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

// Slot is the promise of room for messages; Release gives back what was not used.
type Slot struct {
	q    *Queue
	left int
}

// Reserve promises room for n messages before it is known whether they will be written, so that a full
// queue turns everybody away alike. ok is false where the queue is full or closed.
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

// Send puts a message into the queue. Beyond what was reserved it is dropped and logged.
func (s *Slot) Send(m Message) {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	if s.left == 0 || s.q.closed {
		s.q.log.Error("mail dropped", "kind", m.Kind, "closed", s.q.closed)
		return
	}
	s.left--
	s.q.jobs <- m // never blocks: there are as many places as slots
}

// Release gives back the room that was not used.
func (s *Slot) Release() {
	for ; s.left > 0; s.left-- {
		<-s.q.slots
	}
}

// Close takes no more messages, waits until the queue is empty or ctx ends, and then gives up what is
// left.
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

// try is one try. No request would catch a panic here, and it would end the process.
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

package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pipeline sends the statements of many requests together, in the protocol's pipeline mode (PostgreSQL's
// documentation, 34.5): what waits while a batch is away is the next batch. A single statement goes out
// at once, as it would without; when there are many, both sides make one system call for a batch instead
// of one for a statement, and a batch of writes has one commit, with one fsync.
//
// A batch is one implicit transaction, in which every statement sees what was committed before it ran.
// One that fails takes nobody with it: the others run again, alone. What a batch locks it holds to its
// end, in the order of arrival; so only writes belong here that lock no more than keys (for key share),
// or two batches could wait for each other.
type pipeline struct {
	pool    *pool
	lanes   int           // batches at a time; 0: every statement is sent alone
	writes  bool          // nothing is done before the batch is committed
	timeout time.Duration // of a batch

	mu      sync.Mutex
	waiting []*job
	flying  int // lanes in use
	late    int // of them, those whose batch is away for longer than patience
}

const (
	// mostJobs bounds a batch: the first of it should not wait for long.
	mostJobs = 64
	// patience is after how long a batch that is away holds nobody up any more: something in it waits for a
	// lock, or the server is slow. Until it is back there is one lane more.
	patience = 50 * time.Millisecond
)

// readTimeout of a batch leaves whoever waits for it time to be read alone.
const readTimeout = 2 * time.Second

// Lanes. Fewer make larger batches: on two processors one lane of writes costs a post three quarters of the
// processor time that two cost, and two lanes of reads cost less than one or three.
const (
	readLanes  = 2
	writeLanes = 1
)

// job is one statement that somebody waits for.
type job struct {
	ctx  context.Context
	s    *statement
	args []any
	scan func(pgx.Rows) error
	done chan struct{} // closed when err is set
	err  error
}

// errOutcome is of a batch that broke off when it may have been committed.
var errOutcome = errors.New("the connection was lost before the answer to a commit")

// pipelined runs a statement that is no transaction's, and scans its rows with scan.
func pipelined[T any](ctx context.Context, p *pipeline, s *statement, a args, scan func(pgx.Rows, *T) error) (T, error) {
	out := new(T)
	err := p.do(ctx, s, a, func(rows pgx.Rows) error { return scan(rows, out) })
	if err != nil {
		return *new(T), err // out may still be written to, for a request that has given up
	}
	return *out, nil
}

func (p *pipeline) do(ctx context.Context, s *statement, a args, scan func(pgx.Rows) error) error {
	values, err := s.bind(a)
	if err != nil {
		return err
	}
	j := &job{ctx: ctx, s: s, args: values, scan: scan, done: make(chan struct{})}
	if p.lanes == 0 {
		return s.wrap(p.alone(j))
	}
	p.mu.Lock()
	p.waiting = append(p.waiting, j)
	p.open()
	p.mu.Unlock()
	select {
	case <-j.done:
		return s.wrap(j.err)
	case <-ctx.Done():
		return s.wrap(ctx.Err())
	}
}

// open makes what waits fly, if there is a lane for it.
func (p *pipeline) open() {
	if len(p.waiting) > 0 && p.flying < p.lanes+min(p.late, 1) {
		p.flying++
		go p.fly()
	}
}

// fly sends batches until nothing waits.
func (p *pipeline) fly() {
	for jobs := p.take(); jobs != nil; jobs = p.take() {
		p.send(jobs)
	}
}

// take is the next batch, without those whose request has given up; nil ends the lane.
func (p *pipeline) take() []*job {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.waiting) > 0 {
		n := min(len(p.waiting), mostJobs)
		jobs := make([]*job, 0, n)
		for _, j := range p.waiting[:n] {
			if err := j.ctx.Err(); err != nil {
				j.finish(err)
				continue
			}
			jobs = append(jobs, j)
		}
		p.waiting = append(p.waiting[:0], p.waiting[n:]...)
		if len(jobs) > 0 {
			return jobs
		}
	}
	p.flying--
	return nil
}

// watch counts a batch as late from when it is, until the function is called that it returns.
func (p *pipeline) watch() (back func()) {
	isBack, isLate := false, false
	timer := time.AfterFunc(patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !isBack {
			isLate = true
			p.late++
			p.open()
		}
	})
	return func() {
		if timer.Stop() {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		isBack = true
		if isLate {
			p.late--
		}
	}
}

func (j *job) finish(err error) {
	j.err = err
	close(j.done)
}

// send runs a batch on a connection of the pool. It is on a goroutine of its own, where a panic would end
// the process instead of a request.
func (p *pipeline) send(jobs []*job) {
	ctx, cancel := context.WithTimeout(context.Background(), p.timeout)
	defer cancel()
	defer p.watch()()
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		for _, j := range jobs {
			j.finish(err)
		}
		return
	}
	left, err := p.run(ctx, conn.Conn(), jobs)
	conn.Release()
	if len(left) == 0 {
		return
	}
	if p.writes && !rolledBack(err) {
		for _, j := range left {
			j.finish(fmt.Errorf("%w: %w", errOutcome, err))
		}
		return
	}
	for _, j := range left {
		go func() { j.finish(p.alone(j)) }()
	}
}

// rolledBack reports whether a batch that failed with err has certainly changed nothing. An error that
// ends the session (FATAL) says nothing about a commit: a pooler may have lost the server during it.
func rolledBack(err error) bool {
	pe, refused := errors.AsType[*pgconn.PgError](err)
	return refused && pe.SeverityUnlocalized == "ERROR" || pgconn.SafeToRetry(err)
}

// run sends the jobs and reads their answers. It returns those that have none yet, and why.
func (p *pipeline) run(ctx context.Context, conn *pgx.Conn, jobs []*job) (left []*job, err error) {
	var b pgx.Batch
	for _, j := range jobs {
		b.Queue(j.s.text, j.args...)
	}
	results := conn.SendBatch(ctx, &b)
	errs := make([]error, len(jobs))
	for i, j := range jobs {
		rows, err := results.Query()
		if err == nil {
			errs[i] = j.read(rows)
			err = rows.Err()
		}
		if err != nil {
			if closed := results.Close(); closed != nil {
				err = closed
			}
			if p.writes {
				i = 0
			}
			return jobs[i:], err
		}
		if !p.writes {
			j.finish(errs[i])
		}
	}
	err = results.Close()
	if !p.writes {
		return nil, nil
	}
	if err != nil {
		return jobs, err
	}
	for i, j := range jobs {
		j.finish(errs[i])
	}
	return nil, nil
}

func (j *job) read(rows pgx.Rows) (err error) {
	defer rows.Close()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read the rows: panic: %v", r)
		}
	}()
	return j.scan(rows)
}

// alone runs a job by itself.
func (p *pipeline) alone(j *job) error {
	rows, err := p.pool.Query(j.ctx, j.s.text, j.args...)
	if err != nil {
		return err
	}
	if err = j.read(rows); err == nil || errors.Is(err, pgx.ErrNoRows) {
		if failed := rows.Err(); failed != nil {
			return failed
		}
	}
	return err
}

// scanRow makes a scan of one row of its columns; no row is pgx.ErrNoRows.
func scanRow[T any](columns func(*T) []any) func(pgx.Rows, *T) error {
	return func(rows pgx.Rows, out *T) error { return scanOne(rows, columns(out)) }
}

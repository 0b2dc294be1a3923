package terminal

import (
	"context"
	"io"
)

// Interruptible returns an input whose reads end with ctx, for standard input: a command that waits for input
// must end at Ctrl-C.
func Interruptible(ctx context.Context, in io.Reader) io.Reader {
	return &interruptibleReader{ctx: ctx, in: in}
}

type interruptibleReader struct {
	ctx  context.Context
	in   io.Reader
	busy chan read // the result of a read in progress, nil between two reads
}

type read struct {
	b   []byte
	err error
}

func (r *interruptibleReader) Read(p []byte) (int, error) {
	if r.busy == nil {
		r.busy = make(chan read, 1)
		go func(busy chan<- read, b []byte) {
			n, err := r.in.Read(b)
			busy <- read{b[:n], err}
		}(r.busy, make([]byte, len(p)))
	}
	select {
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	case got := <-r.busy:
		r.busy = nil
		return copy(p, got.b), got.err
	}
}

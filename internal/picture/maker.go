package picture

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"cruddur"
)

const (
	atOnce       = 2  // pictures that are decoded at the same time
	mostWaiting  = 16 // that wait for it
	longestWait  = 10 * time.Second
	retryIn      = 5 * time.Second
	mostChunks   = 68 // of all files that are being received or wait: 17 MB, two of the largest and some small ones
	chunkSize    = 256 << 10
	worthFreeing = 8 << 20 // memory of a decoding after which the garbage is collected at once
)

// Maker makes pictures, as many at a time as fit into memory: with what it counts, a process stays below 200 MB.
type Maker struct {
	places  *semaphore.Weighted
	memory  *semaphore.Weighted
	waiting atomic.Int64
	chunks  chunks
	wait    time.Duration
}

// New returns a Maker. A process needs only one.
func New() *Maker {
	return &Maker{places: semaphore.NewWeighted(atOnce), memory: semaphore.NewWeighted(maxMemory), wait: longestWait}
}

func busy() error { return cruddur.NewError(cruddur.KindUnavailable, "pictures_busy").RetryIn(retryIn) }

// place waits for one of the places in which a picture is decoded.
func (m *Maker) place(ctx context.Context) error {
	defer m.waiting.Add(-1)
	if m.waiting.Add(1) > mostWaiting+atOnce {
		return busy()
	}
	if err := m.places.Acquire(ctx, 1); err != nil {
		return busy()
	}
	return nil
}

// read reads a file of at most MaxBytes. Only bytes that have come take memory, so slow clients keep nobody out, and
// one that goes before it has sent anything needs none; if there is no memory left, it is KindUnavailable.
func (m *Maker) read(r io.Reader) (f file, err error) {
	var head [512]byte
	n, err := io.ReadAtLeast(r, head[:], 1)
	if err != nil {
		return file{}, broken(err)
	}
	r = io.MultiReader(bytes.NewReader(head[:n]), r)
	for {
		c := m.chunks.take()
		if c == nil {
			m.chunks.give(f.parts)
			return file{}, busy()
		}
		f.parts = append(f.parts, c)
		n, err := io.ReadFull(r, c)
		if f.size += n; f.size > MaxBytes {
			err = cruddur.Invalid("pictures", "picture_too_large")
		}
		if err == nil {
			continue
		}
		if err = broken(err); err != nil {
			m.chunks.give(f.parts)
			return file{}, err
		}
		return f, nil
	}
}

// broken returns why a file ended with an error of its reader; nil if it was only its end.
func broken(err error) error {
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil
	case large:
		return cruddur.Invalid("pictures", "picture_too_large")
	case cruddur.KindOf(err) != cruddur.KindInvalid: // the client has gone, or was too slow
		return cruddur.Invalid("pictures", "picture_incomplete").Wrap(err)
	}
	return err
}

func toJPEG(w io.Writer, p image.Image) error {
	return jpeg.Encode(w, p, &jpeg.Options{Quality: jpegQuality})
}

package picture

import "sync"

// chunks is the memory of files that are being received or wait. It is used again and again, because what uploads that
// are refused leave behind would pile up faster than it is collected. When nothing is in use it is given up.
type chunks struct {
	mu   sync.Mutex
	used int
	free [][]byte
}

// take returns a chunk, or nil if all are in use.
func (c *chunks) take() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used == mostChunks {
		return nil
	}
	c.used++
	if n := len(c.free); n > 0 {
		b := c.free[n-1]
		c.free = c.free[:n-1]
		return b
	}
	return make([]byte, chunkSize)
}

func (c *chunks) give(list [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used -= len(list)
	if c.free = append(c.free, list...); c.used == 0 {
		c.free = nil
	}
}

// file is a file in chunks.
type file struct {
	parts [][]byte
	size  int
}

// whole returns the file in one piece.
func (f *file) whole() []byte {
	out := make([]byte, 0, f.size)
	for _, part := range f.parts {
		out = append(out, part[:min(len(part), f.size-len(out))]...)
	}
	return out
}

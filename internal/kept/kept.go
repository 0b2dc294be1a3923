// Package kept holds bytes of answers that many requests share, plain and compressed, and stitches them together: a page
// whose parts are the same for all costs no compression per request, only that of a viewer's own few bytes. It must
// not know what the bytes mean, nor for how long they may be kept.
package kept

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"runtime"
	"strconv"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Piece is a part of answers. Its bytes are never changed. They are compressed when somebody first asks for that,
// with a window of their own: no byte of another piece is looked back at (RFC 1951, 2), so pieces can stand in
// any order, and the length of one says nothing about another.
type Piece struct {
	plain []byte
	crc   uint32
	shift uint32 // appends len(plain) bytes to a checksum
	once  sync.Once
	small []byte // the deflated bytes, up to the end of a byte, without a last block
}

// New returns a piece with these bytes, which must not be changed afterwards.
func New(b []byte) *Piece {
	return &Piece{plain: b, crc: crc32.ChecksumIEEE(b), shift: shiftBy(len(b))}
}

// Bytes returns the plain bytes, which must not be changed.
func (p *Piece) Bytes() []byte { return p.plain }

func (p *Piece) deflated() []byte {
	p.once.Do(func() { p.small = deflate(p.plain) })
	return p.small
}

// deflaters has a compressor for each processor. One takes a megabyte, so there are not as many as requests.
var deflaters = func() chan *flate.Writer {
	n := runtime.GOMAXPROCS(0)
	c := make(chan *flate.Writer, n)
	for range n {
		c <- nil
	}
	return c
}()

// level is the level of compression of what many requests share.
const level = 5

func deflate(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	var out bytes.Buffer
	z := <-deflaters
	defer func() { deflaters <- z }()
	if z == nil {
		z, _ = flate.NewWriter(nil, level) // an error is only of an unknown level
	}
	z.Reset(&out)
	_, _ = z.Write(b) // a buffer takes all
	_ = z.Flush()     // ends at a byte (RFC 1951, 3.2.4), so that anything may follow
	return bytes.Clone(out.Bytes())
}

// Body is an answer stitched together from pieces and from bytes of its own. The zero Body is empty.
type Body struct {
	parts  []part
	length int
}

// part is a piece, or bytes that only this answer has.
type part struct {
	piece *Piece
	own   []byte
}

// Add appends a piece.
func (b *Body) Add(p *Piece) {
	b.parts = append(b.parts, part{piece: p})
	b.length += len(p.plain)
}

// AddOwn appends bytes that are sent as they are, not compressed. They should be few, and must not be changed before
// the body is written.
func (b *Body) AddOwn(own []byte) {
	b.parts = append(b.parts, part{own: own})
	b.length += len(own)
}

// Len returns the number of plain bytes.
func (b *Body) Len() int { return b.length }

// AppendPlain appends the plain bytes.
func (b *Body) AppendPlain(out []byte) []byte {
	for _, p := range b.parts {
		if p.piece != nil {
			out = append(out, p.piece.plain...)
		} else {
			out = append(out, p.own...)
		}
	}
	return out
}

// header is that of a gzip member without name and time (RFC 1952, 2.3); 255: the system is unknown.
const header = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// lastBlock is a last block without bytes.
const lastBlock = "\x03\x00"

// mostStored is the number of bytes in one stored block (RFC 1951, 3.2.4).
const mostStored = 1<<16 - 1

// AppendGzip appends the bytes as one gzip member (RFC 1952).
func (b *Body) AppendGzip(out []byte) []byte {
	out = append(out, header...)
	crc := uint32(0)
	for _, p := range b.parts {
		if p.piece != nil {
			out = append(out, p.piece.deflated()...)
			crc = times(p.piece.shift, crc) ^ p.piece.crc
			continue
		}
		for own := p.own; len(own) > 0; {
			n := min(len(own), mostStored)
			out = append(out, 0)
			out = binary.LittleEndian.AppendUint16(out, uint16(n))
			out = binary.LittleEndian.AppendUint16(out, ^uint16(n))
			out, own = append(out, own[:n]...), own[n:]
		}
		crc = crc32.Update(crc, crc32.IEEETable, p.own)
	}
	out = append(out, lastBlock...)
	out = binary.LittleEndian.AppendUint32(out, crc)
	return binary.LittleEndian.AppendUint32(out, uint32(b.length))
}

// Gzipper is a ResponseWriter whose client may accept gzip. It decides which of the two forms is sent.
type Gzipper interface {
	WriteKept(status int, b *Body)
}

// buffers hold bodies while they are written.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 32<<10); return &b }}

const keepBuffer = 256 << 10

// Write sends a whole answer, compressed if the client accepts that. An error means that the client has gone, so it
// is ignored.
func Write(w http.ResponseWriter, status int, b *Body) {
	if z, ok := w.(Gzipper); ok {
		z.WriteKept(status, b)
		return
	}
	w.Header()["Content-Length"] = []string{strconv.Itoa(b.length)}
	if len(b.parts) == 1 && b.parts[0].piece != nil {
		w.WriteHeader(status)
		w.Write(b.parts[0].piece.plain)
		return
	}
	Send(w, status, b.AppendPlain)
}

// Send writes what a function appends to a buffer, which it may use until it returns.
func Send(w http.ResponseWriter, status int, appendTo func([]byte) []byte) {
	p := buffers.Get().(*[]byte)
	out := appendTo((*p)[:0])
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(out))}
	w.WriteHeader(status)
	w.Write(out)
	if cap(out) <= keepBuffer {
		*p = out
		buffers.Put(p)
	}
}

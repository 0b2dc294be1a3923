package kept

import (
	"bytes"
	"compress/gzip"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// FuzzBody stitches pieces and own bytes in any order: both forms hold exactly these bytes, and the compressed one is a
// single gzip member.
func FuzzBody(f *testing.F) {
	f.Add([]byte("the same words, the same words"), []byte("own"), uint16(0b10110))
	f.Add([]byte{}, []byte{}, uint16(0xffff))
	f.Add(bytes.Repeat([]byte("a long piece "), 9000), bytes.Repeat([]byte{7}, 70_000), uint16(0b1101))
	f.Fuzz(func(t *testing.T, text, own []byte, order uint16) {
		var b Body
		var want []byte
		piece := New(text)
		for range 6 {
			switch order & 3 {
			case 0:
				b.Add(piece)
				want = append(want, text...)
			case 1:
				b.AddOwn(own)
				want = append(want, own...)
			case 2:
				half := New(text[len(text)/2:])
				b.Add(half)
				want = append(want, half.Bytes()...)
			}
			order >>= 2
		}
		checkBody(t, &b, want)
	})
}

func checkBody(t *testing.T, b *Body, want []byte) {
	t.Helper()
	if got := b.AppendPlain([]byte("before")); string(got) != "before"+string(want) || b.Len() != len(want) {
		t.Errorf("plain: %d bytes, Len %d, want %d", len(got)-6, b.Len(), len(want))
	}
	in := bytes.NewReader(b.AppendGzip(nil))
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	z.Multistream(false)
	got, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(got, want) || in.Len() != 0 {
		t.Errorf("gzip: %d bytes, %d after the member, error %v; want %d bytes", len(got), in.Len(), err, len(want))
	}
}

// The checksum of pieces in a row is that of their bytes.
func TestChecksum(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	all, crc := []byte{}, uint32(0)
	for _, n := range []int{0, 1, 2, 3, 255, 256, 4097, 65_536, 1 << 20, 7} {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		all = append(all, b...)
		p := New(b)
		crc = times(p.shift, crc) ^ p.crc
		if want := crc32.ChecksumIEEE(all); crc != want {
			t.Fatalf("after %d more bytes: %08x, want %08x", n, crc, want)
		}
	}
}

// A piece is used by many requests at once. Run it with -race.
func TestPieceAtOnce(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("All that is long is worth compressing. ", 100))
	p := New(text)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			own := []byte(strings.Repeat("x", i))
			var b Body
			b.AddOwn(own)
			b.Add(p)
			b.Add(New([]byte(strings.Repeat("a piece of another ", i))))
			checkBody(t, &b, b.AppendPlain(nil))
		})
	}
	wg.Wait()
	if len(p.deflated()) > len(text)/10 {
		t.Errorf("%d bytes deflated to %d", len(text), len(p.deflated()))
	}
}

// Who does not understand kept bodies gets the plain bytes, and their length.
func TestWritePlain(t *testing.T) {
	t.Parallel()
	var one, two Body
	one.Add(New([]byte("one piece")))
	two.Add(New([]byte("a piece, ")))
	two.AddOwn([]byte("and more"))
	for want, b := range map[string]*Body{"one piece": &one, "a piece, and more": &two, "": {}} {
		w := httptest.NewRecorder()
		Write(w, 201, b)
		if got := w.Body.String(); got != want || w.Code != 201 || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%d, %q, want %q", w.Code, got, want)
		}
	}
}

func BenchmarkStitch(b *testing.B) {
	var body Body
	for i := range 12 {
		body.AddOwn([]byte("2026"))
		body.Add(New([]byte(strings.Repeat("a piece of a page, with words ", 50+i))))
	}
	out := body.AppendGzip(nil)
	b.ReportAllocs()
	for b.Loop() {
		out = body.AppendGzip(out[:0])
	}
}

package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

var (
	red   = color.RGBA{R: 255, A: 255}
	green = color.RGBA{G: 255, A: 255}
	blue  = color.RGBA{B: 255, A: 255}
)

// corners is red above left, green above right and blue below, and higher than wide.
func corners() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 64, 96))
	for y := range 96 {
		for x := range 64 {
			switch {
			case y >= 48:
				img.SetRGBA(x, y, blue)
			case x >= 32:
				img.SetRGBA(x, y, green)
			default:
				img.SetRGBA(x, y, red)
			}
		}
	}
	return img
}

// seen names the colours in the middle of the four quarters.
func seen(img image.Image) (out []string) {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	for _, p := range []image.Point{{w / 4, h / 4}, {3 * w / 4, h / 4}, {w / 4, 3 * h / 4}, {3 * w / 4, 3 * h / 4}} {
		r, g, b, _ := img.At(p.X, p.Y).RGBA()
		switch {
		case r > 2*g && r > 2*b:
			out = append(out, "red")
		case g > 2*r && g > 2*b:
			out = append(out, "green")
		case b > 2*r && b > 2*g:
			out = append(out, "blue")
		default:
			out = append(out, "?")
		}
	}
	return out
}

// turn stores an upright picture so that an EXIF orientation turns it upright again (EXIF 2.32, table 6).
func turn(img image.Image, orientation int) image.Image {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range size.Dy() { // row and column as they are stored
		for x := range size.Dx() {
			// Where the 0th row and the 0th column are seen.
			var sx, sy int
			switch orientation {
			case 1:
				sx, sy = x, y
			case 2: // row 0 is the top, column 0 the right side
				sx, sy = w-1-x, y
			case 3: // bottom, right
				sx, sy = w-1-x, h-1-y
			case 4: // bottom, left
				sx, sy = x, h-1-y
			case 5: // row 0 is the left side, column 0 the top
				sx, sy = y, x
			case 6: // right, top
				sx, sy = w-1-y, x
			case 7: // right, bottom
				sx, sy = w-1-y, h-1-x
			case 8: // left, bottom
				sx, sy = y, h-1-x
			}
			out.Set(x, y, img.At(sx, sy))
		}
	}
	return out
}

func plain(w, h int, c color.Color) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, c)
		}
	}
	return img
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifOf(t testing.TB, frames, w, h int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for range frames {
		g.Image = append(g.Image, image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White}))
		g.Delay = append(g.Delay, 1)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func segment(marker byte, body string) []byte {
	out := []byte{0xff, marker}
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	return append(out, body...)
}

// withSegments puts segments behind the start of a JPEG.
func withSegments(file, segments []byte) []byte {
	return bytes.Join([][]byte{file[:2], segments, file[2:]}, nil)
}

// exif is a segment with an orientation and a place.
func exif(order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}, orientation int,
) []byte {
	tiff := []byte("MM")
	if order.Uint16([]byte{1, 0}) == 1 {
		tiff = []byte("II")
	}
	tiff = order.AppendUint16(tiff, 42)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, 0x0112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, uint16(orientation))
	tiff = append(tiff, "\x00\x00\x00\x00\x00\x00 GPS-52.5200N Copyright"...)
	return segment(0xe1, "Exif\x00\x00"+string(tiff))
}

func chunk(kind string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(out, kind...)
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// withChunks puts a chunk behind the header of a PNG.
func withChunks(file []byte, kind string, body []byte) []byte {
	return bytes.Join([][]byte{file[:33], chunk(kind, body), file[33:]}, nil)
}

// pngHeader is the beginning of a PNG of 8-bit RGBA.
func pngHeader(w, h uint32) []byte {
	body := binary.BigEndian.AppendUint32(nil, w)
	body = binary.BigEndian.AppendUint32(body, h)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(body, 8, 6, 0, 0, 0))...)
}

// bits writes the lowest bit first, as WebP does.
type bits struct {
	out []byte
	n   int
}

func (b *bits) put(value uint32, n int) {
	for i := range n {
		if b.n%8 == 0 {
			b.out = append(b.out, 0)
		}
		b.out[b.n/8] |= byte(value>>i&1) << (b.n % 8)
		b.n++
	}
}

// vp8l is a lossless WebP picture of one colour: each code has one symbol, so a pixel takes no bits (RFC 9649).
func vp8l(w, h int, red, green, blue, alpha uint32) []byte {
	var b bits
	b.put(0x2f, 8)
	b.put(uint32(w-1), 14)
	b.put(uint32(h-1), 14)
	b.put(1, 1)
	b.put(0, 3)
	b.put(0, 3) // no transform, no cache, one group of codes
	for _, symbol := range []uint32{green, red, blue, alpha, 0} {
		b.put(1, 1) // simple
		b.put(0, 1) // one symbol
		b.put(1, 1) // of eight bits
		b.put(symbol, 8)
	}
	b.put(0, 16)
	return b.out
}

func riff(kind string, body []byte) []byte {
	out := append([]byte(kind), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(body)))
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

func webpOf(w, h int, transparent bool) []byte {
	alpha := uint32(255)
	if transparent {
		alpha = 0
	}
	return riff("RIFF", append([]byte("WEBP"), riff("VP8L", vp8l(w, h, 200, 100, 50, alpha))...))
}

func size24(n int) []byte { return []byte{byte(n - 1), byte((n - 1) >> 8), byte((n - 1) >> 16)} }

func animatedWebP(w, h int) []byte {
	sizes := append(size24(w), size24(h)...)
	body := append([]byte("WEBP"), riff("VP8X", append([]byte{0x12, 0, 0, 0}, sizes...))...)
	body = append(body, riff("ANIM", make([]byte, 6))...)
	frame := append(make([]byte, 6), sizes...)
	frame = append(frame, make([]byte, 4)...)
	frame = append(frame, riff("VP8L", vp8l(w, h, 1, 2, 3, 255))...)
	for range 3 {
		body = append(body, riff("ANMF", frame)...)
	}
	return riff("RIFF", body)
}

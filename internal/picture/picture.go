package picture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime/debug"
	"sync"

	"golang.org/x/image/webp"

	"cruddur"
)

// Limits of a file before it is decoded.
const (
	MaxBytes  = 8 << 20
	MaxPixels = 40_000_000
	maxScans  = 32 // encoders write about ten; each costs a pass over the whole picture, however few bytes it has
	maxMemory = 96 << 20
)

// jpegQuality is high enough that a second encoding of a photograph does not show.
const jpegQuality = 85

// Shape says how a picture is cut and which two sizes of it are made.
type Shape struct {
	Large, Small int  // the longer side, in pixels
	Ratio        int  // of width to height; 0: its own
	Opaque       bool // what is transparent becomes white
}

// The shapes of what members show.
var (
	Crud   = Shape{Large: 1200, Small: 400}
	Avatar = Shape{Large: 400, Small: 120, Ratio: 1, Opaque: true}
	Banner = Shape{Large: 1200, Small: 400, Ratio: 3, Opaque: true}
)

// Picture is a picture that can be shown, in two sizes of the same format.
type Picture struct {
	Large, Small  []byte
	Width, Height int      // of the large one
	Extension     string   // jpg or png
	Color         string   // the mean, #rrggbb
	Hash          [32]byte // SHA-256 of the large one
}

// Make reads and decodes a file and returns it in the sizes of a shape. What is no picture, is too large, or is damaged
// is KindInvalid with a code that says which. If too many are uploaded at the same time, it is KindUnavailable.
func (m *Maker) Make(ctx context.Context, r io.Reader, s Shape) (p Picture, err error) {
	f, err := m.read(r)
	if err != nil {
		return p, err
	}
	give := sync.OnceFunc(func() { m.chunks.give(f.parts) })
	defer give()
	if f.size == 0 {
		return p, cruddur.Invalid("pictures", "picture_blank")
	}
	ctx, cancel := context.WithTimeout(ctx, m.wait)
	defer cancel()
	if err := m.place(ctx); err != nil {
		return p, err
	}
	defer m.places.Release(1)
	defer beLean()()
	b := f.whole()
	give()
	h, ok := readHeader(b)
	switch {
	case h.format == unknown:
		return p, cruddur.Invalid("pictures", "picture_format_unknown")
	case !ok:
		return p, cruddur.Invalid("pictures", "picture_damaged")
	case h.pixels() > MaxPixels || h.memory() > maxMemory:
		return p, cruddur.Invalid("pictures", "picture_too_many_pixels")
	case h.scans > maxScans:
		return p, cruddur.Invalid("pictures", "picture_damaged")
	}
	if err := m.memory.Acquire(ctx, h.memory()); err != nil {
		return p, busy()
	}
	defer m.memory.Release(h.memory())
	return draws(b, h, s)
}

// draws decodes, scales and encodes. A decoder that panics has found a damaged file.
func draws(file []byte, h header, s Shape) (p Picture, err error) {
	if h.memory() > worthFreeing {
		// The collector would let garbage grow to a multiple of what is in use now.
		debug.FreeOSMemory()
		defer debug.FreeOSMemory()
	}
	defer func() {
		if r := recover(); r != nil {
			err = cruddur.Invalid("pictures", "picture_damaged").Wrap(fmt.Errorf("panic: %v", r))
		}
	}()
	large, err := decode(file, h, s)
	if err != nil {
		return p, cruddur.Invalid("pictures", "picture_damaged").Wrap(err)
	}
	small := scale(large, large.Bounds(), s.Small)
	p.Width, p.Height = large.Bounds().Dx(), large.Bounds().Dy()
	p.Color = average(small)
	p.Extension = "png"
	encode := png.Encode
	if large.Opaque() {
		p.Extension = "jpg"
		encode = toJPEG
	}
	var a, b bytes.Buffer
	if err := errors.Join(encode(&a, large), encode(&b, small)); err != nil {
		return p, err
	}
	p.Large, p.Small = a.Bytes(), b.Bytes()
	p.Hash = sha256.Sum256(p.Large)
	return p, nil
}

// decode returns the picture in its large size, upright.
func decode(file []byte, h header, s Shape) (*image.RGBA, error) {
	src, err := decoders[h.format](file)
	if err != nil {
		return nil, err
	}
	bounds := src.Bounds()
	if bounds.Dx() > h.width || bounds.Dy() > h.height || bounds.Empty() {
		return nil, errors.New("the picture has not the size of its header")
	}
	if s.Ratio > 0 {
		ratio := s.Ratio
		if ratio > 1 && h.orientation >= 5 {
			bounds = turned(bounds, ratio)
		} else {
			bounds = middle(bounds, ratio)
		}
	}
	out := upright(scale(src, bounds, s.Large), h.orientation)
	if s.Opaque && !out.Opaque() {
		white := image.NewRGBA(out.Bounds())
		draw.Draw(white, white.Bounds(), image.White, image.Point{}, draw.Src)
		draw.Draw(white, white.Bounds(), out, image.Point{}, draw.Over)
		out = white
	}
	return out, nil
}

// turned is middle for a picture that lies on its side.
func turned(b image.Rectangle, ratio int) image.Rectangle {
	swapped := middle(image.Rect(b.Min.Y, b.Min.X, b.Max.Y, b.Max.X), ratio)
	return image.Rect(swapped.Min.Y, swapped.Min.X, swapped.Max.Y, swapped.Max.X)
}

var decoders = map[format]func([]byte) (image.Image, error){
	jpegFile: func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) },
	pngFile:  func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) },
	gifFile:  func(b []byte) (image.Image, error) { return gif.Decode(bytes.NewReader(b)) }, // the first frame only
	webpFile: func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(stillWebP(b))) },
}

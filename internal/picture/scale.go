package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// scale returns a part of a picture, scaled to fit into a square of the given side, never larger than it is. It
// first averages whole blocks of pixels, which needs no memory beyond its result, and scales the rest, less than
// by half, with x/image/draw. (The kernels of x/image/draw alone would allocate 32 bytes for each line of the
// original and pixel of a result's line: 200 MB for 40 megapixels.)
func scale(src image.Image, part image.Rectangle, side int) *image.RGBA {
	w, h := fit(part.Dx(), part.Dy(), side)
	if k := max(part.Dx(), part.Dy()) / max(w, h); k > 1 {
		src = shrink(src, part, k)
		part = src.Bounds()
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(out, out.Bounds(), src, part, draw.Src, nil)
	return out
}

// fit returns the size of a picture whose longer side is at most side.
func fit(w, h, side int) (int, int) {
	if longer := max(w, h); longer > side {
		return max(1, (w*side+longer/2)/longer), max(1, (h*side+longer/2)/longer)
	}
	return w, h
}

// shrink averages blocks of k by k pixels.
func shrink(src image.Image, part image.Rectangle, k int) *image.RGBA {
	w, h := max(1, part.Dx()/k), max(1, part.Dy()/k)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	at := pixels(src)
	for y := range h {
		for x := range w {
			var r, g, b, a, n uint32
			left, top := part.Min.X+x*k, part.Min.Y+y*k
			for sy := top; sy < min(top+k, part.Max.Y); sy++ {
				for sx := left; sx < min(left+k, part.Max.X); sx++ {
					c := at(sx, sy)
					r, g, b, a, n = r+uint32(c.R>>8), g+uint32(c.G>>8), b+uint32(c.B>>8), a+uint32(c.A>>8), n+1
				}
			}
			out.SetRGBA(x, y, color.RGBA{R: uint8((r + n/2) / n), G: uint8((g + n/2) / n), B: uint8((b + n/2) / n), A: uint8((a + n/2) / n)})
		}
	}
	return out
}

// pixels returns a function that reads a pixel without allocating.
func pixels(src image.Image) func(x, y int) color.RGBA64 {
	if i, ok := src.(image.RGBA64Image); ok {
		return i.RGBA64At
	}
	return func(x, y int) color.RGBA64 {
		r, g, b, a := src.At(x, y).RGBA()
		return color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: uint16(a)}
	}
}

// upright turns and mirrors a picture as its EXIF orientation says.
func upright(src *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 || orientation > 8 {
		return src
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch orientation {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			out.SetRGBA(tx, ty, src.RGBAAt(x, y))
		}
	}
	return out
}

// middle returns the largest part of a picture with a ratio of width to height, from its middle.
func middle(b image.Rectangle, ratio int) image.Rectangle {
	w, h := b.Dx(), b.Dy()
	if w > h*ratio {
		w = max(1, h*ratio)
	} else {
		h = max(1, w/ratio)
	}
	left, top := b.Min.X+(b.Dx()-w)/2, b.Min.Y+(b.Dy()-h)/2
	return image.Rect(left, top, left+w, top+h)
}

// average returns the mean colour of the visible pixels, as #rrggbb.
func average(p *image.RGBA) string {
	var r, g, b, a uint64
	for i := 0; i+4 <= len(p.Pix); i += 4 {
		// The colours are multiplied by alpha already.
		r, g, b, a = r+uint64(p.Pix[i]), g+uint64(p.Pix[i+1]), b+uint64(p.Pix[i+2]), a+uint64(p.Pix[i+3])
	}
	if a == 0 {
		return "#808080"
	}
	const digits = "0123456789abcdef"
	out := []byte{'#'}
	for _, sum := range [...]uint64{r, g, b} {
		v := min(255, (sum*255+a/2)/a)
		out = append(out, digits[v>>4], digits[v&15])
	}
	return string(out)
}

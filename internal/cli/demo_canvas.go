package cli

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
)

// canvas is what the pictures of the demo are drawn on. They are drawn when they are needed, because a program should not
// carry photographs along.
type canvas struct{ *image.RGBA }

func newCanvas(w, h int) canvas { return canvas{image.NewRGBA(image.Rect(0, 0, w, h))} }

// rgb is a colour as 0xrrggbb.
func rgb(c uint32) color.RGBA { return color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 255} }

// point is a place as a share of width and height.
type point struct{ x, y float64 }

// blend lays a colour over a pixel, which has one already or gets it whole.
func (c canvas) blend(x, y int, over color.RGBA, share float64) {
	if share <= 0 {
		return
	}
	i := c.PixOffset(x, y)
	if share >= 1 {
		c.Pix[i], c.Pix[i+1], c.Pix[i+2], c.Pix[i+3] = over.R, over.G, over.B, over.A
		return
	}
	for k, v := range [3]uint8{over.R, over.G, over.B} {
		c.Pix[i+k] = uint8(float64(c.Pix[i+k]) + (float64(v)-float64(c.Pix[i+k]))*share)
	}
}

// sky fills the rows from one share of the height to another, from one colour to the next.
func (c canvas) sky(from, to float64, colors ...uint32) {
	h := float64(c.Rect.Dy())
	for y := int(from * h); y < int(to*h); y++ {
		at := (float64(y)/h - from) / (to - from) * float64(len(colors)-1)
		i := min(int(at), len(colors)-2)
		c.blend(0, y, rgb(colors[i]), 1)
		c.blend(0, y, rgb(colors[i+1]), at-float64(i))
		row := c.Pix[c.PixOffset(0, y):][:4*c.Rect.Dx()]
		for n := 4; n < len(row); n *= 2 {
			copy(row[n:], row[:n])
		}
	}
}

// disc draws a disc with a radius as a share of the height; its edge is soft over a share of the radius.
func (c canvas) disc(at point, radius, soft float64, fill uint32, share float64) {
	w, h := float64(c.Rect.Dx()), float64(c.Rect.Dy())
	r := radius * h
	edge := max(1, soft*r)
	for y := max(0, int(at.y*h-r-1)); y < min(c.Rect.Dy(), int(at.y*h+r+2)); y++ {
		for x := max(0, int(at.x*w-r-1)); x < min(c.Rect.Dx(), int(at.x*w+r+2)); x++ {
			away := math.Hypot(float64(x)-at.x*w, float64(y)-at.y*h)
			c.blend(x, y, rgb(fill), min(1, (r+0.5-away)/edge)*share)
		}
	}
}

// hills fills what is below a line of waves.
func (c canvas) hills(base, height, waves, shift float64, fill uint32) {
	w, h := float64(c.Rect.Dx()), float64(c.Rect.Dy())
	for x := range c.Rect.Dx() {
		at := float64(x) / w * waves * 2 * math.Pi
		top := (base - height*(math.Sin(at+shift)+0.4*math.Sin(2.3*at+3*shift))) * h
		for y := max(0, int(top)); y < c.Rect.Dy(); y++ {
			c.blend(x, y, rgb(fill), float64(y)-top)
		}
	}
}

// shape fills a convex shape whose corners are given clockwise.
func (c canvas) shape(fill uint32, share float64, corners ...point) {
	w, h := float64(c.Rect.Dx()), float64(c.Rect.Dy())
	low, high := corners[0], corners[0]
	for _, p := range corners {
		low, high = point{min(low.x, p.x), min(low.y, p.y)}, point{max(high.x, p.x), max(high.y, p.y)}
	}
	for y := max(0, int(low.y*h)-1); y < min(c.Rect.Dy(), int(high.y*h)+2); y++ {
		for x := max(0, int(low.x*w)-1); x < min(c.Rect.Dx(), int(high.x*w)+2); x++ {
			inside := 1.0
			for i, a := range corners {
				b := corners[(i+1)%len(corners)]
				dx, dy := (b.x-a.x)*w, (b.y-a.y)*h
				away := (dx*(float64(y)-a.y*h) - dy*(float64(x)-a.x*w)) / math.Hypot(dx, dy)
				inside = min(inside, away+0.5)
			}
			c.blend(x, y, rgb(fill), inside*share)
		}
	}
}

func (c canvas) box(x0, y0, x1, y1 float64, fill uint32) {
	c.shape(fill, 1, point{x0, y0}, point{x1, y0}, point{x1, y1}, point{x0, y1})
}

// file returns the picture as a file that a member could upload.
func (c canvas) file() (*bytes.Buffer, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, c, &jpeg.Options{Quality: 92})
	return &b, err
}

package cli

// The pictures of the demo's cruds are 3 to 2, its avatars square, its banners 3 to 1.

func lighthouse(w, h int) canvas {
	c := newCanvas(w, h)
	c.sky(0, 0.66, 0x241b4b, 0x6a4c93, 0xf2a679)
	c.sky(0.66, 1, 0x8a5a86, 0x1d1a3d)
	c.disc(point{0.2, 0.64}, 0.3, 1, 0xffd9a0, 0.7)
	c.shape(0xfff3c4, 0.35, point{0.74, 0.28}, point{0.74, 0.31}, point{0, 0.32}, point{0, 0.08})
	c.shape(0xf6f1ea, 1, point{0.725, 0.34}, point{0.765, 0.34}, point{0.79, 0.9}, point{0.7, 0.9})
	c.shape(0xc8503c, 1, point{0.717, 0.48}, point{0.772, 0.48}, point{0.777, 0.58}, point{0.713, 0.58})
	c.box(0.728, 0.27, 0.762, 0.34, 0xffe9a8)
	c.shape(0x2b2450, 1, point{0.745, 0.21}, point{0.772, 0.27}, point{0.718, 0.27})
	c.hills(0.84, 0.07, 0.6, 3.4, 0x151231)
	return c
}

func boatInFog(w, h int) canvas {
	c := newCanvas(w, h)
	c.sky(0, 1, 0xdfe3e6, 0xc4ccd2, 0x93a1ab)
	for i := range 5 {
		c.hills(0.56+0.09*float64(i), 0.008, 1.5+float64(i), float64(i), []uint32{0xb9c3ca, 0xabb7bf, 0x9caab4, 0x8c9ca7, 0x7c8d99}[i])
	}
	c.shape(0x3b4650, 0.85, point{0.42, 0.63}, point{0.6, 0.63}, point{0.57, 0.7}, point{0.45, 0.7})
	c.box(0.507, 0.38, 0.512, 0.64, 0x4b565f)
	c.shape(0xf4f4f0, 0.8, point{0.515, 0.4}, point{0.58, 0.6}, point{0.515, 0.6})
	c.disc(point{0.51, 0.68}, 0.34, 1, 0xd5dbdf, 0.35)
	return c
}

// season is the same hill with the colours of a season.
func season(w, h, n int) canvas {
	c := newCanvas(w, h)
	s := []struct{ high, low, sun, far, near, crown uint32 }{
		{0x9fd4ee, 0xe8f6ee, 0xfff4c2, 0x9ccf8a, 0x6fb35e, 0xf7c6d9},
		{0x4aa3df, 0xcdeaf7, 0xfff1a0, 0x5d9e4c, 0x3f7f35, 0x2f6b2c},
		{0xd9a066, 0xf6e3c0, 0xffd27a, 0xb9873f, 0x8f5f2a, 0xd2622a},
		{0xaab9c9, 0xeef2f6, 0xfdfdfd, 0xdfe7ee, 0xf6f9fb, 0xb9c6d2},
	}[n]
	c.sky(0, 1, s.high, s.low)
	c.disc(point{0.78, 0.22}, 0.09, 0.2, s.sun, 1)
	c.hills(0.66, 0.08, 0.9, 1, s.far)
	c.hills(0.82, 0.05, 0.7, 3, s.near)
	c.box(0.292, 0.5, 0.308, 0.78, 0x5b4636)
	for _, p := range []point{{0.3, 0.42}, {0.25, 0.5}, {0.35, 0.5}, {0.3, 0.54}} {
		c.disc(p, 0.11, 0.1, s.crown, 1)
	}
	if n == 3 { // it snows
		for i := range 90 {
			c.disc(point{float64((i*i*31+i*17)%101) / 101, float64((i*i*47+i*5)%103) / 103}, 0.006, 0.5, 0xffffff, 0.9)
		}
	}
	return c
}

// rainOfAWeek are millimetres.
var rainOfAWeek = []float64{2, 0, 5, 12, 8, 3, 1}

func rainChart(w, h int) canvas {
	c := newCanvas(w, h)
	c.sky(0, 1, 0xf4f8fb, 0xe3edf4)
	for i := range 4 {
		c.box(0.06, 0.86-0.18*float64(i), 0.94, 0.864-0.18*float64(i), 0xc3d3df)
	}
	for i, mm := range rainOfAWeek {
		if mm == 0 {
			continue
		}
		x := 0.1 + 0.12*float64(i)
		c.box(x, 0.86-mm*0.06, x+0.08, 0.86, []uint32{0x2f6f9f, 0x3a86b8}[i%2])
	}
	return c
}

func beans(w, h int) canvas {
	c := newCanvas(w, h)
	c.sky(0, 1, 0xf3ead8, 0xe6d8bd)
	for i := range 12 {
		at := point{0.14 + 0.24*float64(i%4), 0.2 + 0.3*float64(i/4)}
		fill := []uint32{0x7b2d26, 0x2f4858, 0xe0a458, 0x5b8c5a, 0x3d2645}[i*7%5]
		c.disc(point{at.x, at.y + 0.012}, 0.105, 0.4, 0x8c7a58, 0.5)
		c.disc(at, 0.1, 0, fill, 1)
		c.disc(point{at.x - 0.02, at.y - 0.035}, 0.03, 1, 0xffffff, 0.5)
	}
	return c
}

func nightBus(w, h int) canvas {
	c := newCanvas(w, h)
	c.sky(0, 1, 0x0d1330, 0x27335f)
	c.disc(point{0.8, 0.22}, 0.1, 0.1, 0xf6efc9, 1)
	c.box(0.16, 0.42, 0.84, 0.76, 0xd8423a)
	for i := range 4 {
		x := 0.2 + 0.155*float64(i)
		c.box(x, 0.48, x+0.12, 0.6, 0xffe39a)
	}
	for _, x := range []float64{0.3, 0.7} {
		c.disc(point{x, 0.77}, 0.08, 0, 0x10131f, 1)
		c.disc(point{x, 0.77}, 0.035, 0, 0x9aa3b5, 1)
	}
	return c
}

func loaf(w, h int) canvas {
	c := newCanvas(w, h)
	c.sky(0, 1, 0xf7e3bd, 0xeabf7d)
	c.disc(point{0.5, 0.62}, 0.32, 0, 0x9a5a24, 1)
	c.disc(point{0.5, 0.58}, 0.3, 0.3, 0xbf7a35, 1)
	for i := range 3 {
		x := 0.34 + 0.13*float64(i)
		c.shape(0xf3dcae, 0.9, point{x, 0.42}, point{x + 0.03, 0.42}, point{x + 0.09, 0.64}, point{x + 0.05, 0.64})
	}
	c.box(0, 0.8, 1, 1, 0x7d5230)
	return c
}

func drop(w, h int) canvas {
	c := newCanvas(w, h)
	c.sky(0, 1, 0xcfe6f2, 0x8fbcd6)
	c.shape(0x2d6a94, 1, point{0.5, 0.16}, point{0.705, 0.52}, point{0.295, 0.52})
	c.disc(point{0.5, 0.6}, 0.225, 0, 0x2d6a94, 1)
	c.disc(point{0.42, 0.62}, 0.06, 0.8, 0xffffff, 0.7)
	return c
}

func contours(w, h int) canvas {
	c := newCanvas(w, h)
	c.sky(0, 1, 0xf1ecd9, 0xe4dcc0)
	for i := range 6 {
		r, at := 0.55-0.09*float64(i), point{0.46 + 0.015*float64(i), 0.56 - 0.02*float64(i)}
		c.disc(at, r, 0, 0x9a7b4f, 1)
		c.disc(at, r-0.012, 0, []uint32{0xe3dfba, 0xd3d9a8, 0xc1cf97, 0xb0c389, 0xa3b97f, 0xc9b98a}[i], 1)
	}
	return c
}

func skyline(w, h int) canvas {
	c := newCanvas(w, h)
	c.sky(0, 1, 0x0d1330, 0x3a3f74, 0xb06a7a)
	for i := range 14 {
		x, top := float64(i)/14, 0.42+0.3*float64(i*5%7)/7
		c.box(x, top, x+0.066, 1, []uint32{0x171b38, 0x1f2446, 0x141730}[i%3])
		for k := range 9 {
			if (i*3+k*5)%4 == 0 {
				c.box(x+0.012+0.018*float64(k%3), top+0.06+0.11*float64(k/3), x+0.02+0.018*float64(k%3), top+0.11+0.11*float64(k/3), 0xffd98a)
			}
		}
	}
	return c
}

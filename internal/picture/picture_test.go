package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/picture"
)

func made(t *testing.T, file []byte, s picture.Shape) picture.Picture {
	t.Helper()
	p, err := picture.New().Make(t.Context(), bytes.NewReader(file), s)
	if err != nil {
		t.Fatalf("Make() = %v", err)
	}
	return p
}

func decoded(t *testing.T, b []byte) image.Image {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		w, h         int
		shape        picture.Shape
		large, small image.Point
	}{
		"wide":               {2400, 1000, picture.Crud, image.Pt(1200, 500), image.Pt(400, 167)},
		"tall":               {1000, 2400, picture.Crud, image.Pt(500, 1200), image.Pt(167, 400)},
		"as large as may be": {1200, 1200, picture.Crud, image.Pt(1200, 1200), image.Pt(400, 400)},
		"one more":           {1201, 1200, picture.Crud, image.Pt(1200, 1199), image.Pt(400, 400)},
		"never up":           {30, 20, picture.Crud, image.Pt(30, 20), image.Pt(30, 20)},
		"a line":             {3000, 1, picture.Crud, image.Pt(1200, 1), image.Pt(400, 1)},
		"a column":           {1, 3000, picture.Crud, image.Pt(1, 1200), image.Pt(1, 400)},
		"avatar":             {900, 600, picture.Avatar, image.Pt(400, 400), image.Pt(120, 120)},
		"banner":             {1500, 1500, picture.Banner, image.Pt(1200, 400), image.Pt(400, 133)},
		"banner, low":        {4000, 100, picture.Banner, image.Pt(300, 100), image.Pt(300, 100)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := made(t, pngOf(t, plain(c.w, c.h, color.RGBA{R: 200, G: 100, B: 50, A: 255})), c.shape)
			if got := decoded(t, p.Large).Bounds().Size(); got != c.large {
				t.Errorf("large is %v, want %v", got, c.large)
			}
			if got := decoded(t, p.Small).Bounds().Size(); got != c.small {
				t.Errorf("small is %v, want %v", got, c.small)
			}
			if got := image.Pt(p.Width, p.Height); got != c.large {
				t.Errorf("Width and Height = %v, want %v", got, c.large)
			}
			if p.Color != "#c86432" || p.Extension != "jpg" {
				t.Errorf("colour %s, extension %s, want #c86432 and jpg", p.Color, p.Extension)
			}
		})
	}
}

// What is transparent stays so, in a format that can; an avatar gets a white ground.
func TestTransparency(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 60, 60))
	for y := range 60 {
		for x := range 30 {
			img.SetNRGBA(x, y, color.NRGBA{R: 255, A: 255})
		}
	}
	p := made(t, pngOf(t, img), picture.Crud)
	if _, _, _, a := decoded(t, p.Large).At(50, 30).RGBA(); a != 0 || p.Extension != "png" {
		t.Errorf("alpha %d as %s, want 0 as png", a, p.Extension)
	}
	if p.Color != "#ff0000" {
		t.Errorf("colour %s, want that of the visible half", p.Color)
	}
	p = made(t, pngOf(t, img), picture.Avatar)
	if r, g, b, _ := decoded(t, p.Large).At(55, 30).RGBA(); min(r, g, b) < 0xf000 || p.Extension != "jpg" {
		t.Errorf("%x %x %x as %s, want white as jpg", r, g, b, p.Extension)
	}
	if p = made(t, pngOf(t, image.NewNRGBA(image.Rect(0, 0, 5, 5))), picture.Crud); p.Color != "#808080" {
		t.Errorf("colour of nothing is %s", p.Color)
	}
}

// Every orientation of EXIF leads to the same upright picture: red above left, green above right, blue below.
func TestOrientation(t *testing.T) {
	t.Parallel()
	want := []string{"red", "green", "blue", "blue"}
	for o := 1; o <= 8; o++ {
		file := withSegments(jpegOf(t, turn(corners(), o)), exif(binary.BigEndian, o))
		for name, file := range map[string][]byte{
			"JPEG, big endian":    file,
			"JPEG, little endian": withSegments(jpegOf(t, turn(corners(), o)), exif(binary.LittleEndian, o)),
			"PNG":                 withChunks(pngOf(t, turn(corners(), o)), "eXIf", exif(binary.BigEndian, o)[10:]),
		} {
			p := made(t, file, picture.Crud)
			if diff := cmp.Diff(want, seen(decoded(t, p.Large))); diff != "" {
				t.Errorf("%s, orientation %d (-want +got):\n%s", name, o, diff)
			}
		}
	}
	for _, o := range []int{0, 9, 70} {
		p := made(t, withSegments(jpegOf(t, corners()), exif(binary.BigEndian, o)), picture.Crud)
		if diff := cmp.Diff(want, seen(decoded(t, p.Large))); diff != "" {
			t.Errorf("orientation %d (-want +got):\n%s", o, diff)
		}
	}
	p := made(t, withSegments(jpegOf(t, plain(100, 900, color.White)), exif(binary.BigEndian, 6)), picture.Banner)
	if p.Width != 300 || p.Height != 100 {
		t.Errorf("a banner that lies on its side is %d × %d, want 300 × 100", p.Width, p.Height)
	}
}

// Nothing of the original's metadata is kept, nor what stands behind the picture.
func TestMetadataIsGone(t *testing.T) {
	t.Parallel()
	secrets := []string{"GPS-52.5200N", "http://ns.adobe.com/xap/1.0/", "ICC_PROFILE", "a comment", "<script>alert(1)</script>", "Copyright"}
	segments := exif(binary.BigEndian, 1)
	for _, s := range secrets {
		segments = append(segments, segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+s)...)
		segments = append(segments, segment(0xe2, "ICC_PROFILE\x00\x01\x01"+s)...)
		segments = append(segments, segment(0xfe, s)...)
	}
	files := map[string][]byte{
		"JPEG": append(withSegments(jpegOf(t, corners()), segments), strings.Join(secrets, "\n")...),
	}
	photo := corners()
	photo.(*image.RGBA).SetRGBA(3, 3, color.RGBA{})
	for name, img := range map[string]image.Image{"PNG": corners(), "PNG with transparency": photo} {
		file := pngOf(t, img)
		for _, s := range secrets {
			for _, kind := range []string{"tEXt", "zTXt", "iTXt", "iCCP", "eXIf"} {
				file = withChunks(file, kind, []byte(s))
			}
		}
		files[name] = append(file, strings.Join(secrets, "\n")...)
	}
	for name, file := range files {
		p := made(t, file, picture.Crud)
		for _, out := range [][]byte{p.Large, p.Small} {
			for _, s := range append(secrets, "Exif", "xmp", "ICC", "eXIf", "iCCP", "tEXt", "zTXt", "iTXt", "JFIF") {
				if bytes.Contains(out, []byte(s)) {
					t.Errorf("%s: %q is still there", name, s)
				}
			}
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"GIF":            gifOf(t, 1, 20, 10),
		"animated GIF":   gifOf(t, 20, 20, 10),
		"WebP":           webpOf(20, 10, false),
		"animated WebP":  animatedWebP(20, 10),
		"grey JPEG":      jpegOf(t, image.NewGray(image.Rect(0, 0, 20, 10))),
		"16-bit PNG":     pngOf(t, image.NewRGBA64(image.Rect(0, 0, 20, 10))),
		"palette of PNG": pngOf(t, image.NewPaletted(image.Rect(0, 0, 20, 10), color.Palette{color.Black, color.White})),
	} {
		p := made(t, file, picture.Crud)
		if p.Width != 20 || p.Height != 10 {
			t.Errorf("%s is %d × %d, want 20 × 10", name, p.Width, p.Height)
		}
	}
}

func TestSameBytesSameHash(t *testing.T) {
	t.Parallel()
	a, b := made(t, jpegOf(t, corners()), picture.Crud), made(t, jpegOf(t, corners()), picture.Crud)
	if a.Hash != b.Hash || !bytes.Equal(a.Large, b.Large) {
		t.Error("the same file became two pictures")
	}
}

func code(err error) string {
	if e, ok := errors.AsType[*cruddur.Error](err); ok {
		return e.Codes[0]
	}
	return ""
}

package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/picture"
)

// resized is a JPEG whose frame says another size than its data has.
func resized(t testing.TB, w, h uint16) []byte {
	t.Helper()
	file := jpegOf(t, corners())
	i := bytes.Index(file, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(file[i+5:], h)
	binary.BigEndian.PutUint16(file[i+7:], w)
	return file
}

func deflated(n int) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	zero := make([]byte, 64<<10)
	for ; n > 0; n -= len(zero) {
		_, _ = w.Write(zero[:min(n, len(zero))])
	}
	_ = w.Close()
	return b.Bytes()
}

// clearPNG is a transparent PNG of 8-bit RGBA, whose few bytes become four for each pixel.
func clearPNG(w, h int) []byte {
	return slices.Concat(pngHeader(uint32(w), uint32(h)), chunk("IDAT", deflated(h*(1+4*w))), chunk("IEND", nil))
}

// manyScans repeats the scan of a JPEG.
func manyScans(t testing.TB, n int) []byte {
	t.Helper()
	file := jpegOf(t, corners())
	i := bytes.Index(file, []byte{0xff, 0xda})
	scan := file[i : len(file)-2]
	return slices.Concat(file[:i], bytes.Repeat(scan, n), file[len(file)-2:])
}

// Each of these gets a clear answer, and costs no more than its header.
func TestBombs(t *testing.T) {
	t.Parallel()
	bomb := deflated(64 << 20)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":                        {nil, "picture_blank"},
		"text":                           {[]byte("hello, this is no picture at all, whatever its name says"), "picture_format_unknown"},
		"SVG":                            {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "picture_format_unknown"},
		"SVG with a declaration":         {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`), "picture_format_unknown"},
		"HTML":                           {[]byte(`<!doctype html><img src="x">`), "picture_format_unknown"},
		"BMP":                            {[]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00"), "picture_format_unknown"},
		"PNG of 50,000 × 50,000":         {pngHeader(50_000, 50_000), "picture_too_many_pixels"},
		"PNG of 2³¹ × 2³¹":               {pngHeader(1<<31, 1<<31), "picture_damaged"},
		"PNG of 40 megapixels and one":   {pngHeader(40_000_001, 1), "picture_too_many_pixels"},
		"PNG without a width":            {pngHeader(0, 10), "picture_damaged"},
		"PNG with more than its pixels":  {slices.Concat(pngHeader(2, 2), chunk("IDAT", bomb), chunk("IEND", nil)), "picture_damaged"},
		"PNG of 40 megapixels, RGBA":     {pngHeader(8000, 5000), "picture_too_many_pixels"},
		"JPEG of 65,500 × 65,500":        {resized(t, 65500, 65500), "picture_too_many_pixels"},
		"JPEG that lies about its size":  {resized(t, 4000, 4000), "picture_damaged"},
		"JPEG of no height":              {resized(t, 64, 0), "picture_damaged"},
		"JPEG with a thousand scans":     {manyScans(t, 1000), "picture_damaged"},
		"JPEG without a picture":         {[]byte("\xff\xd8\xff\xd9"), "picture_damaged"},
		"GIF with a huge first frame":    {hugeFrame(t), "picture_damaged"},
		"GIF of 65,535 × 65,535":         {append([]byte("GIF89a\xff\xff\xff\xff"), make([]byte, 40)...), "picture_too_many_pixels"},
		"WebP of 16,384 × 16,384":        {webpOf(16384, 16384, false), "picture_too_many_pixels"},
		"animated WebP without a frame":  {riff("RIFF", append([]byte("WEBP"), riff("VP8X", []byte{2, 0, 0, 0, 9, 0, 0, 9, 0, 0})...)), "picture_damaged"},
		"more than eight megabytes":      {append(jpegOf(t, corners()), make([]byte, picture.MaxBytes)...), "picture_too_large"},
		"MPEG-4, as HEIC and AVIF":       {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "picture_format_unknown"},
		"GIF of nothing but a signature": {[]byte("GIF89a"), "picture_damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := picture.New().Make(t.Context(), bytes.NewReader(c.file), picture.Crud)
			if code(err) != c.want || cruddur.KindOf(err) != cruddur.KindInvalid {
				t.Errorf("Make() = %v, want invalid: %s", err, c.want)
			}
		})
	}
}

func hugeFrame(t testing.TB) []byte {
	file := gifOf(t, 1, 20, 10)
	binary.LittleEndian.PutUint16(file[6:], 5) // the screen is smaller than its frame
	return file
}

// CVE-2023-36460 (Mastodon): a crafted file made an outside program write any file.
//
// These hold more than a picture; the picture is made, and the rest is gone.
func TestAdvisoryPictureFormats(t *testing.T) {
	t.Parallel()
	const script = "<html><script>alert(document.domain)</script>"
	png := pngOf(t, corners())
	for _, kind := range []string{"iCCP", "zTXt", "iTXt"} {
		png = withChunks(png, kind, append([]byte("name\x00\x00"), deflated(64<<20)...))
	}
	gif := append(gifOf(t, 1, 20, 10), "/*"+script+"*/=1;alert(1)"...)
	for name, file := range map[string][]byte{
		"JPEG and HTML":             append(withSegments(jpegOf(t, corners()), segment(0xfe, script)), script...),
		"GIF and JavaScript":        gif,
		"PNG with bombs in chunks":  png,
		"GIF of 10,000 frames":      gifOf(t, 10_000, 20, 10),
		"PNG and a ZIP":             append(pngOf(t, corners()), "PK\x03\x04"+script...),
		"JPEG with a long comment":  withSegments(jpegOf(t, corners()), bytes.Repeat(segment(0xfe, script), 1000)),
		"WebP with more than it is": append(webpOf(20, 10, false), script...),
	} {
		p := made(t, file, picture.Crud)
		for _, out := range [][]byte{p.Large, p.Small} {
			if bytes.Contains(out, []byte("script")) || bytes.Contains(out, []byte("PK\x03\x04")) || len(out) > 20_000 {
				t.Errorf("%s: something of the rest is kept, in %d bytes", name, len(out))
			}
		}
	}
}

// A file that ends early is damaged, wherever it ends.
func TestTruncated(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"JPEG": jpegOf(t, noise(200, 150)), "PNG": pngOf(t, noise(200, 150)), "GIF": gifOf(t, 1, 200, 150), "WebP": webpOf(200, 150, false),
	} {
		for quarter := range 4 {
			_, err := picture.New().Make(t.Context(), bytes.NewReader(file[:len(file)*quarter/4]), picture.Crud)
			if cruddur.KindOf(err) != cruddur.KindInvalid {
				t.Errorf("%s after %d quarters: %v", name, quarter, err)
			}
		}
	}
}

func noise(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	seed := uint32(1)
	for i := range img.Pix {
		seed = seed*1664525 + 1013904223
		img.Pix[i] = byte(seed >> 24)
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// childMode names what a second process of this test does, whose memory can be measured.
const childMode = "CRUDDUR_TEST_PICTURES"

// A hundred uploads at once of the largest pictures that are taken, each as large as a file may be: all get an answer,
// and the process stays below 150 MB above what it has without them, so a server stays below 200.
func TestMemory(t *testing.T) {
	if os.Getenv(childMode) != "" {
		uploadMuch(t)
		return
	}
	most := func(mode string) int64 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemory$", "-test.v")
		cmd.Env = append(os.Environ(), childMode+"="+mode)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		kilo := int64(1 << 10)
		if runtime.GOOS == "darwin" {
			kilo = 1
		}
		peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss * kilo
		t.Logf("%s: %d MB\n%s", mode, peak>>20, out)
		return peak
	}
	idle, busy := most("idle"), most("busy")
	if grown := (busy - idle) >> 20; grown > 155 {
		t.Errorf("100 uploads at once take %d MB, want at most 155", grown)
	}
}

func uploadMuch(t *testing.T) {
	debug.SetGCPercent(300) // as cruddur serve
	files := [][]byte{
		clearPNG(4980, 4980),
		webpOf(3500, 3500, false),
		clearPNG(3000, 3000),
		pngHeader(50_000, 50_000),
	}
	if os.Getenv(childMode) == "idle" {
		return
	}
	maker := picture.New()
	var group sync.WaitGroup
	var lock sync.Mutex
	answers := map[string]int{}
	for i := range 100 {
		group.Go(func() {
			// Some try again until they have another answer, as they were asked to.
			for again := i < 8; ; time.Sleep(5 * time.Millisecond) {
				file := files[i%len(files)]
				rest := io.LimitReader(endless{}, int64(picture.MaxBytes-len(file)))
				_, err := maker.Make(t.Context(), io.MultiReader(bytes.NewReader(file), rest), picture.Crud)
				lock.Lock()
				answers[code(err)]++
				lock.Unlock()
				if !again || code(err) != "pictures_busy" {
					return
				}
			}
		})
	}
	group.Wait()
	fmt.Println(answers)
	for answer := range answers {
		if !slices.Contains([]string{"", "pictures_busy", "picture_too_many_pixels"}, answer) {
			t.Errorf("an upload is answered %q", answer)
		}
	}
	if answers[""] < 6 || answers["pictures_busy"] == 0 {
		t.Errorf("answers %v, want some of each", answers)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// slow is a client that has sent a part of a file and then waits.
type slow struct {
	sent chan bool
	end  chan bool
	rest int
}

func (s *slow) Read(b []byte) (int, error) {
	if s.rest == 0 {
		s.sent <- true
		<-s.end
		return 0, errors.New("gone")
	}
	n := min(len(b), s.rest)
	s.rest -= n
	return n, nil
}

// Files take as much memory as has come of them; when it is used up, others are asked to come back.
func TestRead(t *testing.T) {
	t.Parallel()
	m := picture.New()
	upload := func(r io.Reader) string { _, err := m.Make(t.Context(), r, picture.Crud); return code(err) }
	for n, want := range map[int64]string{
		0: "picture_blank", 1: "picture_format_unknown", 256 << 10: "picture_format_unknown", 256<<10 + 1: "picture_format_unknown",
		picture.MaxBytes: "picture_format_unknown", picture.MaxBytes + 1: "picture_too_large",
	} {
		if got := upload(io.LimitReader(endless{}, n)); got != want {
			t.Errorf("%d bytes: %q, want %q", n, got, want)
		}
	}
	s := &slow{sent: make(chan bool), end: make(chan bool)}
	gone := make(chan string)
	for range 100 { // they have sent nothing yet
		go func() { gone <- upload(&slow{sent: s.sent, end: s.end}) }()
		<-s.sent
	}
	close(s.end)
	full := map[string]int{}
	for range 100 {
		full[<-gone]++
	}
	if full["picture_incomplete"] != 100 {
		t.Errorf("uploads that end: %v", full)
	}
	s.end = make(chan bool)
	for range 2 {
		go func() { gone <- upload(&slow{sent: s.sent, end: s.end, rest: picture.MaxBytes - 1}) }()
		<-s.sent
	}
	_, err := m.Make(t.Context(), io.LimitReader(endless{}, picture.MaxBytes), picture.Crud)
	if e, ok := errors.AsType[*cruddur.Error](err); !ok || e.Kind != cruddur.KindUnavailable || e.RetryAfter != 5 || code(err) != "pictures_busy" {
		t.Errorf("without memory: %v, want unavailable, and when to try again", err)
	}
	if got := upload(bytes.NewReader(jpegOf(t, corners()))); got != "" {
		t.Errorf("a small one beside them: %q", got)
	}
	close(s.end)
	<-gone
	<-gone
	if got := upload(io.LimitReader(endless{}, picture.MaxBytes)); got != "picture_format_unknown" {
		t.Errorf("after they have gone: %q", got)
	}
}

// Whatever the bytes, there is an answer: a picture within its size, or an error for the member.
func FuzzMake(f *testing.F) {
	for _, file := range [][]byte{
		jpegOf(f, corners()), pngOf(f, corners()), gifOf(f, 2, 20, 10), webpOf(20, 10, true), animatedWebP(20, 10),
		withSegments(jpegOf(f, corners()), exif(binary.BigEndian, 6)), withChunks(pngOf(f, corners()), "eXIf", []byte("II*\x00")),
		manyScans(f, 3), resized(f, 300, 300), pngOf(f, image.NewPaletted(image.Rect(0, 0, 9, 9), color.Palette{color.Black, color.Transparent})),
	} {
		f.Add(file)
	}
	m := picture.New()
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := m.Make(t.Context(), bytes.NewReader(file), picture.Crud)
		if err != nil {
			if k := cruddur.KindOf(err); k != cruddur.KindInvalid {
				t.Fatalf("Make() = %v", err)
			}
			return
		}
		if max(p.Width, p.Height) > 1200 || min(p.Width, p.Height) < 1 || len(p.Color) != 7 {
			t.Fatalf("Make() = %d × %d, %q", p.Width, p.Height, p.Color)
		}
	})
}

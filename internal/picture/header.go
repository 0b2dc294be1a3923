package picture

import (
	"bytes"
	"encoding/binary"
)

// header is what the first bytes of a file say about it.
type header struct {
	format        format
	width, height int
	// perPixel is how many bytes the decoder allocates for each pixel, fixed how many besides. They are read from
	// the code of image/jpeg, image/png, image/gif and x/image/webp of the version in go.mod.
	perPixel    float64
	fixed       int64
	scans       int // of a JPEG: the decoder passes over the whole picture once for each
	orientation int // 1 to 8, as in EXIF; 1 is upright
}

type format int

const (
	unknown format = iota
	jpegFile
	pngFile
	gifFile
	webpFile
)

func (h *header) pixels() int64 { return int64(h.width) * int64(h.height) }

// memory is how many bytes decoding takes.
func (h *header) memory() int64 { return int64(h.perPixel*float64(h.pixels())) + h.fixed }

// readHeader says what a file is, by its bytes. It reports false if they are no picture, or one without a header
// that can be read.
func readHeader(b []byte) (h header, ok bool) {
	h.orientation = 1
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		h.format = jpegFile
		ok = h.readJPEG(b)
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		h.format = pngFile
		ok = h.readPNG(b)
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		h.format = gifFile
		ok = h.readGIF(b)
	case len(b) > 16 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		h.format = webpFile
		ok = h.readWebP(b)
	}
	return h, ok && h.width > 0 && h.height > 0
}

// readJPEG walks over the segments of a JPEG until its first scan (ITU T.81, annex B).
func (h *header) readJPEG(b []byte) bool {
	adobeRGB := false
	for i := 2; i+4 <= len(b); {
		if b[i] != 0xff {
			i++ // the decoder skips such bytes too
			continue
		}
		marker := b[i+1]
		if marker == 0xff || marker == 0 {
			i++
			continue
		}
		if marker == 0xd8 || marker >= 0xd0 && marker <= 0xd7 || marker == 0x01 {
			i += 2
			continue
		}
		size := int(binary.BigEndian.Uint16(b[i+2:]))
		if marker == 0xd9 || size < 2 || i+2+size > len(b) {
			return false
		}
		body := b[i+4 : i+2+size]
		switch {
		case marker == 0xda:
			h.scans = scansOf(b[i:])
			if adobeRGB && h.perPixel > 0 {
				h.perPixel += 4 // converted to RGBA
			}
			return h.width > 0
		case marker == 0xc0 || marker == 0xc1 || marker == 0xc2:
			if !h.readFrame(body, marker == 0xc2) {
				return false
			}
		case marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			h.orientation = orientation(body[6:])
		case marker == 0xee && bytes.HasPrefix(body, []byte("Adobe")) && len(body) >= 12:
			adobeRGB = body[11] == 0
		}
		i += 2 + size
	}
	return false
}

// readFrame reads a start of frame. The planes of each component are as large as its share of the samples; a
// progressive file has a 32-bit coefficient for each besides.
func (h *header) readFrame(b []byte, progressive bool) bool {
	if len(b) < 6 || len(b) < 6+3*int(b[5]) || h.width > 0 {
		return false
	}
	h.height, h.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	components := int(b[5])
	var samples, most float64
	for c := range components {
		factors := b[6+3*c+1]
		area := float64(factors>>4) * float64(factors&15)
		samples += area
		most = max(most, area)
	}
	if most == 0 {
		return false
	}
	h.perPixel = samples / most
	if components == 1 {
		h.perPixel = 1
	}
	if progressive {
		h.perPixel *= 5
	}
	switch {
	case components == 4:
		h.perPixel += 8 // the planes are put together into CMYK, twice
	case components == 3 && b[6] == 'R' && b[9] == 'G' && b[12] == 'B':
		h.perPixel += 4 // converted to RGBA
	}
	h.fixed = 1 << 20 // blocks at the edges
	return true
}

// scansOf counts the scans until the end of the picture. Within a scan 0xff is always followed by 0 or a restart
// marker, so these two bytes are never data.
func scansOf(b []byte) int {
	if end := bytes.Index(b, []byte{0xff, 0xd9}); end >= 0 {
		b = b[:end]
	}
	return bytes.Count(b, []byte{0xff, 0xda})
}

// readPNG reads the IHDR chunk, and an eXIf chunk if there is one (PNG, third edition).
func (h *header) readPNG(b []byte) bool {
	if len(b) < 33 || string(b[12:16]) != "IHDR" {
		return false
	}
	w, ht := binary.BigEndian.Uint32(b[16:]), binary.BigEndian.Uint32(b[20:])
	if w > 1<<30 || ht > 1<<30 {
		return false
	}
	h.width, h.height = int(w), int(ht)
	h.perPixel, h.fixed = 4, 1<<20
	switch depth, color := b[24], b[25]; {
	case color == 3:
		h.perPixel = 1
	case depth == 16:
		h.perPixel = 8
	}
	if b[28] != 0 {
		h.perPixel *= 1.5 // interlaced: the largest pass is half of the picture
	}
	for i := 8; i+12 <= len(b); {
		size, kind := int(binary.BigEndian.Uint32(b[i:])), string(b[i+4:i+8])
		if size > len(b)-i-12 || kind == "IDAT" {
			break
		}
		if kind == "eXIf" {
			h.orientation = orientation(b[i+8 : i+8+size])
		}
		i += 12 + size
	}
	return true
}

func (h *header) readGIF(b []byte) bool {
	if len(b) < 13 {
		return false
	}
	h.width, h.height = int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:]))
	h.perPixel, h.fixed = 2, 1<<20 // an interlaced frame is copied once
	return true
}
